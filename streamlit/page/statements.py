"""Sends the page's statements, each once while a page is drawn, and caches their results.

Which statements there are stands in ``calls``. A result is dropped by the next CALL that changes
something.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

Row = dict[str, Any]
Answer = dict[str, Any]
Kept = MutableMapping[tuple[str, tuple[object, ...]], tuple[float, list[Row]]]
"""Results by statement and binds, each with the time until which it is good."""

_TEXT_NAME_OR_BIND = re.compile(r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"]|"")*"|\?""", re.S)

FEW_SECONDS = 10.0
MINUTE = 60.0
MINUTES = 600.0


class Failed(Exception):
    """A statement failed: a stable code and one line."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def quoted(name: str) -> str:
    """An identifier, quoted."""
    return '"' + name.replace('"', '""') + '"'


def variant(value: object) -> Any:
    """A VARIANT as Python values; Snowpark hands out its JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def dotted(table: str) -> str:
    """``HUBSPOT_DATA.CRM.CONTACTS`` with each part quoted."""
    return ".".join(quoted(part) for part in table.split(".", 2))


def _call(procedure: str, arguments: Sequence[object]) -> tuple[str, list[object]]:
    """The CALL of a procedure and its binds; objects and lists travel as JSON."""
    places = ", ".join(map(_place, arguments))
    binds = [
        json.dumps(argument) if isinstance(argument, Mapping | list) else argument
        for argument in arguments
    ]
    return f"CALL CORE.{procedure}({places})", binds


def _place(argument: object) -> str:
    if isinstance(argument, list):
        return "PARSE_JSON(?)::ARRAY"
    return "PARSE_JSON(?)" if isinstance(argument, Mapping) else "?"


def with_null_literals(statement: str, params: Sequence[object]) -> tuple[str, list[object]]:
    """Writes NULL where None would be bound; returns the statement and the values left to bind.

    The page runs as an owner's procedure does, in which None is bound as no NULL (snowpark-python
    #1760, where a number was wanted).
    """
    values = iter(params)
    left: list[object] = []

    def written(match: re.Match[str]) -> str:
        if match[0] != "?":
            return match[0]
        value = next(values)
        if value is None:
            return "NULL"
        left.append(value)
        return "?"

    return _TEXT_NAME_OR_BIND.sub(written, statement), left


def _answer(rows: Sequence[Row]) -> Answer:
    """What the procedure answered."""
    answer = variant(next(iter(rows[0].values())))
    return answer if isinstance(answer, dict) else {"response_code": "OK", "message": ""}


class Statements:
    """A session with a cache: no statement is sent twice while a page is drawn.

    Args:
        session: A Snowpark session in the application's database.
        kept: What was read; lives with the viewer.
    """

    def __init__(self, session: Any, kept: Kept) -> None:
        self._session = session
        self._kept = kept
        self._now: set[tuple[str, tuple[object, ...]]] = set()

    # -- how ---------------------------------------------------------------------------------

    def rows(
        self, statement: str, params: Sequence[object] = (), fresh_for: float = FEW_SECONDS
    ) -> list[Row]:
        """Rows by column name. Raises ``Failed``."""
        key = (statement, tuple(params))
        until, kept_rows = self._kept.get(key, (0.0, []))
        if key in self._now or time.monotonic() < until:
            return kept_rows
        rows = self._send(statement, params)
        self._kept[key] = (time.monotonic() + fresh_for, rows)
        self._now.add(key)
        return rows

    def call(self, procedure: str, *arguments: object) -> Answer:
        """What a procedure answers; a failure to run it is an answer too.

        Whatever was kept is read again afterwards.
        """
        self.forget()
        try:
            return _answer(self._send(*_call(procedure, arguments)))
        except Failed as failed:
            return {"response_code": failed.code, "message": failed.message}

    def ask(self, procedure: str, *arguments: object, fresh_for: float = MINUTES) -> Answer:
        """As ``call``, for a procedure that changes nothing: its answer is cached."""
        try:
            return _answer(self.rows(*_call(procedure, arguments), fresh_for))
        except Failed as failed:
            return {"response_code": failed.code, "message": failed.message}

    def look_again(self) -> None:
        """Drop cached results that change by themselves; keep those only a CALL changes."""
        self._drop_within(FEW_SECONDS)

    def refresh(self) -> None:
        """Drop also the results that a run changes, such as counts of marked rows."""
        self._drop_within(MINUTE)

    def _drop_within(self, seconds: float) -> None:
        soon = time.monotonic() + seconds
        for key in [key for key, (until, _) in self._kept.items() if until < soon]:
            del self._kept[key]
        self._now.clear()

    def forget(self) -> None:
        """Drop all cached results."""
        self._kept.clear()
        self._now.clear()

    def _send(self, statement: str, params: Sequence[object]) -> list[Row]:
        text, binds = with_null_literals(statement, params)
        try:
            return [row.as_dict() for row in self._session.sql(text, params=binds).collect()]
        except Exception as error:
            if "SET_TOKEN" in statement or "SET_OAUTH" in statement or "_CONNECTION(" in statement:
                message = "the credential could not be stored; try again"
            else:
                message = " ".join(str(getattr(error, "message", error)).split())[:400]
            raise Failed("DATABASE_ERROR", message) from None

    def now(self, read: Callable[[], list[Row]]) -> list[Row]:
        """The rows of ``read`` as they are now, not from the cache."""
        self.look_again()
        return read()

    def rows_there(
        self, statement: str, params: Sequence[object] = (), fresh_for: float = FEW_SECONDS
    ) -> list[Row]:
        """As ``rows``, for a database that may not exist yet; no rows then."""
        try:
            return self.rows(statement, params, fresh_for)
        except Failed:
            key = (statement, tuple(params))
            self._kept[key] = (time.monotonic() + FEW_SECONDS, [])
            self._now.add(key)
            return []
