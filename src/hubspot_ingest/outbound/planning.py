"""Plans a push: finds what changed, looks for its records, and stores what would be done, by wave.

A plan writes nothing to HubSpot. A run does what its plan says, row by row; a hash tells two plans
apart. Memory holds two waves, however many rows changed. Rows are planned as soon as their records
are there: nothing is sent before the last of them is planned.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from hubspot_ingest.database.connection import Database, Row, variant
from hubspot_ingest.database.state.push_ledger import Ledger
from hubspot_ingest.database.state.push_plan_rows import PlanRows
from hubspot_ingest.database.statements import push_diff
from hubspot_ingest.errors import finishing
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.write_responses import WrittenRecord
from hubspot_ingest.outbound.link_plans import LinkPlans
from hubspot_ingest.outbound.lookups import RecordLookup, batches_of
from hubspot_ingest.outbound.mapping import EMAIL, column_kind
from hubspot_ingest.outbound.opening import OpenPush, source_table
from hubspot_ingest.outbound.record_owners import RecordOwners
from hubspot_ingest.outbound.row_json import row_as_json, row_identity
from hubspot_ingest.outbound.row_plans import RowPlanner, lookup_value
from hubspot_ingest.outbound.rows import Action, LedgerRow, PlannedRow, SourceRow
from hubspot_ingest.outbound.values import RowFault

# Rows that are planned, and sent, together: 50 batches. Their state is written at once.
WAVE = 5_000
# The first wave is smaller, so that HubSpot is asked sooner.
FIRST_WAVE = 2_000
# Rows of a wave whose records are looked for together, and parts that are looked for at once.
PART = 1_000
PARTS_AT_ONCE = 2
SENT_STATES = ("SYNCED", "KEPT")
SENT_ACTIONS = tuple(str(action) for action in Action if action.is_sent)
OTHER_ACTIONS = tuple(str(action) for action in Action if not action.is_sent)


@dataclass
class PlanSummary:
    """What a plan comes to.

    ``sent_rows`` were sent before; ``changed_sent_rows`` of them would change. ``found`` are rows
    that were never sent and have a record already. ``target_reads`` find the records to link to,
    ``link_requests`` read and change associations.
    """

    rows_source: int = 0
    rows_changed: int = 0
    sent_rows: int = 0
    changed_sent_rows: int = 0
    found: int = 0
    target_reads: int = 0
    link_requests: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    """Rows that are not sent, by the code of the reason."""

    hash: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows a plan is about.

    ``keys`` are those that count alone, None for all; ``retry_all`` looks at every refused row
    again.
    """

    keys: tuple[str, ...] | None = None
    retry_all: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows that are looked for together: those at fault, and of the others what they ask for."""

    rows: Sequence[SourceRow]
    invalid: Mapping[int, PlannedRow]
    wishes: Mapping[int, Mapping[str, str | None]]
    records: Future[dict[int, WrittenRecord]]


class PushPlanner:
    """Plans one push; its lease is held meanwhile."""

    def __init__(
        self,
        opened: OpenPush,
        database: Database,
        fetch: Fetch,
        pool: Executor,
        *,
        heartbeat: Callable[[], None],
    ) -> None:
        """``heartbeat`` is called after each wave, and may raise."""
        self._opened = opened
        self._database = database
        self._mapping = opened.mapping
        self._settings = opened.settings
        self._definitions = {prop.name: prop for prop in opened.properties}
        self._lookup = RecordLookup(fetch, opened.mapping, self._definitions, pool)
        self._ledger = Ledger(database, opened.name)
        self._plan_rows = PlanRows(database, opened.name)
        self._tables = push_diff.diff_tables(
            database.application, opened.name, source_table(opened.settings.source)
        )
        self._link_plans = LinkPlans(opened, database, fetch, pool)
        self._heartbeat = heartbeat
        self._owners = RecordOwners(self._ledger, self._gone_keys)

    def plan(self, scope: Scope, now: int, *, forgets: bool = False) -> PlanSummary:
        """Make the plan and store its rows in place of those of the plan before.

        ``forgets``: also forget rows that were refused, have no record and are gone from the
        source, so that nobody is to look at them any more; none while the source is empty.
        """
        self._rows = RowPlanner(self._mapping, self._definitions, now)
        self.drop_tables()
        with finishing(self.drop_tables):
            summary = self._plan(scope, now)
            if forgets and summary.rows_source:
                statement = push_diff.forget_refused(self._tables)
                self._database.rows(statement, (self._opened.name,))
            return summary

    def drop_tables(self) -> None:
        """Drop the snapshot and the list of changes, of this plan or of one that was killed."""
        for statement in push_diff.drop_tables(self._tables):
            self._database.rows(statement)

    def _plan(self, scope: Scope, now: int) -> PlanSummary:
        summary = self._find_changes(scope, now)
        self._plan_rows.clear()
        digest = hashlib.sha256(self._mapping.fingerprint.encode())
        reading = ThreadPoolExecutor(PARTS_AT_ONCE)
        # what is not begun when an error ends the plan is not read any more
        with finishing(lambda: reading.shutdown(cancel_futures=True)):
            for parts in self._looked_up(summary.rows_changed, reading):
                self._plan_parts(parts, summary, digest.update)
                self._heartbeat()
        costs = self._link_plans.costs
        summary.link_requests, summary.target_reads = costs.requests, costs.target_reads
        summary.hash = digest.hexdigest()[:16]
        self._plan_rows.finish(summary.hash)
        return summary

    def _plan_parts(
        self, parts: Sequence[_Part], summary: PlanSummary, digest: Callable[[bytes], None]
    ) -> None:
        rows = [row for part in parts for row in part.rows]
        planned = self._planned(rows, parts)
        sent_before = {
            row.n for row in rows if row.ledger is not None and row.ledger.state in SENT_STATES
        }
        for row in planned:
            summary.actions[row.action] += 1
            if row.code is not None and row.action in (Action.INVALID, Action.SKIPPED):
                summary.codes[row.code] += 1
            if row.n in sent_before:
                links = row.action is Action.LINK and not row.retries_links
                changes = row.action.is_sent or links
                summary.changed_sent_rows += changes
            elif row.record_id is not None and row.action is not Action.INVALID:
                summary.found += 1
            digest(json.dumps(row_identity(row)).encode())
        self._plan_rows.add(map(row_as_json, planned))

    def _find_changes(self, scope: Scope, now: int) -> PlanSummary:
        mapping, settings = self._mapping, self._settings
        kinds = self._opened.source_types
        self._database.rows(
            push_diff.snapshot(
                self._tables,
                [(column, str(column_kind(kinds[column]))) for column in settings.key],
                [(column.name, str(column.kind)) for column in mapping.columns],
                mapping.fingerprint,
                match=mapping.match_place,
                lower=mapping.match == EMAIL,
            )
        )
        if scope.keys is not None:
            self._database.rows(push_diff.make_keys(self._tables))
            for keys in batches_of(scope.keys, WAVE):
                self._database.rows(push_diff.add_keys(self._tables), (json.dumps(keys),))
        self._database.rows(
            push_diff.changes(
                self._tables,
                self._opened.name,
                len(mapping.columns),
                definitions=mapping.definitions,
                now=now,
                retry_all=scope.retry_all,
                retry=settings.retry_rejected,
                removed=settings.removed_rows != "nothing",
                of_keys=scope.keys is not None,
            )
        )
        [counts] = self._database.rows(*push_diff.counts(self._tables, self._opened.name))
        return PlanSummary(
            int(counts["SOURCE_ROWS"]), int(counts["CHANGES"]), int(counts["SENT_ROWS"])
        )

    def _waves(self, changes: int) -> Iterator[list[SourceRow]]:
        after, size = 0, FIRST_WAVE
        while after < changes:
            rows = self._database.rows(push_diff.wave(self._tables), (after, after + size))
            yield [self._source_row(row) for row in rows]
            after, size = after + size, WAVE

    def _source_row(self, row: Row) -> SourceRow:
        ledger = None
        if row["STATE"] is not None:
            ledger = LedgerRow(
                row["STATE"],
                row["RECORD_ID"],
                variant(row["SENT"]) or {},
                variant(row["ALTERED"]) or {},
            )
        return SourceRow(
            int(row["N"]),
            row["KIND"] == "GONE",
            row["ROW_KEY"],
            row["HASH"],
            tuple(row[f"C{place}"] for place in range(len(self._mapping.columns))),
            int(row["COPIES"]),
            int(row["TWINS"]),
            ledger,
        )

    def _looked_up(self, changes: int, reading: Executor) -> Iterator[Sequence[_Part]]:
        """What changed; while a wave is planned and stored, the records of the next one are read.

        Parts whose records are there come together, as each step takes statements.
        """
        ahead: list[_Part] = []
        for rows in self._waves(changes):
            parts = [self._part(part, reading) for part in batches_of(rows, PART)]
            yield from _as_they_come(ahead)
            ahead = parts
        yield from _as_they_come(ahead)

    def _part(self, rows: Sequence[SourceRow], reading: Executor) -> _Part:
        """Rows, checked, whose records are being read by ``reading``."""
        invalid: dict[int, PlannedRow] = {}
        wishes: dict[int, Mapping[str, str | None]] = {}
        for row in rows:
            try:
                wishes[row.n] = {} if row.is_gone else self._rows.check(row)
            except RowFault as fault:
                invalid[row.n] = self._rows.invalid(row, fault)
        sound = [row for row in rows if row.n in wishes]
        records = (
            reading.submit(self._records, sound)
            if self._reads
            else reading.submit(self._as_in_ledger, sound)
        )
        return _Part(rows, invalid, wishes, records)

    def _planned(self, rows: Sequence[SourceRow], parts: Sequence[_Part]) -> list[PlannedRow]:
        """What is done for the rows of some parts, in their order."""
        planned: dict[int, PlannedRow] = {}
        wishes: dict[int, Mapping[str, str | None]] = {}
        records: dict[int, WrittenRecord] = {}
        for part in parts:
            planned.update(part.invalid)
            wishes.update(part.wishes)
            records.update(part.records.result())
        sound = [row for row in rows if row.n in wishes]
        values = {
            row.n: lookup_value(self._mapping, self._definitions, row)
            for row in sound
            if not row.is_gone
        }
        records.update(self._survivors(sound, records, values))
        others = self._owners.others(sound, records, values)
        for row in sound:
            if row.n in others:
                record = records.get(row.n)
                planned[row.n] = self._rows.not_theirs(row, record, others[row.n])
            else:
                planned[row.n] = self._rows.plan(row, wishes[row.n], records.get(row.n))
        if self._mapping.links:
            self._link_plans.add_links(rows, planned)
        return [planned[row.n] for row in rows]

    def _survivors(
        self,
        rows: Sequence[SourceRow],
        records: Mapping[int, WrittenRecord],
        values: Mapping[int, str],
    ) -> dict[int, WrittenRecord]:
        """The records of rows whose ids were merged away, by number."""
        if not (self._reads and self._mapping.by_record_id):
            return {}
        missing = [row for row in rows if row.n in values and row.n not in records]
        missing = [row for row in missing if not self._is_settled(row)]
        ids = self._unasked(values, missing)
        by_id = self._lookup.survivors(ids.values())
        return {n: by_id[id] for n, id in ids.items() if id in by_id}

    def _unasked(self, values: Mapping[int, str], rows: Sequence[SourceRow]) -> dict[int, str]:
        """By what rows are looked for, by number; without what the ledger's id was in vain."""
        by_id = self._mapping.by_record_id
        return {
            row.n: values[row.n]
            for row in rows
            if not (by_id and row.ledger is not None and row.ledger.record_id == values[row.n])
        }

    @property
    def _reads(self) -> bool:
        return self._settings.read_before_write

    def _as_in_ledger(self, rows: Sequence[SourceRow]) -> dict[int, WrittenRecord]:
        """Records as the ledger says they are, where nobody looks."""
        records: dict[int, WrittenRecord] = {}
        for row in rows:
            if row.ledger is not None and row.ledger.record_id is not None:
                records[row.n] = WrittenRecord(row.ledger.record_id, row.ledger.sent, None)
            elif self._mapping.by_record_id and not row.is_gone:
                id = lookup_value(self._mapping, self._definitions, row)
                records[row.n] = WrittenRecord(id, {}, None)
        return records

    def _records(self, rows: Sequence[SourceRow]) -> dict[int, WrittenRecord]:
        """The records of some rows, by number: by the ledger's id, else by the match."""
        records: dict[int, WrittenRecord] = {}
        ids = {
            row.n: row.ledger.record_id
            for row in rows
            if row.ledger is not None
            and row.ledger.record_id is not None
            and not self._is_settled(row)
        }
        by_id = self._lookup.by_id(ids.values())
        for row in rows:
            record_id = ids.get(row.n)
            if record_id in by_id:
                records[row.n] = by_id[record_id]
        left = [
            row
            for row in rows
            if row.n not in records and not row.is_gone and not self._is_settled(row)
        ]
        values = self._unasked(
            {row.n: lookup_value(self._mapping, self._definitions, row) for row in left}, left
        )
        by_value = self._lookup.by_property(self._mapping.match, values.values())
        records |= {n: by_value[value] for n, value in values.items() if value in by_value}
        for row in rows:
            if self._is_settled(row) and row.ledger is not None and row.ledger.record_id:
                records[row.n] = WrittenRecord(row.ledger.record_id, {}, None)
        return records

    def _is_settled(self, row: SourceRow) -> bool:
        """Whether a row was created, and nothing of it is ever changed."""
        ledger = row.ledger
        return (
            self._settings.strategy == "create"
            and not row.is_gone
            and ledger is not None
            and ledger.state in SENT_STATES
        )

    def _gone_keys(self, keys: Collection[str]) -> set[str]:
        """Those of some keys that are gone from the source."""
        statement = push_diff.gone_keys(self._tables)
        rows = self._database.rows(statement, (json.dumps(sorted(keys)),))
        return {str(row["ROW_KEY"]) for row in rows}


def _as_they_come(parts: Sequence[_Part]) -> Iterator[Sequence[_Part]]:
    """Parts in their order, as many together as are read; waits for the first that is not."""
    while parts:
        wait([parts[0].records])
        open_part = (n for n, part in enumerate(parts) if not part.records.done())
        count = next(open_part, len(parts))
        yield parts[:count]
        parts = parts[count:]
