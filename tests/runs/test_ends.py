"""How runs end: one row of RUNS each, wherever they are killed and whatever cannot be stored."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NoReturn

import httpx
import pytest

from hubspot_ingest.database.state.progress import LEASE
from hubspot_ingest.database.state.runs import RunLog, Runs
from hubspot_ingest.database.state.stored_state import read_stored_state
from hubspot_ingest.errors import DatabaseError, IngestError, SyncBusy
from hubspot_ingest.inbound import configure
from hubspot_ingest.inbound.opening import closing, opening
from hubspot_ingest.inbound.opening.opening import open_sync
from hubspot_ingest.inbound.run.records import Run
from hubspot_ingest.inbound.run.runner import GoingRun, _SideBySide
from tests.runs.dying import killed
from tests.runs.world import HOUR, MINUTE, World


def _outcomes(world: World) -> list[tuple[str, str]]:
    return [(run["STATUS"], run["RESPONSE_CODE"]) for run in world.runs()]


def _settled(world: World) -> object:
    [row] = world.rows("SELECT SETTLED_THROUGH FROM HUBSPOT_DATA.CRM._FRESHNESS")
    return row["SETTLED_THROUGH"]


def _failing(*_: object) -> NoReturn:
    raise DatabaseError("a statement failed")


def test_a_run_has_one_row_wherever_it_and_the_one_that_takes_over_are_killed(
    world: World,
) -> None:
    world.slim().run()
    dies_at, reached = 1, True
    while reached:
        world.clock.advance(LEASE + MINUTE)
        reached = killed(world, dies_at, after=True)
        dies_at += 1
    world.clock.advance(HOUR)
    world.run()

    sync = world.syncs.find("contacts")
    assert sync is not None
    ids = [run["RUN_ID"] for run in world.runs()]
    assert len(ids) == len({*ids}) == sync.turn > 4
    assert "RUNNING" not in {run["STATUS"] for run in world.runs()}


def test_a_run_that_was_taken_for_dead_and_is_not_leaves_one_row(world: World) -> None:
    world.slim().run()
    late = world.begin()
    world.clock.advance(LEASE + MINUTE)
    world.run()
    world.end(late)

    assert _outcomes(world) == [
        ("SUCCEEDED", "OK"),
        ("FAILED", "INTERRUPTED"),
        ("SUCCEEDED", "OK"),
    ]
    assert late.ending.log.response_code == "SYNC_BUSY"


def test_a_sync_that_is_reset_while_its_run_ends_is_not_settled(world: World) -> None:
    world.slim().run()
    before = _settled(world)
    world.clock.advance(HOUR)
    run = world.begin()
    for _ in run.steps:
        pass
    world.syncs.reset("contacts", world.clock.now())
    world.end(run)

    assert _settled(world) == before
    assert _outcomes(world)[1] == ("STOPPED", "SYNC_RESET")


def test_runs_that_are_closed_again_after_a_late_failure_have_one_row(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.slim()
    runs = [world.begin()]
    world.configure("companies", {"properties": ["hs_object_id"], "associations": []})
    runs.append(world.begin("companies"))
    for run in runs:
        for _ in run.steps:
            pass
    end = Runs.end

    def fail_late(stored_runs: Runs, ended: Sequence[tuple[RunLog, str]]) -> int:
        count = end(stored_runs, ended)
        if len(ended) > 1:
            _failing()
        return count

    monkeypatch.setattr(Runs, "end", fail_late)
    closing.close_runs(world.context, [run.ending for run in runs])

    assert _outcomes(world) == [("SUCCEEDED", "OK")] * 2
    assert not world.is_held()


def test_a_run_whose_state_cannot_be_stored_is_failed_in_its_row_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.slim()
    monkeypatch.setattr(closing, "release", _failing)

    assert world.ingest()["response_code"] == "DATABASE_ERROR"
    assert _outcomes(world) == [("FAILED", "DATABASE_ERROR")]


@pytest.mark.parametrize("failures", [1, 2])
def test_a_run_that_got_no_row_keeps_its_lease_until_it_has_one(
    world: World, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    run = world.slim().begin().ending
    run.fail(world.database, DatabaseError("the run failed"), world.clock.now())
    end, calls = Runs.end, []

    def fail_first(stored_runs: Runs, ended: Sequence[tuple[RunLog, str]]) -> int:
        calls.append(ended)
        return end(stored_runs, ended) if len(calls) > failures else _failing()

    monkeypatch.setattr(Runs, "end", fail_first)
    closing.close_runs(world.context, [run])
    held = world.is_held()
    world.clock.advance(LEASE + MINUTE)
    open_sync(world.context, "contacts", "next", is_run=True)

    code = "INTERRUPTED" if failures > 1 else "DATABASE_ERROR"
    assert held == (failures > 1)
    assert _outcomes(world)[0] == ("FAILED", code)
    assert [error["CODE"] for error in world.errors()] == [code]


def test_a_reset_right_after_the_row_was_added_is_in_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.slim().begin().ending
    run.log.status, run.log.finished_at = "SUCCEEDED", world.clock.now()
    end = Runs.end

    def end_late(stored_runs: Runs, ended: Sequence[tuple[RunLog, str]]) -> int:
        count = end(stored_runs, ended)
        world.syncs.reset("contacts", world.clock.now())
        return 0 if count else count

    monkeypatch.setattr(Runs, "end", end_late)
    closing.close_runs(world.context, [run])

    assert _outcomes(world) == [("STOPPED", "SYNC_RESET")]


def test_old_rows_that_cannot_be_deleted_keep_no_run_from_its_lease(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "TURNS_KEPT", 1)
    monkeypatch.setattr(opening, "delete_old", _failing)

    assert world.slim().run()["status"] == "SUCCEEDED"
    assert not world.is_held()


def test_a_run_that_waits_to_be_closed_keeps_its_lease(world: World) -> None:
    world.slim()
    ended = world.begin().ending
    world.clock.advance(LEASE - MINUTE)
    ended.ended_at = world.clock.now()
    beside = _SideBySide(world.context)
    beside._ended = [ended]
    beside.going = {"companies": GoingRun(ended, iter([None, None]))}
    beside.step()
    world.clock.advance(2 * MINUTE)

    assert world.is_held()


def test_a_failure_after_the_first_leases_is_the_answer_of_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[dict[str, IngestError]] = [{"contacts": SyncBusy("it goes on")}]
    monkeypatch.setattr(
        opening, "_try_to_open", lambda *_, **__: opened.pop() if opened else _failing()
    )
    stored = read_stored_state(world.database, world.clock.now())
    answers = opening.open_syncs(world.context, stored, ["contacts", "deals"], str)

    codes = {
        name: answer.response_code
        for name, answer in answers.items()
        if isinstance(answer, IngestError)
    }
    assert codes == {"contacts": "SYNC_BUSY", "deals": "DATABASE_ERROR"}


def test_a_run_that_waits_alone_for_hubspot_keeps_the_leases_of_all(world: World) -> None:
    world.slim().run()
    world.configure("companies", {"properties": ["hs_object_id"], "associations": []})
    world.configure("machines", {"stream": "p62515001_machines"})
    world.clock.advance(HOUR)
    beside = _SideBySide(world.context)
    stored = read_stored_state(world.database, world.clock.now())
    beside.begin(stored, ["companies", "machines"])
    asked = threading.Event()
    writer = beside.going["companies"].ending.writer
    before = writer.written_at

    def wait(request: httpx.Request, _: httpx.Response) -> None:
        if request.url.path.endswith("/schemas") and not asked.is_set():
            world.clock.advance(2 * MINUTE)
            asked.wait(0.5)
            asked.set()

    world.instead = wait
    next(beside.going["machines"].steps, None)

    assert asked.is_set()
    assert writer.written_at > before


def test_what_ends_the_process_is_no_error_and_the_next_run_says_that_it_was_interrupted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(*_: object) -> NoReturn:
        raise SystemExit

    world.slim()
    with monkeypatch.context() as ending:
        ending.setattr(Run, "_run_stages", end)
        with pytest.raises(SystemExit):
            world.ingest()
    before = world.errors()
    world.clock.advance(LEASE + MINUTE)
    world.run()

    assert before == []
    assert [error["CODE"] for error in world.errors()] == ["INTERRUPTED"]


def test_a_killed_run_has_its_row_though_its_sync_is_dropped(world: World) -> None:
    world.slim()
    run_id = world.begin().ending.log.run_id
    world.clock.advance(LEASE + MINUTE)
    configure.drop(world.context, "contacts")

    assert [(run["RUN_ID"], run["RESPONSE_CODE"]) for run in world.runs()] == [
        (run_id, "INTERRUPTED")
    ]


def test_a_run_that_is_killed_after_its_sync_was_dropped_has_its_row(world: World) -> None:
    world.slim()
    run_id = world.begin().ending.log.run_id
    configure.drop(world.context, "contacts")
    world.clock.advance(LEASE + MINUTE)
    world.syncs.save("companies", "companies", {}, world.clock.now())
    configure.drop(world.context, "companies")

    assert [(run["RUN_ID"], run["RESPONSE_CODE"]) for run in world.runs()] == [
        (run_id, "INTERRUPTED")
    ]
    assert world.stored()["PROGRESS"] == []
