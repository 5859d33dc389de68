"""The one door to a push: its settings, source, portal and mapping, read and checked together."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from hubspot_ingest import credentials
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.stream import RecordStream
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.source_access import readable_columns
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.connections import Connections, cure
from hubspot_ingest.database.state.properties import PortalSchema
from hubspot_ingest.database.state.push_store import Push, Pushes
from hubspot_ingest.errors import (
    HubSpotRefused,
    Refusal,
    ScopeMissing,
    UnknownPush,
    UnknownStream,
)
from hubspot_ingest.hubspot import requests, responses, write_requests, write_responses
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.model import Property
from hubspot_ingest.operations import connections
from hubspot_ingest.operations.context import Context
from hubspot_ingest.outbound import mapping_resolution
from hubspot_ingest.outbound.mapping import LinkColumn, PushMapping
from hubspot_ingest.outbound.push_settings import (
    RECORD_ID,
    PushSettings,
    PushSource,
    parse_push_settings,
)
from hubspot_ingest.settings import did_you_mean, sync_name


@dataclass(frozen=True, slots=True)
class OpenPush:
    """A push whose settings hold for its source and its portal as they are now."""

    name: str
    settings: PushSettings
    stream: RecordStream
    mapping: PushMapping
    properties: tuple[Property, ...]
    portal_id: str
    source_types: Mapping[str, str]
    link_types: Mapping[str, str]


def existing_push(pushes: Pushes, name: str | None) -> Push:
    """The push of that name. Raises ``UnknownPush``, naming those there are."""
    stored_name = sync_name(name)
    push = pushes.find(stored_name)
    if push is None:
        names = [push.name for push in pushes.all()]
        raise UnknownPush(
            f"there is no push {name!r}{did_you_mean(stored_name, names)}; there are: "
            f"{', '.join(names) or 'none yet'}; make one with CALL configure_push(…)"
        )
    return push


def source_table(source: PushSource) -> Table:
    """The table or view of a push."""
    return Table(source.database, source.schema_name, source.name)


def source_kind(source: PushSource) -> str:
    """TABLE or VIEW, as a GRANT names it."""
    return "TABLE" if source.table else "VIEW"


def check_may_write(database: Database, connection: str) -> None:
    """Raises ``Refusal`` (``WRITES_NOT_ALLOWED``) for a connection that is there to read only."""
    connections.check_known(database, connection)
    stored = Connections(database).all().get(connection)
    if stored is None or not stored.writes:
        raise Refusal(
            f"the connection {connection!r} may not write to HubSpot; make one that may, with a "
            "credential of its own: CALL configure_connection('writer', "
            'PARSE_JSON(\'{"token": "…", "writes": true}\')), and name it in \'connection\'',
            code="WRITES_NOT_ALLOWED",
        )


def check_write_scope(client: Client, object_type: str) -> None:
    """Ask whether the credential may write, by an update of nothing. Raises ``ScopeMissing``.

    HubSpot checks the scope before it looks at a request (INFERRED): what else it may answer says
    nothing here.
    """
    try:
        client.fetch(write_requests.batch_update(object_type, ()), write_responses.nothing)
    except HubSpotRefused:
        return


def open_settings(context: Context, client: Client, name: str, settings: PushSettings) -> OpenPush:
    """Check settings against source and portal; four requests, three once the portal is known.

    Raises ``Refusal`` with the code of what is wrong.
    """
    columns = readable_columns(
        context.database, source_table(settings.source), source_kind(settings.source)
    )
    stream = object_stream(client, settings.object)
    portal = portal_properties(client, stream)
    resolved = mapping_resolution.resolve(
        name, settings, stream.object_type, stream.updated, columns, portal
    )
    link_types = {link.name: _link_type(client, link) for link in resolved.links}
    return OpenPush(
        name, settings, stream, resolved, portal, portal_id(context, client), columns, link_types
    )


def portal_properties(client: Client, stream: RecordStream) -> tuple[Property, ...]:
    """The portal's properties of an object, with the format rules that its admins set for them.

    Where HubSpot does not show the rules it alone enforces them.
    """
    rules_request = requests.property_rules(stream.type_id or stream.object_type)
    with ThreadPoolExecutor(1) as beside:
        asked_rules = beside.submit(client.fetch, rules_request, responses.property_rules)
        portal = client.fetch(requests.properties(stream.object_type), responses.properties)
    try:
        rules = asked_rules.result()
    except (HubSpotRefused, ScopeMissing):
        return portal
    return tuple(replace(prop, rules=rules.get(prop.name, ())) for prop in portal)


def _link_type(client: Client, link: LinkColumn) -> str:
    """The object type that a column's keys are of. Raises ``Refusal`` for keys that are no keys."""
    target = object_stream(client, link.mapping.to)
    if link.mapping.match != RECORD_ID:
        portal = client.fetch(requests.properties(target.object_type), responses.properties)
        unique = sorted(prop.name for prop in portal if prop.unique)
        if link.mapping.match not in unique:
            raise Refusal(
                f"setting 'associations.{link.name}.match': {link.mapping.match!r} is not unique "
                f"among {target.object_type}; use {', '.join([RECORD_ID, *unique])}",
                code="MATCH_NOT_UNIQUE",
            )
    return target.object_type


def object_stream(client: Client, name: str) -> RecordStream:
    """The CRM object of that name. Raises ``UnknownStream`` for what has no records to write."""
    stream = lookup.find(name, client.fetch)
    if not isinstance(stream, RecordStream):
        raise UnknownStream(f"{name!r} is no CRM object: there are no records of it to write")
    return stream


def portal_id(context: Context, client: Client) -> str:
    """The portal that the credential leads to, asked once for each credential."""
    schema = PortalSchema(context.database)
    fingerprint = credentials.fingerprint(client.access.credential, context.base_url)
    stored_id = schema.portal_id(fingerprint)
    if stored_id is not None:
        return stored_id
    asked_id: str = client.fetch(requests.account(), responses.portal)
    schema.save_portal_id(fingerprint, asked_id)
    return asked_id


def check_portal(push: Push, connection: str, portal: str) -> None:
    """Raises ``Refusal`` (``OTHER_PORTAL``) where the ledger is not about records of that one."""
    if push.portal_id not in (None, portal):
        raise Refusal(
            f"{push.name} has sent rows to portal {push.portal_id}, and the connection "
            f"{connection!r} leads to portal {portal}; give it back its "
            f"credential with {cure(connection)}, or make another push",
            code="OTHER_PORTAL",
        )


def stored_settings(push: Push) -> PushSettings:
    """The settings of a push as they were stored.

    An ``external_id`` of null is stored too where there was none to choose when it was configured:
    one that is made later is not taken for it.
    """
    settings = push.settings
    if not isinstance(settings, dict) or settings.get("external_id", "") is not None:
        return parse_push_settings(push.name, settings)
    given = {name: value for name, value in settings.items() if name != "external_id"}
    return parse_push_settings(push.name, given).model_copy(update={"external_id": None})


def check_contested(pushes: Pushes, opened: OpenPush) -> None:
    """Raises ``Refusal`` (``PROPERTY_CONTESTED``) for what another push writes too.

    Pushes to different portals write different records.
    """
    mapping = opened.mapping
    for push in pushes.all():
        is_elsewhere = push.portal_id not in (None, opened.portal_id)
        is_other_type = push.object_type != opened.stream.object_type
        if push.name == opened.name or is_elsewhere or is_other_type:
            continue
        for name in mapping.claimed:
            if name in push.properties:
                cure = (
                    "name another unique property in 'external_id', or use the strategy update"
                    if name == mapping.external_id
                    else "take it out of one of them"
                )
                raise Refusal(
                    f"the push {push.name} writes the property {name!r} of "
                    f"{opened.settings.object} already, and two would overwrite each other for "
                    f"ever; {cure}",
                    code="PROPERTY_CONTESTED",
                )
