"""Rows on their way: columns of text → Parquet → stage → staging table → MERGE.

Parquet of text is the fastest form that both Snowflake and the local engine load without typing
surprises (docs/decisions/0002-landing-format.md).
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from hubspot_ingest.database import sql
from hubspot_ingest.database.columns import Column
from hubspot_ingest.database.connection import Database


def parquet(values: Mapping[str, Sequence[str | bytes | None]]) -> bytes:
    """A Parquet file of text columns, all of the same length."""
    table = pa.table({name: pa.array(column, pa.string()) for name, column in values.items()})
    buffer = io.BytesIO()
    # statistics and dictionaries cost time and help no one: the file is read once, whole
    pq.write_table(
        table, buffer, compression="snappy", use_dictionary=False, write_statistics=False
    )
    return buffer.getvalue()


class Staging:
    """The staging table of one run, made when the first rows come and dropped at the end."""

    def __init__(self, database: Database, run_id: str, columns: Sequence[Column]) -> None:
        """``columns`` are those every staged file has."""
        self._database = database
        self._run_id = run_id
        self._columns = tuple(columns)
        schema = f"{sql.name(database.application)}.STAGING"
        self._stage = f"@{schema}.LOADS"
        self._table = f"{schema}.{sql.name(f'LOAD_{run_id.upper()}')}"
        self._files = 0
        self._made = False

    def add(self, file: bytes) -> None:
        """Stage a Parquet file and copy it into the staging table."""
        if not self._made:
            self._database.rows(sql.create_staging(self._table, self._columns))
            self._made = True
        self._files += 1
        # a name is loaded once only: COPY remembers the files it has seen for 64 days
        path = f"{self._stage}/{self._run_id}/{self._files:06d}.parquet"
        self._database.put(io.BytesIO(file), path)
        self._database.rows(sql.copy(self._table, path))

    def merge(self, table: sql.Table, *, portal_id: str, now: int) -> tuple[int, int]:
        """Merge what is staged into ``table`` and empty the staging table.

        Returns rows inserted and rows updated.
        """
        counts = self._database.rows(
            sql.merge(table, self._table, self._columns), (portal_id, self._run_id, now)
        )[0]
        self._database.rows(f"TRUNCATE TABLE {self._table}")
        return (
            int(counts["number of rows inserted"] or 0),
            int(counts["number of rows updated"] or 0),
        )

    def drop(self) -> None:
        """Leave nothing behind."""
        if self._made:
            self._database.rows(f"DROP TABLE IF EXISTS {self._table}")
            self._made = False
