"""The endpoints that read records: list, single read and batch read."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from hubspot_sandbox.answers import Answer, invalid, record_not_found, refusal, uncategorised
from hubspot_sandbox.call import Call, record_id
from hubspot_sandbox.records.columns import Column, State
from hubspot_sandbox.records.table import Table
from hubspot_sandbox.schema.catalog import shown_by_default
from hubspot_sandbox.shapes.records import envelope, history, inline_associations, results
from hubspot_sandbox.times import iso

PAGE, PAGE_WITH_HISTORY = 100, 50
UNLISTED_ARCHIVED = {
    "meetings": "MEETING_EVENT",
    "communications": "COMMUNICATION",
    "deal_splits": "DEAL_SPLIT",
}
"""Object types whose archived records HubSpot does not list, as its refusal calls them (H18)."""


def list_records(call: Call) -> Answer:
    """A page of records, ascending by id, from the primary store (BEHAVIOR H12-H18)."""
    table = call.readable()
    kind = table.object_type
    history_columns = _columns(table, call.query_values("propertiesWithHistory"))
    limit = call.number("limit", 10, PAGE_WITH_HISTORY if history_columns else PAGE)
    archived = call.flag("archived")
    if archived and kind.name in UNLISTED_ARCHIVED:
        raise refusal(
            400,
            "Paging through deleted objects is not yet supported for object type "
            f"{kind.id} ({UNLISTED_ARCHIVED[kind.name]})",
            "VALIDATION_ERROR",
        )
    after_text = call.query_value("after")
    after = record_id(after_text) if after_text else 0
    if after is None:
        raise invalid(f"Unable to parse value for query parameter after: '{after_text}'")
    selection = call.selection(table, call.query_values("properties") or shown_by_default(kind))
    targets = _targets(call)
    states, following = table.page(after, limit, archived)
    records = []
    for state in states:
        extra = [history(table, state, history_columns)] if history_columns else []
        if targets and (inline := inline_associations(call, kind, state, targets)):
            extra.append(inline)
        records.append(envelope(table, selection, state, call.portal.id, *extra))
    paging = None
    if following is not None:
        query = {name: ",".join(values) for name, values in call.query.items()}
        link = f"https://api.hubapi.com{call.path}?{urlencode(query | {'after': following})}"
        paging = {"next": {"after": str(following), "link": link}}
    return results(records, paging=paging)


def _targets(call: Call) -> list[Any]:
    targets = []
    for name in call.query_values("associations"):
        kind = call.portal.object_type_in_path(name)
        if kind is None:
            raise uncategorised(f"Unable to infer object type from: {name}")
        targets.append(kind)
    return targets


def _columns(table: Table, names: list[str]) -> list[Column]:
    return [
        column
        for name in names
        if (column := table.columns.get(name)) is not None and column.property.archived_at is None
    ]


def find(table: Table, text: object, id_property: str | None, archived: bool) -> State | None:
    """A record by id or by the value of a unique property."""
    if id_property is None or id_property == "hs_object_id":
        number = record_id(text)
        return None if number is None else table.find_live(number, archived)
    column = table.columns.get(id_property)
    if column is None or not column.property.unique:
        raise invalid(f"Property '{id_property}' is not a unique identifier property")
    return table.find_by_value(id_property, str(text), archived)


def get_record(call: Call) -> Answer:
    """One record; the id of a merged-away record answers the survivor (BEHAVIOR H19)."""
    table = call.readable()
    kind = table.object_type
    text = call.parameters["id"]
    state = find(table, text, call.query_value("idProperty"), call.flag("archived"))
    number = record_id(text)
    while state is None and number in table.merged_into:
        number = table.merged_into[number]
        state = table.find_live(number)
    if state is None:
        raise record_not_found(text)
    history_columns = _columns(table, call.query_values("propertiesWithHistory"))
    selection = call.selection(table, call.query_values("properties") or shown_by_default(kind))
    extra = [history(table, state, history_columns)] if history_columns else []
    if inline := inline_associations(call, kind, state, _targets(call)):
        extra.append(inline)
    return Answer(200, body=envelope(table, selection, state, call.portal.id, *extra))


def batch_read(call: Call) -> Answer:
    """Records by id or unique property; missing ones are in ``errors`` (BEHAVIOR H20, H21)."""
    table = call.readable()
    body = call.body()
    history_columns = _columns(table, call.names(body, "propertiesWithHistory"))
    ids = [item.get("id") for item in call.inputs(PAGE_WITH_HISTORY if history_columns else PAGE)]
    id_property = body.get("idProperty")
    archived = call.flag("archived")
    states: dict[int, State] = {}
    errors: dict[str, list[str]] = {}
    for text in ids:
        state = find(table, text, id_property, archived)
        category = table.withheld.get(str(text)) or ("" if state else "OBJECT_NOT_FOUND")
        if category or state is None:
            errors.setdefault(category, []).append(str(text))
        else:
            states[state.id] = state
    selection = call.selection(
        table, call.names(body, "properties") or shown_by_default(table.object_type)
    )
    records = [
        envelope(
            table,
            selection,
            state,
            call.portal.id,
            *([history(table, state, history_columns)] if history_columns else []),
        )
        for _, state in sorted(states.items())
    ]
    answer = results(
        records,
        status="COMPLETE",
        numErrors=len(errors) or None,
        errors=[
            {
                "status": "error",
                "category": category,
                "message": _BATCH_MESSAGES.get(category, "internal error").format(
                    type=table.object_type.singular.upper()
                ),
                "context": {"ids": missing},
            }
            for category, missing in errors.items()
        ]
        or None,
        startedAt=iso(call.now),
        completedAt=iso(call.now),
    )
    answer.status = 207 if errors else 200
    return answer


_BATCH_MESSAGES = {
    "OBJECT_NOT_FOUND": "Could not get some {type} objects, they may be deleted or not exist. "
    "Check that ids are valid.",
    "FORBIDDEN": "You do not have permissions to view some {type} objects.",
}
