"""The endpoints that write batches of up to 100 records: create, update, upsert, archive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hubspot_sandbox.answers import Answer, Refusal, refusal
from hubspot_sandbox.call import Call, record_id
from hubspot_sandbox.records.columns import State
from hubspot_sandbox.records.table import Table
from hubspot_sandbox.times import iso
from hubspot_sandbox.writes.keys import Claims, target
from hubspot_sandbox.writes.records import Write, archive, batch_error, commit, prepare, shown

BATCH = 100


@dataclass(slots=True)
class Input:
    """One input of a batch: the record it means, and whether the answer says it is new."""

    item: Mapping[str, Any]
    state: State | None = None
    tells_new: bool = False
    missing: bool = False

    @property
    def trace(self) -> object:
        """The id by which the sender knows it."""
        return self.item.get("objectWriteTraceId")


@dataclass(slots=True)
class _Outcome:
    records: list[bytes] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)


def batch_archive(call: Call) -> Answer:
    """Delete up to 100 records, by record id only (BEHAVIOR H186)."""
    table = call.writable()
    inputs = _inputs(call)
    numbers = [record_id(item.get("id")) for item in inputs]
    for number in numbers:
        archive(call, table, None if number is None else table.find_live(number))
    return Answer(204)


def batch_create(call: Call) -> Answer:
    """Up to 100 new records (BEHAVIOR H85)."""
    table = call.writable()
    return _answer(call, table, [Input(item) for item in _inputs(call)], 201)


def batch_update(call: Call) -> Answer:
    """Up to 100 updates; ids of merged-away records are refused (BEHAVIOR H57, H177)."""
    table = call.writable()
    inputs = []
    for item in _inputs(call):
        state = target(call, table, item, "update")
        if state is None and item.get("idProperty") is None and record_id(item["id"]) is None:
            continue  # an e-mail that nobody said is one: neither written nor refused
        inputs.append(Input(item, state, missing=state is None))
    _refuse_duplicates(table, inputs)
    return _answer(call, table, inputs, 200)


def batch_upsert(call: Call) -> Answer:
    """Up to 100 records by a unique property: updated, or created with ``new: true``."""
    table = call.writable()
    inputs = []
    for item in _inputs(call):
        state = target(call, table, item, "upsert")
        if state is None and isinstance(item.get("properties"), Mapping):
            key = {item["idProperty"]: item["id"]}
            item = {**item, "properties": key | dict(item["properties"])}
        inputs.append(Input(item, state, tells_new=True))
    _refuse_duplicates(table, inputs)
    return _answer(call, table, inputs, 200)


def _inputs(call: Call) -> list[dict[str, Any]]:
    inputs = call.inputs(BATCH)
    call.write_lock.admit(len(inputs), call.writes, call.now)
    return inputs


def _refuse_duplicates(table: Table, inputs: list[Input]) -> None:
    """Refuse a batch in which two inputs mean one record (BEHAVIOR H88)."""
    keys: dict[int | tuple[Any, str], list[str]] = {}
    for entry in inputs:
        text = str(entry.item["id"])
        name = entry.item.get("idProperty")
        sent_key = (name, table.keys.folded(str(name), text))
        key = sent_key if entry.state is None else entry.state.id
        keys.setdefault(key, []).append(text)
    twice = [texts[0] for texts in keys.values() if len(texts) > 1]
    if twice:
        raise refusal(
            400,
            f"Duplicate IDs found in batch input: [{', '.join(twice)}]. IDs must be unique",
            "VALIDATION_ERROR",
            context={"ids": twice},
        )


def _answer(call: Call, table: Table, inputs: list[Input], status: int) -> Answer:
    """Write what may be written and say so (BEHAVIOR H85, H175, H176)."""
    outcome = _Outcome()
    there = [entry for entry in inputs if not entry.missing]
    absent = [entry for entry in inputs if entry.missing]
    if _is_partial(call, inputs):
        for entry in there:
            _attempt(call, table, entry, outcome)
    elif call.writes.keeps_before_refusal:
        for entry in there:
            _commit(call, table, entry, _prepared(call, table, entry, Claims()), outcome)
    else:
        claims = Claims()
        writes = [_prepared(call, table, entry, claims) for entry in there]
        for entry, write in zip(there, writes, strict=True):
            _commit(call, table, entry, write, outcome)
    if absent:
        outcome.errors.append(_absent(table, absent))
    return _batch_answer(call, outcome, status)


def _is_partial(call: Call, inputs: list[Input]) -> bool:
    if call.writes.partial != "trace-ids":
        return call.writes.partial == "always"
    traces = [entry.trace for entry in inputs]
    return None not in traces and len(set(traces)) == len(traces)


def _prepared(call: Call, table: Table, entry: Input, claims: Claims) -> Write:
    return prepare(call, table, entry.item, entry.state, claims)


def _attempt(call: Call, table: Table, entry: Input, outcome: _Outcome) -> None:
    try:
        write = _prepared(call, table, entry, Claims())
    except Refusal as refused:
        outcome.errors.append(batch_error(refused, entry.trace))
    else:
        _commit(call, table, entry, write, outcome)


def _commit(call: Call, table: Table, entry: Input, write: Write, outcome: _Outcome) -> None:
    state = commit(call, table, write)
    extra = []
    if entry.tells_new:
        extra.append(b'"new":true' if entry.state is None else b'"new":false')
    if entry.trace is not None and call.writes.echoes_trace_ids:
        extra.append(f'"objectWriteTraceId":{json.dumps(entry.trace)}'.encode())
    outcome.records.append(shown(call, table, state, write.sent, *extra))


def _absent(table: Table, entries: list[Input]) -> dict[str, Any]:
    context: dict[str, Any] = {"ids": [str(entry.item["id"]) for entry in entries]}
    traces = [entry.trace for entry in entries if entry.trace is not None]
    if traces:
        context["objectWriteTraceId"] = traces
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": f"Could not get some {table.object_type.singular.upper()} objects, they may be "
        "deleted or not exist. Check that ids are valid.",
        "context": context,
    }


def _batch_answer(call: Call, outcome: _Outcome, status: int) -> Answer:
    records = list(outcome.records)
    if call.writes.shuffles:
        Random(len(records)).shuffle(records)
        if records == outcome.records:  # by chance: another order all the same
            records.reverse()
    tail: dict[str, Any] = {"startedAt": iso(call.now), "completedAt": iso(call.now)}
    if outcome.errors:
        tail |= {"numErrors": len(outcome.errors), "errors": outcome.errors}
        status = partial_status(call, status)
    rest = json.dumps(tail, ensure_ascii=False)[1:].encode()
    body = b'{"status":"COMPLETE","results":[' + b",".join(records) + b"]," + rest
    return Answer(status, body=body)


def partial_status(call: Call, status: int) -> int:
    """The status of a 2xx answer with errors: 207 before 2026-09 (BEHAVIOR H175)."""
    if call.writes.partial_status is not None:
        return call.writes.partial_status
    return status if call.version == "2026-09" else 207
