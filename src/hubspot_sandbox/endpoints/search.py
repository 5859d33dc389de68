"""The search endpoint: filters, one sort, a window of 10,000 results, an index that lags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hubspot_sandbox.answers import Answer, invalid, refusal
from hubspot_sandbox.call import Call, record_id, within
from hubspot_sandbox.records.columns import Column, State
from hubspot_sandbox.records.table import Table
from hubspot_sandbox.schema.catalog import shown_by_default
from hubspot_sandbox.search.filters import Group, known_property, parse_groups
from hubspot_sandbox.shapes.records import envelope, results

PAGE, DEFAULT_PAGE, WINDOW, LONGEST_QUERY = 200, 10, 10_000, 3_000


def search_records(call: Call) -> Answer:
    """A page of the records that match (BEHAVIOR H35-H50)."""
    table = call.readable()
    body = call.body()
    limit = within(body.get("limit", DEFAULT_PAGE), "limit", PAGE)
    after = _after(body.get("after"))
    groups = parse_groups(body, table, lambda other, id_: _linked(call, table, other, id_))
    _restrict_to_query(groups, table, body.get("query"))
    sort, descending = _sort(body.get("sorts"), table)
    if after + limit > WINDOW:
        raise refusal(
            400,
            f"The query is too large: after + limit must not exceed {WINDOW}. Paging beyond the "
            f"first {WINDOW} results is not supported.",
            "VALIDATION_ERROR",
        )
    index = call.portal.search_index(table)
    moment = call.now - call.lag_ms if call.lag_ms else None
    ids = index.ids(groups, sort, descending, moment)
    if call.misplaced and sort is not None and sort.name == table.object_type.modified_property:
        ids = _misplaced(call, table, ids, descending=descending)
    selection = call.selection(
        table, call.names(body, "properties") or shown_by_default(table.object_type)
    )
    records = []
    for id_ in ids[after : after + limit]:
        state: State | None = index.seen(id_, moment)
        if call.reads_through:
            state = table.find_live(id_) or state
        if state is not None:
            records.append(envelope(table, selection, state, call.portal.id))
    following = after + limit
    paging = {"next": {"after": str(following)}} if following < len(ids) else None
    return results(records, total=len(ids), paging=paging)


def _after(after: Any) -> int:
    if after in (None, ""):
        return 0
    if not str(after).isdigit():
        raise invalid("after must be a valid integer", "INVALID_INTEGER")
    return int(after)


def _sort(sorts: Any, table: Table) -> tuple[Column | None, bool]:
    """The one sort HubSpot allows (BEHAVIOR H38)."""
    if not sorts:
        return None, False
    if not isinstance(sorts, list) or len(sorts) > 1:
        raise invalid("Only one sort is supported")
    sort = sorts[0]
    if isinstance(sort, str):
        return known_property(table, sort.lstrip("-")), sort.startswith("-")
    if not isinstance(sort, dict) or not isinstance(sort.get("propertyName"), str):
        raise invalid("Some required fields were not set: [propertyName]", "REQUIRED_FIELD")
    direction = sort.get("direction", "ASCENDING")
    if direction not in ("ASCENDING", "DESCENDING"):
        raise invalid("direction must be ASCENDING or DESCENDING")
    return known_property(table, sort["propertyName"]), direction == "DESCENDING"


def _misplaced(call: Call, table: Table, ids: Sequence[int], *, descending: bool) -> Sequence[int]:
    """The ids in order of the time of change, but for the misplaced ones (BEHAVIOR H202)."""

    def place(id_: int) -> tuple[int, int]:
        state = table.find_live(id_)
        updated = 0 if state is None else state.updated
        return updated - call.misplaced.get(str(id_), 0), id_

    return sorted(ids, key=place, reverse=descending)


def _linked(call: Call, table: Table, other: str, id_: str) -> set[int]:
    kind = call.portal.object_type_in_path(other)
    number = record_id(id_)
    if kind is None or kind.custom:
        raise invalid(f"Unable to infer object type from: {other}")
    links = call.portal.associations.links(kind, table.object_type)
    return set(links.get(number, {})) if number is not None else set()


def _restrict_to_query(groups: list[Group], table: Table, query: Any) -> None:
    """Full text search over the properties shown by default: every word starts some word."""
    if not query:
        return
    if not isinstance(query, str) or len(query) > LONGEST_QUERY:
        raise invalid(f"query must be text of at most {LONGEST_QUERY} characters")
    words = query.lower().split()
    names = shown_by_default(table.object_type)
    columns = [table.columns[name] for name in (*names, "phone") if name in table.columns]

    def test(state: State) -> bool:
        text = " ".join(column.value(state) or "" for column in columns).lower()
        return all(f" {word}" in f" {text}" for word in words)

    for group in groups:
        group.tests.append(test)
        group.key.append(f"query {query}")
