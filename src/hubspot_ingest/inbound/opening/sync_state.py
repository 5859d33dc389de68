"""A sync before a run: settings, state and table, and whether the state still counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.app_settings import AppSettings
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.stream import ItemStream, RecordStream
from hubspot_ingest.database import sql
from hubspot_ingest.database.columns import Column
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.stored_state import LateProperty, StoredState
from hubspot_ingest.database.state.syncs import EarnedOn, SweepsState, Sync
from hubspot_ingest.errors import UnknownStream
from hubspot_ingest.inbound.load import run_manifest
from hubspot_ingest.inbound.load.destination import ExistingTable
from hubspot_ingest.inbound.opening import table_reading
from hubspot_ingest.inbound.opening.table_reading import TableReading
from hubspot_ingest.inbound.plan import due, plan
from hubspot_ingest.inbound.plan.due import Due
from hubspot_ingest.inbound.plan.late_properties import late_properties
from hubspot_ingest.inbound.plan.plan import Plan, Reading
from hubspot_ingest.inbound.plan.relative_days import Calendar
from hubspot_ingest.model import Json, Property
from hubspot_ingest.settings import SyncSettings


@dataclass(frozen=True, slots=True)
class SyncState:
    """A sync's settings, what earlier runs left behind, and its table as it is.

    ``remembered`` are the properties an earlier run saw, each with its column if it has one.
    ``forgotten`` says why what earlier runs left behind does not count any more and is left out
    here; None where it counts. ``is_of_other_portal``: what there is was read from another portal.
    ``earned_on`` is what that was read for, ``stored`` what was stored of the app and of its syncs.
    """

    name: str
    settings: SyncSettings
    settled_through: int | None
    checkpoint: Mapping[str, Any] | None
    sweeps: SweepsState
    remembered: Sequence[tuple[Property, str | None]]
    table: Table
    tables: TableReading
    earned_on: EarnedOn
    stored: StoredState
    forgotten: str | None = None
    is_of_other_portal: bool = False

    @property
    def app(self) -> AppSettings:
        """The settings of the whole app."""
        return self.stored.app

    @property
    def existing_table(self) -> ExistingTable:
        """The table as it is."""
        return self.tables.existing_table

    @property
    def compare_every(self) -> int:
        """How often the table is compared with HubSpot (ms, 0: never)."""
        return self.app.reconcile_every_days * times.DAY

    @property
    def properties(self) -> tuple[Property, ...]:
        """The properties that an earlier run saw."""
        return tuple(prop for prop, _ in self.remembered)

    @property
    def known_columns(self) -> dict[str, str]:
        """The columns of the properties that an earlier run saw, by property."""
        return {prop.name: column for prop, column in self.remembered if column}

    def reading(
        self,
        stream: RecordStream,
        properties: Sequence[Property],
        now: int,
        calendar: Calendar | None = None,
    ) -> Reading:
        """What a run reads that begins at ``now``; it carries on the window of a checkpoint.

        ``calendar`` is the portal's, None where no filter counts from today. A reading that was
        begun on an earlier day goes on by that day's filters, so that it comes to an end.
        """
        late_by_name = self.late_properties(properties, now)
        ignored = [name for name, late in late_by_name.items() if late.ignored]

        def counted_from(calendar: Calendar | None) -> Reading:
            return plan.make_reading(
                self.name,
                self.settings,
                stream,
                properties,
                settled_through=self.settled_through,
                now=now,
                table=self.table,
                calendar=calendar,
                read_on=self.sweeps.read_on,
                ignored=ignored,
            )

        reading = counted_from(calendar)
        if self.checkpoint is None:
            return reading
        begun_on = self.checkpoint.get("day")
        if calendar is not None and begun_on not in (None, reading.day):
            begun = counted_from(replace(calendar, today=date.fromisoformat(begun_on)))
            if self.checkpoint["plan"] != begun.hash:
                return reading
            reading = begun
        if self.checkpoint["plan"] != reading.hash:
            return reading
        return replace(reading, since=self.checkpoint["since"], until=self.checkpoint["until"])

    def plan(
        self,
        stream: RecordStream,
        properties: Sequence[Property],
        now: int,
        calendar: Calendar | None = None,
    ) -> Plan:
        """The plan of what ``reading`` tells that a run reads."""
        return plan.make_plan(
            self.reading(stream, properties, now, calendar),
            self.settings,
            properties,
            known_columns=self.known_columns,
            existing=self.existing_table.types,
            salt=self.stored.hash_salt,
        )

    def plan_of_table(
        self,
        stream: RecordStream,
        properties: Sequence[Property],
        now: int,
        calendar: Calendar | None,
    ) -> Plan:
        """The plan of everything that the table is to hold, as the last run left it.

        Dates in the filters are counted from the day of that run.
        """
        read_on = self.sweeps.read_on
        if calendar is not None and read_on is not None:
            calendar = replace(calendar, today=date.fromisoformat(read_on))
        forgetful = replace(self, settled_through=None, checkpoint=None)
        return forgetful.plan(stream, properties, now, calendar)

    def late_properties(self, properties: Sequence[Property], now: int) -> dict[str, LateProperty]:
        """Those of the portal's properties that appeared after the sync's first run, by name."""
        seen, stored = self.properties, self.stored.late_properties.get(self.name, {})
        if self.is_of_other_portal or (not stored and seen == properties):
            return {}
        columns = self.existing_table.types
        return late_properties(self.settings, seen, properties, stored, columns, now)

    def resumed(self, reading: Reading) -> Mapping[str, Any] | None:
        """What an unfinished run of the same plan left of its reading."""
        if self.checkpoint is None or self.checkpoint["plan"] != reading.hash:
            return None
        left: Mapping[str, Any] = self.checkpoint["reading"]
        return left

    def manifest(self, run_plan: Plan, portal_id: str) -> dict[str, Json]:
        """What a run by this plan begins from, as it is kept with its pages."""
        return run_manifest.records_manifest(
            run_plan, [*self.existing_table.types], self.settled_through, self.sweeps, portal_id
        )

    @property
    def has_run(self) -> bool:
        """Whether an earlier run left something behind that counts."""
        return not (
            self.settled_through is None
            and self.checkpoint is None
            and self.sweeps == SweepsState()
        )

    def is_from_the_future(self, now: int) -> bool:
        """Whether the cursor is later than ``now``, by more than a clock is read wrong."""
        return self.settled_through is not None and self.settled_through > now + times.MINUTE

    def is_filled_from(self, portal_id: str) -> bool:
        """Whether the table is the one that was filled from that portal, and from no other."""
        earned_on = self.earned_on
        created, _ = earned_on.tables.get("", (None, 0))
        return (
            earned_on.portal_id == portal_id
            and earned_on.table == str(self.table)
            and created is not None
            and created == self.existing_table.created
        )

    @property
    def granted_tables(self) -> frozenset[Table]:
        """The tables that readers were let into: a run that ended merged rows into them later."""
        if self.settled_through is None or self.earned_on.table != str(self.table):
            return frozenset()
        created_now = {**self.tables.created, "": self.existing_table.created}
        return frozenset(
            sql.table_beside(self.table, part) if part else self.table
            for part, (created, rows) in self.earned_on.tables.items()
            if rows and created is not None and created == created_now.get(part)
        )

    def earned_from(self, portal_id: str, version: str) -> EarnedOn:
        """The version, portal and tables that this run's state will belong to."""
        created = {**self.tables.created, "": self.existing_table.created}
        rows = self.tables.rows
        tables = {
            part: (at, rows.get(part, 0)) for part, at in created.items() if part or at is not None
        }
        return replace(
            self.earned_on,
            version=version,
            portal_id=portal_id,
            table=str(self.table),
            tables=tables,
            landed=rows.get("", 0) > 0,
        )

    def without_state(self, reason: str) -> SyncState:
        """The same without what earlier runs left behind: a run is a backfill."""
        return replace(
            self, settled_through=None, checkpoint=None, sweeps=SweepsState(), forgotten=reason
        )

    def asks_properties(self, now: int) -> bool:
        """Whether a run asks for the properties though nothing may have changed.

        With the daily rotation a new property comes in though no record changed.
        """
        turns = due.rotation_due(self.sweeps, now)
        return not self.remembered or self.settled_through is None or turns

    def links_at_once(self, run_plan: Plan) -> dict[str, Column]:
        """The associations read with each changed record: those that were asked for by name.

        The catalog's are read in a backfill, and by the rotation after that.
        """
        asked = self.settings.associations is not None or self.settled_through is None
        return run_plan.association_columns if asked else {}

    def properties_changed(self, properties: Sequence[Property], run_plan: Plan) -> bool:
        """Whether properties, how people fill them in or their columns are not as remembered."""
        return run_plan.column_names != self.known_columns or [
            (prop, prop.field_type) for prop in properties
        ] != [(prop, prop.field_type) for prop in self.properties]

    def has_nothing_due(
        self, reading: Reading, total: int | None, now: int, *, counted: bool = True
    ) -> bool:
        """Whether a run that found no change has nothing else to do but to move the cursor.

        That is so when no sweep or comparison is due or open at ``now`` (epoch ms), when ``total``,
        the records that HubSpot counts (None: too many for a count), equals the live rows, and when
        the properties that it takes and the table's columns are as the last run left them.
        ``counted`` is as in ``due``.
        """
        columns = {*self.known_columns.values()} if self.tables.live else set[str]()
        return (
            self.due(reading, now, counted=counted) == Due()
            and self.sweeps.refill is None
            and self.sweeps.count is None
            and not self.sweeps.unlinked
            and total in (None, self.tables.live or 0)
            and reading.taken == self.known_columns.keys()
            and columns <= self.existing_table.types.keys()
            and self.earned_on.columns == self.tables.columns_fingerprint
        )

    def due(self, reading: Reading, now: int, *, counted: bool = True) -> Due:
        """What follows the main reading; ``counted``: HubSpot told how many records there are."""
        if self.settled_through is None:
            # a backfill leaves nothing to sweep
            return Due(comparison=True)
        due_sweeps = due.due_sweeps(
            self.sweeps,
            now,
            archived=self.settings.include_archived,
            filtered=bool(reading.filter_groups) and reading.timed,
            at_once=not counted or "include_archived" in self.settings.model_fields_set,
            day=reading.day,
        )
        return replace(
            due_sweeps, comparison=due.comparison_due(self.sweeps, now, self.compare_every)
        )


def read_sync_states(
    database: Database,
    stored: StoredState,
    wanted: Sequence[tuple[str, SyncSettings, Sync | None]],
) -> list[SyncState]:
    """How syncs stand now: name, settings, and what is remembered of each (None: nothing)."""
    remembered = [EarnedOn() if sync is None else sync.earned_on for _, _, sync in wanted]
    places = [Table(*settings.place) for _, settings, _ in wanted]
    # what is beside another table than the destination says nothing
    parts = [
        earned_on.tables if earned_on.table == str(table) else {}
        for earned_on, table in zip(remembered, places, strict=True)
    ]
    readings = table_reading.read_tables(
        database,
        [
            table_reading.beside_parts(table, listed)
            for table, listed in zip(places, parts, strict=True)
        ],
        [
            {part: not part and _is_of_records(settings) for part in listed}
            for (_, settings, _), listed in zip(wanted, parts, strict=True)
        ],
    )
    return [
        _sync_state(stored, *each, earned_on, table, with_counts(reading, earned_on.tables))
        for each, earned_on, table, reading in zip(
            wanted, remembered, places, readings, strict=True
        )
    ]


def with_counts(
    reading: TableReading, filled: Mapping[str, tuple[int | None, int]]
) -> TableReading:
    """The reading, with the stored number of rows of tables that could not be counted now."""
    existing = {*reading.created} | ({""} if reading.existing_table.types else set())
    stored = {part: rows for part, (_, rows) in filled.items() if part in existing}
    return replace(reading, rows={**stored, **reading.rows})


def _sync_state(
    stored: StoredState,
    name: str,
    settings: SyncSettings,
    sync: Sync | None,
    earned_on: EarnedOn,
    table: Table,
    tables: TableReading,
) -> SyncState:
    state = SyncState(
        name=name,
        settings=settings,
        settled_through=None if sync is None else sync.settled_through,
        checkpoint=None if sync is None else sync.checkpoint,
        sweeps=SweepsState() if sync is None else sync.sweeps,
        remembered=stored.properties.get(name, ()),
        table=table,
        tables=tables,
        earned_on=earned_on,
        stored=stored,
    )
    reason = None if sync is None else _reason_to_forget(state, sync)
    return state if reason is None else state.without_state(reason)


def _reason_to_forget(state: SyncState, sync: Sync) -> str | None:
    """Why the cursor does not count for the table as it is; None where it does."""
    if not state.has_run:
        return None
    earned_on, table = sync.earned_on, state.table
    if earned_on.version != (sync.version or ""):
        return f"what the table of {state.name} was read for is not known"
    if earned_on.table not in (None, str(table)):
        return f"{state.name} fills {table} and no longer {earned_on.table}"
    for part, (created, rows) in earned_on.tables.items():
        place = sql.table_beside(table, part) if part else table
        now_created = state.tables.created.get(part) if part else state.existing_table.created
        if now_created is None:
            return f"{place} is gone"
        if created is not None and now_created != created:
            return f"{place} is another table than the one that was filled"
        found = state.tables.rows.get(part, rows)
        # a reading that did not come to its end counts on every row it brought in
        if found < rows and (found == 0 or state.checkpoint is not None or _is_of_items(state)):
            return f"{place} had {rows} rows and has {found}"
    if earned_on.landed and "" not in earned_on.tables and not state.tables.rows.get("", 0):
        return f"{table} is " + ("empty" if state.existing_table.types else "gone")
    return None


def _is_of_items(state: SyncState) -> bool:
    """Whether nothing but the count of the rows could tell that some were taken away."""
    return isinstance(lookup.known(state.settings.stream), ItemStream)


def _is_of_records(settings: SyncSettings) -> bool:
    """Whether the table is one of CRM records, custom objects included."""
    with suppress(UnknownStream):
        return isinstance(lookup.known(settings.stream), RecordStream | None)
    return False
