"""Remembers plans of statements by text, until something that they read is defined anew."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any, TypeVar

from snowflake_sandbox.names import Name
from snowflake_sandbox.sql.translation import Plan

INFORMATION_SCHEMA = "INFORMATION_SCHEMA"

Key = tuple[str | None, ...]
Fact = TypeVar("Fact")


class PlanCache:
    """The most recently used plans of an engine, by text, current schema and role.

    A plan depends on the tables that its statement names and on those that its views read. Which
    those are is told by ``define``; a plan of anything else is forgotten at every change.
    """

    def __init__(self, size: int = 512) -> None:
        self._plans: OrderedDict[Key, tuple[Plan, frozenset[Name] | None]] = OrderedDict()
        self._reads: dict[Name, frozenset[Name]] = {}
        self._facts: dict[tuple[str, Name], Any] = {}
        self._changes = 0
        self._size = size
        self._lock = Lock()

    def get(self, key: Key) -> Plan | None:
        """Return the plan of a text, if known."""
        with self._lock:
            plan, _ = self._plans.get(key, (None, None))
            if plan is not None:
                self._plans.move_to_end(key)
            return plan

    def put(self, key: Key, plan: Plan, relations: Iterable[Name]) -> None:
        """Remember a plan of a statement that names these tables and views."""
        with self._lock:
            self._plans[key] = (plan, self._tables(relations))
            self._plans.move_to_end(key)
            while len(self._plans) > self._size:
                self._plans.popitem(last=False)

    def define(self, relation: Name, reads: Iterable[Name] = ()) -> None:
        """Take note of a table, or of a view and what it reads, and forget what read it before."""
        self.forget(*relation)
        with self._lock:
            self._reads[_upper(relation)] = frozenset(map(_upper, reads))

    def is_defined(self, relation: Name) -> bool:
        """Whether ``define`` took note of a table or view."""
        return _upper(relation) in self._reads

    def is_table(self, relation: Name) -> bool:
        """Whether ``define`` took note of what reads nothing else: a table, or one that is gone."""
        return self._reads.get(_upper(relation)) == frozenset()

    def remember(
        self, fact: str, table: Name, read: Callable[[], Fact], *, of_views: bool = False
    ) -> Fact:
        """Return what is remembered of a table, or what ``read`` answers, not to be changed.

        Only of what ``define`` took note of, and of views only where ``of_views`` says so: what a
        view's columns are changes with others.
        """
        if not (self.is_defined(table) if of_views else self.is_table(table)):
            return read()
        key = (fact, _upper(table))
        with self._lock:
            if key in self._facts:
                remembered: Fact = self._facts[key]
                return remembered
            changes = self._changes
        answer = read()
        with self._lock:
            # what was read while another session changed something may be of before
            if changes == self._changes:
                self._facts[key] = answer
        return answer

    def forget(self, *scope: str) -> None:
        """Forget what depends on anything in a database, schema or object, which changed.

        Args:
            scope: database, schema and object; fewer of them mean everything inside.
        """
        changed = tuple(part.upper() for part in scope)

        def is_changed(name: Name) -> bool:
            return name[: len(changed)] == changed

        with self._lock:
            self._changes += 1
            self._forget_plans(lambda tables: any(map(is_changed, tables)))
            self._reads = {
                name: reads for name, reads in self._reads.items() if not is_changed(name)
            }
            self._facts = {
                key: answer for key, answer in self._facts.items() if not is_changed(key[1])
            }

    def forget_listings(self) -> None:
        """Forget what reads INFORMATION_SCHEMA: grants changed, and with them what it shows."""
        with self._lock:
            self._forget_plans(lambda _: False)

    def _forget_plans(self, is_changed: Callable[[frozenset[Name]], bool]) -> None:
        for key, (_, tables) in list(self._plans.items()):
            if not tables or is_changed(tables):
                del self._plans[key]

    def _tables(self, relations: Iterable[Name]) -> frozenset[Name] | None:
        """Everything that is read through these relations; None when that is not known."""
        waiting, tables = [*map(_upper, relations)], set[Name]()
        while waiting:
            name = waiting.pop()
            if name in tables:
                continue
            if name.schema == INFORMATION_SCHEMA or name not in self._reads:
                return None
            tables.add(name)
            waiting.extend(self._reads[name])
        return frozenset(tables)


def _upper(name: Name) -> Name:
    return Name(*(part.upper() for part in name))
