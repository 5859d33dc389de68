"""The state of a sync before a run, from which the run and its preview are planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.catalog.stream import RecordStream
from hubspot_ingest.database.columns import Column
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.properties import PortalSchema
from hubspot_ingest.database.state.syncs import Sync
from hubspot_ingest.inbound.load import destination, run_manifest
from hubspot_ingest.inbound.load.destination import ExistingTable
from hubspot_ingest.inbound.load.table_views import TableViews
from hubspot_ingest.inbound.plan import due, plan
from hubspot_ingest.inbound.plan.due import Due
from hubspot_ingest.inbound.plan.plan import Plan
from hubspot_ingest.model import Json, Property
from hubspot_ingest.settings import SyncSettings


@dataclass(frozen=True, slots=True)
class SyncState:
    """A sync's settings, what earlier runs left behind, and its table as it is.

    ``remembered`` are the properties an earlier run saw, each with its column if it has one.
    ``compare_every`` is how often the table is compared with HubSpot (ms, 0: never).
    """

    name: str
    settings: SyncSettings
    settled_through: int | None
    checkpoint: Mapping[str, Any] | None
    sweeps: Mapping[str, Any]
    remembered: Sequence[tuple[Property, str | None]]
    table: Table
    existing_table: ExistingTable
    compare_every: int

    @property
    def properties(self) -> tuple[Property, ...]:
        """The properties that an earlier run saw."""
        return tuple(prop for prop, _ in self.remembered)

    def plan(self, stream: RecordStream, properties: Sequence[Property], now: int) -> Plan:
        """The plan of a run that begins at ``now``; it carries on the window of a checkpoint."""
        new_plan = plan.make_plan(
            self.name,
            self.settings,
            stream,
            properties,
            settled_through=self.settled_through,
            now=now,
            table=self.table,
            known_columns={prop.name: column for prop, column in self.remembered if column},
            existing=self.existing_table.types,
        )
        if self.checkpoint is None or self.checkpoint["plan"] != new_plan.hash:
            return new_plan
        return replace(new_plan, since=self.checkpoint["since"], until=self.checkpoint["until"])

    def resumed(self, run_plan: Plan) -> Mapping[str, Any] | None:
        """What an unfinished run of the same plan left of its reading."""
        if self.checkpoint is None or self.checkpoint["plan"] != run_plan.hash:
            return None
        reading: Mapping[str, Any] = self.checkpoint["reading"]
        return reading

    def manifest(self, run_plan: Plan, portal_id: str) -> dict[str, Json]:
        """What a run by this plan begins from, as it is kept with its pages."""
        return run_manifest.records_manifest(
            run_plan, [*self.existing_table.types], self.settled_through, self.sweeps, portal_id
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

    def properties_changed(self, properties: Sequence[Property]) -> bool:
        """Whether properties are not as they are remembered, how people fill them in included."""
        return [(prop, prop.field_type) for prop in properties] != [
            (prop, prop.field_type) for prop in self.properties
        ]

    def table_views(
        self,
        database: Database,
        run_plan: Plan,
        properties: Sequence[Property],
        notes: list[str],
    ) -> TableViews:
        """The views beside the table, as a plan and properties want them."""
        return TableViews(
            database=database,
            sync=self.name,
            settings=self.settings,
            stream=run_plan.stream,
            settled_through=self.settled_through,
            properties=properties,
            property_columns={
                str(column.property): column.name for column in run_plan.property_columns
            },
            notes=notes,
        )

    def due(self, run_plan: Plan, now: int) -> Due:
        """What follows the main reading; after a backfill there are no sweeps."""
        if self.settled_through is None:
            return Due(comparison=True)
        due_sweeps = due.due_sweeps(
            self.sweeps,
            now,
            archived=self.settings.include_archived,
            filtered=bool(run_plan.filter_groups),
            at_once="include_archived" in self.settings.model_fields_set,
        )
        return replace(
            due_sweeps, comparison=due.comparison_due(self.sweeps, now, self.compare_every)
        )


def read_sync_state(
    database: Database, name: str, settings: SyncSettings, sync: Sync | None
) -> SyncState:
    """How the sync stands now; ``sync`` is what is remembered of it, None: nothing."""
    table = destination.destination_table(settings)
    return SyncState(
        name=name,
        settings=settings,
        settled_through=None if sync is None else sync.settled_through,
        checkpoint=None if sync is None else sync.checkpoint,
        sweeps={} if sync is None else sync.sweeps,
        remembered=PortalSchema(database).properties(name),
        table=table,
        existing_table=destination.read_table(database, table),
        compare_every=AppState(database).settings().reconcile_every_days * times.DAY,
    )
