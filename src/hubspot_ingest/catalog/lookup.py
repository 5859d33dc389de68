"""Finding the stream a name means, and whether a sync's settings make sense for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from hubspot_ingest.catalog.registry import BY_NAME, CRM, Reader, Stream
from hubspot_ingest.errors import HubSpotRefused, Refusal, ScopeMissing, UnknownStream
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.model import Schema
from hubspot_ingest.settings import SyncSettings, did_you_mean

# An objectTypeId, p_<name>, or the fully qualified p<portal>_<name> of a custom object.
CUSTOM = re.compile(r"2-\d+|p\d*_\w+", re.IGNORECASE)
# HubSpot's own events, the portal's, an app's ("Event occurrences").
EVENT_TYPE = re.compile(r"(e|pe\d+|ae\d+)_\w+")
ANALYTICS = "_web_analytics"
_BY_OBJECT_TYPE = {stream.object_type: stream for stream in CRM}


def standard(name: str) -> Stream | None:
    """The catalog's stream of that name or object type; None for what may be a custom object.

    The name of an event type means its events. Raises ``UnknownStream`` for anything else,
    without asking HubSpot.
    """
    wanted = name.strip().lower()
    found = BY_NAME.get(wanted) or _BY_OBJECT_TYPE.get(wanted)
    if found is None and EVENT_TYPE.fullmatch(wanted):
        return replace(BY_NAME["events"], name=wanted, event_types=(wanted,))
    if found is None and not CUSTOM.fullmatch(wanted):
        raise UnknownStream(
            f"there is no stream {name!r}{did_you_mean(wanted, BY_NAME)}; known: "
            f"{', '.join(BY_NAME)}, custom objects by their objectTypeId (2-…) or p_<name>, and "
            "event types by their names (e_…)"
        )
    return found


def known(name: str) -> Stream:
    """The catalog's stream of that name, of which there must be one. Raises ``UnknownStream``."""
    found = standard(name)
    if found is None:
        raise UnknownStream(f"{name} is no stream of the catalog")
    return found


def custom(name: str, schemas: Sequence[Schema]) -> Stream:
    """The custom object that ``name`` means. Raises ``UnknownStream``, naming those there are."""
    wanted = name.strip().lower()
    for one in schemas:
        names = {one.object_type, one.fully_qualified_name.lower(), f"p_{one.name.lower()}"}
        if wanted in names:
            return of_schema(one, wanted)
    there = ", ".join(f"{one.object_type} ({one.fully_qualified_name})" for one in schemas)
    raise UnknownStream(
        f"this portal has no custom object {name!r}; it has {there or 'none that we may read'}"
    )


def of_schema(schema: Schema, name: str = "") -> Stream:
    """The stream of a custom object."""
    return Stream(
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


def find(name: str, fetch: Fetch) -> Stream:
    """The stream that ``name`` means in this portal. Raises ``UnknownStream``."""
    found = standard(name)
    if found is not None:
        return found
    wanted = name.strip().lower()
    own = custom(wanted.removesuffix(ANALYTICS), schemas(fetch))
    return own if not wanted.endswith(ANALYTICS) else _analytics(wanted, own)


def _analytics(name: str, own: Stream) -> Stream:
    """The web analytics of a custom object, read as those of contacts are."""
    like = BY_NAME[f"contacts{ANALYTICS}"]
    query = tuple(
        (one, own.object_type if one == "objectType" else value) for one, value in like.query
    )
    return replace(like, name=name, label=f"Web analytics of {own.label}", query=query)


# Settings that only some readers understand, with what to say of the others.
_OF_RECORDS = ("filter_groups", "properties", "associations", "history", "include_archived")
_OF_TIME = ("updated_after", "lookback_minutes", "settle_minutes")
_OF_EVENTS = ("column_prefix", "event_types")


def check_settings(stream: Stream, settings: SyncSettings) -> None:
    """Raises ``Refusal`` for a setting that makes no sense for the stream."""
    if stream.reader is Reader.RECORDS:
        senseless = {"event_types"}
    else:
        senseless = {*_OF_RECORDS}
        if not stream.dated:
            senseless |= {*_OF_TIME}
        if not stream.flattened:
            senseless |= {*_OF_EVENTS}
        elif stream.event_types or not stream.parents:
            senseless |= {"event_types"}
    given = sorted(senseless & settings.model_fields_set)
    if given:
        known = sorted({*SyncSettings.model_fields} - senseless)
        raise Refusal(
            f"setting {given[0]!r} means nothing to {stream.name}, which is read by "
            f"{stream.reader}; it takes {', '.join(known)}"
        )
    if settings.event_types and not all(map(EVENT_TYPE.fullmatch, settings.event_types)):
        wrong = next(one for one in settings.event_types if not EVENT_TYPE.fullmatch(one))
        raise Refusal(
            f"setting 'event_types': {wrong!r} is no event type; they look like e_visited_page, "
            "pe1234567_my_event or ae1234567_an_apps"
        )


def check_associated(name: str) -> None:
    """Raises ``UnknownStream`` for a name that stands for no object type."""
    stream = standard(name)
    if stream is not None and stream.reader is not Reader.RECORDS:
        raise UnknownStream(
            f"setting 'associations': records are not associated with {name!r}, only with: "
            f"{', '.join(one.name for one in CRM)}, and custom objects"
        )
