"""What is remembered of runs is deleted when it is old, once a day and in a few statements."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest.errors import Refusal
from hubspot_ingest.operations import app_settings
from hubspot_ingest.times import DAY
from tests.runs.statement_counts import statements_of_run
from tests.runs.world import HOUR, World


def _requests(world: World) -> set[str]:
    """The runs whose requests are remembered."""
    return {row["RUN_ID"] for row in world.rows("SELECT RUN_ID FROM HUBSPOT_INGEST.CORE.REQUESTS")}


def _run_ids(world: World) -> list[str]:
    return [row["RUN_ID"] for row in world.runs()]


def _ran_after(world: World, days: int) -> str:
    world.clock.advance(days * DAY)
    return str(world.run()["run_id"])


def test_requests_are_kept_thirty_days_and_runs_four_hundred(world: World) -> None:
    world.slim()
    first = _ran_after(world, 0)
    second = _ran_after(world, 31)
    requests_after_a_month = _requests(world)
    third = _ran_after(world, 370)

    assert requests_after_a_month == {second}
    assert _run_ids(world) == [second, third]
    assert first not in _run_ids(world)


@pytest.mark.long
def test_errors_are_kept(world: World) -> None:
    world.slim()
    token, world.token = world.token, "pat-na1-00000000-0000-4000-8000-00000000dead"
    failed = world.ingest()
    world.token = token
    _ran_after(world, 401)
    _ran_after(world, 401)

    assert failed["run_id"] not in _run_ids(world)
    assert [row["RUN_ID"] for row in world.errors()] == [failed["run_id"]]


@pytest.mark.long
def test_the_settings_of_the_app_say_how_long(world: World) -> None:
    world.slim()
    app_settings.configure(world.context, {"keep_runs_days": 10, "keep_requests_days": 2})
    first, second = _ran_after(world, 0), _ran_after(world, 3)
    requests = _requests(world)
    third = _ran_after(world, 8)

    assert requests == {second}
    assert _run_ids(world) == [second, third]
    assert first not in _run_ids(world)


@pytest.mark.long
def test_the_last_run_of_a_sync_is_kept(world: World) -> None:
    world.slim()
    settings: dict[str, Any] = {"properties": ["hs_object_id"], "associations": []}
    world.configure("companies", settings)
    last = str(world.run("companies")["run_id"])
    old = _ran_after(world, 0)
    _ran_after(world, 500)

    assert old not in _run_ids(world)
    assert last in _run_ids(world)
    assert world.sync("companies")["LAST_RUN_ID"] == last


def test_it_is_done_once_a_day(world: World) -> None:
    world.slim()
    world.run()
    counts = []
    for hours in (1, 1, 25, 1):
        world.clock.advance(hours * HOUR)
        statements = statements_of_run(world)
        counts.append(sum("SET PRUNED_AT" in statement for statement in statements))
        deletes = [statement for statement in statements if statement.startswith("DELETE FROM")]
        assert len([statement for statement in deletes if ".RUNS" in statement]) <= 2

    assert counts == [0, 0, 1, 0]


def test_runs_are_kept_as_long_as_pages(world: World) -> None:
    with pytest.raises(Refusal, match="pages are kept for 300 days"):
        app_settings.configure(world.context, {"keep_pages_days": 300, "keep_runs_days": 100})
