"""Runs the sweeps that are due after a run's main reading.

Sweeps find what no search shows: deletions, restored records, changes that do not move a record's
modified time. They run only when they are due, so that a run of a stream in which nothing happens
stays at one search. Each keeps its own place in ``SweepsState``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from hubspot_ingest.errors import HubSpotRefused, NotAnswered, ScopeMissing, UnexpectedAnswer
from hubspot_ingest.inbound.deletions.archived import sweep_archived
from hubspot_ingest.inbound.deletions.context import SweepContext
from hubspot_ingest.inbound.deletions.filtered_out import sweep_filtered_out
from hubspot_ingest.inbound.deletions.rotation import rotate
from hubspot_ingest.inbound.load.column_backfill import fill_columns
from hubspot_ingest.inbound.load.table_spec import record_tables
from hubspot_ingest.inbound.plan.due import Due


def reset_after_backfill(context: SweepContext) -> None:
    """Note that no sweep is due: a backfill just read everything from the primary store.

    What left the filter while it went on is looked for from where it began. The table is to be
    compared with HubSpot, by the next run if this one does not come to it.
    """
    context.save_state(
        archived_at=context.now,
        archived_place=None,
        filtered_at=context.plan.until,
        filtered_place=None,
        rotated_at=context.now,
        rotation=0,
        rotating=False,
        proof_from=None,
        rotated_on=context.plan.day,
        compare_from=context.now,
    )


def run_sweeps(context: SweepContext, due: Due) -> Iterator[None]:
    """Fill new columns and run the sweeps that are due; yields when other runs may go on."""
    yield from _fill_new_columns(context)
    if due.archived:
        yield from unless_refused(context, "archived", sweep_archived)
    if due.filtered:
        yield from unless_refused(context, "filtered", sweep_filtered_out)
    if due.rotation:
        yield from unless_refused(context, "rotation", rotate)


def unless_refused(
    context: SweepContext, sweep: str, steps: Callable[[SweepContext], Iterator[None]]
) -> Iterator[None]:
    """Run a sweep; where HubSpot refuses it the others go on, and a later run tries it again.

    What HubSpot does not answer the next run asks again, what it refuses a later one.
    """
    try:
        yield from steps(context)
    except NotAnswered as error:
        context.refused[sweep] = error
    except (HubSpotRefused, ScopeMissing, UnexpectedAnswer) as error:
        context.refused[sweep] = error
        context.save_state(**{f"{sweep}_refused_at": context.now})


def _fill_new_columns(context: SweepContext) -> Iterator[None]:
    """Fill the columns that an earlier run noted as new, from PROPERTIES."""
    refill = context.state.refill
    if refill is None or not context.has_table:
        return
    loader = context.loader
    columns = [
        column for column in context.plan.property_columns if column.property in refill.properties
    ]
    if columns:
        tables = record_tables(context.plan, loader.with_links)
        # where no record changed nothing was merged, and the columns were not added
        loader.tables.prepare(tables)
        for after, _ in fill_columns(loader.tables, tables, columns, refill.after):
            refill = replace(refill, after=after)
            context.save_state(refill=refill)
            loader.tables.heartbeat()
            yield
    context.save_state(refill=None)
