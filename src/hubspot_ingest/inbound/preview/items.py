"""The plan of a run of a stream of fixed columns, whose items HubSpot counts nowhere.

Parents are listed as the run does, and the first page tells whether there are more. Of what is read
whole every time the last run tells how much there is; else what cannot be known is not told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from hubspot_ingest import times
from hubspot_ingest.catalog.stream import Reader, Stream
from hubspot_ingest.database import columns as naming
from hubspot_ingest.database.columns import Column
from hubspot_ingest.database.state.properties import PortalSchema
from hubspot_ingest.database.state.runs import Runs
from hubspot_ingest.database.state.syncs import Sync
from hubspot_ingest.database.statements.merge_items import RAW
from hubspot_ingest.errors import ScopeMissing
from hubspot_ingest.hubspot import requests
from hubspot_ingest.hubspot.client import EndpointUsage
from hubspot_ingest.hubspot.requests import Bucket
from hubspot_ingest.inbound.items import item_requests, partitions, rows, view_streams
from hubspot_ingest.inbound.items.extraction import SIDE_BY_SIDE
from hubspot_ingest.inbound.items.run import explained
from hubspot_ingest.inbound.items.window import begin
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.load.destination import SchemaPresence
from hubspot_ingest.inbound.load.table_views import TableViews
from hubspot_ingest.inbound.preview.estimate import Part, Step
from hubspot_ingest.inbound.preview.report import Planned, Prospect


@dataclass(frozen=True, slots=True)
class _Found:
    """What is to be asked, and how many items that is, as far as it can be known."""

    parts: list[Part]
    rows: int | None
    at_least: bool
    why: str


def fixed_plan(looking: Prospect, stream: Stream, sync: Sync | None) -> Planned:
    """What a run would do. Raises ``ScopeMissing`` where it would be skipped."""
    table = destination.destination_table(looking.settings)
    begun = begin(
        looking.settings,
        stream,
        table,
        settled_through=None if sync is None else sync.settled_through,
        checkpoint=None if sync is None else sync.checkpoint,
        state={} if sync is None else sync.sweeps,
        now=looking.now,
    )
    if stream.reader is Reader.VIEW:
        made_of, ddl = view_streams.planned(looking.outside.database, stream, table)
        why = f"it is a view over {', '.join(made_of)}: nothing is asked of HubSpot"
        return _planned(looking, stream, _Found([], 0, False, why), ddl, [], None)
    try:
        found = _find(looking, stream, begun)
    except ScopeMissing as error:
        raise explained(stream, error) from error
    ddl, columns = _table(looking, stream, sync, reads=found.rows != 0)
    return _planned(looking, stream, found, ddl, columns, str(begun["plan"]))


def _planned(
    looking: Prospect,
    stream: Stream,
    found: _Found,
    ddl: list[str],
    columns: list[Column],
    plan_hash: str | None,
) -> Planned:
    parts = [*looking.beginning(), *found.parts]
    parts += looking.end(parts)
    return Planned(
        sync=looking.name,
        stream=stream.name,
        strategy=str(stream.reader),
        why=found.why,
        settings=looking.settings,
        filter_groups=(),
        parts=parts,
        rows=found.rows,
        ddl=ddl,
        columns=[(one, "") for one in columns],
        scopes_missing=(),
        plan_hash=plan_hash,
        limits=looking.limits(),
        pace=looking.pace(parts),
        usage=looking.client.governor.usage,
        at_least=found.at_least,
    )


def _find(looking: Prospect, stream: Stream, begun: Mapping[str, object]) -> _Found:
    fetch = looking.client.fetch
    since = begun["since"]
    assert since is None or isinstance(since, int)
    behind = begun["behind"]
    assert isinstance(behind, Mapping)
    before = _counts(looking)
    parents = partitions.parents(
        fetch,
        stream,
        event_types=stream.event_types or looking.settings.event_types,
        since=None if begun["whole"] else since,
        behind=behind,
    )
    listed = _counts(looking) - before
    wanted = partitions.pieces(stream, parents, since=since, until=looking.now, behind=behind)
    own = Counter(item_requests.request(stream, one).endpoint for one in wanted)
    parts: list[Part] = [tuple(_step(one, count, 1) for one, count in listed.items())]
    parts.append(tuple(_step(one, count, SIDE_BY_SIDE) for one, count in own.items()))
    if not wanted:
        return _Found(parts, 0, False, "nothing changed in what it is read for")
    why = f"items are read by {stream.reader}"
    if since is not None:
        why += f", those since {times.iso(since)}"
    page = next(partitions.pages(fetch, stream, wanted[0]))
    if page.token is None and len(wanted) == 1 and not stream.newest:
        return _Found(parts, len(page.items), False, f"{why}, and one page has them all")
    if not stream.dated:
        last = Runs(looking.outside.database).last_run(looking.name, str(begun["plan"]))
        if last is not None:
            # what was asked about the account was not asked for the stream
            own = Counter(
                {one: n for one, n in last[1].items() if not one.startswith(requests.ACCOUNT)}
            )
            told: Part = tuple(_step(one, count, SIDE_BY_SIDE) for one, count in own.items())
            return _Found([told], last[0], False, f"{why}, as many as the last run found")
    return _Found(
        parts, None, True, f"{why}; HubSpot does not tell how many there are before they are read"
    )


def _counts(looking: Prospect) -> Counter[str]:
    """Requests sent so far, by endpoint."""
    spent: Mapping[str, EndpointUsage] = looking.client.tally.endpoints
    return Counter({endpoint: one.count for endpoint, one in spent.items()})


def _step(endpoint: str, count: int, at_once: int) -> Step:
    return Step(endpoint, Bucket.BURST, count, at_once)


def _table(
    looking: Prospect, stream: Stream, sync: Sync | None, *, reads: bool
) -> tuple[list[str], list[Column]]:
    """The DDL as far as it can be known: columns of flattened properties come as they turn up."""
    database = looking.outside.database
    table = destination.destination_table(looking.settings)
    stands = destination.read_table(database, table)
    settled_through = None if sync is None else sync.settled_through
    fresh = TableViews(database, looking.name, looking.settings, stream, settled_through)
    if not reads:
        return fresh.statements(stands, loaded=False) if stands.types else [], []
    known = PortalSchema(database).properties(looking.name) if stream.flattened else ()
    flattened = naming.property_columns(
        [one for one, _ in known],
        looking.settings.column_prefix,
        taken=[one.name for one in (*stream.columns, RAW)],
        column_names={one.name: column for one, column in known if column},
        existing=stands.types,
    )
    wanted = rows.table_columns(stream, flattened)
    home = (
        SchemaPresence(True, True) if stands.types else destination.schema_presence(database, table)
    )
    comment = f"HubSpot {stream.label or stream.name}"
    ddl = destination.table_ddl(table, wanted, comment, stands, home)
    ddl += fresh.statements(stands.grown(wanted), loaded=True)
    return ddl, [one for one in wanted if one.name not in stands.types]
