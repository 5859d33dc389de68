"""REPLAY: makes a table again from the pages that its runs kept, without asking HubSpot.

The pages are merged, run by run in their order and by the code that merged them first, into a
shadow of the table; what came of it is brought into the table at the end. Until then nobody sees
any of it, and a replay that is killed has changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.database import shadow_tables
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.audit_log import Changed
from hubspot_ingest.database.state.page_archive import ArchiveEntry, PageArchive
from hubspot_ingest.database.state.progress import StateWriter
from hubspot_ingest.database.state.runs import RunLog, new_run_id
from hubspot_ingest.errors import Refusal, finishing
from hubspot_ingest.inbound.load import destination, table_views
from hubspot_ingest.inbound.load.destination import ExistingTable
from hubspot_ingest.inbound.load.shapes import shape_views
from hubspot_ingest.inbound.load.table_loader import TableLoader
from hubspot_ingest.inbound.load.table_spec import TableSpec
from hubspot_ingest.inbound.opening.closing import EndingRun, close_runs
from hubspot_ingest.inbound.opening.opening import open_sync
from hubspot_ingest.inbound.opening.portal_check import check_portal
from hubspot_ingest.inbound.plan.due import state_after_other_change
from hubspot_ingest.inbound.replay.page_loader import PageLoader
from hubspot_ingest.inbound.replay.target_tables import target_tables
from hubspot_ingest.inbound.replay.undo import undo
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context

STRATEGY = "REPLAY"


def replay(context: Context, name: str, since: str | None) -> dict[str, Json]:
    """Make a sync's table again from what is kept since an instant (ISO), None: from all of it.

    Raises ``UnknownSync``, ``Refusal`` (``NOTHING_KEPT``, ``NOT_KEPT_SO_FAR``, ``OTHER_PORTAL``)
    and ``SyncBusy``; nothing was changed then.
    """
    kept = PageArchive(context.database)
    began = context.clock.now()
    run_id = new_run_id(began)
    sync = open_sync(context, name, run_id)
    state, lease = sync.state, sync.lease
    name, table = state.name, state.table
    log = RunLog(run_id, name, state.settings.stream, began)
    log.strategy, log.settled_through = STRATEGY, state.settled_through
    with lease:
        entries = _entries_since(kept.entries(name), name, since)
        for portal in {entry.body["portal"] for entry in entries if "portal" in entry.body}:
            check_portal(context.database, state, portal, ask_rows=True)
        log.destination = str(table)
        lease.log = log
        ending = EndingRun(log, lease)
        lease.write()
        replayed: Json = {"since": times.iso(entries[0].at), "run_id": run_id}
        context.note_change(Changed.SYNC, name, None, replayed)
        try:
            work = (context.database, context.clock, lease, kept, log, table, entries)
            _Replay(*work, ending.note_change).run()
            if log.rows_inserted or log.rows_updated:
                # no comparison of before speaks of these rows
                now, stream = context.clock.now(), state.settings.stream
                lease.keep_sweeps(state_after_other_change(lease.sweeps, stream, now))
            table_views.expire_views(context.database, name, state.settings, unsettle=False)
        except Exception as error:
            ending.fail(context.database, error, context.clock.now())
        if ending.tables_changed:
            shape_views.expire_shapes(context, state.stored)
        close_runs(context, [ending])
    if ending.tables_changed:
        shape_views.after_changes(context, state.stored)
    return {
        "response_code": log.response_code,
        "message": log.message,
        "run_id": log.run_id,
        "sync": name,
        "status": log.status,
        "destination": log.destination,
        "runs": len({entry.run_id for entry in entries}),
        "rows_read": log.rows_read,
        "rows_inserted": log.rows_inserted,
        "rows_updated": log.rows_updated,
        "since": times.iso(entries[0].at),
    }


def _entries_since(
    entries: Sequence[ArchiveEntry], name: str, since: str | None
) -> list[ArchiveEntry]:
    """The entries of the runs that did something since an instant."""
    if not entries:
        raise Refusal(
            f"no pages of {name} are kept; the app setting keep_pages_days says for how many days "
            "runs from now on keep theirs",
            code="NOTHING_KEPT",
        )
    earliest = entries[0].at
    instant = earliest if since is None else times.milliseconds(since)
    if instant is None:
        raise Refusal(f"{since!r} is no time; for example '{times.iso(earliest)}'")
    if instant < earliest:
        raise Refusal(
            f"pages of {name} are kept from {times.iso(earliest)} on and not since {since}",
            code="NOT_KEPT_SO_FAR",
        )
    late = {entry.run_id for entry in entries if entry.at >= instant}
    # another stream or portal under the same name fills another table
    own = {entry.run_id: entry.body["stream"] for entry in entries if entry.kind == "BEGUN"}
    portals = {entry.run_id: entry.body["portal"] for entry in entries if "portal" in entry.body}
    last = next((own[entry.run_id] for entry in reversed(entries) if entry.run_id in own), "")
    portal = next(
        (portals[entry.run_id] for entry in reversed(entries) if entry.run_id in portals), ""
    )
    chosen = [
        entry
        for entry in entries
        if entry.run_id in late
        and own.get(entry.run_id) == last
        and portals.get(entry.run_id, portal) == portal
    ]
    if not chosen:
        raise Refusal(f"no run of {name} kept a page since {since}", code="NOTHING_KEPT")
    return chosen


@dataclass
class _Replay:
    """One replay, over the row of RUNS that it fills in.

    ``on_changed`` is called before a table or a column is made.
    """

    database: Database
    clock: times.Clock
    lease: StateWriter
    kept: PageArchive
    log: RunLog
    table: Table
    entries: Sequence[ArchiveEntry]
    on_changed: Callable[[], None]

    def run(self) -> None:
        manifests = {entry.run_id: entry.body for entry in self.entries if entry.kind == "BEGUN"}
        database = self.database
        tables = target_tables(self.table, self.entries, [*manifests.values()])
        shadows = tables.at(shadow_tables.shadow_of(database, self.log.run_id))
        pairs = [(tables.parts[part], shadow) for part, shadow in shadows.parts.items()]
        existing_table = destination.read_table(database, self.table)

        def drop_shadows() -> None:
            for _, shadow in pairs:
                shadow_tables.drop_shadow(database, shadow.table)

        lacks_columns = False
        with finishing(drop_shadows):
            for spec, shadow in pairs:
                existing = destination.read_table(database, spec.table).types
                lacks_columns |= any(column.name not in existing for column in spec.columns)
                shadow_tables.create_shadow(
                    database, shadow.table, spec.columns, spec.table, [*existing]
                )
            loader = self._loader(shadows)
            with finishing(loader.close):
                self._load(loader, shadows.table, manifests)
            if lacks_columns:
                self.on_changed()
            destination.prepare(database, tables, existing_table)
            counts = [
                shadow_tables.merge_shadow(
                    database, shadow.table, spec.table, spec.key, spec.columns
                )
                for spec, shadow in pairs
            ]
            # the table itself comes first
            self.log.rows_inserted, self.log.rows_updated = counts[0]
        self.log.status, self.log.finished_at = "SUCCEEDED", self.clock.now()
        self.log.message = (
            f"{self.log.rows_read} row{'' if self.log.rows_read == 1 else 's'} of {len(manifests)} "
            f"{'run' if len(manifests) == 1 else 'runs'} replayed without a request to "
            f"HubSpot: {self.log.rows_inserted} inserted and {self.log.rows_updated} updated in "
            f"{self.table}"
        )

    def _loader(self, shadows: TableSpec) -> TableLoader:
        return TableLoader(
            self.database,
            self.log.run_id,
            self.clock,
            self.lease.renew,
            0,
            ExistingTable({}, {}),
            prepared={spec.table for spec in shadows.parts.values()},
        )

    def _load(
        self, loader: TableLoader, shadow: Table, manifests: Mapping[str, Mapping[str, Any]]
    ) -> None:
        pages = PageLoader(loader, self.kept, self.log.sync, shadow)
        for entry in self.entries:
            if entry.kind == "ROLLBACK":
                own_entries = [
                    own_entry for own_entry in self.entries if own_entry.run_id == entry.run_id
                ]
                undo(self.database, own_entries, shadow, entry.number, passing_on=False)
            else:
                self.log.rows_read += pages.load(entry, manifests[entry.run_id])
            self.lease.renew()
