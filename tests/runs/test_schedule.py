"""A sync with a schedule has a task of its own, which runs the same code."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest.errors import GrantMissing, Refusal
from hubspot_ingest.inbound import configure
from tests.runs.world import World


def _scheduled(world: World, schedule: str | None) -> None:
    settings: dict[str, Any] = {"associations": []}
    world.configure("contacts", settings if schedule is None else settings | {"schedule": schedule})


def _task(world: World, name: str = "CONTACTS") -> dict[str, Any]:
    rows = world.rows("SHOW TASKS IN SCHEMA HUBSPOT_INGEST.TASKS")
    return next(row for row in rows if row["name"] == name)


def test_a_sync_without_a_schedule_has_no_task(world: World) -> None:
    _scheduled(world, None)

    assert world.rows("SHOW TASKS IN SCHEMA HUBSPOT_INGEST.TASKS") == []


def test_a_schedule_makes_a_task_that_is_started(world: World) -> None:
    _scheduled(world, "60 MINUTES")

    task = _task(world)
    assert (task["schedule"], task["state"]) == ("60 MINUTES", "started")
    assert "INGEST_HUBSPOT_TASK('contacts')" in task["definition"]


def test_another_schedule_changes_the_task(world: World) -> None:
    _scheduled(world, "60 MINUTES")
    _scheduled(world, "USING CRON 0 * * * * UTC")

    assert _task(world)["schedule"] == "USING CRON 0 * * * * UTC"


def test_taking_the_schedule_away_drops_the_task(world: World) -> None:
    _scheduled(world, "60 MINUTES")
    _scheduled(world, None)

    assert world.rows("SHOW TASKS IN SCHEMA HUBSPOT_INGEST.TASKS") == []


@pytest.mark.parametrize(("enabled", "state"), [(False, "suspended"), (True, "started")])
def test_disabling_suspends_the_task_and_enabling_resumes_it(
    world: World, enabled: bool, state: str
) -> None:
    _scheduled(world, "60 MINUTES")
    configure.enable(world.context, "contacts", enabled=not enabled)
    configure.enable(world.context, "contacts", enabled=enabled)

    assert _task(world)["state"] == state


def test_a_disabled_sync_that_is_configured_anew_stays_suspended(world: World) -> None:
    _scheduled(world, "60 MINUTES")
    configure.enable(world.context, "contacts", enabled=False)
    _scheduled(world, "30 MINUTES")

    assert _task(world)["state"] == "suspended"


def test_dropping_a_sync_drops_its_task(world: World) -> None:
    _scheduled(world, "60 MINUTES")
    configure.drop(world.context, "contacts")

    assert world.rows("SHOW TASKS IN SCHEMA HUBSPOT_INGEST.TASKS") == []


def test_the_view_tells_when_a_sync_runs_next_and_that_it_is_late(world: World) -> None:
    _scheduled(world, "60 MINUTES")
    world.run()
    (row,) = world.rows(
        "SELECT HEALTH, DATEDIFF(MINUTE, LAST_RUN_AT, NEXT_RUN_AT) AS M "
        "FROM HUBSPOT_INGEST.CORE.SYNCS"
    )

    # the world's clock stands months behind the engine's own, so the next run is long overdue
    assert (row["HEALTH"], row["M"]) == ("DELAYED", 60)


def test_a_run_that_fails_makes_its_task_fail(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUBSPOT_TOKEN", raising=False)
    _scheduled(world, "60 MINUTES")

    world.rows("EXECUTE TASK HUBSPOT_INGEST.TASKS.CONTACTS")
    assert world.engine.background.wait(60)

    assert "CREDENTIAL_MISSING" in str(_task(world)["last_error"])
    assert [row["STATUS"] for row in world.runs()] == ["FAILED"]


def test_a_task_runs_the_sync_as_a_call_does(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _scheduled(world, "60 MINUTES")
    with world.sandbox.serve(port=0) as server:
        monkeypatch.setenv("HUBSPOT_BASE_URL", server.url)
        monkeypatch.setenv("HUBSPOT_TOKEN", world.token)
        world.rows("EXECUTE TASK HUBSPOT_INGEST.TASKS.CONTACTS")
        assert world.engine.background.wait(60)

    assert _task(world)["last_error"] is None
    assert world.landed().keys() == world.truth().keys()


@pytest.mark.parametrize("schedule", ["USING CRON 99 * * * * UTC", "20000 MINUTES"])
@pytest.mark.parametrize("before", [None, "60 MINUTES"])
def test_a_schedule_that_snowflake_refuses_changes_nothing(
    world: World, before: str | None, schedule: str
) -> None:
    if before is not None:
        _scheduled(world, before)
    remembered, tasks = world.stored(), world.engine.catalog.tasks

    with pytest.raises(Refusal, match="Snowflake refuses the schedule"):
        _scheduled(world, schedule)

    assert world.stored() == remembered
    assert [(task.state, task.options) for task in world.engine.catalog.tasks] == [
        (task.state, task.options) for task in tasks
    ]


def test_an_app_that_may_not_run_tasks_names_the_grant(world: World) -> None:
    application = "ON ACCOUNT {} APPLICATION HUBSPOT_INGEST"
    world.rows(f"REVOKE EXECUTE MANAGED TASK {application.format('FROM')}")

    with pytest.raises(GrantMissing) as refused:
        _scheduled(world, "60 MINUTES")

    grant = 'GRANT EXECUTE TASK, EXECUTE MANAGED TASK ON ACCOUNT TO APPLICATION "HUBSPOT_INGEST"'
    assert grant in refused.value.message
    assert world.engine.catalog.tasks == []
    world.rows(grant)
    _scheduled(world, "60 MINUTES")


def test_a_run_ends_before_its_task_is_ended(world: World) -> None:
    world.configure(
        "contacts", {"associations": [], "schedule": "60 MINUTES", "deadline_minutes": 20}
    )

    (task,) = world.engine.catalog.tasks
    assert task.options["USER_TASK_TIMEOUT_MS"] > 20 * 60_000


def test_an_admin_may_watch_and_start_the_task(world: World) -> None:
    _scheduled(world, "60 MINUTES")

    held = world.engine.catalog.held(
        "TASK", "HUBSPOT_INGEST.TASKS.CONTACTS", "HUBSPOT_INGEST.APP_ADMIN"
    )
    assert held == {"MONITOR", "OPERATE"}
