"""The page stays quick when there is much to show, and asks nothing twice."""

from __future__ import annotations

import time

import pytest

from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.viewing import View

SYNCS, RUNS = 40, 5_000
WITHIN = 1.5
"""Seconds for a first drawing."""

STATE = "HUBSPOT_INGEST.STATE"


@pytest.fixture
def busy(open_page: Open) -> tuple[View, World]:
    """An app that has forty syncs and ran five thousand times."""
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL discover()")
    world.rows(
        f"INSERT INTO {STATE}.SYNCS (NAME, STREAM, SETTINGS, ENABLED, SETTLED_THROUGH, CREATED_AT) "
        "SELECT 'sync_' || SEQ, 'contacts', PARSE_JSON('{\"schedule\": \"60 MINUTES\"}'), TRUE, "
        "SYSDATE(), SYSDATE() FROM (SELECT ROW_NUMBER() OVER (ORDER BY SEQ4()) - 1 AS SEQ "
        f"FROM TABLE(GENERATOR(ROWCOUNT => {SYNCS})))"
    )
    world.rows(
        f"INSERT INTO {STATE}.RUNS (RUN_ID, SYNC, STREAM, STATUS, STARTED_AT, FINISHED_AT, "
        "DURATION_SECONDS, ROWS_READ, ROWS_INSERTED, ROWS_UPDATED, ROWS_DELETED, REQUESTS, "
        "RESPONSE_CODE, MESSAGE) "
        f"SELECT 'run_' || SEQ, 'sync_' || MOD(SEQ, {SYNCS}), 'contacts', 'SUCCEEDED', "
        "DATEADD(MINUTE, -SEQ, SYSDATE()), DATEADD(MINUTE, -SEQ, SYSDATE()), 3.5, 100, 1, 2, 0, 7, "
        "'OK', 'read' FROM (SELECT ROW_NUMBER() OVER (ORDER BY SEQ4()) - 1 AS SEQ "
        f"FROM TABLE(GENERATOR(ROWCOUNT => {RUNS})))"
    )
    return view, world


def test_the_first_drawing_takes_less_than_a_second_and_a_half(busy: tuple[View, World]) -> None:
    view, _ = busy

    began = time.perf_counter()
    view.draw()
    took = time.perf_counter() - began

    assert f"of {SYNCS} syncs" in view.text
    assert took < WITHIN


@pytest.mark.parametrize("part", ["Set up", "Syncs", "Runs", "Data", "Settings"])
def test_no_statement_is_sent_twice_in_one_drawing(busy: tuple[View, World], part: str) -> None:
    view, _ = busy

    view.draw()
    first = view.session.sent.copy()
    view.press(part)

    for sent in (first, view.session.sent):
        assert [one for one, times in sent.items() if times > 1] == []


def test_moving_a_widget_asks_for_nothing_that_is_known(busy: tuple[View, World]) -> None:
    view, _ = busy
    view.draw()

    view.fill("Search syncs", "sync_1").draw()

    assert not view.session.sent
