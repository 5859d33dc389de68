from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hubspot_ingest.laptop.progress import RunningRun, described, duration

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def run(
    read: int | None,
    expected: int | None = None,
    strategy: str | None = "LIST",
    sync: str = "deals",
) -> RunningRun:
    """A run that began ten seconds ago."""
    began = (NOW - timedelta(seconds=10)).replace(tzinfo=None)
    return RunningRun(sync, strategy, began, read, expected)


def test_a_run_has_rows_pages_rate_and_time_left() -> None:
    assert described([run(2_000, 50_000)], NOW) == (
        "deals: 2,000 of about 50,000 rows, 20 of about 500 pages, 200 rows/s, about 4 min 0 s left"
    )


def test_pages_of_a_search_have_two_hundred_records() -> None:
    assert "10 of about 20 pages" in described([run(2_000, 4_000, "SEARCH")], NOW)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (run(None), "deals: 0 rows, 0 pages"),
        (run(300), "deals: 300 rows, 3 pages, 30 rows/s"),
        (run(300, strategy="WINDOWS"), "deals: 300 rows, 30 rows/s"),
        (run(300, strategy=None), "deals: 300 rows, 30 rows/s"),
        # more is read than was counted before
        (run(300, 200), "deals: 300 of about 300 rows, 3 of about 3 pages, 30 rows/s"),
    ],
)
def test_what_is_not_known_is_not_said(row: RunningRun, expected: str) -> None:
    assert described([row], NOW) == expected


def test_of_several_runs_the_first_is_told_and_the_others_counted() -> None:
    line = described([run(300), run(1, sync="contacts"), run(2, sync="owners")], NOW)

    assert line == "deals: 300 rows, 3 pages, 30 rows/s; 2 more running"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.2, "1 s"), (59.5, "1 min 0 s"), (200, "3 min 20 s"), (7_500, "2 h 5 min")],
)
def test_time_left_is_told_as_a_person_would(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected
