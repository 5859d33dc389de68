"""All syncs are paused at once; one that cannot be is named, and keeps no other from it."""

from __future__ import annotations

import pytest

from hubspot_ingest.database.statements import tasks
from hubspot_ingest.errors import Refusal
from hubspot_ingest.operations import pausing
from tests.runs.world import World


def test_one_that_cannot_be_paused_is_named_and_the_others_are(world: World) -> None:
    for name in ("companies", "contacts", "deals"):
        world.configure(name, {"associations": []})
    paused = list[str]()

    def disable(name: str) -> None:
        if name == "contacts":
            raise Refusal("its task is not the app's")
        paused.append(name)

    answer = pausing.pause_all(world.database, pausing.SYNCS, disable)

    assert paused == ["companies", "deals"]
    assert answer["response_code"] == "INVALID_SETTINGS"
    assert answer["message"] == (
        "2 syncs are paused; 1 not: contacts; of contacts: its task is not the app's"
    )


@pytest.mark.parametrize("enabled", [False, True])
def test_where_a_task_could_not_be_switched_the_next_call_switches_it(
    world: World, monkeypatch: pytest.MonkeyPatch, enabled: bool
) -> None:
    world.configure("contacts", {"associations": [], "schedule": "60 MINUTES"})
    calls = ("DISABLE_ALL_SYNCS", "ENABLE_ALL_SYNCS")
    if enabled:
        world.call(f"CALL {calls[0]}()")
    with monkeypatch.context() as patch:
        patch.setattr(tasks, "switch", lambda *_, **__: "ALTER TASK NO_SUCH_TASK RESUME")
        failed = world.call(f"CALL {calls[enabled]}()")

    again = world.call(f"CALL {calls[enabled]}()")

    assert failed["response_code"] != "OK"
    assert again["names"] == ["contacts"]
    (task,) = world.rows("SHOW TASKS IN SCHEMA HUBSPOT_INGEST.TASKS")
    assert task["state"] == ("started" if enabled else "suspended")
