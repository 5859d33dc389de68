"""CREATE_EXTERNAL_ID: makes the unique property of HubSpot that holds the keys of rows."""

from __future__ import annotations

from hubspot_ingest import times
from hubspot_ingest.database.state.audit_log import Changed
from hubspot_ingest.database.state.connections import Connections
from hubspot_ingest.errors import HubSpotRefused, Refusal
from hubspot_ingest.hubspot import requests, responses, write_requests, write_responses
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.model import Json, Property
from hubspot_ingest.operations.context import Context
from hubspot_ingest.outbound import opening
from hubspot_ingest.outbound.mapping import DEFAULT_EXTERNAL_ID
from hubspot_ingest.outbound.push_settings import PROPERTY_NAME
from hubspot_ingest.settings import SyncSettings

# Unique properties that an object may have ("Properties").
MOST_UNIQUE = 10
PATIENCE = times.MINUTE


def create_external_id(
    context: Context, object_name: str | None, property_name: str | None, connection: str | None
) -> dict[str, Json]:
    """Make a unique text property; one that is there already is left as it is.

    Raises ``Refusal`` for a property that is there and is not unique, or one too many.
    """
    name = (property_name or DEFAULT_EXTERNAL_ID).strip()
    if not PROPERTY_NAME.fullmatch(name):
        raise Refusal(
            f"{property_name!r} is no internal name of a property; use small letters, digits and _"
        )
    settings = SyncSettings(
        stream=(object_name or "").strip() or "contacts",
        connection=connection or only_writer(context),
    )
    opening.check_may_write(context.database, settings.connection)
    with context.client(settings, context.clock.now() + PATIENCE) as client:
        stream = opening.object_stream(client, settings.stream)
        portal = client.fetch(requests.properties(stream.object_type), responses.properties)
        existing = next((prop for prop in portal if prop.name == name), None)
        if existing is None:
            _check_room(portal, stream.object_type)
            _create(client, stream.object_type, name)
            made: Json = {"object": stream.object_type, "property": name}
            context.note_change(Changed.CONNECTION, settings.connection, None, made)
    if existing is not None and (not existing.unique or existing.read_only):
        raise Refusal(
            f"{stream.object_type} have a property {name!r} that is not unique, or not to be "
            "written, and HubSpot makes no property unique afterwards; choose another name",
            code="MATCH_NOT_UNIQUE",
        )
    outcome = "is made" if existing is None else "was there already"
    return {
        "response_code": "OK",
        "message": f"the unique property {name} of {stream.object_type} {outcome}; pushes of "
        f"{stream.object_type} write each row's key to it",
        "property": name,
        "created": existing is None,
    }


def only_writer(context: Context) -> str:
    """The connection that may write. Raises ``Refusal`` where there is none, or several."""
    writers = [
        name for name, stored in Connections(context.database).all().items() if stored.writes
    ]
    if len(writers) > 1:
        raise Refusal(f"several connections may write: name one of {', '.join(writers)}")
    return writers[0] if writers else SyncSettings(stream="contacts").connection


def _check_room(portal: tuple[Property, ...], object_type: str) -> None:
    own = [prop.name for prop in portal if prop.unique and not prop.name.startswith("hs_")]
    if len(own) >= MOST_UNIQUE:
        raise Refusal(
            f"{object_type} have {len(own)} unique properties already, as many as HubSpot takes "
            f"({', '.join(own)}); name one of them in 'external_id', or delete one in HubSpot",
            code="EXTERNAL_ID_MISSING",
        )


def _create(client: Client, object_type: str, name: str) -> None:
    groups = client.fetch(write_requests.property_groups(object_type), write_responses.group_names)
    usual = f"{object_type.removesuffix('s')}information"
    group = usual if usual in groups else next(iter(groups), usual)
    try:
        client.fetch(
            write_requests.create_property(object_type, name, "Snowflake key", group),
            write_responses.nothing,
        )
    except HubSpotRefused as refused:
        # a lost answer is asked for again: it is there then
        if refused.http_status != 409:
            raise
