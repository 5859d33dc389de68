"""What an exception that nobody foresaw leaves behind of a run, and of the runs beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import pytest

from hubspot_ingest import procedures
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.runs import RunLog, Runs
from hubspot_ingest.database.state.syncs import Sync
from hubspot_ingest.errors import DatabaseError
from hubspot_ingest.inbound.load import rows
from hubspot_ingest.inbound.opening import opening
from hubspot_ingest.inbound.reconcile import reconciliation
from hubspot_ingest.inbound.run import follow_up
from hubspot_ingest.inbound.run.records import Run
from hubspot_ingest.operations import alerts
from tests.runs.conftest import MakeWorld
from tests.runs.world import CONTACTS, HOUR, Answer, World, on_an_empty_stack

SECRET = "pat-na1-ada@example.com"


class Unprintable(Exception):
    def __str__(self) -> NoReturn:
        raise RuntimeError(SECRET)


def _breaking(kind: type[Exception] = ValueError) -> Callable[..., NoReturn]:
    def fail(*_: object, **__: object) -> NoReturn:
        raise kind(SECRET)

    return fail


def _call(world: World, procedure: Callable[..., Any], *arguments: str) -> Answer:
    """What a procedure answers on the world's own clock."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(procedures, "_context", lambda _: world.context)
        return on_an_empty_stack(lambda: dict(procedure(world.handlers, *arguments)))


def _id(message: str) -> str:
    match = re.search(r"unexpected internal error ([0-9a-f]{8}); ", message)
    assert match is not None, message
    return match[1]


def _traces(world: World, error_id: str) -> list[dict[str, Any]]:
    begin = f"internal error {error_id}: "
    return [error for error in world.errors() if error["MESSAGE"].startswith(begin)]


def _three(make: MakeWorld) -> World:
    world = make({"contacts": 30, "companies": 20, "deals": 10})
    for name in ("contacts", "companies", "deals"):
        world.configure(name, {"properties": ["hs_object_id"], "associations": []})
    return world


def _only_of(sync: str, broken: Callable[..., Any], whole: Callable[..., Any]) -> Any:
    """``broken`` in the run of one sync, ``whole`` in the others."""

    def either(run: Run, *arguments: object) -> Any:
        return (broken if run._name == sync else whole)(run, *arguments)

    return either


def test_an_exception_without_a_text_ends_a_run_as_any_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.slim()
    monkeypatch.setattr(rows, "staged_records", _breaking(Unprintable))
    answer = _call(world, procedures.ingest_hubspot, "contacts")
    [run] = world.runs()

    assert (answer["status"], answer["response_code"]) == ("FAILED", "INTERNAL_ERROR")
    assert (run["STATUS"], run["MESSAGE"]) == ("FAILED", answer["message"])
    [error] = _traces(world, _id(answer["message"]))
    assert ": Unprintable at " in error["MESSAGE"]


def test_a_comparison_that_dies_of_one_names_its_id_in_the_run_and_leaves_its_frames(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.slim()
    monkeypatch.setattr(follow_up, "compare_and_certify", _breaking())
    answer = _call(world, procedures.ingest_hubspot, "contacts")

    assert answer["status"] == "SUCCEEDED"
    assert "could not be compared with HubSpot: unexpected internal error" in answer["message"]
    [error] = _traces(world, _id(answer["message"]))
    assert (error["SYNC"], error["RUN_ID"]) == ("contacts", answer["run_id"])
    assert "follow_up.py:" in error["MESSAGE"]
    assert SECRET not in repr((answer, world.stored()))


def test_alerts_that_die_of_one_fail_no_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.slim()
    to: Any = {"integration": "ALERTS", "recipients": ["ada@example.com"]}
    AppState(world.database).save({"notifications": to}, world.clock.now())
    monkeypatch.setattr(alerts, "announce", _breaking())
    answer = _call(world, procedures.ingest_hubspot, "contacts")
    [error] = world.errors()

    assert (answer["status"], answer["response_code"]) == ("SUCCEEDED", "OK")
    assert "announce" not in answer["message"]
    assert re.search(r"^internal error [0-9a-f]{8}: ValueError at .*alerts\.py", error["MESSAGE"])


def test_a_background_comparison_that_dies_of_one_is_found_by_its_sync(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.slim().run()
    monkeypatch.setattr(reconciliation, "compare_and_certify", _breaking())
    with pytest.raises(RuntimeError, match="INTERNAL_ERROR: unexpected") as raised:
        _call(world, procedures.reconcile_task, "contacts")

    [error] = world.errors()
    assert error["SYNC"] == "contacts"
    assert _traces(world, _id(str(raised.value))) == [error]


def test_a_sync_that_cannot_be_opened_leaves_the_others_to_run(
    make: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = _three(make)
    settings_of = opening._settings_of

    def break_contacts(sync: Sync, stored: Any) -> Any:
        return (_breaking() if sync.name == "contacts" else settings_of)(sync, stored)

    monkeypatch.setattr(opening, "_settings_of", break_contacts)
    answer = _call(world, procedures.ingest_all)

    codes = {run["sync"]: run["response_code"] for run in answer["runs"]}
    assert codes == {"companies": "OK", "contacts": "INTERNAL_ERROR", "deals": "OK"}
    [error] = _traces(world, _id(answer["message"]))
    assert error["SYNC"] == "contacts"
    assert not any(world.is_held(name) for name in codes)


def test_a_run_whose_end_cannot_be_written_leaves_the_others_to_run(
    make: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = _three(make)

    end = Runs.end

    def refuse_contacts(runs: Runs, ended: Sequence[tuple[RunLog, str]]) -> int:
        if any(log.sync == "contacts" for log, _ in ended):
            raise DatabaseError("a statement failed")
        return end(runs, ended)

    with monkeypatch.context() as broken:
        broken.setattr(Runs, "end", refuse_contacts)
        answer = _call(world, procedures.ingest_all)

    codes = {run["sync"]: run["response_code"] for run in answer["runs"]}
    assert codes == {"companies": "OK", "contacts": "DATABASE_ERROR", "deals": "OK"}
    # a run without a row keeps its lease, by which the next one finds and ends it
    assert [name for name in codes if world.is_held(name)] == ["contacts"]


def test_two_at_once_answer_the_first_with_its_id(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.slim()
    monkeypatch.setattr(Run, "_run_stages", _breaking())
    monkeypatch.setattr(Runs, "end", _breaking(KeyError))
    answer = _call(world, procedures.ingest_hubspot, "contacts")

    assert (answer["status"], answer["response_code"]) == ("FAILED", "INTERNAL_ERROR")
    [error] = _traces(world, _id(answer["message"]))
    assert ": ValueError at " in error["MESSAGE"]
    # there is no row yet: the next run finds the lease and adds it
    assert world.is_held("contacts")


def test_an_error_about_the_runs_row_does_not_hide_what_ended_the_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise DatabaseError("the row cannot be written")

    world.slim()
    monkeypatch.setattr(rows, "staged_records", _breaking())
    monkeypatch.setattr(Runs, "end", refuse)
    answer = _call(world, procedures.ingest_hubspot, "contacts")

    assert answer["response_code"] == "INTERNAL_ERROR"
    [error] = _traces(world, _id(answer["message"]))
    assert ": ValueError at " in error["MESSAGE"]


def test_a_lease_that_was_taken_for_nothing_is_given_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.slim()
    world.hold(run_id="killed")
    world.clock.advance(HOUR)
    with monkeypatch.context() as broken:
        broken.setattr(Runs, "interrupt_sync", _breaking())
        answer = _call(world, procedures.ingest_hubspot, "contacts")

    assert answer["response_code"] == "INTERNAL_ERROR"
    assert world.run()["rows_inserted"] == len(world.ids(CONTACTS)) == 12
