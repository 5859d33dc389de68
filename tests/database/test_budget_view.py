"""The view BUDGET counts the requests of a portal's own runs, since the portal's day began."""

from __future__ import annotations

import pytest

from hubspot_ingest.database.connection import Database

STATE = "HUBSPOT_INGEST.STATE"
DAY_BEGAN = "DATE_TRUNC('DAY', SYSDATE())"


@pytest.fixture(autouse=True)
def _two_portals(database: Database) -> None:
    """A day that began at midnight in two portals, which ``default`` and ``second`` read."""
    for statement in (
        f"INSERT INTO {STATE}.BUDGETS (FINGERPRINT, DAILY_LIMIT, USED, CHECKED_AT) "
        "SELECT COLUMN1, 1000, 500, SYSDATE() FROM (VALUES ('one'), ('two'))",
        f"INSERT INTO {STATE}.PORTALS (FINGERPRINT, PORTAL_ID) VALUES ('one', '1'), ('two', '2')",
        f"UPDATE {STATE}.CONNECTIONS SET PORTAL_ID = '1' WHERE SLOT = 0",
        f"UPDATE {STATE}.CONNECTIONS SET PORTAL_ID = '2', NAME = 'second' WHERE SLOT = 1",
        f"INSERT INTO {STATE}.SYNCS (NAME, SETTINGS) SELECT 'contacts', PARSE_JSON('{{}}')",
        f"INSERT INTO {STATE}.SYNCS (NAME, SETTINGS) "
        "SELECT 'theirs', PARSE_JSON('{\"connection\": \"second\"}')",
    ):
        database.rows(statement)


def _run(database: Database, sync: str, requests: int, minutes: int = 0) -> None:
    """A run that began some minutes after the day did."""
    database.rows(
        f"INSERT INTO {STATE}.RUNS (RUN_ID, SYNC, REQUESTS, STARTED_AT) "
        f"SELECT ?, ?, ?, DATEADD(MINUTE, ?, {DAY_BEGAN})",
        (f"{sync}-{requests}", sync, requests, minutes),
    )


def _used_by_us(database: Database) -> dict[str, int]:
    rows = database.rows("SELECT PORTAL_ID, USED_BY_US FROM HUBSPOT_INGEST.CORE.BUDGET")
    return {row["PORTAL_ID"]: int(row["USED_BY_US"]) for row in rows}


def test_a_portal_counts_its_own_runs(database: Database) -> None:
    _run(database, "contacts", 5)
    _run(database, "contacts", 7)
    _run(database, "theirs", 100)

    assert _used_by_us(database) == {"1": 12, "2": 100}


def test_a_run_of_the_day_before_does_not_count(database: Database) -> None:
    _run(database, "contacts", 5, minutes=-1)

    assert _used_by_us(database) == {"1": 0, "2": 0}


def test_a_run_of_a_dropped_sync_counts_for_the_first_connection(database: Database) -> None:
    _run(database, "dropped", 5)

    assert _used_by_us(database) == {"1": 5, "2": 0}


def test_an_unchecked_connection_reads_the_only_portal(database: Database) -> None:
    database.rows(f"UPDATE {STATE}.CONNECTIONS SET PORTAL_ID = NULL")
    database.rows(f"DELETE FROM {STATE}.PORTALS WHERE PORTAL_ID = '2'")
    _run(database, "contacts", 5)

    assert _used_by_us(database)["1"] == 5


def test_a_portal_has_one_day_after_its_key_was_changed(database: Database) -> None:
    database.rows(
        f"INSERT INTO {STATE}.BUDGETS (FINGERPRINT, DAILY_LIMIT, USED, CHECKED_AT) "
        "SELECT 'new', 1000, 600, DATEADD(SECOND, 1, SYSDATE())"
    )
    database.rows(f"INSERT INTO {STATE}.PORTALS (FINGERPRINT, PORTAL_ID) VALUES ('new', '1')")
    _run(database, "contacts", 5)
    rows = database.rows(
        "SELECT PORTAL_ID, USED, USED_BY_US FROM HUBSPOT_INGEST.CORE.BUDGET ORDER BY PORTAL_ID"
    )

    assert [tuple(row.values()) for row in rows] == [("1", 600, 5), ("2", 500, 0)]
