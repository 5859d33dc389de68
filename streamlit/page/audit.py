"""Puts changes of AUDIT_LOG into words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from page.configuration import spelled
from page.statements import Row, variant

_DONE = {
    "DROP_SYNC": "removed",
    "DROP_PUSH": "removed",
    "RESET_SYNC": "reads everything again",
    "STOP_SYNC": "asked a run to stop",
    "STOP_PUSH": "asked a run to stop",
    "ROLLBACK_RUN": "undid a run",
    "REPLAY": "loaded again from what is kept",
    "RESET_PUSH": "forgot or took over what was sent",
    "SKIP_PUSH_ROWS": "left rows alone",
    "RESOLVE_PUSH_ROW": "settled a row of unknown outcome",
    "CREATE_EXTERNAL_ID": "made a property in HubSpot",
    "DROP_CONNECTION": "removed, with its credential",
    "DROP_FIVETRAN_VIEWS": "dropped the views",
    "DROP_AIRBYTE_VIEWS": "dropped the views",
}


def subject(row: Row) -> str:
    """What a change is of: the app, a sync, a push, a connection, views."""
    kind, name = str(row["KIND"]), str(row["NAME"])
    return "the app" if kind == "APP" else f"{kind.lower()} {name}"


def lines(row: Row) -> list[str]:
    """What changed, a line for each setting: as it was, and as it is now."""
    before, after = variant(row["BEFORE"]), variant(row["AFTER"])
    procedure = str(row["PROCEDURE_NAME"])
    if procedure in _DONE:
        facts = after if isinstance(after, Mapping) else {}
        told = [f"{name}: {value}" for name, value in facts.items() if value is not None]
        return [_DONE[procedure], *told]
    if isinstance(after, Mapping) and "credential" in after:
        return ["the credential was replaced" if before else "a credential was stored"]
    if before is None:
        return ["new", *_differences({}, after or {})]
    return _differences(before, after or {})


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}: {spelled(before, name)} → {spelled(after, name)}"
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]
