"""The place in the page's address: what a refresh and a link lead to."""

from __future__ import annotations

from tests.ui.conftest import Open
from tests.ui.test_syncs import opened
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


def test_what_was_gone_back_from_is_no_place_to_go_back_to(open_page: Open) -> None:
    view, _ = opened(open_page)
    view.press("Trust").press("Go back").press("Runs").press("Go back")

    assert address(view) == {"part": "Syncs", "sync": "contacts"}


def test_going_back_leaves_set_up_at_its_step(open_page: Open) -> None:
    view, _ = open_page()
    view.draw().press("Continue").press("Settings")

    view.press("Go back")

    assert [field.label for field in view.test.text_input][:1] == ["Service key"]
