"""Finds records of which nothing unique was sent, by when they were made and what they hold.

The last resort after a lost answer: HubSpot's search shows a new record only after a while, and
cannot tell two equal ones apart. What is still in doubt then is left to a person.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

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
# A search shows no more records than these ("Search the CRM").
_FOUND_AT_MOST = 10_000
_SOURCE_ID = "hs_object_source_id"
# What records are that programs made.
_BY_API: Json = {"propertyName": "hs_object_source", "operator": "EQ", "value": "INTEGRATION"}


@dataclass(frozen=True, slots=True)
class _Search:
    """What HubSpot has of one row: the records that may be it."""

    row: UnknownCreate
    records: tuple[WrittenRecord, ...]


def settle_keyless(engine: WaveEngine) -> int:
    """Settle rows whose create nobody answered, where it is told by now; how many.

    A row with one record is that record. One with none is sent again by the next plan, unless a
    record is there that no row accounts for.
    """
    ledger, now = engine.ledger, engine.clock.now()
    rows = ledger.unknown_creates(now - SETTLED_AFTER, TOGETHER)
    searches = [_Search(row, _candidates(engine, row)) for row in rows]
    owners = ledger.owners([record.id for search in searches for record in search.records])
    wanted_by: dict[str, int] = {}
    for search in searches:
        for record in search.records:
            wanted_by[record.id] = wanted_by.get(record.id, 0) + 1
    doubts = _Doubts(engine, wanted_by.keys())
    settled: list[RowOutcome] = []
    missing: list[str] = []
    for search in searches:
        free = [record for record in search.records if record.id not in owners]
        if not free and not doubts.about(search.row):
            missing.append(search.row.key)
        elif len(free) == 1 and wanted_by[free[0].id] == 1:
            row = as_planned(search.row, 0)
            settled.append(outcomes.written(row, free[0], engine.definitions))
    engine.store(settled, run_id=engine.sender.run_id)
    if missing:
        ledger.forget_unknown(missing)
    return len(settled) + len(missing)


def as_planned(row: UnknownCreate, n: int) -> PlannedRow:
    """A row of unknown outcome as it was planned, with a number."""
    return PlannedRow(n, row.key, Action.CREATE, payload=row.sent, sent=row.sent, hash=row.hash)


@dataclass(slots=True)
class _Doubts:
    """Whether a row may be there with other values: HubSpot may store them as it likes.

    ``explained`` are the ids of records that other rows account for.
    """

    engine: WaveEngine
    explained: Collection[str]
    _by_window: dict[tuple[int, int], bool] = field(default_factory=dict)

    def about(self, row: UnknownCreate) -> bool:
        """Whether a record that our credential made then is that of no row."""
        window = row.sent_from, row.sent_until
        if window not in self._by_window:
            self._by_window[window] = self._any_stray(row)
        return self._by_window[window]

    def _any_stray(self, row: UnknownCreate) -> bool:
        # which source is ours is told by the records that are; where none is, it may be any
        ours: set[str] = set()
        strays: set[str] = set()
        for skip in range(0, _FOUND_AT_MOST, requests.SEARCH_LIMIT):
            request = requests.search_page(
                self.engine.mapping.object_type,
                [{"filters": [_window(self.engine, row), _BY_API]}],
                [_SOURCE_ID],
                skip=skip,
            )
            records = self.engine.sender.fetch(request, write_responses.batch_answer).records
            recorded = self.engine.ledger.recorded([record.id for record in records])
            for record in records:
                source = record.properties.get(_SOURCE_ID) or ""
                if record.id in recorded:
                    ours.add(source)
                elif record.id not in self.explained:
                    strays.add(source)
            if len(records) < requests.SEARCH_LIMIT:
                return bool(strays & ours if ours else strays)
        return True


def _window(engine: WaveEngine, row: UnknownCreate) -> Json:
    """The filter for what was made while the row's run was under way."""
    created = next(name for name in ("hs_createdate", "createdate") if name in engine.definitions)
    return {
        "propertyName": created,
        "operator": "BETWEEN",
        "value": str(row.sent_from - SKEW),
        "highValue": str(row.sent_until + SKEW),
    }


def _candidates(engine: WaveEngine, row: UnknownCreate) -> tuple[WrittenRecord, ...]:
    """The records that were made while the row's run was under way, with the row's values."""
    mapping = engine.mapping
    filters: list[Json] = [_window(engine, row)]
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
