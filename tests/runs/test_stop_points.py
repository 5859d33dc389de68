"""Runs that end around the border of a file of records: the next one leaves nothing out."""

from __future__ import annotations

import httpx
import pytest

from hubspot_ingest.inbound.load import batches
from tests.nights import few_by_day
from tests.runs.conftest import MakeWorld
from tests.runs.world import HOUR, MINUTE, SECOND, Answer, World

COUNT = 1_200
# four borders of files in so many contacts
FILE_ROWS = 300
DEADLINE_MINUTES = 10
SETTINGS: Answer = {
    "properties": ["email"],
    "associations": ["companies"],
    "deadline_minutes": DEADLINE_MINUTES,
}
FILTER: Answer = {"propertyName": "createdate", "operator": "GTE", "value": "2010-01-01"}
READINGS = {"list": {}, "search": {"filter_groups": [{"filters": [FILTER]}]}}


def _stop_at(world: World, number: int, *, by: str) -> None:
    """Let the deadline come with the answer of that number, or HubSpot fail from it on."""
    answered = 0

    def answer(_: httpx.Request, _response: httpx.Response) -> httpx.Response | None:
        nonlocal answered
        answered += 1
        if by == "deadline" and answered == number:
            world.clock.advance(DEADLINE_MINUTES * MINUTE)
        if by == "failure" and answered >= number:
            return httpx.Response(500, json={"status": "error", "message": "internal error"})
        return None

    world.instead = answer


@pytest.mark.parametrize("by", ["deadline", "failure"])
@pytest.mark.parametrize(
    ("number", "beside"), [(7, False), (8, True)], ids=["7, in turn", "8, uploads beside"]
)
@pytest.mark.parametrize("reading", few_by_day(READINGS))
def test_what_a_run_left_is_read_by_the_next(
    make: MakeWorld,
    monkeypatch: pytest.MonkeyPatch,
    reading: str,
    number: int,
    beside: bool,
    by: str,
) -> None:
    monkeypatch.setattr(batches, "FILE_ROWS", FILE_ROWS)
    world = make({"contacts": COUNT})
    world.only = ("email",)
    world.database.is_thread_safe = beside
    world.sandbox.latency_ms = SECOND
    world.configure("contacts", {**SETTINGS, **READINGS[reading]})
    _stop_at(world, number, by=by)
    first = world.ingest()
    assert world.rows("LIST @HUBSPOT_INGEST.STAGING.LOADS") == []
    world.instead = None
    world.clock.advance(HOUR)

    second = world.run()

    # what is missing afterwards is not left to the count that follows
    assert first["rows_read"] + second["rows_read"] >= COUNT
    assert world.landed() == world.truth()
    assert world.ids(where="COMPANIES_IDS IS NULL") == []
