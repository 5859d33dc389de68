"""START_SYNC begins a run in the background; INGEST_ALL_TASK is what the app's schedule runs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.runs.world import World

SMALL: dict[str, Any] = {"properties": ["hs_object_id"], "associations": []}
HISTORY = (
    "SELECT STATE, ERROR_MESSAGE FROM TABLE(HUBSPOT_INGEST.INFORMATION_SCHEMA.TASK_HISTORY("
    "TASK_NAME => '{}', RESULT_LIMIT => 1))"
)


def _start(world: World, name: str = "contacts") -> dict[str, Any]:
    return world.call(f"CALL HUBSPOT_INGEST.CORE.START_SYNC('{name}')")


def _done(world: World, task: str) -> dict[str, Any]:
    """How the last run of a task went, once it has ended."""
    assert world.engine.background.wait(60)
    (row,) = world.rows(HISTORY.format(task))
    return row


def test_it_answers_with_the_task_that_runs(served: World) -> None:
    answer = _start(served)

    assert (answer["response_code"], answer["task"]) == ("OK", "HUBSPOT_INGEST.TASKS.CONTACTS")
    assert _done(served, "CONTACTS")["STATE"] == "SUCCEEDED"
    assert [row["STATUS"] for row in served.runs()] == ["SUCCEEDED"]
    assert len(served.ids()) == 12


def test_the_task_it_makes_never_runs_by_itself(served: World) -> None:
    _start(served)
    served.engine.background.wait(60)

    (task,) = served.rows("SHOW TASKS IN SCHEMA HUBSPOT_INGEST.TASKS")
    assert (task["schedule"], task["state"]) == (None, "suspended")
    enabled = served.call("CALL HUBSPOT_INGEST.CORE.ENABLE_SYNC('contacts')")
    assert enabled["response_code"] == "OK"


def test_a_sync_with_a_schedule_is_started_through_its_own_task(served: World) -> None:
    served.call_with("CONFIGURE_SYNC", SMALL | {"schedule": "60 MINUTES"}, "contacts")
    _start(served)
    assert _done(served, "CONTACTS")["STATE"] == "SUCCEEDED"

    (task,) = served.rows("SHOW TASKS IN SCHEMA HUBSPOT_INGEST.TASKS")
    assert (task["schedule"], task["state"]) == ("60 MINUTES", "started")


def test_a_sync_that_runs_already_is_not_started(served: World) -> None:
    served.syncs.save("contacts", "contacts", SMALL, served.clock.now())
    # by the machine's clock the lease has to be of today
    served.rows(
        "UPDATE HUBSPOT_INGEST.STATE.SYNCS SET "
        "TURN = TURN + 1, LEASE_UNTIL = DATEADD(HOUR, 1, SYSDATE())"
    )

    assert _start(served)["response_code"] == "SYNC_BUSY"
    assert served.rows("SHOW TASKS IN SCHEMA HUBSPOT_INGEST.TASKS") == []


@pytest.mark.parametrize("name", ["contcts", ""])
def test_a_slip_of_the_pen_is_not_remembered(served: World, name: str) -> None:
    assert _start(served, name)["response_code"] in ("UNKNOWN_STREAM", "INVALID_NAME")
    assert served.stored()["SYNCS"] == []


def test_a_comparison_is_begun_by_a_task_of_its_own(served: World) -> None:
    served.call("CALL HUBSPOT_INGEST.CORE.INGEST_HUBSPOT('contacts')")

    answer = served.call("CALL HUBSPOT_INGEST.CORE.START_RECONCILE('contacts')")

    assert answer["task"] == "HUBSPOT_INGEST.TASKS.RECONCILE CONTACTS"
    assert _done(served, "RECONCILE CONTACTS")["STATE"] == "SUCCEEDED"
    found = served.rows("SELECT RESULT FROM HUBSPOT_INGEST.CORE.COMPLETENESS")
    assert {row["RESULT"] for row in found} == {"COMPLETE"}
    served.call("CALL HUBSPOT_INGEST.CORE.DROP_SYNC('contacts')")
    assert served.rows("SHOW TASKS IN SCHEMA HUBSPOT_INGEST.TASKS") == []


def test_a_comparison_that_cannot_be_done_is_an_error_on_record(served: World) -> None:
    served.call("CALL HUBSPOT_INGEST.CORE.INGEST_HUBSPOT('contacts')")
    served.portal.expire(served.portal.token)

    served.call("CALL HUBSPOT_INGEST.CORE.START_RECONCILE('contacts')")

    assert _done(served, "RECONCILE CONTACTS")["STATE"] == "FAILED"
    assert served.errors()[-1]["CODE"] == "CREDENTIAL_REJECTED"


def test_what_was_not_loaded_is_not_compared(served: World) -> None:
    served.syncs.save("contacts", "contacts", SMALL, served.clock.now())

    answer = served.call("CALL HUBSPOT_INGEST.CORE.START_RECONCILE('contacts')")

    assert answer["response_code"] == "NOT_LOADED"
    assert served.rows("SHOW TASKS IN SCHEMA HUBSPOT_INGEST.TASKS") == []


def test_the_app_schedule_leaves_out_syncs_with_their_own(served: World) -> None:
    served.call_with("CONFIGURE_APP", {"schedule": "60 MINUTES"})
    served.call_with("CONFIGURE_SYNC", SMALL | {"schedule": "30 MINUTES"}, "deals")
    served.call_with("CONFIGURE_SYNC", SMALL, "contacts")
    served.rows('EXECUTE TASK HUBSPOT_INGEST.TASKS."ALL SYNCS"')

    assert _done(served, "ALL SYNCS")["STATE"] == "SUCCEEDED"
    assert [row["SYNC"] for row in served.runs()] == ["contacts"]


def test_the_task_fails_when_a_run_did_after_the_others_went_on(served: World) -> None:
    served.call_with("CONFIGURE_APP", {"schedule": "60 MINUTES"})
    served.rows("CREATE DATABASE ELSEWHERE")
    for name, database in (("a_contacts", "ELSEWHERE"), ("b_contacts", "HUBSPOT_DATA")):
        settings = SMALL | {"stream": "contacts", "destination": {"database": database}}
        served.call_with("CONFIGURE_SYNC", settings, name)
    served.rows('EXECUTE TASK HUBSPOT_INGEST.TASKS."ALL SYNCS"')

    row = _done(served, "ALL SYNCS")
    assert row["STATE"] == "FAILED"
    assert "1 of 2 syncs ran well; not so a_contacts" in row["ERROR_MESSAGE"]
    status = {row["SYNC"]: row["STATUS"] for row in served.runs()}
    assert status == {"a_contacts": "FAILED", "b_contacts": "SUCCEEDED"}
    served.rows("DROP DATABASE ELSEWHERE")
