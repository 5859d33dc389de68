"""State: syncs, leases, runs and errors, as a run writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hubspot_ingest.database.columns import Column, Type
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.leases import LEASE, Leases
from hubspot_ingest.database.state.properties import PortalSchema, StreamAccess
from hubspot_ingest.database.state.runs import INTERRUPTED, RunLog, Runs
from hubspot_ingest.database.state.syncs import StateWriter, Syncs
from hubspot_ingest.errors import HubSpotError, SyncBusy
from hubspot_ingest.model import Property

NOW = 1_790_000_000_123


@pytest.fixture(autouse=True)
def syncs(database: Database) -> Syncs:
    syncs = Syncs(database)
    syncs.save("contacts", "contacts", {"settle_minutes": 3}, NOW)
    return syncs


def _writer(syncs: Syncs, database: Database, run_id: str = "run-1") -> StateWriter:
    """The key of a run that has just taken the lease."""
    Leases(database).take("contacts", run_id, NOW)
    sync = syncs.find("contacts")
    assert sync is not None
    return StateWriter(database, "contacts", run_id, str(sync.version), sync.earned_on)


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
    _writer(syncs, database).advance(NOW)

    sync = syncs.find("contacts")
    assert sync is not None
    assert sync.settled_through == NOW


def test_moving_the_cursor_drops_the_checkpoint(syncs: Syncs, database: Database) -> None:
    writer = _writer(syncs, database)
    writer.save_checkpoint({"plan": "x", "reading": {"ranges": [[1, None, 9]]}})
    before = syncs.find("contacts")
    writer.advance(NOW)
    after = syncs.find("contacts")

    assert before is not None
    assert before.checkpoint == {"plan": "x", "reading": {"ranges": [[1, None, 9]]}}
    assert after is not None
    assert after.checkpoint is None


@pytest.mark.parametrize("forget", [False, True])
def test_new_settings_keep_the_cursor_unless_it_is_to_be_forgotten(
    syncs: Syncs, database: Database, forget: bool
) -> None:
    _writer(syncs, database).advance(NOW)
    syncs.enable("contacts", False, NOW)

    syncs.save("contacts", "contacts", {}, NOW, forget=forget)

    sync = syncs.find("contacts")
    assert sync is not None
    assert sync.settled_through == (None if forget else NOW)
    assert sync.enabled is False


def test_a_dropped_sync_is_gone(syncs: Syncs) -> None:
    syncs.drop("contacts", NOW)

    assert syncs.find("contacts") is None


# -- leases --------------------------------------------------------------------------------------


def test_a_lease_keeps_others_out_until_it_is_released(leases: Leases) -> None:
    leases.take("contacts", "run-1", NOW)

    with pytest.raises(SyncBusy):
        leases.take("contacts", "run-2", NOW + LEASE - 1)
    leases.release("contacts", "run-1")
    leases.take("contacts", "run-2", NOW)


def test_a_lease_that_is_over_is_taken_and_its_run_is_ended(
    syncs: Syncs, leases: Leases, runs: Runs, database: Database
) -> None:
    writer = _writer(syncs, database)
    runs.begin(_run())

    leases.take("contacts", "run-2", NOW + LEASE + 1)

    [dead] = _runs(database)
    assert (dead["STATUS"], dead["RESPONSE_CODE"]) == ("FAILED", INTERRUPTED)
    with pytest.raises(SyncBusy):
        writer.renew_lease(NOW + 2 * LEASE)


def test_a_renewed_lease_lasts_longer(syncs: Syncs, leases: Leases, database: Database) -> None:
    _writer(syncs, database).renew_lease(NOW + 2 * LEASE - 1)

    with pytest.raises(SyncBusy):
        leases.take("contacts", "run-2", NOW + LEASE + 1)


def test_a_release_by_another_run_changes_nothing(leases: Leases) -> None:
    leases.take("contacts", "run-1", NOW)
    leases.release("contacts", "run-2")

    with pytest.raises(SyncBusy):
        leases.take("contacts", "run-3", NOW)


def test_leases_of_two_syncs_do_not_mind_each_other(syncs: Syncs, leases: Leases) -> None:
    syncs.save("deals", "deals", {}, NOW)
    leases.take("contacts", "run-1", NOW)

    leases.take("deals", "run-2", NOW)


def test_recovering_ends_every_lease_and_every_run(
    leases: Leases, runs: Runs, database: Database
) -> None:
    leases.take("contacts", "run-1", NOW)
    runs.begin(_run())

    leases.recover(NOW)

    assert [run["RESPONSE_CODE"] for run in _runs(database)] == [INTERRUPTED]
    leases.take("contacts", "run-2", NOW)


# -- runs ----------------------------------------------------------------------------------------


def test_a_run_is_written_as_it_ended(runs: Runs, database: Database) -> None:
    run = _run()
    runs.begin(run)
    run.status, run.rows_read, run.rows_inserted, run.values_misfit = "SUCCEEDED", 7, 5, 2
    run.finished_at, run.until, run.message = NOW + 1_500, NOW, 'it\'s "done"\n\\ 🚀'

    runs.save(run)

    [row] = _runs(database)
    assert (row["STATUS"], row["ROWS_READ"], row["ROWS_INSERTED"]) == ("SUCCEEDED", 7, 5)
    assert (row["VALUES_MISFIT"], row["DURATION_SECONDS"], row["SINCE"]) == (2, 1.5, None)
    assert row["MESSAGE"] == run.message


def test_a_failed_run_stands_in_runs_and_errors(runs: Runs, database: Database) -> None:
    run = _run()
    runs.begin(run)

    runs.fail(run, HubSpotError("down"), NOW + 10)

    [row] = _runs(database)
    assert (row["STATUS"], row["RESPONSE_CODE"], row["MESSAGE"]) == (
        "FAILED",
        "HUBSPOT_UNAVAILABLE",
        "down",
    )
    [error] = database.rows("SELECT RUN_ID, CODE, MESSAGE FROM HUBSPOT_INGEST.CORE.ERRORS")
    assert error == {"RUN_ID": "run-1", "CODE": "HUBSPOT_UNAVAILABLE", "MESSAGE": "down"}


# -- what is remembered of the portal ------------------------------------------------------------


def test_properties_come_back_with_their_columns(database: Database) -> None:
    schema = PortalSchema(database)
    properties = (
        Property("email", "string", "E-mail", 'It\'s "the" address\n\\', (), False),
        Property("stage", "enumeration", "Stage", "", (("a;b", "A, b"), ("c", "C 🚀")), True),
        Property("unselected", "number"),
    )
    columns = [Column(f"P_{prop.name.upper()}", Type.TEXT, prop.name) for prop in properties[:2]]

    schema.save_properties("contacts", properties, columns)
    schema.save_properties("deals", properties[2:], [])

    stored = schema.properties("contacts")
    assert tuple(prop for prop, _ in stored) == properties
    assert [str(column) for _, column in stored] == ["P_EMAIL", "P_STAGE", "None"]
    assert [prop.name for prop, _ in schema.properties("deals")] == ["unselected"]


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
