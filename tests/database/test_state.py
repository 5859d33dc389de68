"""State: syncs, leases, runs and errors, as a run writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

import pytest

from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state import progress
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.budgets import Budgets
from hubspot_ingest.database.state.progress import (
    LEASE,
    LeaseRequest,
    Leases,
    StateWriter,
    release,
)
from hubspot_ingest.database.state.properties import PortalSchema, StreamAccess
from hubspot_ingest.database.state.retention import TURNS_KEPT, Retention, delete_old
from hubspot_ingest.database.state.runs import INTERRUPTED, RunLog, Runs
from hubspot_ingest.database.state.syncs import EarnedOn, Syncs
from hubspot_ingest.errors import DatabaseError, SyncBusy
from hubspot_ingest.model import Json
from tests.builders import FakeClock

NOW = 1_790_000_000_123


@pytest.fixture(autouse=True)
def syncs(database: Database) -> Syncs:
    syncs = Syncs(database)
    syncs.save("contacts", "contacts", {"settle_minutes": 3}, NOW)
    return syncs


def _requests(database: Database, run_id: str, *names: str) -> list[LeaseRequest]:
    syncs = [Syncs(database).find(name) for name in names or ("contacts",)]
    return [LeaseRequest(sync, run_id, str(sync.version), NOW) for sync in syncs if sync]


def _take(database: Database, run_id: str = "run-1", now: int = NOW) -> StateWriter | None:
    """The key of a run that takes the lease of contacts, if it may."""
    [request] = _requests(database, run_id)
    if request.sync.is_held(now) or Leases(database).take([request], now) != [True]:
        return None
    return StateWriter(
        database,
        FakeClock(now),
        "contacts",
        run_id,
        request.turn,
        request.version,
        request.sync.earned_on,
        request.sync.settled_through,
    )


def _writer(database: Database, run_id: str = "run-1", now: int = NOW) -> StateWriter:
    writer = _take(database, run_id, now)
    assert writer is not None
    return writer


@pytest.fixture
def leases(database: Database) -> Leases:
    return Leases(database)


@pytest.fixture
def runs(database: Database) -> Runs:
    return Runs(database)


def _run(run_id: str = "run-1", sync: str = "contacts") -> RunLog:
    return RunLog(run_id, sync, "contacts", NOW)


def _runs(database: Database) -> list[Mapping[str, Any]]:
    return [*database.rows("SELECT * FROM HUBSPOT_INGEST.CORE.RUNS ORDER BY RUN_ID")]


# -- syncs ---------------------------------------------------------------------------------------


def test_an_unknown_sync_is_none(syncs: Syncs) -> None:
    assert syncs.find("deals") is None
    assert syncs.names() == ["contacts"]


def test_settings_come_back_as_they_were_given(syncs: Syncs) -> None:
    settings: Any = {
        "stream": "contacts",
        "filter_groups": [{"filters": [{"value": 'it\'s \\ "x"'}]}],
    }
    syncs.save("contacts", "contacts", settings, NOW)

    sync = syncs.find("contacts")

    assert sync is not None
    assert sync.settings == settings
    assert (sync.enabled, sync.settled_through, sync.checkpoint) == (True, None, None)


def test_the_cursor_is_kept_to_the_millisecond(syncs: Syncs, database: Database) -> None:
    writer = _writer(database)
    writer.advance(NOW)
    writer.write()

    sync = syncs.find("contacts")
    assert sync is not None
    assert sync.settled_through == NOW


def test_moving_the_cursor_drops_the_checkpoint(syncs: Syncs, database: Database) -> None:
    writer = _writer(database)
    writer.save_checkpoint({"plan": "x", "reading": {"ranges": [[1, None, 9]]}})
    before = syncs.find("contacts")
    writer.advance(NOW)
    writer.write()
    after = syncs.find("contacts")

    assert before is not None
    assert before.checkpoint == {"plan": "x", "reading": {"ranges": [[1, None, 9]]}}
    assert after is not None
    assert after.checkpoint is None


@pytest.mark.parametrize("forget", [False, True])
def test_new_settings_keep_the_cursor_unless_it_is_to_be_forgotten(
    syncs: Syncs, database: Database, forget: bool
) -> None:
    writer = _writer(database)
    writer.advance(NOW)
    writer.write()
    syncs.enable("contacts", False, NOW)

    syncs.save("contacts", "contacts", {}, NOW, forget=forget)

    sync = syncs.find("contacts")
    assert sync is not None
    assert sync.settled_through == (None if forget else NOW)
    assert sync.enabled is False


def test_what_a_run_writes_after_another_took_its_lease_never_counts(
    syncs: Syncs, database: Database
) -> None:
    dead = _writer(database)
    alive = _writer(database, "run-2", NOW + LEASE + 1)
    alive.advance(NOW)
    alive.write()
    # as if the statement had begun before the lease was taken
    database.rows(
        "INSERT INTO HUBSPOT_INGEST.STATE.PROGRESS (SYNC, RUN_ID, TURN, NUMBER, VERSION) "
        "SELECT 'contacts', ?, ?, 1000, ?",
        (dead.run_id, dead.turn, dead.version),
    )

    sync = syncs.find("contacts")
    assert sync is not None
    assert (sync.settled_through, sync.lease_until) == (NOW, NOW + 2 * LEASE + 1)


def test_a_sync_that_is_dropped_and_configured_anew_begins_anew(
    syncs: Syncs, database: Database
) -> None:
    writer = _writer(database)
    writer.advance(NOW)
    release([writer])
    syncs.drop("contacts", NOW)
    syncs.save("contacts", "contacts", {}, NOW)

    sync = syncs.find("contacts")
    assert sync is not None
    assert (sync.settled_through, sync.earned_on) == (None, EarnedOn())
    again = _writer(database, "run-2")
    again.advance(NOW + 1)
    release([again])
    assert [each.settled_through for each in syncs.all()] == [NOW + 1]


def test_a_dropped_sync_is_gone(syncs: Syncs) -> None:
    syncs.drop("contacts", NOW)

    assert syncs.find("contacts") is None


# -- leases --------------------------------------------------------------------------------------


def test_a_lease_keeps_others_out_until_it_is_released(database: Database) -> None:
    writer = _writer(database)

    assert _take(database, "run-2", NOW + LEASE - 1) is None
    release([writer])
    assert _take(database, "run-2") is not None


def test_of_two_that_read_the_same_sync_one_takes_its_lease(database: Database) -> None:
    [first], [second] = _requests(database, "run-1"), _requests(database, "run-2")

    assert Leases(database).take([first], NOW) == [True]
    assert Leases(database).take([second], NOW) == [False]


def test_a_lease_that_was_renewed_since_it_was_read_is_not_taken(database: Database) -> None:
    writer = _writer(database)
    [late] = _requests(database, "run-2")
    writer.clock = FakeClock(NOW + 2 * LEASE)
    writer.write()

    assert Leases(database).take([late], NOW + 2 * LEASE) == [False]
    writer.write()


def test_a_lease_that_is_over_is_taken_and_its_run_is_ended(database: Database) -> None:
    writer = _writer(database)
    writer.log = _run()
    writer.write()

    [request] = _requests(database, "run-2")
    for _ in range(2):
        Runs(database).interrupt_sync(request.sync, NOW + 2 * LEASE)
    assert Leases(database).take([request], NOW + 2 * LEASE) == [True]

    [dead] = [run for run in _runs(database) if run["STATUS"] == "FAILED"]
    assert (dead["RUN_ID"], dead["RESPONSE_CODE"]) == ("run-1", INTERRUPTED)
    with pytest.raises(SyncBusy):
        writer.write()


def test_every_write_renews_the_lease(database: Database) -> None:
    writer = _writer(database)
    writer.clock = FakeClock(NOW + LEASE - 1)
    writer.write()

    assert _take(database, "run-2", NOW + LEASE + 1) is None


def test_a_clock_that_was_set_back_does_not_end_the_renewals(database: Database) -> None:
    writer = _writer(database)
    writer.write()
    written = writer.written_at
    writer.clock = FakeClock(NOW - 4 * LEASE)
    writer.renew()

    assert writer.written_at < written


def test_a_row_that_could_not_be_stored_counts_for_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = _writer(database)
    before = writer.written_at

    def fail(*_: object, **__: object) -> NoReturn:
        raise DatabaseError("a statement failed")

    with monkeypatch.context() as broken:
        broken.setattr(progress, "_insert", fail)
        for store in (writer.write, lambda: release([writer])):
            with pytest.raises(DatabaseError):
                store()

    assert (writer.ended, writer.written_at) == (False, before)


def test_deleting_old_rows_keeps_the_last_of_a_sync_and_of_a_day_of_requests(
    syncs: Syncs, database: Database
) -> None:
    writer = _writer(database)
    writer.log = _run()
    for turn, used in ((1, 5), (2, 7), (3, None), (3 + TURNS_KEPT, None)):
        day: dict[str, Json] = {"fingerprint": "abc", "limit": 100, "checked_at": NOW + turn}
        writer.turn, writer.log.usage = turn, None if used is None else {**day, "used": used}
        writer.advance(NOW + turn)
        writer.write()
    # runs that were killed before they wrote anything
    database.rows(f"UPDATE HUBSPOT_INGEST.STATE.SYNCS SET TURN = {9 * TURNS_KEPT}")
    delete_old(database)

    rows = database.rows("SELECT TURN FROM HUBSPOT_INGEST.STATE.PROGRESS ORDER BY TURN")
    assert [row["TURN"] for row in rows] == [2, 3, 3 + TURNS_KEPT]
    usage = Budgets(database).find("abc")
    assert usage is not None
    assert usage.used == 7
    sync = syncs.find("contacts")
    assert sync is not None
    assert sync.settled_through == NOW + 3 + TURNS_KEPT


def test_the_apps_settings_are_one_row_from_the_installation_on(database: Database) -> None:
    retention, settings = Retention(database), AppState(database)
    assert settings.stored() == {}
    assert [retention.begin(NOW), retention.begin(NOW + 1)] == [True, False]
    settings.save({"keep_runs_days": 90}, NOW)

    assert retention.begin(NOW + 24 * 3_600_000)
    [row] = database.rows("SELECT SETTINGS FROM HUBSPOT_INGEST.STATE.SETTINGS")
    assert settings.stored() == {"keep_runs_days": 90} == json.loads(row["SETTINGS"])


def test_leases_of_several_syncs_are_taken_together(syncs: Syncs, database: Database) -> None:
    syncs.save("deals", "deals", {}, NOW)
    syncs.save("tickets", "tickets", {}, NOW)
    wanted = _requests(database, "run-2", "contacts", "deals", "tickets")
    Leases(database).take(_requests(database, "run-1", "deals"), NOW)

    assert Leases(database).take(wanted, NOW) == [True, False, True]


def test_recovering_ends_every_lease_and_every_run(leases: Leases, database: Database) -> None:
    writer = _writer(database)
    writer.log = _run()
    writer.write()

    leases.recover(NOW)

    assert [run["RESPONSE_CODE"] for run in _runs(database)] == [INTERRUPTED]
    assert _take(database, "run-2") is not None


# -- runs ----------------------------------------------------------------------------------------


def test_a_run_shows_how_far_it_is_before_it_has_ended(database: Database) -> None:
    writer = _writer(database)
    writer.log = _run()
    writer.log.rows_read = 7
    writer.write()

    [row] = _runs(database)
    assert (row["RUN_ID"], row["STATUS"], row["ROWS_READ"]) == ("run-1", "RUNNING", 7)


def test_a_run_is_written_as_it_ended(runs: Runs, database: Database) -> None:
    run = _run()
    run.status, run.rows_read, run.rows_inserted, run.values_misfit = "SUCCEEDED", 7, 5, 2
    run.finished_at, run.until, run.message = NOW + 1_500, NOW, 'it\'s "done"\n\\ 🚀'
    run.endpoints = [{"endpoint": "/crm", "count": 3, "seconds": 0.5}]

    runs.add([run, _run("run-2")])

    row, _ = _runs(database)
    assert (row["STATUS"], row["ROWS_READ"], row["ROWS_INSERTED"]) == ("SUCCEEDED", 7, 5)
    assert (row["VALUES_MISFIT"], row["DURATION_SECONDS"], row["SINCE"]) == (2, 1.5, None)
    assert row["MESSAGE"] == run.message
    [request] = database.rows("SELECT * FROM HUBSPOT_INGEST.CORE.REQUESTS")
    assert (request["RUN_ID"], request["ENDPOINT"], request["COUNT"]) == ("run-1", "/crm", 3)


# -- what is remembered of the portal ------------------------------------------------------------


def test_a_portal_is_remembered_by_fingerprint(database: Database) -> None:
    schema = PortalSchema(database)
    schema.save_portal_id("abc", "1")
    schema.save_portal_id("abc", "2")

    assert (schema.portal_id("abc"), schema.portal_id("def")) == ("2", None)


def test_what_can_be_read_is_replaced_whole(database: Database) -> None:
    schema = PortalSchema(database)
    schema.save_access([StreamAccess("deals", "deals", False, ("a", "b"))], NOW)
    schema.save_access([StreamAccess("contacts", "contacts", True)], NOW)

    rows = database.rows("SELECT STREAM, READABLE FROM HUBSPOT_INGEST.CORE.STREAMS")
    assert rows == [{"STREAM": "contacts", "READABLE": True}]
