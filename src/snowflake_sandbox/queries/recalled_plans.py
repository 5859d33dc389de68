"""Uses a statement's plan again for other tables that have the same columns.

A run stages its rows in tables that have the run's id in their names. A statement that differs in
such an id alone has the same plan, but for the names.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from dataclasses import replace
from typing import Any

from snowflake_sandbox import access, recollections
from snowflake_sandbox.names import Name
from snowflake_sandbox.plan_cache import Key
from snowflake_sandbox.queries.merge_inserts import MergeInsert
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql.translation import Plan

_RUN_ID = re.compile(r'(?<=[-_])[0-9A-F]{12}(?=(?:_\w*)?")')
_MARK = "·RUN·"


def recall_plan(session: LocalSession, key: Key, params: list[Any] | None) -> Plan | None:
    """Return the plan that a statement had before, if what it reads has the same columns again."""
    if session.has_variables():
        return None
    run_id = _run_id(key)
    plan: Plan | None = recollections.recall(
        _key(key, run_id, params), lambda name: _shape(session, _renamed(name, _MARK, run_id))
    )
    return plan and _with_run_id(plan, _MARK, run_id)


def keep_plan(
    session: LocalSession, key: Key, params: list[Any] | None, plan: Plan, relations: Iterable[Name]
) -> None:
    """Keep a plan for the next table of the same columns."""
    run_id = _run_id(key)
    recollections.keep(
        _key(key, run_id, params),
        _with_run_id(plan, run_id, _MARK),
        [_renamed(name, run_id, _MARK) for name in relations],
        lambda name: _shape(session, _renamed(name, _MARK, run_id)),
    )


def _run_id(key: Key) -> str | None:
    ids = set(_RUN_ID.findall(key[0] or ""))
    return ids.pop() if len(ids) == 1 else None


def _key(key: Key, run_id: str | None, params: list[Any] | None) -> tuple[Hashable, ...]:
    text = key[0] or ""
    types = tuple(type(value) for value in params or ())
    return ("plan", text.replace(run_id, _MARK) if run_id else text, *key[1:], types)


def _shape(session: LocalSession, name: Name) -> Hashable:
    """What a plan depends on in a relation: its columns, or what a listing shows the session."""
    if name.schema == access.INFORMATION_SCHEMA:
        return ("listing", access.listed_names(session, name))
    return session.account.shape_of(session.duck, name)


def _renamed(name: Name, old: str | None, new: str | None) -> Name:
    if old is None or new is None:
        return name
    return Name(name.database, name.schema, name.object.replace(old, new))


def _with_run_id(plan: Plan, old: str | None, new: str | None) -> Plan:
    if old is None or new is None:
        return plan
    extra = dict(plan.extra)
    extra["touched"] = tuple(
        (_renamed(name, old, new), needed) for name, needed in extra["touched"]
    )
    extra["relations"] = {_renamed(name, old, new) for name in extra["relations"]}
    for key in ("changed", "target"):
        if extra.get(key) is not None:
            extra[key] = _renamed(extra[key], old, new)
    if extra.get("counted") is not None:
        extra["counted"] = extra["counted"].replace(old, new)
    if (insert := extra.get("insert")) is not None:
        extra["insert"] = MergeInsert(
            insert.any_matched.replace(old, new), insert.insert.replace(old, new)
        )
    return replace(plan, sql=tuple(sql.replace(old, new) for sql in plan.sql), extra=extra)
