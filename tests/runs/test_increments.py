"""Every run after the first: what is asked, what is merged, what is left alone."""

from __future__ import annotations

import pytest

from tests.runs.conftest import MakeWorld
from tests.runs.heard import Heard
from tests.runs.world import CONTACTS, HOUR, MINUTE, NOW, World, bodies, paths


@pytest.fixture
def world(make: MakeWorld) -> World:
    return make({"contacts": 12}).slim()


def _some(world: World, count: int) -> list[str]:
    return [record.id for record in world.portal.records("contacts")][:count]


def test_the_next_run_merges_what_changed_and_nothing_else(world: World) -> None:
    world.run()
    world.clock.advance(HOUR)
    changed = _some(world, 3)
    for record_id in changed:
        world.portal.update("contacts", record_id, {"jobtitle": "Head of Change"})
    new_id = world.portal.create("contacts", {"email": "new@example.com"})

    answer = world.run()

    assert (answer["rows_read"], answer["rows_inserted"], answer["rows_updated"]) == (4, 1, 3)
    assert world.ids(where=f"_RUN_ID = '{answer['run_id']}'") == [*changed, new_id]
    assert world.landed() == world.truth()


def test_the_next_run_asks_for_search_pages_and_properties_alone(make: MakeWorld) -> None:
    world = make({"contacts": 620})
    world.configure("contacts", {"properties": ["email", "jobtitle", "hs_object_id"]})
    world.run()
    world.asked()
    world.clock.advance(HOUR)
    for record_id in _some(world, 500):
        world.portal.update("contacts", record_id, {"jobtitle": "Head of Change"})

    answer = world.run()

    assert (answer["rows_read"], answer["rows_updated"]) == (500, 500)
    # the page of the latest changes, which does not hold them all, and three by id
    assert sorted(paths(world.asked())) == ["contacts", *["search"] * 4]
    assert answer["requests"] == 5


def test_a_stream_in_which_nothing_changed_costs_one_search(world: World) -> None:
    world.run()
    world.asked()
    world.clock.advance(HOUR)

    answer = world.run()

    assert (answer["rows_read"], answer["requests"]) == (0, 1)
    assert paths(world.asked()) == ["search"]
    assert answer["message"] == "no contacts to read; nothing was changed"


def test_a_run_asks_for_the_latest_changes_first(world: World) -> None:
    world.run()
    world.asked()
    world.clock.advance(HOUR)
    world.run()

    [body] = bodies(world.asked())

    assert body["filterGroups"] == []
    assert body["sorts"] == [{"propertyName": "lastmodifieddate", "direction": "DESCENDING"}]
    assert body["limit"] == 200


@pytest.mark.long
def test_more_changes_are_searched_by_id_from_where_the_last_run_settled(make: MakeWorld) -> None:
    world = make({"contacts": 230}).slim()
    first = world.run()
    world.asked()
    world.clock.advance(HOUR)
    for record_id in _some(world, 210):
        world.portal.update("contacts", record_id, {"jobtitle": "Head of Change"})
    world.run()

    body = bodies(world.asked())[1]

    assert first["settled_through"] == "2026-09-21T14:03:20.000Z"
    window, by_id = body["filterGroups"][0]["filters"]
    assert window == {
        "propertyName": "lastmodifieddate",
        "operator": "GTE",
        "value": str(NOW - 10 * MINUTE),
    }
    assert by_id == {"propertyName": "hs_object_id", "operator": "GT", "value": "0"}
    assert body["sorts"] == [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    assert body["limit"] == 200


@pytest.mark.long
def test_a_change_that_search_learns_of_late_is_not_lost(world: World) -> None:
    world.run()
    world.clock.advance(HOUR)
    world.sandbox.search_lag_ms = 5 * MINUTE
    record_id = _some(world, 1)[0]
    world.portal.update("contacts", record_id, {"jobtitle": "Late"})
    assert world.run()["rows_read"] == 0

    world.clock.advance(HOUR)
    answer = world.run()

    assert answer["rows_updated"] == 1
    assert world.landed() == world.truth()


def test_the_cursor_stays_behind_the_present_by_the_settling_time(world: World) -> None:
    world.slim(settle_minutes=25)

    assert world.run()["settled_through"] == "2026-09-21T13:48:20.000Z"


def test_what_is_read_again_and_unchanged_is_left_alone(world: World) -> None:
    world.run()
    world.clock.advance(HOUR)
    record_id = _some(world, 1)[0]
    world.portal.update("contacts", record_id, {"jobtitle": "Once"})
    second = world.run()

    world.clock.advance(MINUTE)
    third = world.run()

    assert (third["rows_read"], third["rows_updated"]) == (1, 0)
    assert world.table("_RUN_ID", where=f"ID = '{record_id}'") == [(second["run_id"],)]


@pytest.mark.long
def test_a_lookback_reads_the_last_of_the_window_again(world: World) -> None:
    world.slim(lookback_minutes=30)
    world.portal.update(
        "contacts", _some(world, 1)[0], {"jobtitle": "Before"}, at=NOW - 20 * MINUTE
    )
    world.run()
    world.clock.advance(HOUR)

    answer = world.run()

    assert answer["rows_read"] == 1
    assert answer["since"] == "2026-09-21T13:33:20.000Z"


@pytest.mark.long
def test_a_version_from_the_future_is_put_right_by_the_comparison(world: World) -> None:
    world.run()
    before = world.table("ID, PROPERTIES_JOBTITLE")
    record_id = _some(world, 1)[0]
    world.rows(
        f"UPDATE {CONTACTS} SET UPDATED_AT = DATEADD(DAY, 400, UPDATED_AT), "
        "PROPERTIES_JOBTITLE = 'from the future' WHERE ID = ?",
        (record_id,),
    )
    world.syncs.reset("contacts", world.clock.now())

    answer = world.run()

    # the reading itself overwrites nothing with an older version
    assert (answer["rows_read"], answer["rows_updated"]) == (12, 1)
    assert world.table("ID, PROPERTIES_JOBTITLE") == before


def test_a_calculated_value_is_merged_though_the_time_of_change_stands_still(world: World) -> None:
    world.run()
    record_id = _some(world, 1)[0]
    world.portal.recalculate("contacts", record_id, {"double_points": "84"})
    world.syncs.reset("contacts", world.clock.now())

    answer = world.run()

    assert answer["rows_updated"] == 1
    assert world.landed() == world.truth()


def test_a_full_refresh_reads_everything_every_time(world: World) -> None:
    world.slim(sync_mode="full_refresh")
    world.run()
    world.clock.advance(HOUR)

    answer = world.run()

    assert (answer["rows_read"], answer["rows_inserted"], answer["rows_updated"]) == (12, 0, 0)
    assert world.runs()[-1]["STRATEGY"] == "LIST"


def test_nothing_older_than_updated_after_is_read(world: World) -> None:
    times = sorted(record.updated_at for record in world.portal.records("contacts"))
    after = times[8]
    world.slim(updated_after=str(after))

    assert world.run()["rows_read"] == 4
    rows = world.table("DATE_PART(EPOCH_MILLISECOND, UPDATED_AT)")
    assert {row[0] for row in rows} == set(times[8:])


# -- the portal grows ----------------------------------------------------------------------------


def test_a_new_property_becomes_a_column_with_its_comment(world: World) -> None:
    world.run()
    world.clock.advance(HOUR)
    world.portal.add_property(
        "contacts", "shoe_size", "number", label="Shoe size", description="European"
    )
    record_id = _some(world, 1)[0]
    world.portal.update("contacts", record_id, {"shoe_size": "42.5"})

    world.run()

    column_type, comment = world.columns()["PROPERTIES_SHOE_SIZE"]
    assert (column_type.partition("(")[0], comment) == ("NUMBER", "Shoe size: European")
    [(value,)] = world.table("PROPERTIES_SHOE_SIZE", where=f"ID = '{record_id}'")
    assert float(value) == 42.5
    assert len(world.table("ID", where="PROPERTIES_SHOE_SIZE IS NULL")) == 11


@pytest.mark.long
def test_a_property_described_anew_gets_its_new_comment(world: World) -> None:
    world.run()
    world.clock.advance(HOUR)
    world.portal.add_property("contacts", "jobtitle", "string", label="Role", description="At work")
    world.portal.update("contacts", _some(world, 1)[0], {"jobtitle": "Any"})

    world.run()

    assert world.columns()["PROPERTIES_JOBTITLE"][1] == "Role: At work"


def test_a_property_whose_type_changed_gets_a_second_column(world: World) -> None:
    world.run()
    before = world.table("ID, PROPERTIES_JOBTITLE")
    world.clock.advance(HOUR)
    world.portal.add_property("contacts", "jobtitle", "number", label="Level")
    record_id = _some(world, 1)[0]
    world.portal.update("contacts", record_id, {"jobtitle": "7"})

    assert world.run()["rows_updated"] == 1

    [(value,)] = world.table("PROPERTIES_JOBTITLE_NUMBER", where=f"ID = '{record_id}'")
    assert value == 7
    assert world.table("ID, PROPERTIES_JOBTITLE") == before
    world.clock.advance(HOUR)
    world.portal.update("contacts", record_id, {"jobtitle": "8"})
    assert world.run()["rows_updated"] == 1
    assert world.table("PROPERTIES_JOBTITLE_NUMBER", where=f"ID = '{record_id}'") == [(8,)]


@pytest.mark.long
def test_of_the_columns_of_a_type_that_changed_there_and_back_each_tells_which_is_current(
    world: World,
) -> None:
    world.run()
    for type in ("number", "string"):
        world.clock.advance(HOUR)
        world.portal.add_property("contacts", "jobtitle", type, label="Level")
        world.portal.update("contacts", _some(world, 1)[0], {"jobtitle": type[-1]})
        world.run()

    (row,) = world.rows(
        "SELECT COLUMN_NAME FROM HUBSPOT_INGEST.CORE.PROPERTIES WHERE PROPERTY = 'jobtitle'"
    )
    assert row["COLUMN_NAME"] == "PROPERTIES_JOBTITLE_NUMBER_TEXT"
    comments = {name: comment for name, (_, comment) in world.columns().items()}
    assert comments[row["COLUMN_NAME"]] == "Level"
    for former in ("PROPERTIES_JOBTITLE", "PROPERTIES_JOBTITLE_NUMBER"):
        assert comments[former] == f"jobtitle before its type changed; now: {row['COLUMN_NAME']}"


@pytest.mark.long
def test_a_type_that_changed_in_a_quiet_stream_gets_its_column_filled(world: World) -> None:
    for number, record_id in enumerate(_some(world, 12)):
        world.portal.update("contacts", record_id, {"jobtitle": str(number)})
    world.run()
    world.clock.advance(25 * HOUR)
    world.portal.add_property("contacts", "jobtitle", "number", label="Level")

    world.run()

    assert [value for (value,) in world.table("PROPERTIES_JOBTITLE_NUMBER")] == [*range(12)]


@pytest.mark.long
def test_a_property_that_disappears_keeps_its_column(world: World) -> None:
    world.run()
    before = world.table("ID, PROPERTIES_LOYALTY_POINTS")
    world.clock.advance(HOUR)
    world.portal.archive_property("contacts", "loyalty_points")
    record_id = _some(world, 1)[0]
    world.portal.update("contacts", record_id, {"jobtitle": "Any"})

    assert world.run()["rows_updated"] == 1

    assert world.table("ID, PROPERTIES_LOYALTY_POINTS") == before


def test_a_column_the_table_lost_is_made_again(world: World) -> None:
    world.run()
    world.rows(f"ALTER TABLE {CONTACTS} DROP COLUMN PROPERTIES_JOBTITLE")
    world.syncs.reset("contacts", world.clock.now())

    world.run()

    assert "PROPERTIES_JOBTITLE" in world.columns()


@pytest.mark.long
@pytest.mark.parametrize("case", ["Jobtitle", "JOBTITLE"])
def test_properties_that_differ_in_case_alone_get_a_column_each(world: World, case: str) -> None:
    world.run()
    world.clock.advance(HOUR)
    world.portal.add_property("contacts", case, "string")
    record_id = _some(world, 1)[0]
    world.portal.update("contacts", record_id, {case: "upper", "jobtitle": "lower"})

    world.run()

    second = next(name for name in world.columns() if name.startswith("PROPERTIES_JOBTITLE_"))
    rows = world.table(f"PROPERTIES_JOBTITLE, {second}", where=f"ID = '{record_id}'")
    assert rows == [("lower", "upper")]


@pytest.mark.long
def test_a_run_makes_its_staging_table_once_however_many_steps_its_sweeps_take(
    make: MakeWorld,
) -> None:
    world = make({"contacts": 750}).slim()
    world.run()
    for record in world.portal.records("contacts"):
        # no time of change moves: the rotation alone merges it, a page first and then the rest
        world.portal.recalculate("contacts", record.id, {"double_points": "4242"})
    world.clock.advance(25 * HOUR)
    heard = Heard(world)

    assert world.run()["rows_updated"] == 750

    made = [one for one in heard.statements if one.startswith("CREATE TRANSIENT TABLE")]
    assert len(made) == len({*made}) == 1
    changed = [one for one in heard.statements if one.startswith("MERGE INTO")]
    assert len(changed) > 1


@pytest.mark.long
def test_labels_that_changed_are_one_statement(world: World) -> None:
    world.run()
    for name in ("jobtitle", "email"):
        world.portal.add_property("contacts", name, "string", label=f"New {name}")
    world.clock.advance(HOUR)
    world.portal.update("contacts", _some(world, 1)[0], {"jobtitle": "Any"})
    heard = Heard(world)

    world.run()

    altering = [one for one in heard.statements if one.startswith(("ALTER TABLE", "COMMENT"))]
    assert len(altering) == 1
    comments = {name: comment for name, (_, comment) in world.columns().items()}
    assert (comments["PROPERTIES_JOBTITLE"], comments["PROPERTIES_EMAIL"]) == (
        "New jobtitle",
        "New email",
    )
