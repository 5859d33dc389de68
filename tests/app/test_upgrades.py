"""What earlier versions remembered is kept by an upgrade, and their code runs on beside the new."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hubspot_ingest.errors import Refusal
from hubspot_sandbox import Portal
from snowflake_sandbox import Engine
from snowflake_sandbox.statements.setup_scripts import split_script
from tests.runs.world import World

ROOT = Path(__file__).parents[2]
STATES = Path(__file__).with_name("states")
RELEASED = [path.stem for path in sorted(STATES.glob("*.sql"))]
STATE = "HUBSPOT_INGEST.STATE"

Rows = list[tuple[str | None, ...]]


@pytest.fixture(params=RELEASED)
def released(request: pytest.FixtureRequest) -> str:
    """A version that was released."""
    return str(request.param)


@pytest.fixture
def engine(released: str) -> Iterator[Engine]:
    """An engine with what that version remembered, not upgraded yet."""
    with Engine() as engine:
        engine.sql("CREATE DATABASE HUBSPOT_INGEST")
        engine.sql("CREATE SCHEMA HUBSPOT_INGEST.STATE")
        session = engine.local_session("HUBSPOT_INGEST")
        for statement in split_script((STATES / f"{released}.sql").read_text()):
            session.execute(statement)
        session.close()
        yield engine


def install(engine: Engine) -> None:
    engine.install(ROOT / "app")


def columns(engine: Engine) -> dict[str, str | None]:
    """Every column of the state with its type."""
    rows = engine.sql(
        "SELECT TABLE_NAME || '.' || COLUMN_NAME, DATA_TYPE"
        " FROM HUBSPOT_INGEST.INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = 'STATE'"
    )
    return {str(name): kind for name, kind in rows}


def remembered(engine: Engine, listed: dict[str, str | None]) -> dict[str, Rows]:
    """The rows of the state, of these columns alone."""
    tables = sorted({name.partition(".")[0] for name in listed})
    by_table = {}
    for table in tables:
        names = sorted(c.partition(".")[2] for c in listed if c.startswith(f"{table}."))
        rows = engine.sql(f"SELECT {', '.join(names)} FROM {STATE}.{table}")
        by_table[table] = sorted(rows, key=str)
    return by_table


def settings_by_sync(engine: Engine) -> dict[str, dict[str, Any]]:
    rows = engine.sql(f"SELECT NAME, SETTINGS FROM {STATE}.SYNCS")
    return {str(name): json.loads(settings or "{}") for name, settings in rows}


def test_an_upgrade_keeps_every_row_and_column(engine: Engine) -> None:
    old = columns(engine)
    # of the settings it is told below that only a destination was written down
    kept = {name: kind for name, kind in old.items() if name != "SYNCS.SETTINGS"}
    before, settings = remembered(engine, kept), settings_by_sync(engine)
    install(engine)
    after = settings_by_sync(engine)
    for told in (after, settings):
        for sync in told.values():
            sync.pop("destination", None)
    assert after == settings
    assert before["SYNCS"]
    assert before["RUNS"]
    assert remembered(engine, kept) == before
    assert {name: columns(engine)[name] for name in old} == old


def test_an_upgraded_state_is_that_of_a_new_installation(engine: Engine) -> None:
    install(engine)
    with Engine() as fresh:
        install(fresh)
        assert columns(engine) == columns(fresh)
        steps = [
            instance.sql(f"SELECT NUMBER FROM {STATE}.MIGRATIONS ORDER BY NUMBER")
            for instance in (engine, fresh)
        ]
    assert steps[0] == steps[1] == [(str(n + 1),) for n in range(len(steps[0]))]


def test_an_upgrade_that_runs_twice_changes_nothing(engine: Engine) -> None:
    install(engine)
    first = remembered(engine, columns(engine))
    before = (
        engine.catalog.grants,
        [procedure.signature for procedure in engine.catalog.procedures],
    )
    install(engine)
    assert remembered(engine, columns(engine)) == first
    assert (
        engine.catalog.grants,
        [procedure.signature for procedure in engine.catalog.procedures],
    ) == before


def test_the_version_before_runs_on_beside_the_new_one(engine: Engine, released: str) -> None:
    """Until its last run has ended, as Snowflake does it: every statement of it still works."""
    install(engine)
    recorded_statements: list[tuple[str, list[Any]]] = json.loads(
        (STATES / f"{released}.statements.json").read_text()
    )
    session = engine.local_session("HUBSPOT_INGEST", "CORE")
    for statement, params in recorded_statements:
        session.execute(statement, params)
    session.close()
    assert len(recorded_statements) > 20


def test_syncs_and_their_settings_run_on_after_an_upgrade(engine: Engine) -> None:
    install(engine)
    with World(engine, portal=Portal(1, records={"contacts": 30})) as world:
        names = {row["NAME"] for row in world.rows("SELECT NAME FROM HUBSPOT_INGEST.CORE.SYNCS")}
        assert names >= {"contacts", "customers", "deals", "slow"}
        world.clock.advance(3 * 24 * 3_600_000)
        # what two syncs shared is the first one's; the other says whose it is
        with pytest.raises(Refusal, match="belongs to the sync contacts") as taken:
            world.ingest("customers")
        assert taken.value.response_code == "TABLE_TAKEN"
        assert world.ingest("contacts")["status"] == "SUCCEEDED"
        assert world.ingest("slow")["status"] == "SUCCEEDED"
        killed = [r["STATUS"] for r in world.runs() if r["RUN_ID"] == "2026-09-22-killed"]
        assert killed == ["FAILED"]


def test_state_that_the_version_before_writes_counts_until_the_new_one_ran(engine: Engine) -> None:
    install(engine)
    with World(engine) as world:
        contacts = world.syncs.find("contacts")
        assert contacts is not None
        assert contacts.settled_through is not None
        later = "SETTLED_THROUGH = DATEADD('hour', 1, SETTLED_THROUGH)"
        engine.sql(f"UPDATE {STATE}.SYNCS SET {later} WHERE NAME = 'contacts'")
        moved = world.syncs.find("contacts")
        world.hold("contacts", "killed before it wrote anything")
        engine.sql(f"UPDATE {STATE}.SYNCS SET SETTLED_THROUGH = NULL WHERE NAME = 'contacts'")
        rewound = world.syncs.find("contacts")

    assert moved is not None
    assert moved.settled_through == contacts.settled_through + 3_600_000
    assert rewound is not None
    assert rewound.settled_through is None


def test_state_of_the_version_before_does_not_outlive_a_reset(engine: Engine) -> None:
    install(engine)
    with World(engine) as world:
        world.syncs.reset("contacts", world.clock.now())
        contacts = world.syncs.find("contacts")

    assert contacts is not None
    assert contacts.settled_through is None


def test_a_credential_set_before_there_were_connections_is_the_first_ones(engine: Engine) -> None:
    install(engine)
    connections = engine.sql("SELECT NAME, KIND, PORTAL_ID FROM HUBSPOT_INGEST.CORE.CONNECTIONS")
    assert connections == [("default", "TOKEN", "62515001")]
