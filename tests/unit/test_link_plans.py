"""Which links a row's plan makes and removes, by the ledger of links."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hubspot_ingest.outbound.link_plans import LinkPlans
from hubspot_ingest.outbound.rows import Action, LinkWish, PlannedRow
from tests.unit.push_builders import Answers, Statements, a_pool, a_row, an_open_push

WISH = LinkWish("LINKS", "acme", None)


def planned(
    links: list[dict[str, Any]], wishes: dict[str, Any], action: Action = Action.UNCHANGED
) -> PlannedRow:
    opened = an_open_push(associations={"LINKS": {"to": "companies", "match": "erp_code"}})
    values = tuple(
        json.dumps(wishes) if column.name == "LINKS" else None for column in opened.mapping.columns
    )
    with a_pool() as pool:
        plans = LinkPlans(
            opened, Statements(lambda _: links).database, Answers(lambda *_: {}), pool
        )
        is_gone = action is Action.SKIPPED
        row = a_row(1, values=values, is_gone=is_gone)
        rows = {1: PlannedRow(1, "1", action, record_id="5", is_gone=is_gone)}
        plans.add_links([row], rows)
    return rows[1]


def link(**changes: Any) -> dict[str, Any]:
    parts = {"ROW_KEY": "1", "COLUMN_NAME": "LINKS", "TO_KEY": "acme", "LABEL": None}
    return {**parts, "TO_TYPE": "companies", "FROM_ID": "5", "STATE": "MADE", **changes}


def test_a_link_that_is_made_stays() -> None:
    assert planned([link()], {"acme": None}).action is Action.UNCHANGED


def test_a_link_of_the_record_that_the_row_had_before_is_made_again() -> None:
    row = planned([link(FROM_ID="4")], {"acme": None})
    assert (row.action, row.links_added, row.links_removed) == (Action.LINK, (WISH,), ())


@pytest.mark.parametrize(
    ("links", "wishes", "retries"),
    [
        ([link(STATE="WAITING")], {"acme": None}, True),
        ([link(STATE="WAITING")], {"acme": None, "other": None}, False),
        ([link(STATE="WAITING")], {}, False),
        ([], {"acme": None}, False),
    ],
)
def test_links_that_wait_are_no_change(
    links: list[dict[str, Any]], wishes: dict[str, Any], retries: bool
) -> None:
    row = planned(links, wishes)
    assert (row.action, row.retries_links) == (Action.LINK, retries)


def test_the_links_of_a_row_that_is_gone_are_forgotten_with_its_record() -> None:
    row = planned([link()], {}, Action.SKIPPED)
    assert (row.action, row.links, row.links_removed) == (Action.SKIPPED, (), (WISH,))
