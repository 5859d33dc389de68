"""What went wrong has a button that cures it, and says when it is over."""

from __future__ import annotations

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


def test_a_failure_that_is_over_says_so(open_page: Open) -> None:
    view, world = failed(open_page)
    assert "Over: it ran well since" not in view.text
    world.portal.grant("pat-na1-new", None)
    world.call("CALL set_token('pat-na1-new')")
    world.call("CALL ingest_hubspot('contacts')")

    again = View(world).draw().press("Runs")

    assert "Over: it ran well since" in again.text
