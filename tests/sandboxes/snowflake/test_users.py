"""CURRENT_USER() of a session: who logged in, and nobody on an application's page."""

from __future__ import annotations

import snowflake.connector

from snowflake_sandbox import Engine
from snowflake_sandbox.endpoint.wire import PAGE_PARAMETER


def user_of(engine: Engine, **options: object) -> str | None:
    with engine.serve() as server:
        parameters = server.connection_parameters()
        with snowflake.connector.connect(**parameters, **options) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT CURRENT_USER()")
            [row] = cursor.fetchall()
    return None if row[0] is None else str(row[0])


def test_it_is_who_logged_in() -> None:
    with Engine() as engine:
        assert user_of(engine) == "LOCAL"


def test_a_page_of_an_application_is_not_told() -> None:
    with Engine() as engine:
        assert user_of(engine, session_parameters={PAGE_PARAMETER: True}) is None
