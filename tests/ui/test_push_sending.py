"""A plan is sent in the background: how far it is, how it is stopped, and what came of it."""

from __future__ import annotations

import re

from hubspot_ingest.times import SystemClock
from page.polling import SOON
from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.test_address import address, with_address
from tests.ui.test_push_trials import emails, planned
from tests.ui.test_pushes import TABLE, confirmed
from tests.ui.viewing import View

SLOW = 2_000
"""Milliseconds that a slow HubSpot takes for an answer."""

SEND = "Send 3 rows to HubSpot"
TASKS = "EXECUTE TASK ON ACCOUNT {} APPLICATION HUBSPOT_INGEST"


def sending(view: View, world: World) -> View:
    """The page right after a plan was confirmed, while HubSpot takes its time."""
    world.sandbox.latency_ms = SLOW
    return view.press(SEND).press("Send")


def ended(view: View, world: World) -> View:
    """The page as it shows itself when HubSpot is quick again and the run has ended."""
    world.sandbox.latency_ms = 0
    assert world.engine.background.wait(60)
    return view.draw()


def test_the_page_goes_on_while_a_plan_is_sent(open_page: Open) -> None:
    view, world = planned(open_page)

    sending(view, world)

    assert emails(world) == []
    assert f"looked at every {SOON} seconds" in view.text
    [look] = [button for button in view.test.button if button.label == "Look at what it would do"]
    assert look.disabled
    ended(view, world)
    assert len(emails(world)) == 3


def test_what_came_of_a_plan_is_told_with_its_rows(open_page: Open) -> None:
    view, world = planned(open_page)

    confirmed(view.press(SEND), world)

    assert "3 created" in view.text
    assert "The last run, row by row" in view.text
    assert "firstname: empty → Cy" in view.text
    # told once
    assert "3 created" not in view.draw().text


def test_a_page_that_is_opened_anew_shows_the_run_and_stops_it(open_page: Open) -> None:
    view, world = planned(open_page)
    where = address(sending(view, world))

    view = with_address(View(world), **where)
    while "Stop" not in view.labels:
        view.draw()
    view.press("Stop")
    assert "asked it to stop" in view.text

    ended(view, world)
    assert "Stopped." in view.text
    assert "STOP_REQUESTED" not in view.text
    [run] = world.runs()
    assert run["STATUS"] == "STOPPED"


def test_a_page_that_is_opened_anew_tells_what_came_of_the_run(open_page: Open) -> None:
    view, world = planned(open_page)
    where = address(sending(view, world))
    view = with_address(View(world), **where)
    while "Stop" not in view.labels:
        view.draw()

    ended(view, world)

    assert "3 created" in view.text
    assert "The last run, row by row" in view.text


def test_how_far_a_run_is_shows_in_rows(open_page: Open) -> None:
    view, world = planned(open_page)
    for statement in (
        "INSERT INTO HUBSPOT_INGEST.STATE.RUNS (RUN_ID, SYNC, STATUS, STRATEGY, STARTED_AT, "
        "DIRECTION) SELECT 'r', 'people', 'RUNNING', 'upsert', SYSDATE(), 'OUT'",
        "INSERT INTO HUBSPOT_INGEST.STATE.PUSH_OUTCOMES (RUN_ID, PUSH, ROW_KEY, OUTCOME) "
        "SELECT 'r', 'people', '1', 'CREATED'",
        "INSERT INTO HUBSPOT_INGEST.STATE.PUSH_INTENTS (RUN_ID, PUSH, N, ROW_KEY, ACTION) "
        "SELECT 'r', 'people', 2, '2', 'CREATE'",
    ):
        world.rows(statement)

    view.press("Refresh")

    told = re.sub(r"\s+", " ", view.text)
    assert "Rows done 1 of 3 On their way 1" in told
    for part in ("Pushes", "Runs"):
        view.press(part)
        assert "Running now" in view.text
        assert "Rows done 1 of 3" in re.sub(r"\s+", " ", view.text)
    view.press("Syncs")
    assert "Running now" not in view.text


def test_a_plan_that_does_not_hold_any_more_is_made_again(open_page: Open) -> None:
    view, world = planned(open_page)
    world.rows(f"UPDATE {TABLE} SET FIRST_NAME = 'Ada L' WHERE CUSTOMER_ID = 1")

    confirmed(view.press(SEND), world)

    assert emails(world) == []
    assert "does not hold any more" in view.text
    # somebody who finds it so can do the same
    for each in (View(world).draw().press("Pushes").press("People"), view):
        each.press("Plan again")
        assert "firstname: empty → Ada L" in each.text
    confirmed(view.press(SEND), world)
    assert len(emails(world)) == 3
    assert "Plan again" not in view.labels


def test_a_plan_that_somebody_replaced_is_not_started_and_made_again(open_page: Open) -> None:
    view, world = planned(open_page)
    world.rows(f"UPDATE {TABLE} SET FIRST_NAME = 'Ada L' WHERE CUSTOMER_ID = 1")
    view.press(SEND)
    world.call("CALL plan_push('people')")

    view.press("Send")

    assert "PLAN_CHANGED" in view.text
    assert world.runs() == []
    view.press("Plan again")
    assert "firstname: empty → Ada L" in view.text


def test_a_run_that_came_before_the_plan_is_not_taken_for_it(open_page: Open) -> None:
    view, world = planned(open_page)
    sending(view, world)
    world.sandbox.latency_ms = 0
    assert world.engine.background.wait(60)
    world.rows("UPDATE HUBSPOT_INGEST.STATE.RUNS SET PLAN_HASH = 'another'")

    view.draw()

    assert "A run by itself came before the plan, which was not sent" in view.text


def test_where_no_task_may_run_the_page_waits_and_says_so(open_page: Open) -> None:
    view, world = planned(open_page)
    view.press(SEND)
    world.rows(f"REVOKE {TASKS.format('FROM')}")
    try:
        view.press("Send")
    finally:
        world.rows(f"GRANT {TASKS.format('TO')}")

    assert len(emails(world)) == 3
    assert "3 created" in view.text
    assert "The page waited for it, as the app may not run tasks" in view.text
    assert "The last run, row by row" in view.text


def test_a_push_that_runs_already_is_not_sent(open_page: Open) -> None:
    view, world = planned(open_page)
    view.press(SEND)
    until = SystemClock().now() + 600_000
    world.rows(
        "UPDATE HUBSPOT_INGEST.STATE.PUSHES SET LEASE_RUN_ID = 'r', "
        f"LEASE_UNTIL = TO_TIMESTAMP_NTZ({until}, 3)"
    )

    view.press("Send")

    assert "SYNC_BUSY" in view.text
    assert emails(world) == []
