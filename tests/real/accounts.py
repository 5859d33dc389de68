"""Where the end-to-end assertions run: the local engine and a local HubSpot, or the real two.

What a real account needs in the environment is told in docs/DEVELOP.md.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from snowflake.connector import DictCursor, SnowflakeConnection

from hubspot_sandbox import Portal, Sandbox
from snowflake_sandbox import Engine

ROOT = Path(__file__).parents[2]
CONNECTION, TOKEN, APPLICATION = (
    "TEST_SNOWFLAKE_CONNECTION",
    "TEST_HUBSPOT_TOKEN",
    "TEST_APPLICATION",
)
PATIENCE_SECONDS = 600.0

Row = dict[str, Any]


@dataclass(frozen=True)
class Account:
    """An account with the app in it, and a HubSpot that it may read.

    Attributes:
        application: the app's name.
        token: the HubSpot credential.
        pause: seconds between two looks at something that takes its time.
    """

    connection: SnowflakeConnection
    application: str
    token: str
    pause: float

    def rows(self, statement: str, *params: object) -> list[Row]:
        """Run a statement; ``{app}`` in it is the app's quoted name."""
        with self.connection.cursor(DictCursor) as cursor:
            cursor.execute(statement.replace("{app}", f'"{self.application}"'), params or None)
            found: Iterable[Any] = cursor.fetchall()
            return [dict(row) for row in found]

    def call(self, call: str, *params: object) -> Row:
        """Call a procedure of the app; its answer must be OK."""
        (row,) = self.rows(f"CALL {{app}}.CORE.{call}", *params)
        answer: Row = json.loads(next(iter(row.values())))
        assert answer["response_code"] == "OK", answer
        return answer

    def wait(self, look: Callable[[], bool]) -> None:
        """Look until it is so."""
        patience = time.monotonic() + PATIENCE_SECONDS
        while not look():
            assert time.monotonic() < patience, "waited in vain"
            time.sleep(self.pause)


@contextmanager
def local() -> Iterator[Account]:
    """The local engine with the app, and a local HubSpot behind real HTTP."""
    sandbox = Sandbox(Portal(1, records={"contacts": 120, "companies": 10}))
    with (
        sandbox.serve() as server,
        pytest.MonkeyPatch.context() as environment,
        Engine() as engine,
    ):
        environment.setenv("HUBSPOT_BASE_URL", server.url)
        environment.delenv("HUBSPOT_TOKEN", raising=False)
        engine.install(ROOT / "app")
        connection = engine.connect()
        yield Account(connection, "HUBSPOT_INGEST", sandbox.portal.token, 0.01)
        connection.close()


@contextmanager
def real() -> Iterator[Account]:
    """A Snowflake account in which the app is installed, and a HubSpot portal."""
    lacking = [name for name in (CONNECTION, TOKEN) if not os.environ.get(name)]
    if lacking:
        pytest.fail(f"set {' and '.join(lacking)}: docs/DEVELOP.md tells how", pytrace=False)
    snowflake.connector.paramstyle = "qmark"
    connection = snowflake.connector.connect(connection_name=os.environ[CONNECTION])
    application = os.environ.get(APPLICATION, "HUBSPOT_INGEST")
    yield Account(connection, application, os.environ[TOKEN], 5.0)
    connection.close()
