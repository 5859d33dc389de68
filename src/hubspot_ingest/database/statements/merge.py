"""Builds a MERGE, and a SELECT of the rows that this MERGE is about to change. Pure.

Both statements are built from the same parts, so that they always agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hubspot_ingest.database.columns import Column, Type
from hubspot_ingest.database.sql import Table, as_text, name, text


@dataclass(frozen=True, slots=True)
class Merge:
    """A MERGE into the table, ``t``, from a SELECT, ``s``; only the SELECT has binds.

    ``sets`` is what an update sets (empty: no update) and ``when`` the condition for it.
    ``inserts`` are pairs of a column of the table and the column of ``s`` from which an inserted
    row takes it, both quoted (none: no insert).
    """

    table: Table
    source: str
    on: str
    sets: str = ""
    when: str = ""
    inserts: Sequence[tuple[str, str]] = ()

    def __str__(self) -> str:
        """The statement."""
        lines = [f"MERGE INTO {self.table.quoted} t USING (\n{self.source}\n) s ON {self.on}"]
        if self.sets:
            condition = f" AND {self.when}" if self.when else ""
            lines.append(f"WHEN MATCHED{condition} THEN UPDATE SET {self.sets}")
        if self.inserts:
            into = ", ".join(target for target, _ in self.inserts)
            values = ", ".join(f"s.{source}" for _, source in self.inserts)
            lines.append(f"WHEN NOT MATCHED THEN INSERT ({into})\nVALUES ({values})")
        return "\n".join(lines)

    def touched(self, key: Sequence[Column], columns: Sequence[Column]) -> str:
        """Selects the rows it is about to update or insert: KEY, as in ``key_of``, and BODY.

        BODY is the row before the MERGE, its ``columns`` as text; NULL where there is no row yet.
        """
        there = f"t.{name(key[0].name)} IS NOT NULL"
        of = "s" if self.inserts else "t"
        which = []
        if self.sets:
            which.append(f"({there} AND ({self.when}))" if self.when else there)
        if self.inserts:
            which.append(f"NOT {there}")
        join = "LEFT JOIN" if self.inserts else "JOIN"
        return (
            f"SELECT {key_of(key, of)} AS KEY,\n"
            f"  IFF({there}, {body_of(columns, 't')}, NULL) AS BODY\n"
            f"FROM (\n{self.source}\n) s {join} {self.table.quoted} t ON {self.on}\n"
            f"WHERE {' OR '.join(which)}"
        )


def key_of(key: Sequence[Column], of: str) -> str:
    """The key of a row as one text: JSON where the key has several columns or is no text."""
    if len(key) == 1 and key[0].type is Type.TEXT:
        return f"{of}.{name(key[0].name)}"
    return f"TO_JSON({body_of(key, of)})"


def body_of(columns: Sequence[Column], of: str) -> str:
    """A row as an object of texts, each of which ``typed`` reads back as the same value."""
    pairs = ", ".join(f"{text(column.name)}, {as_text(column, of)}" for column in columns)
    return f"OBJECT_CONSTRUCT_KEEP_NULL({pairs})"


def from_body(column: Column, body: str) -> str:
    """The text of a column in an object built by ``body_of``."""
    return f"GET({body}, {text(column.name)})::VARCHAR"
