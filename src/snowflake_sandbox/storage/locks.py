"""Lets statements that change rows of the same table wait for each other, as Snowflake does.

UPDATE, DELETE and MERGE hold their table until their transaction ends; others wait in line, and a
line has an end. INSERT, COPY and queries take no such lock. Sources: Snowflake, "Transactions"
(resource locking); the words of the error are as users report them (dbt_artifacts, issue 431).
"""

from __future__ import annotations

import time
import uuid
from collections import defaultdict, deque
from dataclasses import dataclass, field
from threading import Condition

from snowflake_sandbox.errors import SqlError
from snowflake_sandbox.names import Name

WAITERS = 20
"""How many statements may wait for one table; the next is aborted."""


@dataclass
class Holder:
    """A session as the lines know it: its last statement, and the tables that it holds.

    Attributes:
        transaction: its open transaction, or its last one.
    """

    statement: str = ""
    transaction: str = ""
    tables: set[Name] = field(default_factory=set)


class TableLocks:
    """Who holds a table, and who waits for it, in order.

    Args:
        waiters: how many statements may wait for one table.
    """

    def __init__(self, waiters: int = WAITERS) -> None:
        self.waiters = waiters
        self._changed = Condition()
        self._holders: dict[Name, Holder] = {}
        self._lines: defaultdict[Name, deque[Holder]] = defaultdict(deque)

    def acquire(self, table: Name, holder: Holder, seconds: float) -> None:
        """Take a table for a statement, waiting for those that came before.

        Args:
            table: the table whose rows the statement changes.
            holder: the session; a table that it holds already is not waited for.
            seconds: how long to wait, Snowflake's LOCK_TIMEOUT.

        Raises:
            SqlError: 625 when too many wait already, or the wait took too long.
        """
        with self._changed:
            holder.statement = str(uuid.uuid4())
            if table in holder.tables:
                return
            line = self._lines[table]
            if (table in self._holders or line) and len(line) >= self.waiters:
                raise self._aborted(
                    table,
                    holder,
                    "the number of waiters for this lock exceeds the"
                    f" {self.waiters} statements limit",
                )
            line.append(holder)
            until = time.monotonic() + seconds
            try:
                while table in self._holders or line[0] is not holder:
                    if not self._changed.wait(until - time.monotonic()):
                        raise self._aborted(table, holder, f"it waited {seconds:g} seconds for it")
                self._holders[table] = holder
                holder.tables.add(table)
            finally:
                line.remove(holder)
                self._changed.notify_all()

    def release(self, holder: Holder) -> None:
        """Give back every table of a session, because its transaction ended."""
        with self._changed:
            for table in holder.tables:
                del self._holders[table]
            holder.tables.clear()
            self._changed.notify_all()

    def waiting(self, table: Name) -> int:
        """Return how many statements wait for a table."""
        with self._changed:
            return len(self._lines[table])

    def _aborted(self, table: Name, waiter: Holder, reason: str) -> SqlError:
        first = self._holders.get(table) or self._lines[table][0]
        return SqlError(
            f"Statement '{first.statement}' has locked table '{table.object}' in transaction"
            f" {first.transaction or first.statement} and this lock has not yet been released.\n"
            f"Your statement '{waiter.statement}' was aborted because {reason}.",
            625,
            "57014",
        )
