"""Replaces TASK_HISTORY and NOTIFICATION_HISTORY in a query by a subquery of their rows.

Sources: Snowflake, "TASK_HISTORY" and "NOTIFICATION_HISTORY" (information schema).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from snowflake_sandbox import access
from snowflake_sandbox.errors import compilation, unsupported
from snowflake_sandbox.names import literal
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql.tokens import Kind, Reader

_NAMED = re.compile(r"INFORMATION_SCHEMA\s*\.\s*(TASK|NOTIFICATION)_HISTORY\s*\(", re.IGNORECASE)

_TASKS = {
    **dict.fromkeys(("QUERY_ID", "NAME", "DATABASE_NAME", "SCHEMA_NAME"), "VARCHAR"),
    **dict.fromkeys(("QUERY_TEXT", "STATE", "ERROR_CODE", "ERROR_MESSAGE"), "VARCHAR"),
    **dict.fromkeys(("SCHEDULED_TIME", "QUERY_START_TIME", "COMPLETED_TIME"), "TIMESTAMP_LTZ"),
    "SCHEDULED_FROM": "VARCHAR",
}
_NOTIFICATIONS = {
    **dict.fromkeys(("CREATED", "PROCESSED"), "TIMESTAMP_LTZ"),
    **dict.fromkeys(("MESSAGE_SOURCE", "INTEGRATION_NAME", "STATUS", "MESSAGE"), "VARCHAR"),
    "ERROR_MESSAGE": "VARCHAR",
}


def expand(session: LocalSession, text: str) -> str:
    """Return a query with these table functions replaced by subqueries of their rows."""
    if not _NAMED.search(text):
        return text
    reader = Reader(text)
    parts: list[str] = []
    position = 0
    while not reader.at_end():
        start = reader.current.start
        kind = _function(reader)
        if kind is None:
            reader.next()
            continue
        arguments = _arguments(session, reader)
        reader.expect(")")
        rows_of = _task_runs if kind == "TASK" else _notifications
        parts += [text[position:start], rows_of(session, arguments)]
        position = reader.tokens[reader.index - 1].end
    return "".join([*parts, text[position:]])


def _function(reader: Reader) -> str | None:
    """Read ``TABLE([database.]INFORMATION_SCHEMA.…_HISTORY(`` if that comes next."""
    index = reader.index
    if reader.accept("TABLE", "("):
        named = reader.ahead(1).value == "." and not reader.looking_at("INFORMATION_SCHEMA")
        if named and reader.current.kind in (Kind.WORD, Kind.QUOTED):
            reader.identifier()
            reader.expect(".")
        for kind in ("TASK", "NOTIFICATION"):
            if reader.accept("INFORMATION_SCHEMA", ".", f"{kind}_HISTORY", "("):
                return kind
    reader.index = index
    return None


def _arguments(session: LocalSession, reader: Reader) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    while not reader.accept(")"):
        name = reader.identifier()
        if reader.current.value != "=>":
            raise reader.error()
        reader.next()
        start, end, depth = reader.current.start, reader.current.start, 0
        while depth or not (reader.looking_at(",") or reader.looking_at(")")):
            if reader.at_end():
                raise reader.error()
            token = reader.next()
            depth += {"(": 1, ")": -1}.get(token.value, 0) if token.kind is Kind.MARK else 0
            end = token.end
        answer = session.execute(f"SELECT {reader.text[start:end]} AS VALUE").table
        if answer is None:
            raise unsupported(reader.text[start:end])
        arguments[name] = answer.column(0).to_pylist()[0]
        reader.accept(",")
    return arguments


def _task_runs(session: LocalSession, arguments: Mapping[str, Any]) -> str:
    _check_names(
        arguments, ("TASK_NAME", "RESULT_LIMIT", "ERROR_ONLY", "SCHEDULED_TIME_RANGE_START")
    )
    task_name = str(arguments.get("TASK_NAME") or "").upper()
    acting = access.acting_application(session)
    rows = [
        (
            run.query_id,
            run.name.object,
            run.name.database,
            run.name.schema,
            run.definition,
            run.state,
            None if run.error_code is None else f"{run.error_code:06d}",
            run.error,
            run.scheduled_at,
            run.started_at,
            run.finished_at,
            "EXECUTE TASK",
        )
        for run in reversed(session.account.history.task_runs)
        if (not task_name or run.name.object.upper() == task_name)
        and (not arguments.get("ERROR_ONLY") or run.state in ("FAILED", "CANCELLED"))
        and acting in (None, run.name.database)
        and _since(run.scheduled_at, arguments.get("SCHEDULED_TIME_RANGE_START"))
    ]
    return _values(_TASKS, rows[: int(arguments.get("RESULT_LIMIT") or 100)])


def _notifications(session: LocalSession, arguments: Mapping[str, Any]) -> str:
    _check_names(arguments, ("INTEGRATION_NAME", "RESULT_LIMIT", "START_TIME"))
    integration = str(arguments.get("INTEGRATION_NAME") or "").upper()
    rows = [
        (
            notification.sent_at,
            notification.sent_at,
            "STORED_PROCEDURE",
            notification.integration,
            "QUEUED",
            json.dumps({**notification.options, **notification.content}),
            None,
        )
        for notification in reversed(session.account.history.notifications)
        if (not integration or notification.integration.upper() == integration)
        and _since(notification.sent_at, arguments.get("START_TIME"))
    ]
    return _values(_NOTIFICATIONS, rows[: int(arguments.get("RESULT_LIMIT") or 100)])


def _check_names(arguments: Mapping[str, Any], names: Iterable[str]) -> None:
    for name in arguments:
        if name not in names:
            raise compilation(f"Invalid argument name {name} (local engine).", 1008, "22023")


def _since(at: str, start: Any) -> bool:
    if start is None:
        return True
    return at[:23] >= str(start.isoformat(timespec="milliseconds"))[:23]


def _values(columns: Mapping[str, str], rows: list[tuple[Any, ...]]) -> str:
    """Return a subquery of some rows, which hold texts and times only."""
    empty = ", ".join(f"NULL::{kind} AS {name}" for name, kind in columns.items())
    selects = [f"SELECT {empty} WHERE 1 = 0"]
    for row in rows:
        cells_of = zip(row, columns.items(), strict=True)
        cells = (
            f"{'NULL' if value is None else _literal(value, kind)}::{kind} AS {name}"
            for value, (name, kind) in cells_of
        )
        selects.append(f"SELECT {', '.join(cells)}")
    return f"({' UNION ALL '.join(selects)})"


def _literal(value: str, kind: str) -> str:
    # a backslash begins an escape in Snowflake's literals
    return literal(value if kind == "TIMESTAMP_LTZ" else value.replace("\\", "\\\\"))
