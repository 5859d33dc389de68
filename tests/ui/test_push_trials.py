"""A push is tried on rows that somebody chooses, a few at most, and on no others."""

from __future__ import annotations

from typing import Any

import pytest

from page import push_trial_view
from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.test_pushes import TABLE, confirmed, filled
from tests.ui.viewing import View

ROWS = "Try a few rows first"


def planned(open_page: Open, **settings: Any) -> tuple[View, World]:
    """The page of the plan of a stored push of three customers."""
    view, world = filled(open_page, writer=True)
    world.rows(
        f"INSERT INTO {TABLE} SELECT 30, 'cy@example.com', 'Cy', 'lead', NULL FROM (SELECT 1)"
    )
    database, schema, table = TABLE.split(".")
    answer = world.call_with(
        "CONFIGURE_PUSH",
        {
            "source": {"database": database, "schema": schema, "table": table},
            "key": "CUSTOMER_ID", "object": "contacts", "connection": "writer",
            "match": {"email": "EMAIL"}, "external_id": None, "duplicates_possible": True,
            "properties": {"firstname": "FIRST_NAME"}, **settings,
        },
        "people",
    )  # fmt: skip
    assert answer["response_code"] == "OK", answer
    view.press("Pushes").press("People").press("Look at what it would do")
    return view, world


def emails(world: World) -> list[str]:
    """The addresses of HubSpot's contacts."""
    return sorted(str(each.properties["email"]) for each in world.portal.records("contacts"))


def box(view: View) -> Any:
    return next(box for box in view.test.multiselect if box.label == ROWS)


def test_the_rows_that_are_chosen_are_sent_alone(open_page: Open) -> None:
    view, world = planned(open_page)
    assert box(view).options == ["1 · Create", "2 · Create", "30 · Create"]
    before = box(view).id

    view.pick(ROWS, "2").pick(ROWS, "2", "30")
    assert box(view).id == before
    assert emails(world) == []
    view.press("Try these rows")

    assert emails(world) == ["bob@example.com", "cy@example.com"]
    assert "The last run, row by row" in view.text
    assert "firstname: empty → Cy" in view.text


@pytest.mark.long
def test_a_row_is_chosen_by_its_key_and_with_the_press_that_tries_it(open_page: Open) -> None:
    view, world = planned(open_page)
    # the pick and the press come in one message, as when somebody does both at once
    box(view).set_value([" 30 "])

    view.press("Try these rows")

    assert emails(world) == ["cy@example.com"]


@pytest.mark.long
def test_without_a_row_nothing_is_sent(open_page: Open) -> None:
    view, world = planned(open_page)

    view.press("Try these rows")

    assert "Not tried: choose the rows to try first." in view.text[view.text.index("Requests") :]
    assert emails(world) == []


@pytest.mark.long
def test_a_row_that_the_plan_does_not_send_keeps_the_others_back(open_page: Open) -> None:
    view, world = planned(open_page)
    world.rows(f"UPDATE {TABLE} SET EMAIL = NULL WHERE CUSTOMER_ID = 2")
    view.draw().press("Look again").pick(ROWS, "1", "2", "77")

    view.press("Try these rows")

    assert "Row 2 is not sent: " in view.text
    assert "The plan changes nothing for a row 77" in view.text
    assert emails(world) == []
    # what was chosen is there to be mended
    assert box(view).value == ["1", "2", "77"]


@pytest.mark.long
def test_a_row_that_is_gone_is_not_offered_to_be_tried(open_page: Open) -> None:
    view, world = planned(open_page, removed_rows="archive")
    confirmed(view.press("Send 3 rows to HubSpot"), world)
    world.rows(f"DELETE FROM {TABLE} WHERE CUSTOMER_ID = 2")
    world.rows(f"UPDATE {TABLE} SET FIRST_NAME = FIRST_NAME || '!' WHERE CUSTOMER_ID <> 2")
    view.choose("part-push-people", "Plan").press("Look at what it would do")
    assert box(view).options == ["1 · Update", "30 · Update"]

    view.pick(ROWS, "2").press("Try these rows")

    assert "Row 2 is gone from the table or view, and a trial removes nothing" in view.text
    assert len(emails(world)) == 3


@pytest.mark.long
def test_what_is_picked_stays_when_the_plan_is_looked_at_again(open_page: Open) -> None:
    view, world = planned(open_page)
    view.pick(ROWS, "2")
    world.rows(f"UPDATE {TABLE} SET FIRST_NAME = 'Ada L' WHERE CUSTOMER_ID = 1")

    view.press("Look again")

    assert box(view).value == ["2"]
    assert box(view).proto.max_selections == push_trial_view.AT_MOST
