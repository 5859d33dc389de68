"""Tasks stay as small as they can be, and are whole wherever the application goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.statements import tasks
from snowflake_sandbox import Engine

APP = "HUBSPOT_INGEST"
CONTACTS = f"{APP}.TASKS.CONTACTS"


def _statements(kind: str) -> Sequence[str]:
    if kind == "schedule":
        return tasks.schedule(APP, "contacts", "5 MINUTES", 60, enabled=True)
    if kind == "all":
        return tasks.schedule_all(APP, "5 MINUTES", 60)
    if kind == "alerts":
        return tasks.schedule_alerts(APP)
    # without the last statement, which runs it
    if kind == "start":
        return tasks.start(APP, "contacts", 60)[:-1]
    if kind == "plan":
        return tasks.start_plan(APP, "contacts", "c0ffee", 60)[:-1]
    return tasks.start_reconcile(APP, "contacts", 60)[:-1]


def _options(engine: Engine) -> dict[str, Any]:
    (task,) = engine.catalog.tasks
    return task.options


@pytest.mark.parametrize("kind", ["schedule", "all", "alerts", "start", "reconcile", "plan"])
def test_a_task_never_grows_and_reads_every_row(
    database: Database, engine: Engine, kind: str
) -> None:
    for statement in _statements(kind):
        database.rows(statement)

    assert _options(engine)["SERVERLESS_TASK_MAX_STATEMENT_SIZE"] == "XSMALL"
    assert _options(engine)["ROWS_PER_RESULTSET"] == 0


@pytest.mark.parametrize("kind", ["schedule", "all", "alerts", "start", "reconcile", "plan"])
def test_a_task_calls_whatever_the_application_is_named(
    database: Database, engine: Engine, kind: str
) -> None:
    for statement in _statements(kind):
        database.rows(statement)

    (task,) = engine.catalog.tasks
    assert task.definition.startswith("CALL CORE.")


def _earlier_task(database: Database) -> None:
    """A task as version 0.1.0 made it."""
    database.rows(
        f"CREATE TASK {CONTACTS} SCHEDULE = '60 MINUTES' "
        "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE = 'XSMALL' USER_TASK_TIMEOUT_MS = 3600000 "
        f"""AS CALL "{APP}".CORE.INGEST_HUBSPOT_TASK('contacts')"""
    )
    database.rows(f"ALTER TASK {CONTACTS} RESUME")


def test_another_schedule_mends_a_task_of_an_earlier_version(
    database: Database, engine: Engine
) -> None:
    _earlier_task(database)

    for statement in _statements("schedule"):
        database.rows(statement)

    (task,) = engine.catalog.tasks
    assert task.options["SERVERLESS_TASK_MAX_STATEMENT_SIZE"] == "XSMALL"
    assert task.options["ROWS_PER_RESULTSET"] == 0
    assert task.definition == "CALL CORE.INGEST_HUBSPOT_TASK('contacts')"


def test_an_upgrade_limits_the_size_of_tasks_of_an_earlier_version(
    database: Database, engine: Engine
) -> None:
    _earlier_task(database)

    engine.install(Path(__file__).parents[2] / "app")

    (task,) = engine.catalog.tasks
    assert task.options["SERVERLESS_TASK_MAX_STATEMENT_SIZE"] == "XSMALL"
    assert task.state == "started"
