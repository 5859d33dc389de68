"""ROLLBACK_RUN: undoes what one run did to its tables, and sets the sync's cursor back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.database.state.audit_log import Changed
from hubspot_ingest.database.state.page_archive import ArchiveEntry, PageArchive
from hubspot_ingest.database.state.progress import StateWriter
from hubspot_ingest.database.state.syncs import ColumnsToFill, SweepsState, Syncs, stored_sweeps
from hubspot_ingest.errors import Refusal, UnknownSync
from hubspot_ingest.inbound.load import table_views
from hubspot_ingest.inbound.load.run_manifest import manifest_table
from hubspot_ingest.inbound.opening.opening import open_sync
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.inbound.plan.due import state_after_other_change
from hubspot_ingest.inbound.replay.undo import undo
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context


def rollback(context: Context, run_id: str) -> dict[str, Json]:
    """Undo what a run did, and let the next run read again what that one read.

    Raises ``Refusal`` (``UNKNOWN_RUN``, ``NOTHING_KEPT``, ``ALREADY_ROLLED_BACK``,
    ``LATER_RUN_NOT_KEPT``), ``UnknownSync``, and ``SyncBusy`` while a run of the sync is going on;
    nothing was changed then.
    """
    kept, syncs = PageArchive(context.database), Syncs(context.database)
    stored_run = kept.sync_of(run_id)
    if stored_run is None:
        raise Refusal(
            f"there is no run {run_id!r}; the view RUNS tells which there are", code="UNKNOWN_RUN"
        )
    name = stored_run[0]
    if syncs.find(name) is None:
        raise UnknownSync(f"the sync {name} of that run was dropped; configure it again, then call")
    sync = open_sync(context, name, f"rollback-{uuid.uuid4().hex[:12]}")
    state, lease = sync.state, sync.lease
    with lease:
        return _under_lease(context, kept, state, lease, run_id)


def _under_lease(
    context: Context, kept: PageArchive, state: SyncState, writer: StateWriter, run_id: str
) -> dict[str, Json]:
    name = state.name
    stored_run, entries = kept.sync_of(run_id), kept.entries(name, run_id=run_id)
    if stored_run is not None and stored_run[2]:
        raise Refusal(f"the run {run_id} was rolled back before", code="ALREADY_ROLLED_BACK")
    if not entries or entries[0].kind != "BEGUN":
        raise Refusal(
            f"nothing is kept of the run {run_id}: it changed nothing, or it ran before the app "
            "setting keep_pages_days, or its days are over",
            code="NOTHING_KEPT",
        )
    if unkept := kept.later_runs_without_pages(name, run_id):
        raise Refusal(
            f"the later run {unkept[0]} of {name} changed rows and nothing of it is kept, so what "
            f"it changed cannot be told from what {run_id} did",
            code="LATER_RUN_NOT_KEPT",
        )
    manifest = entries[0].body
    # first the cursor: should this end here, the next run reads more than it must, never less
    _rewind(context, state, writer, manifest)
    number = kept.last_number(name) + 1
    context.note_change(Changed.SYNC, name, None, {"run_id": run_id})
    done = undo(context.database, entries, manifest_table(manifest), number, passing_on=True)
    now = context.clock.now()
    kept.save_entry(name, ArchiveEntry(number, run_id, "ROLLBACK", now, {}))
    kept.mark_rolled_back(run_id, now)
    since = manifest["settled_through"]
    again = "reads everything again" if since is None else f"reads again from {times.iso(since)} on"
    return {
        "response_code": "OK",
        "message": f"what {run_id} did to {manifest_table(manifest)} is undone: {done['restored']} "
        f"rows restored, {done['removed']} removed, {done['kept']} kept as later runs made them; "
        f"the next run of {name} {again}",
        "run_id": run_id,
        "sync": name,
        "restored": done["restored"],
        "removed": done["removed"],
        "kept": done["kept"],
        "links": done["links"],
        "history": done["history"],
        "since": times.iso_or_none(since),
    }


def _rewind(
    context: Context, state: SyncState, writer: StateWriter, manifest: Mapping[str, Any]
) -> None:
    """Let the sync go on from where the run began, unless it fills another table by now."""
    if state.table != manifest_table(manifest):
        return
    before: int | None = manifest["settled_through"]
    cursor = None if before is None or state.settled_through is None else before
    if cursor is not None and state.settled_through is not None:
        cursor = min(cursor, state.settled_through)
    had = {*manifest["columns"]}
    added = [
        prop.name for prop, column in state.remembered if column is not None and column not in had
    ]
    # there are fewer rows from here on
    tables = {part: (created, 0) for part, (created, _) in writer.earned_on.tables.items()}
    writer.earned_on = replace(writer.earned_on, tables=tables, landed=False)
    sweeps = earlier_sweeps(state.sweeps, stored_sweeps(manifest["sweeps"]), added)
    # no comparison of before speaks of these rows
    stream = state.settings.stream
    writer.rewind(cursor, state_after_other_change(sweeps, stream, context.clock.now()))
    table_views.rewind_views(context.database, state.name, state.settings, cursor)


def earlier_sweeps(now: SweepsState, before: SweepsState, added: Sequence[str]) -> SweepsState:
    """The sweeps' state from which all is swept again that was since ``before``.

    Columns that were ``added`` since are filled again in the rows that are set back.
    """

    def earlier(at_now: int | None, at_before: int | None) -> int | None:
        return None if at_now is None else min(at_now, at_before or 0)

    behind = {**now.behind}
    for scope, since in before.behind.items():
        other = behind.get(scope, since)
        behind[scope] = None if since is None or other is None else min(since, other)
    proofs = [at for at in (now.proven_at, before.proven_at) if at is not None]
    pending = () if now.refill is None else now.refill.properties
    properties = tuple(sorted({*added, *pending}))
    return SweepsState(
        archived_at=earlier(now.archived_at, before.archived_at),
        archived_refused_at=earlier(now.archived_refused_at, before.archived_refused_at),
        filtered_at=earlier(now.filtered_at, before.filtered_at),
        filtered_refused_at=earlier(now.filtered_refused_at, before.filtered_refused_at),
        rotated_at=earlier(now.rotated_at, before.rotated_at),
        rotation_refused_at=earlier(now.rotation_refused_at, before.rotation_refused_at),
        proven_at=min(proofs) if len(proofs) == 2 else None,
        compared_at=earlier(now.compared_at, before.compared_at),
        compare_from=now.compare_from,
        refill=ColumnsToFill(properties) if properties else None,
        whole_at=earlier(now.whole_at, before.whole_at),
        behind=behind,
    )
