"""The table ``STATE.PUSH_PLAN_ROWS``: the newest plan of each push, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database, variant
from hubspot_ingest.database.state.push_json import FROM_BIND, json_binds, json_columns

_COLUMNS = {
    "N": "NUMBER",
    "ROW_KEY": "VARCHAR",
    "RECORD_ID": "VARCHAR",
    "ACTION": "VARCHAR",
    "CHANGED": "VARIANT",
    "LINKS_ADDED": "ARRAY",
    "LINKS_REMOVED": "ARRAY",
    "CODE": "VARCHAR",
    "MESSAGE": "VARCHAR",
    "PROPERTY": "VARCHAR",
    "PAYLOAD": "VARIANT",
    "BEFORE": "VARIANT",
    "SENT": "VARIANT",
    "ALTERED": "VARIANT",
    "SOURCE_HASH": "VARCHAR",
    "IS_GONE": "BOOLEAN",
    "LINKS": "VARIANT",
}
_OBJECTS = ("PAYLOAD", "BEFORE", "SENT", "ALTERED")
# What sending a row needs: not the difference as it is shown, nor each of its associations.
_OF_VALUES = tuple(column for column in _COLUMNS if column not in ("CHANGED", "LINKS"))
# What the associations of a row need.
_OF_LINKS = (
    *("N", "ROW_KEY", "RECORD_ID", "ACTION", "SOURCE_HASH", "IS_GONE"),
    *("CODE", "LINKS_ADDED", "LINKS_REMOVED", "LINKS"),
)


class PlanRows:
    """The plan of one push, which replaces the one before."""

    def __init__(self, database: Database, push: str) -> None:
        self._database = database
        self._push = push
        self._table = database.in_application("STATE.PUSH_PLAN_ROWS")

    def clear(self) -> None:
        """Forget the plan there was."""
        self._database.rows(f"DELETE FROM {self._table} WHERE PUSH = ?", (self._push,))

    def add(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Add rows, by the names of the columns in small letters."""
        for bind in json_binds(rows):
            self._database.rows(
                f"INSERT INTO {self._table} (PUSH, {', '.join(_COLUMNS)}) "
                f"SELECT ?, {json_columns(_COLUMNS)} {FROM_BIND}",
                (self._push, bind),
            )

    def finish(self, plan_hash: str) -> None:
        """Show the plan under its hash."""
        self._database.rows(
            f"UPDATE {self._table} SET PLAN_HASH = ? WHERE PUSH = ?", (plan_hash, self._push)
        )

    def newest_hash(self) -> str | None:
        """The hash of the newest plan; None where there is none that has rows and was finished."""
        [row] = self._database.rows(
            f"SELECT MAX(PLAN_HASH) AS PLAN_HASH FROM {self._table} WHERE PUSH = ?", (self._push,)
        )
        return None if row["PLAN_HASH"] is None else str(row["PLAN_HASH"])

    def page_of_links(self, plan_hash: str, after: int, limit: int) -> list[dict[str, Any]]:
        """As ``page``, of the rows whose associations change; without their values."""
        return self._page(_OF_LINKS, plan_hash, "LINKS IS NOT NULL", after, limit)

    def page(
        self, plan_hash: str, actions: Sequence[str], after: int, limit: int
    ) -> list[dict[str, Any]]:
        """The next rows of a plan with such actions, in order, by the names of the columns.

        Which associations they end with is not read.
        """
        which = f"ACTION IN ({', '.join(map(sql.text, actions))})"
        rows = self._page(_OF_VALUES, plan_hash, which, after, limit)
        for row in rows:
            for column in _OBJECTS:
                row[column] = variant(row[column]) or {}
        return rows

    def _page(
        self, columns: Sequence[str], plan_hash: str, which: str, after: int, limit: int
    ) -> list[dict[str, Any]]:
        return self._database.rows(
            f"SELECT {', '.join(columns)} FROM {self._table} WHERE PUSH = ? AND PLAN_HASH = ? "
            f"AND N > ? AND {which} ORDER BY N LIMIT {limit}",
            (self._push, plan_hash, after),
        )
