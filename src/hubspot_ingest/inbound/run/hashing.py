"""Hashes what a sync's tables hold, where a backfill is the first under settings that hash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from hubspot_ingest.database.state.page_archive import PageArchive
from hubspot_ingest.inbound.load import stored_values
from hubspot_ingest.inbound.load.table_loader import TableLoader
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.inbound.plan.plan import hashed_names
from hubspot_ingest.inbound.run.started_extraction import StartedExtraction
from hubspot_ingest.model import Property
from hubspot_ingest.operations.context import Context


def hash_tables(
    loader: TableLoader,
    state: SyncState,
    started: StartedExtraction,
    context: Context,
    notes: list[str],
    check_time: Callable[[], None],
) -> Iterator[None]:
    """Hash values that can be read, before a backfill brings in any row, and forget kept pages.

    What is hashed already stays, so that it may be done again where a run was killed. The pages go
    first: a run that finds nothing to hash takes them for hashed. Raises what ``check_time`` raises
    once the run is to end; the next one goes on.
    """
    hasher, types = started.plan.hasher, state.existing_table.types
    is_backfill = state.settled_through is None and state.checkpoint is None
    if not (state.settings.hash and is_backfill):
        return
    # those too that HubSpot does not have any more, of which a column is left
    former = [
        Property(name.removeprefix(prefix).lower(), "string")
        for prefix in {state.settings.column_prefix, stored_values.USUAL_PREFIX}
        for name in types
        if name.startswith(prefix)
    ]
    hasher = replace(
        hasher,
        names=hasher.names | hashed_names(state.settings, [*state.properties, *former]),
    )
    columns = (
        stored_values.held_columns(started.plan, state.settings, types, hasher.names)
        if types
        else None
    )
    rows = 0
    hashing = (loader, started.plan, hasher, columns, state.settings.hash)
    for changed in stored_values.hash_stored_values(*hashing):
        if changed and not rows:
            PageArchive(context.database).forget(state.name)
        rows += changed
        loader.heartbeat()
        check_time()
        yield
    if rows:
        notes.append(
            f"{rows} rows held values that are hashed now; what runs kept before is deleted"
        )
