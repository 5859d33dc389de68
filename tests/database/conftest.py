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


@pytest.fixture(scope="module")
def bare() -> Iterator[Database]:
    """An engine without the app: a schema in which there is nothing."""
    with Engine(None) as engine, engine.session() as session:
        database = Database(session)
        database.rows('CREATE DATABASE "D"')
        database.rows('CREATE SCHEMA "D"."S"')
        yield database
