"""How a sync stands before a run: what runs and plans of runs are made from alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.catalog.registry import Stream
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
    stands: ExistingTable
    compare_every: int

    @property
    def properties(self) -> tuple[Property, ...]:
        """The properties that an earlier run saw."""
        return tuple(one for one, _ in self.remembered)

    def plan(self, stream: Stream, properties: Sequence[Property], now: int) -> Plan:
        """The plan of a run that begins at ``now``; it carries on the window of a checkpoint."""
        made = plan.make_plan(
            self.name,
            self.settings,
            stream,
            properties,
            settled_through=self.settled_through,
            now=now,
            table=self.table,
            known_columns={one.name: column for one, column in self.remembered if column},
            existing=self.stands.types,
        )
        if self.checkpoint is None or self.checkpoint["plan"] != made.hash:
            return made
        return replace(made, since=self.checkpoint["since"], until=self.checkpoint["until"])

    def resumed(self, made: Plan) -> Mapping[str, Any] | None:
        """What an unfinished run of the same plan left of its reading."""
        if self.checkpoint is None or self.checkpoint["plan"] != made.hash:
            return None
        reading: Mapping[str, Any] = self.checkpoint["reading"]
        return reading

    def begun(self, made: Plan, portal_id: str) -> dict[str, Json]:
        """What a run by this plan begins from, as it is kept with its pages."""
        return run_manifest.records_manifest(
            made, [*self.stands.types], self.settled_through, self.sweeps, portal_id
        )

    def asks_properties(self, now: int) -> bool:
        """Whether a run asks for the properties though nothing may have changed.

        With the daily rotation a new property comes in though no record changed.
        """
        turns = due.rotation_due(self.sweeps, now)
        return not self.remembered or self.settled_through is None or turns

    def links_at_once(self, made: Plan) -> dict[str, Column]:
        """The associations read with each changed record: those that were asked for by name.

        The catalog's are read in a backfill, and by the rotation after that.
        """
        asked = self.settings.associations is not None or self.settled_through is None
        return made.association_columns if asked else {}

    def knows_other(self, properties: Sequence[Property]) -> bool:
        """Whether properties are not as they are remembered, how people fill them in included."""
        return [(one, one.field_type) for one in properties] != [
            (one, one.field_type) for one in self.properties
        ]

    def freshness(
        self,
        database: Database,
        made: Plan,
        properties: Sequence[Property],
        notes: list[str],
    ) -> TableViews:
        """The views beside the table, as a plan and properties want them."""
        return TableViews(
            database=database,
            sync=self.name,
            settings=self.settings,
            stream=made.stream,
            settled_through=self.settled_through,
            properties=properties,
            known={str(one.property): one.name for one in made.property_columns},
            notes=notes,
        )

    def due(self, made: Plan, now: int) -> Due:
        """What follows the main reading; after a backfill there are no sweeps."""
        if self.settled_through is None:
            return Due(comparison=True)
        found = due.due_sweeps(
            self.sweeps,
            now,
            archived=self.settings.include_archived,
            filtered=bool(made.filter_groups),
            at_once="include_archived" in self.settings.model_fields_set,
        )
        return replace(found, comparison=due.comparison_due(self.sweeps, now, self.compare_every))


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
        stands=destination.read_table(database, table),
        compare_every=AppState(database).settings().reconcile_every_days * times.DAY,
    )
