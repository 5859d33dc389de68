"""Fills new columns of a table from the values it already has in PROPERTIES.

A property whose type changed gets a new column, and one may come under another prefix; neither
moves the modified time of a record, so no search would ever bring the values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hubspot_ingest.database.casts import to_text
from hubspot_ingest.database.columns import KEY, Column, Type
from hubspot_ingest.database.staging import parquet
from hubspot_ingest.database.state.page_archive import column_json
from hubspot_ingest.database.statements import deletions
from hubspot_ingest.inbound.load.table_loader import LoadSpec, MergeStep, TableLoader
from hubspot_ingest.inbound.load.table_spec import TableSpec
from hubspot_ingest.model import Json

ROWS = 5_000


@dataclass(frozen=True, slots=True)
class CastFile:
    """Values of PROPERTIES as the columns have them, up to the id ``read_to``."""

    rows: int
    parts: Mapping[str, bytes]
    read_to: str
    misfits: int = field(default=0, init=False)


def fill_columns(
    loader: TableLoader,
    tables: TableSpec,
    columns: Sequence[Column],
    after: str = "",
    *,
    repairing: bool = False,
) -> Iterator[tuple[str, list[str]]]:
    """Fill columns of the rows above the id ``after``.

    Yields the id up to which they are filled. ``repairing``: of rows that are not marked as
    deleted, and with the ids of those that had other values.
    """
    table, staging = tables.table, loader.staging({"": (Column(KEY, Type.TEXT), *columns)})
    statement = deletions.cast_anew(table, columns, ROWS, live=repairing)
    fill = deletions.fill_columns(table, staging.table(), columns)
    column_rows: list[Json] = [column_json(column) for column in columns]
    altered_ids: list[str] = []

    def steps(*_: object) -> Iterator[MergeStep]:
        if repairing:
            rows = loader.database.all_rows(fill.touched(tables.key, tables.key))
            altered_ids.extend(str(row["KEY"]) for row in rows)
        if altered_ids or not repairing:
            yield MergeStep(fill, (), recorded=False)

    while rows := loader.database.rows(statement, (after,)):
        values: dict[str, Sequence[str | bytes | None]] = {KEY: [row[KEY] for row in rows]}
        for n, column in enumerate(columns):
            values[column.name], _ = to_text(column, [row[f"P{n}"] for row in rows])
        file = CastFile(len(rows), {"": parquet(values)}, str(rows[-1][KEY]))
        staging.add(file.parts)
        facts: dict[str, Json] = {"columns": column_rows, "after": after}
        spec = LoadSpec(tables, steps, "REFILL", facts, kept={})
        loader.merge(staging, [file], spec, loader.clock.now())
        staging.truncate()
        after = file.read_to
        yield after, altered_ids
        altered_ids.clear()
