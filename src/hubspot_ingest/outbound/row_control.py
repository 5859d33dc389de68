"""What people do about single rows: try, retry, skip and resolve them, or begin the ledger anew."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hubspot_ingest import times
from hubspot_ingest.database.state.audit_log import Changed
from hubspot_ingest.database.state.push_ledger import NOT_OURS, Ledger
from hubspot_ingest.database.state.push_plan_rows import PlanRows
from hubspot_ingest.database.state.push_store import Push, Pushes
from hubspot_ingest.database.state.runs import new_run_id
from hubspot_ingest.errors import Refusal
from hubspot_ingest.hubspot.write_responses import WrittenRecord
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context
from hubspot_ingest.outbound import opening, push_runner
from hubspot_ingest.outbound.lookups import is_archived, record_by_id
from hubspot_ingest.outbound.planning import WAVE, Scope
from hubspot_ingest.outbound.push_runner import PushRun
from hubspot_ingest.outbound.record_owners import MERGED_IDS, merged_ids
from hubspot_ingest.outbound.row_json import row_from_json
from hubspot_ingest.outbound.rows import Action

Answer = dict[str, Json]
# Later than any run.
FOR_EVER = times.LATEST
# As HubSpot spells them: other forms would not be found among those that the ledger has.
RECORD_ID = re.compile("[1-9][0-9]{0,19}")
PATIENCE = times.MINUTE
_OR_NONE = "or NULL where there is none"


def try_push(context: Context, name: str | None, keys: Json) -> Answer:
    """Run a push for these rows alone; nothing is removed."""
    return push_runner.push_to_hubspot(context, name, None, Scope(_keys(keys)))


def retry_push(context: Context, name: str | None, keys: Json) -> Answer:
    """Send refused and kept rows again, all or these; nothing else is sent."""
    chosen = None if keys is None else _keys(keys)
    run_id = new_run_id(context.clock.now())
    with push_runner.leased(context, name, run_id, asks_hubspot=False) as push:
        rows = Ledger(context.database, push.name).retry(chosen, context.clock.now())
    if not rows:
        return {"response_code": "OK", "message": f"{push.name} has no such rows to send again"}
    return push_runner.push_to_hubspot(context, push.name, None, Scope(tuple(rows)))


def skip_rows(context: Context, name: str | None, keys: Json, until: str | None) -> Answer:
    """Leave rows alone until a time, or for good."""
    push = opening.existing_push(Pushes(context.database), name)
    instant = FOR_EVER if until is None else times.milliseconds(until.strip())
    if instant is None:
        raise Refusal(f"{until!r} is not an ISO 8601 time, for example 2027-01-31T00:00:00Z")
    chosen = _keys(keys)
    Ledger(context.database, push.name).skip(chosen, instant)
    skipped: Json = {"rows": len(chosen), "until": until or "for good"}
    context.note_change(Changed.PUSH, push.name, None, skipped)
    end = "for good" if until is None else f"until {times.iso(instant)}"
    rows = "1 row is" if len(chosen) == 1 else f"{len(chosen)} rows are"
    return {"response_code": "OK", "message": f"{rows} left alone {end}"}


def resolve_row(
    context: Context, name: str | None, key: str | None, record_id: str | None
) -> Answer:
    """Settle a row of unknown outcome: it is this record, or none was made for it (NULL).

    HubSpot is asked for the record alone, and where there is none for nothing. Raises ``Refusal``
    for a row whose outcome is known, and for a record that is not there or is another row's;
    ``SyncBusy`` while a run goes on, which may settle rows itself; what ``Fetch`` raises.
    """
    row_key = str(key)
    if record_id is not None and not RECORD_ID.fullmatch(record_id):
        raise Refusal(f"{record_id!r} is no record id of HubSpot's; give digits, {_OR_NONE}")
    run_id = new_run_id(context.clock.now())
    with push_runner.leased(context, name, run_id, asks_hubspot=False) as push:
        ledger = Ledger(context.database, push.name)
        state = ledger.state_of(row_key)
        if state != "UNKNOWN":
            raise Refusal(
                f"the row {row_key!r} of {push.name} is {state or 'not there'}: only one whose "
                "outcome is UNKNOWN is to be settled"
            )
        found, then = None, "is created by the next run"
        if record_id is not None:
            record = _live_record(context, push, record_id)
            found, then = record.id, f"is the record {record.id} now"
            if found != record_id:
                then += f", into which {record_id} was merged"
            _check_free(ledger, push, row_key, record)
        ledger.resolve(row_key, found)
        # the row's key is for those who may read pushed rows
        context.note_change(Changed.PUSH, push.name, None, {"rows": 1, "record_id": found})
    return {"response_code": "OK", "message": f"the row {row_key} of {push.name} {then}"}


def _live_record(context: Context, push: Push, record_id: str) -> WrittenRecord:
    """The record that an id leads to. Raises ``Refusal`` where HubSpot has none, or archived it."""
    settings = opening.stored_settings(push)
    with context.client(settings.as_sync(), context.clock.now() + PATIENCE) as client:
        portal_id = opening.portal_id(context, client)
        opening.check_portal(push, settings.connection, portal_id)
        record = record_by_id(client.fetch, push.object_type, record_id, (MERGED_IDS,))
        if record is not None:
            return record
        if is_archived(client.fetch, push.object_type, record_id):
            raise Refusal(
                f"the record {record_id} among {settings.object} is archived in HubSpot; restore "
                f"it there first, or give the id of another one, {_OR_NONE}",
                code="UNKNOWN_RECORD",
            )
    raise Refusal(
        f"HubSpot has no record {record_id} among {settings.object}; give the id of one that is "
        f"there, {_OR_NONE}",
        code="UNKNOWN_RECORD",
    )


def _check_free(ledger: Ledger, push: Push, key: str, record: WrittenRecord) -> None:
    """Raises ``Refusal`` (``RECORD_TAKEN``) where another row has a record, or one merged there."""
    owners = ledger.owners([record.id, *merged_ids(record)])
    others = sorted({owner for keys in owners.values() for owner in keys} - {key})
    if others:
        raise Refusal(
            f"the record {record.id} is that of the row {others[0]!r} of {push.name} already, and "
            f"a record is that of one row; give the id of another one, {_OR_NONE}",
            code="RECORD_TAKEN",
        )


def reset_push(context: Context, name: str | None, mode: str | None) -> Answer:
    """Begin the ledger anew: ``forget`` it, or ``adopt`` what HubSpot holds; nothing is sent."""
    chosen = (mode or "").strip().lower()
    if chosen not in ("forget", "adopt"):
        raise Refusal(f"{mode!r} is no way to reset a push; use 'forget' or 'adopt'")
    if chosen == "adopt":
        return _adopt(context, name)
    run_id = new_run_id(context.clock.now())
    with push_runner.leased(context, name, run_id, asks_hubspot=False) as push:
        Ledger(context.database, push.name).forget()
        context.note_change(Changed.PUSH, push.name, None, {"mode": chosen})
    return {
        "response_code": "OK",
        "message": f"what {push.name} sent is forgotten; its next run looks for each row's record",
    }


def _adopt(context: Context, name: str | None) -> Answer:
    now = context.clock.now()
    with push_runner.opened_alone(context, name) as run:
        summary = run.planner.plan(Scope(None, retry_all=True), now)
        count = _take_over(run, summary.hash, now)
        context.note_change(Changed.PUSH, run.push.name, None, {"mode": "adopt", "rows": count})
    return {
        "response_code": "OK",
        "message": f"{count} rows are taken over with the records and values that HubSpot has; "
        "nothing was sent: see what a run would do with CALL "
        f"plan_push('{run.push.name}')",
        "rows_adopted": count,
    }


def _take_over(run: PushRun, plan_hash: str, now: int) -> int:
    """Write to the ledger what the plan found; rows that differ stay to be sent."""
    plan_rows = PlanRows(run.context.database, run.push.name)
    count, after = 0, 0
    actions = [str(action) for action in (Action.UNCHANGED, Action.UPDATE, Action.CLEAR)]
    while stored := plan_rows.page(plan_hash, actions, after, WAVE):
        rows = [row_from_json(row) for row in stored]
        after = rows[-1].n
        run.engine.ledger.settle(
            {
                "row_key": row.key,
                "record_id": row.record_id,
                "state": "SYNCED",
                "sent": _held(row.sent, row.payload, row.before),
                "altered": {**row.altered, **dict.fromkeys(row.payload, NOT_OURS)},
                "sent_hash": row.hash if row.action is Action.UNCHANGED else None,
                "run_id": run.run_id,
                "was_sent": False,
                "settled_at": now,
            }
            for row in rows
            if not row.is_gone
        )
        count += sum(not row.is_gone for row in rows)
        run.heartbeat()
    return count


def _held(
    sent: Mapping[str, str], payload: Mapping[str, str], before: Mapping[str, str | None]
) -> dict[str, str]:
    """The values of a record as HubSpot has them, not as the payload would make them."""
    return {**sent, **{name: before.get(name) or "" for name in payload}}


def _keys(keys: Json) -> tuple[str, ...]:
    """Keys as the ledger spells them. Raises ``Refusal`` for what is no list of them."""
    if not isinstance(keys, list) or not keys:
        raise Refusal("keys must be a list of the keys of rows, for example ARRAY_CONSTRUCT('17')")
    return tuple(
        str(int(key)) if isinstance(key, float) and key.is_integer() else str(key) for key in keys
    )
