"""What went wrong has a button that cures it, and says when it is over."""

from __future__ import annotations

import pytest

from page import doctor_view, live
from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.viewing import View


def failed(open_page: Open) -> tuple[View, World]:
    """The runs of a sync whose key HubSpot did not accept."""
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL configure_sync('contacts', PARSE_JSON('{}'))")
    world.portal.expire(world.portal.token)
    world.call("CALL ingest_hubspot('contacts')")
    view.draw().press("Runs")
    return view, world


def test_a_refused_key_is_replaced_from_the_failure(open_page: Open) -> None:
    view, _ = failed(open_page)
    assert "CREDENTIAL_REJECTED" in view.text

    view.press("Replace the key")

    assert "Service key" in [field.label for field in view.test.text_input]


@pytest.mark.long
def test_a_sync_whose_key_was_refused_has_the_button_too(open_page: Open) -> None:
    view, _ = failed(open_page)
    view.press("Syncs").press("Contacts")

    view.press("Replace the key")

    assert "Service key" in [field.label for field in view.test.text_input]


@pytest.mark.long
def test_the_key_of_a_further_portal_is_replaced_under_settings(open_page: Open) -> None:
    view, world = failed(open_page)
    world.rows(
        'UPDATE HUBSPOT_INGEST.STATE.SYNCS SET SETTINGS = PARSE_JSON(\'{"connection": "emea"}\')'
    )
    assert "that of a further portal under Settings, Connections" in view.draw().text
    view.press("Syncs").press("Contacts")

    view.press("Replace the key")

    assert "HubSpot Ingest: Settings" in view.text


@pytest.mark.long
def test_a_failure_that_is_over_says_so(open_page: Open) -> None:
    view, world = failed(open_page)
    assert "Over: it ran well since" not in view.text
    world.portal.grant("pat-na1-new", None)
    world.call("CALL set_token('pat-na1-new')")
    world.call("CALL ingest_hubspot('contacts')")

    again = View(world).draw().press("Runs")

    assert "Over: it ran well since" in again.text


@pytest.mark.long
def test_a_run_that_somebody_stopped_is_no_fault(open_page: Open) -> None:
    _, world = failed(open_page)
    world.rows("UPDATE HUBSPOT_INGEST.STATE.ERRORS SET CODE = 'STOP_REQUESTED'")

    view = View(world).draw().press("Runs")

    assert "What went wrong" not in view.text


def test_the_list_says_why_a_sync_failed(open_page: Open) -> None:
    view, _ = failed(open_page)

    view.press("Syncs")

    assert "HubSpot does not accept the credential" in view.text


def test_a_finding_of_the_doctor_has_the_button_that_leads_to_its_cure(open_page: Open) -> None:
    view, _ = failed(open_page)
    view.press("Trust").press("Look now")

    view.press("Replace the key")

    assert "Service key" in [field.label for field in view.test.text_input]


@pytest.mark.parametrize(
    ("finding", "sync"),
    [
        ("sync deals_emea failed 3 times", "deals_emea"),
        ("the table of deals is gone", "deals"),
        ("the key ends soon", None),
    ],
)
def test_a_finding_belongs_to_the_sync_it_names(finding: str, sync: str | None) -> None:
    assert doctor_view.sync_of(finding, ["deals", "deals_emea", "key_people"]) == sync


def test_a_run_that_brings_nothing_for_long_is_not_taken_to_go_well() -> None:
    assert live.stalled(live.STALLED - 1) == ""
    assert "No rows for 1 min 30 s" in live.stalled(90)


@pytest.mark.long
def test_refresh_asks_snowflake_again(open_page: Open) -> None:
    view, _ = failed(open_page)
    view.draw()
    assert not view.session.sent

    view.press("Refresh")

    assert view.session.sent
