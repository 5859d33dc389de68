"""One engine in memory for all tests of this directory; each test has a schema of its own."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from snowflake.snowpark import Session

from snowflake_sandbox import Engine

Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="session")
def shared() -> Iterator[Engine]:
    engine = Engine(None)
    engine.sql("CREATE DATABASE LAB")
    engine.sql("CREATE SCHEMA LAB.BENCH")
    yield engine
    engine.close()


@pytest.fixture
def session(shared: Engine) -> Iterator[Session]:
    shared.sql("CREATE OR REPLACE SCHEMA LAB.BENCH")
    opened = shared.session("LAB", "BENCH")
    yield opened
    opened.close()


@pytest.fixture
def rows(session: Session) -> Rows:
    """Run a statement and return its rows as dictionaries."""

    def run(text: str, *params: Any) -> list[dict[str, Any]]:
        return [row.as_dict() for row in session.sql(text, params=list(params)).collect()]

    return run


@pytest.fixture
def stage(session: Session, rows: Rows) -> Callable[[str, dict[str, list[Any]]], str]:
    """Stage a Parquet file of the given columns and return its location."""
    rows("CREATE STAGE LOADS")

    def put(path: str, columns: dict[str, list[Any]]) -> str:
        buffer = io.BytesIO()
        pq.write_table(pa.table(columns), buffer)
        buffer.seek(0)
        location = f"@LAB.BENCH.LOADS/{path}"
        session.file.put_stream(buffer, location, auto_compress=False, overwrite=True)
        return location

    return put
