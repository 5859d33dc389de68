"""The place in the page's address: what a refresh and a link lead to."""

from __future__ import annotations

import pytest

from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.one_sync import opened
from tests.ui.test_first_use import connected
from tests.ui.viewing import View


def address(view: View) -> dict[str, str]:
    """The query of the page's address."""
    return {name: values[0] for name, values in view.test.query_params.items()}


def with_address(view: View, **query: str) -> View:
    """The page after the browser went to another address of it."""
    view.test.query_params.clear()
    view.test.query_params.update({name: [value] for name, value in query.items()})
    return view.draw()


def test_the_address_names_the_open_place(open_page: Open) -> None:
    view, _ = opened(open_page)
    assert address(view) == {"part": "Syncs", "sync": "contacts"}

    view.choose("part-contacts", "Filters")
    assert address(view) == {"part": "Syncs", "sync": "contacts", "tab": "Filters"}

    view.press("Trust")
    assert address(view) == {"part": "Trust"}


def test_a_refresh_leads_to_the_place_it_was_pressed_at(open_page: Open) -> None:
    view, world = opened(open_page, "Schedule and more")

    refreshed = with_address(View(world), **address(view))

    assert "All syncs" in refreshed.labels
    assert refreshed.box("Priority")


def test_a_refresh_of_set_up_stays_at_its_step(open_page: Open) -> None:
    view, world = open_page()
    view.draw().press("Continue")

    refreshed = with_address(View(world), **address(view))

    assert [field.label for field in refreshed.test.text_input][:1] == ["Service key"]


def test_a_place_that_is_gone_leads_to_its_list(open_page: Open) -> None:
    _, world = opened(open_page)

    view = with_address(View(world), part="Syncs", sync="dropped")

    assert "Add objects" in view.labels


def test_an_address_of_nothing_known_is_as_none(open_page: Open) -> None:
    _, world = opened(open_page)

    view = with_address(View(world), part="Nowhere", step="x", foo="1")

    assert "Add objects" in view.labels


def test_a_press_counts_whatever_the_address_says(open_page: Open) -> None:
    view, _ = opened(open_page)
    before = address(view)
    view.press("Trust")

    with_address(view, **before)

    assert "Doctor" in view.text


@pytest.mark.long
def test_a_button_goes_back_place_by_place(open_page: Open) -> None:
    view, _ = opened(open_page)
    view.choose("part-contacts", "Filters").press("Trust").press("Settings")

    places = [address(view.press("Go back")) for _ in range(3)]

    assert places == [
        {"part": "Trust"},
        {"part": "Syncs", "sync": "contacts", "tab": "Filters"},
        {"part": "Syncs", "sync": "contacts"},
    ]
    assert "Overview" in str(view.test.button_group[0].value)
    assert address(view.press("Go back")) == {"part": "Syncs"}
    assert "Go back" not in view.labels


@pytest.mark.long
def test_what_was_gone_back_from_is_no_place_to_go_back_to(open_page: Open) -> None:
    view, _ = opened(open_page)
    view.press("Trust").press("Go back").press("Runs").press("Go back")

    assert address(view) == {"part": "Syncs", "sync": "contacts"}


@pytest.mark.long
def test_going_back_leaves_set_up_at_its_step(open_page: Open) -> None:
    view, _ = open_page()
    view.draw().press("Continue").press("Settings")

    view.press("Go back")

    assert [field.label for field in view.test.text_input][:1] == ["Service key"]


def at_objects(open_page: Open) -> tuple[View, World]:
    """Set up at the choice of objects."""
    view, world = open_page({"contacts": 12, "deals": 2})
    connected(view, world.portal.token).press("Continue").press("Continue")
    return view, world


@pytest.mark.long
def test_a_refresh_of_set_up_keeps_the_objects_and_the_destination(open_page: Open) -> None:
    view, world = at_objects(open_page)
    view.press("Back").fill("Schema", "sales").press("Continue")
    view.tick("Contacts").tick("Deals")

    refreshed = with_address(View(world), **address(view))

    boxes = {box.label.partition(" (")[0]: box.value for box in refreshed.test.checkbox}
    assert (boxes["Contacts"], boxes["Deals"], boxes["Tickets"]) == (True, True, False)
    assert "2 objects chosen" in refreshed.text
    assert "were lost" not in refreshed.text
    assert "HUBSPOT_DATA.SALES.DEALS" in refreshed.press("Continue").press("Continue").text


@pytest.mark.long
def test_a_refresh_of_a_later_step_keeps_step_and_objects(open_page: Open) -> None:
    view, world = at_objects(open_page)
    view.tick("Contacts").press("Continue")

    refreshed = with_address(View(world), **address(view))

    assert "What the first runs will take" in refreshed.text
    assert "Start 1 sync" in refreshed.press("Continue").labels


@pytest.mark.long
def test_a_refresh_keeps_the_portal_of_a_chosen_object(open_page: Open) -> None:
    _, world = at_objects(open_page)
    world.call_with("configure_connection", {"token": world.portal.token}, "emea")
    view = with_address(View(world), part="Set up", step="4")
    view.select("From the portal", "emea").tick("Deals")

    refreshed = with_address(View(world), **address(view))

    assert refreshed.test.session_state["drafts"]["new emea_deals"] == {
        "stream": "deals",
        "connection": "emea",
    }


@pytest.mark.long
def test_filters_that_a_refresh_loses_are_named_until_they_are_set_again(open_page: Open) -> None:
    view, world = at_objects(open_page)
    view.tick("Contacts").tick("Deals")
    view.select("Object", "contacts").press("Add a filter")

    refreshed = with_address(View(world), **address(view))
    again = with_address(View(world), **address(refreshed))

    for page in (refreshed, again):
        assert "Filters were lost" in page.text
        assert "Set those of Contacts again, or all records are read" in page.text
    again.select("Object", "contacts").press("Add a filter").draw()
    assert "were lost" not in again.text


@pytest.mark.long
def test_a_refresh_keeps_what_becomes_of_e_mail_and_phone(open_page: Open) -> None:
    view, world = at_objects(open_page)
    view.tick("Contacts")
    view.test.radio[0].set_value("Hashed").run()

    refreshed = with_address(View(world), **address(view.draw()))

    assert refreshed.test.radio[0].value == "Hashed"
    text = refreshed.press("Continue").press("Continue").text
    assert "all records, e-mail and phone hashed" in text


@pytest.mark.long
def test_an_address_chooses_nothing_that_is_not_there(open_page: Open) -> None:
    _, world = at_objects(open_page)

    view = with_address(
        View(world),
        part="Set up",
        step="4",
        objects="nonsense,deals@nowhere,,@",
        into="x y.z",
        personal="nonsense",
    )

    assert "0 objects chosen" in view.text
    assert view.test.session_state["chosen"] == []


@pytest.mark.long
def test_a_choice_of_objects_is_no_place_to_go_back_to(open_page: Open) -> None:
    view, _ = at_objects(open_page)
    view.tick("Contacts").tick("Deals").press("Go back")

    assert "Contacts will be in" in view.text
    assert "2 objects chosen" in view.press("Continue").text
