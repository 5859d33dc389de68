"""Finds records of which nothing unique was sent, by when they were made and what they hold.

The last resort after a lost answer: HubSpot's search shows a new record only after a while, and
cannot tell two equal ones apart. What is still in doubt then is left to a person.
"""

from __future__ import annotations

from dataclasses import dataclass

from hubspot_ingest.database.state.push_ledger import UnknownCreate
from hubspot_ingest.hubspot import requests, write_responses
from hubspot_ingest.hubspot.write_responses import WrittenRecord
from hubspot_ingest.model import Json
from hubspot_ingest.outbound import outcomes
from hubspot_ingest.outbound.outcomes import RowOutcome
from hubspot_ingest.outbound.rows import Action, PlannedRow
from hubspot_ingest.outbound.waves import WaveEngine
from hubspot_ingest.times import MINUTE

# Until then the search may not know of a record (RudderStack's live tests wait for five hits in a
# row and 8 s more).
SETTLED_AFTER = 15 * MINUTE
# How much HubSpot's clock may differ from ours.
SKEW = MINUTE
# Values that a search asks for, and how long they may be: the others are compared afterwards.
MOST_VALUES, LONGEST_VALUE = 3, 200
TOGETHER = 1_000


@dataclass(frozen=True, slots=True)
class _Search:
    """What HubSpot has of one row: the records that may be it."""

    row: UnknownCreate
    records: tuple[WrittenRecord, ...]


def settle_keyless(engine: WaveEngine) -> int:
    """Settle rows whose create nobody answered, where it is told by now; how many.

    A row with one record is that record, one with none is sent again by the next plan.
    """
    ledger, now = engine.ledger, engine.clock.now()
    rows = ledger.unknown_creates(now - SETTLED_AFTER, TOGETHER)
    searches = [_Search(row, _candidates(engine, row)) for row in rows]
    owners = ledger.owners([record.id for search in searches for record in search.records])
    wanted_by: dict[str, int] = {}
    for search in searches:
        for record in search.records:
            wanted_by[record.id] = wanted_by.get(record.id, 0) + 1
    settled: list[RowOutcome] = []
    missing: list[str] = []
    for search in searches:
        free = [record for record in search.records if record.id not in owners]
        if not free:
            missing.append(search.row.key)
        elif len(free) == 1 and wanted_by[free[0].id] == 1:
            row = PlannedRow(
                0,
                search.row.key,
                Action.CREATE,
                payload=search.row.sent,
                sent=search.row.sent,
                hash=search.row.hash,
            )
            settled.append(outcomes.written(row, free[0], engine.definitions))
    engine.store(settled, run_id=engine.sender.run_id)
    if missing:
        ledger.forget_unknown(missing)
    return len(settled) + len(missing)


def _candidates(engine: WaveEngine, row: UnknownCreate) -> tuple[WrittenRecord, ...]:
    """The records that were made while the row's run was under way, with the row's values."""
    mapping = engine.mapping
    created = next(name for name in ("hs_createdate", "createdate") if name in engine.definitions)
    filters: list[Json] = [
        {
            "propertyName": created,
            "operator": "BETWEEN",
            "value": str(row.sent_from - SKEW),
            "highValue": str(row.sent_until + SKEW),
        }
    ]
    short = sorted(
        (
            (name, value)
            for name, value in row.sent.items()
            if 0 < len(value) <= LONGEST_VALUE and engine.definitions[name].type == "string"
        ),
        key=lambda pair: -len(pair[1]),
    )
    filters += [
        {"propertyName": name, "operator": "EQ", "value": value}
        for name, value in short[:MOST_VALUES]
    ]
    request = requests.search_page(mapping.object_type, [{"filters": filters}], mapping.read)
    answer = engine.sender.fetch(request, write_responses.batch_answer)
    return tuple(
        record for record in answer.records if outcomes.holds(engine.definitions, row.sent, record)
    )
