"""Computes the property values of the record that survives a merge."""

from __future__ import annotations

from hubspot_sandbox.records.columns import State
from hubspot_sandbox.records.table import Table


def merged_values(
    table: Table, first: State, second: State, moment: int, *, lists_chains: bool
) -> dict[str, str | None]:
    """The survivor's properties (BEHAVIOR H57).

    The primary record's values win, the other's fill what it lacks. The ids of both are in
    ``hs_merged_object_ids``, where it ``lists_chains`` also those merged into them before; contacts
    have the ids of both with the time in ``hs_calculated_merged_vids`` too.
    """
    values: dict[str, str | None] = {}
    for name, column in table.columns.items():
        if column.system is None:
            value = column.value(first)
            values[name] = column.value(second) if value in (None, "") else value
    before = table.columns["hs_merged_object_ids"]
    ids: list[str] = []
    for state in (first, second):
        if lists_chains:
            ids += (before.value(state) or "").split(";")
        ids.append(str(state.id))
    values["hs_merged_object_ids"] = ";".join(dict.fromkeys(id_ for id_ in ids if id_))
    if "hs_calculated_merged_vids" in table.columns:
        merged = [f"{state.id}:{moment}" for state in (first, second)]
        values["hs_calculated_merged_vids"] = ";".join(merged)
    if "hs_additional_emails" in table.columns:
        values["hs_additional_emails"] = _further_emails(table, first, second)
    return values


def _further_emails(table: Table, first: State, second: State) -> str | None:
    """The addresses of both records besides the survivor's own (BEHAVIOR H187)."""
    further: list[str] = []
    for state in (first, second):
        further += (table.columns["hs_additional_emails"].value(state) or "").split(";")
        further.append(table.columns["email"].value(state) or "")
    own = table.columns["email"].value(first) or table.columns["email"].value(second)
    return ";".join(dict.fromkeys(text for text in further if text and text != own)) or None
