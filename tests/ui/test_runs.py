"""Runs: progress, history, errors and their cures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hubspot_ingest.times import SystemClock
from page import charts
from page.cures import CURES
from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.viewing import View

ERRORS = Path(__file__).parents[2] / "docs" / "ERRORS.md"


def ran(open_page: Open) -> tuple[View, World]:
    """The runs of a HubSpot of twelve contacts, which were read once."""
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL ingest_hubspot('contacts')")
    view.draw().press("Runs")
    return view, world


def test_without_runs_the_page_says_when_there_will_be_some(open_page: Open) -> None:
    view, _ = open_page()

    view.draw().press("Runs")

    assert "No runs yet" in view.text


def test_the_history_tells_status_rows_and_requests(open_page: Open) -> None:
    view, _ = ran(open_page)

    assert "Succeeded" in view.text
    assert "+12" in view.text
    assert len(view.test.get("arrow_vega_lite_chart")) == 3
    assert "Daily limit used" in view.text


def test_a_sync_shows_what_its_runs_changed_and_how_far_behind_it_was(open_page: Open) -> None:
    view, world = ran(open_page)
    assert not view.press("Syncs").press("Contacts").test.get("arrow_vega_lite_chart")
    world.call("CALL ingest_hubspot('contacts')")

    view = View(world).draw().press("Contacts")

    assert "Minutes behind HubSpot" in view.text
    assert len(view.test.get("arrow_vega_lite_chart")) == 2


def test_how_far_behind_counts_from_what_was_complete_before_a_run() -> None:
    def run(finished: str, settled: str, status: str = "SUCCEEDED") -> dict[str, object]:
        day = "2026-03-02 {}:00"
        return {
            "STATUS": status,
            "FINISHED_AT": day.format(finished),
            "SETTLED_THROUGH": day.format(settled),
        }

    runs = [
        run("10:00", "09:50"),
        run("10:30", "10:20"),
        run("11:00", "10:20", "FAILED"),
        run("11:30", "11:20"),
    ]

    assert charts.minutes_behind(runs) == [(1, 40.0), (3, 70.0)]


def test_a_run_opens_with_where_its_requests_went(open_page: Open) -> None:
    view, world = ran(open_page)

    view.press(next(label for label in view.labels if label.startswith("Contacts ")))

    [run] = world.runs()
    assert run["RUN_ID"] in view.text
    assert "Inserted 12" in view.text
    assert "Requests to HubSpot" in view.text
    assert "/crm/" in view.text


@pytest.mark.long
def test_a_run_tells_where_its_time_went(open_page: Open) -> None:
    view, world = ran(open_page)

    view.press(next(label for label in view.labels if label.startswith("Contacts ")))

    assert "Where the time went" in view.text
    assert "Most of it" in view.text
    for part in ("HubSpot answering", "Waiting for limits", "Snowflake loading", "The rest"):
        assert part in view.text
    assert not view.draw().session.sent, "what was explained is kept"
    assert len(world.runs()) == 1


def test_the_day_tells_what_is_left_and_reserved(open_page: Open) -> None:
    view, _ = ran(open_page)

    assert "left, the last" in view.text
    assert "of them for other apps" in view.text


@pytest.mark.long
def test_a_failed_run_is_told_with_code_cause_and_cure(open_page: Open) -> None:
    view, world = ran(open_page)
    world.portal.expire(world.portal.token)
    world.call("CALL ingest_hubspot('contacts')")
    view.press("Syncs").press("Runs")

    assert "CREDENTIAL_REJECTED" in view.text
    assert "Cause: HubSpot does not accept the credential" in view.text
    assert "Cure: copy it again" in view.text
    view.press("Open the run")
    assert "Failed" in view.text
    view.press("Syncs")
    assert "Need a look 1" in view.text


@pytest.mark.long
def test_of_many_failures_the_latest_are_told_and_the_others_on_request(open_page: Open) -> None:
    view, world = ran(open_page)
    world.rows(
        "INSERT INTO HUBSPOT_INGEST.STATE.ERRORS (RUN_ID, SYNC, CODE, MESSAGE, CREATED_AT) "
        "SELECT 'r', 'sync_' || SEQ4(), 'HUBSPOT_UNAVAILABLE', 'no', SYSDATE() "
        "FROM TABLE(GENERATOR(ROWCOUNT => 9))"
    )
    view.press("Syncs").press("Runs")
    assert view.labels.count("Open the run") == 5

    view.press("Show 4 others")

    assert view.labels.count("Open the run") == 9


def test_what_goes_on_is_told_with_its_rows_and_rate(open_page: Open) -> None:
    view, world = ran(open_page)
    world.rows(
        "INSERT INTO HUBSPOT_INGEST.STATE.RUNS (RUN_ID, SYNC, STATUS, STRATEGY, STARTED_AT, "
        "ROWS_READ, REQUESTS, ROWS_EXPECTED) SELECT 'r', 'contacts', 'RUNNING', 'LIST', "
        "DATEADD(SECOND, 1, SYSDATE()), 5000, 50, 20000"
    )

    view.press("Syncs").press("Runs")

    assert "Running now" in view.text
    assert "Rows read 5,000 of about 20,000" in view.text
    assert "Pages 50 of about 200" in view.text


def held_now(world: World) -> None:
    """A run of the contacts goes on elsewhere, and was alive a moment ago."""
    world.hold(at=SystemClock().now())


def test_a_run_under_way_is_stopped_by_a_button_that_says_what_it_does(open_page: Open) -> None:
    view, world = ran(open_page)
    held_now(world)
    view.press("Syncs").press("Runs")
    [button] = [button for button in view.test.button if button.label == "Stop"]
    assert "the next run goes on from there" in str(button.help)

    view.press("Stop")

    [run] = [run for run in world.runs() if run["STATUS"] == "RUNNING"]
    assert run["STOP_REQUESTED_AT"] is not None
    assert f"Stopping {run['STOP_REQUESTED_BY']} asked it to stop" in view.text
    assert "Stop" not in view.labels


@pytest.mark.long
def test_a_stop_that_comes_too_late_says_so(open_page: Open) -> None:
    view, world = ran(open_page)
    held_now(world)
    view.press("Syncs").press("Runs")
    world.rows("UPDATE HUBSPOT_INGEST.STATE.SYNCS SET LEASE_UNTIL = NULL, LEASE_RUN_ID = NULL")

    view.press("Stop")

    assert "NOTHING_RUNS" in view.text
    assert not world.rows("SELECT * FROM HUBSPOT_INGEST.STATE.STOP_REQUESTS")


def test_every_documented_code_has_a_cause_and_a_cure() -> None:
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", ERRORS.read_text(), re.M))
    on_a_laptop = {"ENGINE_BUSY", "LAPTOP_ERROR"}

    assert documented - on_a_laptop <= CURES.keys()


@pytest.mark.long
def test_a_portal_has_one_daily_limit_whatever_its_keys(open_page: Open) -> None:
    view, world = ran(open_page)
    world.portal.grant(f"{world.portal.token}-2", None)
    world.call(f"CALL set_token('{world.portal.token}-2')")
    world.call("CALL ingest_hubspot('contacts')")

    view.press("Settings")

    assert len(world.rows("SELECT DISTINCT FINGERPRINT FROM HUBSPOT_INGEST.STATE.PORTALS")) == 2
    assert view.text.count("Used today") == 1
