"""START_PUSH begins a run in the background; with the hash of a plan that plan and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.push.push_world import PushWorld

APP = "HUBSPOT_INGEST"
PLAN_TASK = "SEND PLAN CUSTOMERS_OUT"


def plan(world: PushWorld) -> str:
    """The hash of a plan made by the real CALL."""
    answer = world.call(f"CALL {APP}.CORE.PLAN_PUSH('customers_out')")
    assert answer["response_code"] == "OK", answer
    return str(answer["plan_hash"])


def start(world: PushWorld, *arguments: str) -> dict[str, Any]:
    places = "".join(f", '{argument}'" for argument in arguments)
    return world.call(f"CALL {APP}.CORE.START_PUSH('customers_out'{places})")


def ended(world: PushWorld) -> dict[str, Any]:
    """The last run, once every task has ended."""
    assert world.engine.background.wait(60)
    return world.runs()[-1]


def tasks(world: PushWorld) -> dict[str, tuple[object, str, str]]:
    """Schedule, state and statement of each task."""
    return {
        task["name"]: (task["schedule"], task["state"], task["definition"])
        for task in world.rows(f"SHOW TASKS IN SCHEMA {APP}.TASKS")
    }


def names_in_hubspot(world: PushWorld) -> list[str]:
    records = world.portal.records("contacts")
    return sorted(record.properties.get("firstname") or "" for record in records)


def test_a_push_is_started_without_a_plan_by_its_own_task(served_push: PushWorld) -> None:
    served_push.configure_push()

    answer = start(served_push)

    assert (answer["response_code"], answer["task"]) == ("OK", f"{APP}.TASKS.CUSTOMERS_OUT")
    assert ended(served_push)["STATUS"] == "SUCCEEDED"
    assert names_in_hubspot(served_push) == ["Name 1", "Name 2", "Name 3"]


def test_a_plan_is_carried_out_in_the_background(served_push: PushWorld) -> None:
    served_push.configure_push()
    plan_hash = plan(served_push)

    answer = start(served_push, plan_hash)

    assert (answer["response_code"], answer["task"]) == ("OK", f"{APP}.TASKS.{PLAN_TASK}")
    run = ended(served_push)
    assert (run["STATUS"], run["PLAN_HASH"]) == ("SUCCEEDED", plan_hash)
    assert names_in_hubspot(served_push) == ["Name 1", "Name 2", "Name 3"]


def test_a_plan_that_changed_since_is_not_carried_out(served_push: PushWorld) -> None:
    served_push.configure_push()
    plan_hash = plan(served_push)
    served_push.update(3, FIRST_NAME="Other")

    assert start(served_push, plan_hash)["response_code"] == "OK"

    run = ended(served_push)
    assert (run["STATUS"], run["RESPONSE_CODE"]) == ("FAILED", "PLAN_CHANGED")
    assert "nothing was written" in run["MESSAGE"]
    assert names_in_hubspot(served_push) == []


@pytest.mark.parametrize("of", ["an earlier plan", "no plan"])
def test_a_hash_that_is_not_the_newest_plans_starts_nothing(
    served_push: PushWorld, of: str
) -> None:
    served_push.configure_push()
    earlier = plan(served_push)
    served_push.update(3, FIRST_NAME="Other")
    newest = plan(served_push)

    answer = start(served_push, earlier if of == "an earlier plan" else "none")

    assert answer["response_code"] == "PLAN_CHANGED"
    assert newest in answer["message"]
    assert tasks(served_push) == {}


def test_a_plan_without_rows_is_left_to_the_run(served_push: PushWorld) -> None:
    served_push.configure_push()
    for key in (1, 2, 3):
        served_push.delete(key)
    plan_hash = plan(served_push)

    assert start(served_push, plan_hash)["response_code"] == "OK"

    assert ended(served_push)["STATUS"] == "SUCCEEDED"


def test_the_next_plan_is_carried_out_by_the_same_task(served_push: PushWorld) -> None:
    served_push.configure_push()
    start(served_push, plan(served_push))
    ended(served_push)
    served_push.update(3, FIRST_NAME="Other")
    plan_hash = plan(served_push)

    start(served_push, plan_hash)

    assert ended(served_push)["PLAN_HASH"] == plan_hash
    assert names_in_hubspot(served_push) == ["Name 1", "Name 2", "Other"]
    assert len(tasks(served_push)) == 1


def test_the_schedule_has_no_part_in_a_plan_that_somebody_confirmed(served_push: PushWorld) -> None:
    served_push.configure_push(schedule="60 MINUTES")
    scheduled = tasks(served_push)["CUSTOMERS_OUT"]

    start(served_push, plan(served_push))
    ended(served_push)

    assert tasks(served_push)["CUSTOMERS_OUT"] == scheduled
    schedule, state, _ = tasks(served_push)[PLAN_TASK]
    assert (schedule, state) == (None, "suspended")
    # the schedule's run after it confirms nothing: it does what is new since
    served_push.update(3, FIRST_NAME="Other")
    served_push.rows(f"EXECUTE TASK {APP}.TASKS.CUSTOMERS_OUT")
    assert ended(served_push)["STATUS"] == "SUCCEEDED"
    assert names_in_hubspot(served_push) == ["Name 1", "Name 2", "Other"]


def test_a_push_that_is_dropped_leaves_no_task(served_push: PushWorld) -> None:
    served_push.configure_push(schedule="60 MINUTES")
    start(served_push, plan(served_push))
    ended(served_push)

    served_push.call(f"CALL {APP}.CORE.DROP_PUSH('customers_out')")

    assert tasks(served_push) == {}


def test_no_push_has_the_task_that_sends_alerts(served_push: PushWorld) -> None:
    served_push.configure_push("alerts")
    answer = served_push.call(f"CALL {APP}.CORE.PLAN_PUSH('alerts')")

    started = served_push.call(f"CALL {APP}.CORE.START_PUSH('alerts', '{answer['plan_hash']}')")

    assert started["task"] == f"{APP}.TASKS.SEND PLAN ALERTS"
    assert ended(served_push)["STATUS"] == "SUCCEEDED"


def test_a_push_that_runs_already_is_not_started(served_push: PushWorld) -> None:
    served_push.configure_push()
    plan_hash = plan(served_push)
    served_push.rows(f"UPDATE {APP}.STATE.PUSHES SET LEASE_UNTIL = DATEADD(HOUR, 1, SYSDATE())")

    assert start(served_push, plan_hash)["response_code"] == "SYNC_BUSY"
    assert tasks(served_push) == {}


def test_without_the_right_to_run_tasks_nothing_is_started_and_the_grant_is_told(
    served_push: PushWorld,
) -> None:
    served_push.configure_push()
    plan_hash = plan(served_push)
    served_push.rows(f"REVOKE EXECUTE TASK ON ACCOUNT FROM APPLICATION {APP}")
    try:
        answer = start(served_push, plan_hash)
    finally:
        served_push.rows(f"GRANT EXECUTE TASK ON ACCOUNT TO APPLICATION {APP}")

    assert answer["response_code"] == "GRANT_MISSING"
    assert "GRANT EXECUTE TASK" in answer["message"]
    assert names_in_hubspot(served_push) == []
