"""What the scenarios found, each as the shortest story that shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from hubspot_sandbox import Portal
from snowflake_sandbox import Engine
from tests.faults.portals import TIER
from tests.faults.scenarios import DAY, HOUR, Played, Scenario

Play = Callable[[Scenario], Played]


@pytest.fixture
def play(installed: Engine) -> Iterator[Play]:
    """Begins a scenario in which nothing happens by itself."""
    with ExitStack() as stack:

        def begun(scenario: Scenario) -> Played:
            played = Played(installed, scenario)
            stack.enter_context(played.world)
            return played

        yield begun


def _ids(played: Played, tier: str | None = None) -> list[str]:
    records = played.portal.records(played.object_type)
    return [one.id for one in records if tier is None or one.properties[TIER] == tier]


def _kind(played: Played, one: str) -> tuple[str | None, str | None]:
    found = played.world.table("_DELETE_KIND, _MERGED_INTO", where=f"ID = '{one}'")
    assert len(found) == 1
    kind, into = found[0]
    return kind, into


def test_the_links_of_a_record_that_is_gone_are_removed(play: Play) -> None:
    played = play(Scenario(associations=("companies",)))
    companies = [one.id for one in played.portal.records("companies")]
    archived, purged, first, second = _ids(played)[:4]
    for one in (archived, purged, first, second):
        played.portal.associate("contacts", one, "companies", companies[0])
    played.settle()
    played.portal.archive("contacts", archived)
    played.portal.gdpr_delete("contacts", purged)
    played.portal.merge("contacts", first, second)

    played.clock.advance(DAY + HOUR)
    played.settle()

    gone = ", ".join(f"'{one}'" for one in (archived, purged, first, second))
    left = played.world.rows(
        f"SELECT COUNT(*) AS FOUND FROM HUBSPOT_DATA.CRM.CONTACTS_COMPANIES "
        f"WHERE FROM_ID IN ({gone}) AND _REMOVED_AT IS NULL"
    )
    assert left[0]["FOUND"] == 0
    assert played.differences() == []


def test_the_links_of_a_restored_record_are_back(play: Play) -> None:
    played = play(Scenario(associations=("companies",)))
    one = _ids(played)[0]
    company = next(played.portal.records("companies")).id
    played.portal.associate("contacts", one, "companies", company)
    played.settle()
    played.portal.archive("contacts", one)
    played.clock.advance(DAY + HOUR)
    played.settle()
    assert _kind(played, one) == ("ARCHIVED", None)
    played.portal.restore("contacts", one)

    played.clock.advance(DAY + HOUR)
    played.settle()

    assert _kind(played, one) == (None, None)
    assert played.differences() == []


def test_a_record_merged_into_one_that_the_filter_does_not_take_is_merged_not_purged(
    play: Play,
) -> None:
    played = play(Scenario(filtered="one tier"))
    first, second = _ids(played, "gold")[:2]
    played.settle()
    survivor = played.portal.merge("contacts", first, second)
    played.portal.update("contacts", survivor, {TIER: "bronze"})

    played.clock.advance(DAY + HOUR)
    played.settle()

    assert _kind(played, first) == _kind(played, second) == ("MERGED", survivor)


@pytest.mark.long
def test_a_merge_out_of_the_filter_in_the_middle_of_a_long_backfill_is_found(play: Play) -> None:
    played = play(Scenario(filtered="one tier", count=1_600, deadline_minutes=1.2, takes_ms=25_000))
    first, second = _ids(played, "gold")[:2]
    stopped = played.world.ingest(played.sync)
    assert (stopped["status"], stopped["rows_read"]) == ("STOPPED", 200)
    survivor = played.portal.merge("contacts", first, second)
    played.portal.update("contacts", survivor, {TIER: "bronze"})
    played.end_trouble()
    played.clock.advance(HOUR)
    played.settle()

    played.clock.advance(DAY + HOUR)
    played.settle()

    assert _kind(played, first) == _kind(played, second) == ("MERGED", survivor)


def test_a_record_restored_while_it_is_looked_up_lives_again_though_the_sync_has_a_filter(
    play: Play,
) -> None:
    played = play(Scenario(filtered="one tier", include_archived=False))
    one = _ids(played, "gold")[0]
    played.settle()
    played.portal.archive("contacts", one)
    played.clock.advance(DAY + HOUR)
    reads = 0

    def restored_between(portal: Portal, _number: int) -> None:
        nonlocal reads
        reads += played.world.sandbox.requests[-1].path.endswith("/batch/read")
        if reads == 1 and portal.record("contacts", one).archived:
            portal.restore("contacts", one)

    played.world.sandbox.before_each = restored_between
    played.settle()
    played.world.sandbox.before_each = None

    for _ in range(2):
        played.clock.advance(DAY + HOUR)
        played.settle()

    assert _kind(played, one) == (None, None)


def test_a_record_restored_lives_again_where_a_filter_is_and_archived_ones_are_not_wanted(
    play: Play,
) -> None:
    played = play(Scenario(filtered="one tier", include_archived=False))
    one = _ids(played, "gold")[0]
    played.settle()
    played.portal.archive("contacts", one)
    played.clock.advance(DAY + HOUR)
    played.settle()
    assert _kind(played, one) == ("ARCHIVED", None)
    played.portal.restore("contacts", one)

    for _ in range(2):
        played.clock.advance(DAY + HOUR)
        played.settle()

    assert _kind(played, one) == (None, None)


def test_a_property_that_comes_while_nothing_changes_has_its_column_within_a_day(
    play: Play,
) -> None:
    played = play(Scenario())
    played.end_trouble()
    played.settle()
    played.portal.add_property("contacts", "f_extra_one", "number", pool=("7", "8.5"))

    for _ in range(2):
        played.clock.advance(DAY + HOUR)
        played.settle()

    assert "PROPERTIES_F_EXTRA_ONE" in played.world.columns()
    assert played.differences() == []


def test_nothing_older_than_updated_after_comes_in_by_a_sweep(play: Play) -> None:
    scenario = Scenario(updated_after_days=400)
    played = play(scenario)
    played.end_trouble()
    old = [one.id for one in played.portal.records("contacts") if played.too_old(one.updated_at)]
    assert len(old) > 10
    played.settle()
    played.portal.archive("contacts", old[0])

    for _ in range(2):
        played.clock.advance(DAY + HOUR)
        played.settle()

    assert not {*old} & {*played.world.ids()}
    assert played.differences() == []


def test_what_left_the_filter_is_found_though_the_run_was_killed_before_it_looked(
    play: Play,
) -> None:
    played = play(Scenario(filtered="one tier"))
    played.end_trouble()
    first, second = _ids(played, "gold")[:2]
    played.settle()
    survivor = played.portal.merge("contacts", first, second)
    played.portal.update("contacts", survivor, {TIER: "bronze"})
    played.clock.advance(HOUR)
    # as it stands when a run is killed after it moved the cursor and before it noted a sweep
    played.settle()
    played.world.rows("UPDATE HUBSPOT_INGEST.STATE.PROGRESS SET SWEEPS = NULL")
    played.world.rows(
        "UPDATE HUBSPOT_DATA.CRM.CONTACTS SET _DELETE_KIND = NULL, _DELETED_AT = NULL, "
        "_MERGED_INTO = NULL"
    )

    played.clock.advance(DAY + HOUR)
    played.settle()

    assert _kind(played, first) == _kind(played, second) == ("MERGED", survivor)


def test_a_property_that_comes_is_noticed_within_a_day_by_hourly_runs_too(play: Play) -> None:
    played = play(Scenario(count=600))
    played.end_trouble()
    played.settle()
    played.portal.add_property("contacts", "f_extra_one", "number", pool=("7", "8.5"))

    for _ in range(10):
        played.clock.advance(5 * HOUR)
        played.settle()

    assert "PROPERTIES_F_EXTRA_ONE" in played.world.columns()
    assert played.differences() == []


def test_a_value_changed_twice_in_a_millisecond_leaves_the_last_in_the_history(play: Play) -> None:
    played = play(Scenario(history=True))
    played.end_trouble()
    one = _ids(played)[0]
    played.settle()
    played.clock.advance(HOUR)
    for value in ("once", "twice"):
        played.portal.update("contacts", one, {"f_note": value})

    played.clock.advance(HOUR)
    played.settle()

    found = played.world.rows(
        "SELECT VALUE FROM HUBSPOT_DATA.CRM.CONTACTS_HISTORY WHERE ID = ?", (one,)
    )
    values = [row["VALUE"] for row in found]
    assert values.count("twice") == 1
    assert "once" not in values


@pytest.mark.long
def test_a_merge_out_of_the_filter_is_found_though_the_backfill_began_anew_after_it(
    play: Play,
) -> None:
    played = play(Scenario(filtered="one tier", count=1_600, deadline_minutes=1.2, takes_ms=25_000))
    first, second = _ids(played, "gold")[:2]
    stopped = played.world.ingest(played.sync)
    assert (stopped["status"], stopped["rows_read"]) == ("STOPPED", 200)
    survivor = played.portal.merge("contacts", first, second)
    played.portal.update("contacts", survivor, {TIER: "bronze"})
    played.portal.add_property("contacts", "f_extra_one", "string")
    played.end_trouble()
    played.clock.advance(HOUR)
    played.settle()

    played.clock.advance(DAY + HOUR)
    played.settle()

    assert _kind(played, first) == _kind(played, second) == ("MERGED", survivor)


@pytest.mark.parametrize("step", range(1, 7))
def test_a_record_purged_while_the_filter_is_held_against_it_is_purged(
    play: Play, step: int
) -> None:
    played = play(Scenario(filtered="one tier"))
    played.end_trouble()
    one = _ids(played, "gold")[0]
    played.settle()
    played.clock.advance(DAY + HOUR)
    played.portal.update("contacts", one, {TIER: "gold"})
    asked = 0

    def purged_between(portal: Portal, _number: int) -> None:
        nonlocal asked
        asked += 1
        if asked == step:
            portal.purge("contacts", one)

    played.world.sandbox.before_each = purged_between
    played.settle()
    played.end_trouble()

    played.clock.advance(DAY + HOUR)
    played.settle()

    assert _kind(played, one) == ("PURGED", None)


def test_a_record_archived_once_more_between_two_sweeps_was_deleted_the_second_time(
    play: Play,
) -> None:
    played = play(Scenario())
    played.end_trouble()
    one = _ids(played)[0]
    played.settle()
    played.portal.archive("contacts", one)
    played.clock.advance(DAY + HOUR)
    played.settle()
    assert _kind(played, one) == ("ARCHIVED", None)
    played.portal.restore("contacts", one)
    played.clock.advance(HOUR // 4)
    played.portal.archive("contacts", one)

    played.clock.advance(DAY + HOUR)
    played.settle()

    assert played.differences() == []


@pytest.mark.parametrize("changed", [False, True], ids=["unchanged", "changed"])
def test_a_record_restored_out_of_the_filter_is_filtered_out_and_not_archived(
    play: Play, changed: bool
) -> None:
    played = play(Scenario(filtered="one tier"))
    played.end_trouble()
    one = _ids(played, "gold")[0]
    played.settle()
    if not changed:
        played.portal.update("contacts", one, {TIER: "bronze"})
    played.portal.archive("contacts", one)
    played.clock.advance(DAY + HOUR)
    played.settle()
    assert _kind(played, one) == ("ARCHIVED", None)
    played.portal.restore("contacts", one)
    if changed:
        played.portal.update("contacts", one, {TIER: "bronze"})

    played.clock.advance(DAY + HOUR)
    played.settle()

    assert _kind(played, one) == ("FILTERED_OUT", None)
