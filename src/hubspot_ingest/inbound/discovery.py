"""DISCOVER and TEST_CONNECTION: which streams of a portal a credential may read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from hubspot_ingest import times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.registry import STREAMS
from hubspot_ingest.catalog.stream import (
    Every,
    ItemStream,
    PerParent,
    RecordStream,
    Stream,
    ViewStream,
)
from hubspot_ingest.database.state.connections import Connections
from hubspot_ingest.database.state.properties import PortalSchema, StreamAccess
from hubspot_ingest.database.state.runs import Runs
from hubspot_ingest.errors import CredentialError, HubSpotRefused, ScopeMissing, UnexpectedAnswer
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound.items import item_requests
from hubspot_ingest.inbound.items.item_requests import Partition
from hubspot_ingest.inbound.items.json_paths import Level
from hubspot_ingest.model import Json, Property
from hubspot_ingest.operations import connections
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import DEFAULT_CONNECTION, connection_name, parse_settings

SIDE_BY_SIDE = 8
# A person waits for the answer: no longer than this.
PATIENCE = 2 * times.MINUTE
PATIENCE_OF_A_TEST = times.MINUTE
# What is tried of a stream that is read for each of something, where any will do.
_ANY: Mapping[Every, Level] = {
    Every.OBJECT_TYPES: {"id": "contacts", "name": "contacts"},
    Every.OBJECT_TYPE_PAIRS: {"from": "contacts", "to": "companies"},
    Every.EVENT_TYPES: {"id": "e_visited_page", "name": "e_visited_page"},
}


def discover(context: Context) -> dict[str, Json]:
    """Look up every stream, custom object and property of the portal, and remember them.

    Raises ``CredentialError`` and the like.
    """
    settings = parse_settings("contacts", {})
    now = context.clock.now()
    with context.client(settings, now + PATIENCE) as client:
        accesses = stream_accesses(client.fetch, now)
        properties = _properties(client.fetch, accesses)
    metadata = PortalSchema(context.database)
    metadata.save_access(accesses, now)
    metadata.save_stream_properties(properties)
    readable = [access for access in accesses if access.readable]
    return {
        "response_code": "OK",
        "message": f"{len(readable)} of {len(accesses)} streams can be read; see the views STREAMS "
        "and STREAM_PROPERTIES",
        "streams": [stream_json(access) for access in accesses],
    }


def test_connection(context: Context, name: str | None) -> dict[str, Json]:
    """Ask HubSpot who we are and try each stream. Raises ``CredentialError`` and the like.

    What of the streams can be read is remembered of the first connection.
    """
    name = connection_name(name)
    connections.check_known(context.database, name)
    settings = parse_settings("contacts", {"connection": name})
    now = context.clock.now()
    try:
        with context.client(settings, now + PATIENCE_OF_A_TEST) as client:
            portal_id, zone = client.fetch(requests.account(), responses.portal_and_zone)
            accesses = stream_accesses(client.fetch, now)
            credential = client.access.credential
    except CredentialError:
        Runs(context.database).log_error(
            None, "", CredentialError.code, "HubSpot does not accept the credential", now
        )
        raise
    Connections(context.database).save_portal(name, credential, portal_id, now)
    Connections(context.database).save_time_zone(name, zone)
    if name == DEFAULT_CONNECTION:
        PortalSchema(context.database).save_access(accesses, now)
    readable = [access for access in accesses if access.readable]
    return {
        "response_code": "OK",
        "message": f"connected to portal {portal_id}: {len(readable)} of {len(accesses)} streams "
        "can be read",
        "portal_id": portal_id,
        "streams": [
            {
                "stream": access.stream,
                "readable": access.readable,
                "scopes": list(access.scopes),
            }
            for access in accesses
        ],
    }


def stream_json(access: StreamAccess) -> dict[str, Json]:
    """One stream in the answer of DISCOVER."""
    return {
        "stream": access.stream,
        "object_type": access.object_type or None,
        "label": access.label,
        "readable": access.readable,
        "scopes": list(access.scopes),
        "tier": access.tier or None,
        "records": access.records,
    }


def _properties(fetch: Fetch, accesses: Iterable[StreamAccess]) -> dict[str, tuple[Property, ...]]:
    """The properties of every object type that can be read, by stream."""

    def ask(access: StreamAccess) -> tuple[Property, ...]:
        try:
            return fetch(requests.properties(access.object_type), responses.properties)
        except (ScopeMissing, HubSpotRefused):
            return ()

    readable = [access for access in accesses if access.readable and access.object_type]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        answers = zip(readable, pool.map(ask, readable), strict=True)
        return {access.stream: properties for access, properties in answers if properties}


def stream_accesses(fetch: Fetch, now: int) -> list[StreamAccess]:
    """For every stream of the catalog and every custom object: may the credential read it?

    The number of records is told where HubSpot counts them for all object types at once.
    """
    own = [lookup.of_schema(schema) for schema in lookup.schemas(fetch)]
    records = _records(fetch)

    def check(stream: Stream) -> StreamAccess:
        scopes, refused = refusal(fetch, stream, now)
        object_type = stream.object_type if isinstance(stream, RecordStream) else ""
        type_id = stream.type_id if isinstance(stream, RecordStream) else ""
        return StreamAccess(
            stream=stream.name,
            object_type=object_type,
            readable=not refused,
            scopes=scopes or stream.scopes,
            label=label(stream),
            reader=str(stream.reader),
            tier=stream.tier,
            records=records.get(type_id) if not refused else None,
        )

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        accesses = {access.stream: access for access in pool.map(check, [*STREAMS, *own])}
    for stream in STREAMS:
        # a view can be read when anything it is made of can be
        if isinstance(stream, ViewStream) and not any(
            accesses[source.stream].readable for source in stream.sources
        ):
            accesses[stream.name] = _unreadable(accesses[stream.name], accesses, stream)
    return [*accesses.values()]


def label(stream: Stream) -> str:
    """What people call the stream."""
    return stream.label or stream.name.replace("_", " ").capitalize()


def _unreadable(
    view: StreamAccess, accesses: Mapping[str, StreamAccess], stream: ViewStream
) -> StreamAccess:
    scopes = [scope for source in stream.sources for scope in accesses[source.stream].scopes]
    return StreamAccess(
        stream=view.stream,
        object_type="",
        readable=False,
        scopes=tuple(dict.fromkeys(scopes)),
        label=view.label,
        reader=view.reader,
        tier=view.tier,
    )


def refusal(fetch: Fetch, stream: Stream, now: int) -> tuple[tuple[str, ...], bool]:
    """The scopes HubSpot says it wants, and whether it refused to show the stream."""
    try:
        request = _first(fetch, stream, now)
        if request is not None:
            fetch(request, lambda _answer: None)
    except ScopeMissing as error:
        return error.scopes, True
    except (HubSpotRefused, UnexpectedAnswer):
        return (), True
    return (), False


def _first(fetch: Fetch, stream: Stream, now: int) -> Request | None:
    """The cheapest request that shows whether a stream may be read; None where there is none."""
    match stream:
        case RecordStream():
            return requests.list_page(stream.object_type, limit=1)
        case ViewStream():
            return None
        case ItemStream():
            parents = _any_parent(fetch, stream.parents)
            if stream.parents is not None and not parents:
                return None
            return item_requests.request(stream, Partition("", parents, 0, now - times.DAY, now))


def _any_parent(fetch: Fetch, per_parent: PerParent | None) -> tuple[Level, ...]:
    """A parent to try an item stream with; empty where there is none."""
    match None if per_parent is None else per_parent.source:
        case None:
            return ()
        case Every() as kind:
            return (_ANY[kind],)
        case ItemStream() as source:
            request = item_requests.request(source, Partition())
            page = fetch(request, lambda answer: item_requests.page(source, Partition(), answer))
            return tuple(item[0] for item in page.items[:1])


def _records(fetch: Fetch) -> dict[str, int]:
    """How many records there are of each object type, as far as HubSpot tells."""
    try:
        return fetch(requests.record_counts(), responses.record_counts)
    except (ScopeMissing, HubSpotRefused):
        return {}
