"""Puts changes of AUDIT_LOG into words. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from page import setting_words, words
from page.portal_names import NAMELESS, PortalNames
from page.statements import Row, variant

_DONE = {
    "DROP_SYNC": "removed",
    "DROP_PUSH": "removed",
    "RESET_SYNC": "reads everything again",
    "STOP_SYNC": "asked a run to stop",
    "STOP_PUSH": "asked a run to stop",
    "ROLLBACK_RUN": "undid a run",
    "REPLAY": "loaded again from what is kept",
    "SKIP_PUSH_ROWS": "left rows alone",
    "RESOLVE_PUSH_ROW": "settled a row of unknown outcome",
    "CREATE_EXTERNAL_ID": "made a property in HubSpot",
    "DROP_CONNECTION": "removed, with its credential",
    "DROP_FIVETRAN_VIEWS": "dropped the views",
    "DROP_AIRBYTE_VIEWS": "dropped the views",
}
_MADE = {
    "MAKE_FIVETRAN_VIEWS": "made the views in Fivetran's shape",
    "MAKE_AIRBYTE_VIEWS": "made the views in Airbyte's shape",
}
_FACTS = {
    "property": "{}",
    "object": "of {}",
    "rows": "rows: {}",
    "record_id": "its record is {} now",
    "since": "from {} on",
    "until": "until {}",
}
_MODES = {"forget": "forgot what was sent", "adopt": "took over what HubSpot has"}


def subject(row: Row) -> str:
    """What a change is of: the app, a sync, a push, a connection, views."""
    kind, name = str(row["KIND"]), str(row["NAME"])
    if kind in ("SYNC", "PUSH"):
        return f"{kind.lower()} {words.title(name)}"
    if kind == "CONNECTION" and name == "default":
        return "the first portal"
    return "the app" if kind == "APP" else f"{kind.lower()} {name}"


def action(row: Row) -> str:
    """What was done, where it is more than that settings changed; empty otherwise.

    A run is named by its id.
    """
    before, after = variant(row["BEFORE"]), variant(row["AFTER"])
    procedure = str(row["PROCEDURE_NAME"])
    facts: Mapping[str, Any] = after if isinstance(after, Mapping) else {}
    if procedure == "RESET_PUSH":
        return _MODES.get(str(facts.get("mode")), "forgot or took over what was sent")
    if procedure in _DONE:
        done = _DONE[procedure].replace("a run", f"the run {facts.get('run_id')}")
        return ", ".join([done, *_facts(facts)])
    if procedure in _MADE:
        place = f"{facts.get('database')}.{facts.get('schema')}"
        return f"{_MADE[procedure]} in {place}"
    if "credential" in facts:
        return "the credential was replaced" if before else "a credential was stored"
    return "new" if before is None else ""


def is_no_setting(procedure: str) -> bool:
    """Whether a procedure does something else than to change settings."""
    return procedure in {*_DONE, *_MADE, "RESET_PUSH"}


def ids(rows: Sequence[Row]) -> list[str]:
    """What tells each of some changes from the others, whichever else are there."""
    digests = [
        hashlib.sha256(repr([str(value) for value in row.values()]).encode()).hexdigest()[:12]
        for row in rows
    ]
    return [f"{digest}-{digests[n:].count(digest)}" for n, digest in enumerate(digests)]


def changes(row: Row, names: PortalNames = NAMELESS) -> list[setting_words.Change]:
    """Each setting that changed, with its value before and after."""
    before, after = variant(row["BEFORE"]) or {}, variant(row["AFTER"]) or {}
    if is_no_setting(str(row["PROCEDURE_NAME"])) or "credential" in after:
        return []
    return setting_words.differences(before, after, names, of_sync=row["KIND"] == "SYNC")


def _facts(facts: Mapping[str, Any]) -> list[str]:
    """What is known of something that was done, in words."""
    return [
        text.format(words.clock(value) if words.utc(str(value)) else value)
        for name, text in _FACTS.items()
        for value in [facts.get(name)]
        if value is not None
    ]
