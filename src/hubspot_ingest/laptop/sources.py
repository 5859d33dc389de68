"""``hubspot-ingest sources``: dbt's ``sources.yml`` of what landed."""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_ingest.database import sql
from hubspot_ingest.errors import CONTROL, LaptopError, printable
from hubspot_ingest.laptop import home
from hubspot_ingest.laptop.statements import execute
from hubspot_ingest.schedules import longest_gap, minutes_of

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

FRESHNESS = "_FRESHNESS"
OF_OURS = "_SYNCED_AT"
"""Every table that syncs fill has this column, and those beside it."""
UNPROMISED_MINUTES = 24 * 60
_PLAIN = re.compile(r"[A-Z_][A-Z0-9_]*\Z")
_JINJA = re.compile(r"\{(?=[{%#])")


@dataclass(frozen=True)
class SourceTable:
    """A table that landed: its comment, its columns, and after how long it is late."""

    name: str
    comment: str
    columns: Sequence[tuple[str, str, str]]
    settled: str
    """The table whose time of ``_FRESHNESS`` counts: that of the sync, also for what is beside."""
    late_minutes: int


def run(connection_name: str | None, application: str) -> int:
    """Print the file; a schema that cannot be read is left out, with a line on stderr.

    Raises ``LaptopError`` where nothing landed yet or no schema can be read.
    """
    with _connected(connection_name) as connection:
        schemas = _schemas(connection, application)
        if not schemas:
            raise LaptopError("nothing has landed yet; CALL ingest_hubspot('contacts') first")
        found: dict[tuple[str, str], list[SourceTable]] = {}
        failures: list[str] = []
        for place in sorted(schemas):
            try:
                found[place] = _sources(connection, *place, schemas[place])
            except LaptopError as error:
                failures.append(f"{'.'.join(place)} is left out: {error.message}")
    if not found:
        raise LaptopError(failures[0])
    for failure in failures:
        print(f"hubspot-ingest: {printable(failure)}", file=sys.stderr)
    print(as_yaml(found), end="", flush=True)
    return 0


@contextmanager
def _connected(connection_name: str | None) -> Iterator[SnowflakeConnection]:
    if connection_name is None:
        with home.connecting() as connect, closing(connect()) as connection:
            yield connection
        return
    import snowflake.connector

    try:
        connection = snowflake.connector.connect(connection_name=connection_name)
    except snowflake.connector.errors.Error as error:
        raise LaptopError(f"connection {connection_name!r}: {error.raw_msg or error}") from error
    with closing(connection):
        yield connection


def _schemas(
    connection: SnowflakeConnection, application: str
) -> dict[tuple[str, str], dict[str, int]]:
    """Return how late each sync's table may be, by database and schema."""
    schemas: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    query = (
        "SELECT s.DESTINATION, s.SETTINGS:schedule::VARCHAR, s.SETTINGS:fresh_within::VARCHAR"
        f" FROM {sql.name(application)}.CORE.SYNCS s WHERE s.DESTINATION IS NOT NULL"
    )
    for destination, schedule, promise in execute(connection, query).rows:
        database, schema, table = str(destination).split(".", 2)
        minutes = minutes_of(_text(promise)) or longest_gap(_text(schedule))
        late = UNPROMISED_MINUTES if minutes is None else 2 * minutes
        schemas[database, schema][table] = late
    return schemas


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _sources(
    connection: SnowflakeConnection, database: str, schema: str, late: Mapping[str, int]
) -> list[SourceTable]:
    """Return what lies in a schema: the tables of syncs, and their links and history."""
    place = f"FROM {sql.name(database)}.INFORMATION_SCHEMA"
    where = f"WHERE TABLE_SCHEMA = {sql.text(schema)}"
    comments = execute(
        connection,
        f"SELECT TABLE_NAME, COMMENT {place}.TABLES {where} AND TABLE_TYPE = 'BASE TABLE'"
        " ORDER BY TABLE_NAME",
    ).rows
    columns: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for table, *column in execute(
        connection,
        f"SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COMMENT {place}.COLUMNS {where}"
        " ORDER BY TABLE_NAME, ORDINAL_POSITION",
    ).rows:
        name, kind, comment = (str(value or "") for value in column)
        columns[str(table)].append((name, kind, comment))
    sources = []
    for table, comment in ((str(row[0]), str(row[1] or "")) for row in comments):
        settled = _owner(table, late)
        if settled is not None and any(name == OF_OURS for name, _, _ in columns[table]):
            sources.append(SourceTable(table, comment, columns[table], settled, late[settled]))
    return sources


def _owner(table: str, tables: Iterable[str]) -> str | None:
    """Return the table of a sync that a table is, or stands beside: the longest name wins."""
    owners = [name for name in tables if table == name or table.startswith(f"{name}_")]
    return max(owners, key=len, default=None)


def as_yaml(schemas: Mapping[tuple[str, str], Sequence[SourceTable]]) -> str:
    """Write dbt's ``sources.yml``. Texts are written as JSON, which is YAML too."""
    lines = ["version: 2", "", "sources:"]
    for (database, schema), sources in schemas.items():
        name = "hubspot" if len(schemas) == 1 else f"hubspot_{database}_{schema}".lower()
        lines += [
            f"  - name: {_scalar(name)}",
            f"    database: {_scalar(database)}",
            f"    schema: {_scalar(schema)}",
            "    tables:",
        ]
        for source in sources:
            lines += _table(source, f"{sql.name(database)}.{sql.name(schema)}")
    return "\n".join(lines) + "\n"


def _table(source: SourceTable, schema: str) -> Iterator[str]:
    """Yield the lines of a table; how fresh it is tells the time through which it is settled."""
    query = (
        f"SELECT SETTLED_THROUGH FROM {schema}.{FRESHNESS}"
        f" WHERE TABLE_NAME = {sql.text(source.settled)}"
    )
    yield f"      - name: {_scalar(source.name)}"
    yield f"        description: {_prose(source.comment)}"
    yield from _quoting(source.name, "        quoting: {identifier: true}")
    yield "        config:"
    yield f"          loaded_at_query: {_prose(query)}"
    warning = f"{{count: {source.late_minutes}, period: minute}}"
    error = f"{{count: {3 * source.late_minutes}, period: minute}}"
    yield f"          freshness: {{warn_after: {warning}, error_after: {error}}}"
    yield "        columns:"
    for name, kind, comment in source.columns:
        yield f"          - name: {_scalar(name)}"
        yield f"            data_type: {_scalar(kind)}"
        yield f"            description: {_prose(comment)}"
        yield from _quoting(name, "            quote: true")


def _quoting(name: str, line: str) -> Iterator[str]:
    if not _PLAIN.match(name):
        yield line


def _prose(text: str) -> str:
    """Write a text in which dbt looks for Jinja."""
    return _scalar(_JINJA.sub("{ ", text))


def _scalar(value: str) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return CONTROL.sub(lambda sign: f"\\u{ord(sign[0]):04x}", written)
