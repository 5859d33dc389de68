"""What the event table gets: a record when a run begins and ends, one for what goes wrong."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from hubspot_sandbox import Faults, Limits
from hubspot_sandbox.faults import Planned
from tests.runs.conftest import MakeWorld
from tests.runs.world import World


@pytest.fixture(autouse=True)
def _listening(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="hubspot_ingest")


def _records(caplog: pytest.LogCaptureFixture, message: str) -> list[Any]:
    ours = [record for record in caplog.records if record.name == "hubspot_ingest"]
    return [record for record in ours if record.getMessage() == message]


def test_a_run_tells_when_it_begins_what_it_merges_and_how_it_ends(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    answer = world.slim().run()
    (began,) = _records(caplog, "run began")
    (merged,) = _records(caplog, "rows merged")
    (ended,) = _records(caplog, "run ended")

    assert [record.levelname for record in (began, merged, ended)] == ["INFO", "DEBUG", "INFO"]
    assert {record.run_id for record in (began, merged, ended)} == {answer["run_id"]}
    assert (merged.sync, merged.rows) == ("contacts", 12)
    assert (ended.status, ended.rows_inserted) == ("SUCCEEDED", 12)
    assert ended.requests == answer["requests"]


def test_a_failure_is_an_error_with_its_code_and_without_its_text(
    make: MakeWorld, caplog: pytest.LogCaptureFixture
) -> None:
    world = make({"contacts": 1}, token="pat-na1-00000000-0000-4000-8000-00000000dead")
    answer = world.ingest()
    (ended,) = _records(caplog, "run ended")

    assert (ended.levelname, ended.response_code) == ("ERROR", "CREDENTIAL_REJECTED")
    assert answer["message"] not in repr(vars(ended))


def test_a_request_sent_again_is_a_warning(
    make: MakeWorld, caplog: pytest.LogCaptureFixture
) -> None:
    plan = [Planned("429", request=2), Planned("503", request=4)]
    world = make({"contacts": 3}, faults=Faults(plan=plan), limits=Limits()).slim()
    world.run()
    again = _records(caplog, "request to be sent again")

    assert [record.levelname for record in again] == ["WARNING", "WARNING"]
    assert sorted(record.reason for record in again) == ["FAULT", "THROTTLED"]
    assert all(record.endpoint and record.seconds > 0 for record in again)


def test_inside_a_procedure_the_span_gets_an_event_for_each_run(served: World) -> None:
    before = len(served.engine.history.events)
    served.call("CALL HUBSPOT_INGEST.CORE.INGEST_HUBSPOT('contacts')")
    (event,) = served.engine.history.events[before:]

    assert (event.procedure, event.name) == ("INGEST_HUBSPOT", "run")
    assert event.attributes["sync"] == "contacts"
    assert event.attributes["status"] == "SUCCEEDED"
    assert event.attributes["rows_inserted"] == 12


def test_no_record_is_made_for_each_request(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.slim().run()

    assert [record for record in caplog.records if record.name.startswith("http")] == []
