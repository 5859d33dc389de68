"""Plans a push: finds what changed, looks for its records, and stores what would be done, by wave.

A plan writes nothing to HubSpot. A run does what its plan says, row by row; a hash tells two plans
apart. Memory holds two waves, however many rows changed.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
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
from hubspot_ingest.outbound.row_plans import RowPlanner, lookup_value
from hubspot_ingest.outbound.rows import Action, LedgerRow, LinkWish, PlannedRow, SourceRow
from hubspot_ingest.outbound.values import RowFault

# Rows that are planned, and sent, together: 50 batches. Their state is written at once.
WAVE = 5_000
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
class _LookedUp:
    """Rows that are planned together: those at fault, and of the others what they ask for."""

    rows: Sequence[SourceRow]
    planned: dict[int, PlannedRow]
    wishes: Mapping[int, Mapping[str, str | None]]
    sound: Sequence[SourceRow]
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

    def plan(self, scope: Scope, now: int) -> PlanSummary:
        """Make the plan and store its rows in place of those of the plan before."""
        self._rows = RowPlanner(self._mapping, self._definitions, now)
        self.drop_tables()
        with finishing(self.drop_tables):
            return self._plan(scope, now)

    def drop_tables(self) -> None:
        """Drop the snapshot and the list of changes, of this plan or of one that was killed."""
        for statement in push_diff.drop_tables(self._tables):
            self._database.rows(statement)

    def _plan(self, scope: Scope, now: int) -> PlanSummary:
        summary = self._find_changes(scope, now)
        self._plan_rows.clear()
        digest = hashlib.sha256(self._mapping.fingerprint.encode())
        with ThreadPoolExecutor(1) as reading:
            self._plan_waves(self._looked_up(summary.rows_changed, reading), summary, digest.update)
        summary.codes.pop("", None)
        costs = self._link_plans.costs
        summary.link_requests, summary.target_reads = costs.requests, costs.target_reads
        summary.hash = digest.hexdigest()[:16]
        self._plan_rows.finish(summary.hash)
        return summary

    def _plan_waves(
        self, waves: Iterator[_LookedUp], summary: PlanSummary, digest: Callable[[bytes], None]
    ) -> None:
        for wave in waves:
            rows, planned = wave.rows, self._planned(wave)
            sent_before = {
                row.n for row in rows if row.ledger is not None and row.ledger.state in SENT_STATES
            }
            for row in planned:
                summary.actions[row.action] += 1
                summary.codes[row.code or ""] += row.action is Action.INVALID
                if row.n in sent_before:
                    links = row.action is Action.LINK and not row.retries_links
                    changes = row.action.is_sent or links
                    summary.changed_sent_rows += changes
                elif row.record_id is not None and row.action is not Action.INVALID:
                    summary.found += 1
                digest(json.dumps(_identity(row)).encode())
            self._plan_rows.add(map(row_as_json, planned))
            self._heartbeat()

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
        for after in range(0, changes, WAVE):
            rows = self._database.rows(push_diff.wave(self._tables), (after, after + WAVE))
            yield [self._source_row(row) for row in rows]

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

    def _looked_up(self, changes: int, reading: Executor) -> Iterator[_LookedUp]:
        """The waves; while one is planned and stored, the records of the next one are read."""
        before: _LookedUp | None = None
        for rows in self._waves(changes):
            planned: dict[int, PlannedRow] = {}
            wishes: dict[int, Mapping[str, str | None]] = {}
            for row in rows:
                try:
                    wishes[row.n] = {} if row.is_gone else self._rows.check(row)
                except RowFault as fault:
                    planned[row.n] = self._rows.invalid(row, fault)
            sound = [row for row in rows if row.n in wishes]
            find = self._records if self._reads else self._as_in_ledger
            wave = _LookedUp(rows, planned, wishes, sound, reading.submit(find, sound))
            if before is not None:
                yield before
            before = wave
        if before is not None:
            yield before

    def _planned(self, wave: _LookedUp) -> list[PlannedRow]:
        """What is done for some rows, in their order."""
        rows, sound, planned = wave.rows, wave.sound, wave.planned
        records, wishes = wave.records.result(), wave.wishes
        values = {
            row.n: lookup_value(self._mapping, self._definitions, row)
            for row in sound
            if not row.is_gone
        }
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
        values = {row.n: lookup_value(self._mapping, self._definitions, row) for row in left}
        by_value = self._lookup.by_property(self._mapping.match, values.values())
        for row in left:
            if values[row.n] in by_value:
                records[row.n] = by_value[values[row.n]]
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


def _identity(row: PlannedRow) -> list[object]:
    """What two equal plans have in common for a row."""
    links = [wish.as_json() for wish in (*row.links_added, *row.links_removed)]
    return [row.key, row.action, row.record_id, row.changed, row.code, row.hash, links]


def row_as_json(row: PlannedRow) -> dict[str, object]:
    """A planned row as it is stored."""
    return {
        "n": row.n,
        "row_key": row.key,
        "record_id": row.record_id,
        "action": str(row.action),
        "changed": row.changed,
        "code": row.code,
        "message": row.message,
        "property": row.property_name,
        "payload": dict(row.payload),
        "before": dict(row.before),
        "sent": dict(row.sent),
        "altered": dict(row.altered),
        "source_hash": row.hash,
        "is_gone": row.is_gone,
        "links_added": [wish.as_json() for wish in row.links_added] or None,
        "links_removed": [wish.as_json() for wish in row.links_removed] or None,
        "links": [wish.as_json() for wish in row.links] if row.changes_links else None,
    }


def row_from_json(stored: Row) -> PlannedRow:
    """A planned row, or an intent, as it was stored."""
    return PlannedRow(
        int(stored["N"]),
        stored["ROW_KEY"],
        Action(stored["ACTION"]),
        record_id=stored["RECORD_ID"],
        payload=stored["PAYLOAD"],
        before=stored["BEFORE"],
        sent=stored["SENT"],
        altered=stored["ALTERED"],
        hash=stored["SOURCE_HASH"],
        code=stored.get("CODE"),
        message=stored.get("MESSAGE"),
        property_name=stored.get("PROPERTY"),
        is_gone=bool(stored["IS_GONE"]),
        links=_wishes(stored.get("LINKS")),
        links_added=_wishes(stored.get("LINKS_ADDED")),
        links_removed=_wishes(stored.get("LINKS_REMOVED")),
    )


def _wishes(stored: object) -> tuple[LinkWish, ...]:
    listed = variant(stored) or ()
    return tuple(map(LinkWish.from_json, listed))
