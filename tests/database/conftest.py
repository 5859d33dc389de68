from __future__ import annotations

from collections.abc import Iterator

import pytest
from snowflake.snowpark import Session

from hubspot_ingest.database.connection import Database
from snowflake_sandbox import Engine
from tests.runs.conftest import engine, installed

__all__ = ["engine", "installed"]


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with engine.session("HUBSPOT_INGEST", "CORE") as session:
        yield session


@pytest.fixture
def database(session: Session) -> Database:
    return Database(session)
