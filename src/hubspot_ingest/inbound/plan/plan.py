"""The plan of a run: what it reads, how, and into which columns. Frozen, printable, pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

from hubspot_ingest import times
from hubspot_ingest.catalog.property_globs import takes
from hubspot_ingest.catalog.registry import RECORD_STREAMS
from hubspot_ingest.catalog.stream import RecordStream
from hubspot_ingest.database import columns
from hubspot_ingest.database.columns import Column
from hubspot_ingest.database.sql import Table, table_beside
from hubspot_ingest.errors import Refusal
from hubspot_ingest.hubspot import requests
from hubspot_ingest.inbound.plan import filters, relative_days
from hubspot_ingest.inbound.plan.hashed_values import ValueHasher
from hubspot_ingest.inbound.plan.relative_days import Calendar
from hubspot_ingest.model import Json, Property
from hubspot_ingest.settings import SyncSettings, did_you_mean

LINK_COLUMNS = frozenset(columns.association_column(name).name for name in RECORD_STREAMS)
# The property in which a record lists the ids that were merged into it
MERGED_IDS = "hs_merged_object_ids"


class Strategy(StrEnum):
    """How the records are read.

    LIST reads the primary store by id, 100 a page; WIDE does so where the property names do not
    fit into a URL, and reads values by batch; SEARCH reads what matches the filters and the
    window, 200 a page.
    """

    LIST = "LIST"
    WIDE = "WIDE"
    SEARCH = "SEARCH"


@dataclass(slots=True)
class UrlReach:
    """How long a URL may be, in characters after the host; less once HubSpot refused one (414)."""

    longest: int = requests.URL_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one run of one sync reads. Instants are epoch milliseconds.

    Everything changed in ``[since, until)`` is settled once the run has succeeded; what changed
    after ``until`` is read and merged too, and read again by the next run. ``earliest`` is where
    a backfill begins (``updated_after``); None reads everything. ``taken`` are the names of the
    properties that have a column. ``timed``: the object type has the property that tells when a
    record was changed. ``day`` is the day (ISO) from which dates in the filters are counted, None
    where none is. ``urls`` is learnt while the run goes on.
    """

    sync: str
    stream: RecordStream
    strategy: Strategy
    since: int | None
    earliest: int | None
    until: int
    filter_groups: tuple[tuple[Json, ...], ...]
    properties: tuple[str, ...]
    taken: frozenset[str] = frozenset()
    associations: tuple[str, ...]
    history: tuple[str, ...]
    table: Table
    timed: bool = True
    day: str | None = None
    urls: UrlReach = field(default_factory=UrlReach, compare=False, repr=False)

    @property
    def search_groups(self) -> list[list[Json]]:
        """The filter groups as they are sent, less the id range: the window is in every group."""
        return self._groups_since(self.since)

    @property
    def taken_groups(self) -> list[list[Json]]:
        """The filter groups of everything that the sync takes, whenever it was changed."""
        return self._groups_since(self.earliest)

    def _groups_since(self, since: int | None) -> list[list[Json]]:
        if since is None or not self.timed:
            # a window would leave out the records that have no time
            return [[*group] for group in self.filter_groups or ((),)]
        window: Json = {
            "propertyName": self.stream.updated,
            "operator": "GTE",
            "value": str(max(since, requests.EARLIEST_FILTER)),
        }
        return [[*group, window] for group in self.filter_groups or ((),)]

    @property
    def incremental(self) -> bool:
        """Whether what changed since an earlier run is read, and nothing else."""
        return self.since is not None and self.since != self.earliest

    @property
    def selective(self) -> bool:
        """Whether the sync leaves records out, by a filter or for their age."""
        return bool(self.filter_groups) or self.earliest is not None

    @property
    def linked_types(self) -> dict[str, str]:
        """The object types of the associated streams, by stream."""
        return {
            stream: RECORD_STREAMS[stream].object_type if stream in RECORD_STREAMS else stream
            for stream in self.associations
        }

    @property
    def hash(self) -> str:
        """Identifies the reading: a checkpoint is valid only for a plan with the same hash."""
        parts = [
            self.stream.object_type,
            self.strategy,
            self.filter_groups,
            self.since,
            self.properties,
            self.associations,
            str(self.table),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

    def checkpoint(self, until: int, remaining: Json) -> dict[str, Json]:
        """What is stored of a reading under way that settles what changed ``until`` (epoch ms)."""
        return {
            "plan": self.hash,
            "since": self.since,
            "until": until,
            "reading": remaining,
            "day": self.day,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Reading):
    """What one run of one sync reads, and the columns in which it lands.

    ``former_columns`` are those of properties whose type has changed, with their comments.
    ``hasher`` knows the properties whose values land as hashes.
    """

    property_columns: tuple[Column, ...]
    former_columns: Mapping[str, str] = field(default_factory=dict)
    hasher: ValueHasher = field(default_factory=ValueHasher)

    @property
    def column_names(self) -> dict[str, str]:
        """The column of each property that has one."""
        return {str(column.property): column.name for column in self.property_columns}

    @property
    def association_columns(self) -> dict[str, Column]:
        """The columns of associated ids, by stream; they stand whether fetched or not."""
        return {stream: columns.association_column(stream) for stream in self.associations}

    def beside(self, what: str) -> Table:
        """The table that stands next to the destination, for the links or history of it."""
        return table_beside(self.table, what)

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns of the destination."""
        return columns.table_columns(
            self.property_columns, tuple(self.association_columns.values())
        )


def check_names(
    globs: Sequence[str], properties: Iterable[Property], *, setting: str = "properties"
) -> None:
    """Raises ``Refusal`` for a plain name among ``globs`` that the portal does not have."""
    names = [prop.name for prop in properties]
    for glob in globs:
        plain = not glob.startswith("!") and not any(sign in glob for sign in "*?[")
        if plain and glob not in {*names, *(name.strip() for name in names)}:
            raise Refusal(
                f"setting {setting!r}: this portal has no property {glob!r} here"
                f"{did_you_mean(glob, names)}"
            )


def selected_properties(
    globs: Sequence[str], properties: Iterable[Property]
) -> tuple[Property, ...]:
    """The properties that ``globs`` take, in order of name; ``!`` denies.

    A plain name that the portal has no longer takes nothing: its column stays as it is.
    """
    if not globs:
        # most syncs hash nothing and take no history: none of hundreds of names is looked at
        return ()
    takes_all = [*globs] == ["*"]
    taken = {prop.name: prop for prop in properties if takes_all or takes(globs, prop.name)}
    return tuple(taken[name] for name in sorted(taken))


def make_reading(
    sync: str,
    settings: SyncSettings,
    stream: RecordStream,
    portal_properties: Sequence[Property],
    *,
    settled_through: int | None,
    now: int,
    table: Table,
    calendar: Calendar | None = None,
    read_on: str | None = None,
    ignored: Collection[str] = (),
) -> Reading:
    """What a run reads that begins at ``now``.

    Where the filters count from the day of ``calendar`` and the table was read by those of another
    day, ``read_on``, everything is read: a record may come to match though nobody changed it.
    ``ignored`` properties are left out unless the settings name them. Raises ``Refusal`` when
    settings and portal do not fit together.
    """
    stream = _searchable(stream, settings, portal_properties)
    unnamed = {*ignored} - {*settings.properties}
    offered = [prop for prop in portal_properties if prop.name not in unnamed]
    taken = frozenset(prop.name for prop in selected_properties(settings.properties, offered))
    portal_names = {prop.name for prop in portal_properties}
    # the ids that were merged into a record are always read: nothing else shows a merge
    names = tuple(sorted(taken | ({MERGED_IDS} & portal_names)))
    history = selected_properties(settings.history, offered)
    associations = stream.associations if settings.associations is None else settings.associations
    timed = bool(stream.updated)
    day = None
    if calendar is not None:
        day = relative_days.day_of(settings.filter_groups, portal_properties, calendar)
    # without a time of change there is no telling what changed: every run reads everything
    since = _since(settings, settled_through if day == read_on else None) if timed else None
    groups: tuple[tuple[Json, ...], ...] = ()
    if settings.filter_groups:
        checked = filters.checked_filters(
            settings.filter_groups, portal_properties, stream.object_type, calendar=calendar
        )
        groups = tuple(map(tuple, checked))
    if since is not None or groups:
        strategy = Strategy.SEARCH
    elif fits_url(stream.object_type, names, associations):
        strategy = Strategy.LIST
    else:
        strategy = Strategy.WIDE
    return Reading(
        sync=sync,
        stream=stream,
        strategy=strategy,
        since=since,
        earliest=settings.updated_after_ms,
        until=max(now - settings.settle_minutes * times.MINUTE, settled_through or 0),
        filter_groups=groups,
        properties=names,
        taken=taken,
        associations=associations,
        history=tuple(prop.name for prop in history),
        table=table,
        timed=timed,
        day=day,
    )


def make_plan(
    reading: Reading,
    settings: SyncSettings,
    portal_properties: Sequence[Property],
    *,
    known_columns: Mapping[str, str],
    existing: Mapping[str, str],
    salt: str = "",
) -> Plan:
    """The plan of a reading: with the columns in which it lands.

    ``known_columns`` maps properties to the columns they have, ``existing`` the table's column
    names to their types. ``salt`` goes before the values that land as hashes.
    """
    hasher = ValueHasher(hashed_names(settings, portal_properties), salt)
    links = (columns.association_column(name).name for name in reading.associations)
    property_columns = columns.property_columns(
        {prop.name: prop for prop in portal_properties if prop.name in reading.taken}.values(),
        settings.column_prefix,
        # those of other streams too: they may be asked for one day
        taken=LINK_COLUMNS.union(links),
        column_names=known_columns,
        existing=existing,
        hashed=hasher.names,
    )
    return Plan(
        **{each.name: getattr(reading, each.name) for each in fields(Reading)},
        property_columns=property_columns,
        former_columns=columns.former_columns(property_columns, settings.column_prefix, existing),
        hasher=hasher,
    )


def hashed_names(settings: SyncSettings, properties: Iterable[Property]) -> frozenset[str]:
    """The properties whose values land as hashes, those among them too that are not taken."""
    return frozenset(prop.name for prop in selected_properties(settings.hash, properties))


def _searchable(
    stream: RecordStream, settings: SyncSettings, portal_properties: Sequence[Property]
) -> RecordStream:
    """The stream without its time of change where the portal has no such property.

    HubSpot answers a filter on a property that it does not have with 400; without one everything
    is read each time. Raises ``Refusal`` where the settings ask for what changed.
    """
    if any(prop.name == stream.updated for prop in portal_properties) or not portal_properties:
        return stream
    if settings.updated_after_ms is not None:
        raise Refusal(
            f"setting 'updated_after': {stream.name} of this portal have no property "
            f"{stream.updated!r}, so that nobody can ask when they changed; leave it out"
        )
    return replace(stream, updated="")


def _since(settings: SyncSettings, settled_through: int | None) -> int | None:
    """Where the window begins; None reads everything."""
    earliest = settings.updated_after_ms
    if settled_through is None or settings.sync_mode == "full_refresh":
        return earliest
    since = settled_through - settings.lookback_minutes * times.MINUTE
    return since if earliest is None else max(since, earliest)


def list_plan(plan: Plan) -> Plan:
    """The same records from the primary store, whole."""
    fits = fits_url(plan.stream.object_type, plan.properties, ())
    return replace(plan, strategy=Strategy.LIST if fits else Strategy.WIDE, since=None)


def without_links(plan: Plan, streams: Collection[str]) -> Plan:
    """The plan less its associations with some streams."""
    return replace(
        plan, associations=tuple(stream for stream in plan.associations if stream not in streams)
    )


def rotation_plan(plan: Plan) -> Plan:
    """The same records once more, whenever they changed."""
    if plan.selective:
        return replace(plan, strategy=Strategy.SEARCH, since=plan.earliest)
    return list_plan(plan)


def fits_url(object_type: str, names: Sequence[str], associations: Sequence[str]) -> bool:
    """Whether a list page asking for these properties has a URL that passes HubSpot's proxy."""
    longest = requests.list_page(
        object_type, names, after="9" * 20, associations=associations
    ).target
    # HubSpot parts the names at commas, and knows no way to write one
    return len(longest) <= requests.URL_LIMIT and not any("," in name for name in names)
