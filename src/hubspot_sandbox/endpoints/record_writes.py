"""The endpoints that write records: one, many, upsert, archive, merge, GDPR delete."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hubspot_sandbox.answers import Answer, Refusal, invalid, not_found, refusal
from hubspot_sandbox.call import Call, record_id
from hubspot_sandbox.endpoints.record_reads import find
from hubspot_sandbox.records.columns import State
from hubspot_sandbox.records.table import Table
from hubspot_sandbox.schema.properties import Property
from hubspot_sandbox.search.filters import comparable
from hubspot_sandbox.shapes.records import envelope
from hubspot_sandbox.times import iso

BATCH = 100
SOURCE = "INTEGRATION"
Values = dict[str, str | None]


def checked(table: Table, properties: object) -> Values:
    """The properties of a write as HubSpot would store them (BEHAVIOR H86).

    Raises:
        Refusal: 400 listing every property that is unknown, read only or of the wrong type.
    """
    if not isinstance(properties, Mapping):
        raise invalid("Some required fields were not set: [properties]", "REQUIRED_FIELD")
    wrong: list[dict[str, Any]] = []
    values: Values = {}
    for name, raw in properties.items():
        column = table.columns.get(name)
        text = "" if raw is None else str(raw).lower() if isinstance(raw, bool) else str(raw)
        if column is None or column.property.archived_at is not None:
            wrong.append(_wrong(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'))
        elif column.property.read_only or column.property.calculated:
            wrong.append(_wrong(name, "READ_ONLY_VALUE", f'"{name}" is a read only property'))
        elif text and (problem := _problem(column.property, text)):
            wrong.append(_wrong(name, *problem))
        else:
            values[name] = text
    if wrong:
        message = f"Property values were not valid: {json.dumps(wrong)}"
        errors = [
            {"message": item["message"], "code": item["error"], "context": {"propertyName": [
                item["name"]]}}
            for item in wrong
        ]  # fmt: skip
        raise refusal(400, message, "VALIDATION_ERROR", errors)
    return values


def _wrong(name: str, code: str, message: str) -> dict[str, Any]:
    return {"isValid": False, "message": message, "error": code, "name": name}


def _problem(property_: Property, text: str) -> tuple[str, str] | None:
    if property_.type == "number" and comparable(text, "number") is None:
        return "INVALID_INTEGER", f"{text} was not a valid number."
    if property_.type in ("date", "datetime") and comparable(text, property_.type) is None:
        return "INVALID_DATE", f"{text} was not a valid date."
    allowed = {option.value for option in property_.options}
    chosen = set(text.strip(";").split(";"))
    if not allowed or property_.external_options or chosen <= allowed or text in allowed:
        return None
    return "INVALID_OPTION", f"{text} was not one of the allowed options"


def _conflict(table: Table, values: Values, own: State | None) -> None:
    """Unique values taken by another record are refused (BEHAVIOR H87)."""
    for name, text in values.items():
        if text and table.columns[name].property.unique:
            other = find(table, text, name, archived=False)
            if other is not None and (own is None or other.id != own.id):
                label = table.object_type.label
                raise refusal(409, f"{label} already exists. Existing ID: {other.id}", "CONFLICT")


def _shown(call: Call, table: Table, state: State, *extra: bytes) -> bytes:
    return envelope(table, call.selection(table, state.changes), state, call.portal.id, *extra)


def _present(table: Table, id_: str) -> State:
    state = table.find(int(id_))
    assert state is not None
    return state


def _create(call: Call, table: Table, item: Mapping[str, Any]) -> State:
    values = checked(table, item.get("properties"))
    _conflict(table, values, None)
    kind = table.object_type
    id_ = call.portal.create(kind.name, values, source=SOURCE)
    for link in item.get("associations") or ():
        target = record_id((link.get("to") or {}).get("id"))
        for type_input in link.get("types") or ():
            for other in call.portal.object_types:
                link_type = call.portal.associations.find_type(
                    kind, other, str(type_input.get("associationCategory")),
                    int(type_input.get("associationTypeId", -1)),
                )  # fmt: skip
                if link_type is not None and target is not None:
                    call.portal.associations.add(kind, int(id_), other, target, [link_type])
    return _present(table, id_)


def _update(call: Call, table: Table, state: State | None, item: Mapping[str, Any]) -> State:
    if state is None:
        raise not_found("resource not found")
    values = checked(table, item.get("properties"))
    _conflict(table, values, state)
    call.portal.update(table.object_type.name, str(state.id), values, source=SOURCE)
    return _present(table, str(state.id))


def create_record(call: Call) -> Answer:
    """A new record."""
    table = call.writable()
    return Answer(201, body=_shown(call, table, _create(call, table, call.body())))


def update_record(call: Call) -> Answer:
    """Set properties of one record; the id of a merged-away one reaches the survivor."""
    table = call.writable()
    number = record_id(call.parameters["id"])
    state = find(table, call.parameters["id"], call.query_value("idProperty"), archived=False)
    while state is None and number in table.merged_into:
        number = table.merged_into[number]
        state = table.find_live(number)
    return Answer(200, body=_shown(call, table, _update(call, table, state, call.body())))


def archive_record(call: Call) -> Answer:
    """Delete one record; one that is not there is no error."""
    table = call.writable()
    state = find(table, call.parameters["id"], None, archived=False)
    if state is not None:
        call.portal.archive(table.object_type.name, str(state.id))
    return Answer(204)


def batch_archive(call: Call) -> Answer:
    """Delete up to 100 records."""
    table = call.writable()
    for item in call.inputs(BATCH):
        state = find(table, item.get("id"), None, archived=False)
        if state is not None:
            call.portal.archive(table.object_type.name, str(state.id))
    return Answer(204)


def batch_create(call: Call) -> Answer:
    """Up to 100 new records (BEHAVIOR H85)."""
    table = call.writable()
    return _batch(call, table, lambda item: (_create(call, table, item), None), 201)


def batch_update(call: Call) -> Answer:
    """Up to 100 updates; ids of merged-away records are refused (BEHAVIOR H57)."""
    table = call.writable()

    def write(item: Mapping[str, Any]) -> tuple[State, bool | None]:
        state = find(table, item.get("id"), item.get("idProperty"), archived=False)
        return _update(call, table, state, item), None

    return _batch(call, table, write, 200)


def batch_upsert(call: Call) -> Answer:
    """Up to 100 records by a unique property: updated, or created with ``new: true``."""
    table = call.writable()

    def write(item: Mapping[str, Any]) -> tuple[State, bool | None]:
        key = item.get("idProperty")
        state = find(table, item.get("id"), key, archived=False)
        if state is not None:
            return _update(call, table, state, item), False
        properties = dict(item.get("properties") or {})
        if key and key != "hs_object_id":
            properties.setdefault(key, item.get("id"))
        return _create(call, table, {**item, "properties": properties}), True

    return _batch(call, table, write, 200)


def _batch(
    call: Call,
    table: Table,
    write: Callable[[Mapping[str, Any]], tuple[State, bool | None]],
    status: int,
) -> Answer:
    """All or nothing, unless every input has its own ``objectWriteTraceId`` (BEHAVIOR H85)."""
    inputs = call.inputs(BATCH)
    keys = [(str(item.get("id")), item.get("idProperty")) for item in inputs if "id" in item]
    if len(set(keys)) < len(keys):
        raise invalid("Duplicate IDs found in batch input", "DUPLICATE_INPUT")
    traces = [item.get("objectWriteTraceId") for item in inputs]
    partial = None not in traces and len(set(traces)) == len(traces)
    if not partial:
        for item in inputs:
            checked(table, item.get("properties"))
    records: list[bytes] = []
    errors: list[dict[str, Any]] = []
    for item, trace in zip(inputs, traces, strict=True):
        try:
            state, new = write(item)
        except Refusal as refused:
            if not partial:
                raise
            shape = json.loads(refused.answer.body)
            errors.append(
                {
                    "status": "error",
                    "category": shape["category"],
                    "message": shape["message"],
                    "context": {"objectWriteTraceId": [trace]},
                }
            )
            continue
        extra = [f'"new":{json.dumps(new)}'.encode()] if new is not None else []
        if trace is not None:
            extra.append(f'"objectWriteTraceId":{json.dumps(trace)}'.encode())
        records.append(_shown(call, table, state, *extra))
    tail: dict[str, Any] = {"startedAt": iso(call.now), "completedAt": iso(call.now)}
    if errors:
        tail |= {"numErrors": len(errors), "errors": errors}
    rest = json.dumps(tail, ensure_ascii=False)[1:].encode()
    body = b'{"status":"COMPLETE","results":[' + b",".join(records) + b"]," + rest
    return Answer(207 if errors else status, body=body)


def merge_records(call: Call) -> Answer:
    """Merge two records; the answer is the survivor under its new id (BEHAVIOR H57)."""
    table = call.writable()
    body = call.body()
    ids = [str(body.get(key)) for key in ("primaryObjectId", "objectIdToMerge")]
    if any(find(table, id_, None, archived=False) is None for id_ in ids) or ids[0] == ids[1]:
        raise invalid(f"Unable to merge {ids[0]} and {ids[1]}", "INVALID_OBJECT_IDS")
    survivor = call.portal.merge(table.object_type.name, ids[0], ids[1])
    return Answer(200, body=_shown(call, table, _present(table, survivor)))


def gdpr_delete(call: Call) -> Answer:
    """Delete a contact for good (BEHAVIOR H58)."""
    table = call.writable()
    body = call.body()
    state = find(table, body.get("objectId"), body.get("idProperty"), archived=False)
    if state is not None:
        call.portal.gdpr_delete(table.object_type.name, str(state.id))
    return Answer(204)
