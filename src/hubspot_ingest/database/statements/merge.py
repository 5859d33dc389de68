"""A MERGE in its parts, and what it is about to touch. Pure.

Both statements are made from the same parts, so that what is said to be touched is what is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hubspot_ingest.database.columns import Column, Type
from hubspot_ingest.database.sql import Table, as_text, name, text


@dataclass(frozen=True, slots=True)
class Merge:
    """A MERGE into ``t``, the table, from ``s``, a SELECT that alone holds binds.

    ``sets`` is what an update sets (empty: there is none) and ``when`` which rows it takes;
    ``inserts`` are the quoted names of columns of ``s`` that a row is made of, by the names they
    have in the table (none: rows are not made).
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
        """The rows it is about to change or make: KEY as ``key_of`` has it, and BODY.

        BODY is the row before, its ``columns`` as text; NULL where there is no row yet.
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
    """The key of a row as one text; of several columns as an object."""
    if len(key) == 1 and key[0].type is Type.TEXT:
        return f"{of}.{name(key[0].name)}"
    return f"TO_JSON({body_of(key, of)})"


def body_of(columns: Sequence[Column], of: str) -> str:
    """A row as an object of texts, each of which ``typed`` reads back as the same value."""
    told = ", ".join(f"{text(one.name)}, {as_text(one, of)}" for one in columns)
    return f"OBJECT_CONSTRUCT_KEEP_NULL({told})"


def from_body(column: Column, body: str) -> str:
    """The text of a column in an object that ``body_of`` made."""
    return f"GET({body}, {text(column.name)})::VARCHAR"
