"""CONFIGURE_APP: settings of the whole app, one update upon the other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.runs.world import MINUTE, World


def _configure(world: World, **settings: Any) -> dict[str, Any]:
    return world.call_with("CONFIGURE_APP", settings)


def _stored(world: World) -> dict[str, Any]:
    (row,) = world.rows("SELECT SETTINGS, UPDATED_AT FROM HUBSPOT_INGEST.CORE.SETTINGS")
    return dict(json.loads(row["SETTINGS"]))


def _tasks(world: World) -> dict[str, dict[str, Any]]:
    rows = world.rows("SHOW TASKS IN SCHEMA HUBSPOT_INGEST.TASKS")
    return {str(row["name"]): row for row in rows}


def test_on_the_first_day_nothing_is_set_and_defaults_hold(world: World) -> None:
    assert _stored(world) == {}
    assert _configure(world)["settings"] == {
        "schedule": None,
        "deadline_minutes": 50,
        "reserve_percent": 20,
        "keep_pages_days": 0,
        "reconcile_every_days": 0,
        "keep_runs_days": 400,
        "keep_requests_days": 30,
        "notifications": None,
    }


def test_an_update_leaves_what_it_does_not_name(world: World) -> None:
    _configure(world, deadline_minutes=30, keep_pages_days=7)
    _configure(world, keep_pages_days=14)

    assert _stored(world) == {"deadline_minutes": 30, "keep_pages_days": 14}


def test_null_takes_a_setting_back_to_its_default(world: World) -> None:
    _configure(world, schedule="60 MINUTES", reserve_percent=5)
    answer = _configure(world, schedule=None, reserve_percent=None)

    assert _stored(world) == {}
    assert (answer["settings"]["schedule"], answer["settings"]["reserve_percent"]) == (None, 20)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"scedule": "60 MINUTES"}, "unknown setting 'scedule' (did you mean 'schedule'?)"),
        ({"schedule": "hourly"}, "is no schedule"),
        ({"deadline_minutes": 0}, "setting 'deadline_minutes'"),
        ({"reserve_percent": 96}, "setting 'reserve_percent'"),
        ({"keep_pages_days": -1}, "setting 'keep_pages_days'"),
        ({"notifications": {"on": ["FAILED"]}}, "'notifications.integration': must be given"),
        ({"notifications": {"integration": "A", "to": []}}, "known: integration, on, recipients"),
        ({"notifications": {"integration": "A", "recipients": ["ada"]}}, "no e-mail address"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(
    world: World, settings: dict[str, Any], text: str
) -> None:
    _configure(world, deadline_minutes=30)
    answer = _configure(world, **{"schedule": "60 MINUTES", **settings})

    assert answer["response_code"] == "INVALID_SETTINGS"
    assert text in answer["message"]
    assert _stored(world) == {"deadline_minutes": 30}
    assert _tasks(world) == {}


def test_a_schedule_makes_one_task_for_all_syncs(world: World) -> None:
    _configure(world, schedule="60 MINUTES")

    task = _tasks(world)["ALL SYNCS"]
    assert (task["schedule"], task["state"]) == ("60 MINUTES", "started")
    assert task["definition"].endswith("CORE.INGEST_ALL_TASK()")
    _configure(world, schedule=None)
    assert _tasks(world) == {}


def test_the_task_may_run_longer_than_any_sync_it_runs(world: World) -> None:
    _configure(world, schedule="60 MINUTES", deadline_minutes=20)
    assert world.limit("ALL SYNCS") > 20 * MINUTE
    world.configure("contacts", {"associations": [], "deadline_minutes": 90})
    assert world.limit("ALL SYNCS") > 90 * MINUTE


def test_a_deadline_reaches_the_tasks_of_syncs_that_set_none(world: World) -> None:
    for name, settings in (("contacts", {}), ("deals", {"deadline_minutes": 30})):
        world.configure(name, {"schedule": "60 MINUTES", "associations": [], **settings})
    deals = world.limit("DEALS")
    _configure(world, deadline_minutes=120)

    assert world.limit("CONTACTS") > 120 * MINUTE
    assert world.limit("DEALS") == deals


def test_a_schedule_snowflake_refuses_leaves_all_as_it_was(world: World) -> None:
    _configure(world, schedule="60 MINUTES")
    answer = _configure(world, schedule="USING CRON 0 * * * * Nowhere/Town")

    assert answer["response_code"] == "INVALID_SETTINGS"
    assert _stored(world) == {"schedule": "60 MINUTES"}
    assert _tasks(world)["ALL SYNCS"]["state"] == "started"


def test_a_sync_that_sets_no_reserve_and_no_deadline_takes_the_apps(world: World) -> None:
    _configure(world, reserve_percent=7, deadline_minutes=33)
    answer = world.configure("contacts", {"associations": [], "deadline_minutes": 44})

    assert answer["settings"]["reserve_percent"] == 7
    assert answer["settings"]["deadline_minutes"] == 44


def test_a_run_ends_at_the_apps_deadline(world: World) -> None:
    world.slim()
    _configure(world, deadline_minutes=1)
    world.sandbox.latency_ms = 45_000

    assert world.ingest()["response_code"] == "DEADLINE_REACHED"


def test_the_apps_schedule_tells_when_a_sync_runs_next_and_that_it_is_late(world: World) -> None:
    _configure(world, schedule="30 MINUTES")
    world.slim().run()
    (row,) = world.rows(
        "SELECT HEALTH, DATEDIFF(MINUTE, LAST_RUN_AT, NEXT_RUN_AT) AS M "
        "FROM HUBSPOT_INGEST.CORE.SYNCS"
    )

    # the world's clock stands months behind the engine's own
    assert (row["HEALTH"], row["M"]) == ("DELAYED", 30)


@pytest.mark.parametrize("by", ["app", "sync"])
def test_a_sync_on_a_cron_schedule_can_be_late_too(world: World, by: str) -> None:
    daily = "USING CRON 0 6 * * * UTC"
    world.configure(
        "contacts", {"associations": []} | ({"schedule": daily} if by == "sync" else {})
    )
    if by == "app":
        _configure(world, schedule=daily)
    world.run()

    assert (world.sync()["HEALTH"], world.sync()["NEXT_RUN_AT"]) == ("DELAYED", None)
