"""The page asks and draws as little as ever when there is much to show, and asks nothing twice."""

from __future__ import annotations

import pytest

from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.viewing import View

SYNCS, RUNS = 40, 5_000
STATEMENTS, ELEMENTS = 10, 200
"""The most that a drawing sends and shows, of forty syncs as of one: both take most of its time."""

FIRST, MOST = 3, 8
"""Statements of the first drawing and of any: at 200 ms each they take 0.6 and 1.6 seconds."""

PARTS_OF_SYNC = ["Filters", "Properties", "Related", "Schedule and more", "Overview"]
MOST_OF_SYNC = 9
"""Statements of a sync's part: 1.8 seconds."""

STATE = "HUBSPOT_INGEST.STATE"


@pytest.fixture
def busy(open_page: Open) -> tuple[View, World]:
    """An app that has forty syncs and ran five thousand times."""
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL discover()")
    for statement in (
        "CREATE DATABASE HUBSPOT_DATA",
        "CREATE SCHEMA HUBSPOT_DATA.CRM",
        "USE SCHEMA HUBSPOT_INGEST.CORE",
    ):
        world.rows(statement)
    world.rows(
        f"INSERT INTO {STATE}.SYNCS (NAME, STREAM, SETTINGS, ENABLED, SETTLED_THROUGH, CREATED_AT) "
        "SELECT 'sync_' || SEQ, 'contacts', PARSE_JSON('{\"schedule\": \"60 MINUTES\"}'), TRUE, "
        "SYSDATE(), SYSDATE() FROM (SELECT ROW_NUMBER() OVER (ORDER BY SEQ4()) - 1 AS SEQ "
        f"FROM TABLE(GENERATOR(ROWCOUNT => {SYNCS})))"
    )
    world.rows(
        f"INSERT INTO {STATE}.RUNS (RUN_ID, SYNC, STREAM, STATUS, DESTINATION, STARTED_AT, "
        "FINISHED_AT, DURATION_SECONDS, ROWS_READ, ROWS_INSERTED, ROWS_UPDATED, ROWS_DELETED, "
        "REQUESTS, RESPONSE_CODE, MESSAGE) "
        f"SELECT 'run_' || SEQ, 'sync_' || MOD(SEQ, {SYNCS}), 'contacts', 'SUCCEEDED', "
        f"'HUBSPOT_DATA.CRM.SYNC_' || MOD(SEQ, {SYNCS}), "
        "DATEADD(MINUTE, -SEQ, SYSDATE()), DATEADD(MINUTE, -SEQ, SYSDATE()), 3.5, 100, 1, 2, 0, 7, "
        "'OK', 'read' FROM (SELECT ROW_NUMBER() OVER (ORDER BY SEQ4()) - 1 AS SEQ "
        f"FROM TABLE(GENERATOR(ROWCOUNT => {RUNS})))"
    )
    for n in range(SYNCS):
        world.rows(
            f"CREATE TABLE HUBSPOT_DATA.CRM.SYNC_{n} (ID VARCHAR, UPDATED_AT TIMESTAMP_NTZ(3), "
            "COMPANIES_IDS ARRAY, _PORTAL_ID VARCHAR, _DELETED_AT TIMESTAMP_NTZ(3), "
            "_DELETE_KIND VARCHAR, _MERGED_INTO VARCHAR)"
        )
    world.rows(
        f"INSERT INTO {STATE}.COMPLETENESS (SYNC, CHECKED_AT, RESULT, HUBSPOT_RECORDS, "
        "TABLE_RECORDS, MISSING, EXTRA, STALE, CHANGED_MEANWHILE, REPAIRED, REQUESTS, RUN_ID) "
        f"SELECT 'sync_' || MOD(SEQ, {SYNCS}), DATEADD(HOUR, -SEQ, SYSDATE()), 'COMPLETE', 100, "
        "100, 0, 0, 0, 0, 0, 6, 'run_' || SEQ FROM (SELECT ROW_NUMBER() OVER (ORDER BY SEQ4()) - 1 "
        f"AS SEQ FROM TABLE(GENERATOR(ROWCOUNT => {SYNCS * 20})))"
    )
    return view, world


def test_the_first_drawing_asks_and_shows_little_however_many_syncs_there_are(
    busy: tuple[View, World],
) -> None:
    view, _ = busy

    view.draw()

    assert f"of {SYNCS} syncs" in view.text
    assert view.session.sent.total() <= STATEMENTS
    assert view.elements <= ELEMENTS


@pytest.mark.long
def test_trust_asks_and_shows_little_however_many_syncs_there_are(
    busy: tuple[View, World],
) -> None:
    view, _ = busy
    view.draw()

    view.press("Trust")

    assert f"of {SYNCS} syncs" in view.text
    assert view.session.sent.total() <= STATEMENTS
    assert view.elements <= ELEMENTS


@pytest.mark.parametrize("part", ["Set up", "Syncs", "Pushes", "Runs", "Trust", "Data", "Settings"])
def test_a_drawing_sends_few_statements_and_none_twice(busy: tuple[View, World], part: str) -> None:
    view, _ = busy

    view.draw()
    first = view.session.sent.copy()
    view.test.session_state["kept"] = {}
    view.press(part)

    for sent in (first, view.session.sent):
        assert [statement for statement, times in sent.items() if times > 1] == []
    assert first.total() <= FIRST
    assert view.session.sent.total() <= MOST


def test_every_part_of_a_sync_sends_few_statements(busy: tuple[View, World]) -> None:
    view, _ = busy
    view.draw().press("Sync 1")

    for part in PARTS_OF_SYNC:
        view.test.session_state["kept"] = {}
        view.choose("part-sync_1", part)

        assert view.session.sent.total() <= MOST_OF_SYNC, part


def test_moving_a_widget_asks_for_nothing_that_is_known(busy: tuple[View, World]) -> None:
    view, _ = busy
    view.draw()

    view.fill("Search syncs", "sync_1").draw()

    assert not view.session.sent
