"""Builds every request to HubSpot as a value. Pure.

The API version stands here and nowhere else, one constant per family of endpoints. Limits are
HubSpot's documented ones ("CRM search", "Objects", "Associations", "API usage guidelines").
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote, unquote, urlencode

from hubspot_ingest.credentials import OAuth
from hubspot_ingest.model import Json

# Where each family of endpoints begins. HubSpot dates its versions in the middle of the path; of
# forms, workflows and the v1 endpoints there is no dated one ("API versioning").
OBJECTS = "/crm/objects/2026-09"
# Object types of which HubSpot has no specification at that version ("Projects", 2026-03).
OBJECTS_OF = {"projects": "/crm/objects/2026-03"}
PROPERTIES = "/crm/properties/2026-09"
VALIDATIONS = "/crm/property-validations/2026-09"
ASSOCIATIONS = "/crm/associations/2026-09"
SCHEMAS = "/crm-object-schemas/2026-09/schemas"
PIPELINES = "/crm/pipelines/2026-09"
OWNERS = "/crm/owners/2026-09"
# The second is asked where HubSpot does not know the first. v1 ends on 2027-02-16 ("OAuth v1 API
# deprecation").
TOKENS = ("/oauth/2026-09/token", "/oauth/2026-03/token")
LISTS = "/crm/lists/2026-09"
LIMITS = "/crm/limits/2026-09"
ACCOUNT = "/account-info/2026-09"
USERS = "/settings/users/2026-03"
MARKETING_EMAILS = "/marketing/emails/2026-09"
CAMPAIGNS = "/marketing/campaigns/2026-09"
MARKETING_EVENTS = "/marketing/marketing-events/2026-09"
SUBSCRIPTIONS = "/communication-preferences/2026-09"
EVENTS = "/events/event-occurrences/2026-09"
EVENT_DEFINITIONS = "/events/custom/2026-09/event-definitions"
FORMS = "/marketing/v3/forms"
WORKFLOWS = "/automation/v4/flows"
SUBMISSIONS = "/form-integrations/v1/submissions/forms"
EMAIL = "/email/public/v1"

# Records in a page of a list ("Objects") and of a search ("CRM search").
LIST_LIMIT = 100
SEARCH_LIMIT = 200
# How many results a search shows at most ("CRM search").
SEARCH_REACH = 10_000
# Ids in a batch read ("Objects"), and in one that asks for past values too.
BATCH_LIMIT = 100
HISTORY_LIMIT = 50
# Ids in a batch read of associations ("Associations").
ASSOCIATIONS_LIMIT = 1_000
# A longer URL is answered 414 by the proxy in front of HubSpot; 15,000 is known to pass.
URL_LIMIT = 15_000
# HubSpot answers a filter at the epoch itself with 500.
EARLIEST_FILTER = 1_000


# So often a dispensable request is sent, which takes some 90 s, and one without which what was read
# before it is read again, which takes 12 minutes.
FEW_TRIES, MANY_TRIES = 10, 30


# How long (ms) what was read holds for a request that takes its place: longer than the window of a
# limit, so that it is read again only where HubSpot puts off, or a machine is late, for longer.
READING_LASTS = 15_000


class Bucket(StrEnum):
    """Which of HubSpot's rate limits a request counts against."""

    BURST = "BURST"
    SEARCH = "SEARCH"
    ASSOCIATIONS = "ASSOCIATIONS"


class Repeat(StrEnum):
    """When a request is sent again as it was, after its answer was lost or HubSpot put it off.

    ``ALWAYS``: done twice it does no more than once. ``IF_UNDONE``: only where HubSpot did nothing,
    as done twice it would do its work twice. ``NEVER``: it takes the place of what was read before
    it, which may be another by then.
    """

    ALWAYS = "ALWAYS"
    IF_UNDONE = "IF_UNDONE"
    NEVER = "NEVER"


@dataclass(frozen=True, slots=True)
class Request:
    """One request; ``endpoint`` is the path with ids replaced, for counting.

    The body is JSON or a form; a form holds secrets and is never shown. ``of_records``: the answer
    is a page of records with their properties. ``dispensable``: after so many tries whoever asks
    goes on without the answer, where HubSpot gives others (0: never). After ``earlier_tries`` of
    the same, waits are as long as if the client had made them.
    """

    method: str
    path: str
    endpoint: str
    bucket: Bucket = Bucket.BURST
    query: tuple[tuple[str, str], ...] = ()
    body: Json = None
    form: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    repeat: Repeat = Repeat.ALWAYS
    of_records: bool = False
    dispensable: int = 0
    earlier_tries: int = 0

    @property
    def lasts(self) -> int | None:
        """How long (ms) it may wait to be sent; None: until the run's deadline."""
        return READING_LASTS if self.repeat is Repeat.NEVER else None

    @property
    def target(self) -> str:
        """Path and query as they stand in the request line."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    @property
    def content(self) -> tuple[bytes | None, str]:
        """The body as it is sent, and its content type."""
        if self.form:
            return urlencode(self.form).encode(), "application/x-www-form-urlencoded"
        if self.body is not None:
            return json.dumps(self.body).encode(), "application/json"
        return None, ""


def token_in_url(token: str) -> str:
    """A page token as it goes into a query, which encodes it once more.

    HubSpot's tokens are percent-encoded once where they are base64 or JSON (``MQ%3D%3D``), the
    same in ``after`` and in ``link`` (recorded 2026-05); ids and offsets stay as they are. In a
    body a token goes back as it came.
    """
    return unquote(token)


def _objects(object_type: str, tail: str = "") -> str:
    family = OBJECTS_OF.get(object_type, OBJECTS)
    return f"{family}/{quote(object_type, safe='')}{tail}"


def list_page(
    object_type: str,
    properties: Sequence[str] = (),
    *,
    after: str | None = None,
    associations: Sequence[str] = (),
    archived: bool = False,
    limit: int = LIST_LIMIT,
) -> Request:
    """One page of the list, ascending by id from ``after`` on (the id itself included)."""
    query = [("limit", str(limit)), ("archived", "true" if archived else "false")]
    if properties:
        query.append(("properties", ",".join(properties)))
    if associations:
        query.append(("associations", ",".join(associations)))
    if after is not None:
        query.append(("after", token_in_url(after)))
    path = _objects(object_type)
    return Request("GET", path, path, query=tuple(query), of_records=True)


def record(
    object_type: str,
    id: str,
    properties: Sequence[str],
    *,
    archived: bool = False,
    id_property: str | None = None,
) -> Request:
    """One record by its id; the id of one that was merged away is answered by the survivor.

    ``id_property``: a unique property, such as a contact's e-mail, whose value ``id`` is.
    """
    path = _objects(object_type, f"/{quote(id, safe='')}")
    query = (("archived", "true" if archived else "false"), ("properties", ",".join(properties)))
    by = () if id_property is None else (("idProperty", id_property),)
    return Request("GET", path, _objects(object_type, "/{id}"), query=(*query, *by))


def search_page(
    object_type: str,
    filter_groups: Sequence[Json],
    properties: Iterable[str],
    *,
    sort_by: str = "hs_object_id",
    descending: bool = False,
    limit: int = SEARCH_LIMIT,
    skip: int = 0,
) -> Request:
    """A page of a search: the first, or the one after ``skip`` results.

    Reading goes on by id, in the filters, as results shift while they are skipped.
    """
    path = _objects(object_type, "/search")
    direction = "DESCENDING" if descending else "ASCENDING"
    body: dict[str, Json] = {
        "filterGroups": list(filter_groups),
        "sorts": [{"propertyName": sort_by, "direction": direction}],
        "properties": list(properties),
        "limit": limit,
    }
    if skip:
        body["after"] = str(skip)
    return Request("POST", path, path, Bucket.SEARCH, body=body, of_records=True)


def batch_read(
    object_type: str,
    ids: Iterable[str],
    properties: Iterable[str],
    *,
    history: Iterable[str] = (),
    archived: bool = False,
) -> Request:
    """Records by id, in no promised order; ids that are gone are left out.

    Up to 100 ids, 50 with ``history``, the properties whose past values are wanted.
    """
    path = _objects(object_type, "/batch/read")
    body: dict[str, Json] = {
        "inputs": [{"id": id} for id in ids],
        "properties": list(properties),
    }
    past: list[Json] = list(history)
    if past:
        body["propertiesWithHistory"] = past
    query = (("archived", "true"),) if archived else ()
    return Request("POST", path, path, query=query, body=body, of_records=not past)


def associations(from_type: str, to_type: str, inputs: Iterable[tuple[str, str | None]]) -> Request:
    """The associations of up to 1,000 records, given as (id, page token of its next page)."""
    path = f"{ASSOCIATIONS}/{quote(from_type, safe='')}/{quote(to_type, safe='')}/batch/read"
    body: Json = {
        "inputs": [
            {"id": id} if after is None else {"id": id, "after": after} for id, after in inputs
        ]
    }
    return Request("POST", path, path, Bucket.ASSOCIATIONS, body=body)


def properties(object_type: str) -> Request:
    """All properties of an object type in one answer."""
    path = f"{PROPERTIES}/{quote(object_type, safe='')}"
    return Request("GET", path, path)


def property_rules(type_id: str) -> Request:
    """The format rules of all properties of an object type, which is meant by its number."""
    path = f"{VALIDATIONS}/{quote(type_id, safe='')}"
    return Request("GET", path, path)


def schemas() -> Request:
    """The portal's custom object types in one answer."""
    return Request("GET", SCHEMAS, SCHEMAS)


def account() -> Request:
    """The portal's own details: the cheapest authenticated request."""
    path = f"{ACCOUNT}/details"
    return Request("GET", path, path)


def record_counts() -> Request:
    """How many records there are of each object type, in one answer."""
    path = f"{LIMITS}/records"
    return Request("GET", path, path)


def usage() -> Request:
    """How much of the day's requests all private apps and service keys of the account used."""
    path = f"{ACCOUNT}/api-usage/daily/private-apps"
    return Request("GET", path, path)


def token_renewal(grant: OAuth, path: str) -> Request:
    """An access token for a grant ("OAuth tokens"); the answer has the next refresh token."""
    form = (
        ("grant_type", "refresh_token"),
        ("client_id", grant.client_id),
        ("client_secret", grant.client_secret),
        ("refresh_token", grant.refresh_token),
    )
    return Request("POST", path, path, form=form)
