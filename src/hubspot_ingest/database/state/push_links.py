"""The table ``STATE.PUSH_LINKS``: the associations that pushes were asked for, and made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.database.state.push_json import FROM_BIND, json_binds, json_columns, text_binds

_COLUMNS = {
    **dict.fromkeys(("ROW_KEY", "COLUMN_NAME", "FROM_ID", "TO_TYPE", "TO_KEY", "TO_ID"), "VARCHAR"),
    **dict.fromkeys(("CATEGORY", "TYPE_ID", "LABEL"), "VARCHAR"),
    "PAIR_EXISTED_BEFORE": "BOOLEAN",
    **dict.fromkeys(("STATE", "CODE", "RUN_ID"), "VARCHAR"),
}
_IDENTITY = ("ROW_KEY", "COLUMN_NAME", "TO_TYPE", "TO_KEY", "LABEL")
# Between the parts of a link's key: no key, column or label has a unit separator.
_BETWEEN = "\x1f"
# What tells one link from another; no label is NULL. A column may lead to another object by now,
# of which a record may have the same id or key: HubSpot's ids are unique within an object only.
_SAME = (
    "t.PUSH = s.PUSH AND t.ROW_KEY = s.ROW_KEY AND t.COLUMN_NAME = s.COLUMN_NAME "
    "AND t.TO_TYPE = s.TO_TYPE AND t.TO_KEY = s.TO_KEY AND EQUAL_NULL(t.LABEL, s.LABEL)"
)


class PushLinks:
    """The links of one push."""

    def __init__(self, database: Database, push: str) -> None:
        self._database = database
        self._push = push
        self._table = database.in_application("STATE.PUSH_LINKS")

    def of_rows(self, keys: Sequence[str]) -> list[Row]:
        """The links of some rows."""
        return self._select("ROW_KEY", keys)

    def to_records(self, ids: Sequence[str]) -> list[Row]:
        """The links that lead to some records."""
        return self._select("TO_ID", ids)

    def from_records(self, ids: Sequence[str], pushes: Sequence[str]) -> list[Row]:
        """The links of other pushes that some records have, with the name of each push."""
        return self._database.rows(
            f"SELECT PUSH, {', '.join(_COLUMNS)} FROM {self._table} WHERE PUSH IN "
            f"(SELECT f.VALUE::VARCHAR AS PUSH {FROM_BIND}) AND FROM_ID IN "
            f"(SELECT f.VALUE::VARCHAR AS FROM_ID {FROM_BIND})",
            (json.dumps(list(pushes)), json.dumps(list(ids))),
        )

    def _select(self, column: str, values: Sequence[str]) -> list[Row]:
        if not values:
            return []
        return self._database.rows(
            f"SELECT {', '.join(_COLUMNS)} FROM {self._table} WHERE PUSH = ? AND {column} IN "
            f"(SELECT f.VALUE::VARCHAR AS {column} {FROM_BIND})",
            (self._push, json.dumps(list(values))),
        )

    def save(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Write links, by the names of the columns in small letters."""
        sets = ", ".join(
            f"{column} = IFNULL(s.{column}, t.{column})"
            if column == "RUN_ID"
            else f"{column} = s.{column}"
            for column in _COLUMNS
            if column not in (*_IDENTITY, "PAIR_EXISTED_BEFORE")
        )
        names = ", ".join(_COLUMNS)
        for bind in json_binds(rows):
            self._database.rows(
                f"MERGE INTO {self._table} t USING (SELECT ? AS PUSH, {json_columns(_COLUMNS)} "
                f"{FROM_BIND}) s ON {_SAME} WHEN MATCHED THEN UPDATE SET {sets}, "
                "PAIR_EXISTED_BEFORE = IFNULL(s.PAIR_EXISTED_BEFORE, t.PAIR_EXISTED_BEFORE) "
                f"WHEN NOT MATCHED THEN INSERT (PUSH, {names}) VALUES (s.PUSH, "
                f"{', '.join(f's.{column}' for column in _COLUMNS)})",
                (self._push, bind),
            )

    def mark(self, rows: Iterable[Mapping[str, object]], state: str) -> None:
        """Write the state of links that are stored already; rows as for ``save``."""
        self._change(f"UPDATE {self._table} SET STATE = {sql.text(state)}", rows)

    def delete(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Forget links that are not there any more; rows as for ``save``."""
        self._change(f"DELETE FROM {self._table}", rows)

    def _change(self, change: str, rows: Iterable[Mapping[str, object]]) -> None:
        names = [column.lower() for column in _IDENTITY]
        keys = (_BETWEEN.join(str(row.get(name) or "") for name in names) for row in rows)
        parts = f" || {sql.text(_BETWEEN)} || ".join(
            f"IFNULL({column}, '')" if column == "LABEL" else column for column in _IDENTITY
        )
        for bind in text_binds(keys):
            self._database.rows(
                f"{change} WHERE PUSH = ? AND {parts} IN "
                f"(SELECT f.VALUE::VARCHAR AS LINK {FROM_BIND})",
                (self._push, bind),
            )
