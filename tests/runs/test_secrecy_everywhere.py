"""With everything switched on, and much going wrong, the credential is in one file alone."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from hubspot_sandbox import Faults, Portal, Sandbox
from hubspot_sandbox.faults import Planned
from snowflake_sandbox import Engine
from tests.runs.conftest import APP
from tests.runs.world import World

TOKEN = "pat-eu1-5ec7e75e-c7e7-4111-8222-333344445555"
WRONG = "pat-eu1-0badbad0-0bad-4111-8222-333344445555"
SECRET, GRANT = "5ec7e75e-0auth-c11e-4775-ec7e70000001", "5ec7e75e-0auth-9247-4775-ec7e70000002"
HIDDEN = (TOKEN, WRONG, SECRET, GRANT)
NARROW = {"properties": ["email", "firstname"], "associations": []}
CALL = "CALL HUBSPOT_INGEST.CORE."


class _Everything(logging.Handler):
    """Keeps every record whole: its text, its facts, its exception."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        # of the connector only the statements: what is bound to them it shows at this level
        if record.name.startswith("hubspot") or record.name.startswith("http"):
            said = f"{said} {vars(record)!r}"
        elif "query" not in said:
            return
        self.kept.append(said)


@pytest.fixture
def heard() -> Iterator[_Everything]:
    """What the product, its HTTP library and Snowflake's connector log, at the finest level."""
    handler = _Everything()
    names = ("hubspot_ingest", "httpx", "httpcore", "snowflake.connector.cursor")
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
        logging.getLogger(name).addHandler(handler)
    yield handler
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)
        logging.getLogger(name).removeHandler(handler)


def _everything_on(world: World) -> list[dict[str, Any]]:
    """A day on which the credential is wrong, refused and renewed; the answers of all calls."""
    world.rows("CREATE OR REPLACE NOTIFICATION INTEGRATION MAIL TYPE = EMAIL ENABLED = TRUE")
    world.rows("GRANT USAGE ON INTEGRATION MAIL TO APPLICATION HUBSPOT_INGEST")
    to = {"integration": "MAIL", "recipients": ["ada@example.com"]}
    told = [
        world.call_with("CONFIGURE_APP", {"schedule": "60 MINUTES", "notifications": to}),
        world.call_with("CONFIGURE_SYNC", NARROW, "contacts"),
        world.call_with("CONFIGURE_SYNC", NARROW | {"stream": "contacts"}, "second"),
        world.call(f"{CALL}SEND_TEST_NOTIFICATION()"),
    ]
    for token in (f" {WRONG} x", WRONG, TOKEN):
        world.rows(f"{CALL}SET_TOKEN(?)", (token,))
        told += [world.call(f"{CALL}TEST_CONNECTION()"), world.call(f"{CALL}START_SYNC('second')")]
        assert world.engine.background.wait(60)
        told.append(world.call(f"{CALL}INGEST_HUBSPOT('contacts')"))
        world.rows('EXECUTE TASK HUBSPOT_INGEST.TASKS."ALL SYNCS"')
        assert world.engine.background.wait(60)
        told += [world.call(f"{CALL}SEND_ALERTS()"), world.call(f"{CALL}DISCOVER()")]
    world.rows(f"{CALL}SET_OAUTH(?, ?, ?)", ("client", SECRET, GRANT))
    told += [world.call(f"{CALL}TEST_CONNECTION()"), world.call(f"{CALL}INGEST_ALL()")]
    return told


def _tables(world: World) -> list[str]:
    found = world.engine.sql(
        "SELECT TABLE_SCHEMA || '.' || TABLE_NAME FROM HUBSPOT_INGEST.INFORMATION_SCHEMA.TABLES "
        "WHERE TABLE_SCHEMA IN ('STATE', 'CORE', 'STAGING')"
    )
    return [str(row[0]) for row in found]


@pytest.mark.long
def test_nothing_that_a_full_day_produces_holds_a_credential(
    tmp_path: Path, heard: _Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = [Planned("429", request=4), Planned("503", request=6), Planned("html", request=8)]
    portal = Portal(1, records={"contacts": 6})
    portal.grant(TOKEN, None)
    sandbox = Sandbox(portal, faults=Faults(plan=plan))
    monkeypatch.delenv("HUBSPOT_TOKEN", raising=False)
    with sandbox.serve() as server, Engine(tmp_path) as engine:
        monkeypatch.setenv("HUBSPOT_BASE_URL", server.url)
        engine.install(APP)
        with World(engine, portal=portal) as world:
            answers = _everything_on(world)
            tables = {
                name: world.rows(f"SELECT * FROM HUBSPOT_INGEST.{name}") for name in _tables(world)
            }
        history = engine.history
        ran = [asdict(task) for task in history.task_runs]
        sent = [asdict(notification) for notification in history.notifications]
        events = [asdict(event) for event in history.events]

    # it was a day on which much happened
    assert {"OK", "CREDENTIAL_REJECTED"} <= {str(answer["response_code"]) for answer in answers}
    assert {task["state"] for task in ran} == {"SUCCEEDED", "FAILED"}
    assert any("FAILED" in notification["content"]["text/plain"] for notification in sent)
    assert len(events) > 5
    for said in ("run began", "run ended", "request to be sent again", "MERGE INTO"):
        assert any(said in line for line in heard.kept), said

    for hidden in HIDDEN:
        assert hidden not in json.dumps(answers)
        assert hidden not in json.dumps(tables, default=str)
        assert hidden not in json.dumps([*ran, *sent, *events], default=str)
        assert [line for line in heard.kept if hidden in line] == []
        files = [file for file in tmp_path.rglob("*") if file.is_file()]
        holding = [file.name for file in files if hidden.encode() in file.read_bytes()]
        assert set(holding) <= {"secrets.json"}, hidden
