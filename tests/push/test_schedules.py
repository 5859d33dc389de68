"""Pushes run by tasks, all together and in the background."""

from __future__ import annotations

from hubspot_ingest.outbound import all_pushes, push_configuration
from tests.push.push_world import PushWorld
from tests.runs.world import on_an_empty_stack


def tasks(world: PushWorld) -> dict[str, str]:
    return {
        task.name.object: str(task.options.get("SCHEDULE")) for task in world.engine.catalog.tasks
    }


def test_a_push_with_a_schedule_has_a_task_until_it_is_dropped(push_world: PushWorld) -> None:
    push_world.configure_push(schedule="60 MINUTES")
    assert list(tasks(push_world)) == ["CUSTOMERS_OUT"]
    push_world.configure_push()
    assert tasks(push_world) == {}
    push_world.configure_push(schedule="60 MINUTES")
    push_configuration.drop(push_world.context, "customers_out")
    assert tasks(push_world) == {}


def test_all_pushes_run_and_what_others_link_to_goes_first(push_world: PushWorld) -> None:
    push_world.create_external_id("companies")
    push_world.configure_push("a_contacts")
    push_world.configure_push(
        "b_companies", object="companies", match=..., properties={"name": "FIRST_NAME"}
    )
    answer = on_an_empty_stack(lambda: dict(all_pushes.push_all(push_world.context)))
    assert [run["push"] for run in answer["runs"]] == ["b_companies", "a_contacts"]
    assert [run["rows_created"] for run in answer["runs"]] == [3, 3]
    assert answer["response_code"] == "OK"
