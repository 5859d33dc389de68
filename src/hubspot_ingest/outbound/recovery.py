"""Settles what a run that was killed left open: rows that were sent and never acknowledged.

Each of them is read back before anything is sent again, by its record id or its external id. What
HubSpot holds as it was to be is done; of the rest the next plan decides afresh.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hubspot_ingest.database.state.push_ledger import Ledger
from hubspot_ingest.hubspot import requests, write_responses
from hubspot_ingest.hubspot.write_responses import WrittenRecord
from hubspot_ingest.outbound import outcomes
from hubspot_ingest.outbound.keyless_creates import as_planned, settle_keyless
from hubspot_ingest.outbound.lookups import RecordLookup, batches_of
from hubspot_ingest.outbound.outcomes import RowOutcome
from hubspot_ingest.outbound.planning import WAVE
from hubspot_ingest.outbound.row_json import row_from_json
from hubspot_ingest.outbound.row_plans import LIFECYCLE
from hubspot_ingest.outbound.rows import Action, PlannedRow
from hubspot_ingest.outbound.waves import WaveEngine


def recover(engine: WaveEngine) -> int:
    """Settle the open intents and the rows of unknown outcome; how many there were."""
    ledger = engine.ledger
    count = 0
    while stored := ledger.open_intents(WAVE):
        # those of one run at a time: outcomes belong to the run that sent
        run_id = str(stored[0]["RUN_ID"])
        rows = [row_from_json(row) for row in stored if row["RUN_ID"] == run_id]
        settled = _looked_up(engine, rows, run_id)
        engine.store(settled, run_id=run_id)
        ledger.close_intents(run_id, [str(row.key) for row in rows])
        count += len(rows)
        engine.heartbeat()
    engine.progress.outcomes.clear()
    return count + _recover_unknown(engine, ledger)


def _looked_up(engine: WaveEngine, rows: Sequence[PlannedRow], run_id: str) -> list[RowOutcome]:
    """The outcomes of rows that are in HubSpot as they were to be, or of which none can tell."""
    mapping, definitions = engine.mapping, engine.definitions
    lookup = RecordLookup(engine.sender.fetch, mapping, definitions, engine.pool)
    updates = [row for row in rows if row.action in (Action.UPDATE, Action.CLEAR)]
    creates = [row for row in rows if row.action is Action.CREATE]
    settled: list[RowOutcome] = []
    by_id = lookup.by_id(str(row.record_id) for row in updates)
    for row in updates:
        record = by_id.get(str(row.record_id))
        if record is not None and outcomes.holds(definitions, row.payload, record):
            settled.append(outcomes.written(row, record, definitions, f"{run_id}-{row.n}"))
    settled += _archived(engine, [row for row in rows if row.action is Action.ARCHIVE])
    halfway = [row for row in updates if _is_halfway(row, by_id.get(str(row.record_id)))]
    settled += _finished(engine, halfway, by_id, run_id)
    # by what was sent: since then another property may hold the keys
    for name in (mapping.external_id, mapping.match):
        values = {row.n: row.payload[name] for row in creates if name and row.payload.get(name)}
        by_value = lookup.by_property(str(name), values.values()) if values else {}
        for row in creates:
            record = by_value.get(values.get(row.n, ""))
            if record is not None:
                outcome = outcomes.adopted(row, record, definitions, f"{run_id}-{row.n}")
                if outcome.existing_id is None:
                    settled.append(outcome)
        creates = [row for row in creates if row.n not in values]
    lost = "the run was killed while it was sent, and nothing unique was sent to look it up by"
    return [*settled, *(outcomes.unknown(row, lost) for row in creates)]


def _archived(engine: WaveEngine, rows: Sequence[PlannedRow]) -> list[RowOutcome]:
    """The outcomes of rows whose record is in the recycle bin; a plan decides about the others."""
    settled: list[RowOutcome] = []
    for batch in batches_of(rows):
        ids = [str(row.record_id) for row in batch]
        request = requests.batch_read(engine.mapping.object_type, ids, (), archived=True)
        answer = engine.sender.fetch(request, write_responses.batch_answer)
        gone = {record.id for record in answer.records}
        settled += [outcomes.archived(row) for row in batch if row.record_id in gone]
    return settled


def _finished(
    engine: WaveEngine,
    rows: Sequence[PlannedRow],
    records: Mapping[str, WrittenRecord],
    run_id: str,
) -> list[RowOutcome]:
    """The outcomes of rows whose stage was cleared, once it is set: nothing else of them is sent.

    The plan that cleared it had been let through; that of this run, which may be held, decides
    about what else differs.
    """
    by_n = {row.n: row for row in rows}
    parts = [replace(row, payload={LIFECYCLE: row.payload[LIFECYCLE]}) for row in rows]
    settled: list[RowOutcome] = []
    for batch in batches_of(parts):
        for outcome in engine.sender.send(Action.UPDATE, batch):
            row = by_n[outcome.row.n]
            record = records[str(row.record_id)]
            rest = {name: value for name, value in row.payload.items() if name != LIFECYCLE}
            if outcome.wrote and outcomes.holds(engine.definitions, rest, record):
                stage = outcome.changed[LIFECYCLE][-1]
                whole = replace(
                    record,
                    properties={**record.properties, LIFECYCLE: stage},
                    modified_at=outcome.modified_at,
                )
                trace_id = f"{run_id}-{row.n}"
                settled.append(outcomes.written(row, whole, engine.definitions, trace_id))
            else:
                settled.append(replace(outcome, hash=None))
    return settled


def _is_halfway(row: PlannedRow, record: WrittenRecord | None) -> bool:
    """Whether a row's stage was cleared so that it can go back, and not set again."""
    if record is None or record.properties.get(LIFECYCLE):
        return False
    return bool(row.payload.get(LIFECYCLE) and row.before.get(LIFECYCLE))


def _recover_unknown(engine: WaveEngine, ledger: Ledger) -> int:
    """Settle rows that can be looked up; what is not found, or differs, the next plan decides.

    A row may be gone from the source by now: no plan would look for its record.
    """
    if engine.mapping.key_property is None:
        # what was updated is looked at by its id
        return ledger.forget_unknown(of_records=True) + settle_keyless(engine)
    run_id = engine.sender.run_id
    unknown = ledger.unknown_creates(engine.clock.now(), WAVE)
    settled = _looked_up(engine, [as_planned(row, n) for n, row in enumerate(unknown)], run_id)
    engine.store(settled, run_id=run_id)
    return len(settled) + ledger.forget_unknown()
