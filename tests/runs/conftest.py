from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from hubspot_ingest.database.state.connections import SECRETS
from hubspot_sandbox import Faults, Limits, Portal, Sandbox
from snowflake_sandbox import Engine
from tests.runs.world import HandClock, World, empty

APP = Path(__file__).parents[2] / "app"


@pytest.fixture(scope="session")
def installed() -> Iterator[Engine]:
    with Engine(None) as engine:
        install(engine)
        yield engine


def install(engine: Engine) -> None:
    """Install the app and approve its requests to HubSpot."""
    engine.install(APP)
    approve = "APPROVE SPECIFICATION HUBSPOT_API SEQUENCE_NUMBER = 1"
    engine.sql(f"ALTER APPLICATION HUBSPOT_INGEST {approve}")


@pytest.fixture
def engine(installed: Engine) -> Engine:
    """An engine with the app, as on the day it was installed."""
    return as_installed(installed)


def as_installed(installed: Engine) -> Engine:
    """Forget everything that was done since the installation."""
    empty(installed)
    # what a test left behind that killed a run, whichever tests share this engine
    installed.sql("REMOVE @HUBSPOT_INGEST.STAGING.LOADS")
    left = installed.sql(
        "SELECT TABLE_NAME FROM HUBSPOT_INGEST.INFORMATION_SCHEMA.TABLES"
        " WHERE TABLE_SCHEMA = 'STAGING'"
    )
    for (name,) in left:
        installed.sql(f'DROP TABLE HUBSPOT_INGEST.STAGING."{name}"')
    for task in installed.catalog.tasks:
        installed.sql(f'DROP TASK HUBSPOT_INGEST.TASKS."{task.name.object}"')
    installed.sql(
        "UPDATE HUBSPOT_INGEST.STATE.CONNECTIONS SET NAME = IFF(SLOT = 0, 'default', NULL), "
        "KIND = NULL, PORTAL_ID = NULL, CREATED_AT = NULL, CHECKED_AT = NULL, WRITES = NULL, "
        "TIME_ZONE = NULL"
    )
    for _, secret in SECRETS.values():
        installed.sql(f"ALTER SECRET HUBSPOT_INGEST.CONFIG.{secret} SET SECRET_STRING = ''")
    return installed


class MakeWorld(Protocol):
    """As ``World``, but for the engine."""

    def __call__(
        self,
        records: dict[str, int] | None = None,
        *,
        clock: HandClock | None = None,
        portal: Portal | None = None,
        limits: Limits | None = None,
        faults: Faults | None = None,
        token: str | None = None,
    ) -> World: ...


@pytest.fixture
def make(engine: Engine) -> Iterator[MakeWorld]:
    """Makes worlds over the one engine."""
    with ExitStack() as stack:

        def made(
            records: dict[str, int] | None = None,
            *,
            clock: HandClock | None = None,
            portal: Portal | None = None,
            limits: Limits | None = None,
            faults: Faults | None = None,
            token: str | None = None,
        ) -> World:
            world = World(
                engine,
                records,
                clock=clock,
                portal=portal,
                limits=limits,
                faults=faults,
                token=token,
            )
            return stack.enter_context(world)

        yield made


@pytest.fixture
def world(make: MakeWorld) -> World:
    """Twelve contacts and nothing else."""
    return make({"contacts": 12})


@pytest.fixture
def served(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Twelve contacts behind real HTTP, for the real CALL; the credential is in the environment."""
    sandbox = Sandbox(Portal(1, records={"contacts": 12}))
    with sandbox.serve() as server, World(engine, portal=sandbox.portal) as world:
        world.sandbox = sandbox
        monkeypatch.setenv("HUBSPOT_BASE_URL", server.url)
        monkeypatch.setenv("HUBSPOT_TOKEN", sandbox.portal.token)
        yield world
