"""Finding the stream that a name means, and checking that a sync's settings fit the stream."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from hubspot_ingest.catalog.registry import BY_NAME, CRM, ITEM_STREAMS
from hubspot_ingest.catalog.stream import (
    ItemStream,
    Only,
    RecordStream,
    Stream,
    StreamBase,
    ViewStream,
)
from hubspot_ingest.errors import HubSpotRefused, Refusal, ScopeMissing, UnknownStream
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.model import Schema
from hubspot_ingest.settings import SyncSettings, did_you_mean

# An objectTypeId, p_<name>, or the fully qualified p<portal>_<name> of a custom object.
CUSTOM = re.compile(r"2-\d+|p\d*_\w+", re.IGNORECASE)
BY_ID = re.compile(r"2-\d+")
# HubSpot's own events, the portal's, an app's ("Event occurrences").
EVENT_TYPE = re.compile(r"(e|pe\d+|ae\d+)_\w+")
ANALYTICS = "_web_analytics"


def _singular(object_type: str) -> str:
    if object_type.endswith("ies"):
        return f"{object_type[:-3]}y"
    return object_type.removesuffix("s")


_BY_OBJECT_TYPE = {stream.object_type: stream for stream in CRM}
# Standard objects as HubSpot names them in a filter on associations: company, companies, 0-2
STANDARD_NAMES = frozenset(
    name
    for stream in CRM
    for name in (stream.object_type, stream.type_id, _singular(stream.object_type))
    if name
)


def standard(name: str) -> Stream | None:
    """The catalog's stream of that name or object type; None for what may be a custom object.

    The name of an event type means its events. Raises ``UnknownStream`` for anything else,
    without asking HubSpot.
    """
    key = name.strip().lower()
    stream = BY_NAME.get(key) or _BY_OBJECT_TYPE.get(key)
    if stream is None and EVENT_TYPE.fullmatch(key):
        return replace(ITEM_STREAMS["events"], name=key, event_types=(key,))
    if stream is None and not CUSTOM.fullmatch(key):
        raise UnknownStream(
            f"there is no stream {name!r}{did_you_mean(key, BY_NAME)}; known: "
            f"{', '.join(BY_NAME)}, custom objects by their objectTypeId (2-…) or p_<name>, and "
            "event types by their names (e_…)"
        )
    return stream


def known(name: str) -> Stream | None:
    """As ``standard``, and the web analytics of a custom object too: its columns are everybody's.

    Only whose events they are is left to ``find``.
    """
    stream, key = standard(name), name.strip().lower()
    if stream is None and key.endswith(ANALYTICS):
        return replace(ITEM_STREAMS[f"contacts{ANALYTICS}"], name=key)
    return stream


def item_stream(name: str) -> ItemStream:
    """The item stream of that name. Raises ``UnknownStream`` where there is none."""
    stream = known(name)
    if not isinstance(stream, ItemStream):
        raise UnknownStream(f"{name} is no stream of the catalog")
    return stream


def _schema(key: str, schemas: Sequence[Schema]) -> Schema:
    for schema in schemas:
        names = {schema.object_type, schema.fully_qualified_name.lower()}
        if key in names | {f"p_{schema.name.lower()}"}:
            return schema
    objects = ", ".join(
        f"{schema.object_type} ({schema.fully_qualified_name})" for schema in schemas
    )
    raise UnknownStream(
        f"this portal has no custom object {key!r}; it has {objects or 'none that we may read'}"
    )


def of_schema(schema: Schema, name: str = "") -> RecordStream:
    """The stream of a custom object, named after it unless ``name`` is given."""
    return RecordStream(
        name or schema.fully_qualified_name,
        schema.object_type,
        type_id=schema.object_type,
        label=schema.label,
        scopes=("crm.objects.custom.read",),
        tier="Enterprise",
    )


def schemas(fetch: Fetch) -> tuple[Schema, ...]:
    """The portal's custom objects; none where the subscription or the scopes give none."""
    try:
        return fetch(requests.schemas(), responses.schemas)
    except (ScopeMissing, HubSpotRefused):
        return ()


def find_schema(name: str, fetch: Fetch) -> Schema:
    """The custom object that ``name`` means, also where no schema may be read.

    Its records are read by its objectTypeId with the scope of records alone. Raises
    ``UnknownStream``, naming those there are.
    """
    key = name.strip().lower()
    try:
        return _schema(key, fetch(requests.schemas(), responses.schemas))
    except (ScopeMissing, HubSpotRefused) as refused:
        if BY_ID.fullmatch(key):
            return Schema(key, key, key, key)
        raise UnknownStream(
            f"the custom object {key!r} cannot be looked up ({refused.message}); its objectTypeId "
            "(2-…) is enough instead"
        ) from refused


def find(name: str, fetch: Fetch) -> Stream:
    """The stream that ``name`` means in this portal. Raises ``UnknownStream``."""
    stream = standard(name)
    if stream is not None:
        return stream
    key = name.strip().lower()
    schema = find_schema(key.removesuffix(ANALYTICS), fetch)
    return _analytics(key, schema) if key.endswith(ANALYTICS) else of_schema(schema, key)


def _analytics(name: str, schema: Schema) -> ItemStream:
    """The web analytics of a custom object, read as those of contacts are.

    By which of its names HubSpot calls it in an event is not documented: any of them will do.
    """
    of_contacts = ITEM_STREAMS[f"contacts{ANALYTICS}"]
    names = (schema.object_type, schema.fully_qualified_name, schema.name, schema.singular)
    label = f"Web analytics of {schema.label}"
    return replace(of_contacts, name=name, label=label, only=Only("objectType", names))


# Settings that only some streams understand.
_OF_RECORDS = (
    *("filter_groups", "properties", "hash", "new_properties"),
    *("associations", "history", "include_archived"),
)
_OF_TIME = ("updated_after", "lookback_minutes", "settle_minutes")
_OF_EVENTS = ("column_prefix", "event_types")


def check_settings(stream: Stream, settings: SyncSettings) -> None:
    """Raises ``Refusal`` for a setting that makes no sense for the stream."""
    senseless = _senseless(stream)
    refused = sorted(senseless & settings.model_fields_set)
    if refused:
        accepted = sorted({*SyncSettings.model_fields} - senseless)
        raise Refusal(
            f"setting {refused[0]!r} means nothing to {stream.name}, which is read by "
            f"{stream.reader}; it takes {', '.join(accepted)}"
        )
    for event_type in settings.event_types:
        if not EVENT_TYPE.fullmatch(event_type):
            raise Refusal(
                f"setting 'event_types': {event_type!r} is no event type; they look like "
                "e_visited_page, pe1234567_my_event or ae1234567_an_apps"
            )


def _senseless(stream: Stream) -> set[str]:
    """The settings that make no sense for the stream."""
    match stream:
        case RecordStream():
            return {"event_types"}
        case ViewStream():
            return {*_OF_RECORDS, *_OF_TIME, *_OF_EVENTS}
        case ItemStream():
            settings = {*_OF_RECORDS}
            if not stream.dated:
                settings |= {*_OF_TIME}
            if not stream.flattened:
                settings |= {*_OF_EVENTS}
            elif stream.event_types or stream.parents is None:
                settings |= {"event_types"}
            return settings


def check_associated(name: str) -> None:
    """Raises ``UnknownStream`` for a name that stands for no object type."""
    stream = standard(name)
    if stream is not None and not isinstance(stream, RecordStream):
        raise UnknownStream(
            f"setting 'associations': records are not associated with {name!r}, only with: "
            f"{', '.join(stream.name for stream in CRM)}, and custom objects"
        )


@contextmanager
def naming_scopes(stream: StreamBase) -> Iterator[None]:
    """Add what the catalog knows of a stream to a ``ScopeMissing`` raised while it is read.

    HubSpot may name no scope, or one of its own that no key can be given (recorded 2025-11:
    ``custom-object-read``).
    """
    try:
        yield
    except ScopeMissing as error:
        message = error.message
        scopes = error.scopes or stream.scopes
        if stream.scopes and not {*error.scopes} & {*stream.scopes}:
            message = f"{message}; {stream.name} needs the scope {' or '.join(stream.scopes)}"
        if stream.tier:
            message = f"{message}; HubSpot has {stream.name} from {stream.tier} on"
        raise ScopeMissing(message, scopes) from error
