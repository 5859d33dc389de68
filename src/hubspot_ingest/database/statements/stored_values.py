"""The SQL that puts hashes in the place of values which tables already hold. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hubspot_ingest.database.columns import KEY, RUN_ID, SYNCED_AT, Column, Type
from hubspot_ingest.database.sql import INSTANT, Table, name, typed
from hubspot_ingest.database.statements.merge import Merge

PROPERTIES = Column("PROPERTIES", Type.VARIANT)


def readable(value: str) -> str:
    """The condition that a text is neither empty nor a hash already."""
    return f"({value} <> '' AND NOT REGEXP_LIKE({value}, '[0-9a-f]{{64}}'))"


def readable_rows(
    table: Table, properties: Sequence[str], texts: Sequence[str], others: Sequence[str], limit: int
) -> str:
    """Selects rows in which a value of some properties can be read, by id.

    Bind: the id to begin after. ``texts`` are columns of text that hold such values, selected as
    ``C0``, ``C1`` and so on beside ``ID`` and ``PROPERTIES``, ``others`` those of another type.
    """
    values = [f"{name(PROPERTIES.name)}:{name(each)}::VARCHAR" for each in properties]
    conditions = [
        *(readable(value) for value in (*values, *map(name, texts))),
        *(f"{name(column)} IS NOT NULL" for column in others),
    ]
    selected = "".join(f", {name(column)} AS C{n}" for n, column in enumerate(texts))
    some = "\n  OR ".join(conditions)
    return (
        f"SELECT {name(KEY)}, TO_JSON({name(PROPERTIES.name)}) AS PROPERTIES{selected} "
        f"FROM {table.quoted} WHERE {name(KEY)} > ? AND (\n  {some}\n) "
        f"ORDER BY {name(KEY)} LIMIT {int(limit)}"
    )


def replace_values(
    table: Table, staging: str, columns: Sequence[Column], others: Sequence[str]
) -> Merge:
    """Sets PROPERTIES and columns to what is staged by ``ID``, ``others`` to NULL.

    Binds: run id, now.
    """
    staged = (PROPERTIES, *columns)
    values = ", ".join(f"{typed(column)} AS {name(column.name)}" for column in staged)
    stamps = [name(RUN_ID.name), name(SYNCED_AT.name)]
    sets = [
        *(f"{name(column.name)} = s.{name(column.name)}" for column in staged),
        *(f"{name(column)} = NULL" for column in others),
        *(f"{stamp} = s.{stamp}" for stamp in stamps),
    ]
    return Merge(
        table,
        f"  SELECT {name(KEY)}, {values}, CAST(? AS VARCHAR) AS {stamps[0]}, "
        f"{INSTANT} AS {stamps[1]} FROM {staging}",
        f"t.{name(KEY)} = s.{name(KEY)}",
        ", ".join(sets),
    )


def readable_history(table: Table) -> str:
    """Selects the properties of which past values can be read, as ``PROPERTY``."""
    return f'SELECT DISTINCT "PROPERTY" FROM {table.quoted} WHERE {readable(name("VALUE"))}'


def hash_history(table: Table, columns: Mapping[str, str]) -> str:
    """Hashes past values that can be read; binds: the salt, [now,] a JSON array of properties.

    ``columns`` are those of the table; one without ``_SYNCED_AT`` takes no time.
    """
    stamp = f", {name(SYNCED_AT.name)} = {INSTANT}" if SYNCED_AT.name in columns else ""
    return (
        f'UPDATE {table.quoted} SET "VALUE" = SHA2(CONCAT(?, "VALUE"), 256){stamp} '
        f'WHERE {readable(name("VALUE"))} AND "PROPERTY" IN '
        "(SELECT f.VALUE::VARCHAR FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f)"
    )
