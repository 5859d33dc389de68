"""The plan of a run of an item stream, whose items HubSpot counts nowhere, or of a view stream.

Parents are listed as the run does, and the first page shows whether there are more. Of a stream
that is read whole every time, the last run shows how much there is; else the number stays open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from hubspot_ingest import times
from hubspot_ingest.catalog.stream import ItemStream, ViewStream
from hubspot_ingest.database.columns import Column, property_columns
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.runs import Runs
from hubspot_ingest.database.statements.merge_items import RAW
from hubspot_ingest.hubspot import requests
from hubspot_ingest.hubspot.client import EndpointUsage
from hubspot_ingest.hubspot.requests import Bucket
from hubspot_ingest.inbound.items import item_requests, partitions, rows, view_streams
from hubspot_ingest.inbound.items.extraction import SIDE_BY_SIDE
from hubspot_ingest.inbound.items.window import ItemWindow, item_window
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.load.table_views import TableViews
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.inbound.preview.estimate import Part, Step
from hubspot_ingest.inbound.preview.report import Planned, Prospect


@dataclass(frozen=True, slots=True)
class _Estimate:
    """The requests to send, and how many items those bring, as far as it can be known."""

    parts: list[Part]
    rows: int | None
    at_least: bool
    why: str


def view_plan(prospect: Prospect, stream: ViewStream) -> Planned:
    """What a run of a view stream would do."""
    table = Table(*prospect.settings.place)
    sources, ddl = view_streams.planned(prospect.context.database, stream, table)
    why = f"it is a view over {', '.join(sources)}: nothing is asked of HubSpot"
    return _planned(prospect, stream, _Estimate([], 0, False, why), ddl, [], None)


def items_plan(prospect: Prospect, stream: ItemStream, state: SyncState) -> Planned:
    """What a run of an item stream would do. Raises ``ScopeMissing`` where it would be skipped."""
    window = item_window(stream, state, prospect.now)
    estimate = _estimate(prospect, stream, window)
    ddl, columns = _table(prospect, stream, state, reads=estimate.rows != 0)
    return _planned(prospect, stream, estimate, ddl, columns, window.plan)


def _planned(
    prospect: Prospect,
    stream: ItemStream | ViewStream,
    estimate: _Estimate,
    ddl: list[str],
    columns: list[Column],
    plan_hash: str | None,
) -> Planned:
    parts = [*prospect.beginning(), *estimate.parts]
    parts += prospect.end(parts)
    return Planned(
        sync=prospect.name,
        stream=stream.name,
        strategy=str(stream.reader),
        why=estimate.why,
        settings=prospect.settings,
        filter_groups=(),
        parts=parts,
        rows=estimate.rows,
        ddl=ddl,
        columns=[(column, "") for column in columns],
        scopes_missing=(),
        plan_hash=plan_hash,
        limits=prospect.limits(),
        pace=prospect.pace(parts),
        usage=prospect.client.governor.usage,
        work=prospect.work(parts, estimate.rows),
        at_least=estimate.at_least,
    )


def _estimate(prospect: Prospect, stream: ItemStream, window: ItemWindow) -> _Estimate:
    fetch, since, behind = prospect.client.fetch, window.since, window.behind
    before = _counts(prospect)
    parents = partitions.parents(
        fetch,
        stream,
        event_types=stream.event_types or prospect.settings.event_types,
        since=window.changed_since,
        behind=behind,
    )
    listed = _counts(prospect) - before
    to_read = partitions.split(stream, parents, since=since, until=prospect.now, behind=behind)
    endpoints = Counter(item_requests.request(stream, partition).endpoint for partition in to_read)
    steps: list[Part] = [tuple(_step(endpoint, n, 1) for endpoint, n in listed.items())]
    steps.append(tuple(_step(endpoint, n, SIDE_BY_SIDE) for endpoint, n in endpoints.items()))
    if not to_read:
        return _Estimate(steps, 0, False, "nothing changed in what it is read for")
    why = f"items are read by {stream.reader}"
    if since is not None:
        why += f", those since {times.iso(since)}"
    page = next(partitions.pages(fetch, stream, to_read[0]))
    if page.token is None and len(to_read) == 1 and not stream.newest_by:
        return _Estimate(steps, len(page.items), False, f"{why}, and one page has them all")
    if not stream.dated:
        last = Runs(prospect.context.database).last_run(prospect.name, window.plan)
        if last is not None:
            # requests about the account were not sent for the stream
            step: Part = tuple(
                _step(endpoint, n, SIDE_BY_SIDE)
                for endpoint, n in last[1].items()
                if not endpoint.startswith(requests.ACCOUNT)
            )
            return _Estimate([step], last[0], False, f"{why}, as many as the last run found")
    return _Estimate(
        steps, None, True, f"{why}; HubSpot does not tell how many there are before they are read"
    )


def _counts(prospect: Prospect) -> Counter[str]:
    """Requests sent so far, by endpoint."""
    spent: Mapping[str, EndpointUsage] = prospect.client.tally.endpoints
    return Counter({endpoint: cost.count for endpoint, cost in spent.items()})


def _step(endpoint: str, count: int, at_once: int) -> Step:
    return Step(endpoint, Bucket.BURST, count, at_once)


def _table(
    prospect: Prospect, stream: ItemStream, state: SyncState, *, reads: bool
) -> tuple[list[str], list[Column]]:
    """The DDL and the new columns, as far as they can be known.

    Columns of flattened properties come as the properties turn up.
    """
    database = prospect.context.database
    existing_table = state.existing_table
    views = TableViews(database, prospect.name, prospect.settings, stream, state.settled_through)
    if not reads:
        return views.statements(existing_table, loaded=False) if existing_table.types else [], []
    remembered = state.remembered if stream.flattened else ()
    flattened = property_columns(
        [prop for prop, _ in remembered],
        prospect.settings.column_prefix,
        taken=[column.name for column in (*stream.columns, RAW)],
        column_names={prop.name: column for prop, column in remembered if column},
        existing=existing_table.types,
    )
    tables = rows.item_tables(stream, state.table, flattened)
    ddl = destination.ddl(database, tables, existing_table, granted=state.granted_tables)
    ddl += views.statements(existing_table.grown(tables), loaded=True)
    return ddl, [column for column in tables.columns if column.name not in existing_table.types]
