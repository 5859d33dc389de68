"""What a person names a record by: its id, its address in HubSpot, or a contact's e-mail."""

from __future__ import annotations

import re

from hubspot_ingest.catalog.crm import CRM
from hubspot_ingest.catalog.stream import RecordStream
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state import run_reports
from hubspot_ingest.errors import HubSpotRefused, Refusal
from hubspot_ingest.hubspot import record_pages, requests
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.plan.hashed_values import ValueHasher

CONTACTS = "0-1"
NOT_FOUND = 404

# …/contacts/<portal>/record/0-1/<id> and, before that, …/contacts/<portal>/contact/<id>
_ADDRESS = re.compile(
    r"(?:https?://)?app[\w-]*\.hubspot\.com/\w+/(?P<portal>\d+)/"
    r"(?:record/(?P<type>\d+-\d+)|(?P<kind>contact|company|deal|ticket))/(?P<id>\d+)",
    re.ASCII | re.IGNORECASE,
)
_TYPES = {"contact": CONTACTS, "company": "0-2", "deal": "0-3", "ticket": "0-5"}
_EMAIL = re.compile(r"[^@\s/]+@[^@\s/]+\.[^@\s/]+")


def id_from_address(text: str, stream: RecordStream, portal: str) -> str:
    """The id in a record's address, or as HubSpot spells it; anything else is given back as it is.

    Raises ``Refusal`` for the address of another kind of record, or of another portal.
    """
    address = _ADDRESS.match(text)
    if address is None:
        if "hubspot.com/" in text.lower():
            raise Refusal(
                "no record's address: open the record in HubSpot and copy the address, which "
                "ends like /record/0-1/101"
            )
        # HubSpot reads an id as a number
        return text.lstrip("0") or "0" if text.isascii() and text.isdigit() else text
    object_type = address["type"] or _TYPES[address["kind"].lower()]
    if object_type not in (stream.type_id, stream.object_type):
        raise Refusal(
            f"the address is of a record of {_kind(object_type)}, and this sync reads "
            f"{stream.name}; explain it by the sync that reads those"
        )
    if address["portal"] != portal:
        raise Refusal(
            f"the address is of portal {address['portal']}, and this sync reads portal {portal}"
        )
    return address["id"]


def _kind(object_type: str) -> str:
    """The stream of an object type by its number; the number where no stream is known by it."""
    streams = [stream.name for stream in CRM if stream.type_id == object_type]
    return streams[0] if streams else f"the type {object_type}"


def id_of_email(
    text: str,
    stream: RecordStream,
    fetch: Fetch,
    database: Database,
    table: Table | None,
    hasher: ValueHasher,
) -> str:
    """The id of the contact with an e-mail; what is no e-mail is given back as it is.

    HubSpot is asked first, then the rows of ``table``, which keep what is gone from HubSpot;
    e-mails stand there as ``hasher`` hashes them where the sync says so.
    Raises ``Refusal`` where neither knows it.
    """
    if not _EMAIL.fullmatch(text):
        return text
    if CONTACTS not in (stream.type_id, stream.object_type):
        raise Refusal(f"an e-mail names a contact; records of {stream.name} have an id")
    request = requests.record(stream.object_type, text, (), id_property="email")
    try:
        return fetch(request, record_pages.record).id
    except HubSpotRefused as refused:
        if refused.http_status != NOT_FOUND:
            raise
    hashed = str(hasher.hash_value(text.lower()))
    id = run_reports.id_of_email(database, table, text, hashed) if table is not None else None
    if id is None:
        raise Refusal(
            "HubSpot knows no contact with this e-mail, and no row has it; a contact that was "
            "deleted is found by its id",
            code="UNKNOWN_RECORD",
        )
    return id
