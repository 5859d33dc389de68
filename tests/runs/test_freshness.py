"""The views beside a table: what they show, to whom, and that they follow the runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from hubspot_ingest.diagnose import doctor
from hubspot_sandbox.schema.properties import Option
from snowflake_sandbox.errors import SqlError
from snowflake_sandbox.names import Name
from snowflake_sandbox.storage.records import Grant
from tests.runs.conftest import MakeWorld
from tests.runs.heard import Heard
from tests.runs.world import (
    CONTACTS,
    DAY_AND_MORE,
    HOUR,
    MINUTE,
    NOW,
    SLIM,
    World,
    on_an_empty_stack,
)

CURRENT = f"{CONTACTS}_CURRENT"
SETTLED = f"{CONTACTS}_SETTLED"
FRESHNESS = "HUBSPOT_DATA.CRM._FRESHNESS"
STAGE = ("PROPERTIES_LIFECYCLESTAGE", "PROPERTIES_LIFECYCLESTAGE__LABEL")


@pytest.fixture
def world(make: MakeWorld) -> World:
    return make({"contacts": 12}).slim()


def first(world: World, object_type: str = "contacts") -> str:
    return next(world.portal.records(object_type)).id


def comment(world: World, view: str) -> str:
    """A view's comment, which changes when the view is made anew."""
    (row,) = world.rows(
        "SELECT COMMENT FROM HUBSPOT_DATA.INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = ?",
        (view.rpartition(".")[2],),
    )
    return str(row["COMMENT"])


def examined(world: World) -> list[dict[str, str]]:
    """What DOCTOR says of views."""
    findings = on_an_empty_stack(lambda: dict(doctor.doctor_report(world.context)))["findings"]
    return [row for row in findings if row["check"] == "VIEW"]


def settled_through(world: World, table: str = "CONTACTS") -> int:
    (row,) = world.rows(f"SELECT SETTLED_THROUGH FROM {FRESHNESS} WHERE TABLE_NAME = ?", (table,))
    settled_at: datetime = row["SETTLED_THROUGH"]
    return round(settled_at.replace(tzinfo=UTC).timestamp() * 1000)


# -- what they show ---------------------------------------------------------------------------


def test_deleted_records_are_left_out(world: World) -> None:
    world.run()
    archived_id = first(world)
    world.portal.archive("contacts", archived_id)
    world.clock.advance(DAY_AND_MORE)
    world.run()

    assert archived_id in world.ids()
    assert world.ids(CURRENT) == world.ids(where=f"ID <> '{archived_id}'")
    assert archived_id not in world.ids(SETTLED)


def test_a_record_changed_after_what_is_settled_is_current_but_not_settled(world: World) -> None:
    world.run()
    world.clock.advance(HOUR)
    fresh = first(world)
    world.portal.update("contacts", fresh, {"jobtitle": "Head of Now"})
    world.clock.advance(MINUTE)
    world.run()

    assert (len(world.ids(CURRENT)), fresh in world.ids(CURRENT)) == (12, True)
    assert (len(world.ids(SETTLED)), fresh in world.ids(SETTLED)) == (11, False)

    world.clock.advance(HOUR)
    world.run()
    assert len(world.ids(SETTLED)) == 12


@pytest.mark.long
def test_settled_is_what_the_view_syncs_says(world: World) -> None:
    for _ in range(3):
        world.run()
        settled_at = world.sync()["SETTLED_THROUGH"].replace(tzinfo=UTC).timestamp() * 1000
        assert settled_through(world) == round(settled_at)
        world.clock.advance(HOUR)


@pytest.mark.long
def test_nothing_is_settled_before_the_first_run_came_to_its_end(make: MakeWorld) -> None:
    world = make({"contacts": 2_500}).slim(deadline_minutes=3)
    world.sandbox.latency_ms = 10_000
    assert world.ingest()["status"] == "STOPPED"

    assert world.ids(CURRENT) == world.ids() != []
    assert world.ids(SETTLED) == []


def test_a_view_has_the_tables_columns_with_their_types_and_comments(world: World) -> None:
    world.run()
    table = world.columns()

    for view in (CURRENT, SETTLED):
        view_columns = world.columns(view)
        assert {name: column for name, column in view_columns.items() if name in table} == table
        assert [name for name in view_columns if name in table] == [*table]


def test_labels_stand_right_beside_the_values(world: World) -> None:
    world.run()
    columns = [*world.columns(CURRENT)]

    assert columns[columns.index(STAGE[0]) + 1] == STAGE[1]
    values = {*world.table(", ".join(STAGE), CURRENT)}
    labels = dict(
        json.loads(
            world.rows(
                "SELECT OPTIONS FROM HUBSPOT_INGEST.CORE.PROPERTIES WHERE PROPERTY = ?",
                ("lifecyclestage",),
            )[0]["OPTIONS"]
        )
    )
    assert len(values) > 2
    assert values == {(value, labels.get(value)) for value, _ in values}
    assert world.columns(CURRENT)[STAGE[1]][1] == f"What people see in HubSpot for {STAGE[0]}"


def _with_choices(world: World, *options: Option, many: bool = False) -> str:
    """A property of choices that only two records have a value of."""
    world.portal.add_property(
        "contacts",
        "shoe_color",
        "enumeration",
        field_type="checkbox" if many else "select",
        label="Shoes",
        options=options,
    )
    return "PROPERTIES_SHOE_COLOR, PROPERTIES_SHOE_COLOR__LABEL"


@pytest.mark.long
def test_a_value_without_an_option_shows_itself_and_none_is_null(world: World) -> None:
    columns = _with_choices(world, Option("r", 'Rot; it\'s \\ "red"'), Option("x", ""))
    record_id, other, third = [record.id for record in world.portal.records("contacts")][:3]
    world.portal.update("contacts", record_id, {"shoe_color": "r"})
    world.portal.update("contacts", third, {"shoe_color": "x"})
    world.run()
    # an option that was deleted from HubSpot since
    world.rows(f"UPDATE {CONTACTS} SET PROPERTIES_SHOE_COLOR = 'gone' WHERE ID = '{other}'")

    assert {*world.table(columns, CURRENT)} == {
        ("r", 'Rot; it\'s \\ "red"'),
        ("gone", "gone"),
        ("x", "x"),
        (None, None),
    }


@pytest.mark.long
def test_several_values_have_a_label_each(world: World) -> None:
    columns = _with_choices(world, Option("r", "Rot"), Option("g", "Grün"), many=True)
    record_id, other = [record.id for record in world.portal.records("contacts")][:2]
    world.portal.update("contacts", record_id, {"shoe_color": "g;r"})
    world.run()
    world.rows(f"UPDATE {CONTACTS} SET PROPERTIES_SHOE_COLOR = 'r;old' WHERE ID = '{other}'")

    assert {*world.table(columns, CURRENT)} == {
        ("g;r", "Grün;Rot"),
        ("r;old", "Rot;old"),
        (None, None),
    }


@pytest.mark.long
def test_a_property_that_is_named_like_a_label_keeps_its_column(world: World) -> None:
    _with_choices(world, Option("r", "Rot"))
    world.portal.add_property("contacts", "shoe_color__label", "string")
    world.portal.update("contacts", first(world), {"shoe_color": "r", "shoe_color__label": "mine"})
    world.run()

    columns = [column for column in world.columns(CURRENT) if column.startswith("PROPERTIES_SHOE")]
    assert len(columns) == 3
    assert columns[0] == "PROPERTIES_SHOE_COLOR"
    assert columns[1].startswith("PROPERTIES_SHOE_COLOR__LABEL_")
    assert world.table(", ".join(columns), CURRENT, where="PROPERTIES_SHOE_COLOR = 'r'") == [
        ("r", "Rot", "mine")
    ]


# -- that they follow -------------------------------------------------------------------------


@pytest.mark.long
def test_a_run_in_which_nothing_changed_makes_nothing_anew(world: World) -> None:
    world.run()
    world.clock.advance(HOUR)
    world.asked()
    heard = Heard(world)

    answer = world.run()

    assert (answer["rows_read"], answer["requests"]) == (0, 1)
    assert heard.ddl == []
    assert len([statement for statement in heard.statements if "_FRESHNESS" in statement]) == 1
    assert settled_through(world) == NOW + HOUR - 10 * MINUTE


@pytest.mark.long
def test_a_new_property_is_in_the_views_at_once(world: World) -> None:
    world.run()
    world.clock.advance(HOUR)
    columns = _with_choices(world, Option("r", "Rot"))
    world.portal.update("contacts", first(world), {"shoe_color": "r"})
    world.run()

    assert ("r", "Rot") in world.table(columns, CURRENT)


@pytest.mark.long
def test_a_label_that_was_changed_shows_after_the_properties_are_read_again(world: World) -> None:
    columns = _with_choices(world, Option("r", "Rot"))
    world.portal.update("contacts", first(world), {"shoe_color": "r"})
    world.clock.advance(HOUR)
    world.run()
    _with_choices(world, Option("r", "Rouge"))
    world.clock.advance(HOUR)
    world.run()
    assert ("r", "Rot") in world.table(columns, CURRENT)

    world.clock.advance(DAY_AND_MORE)
    world.run()

    assert ("r", "Rouge") in world.table(columns, CURRENT)
    assert ("r", "Rouge") in world.table(columns, SETTLED)


@pytest.mark.long
def test_a_label_stays_a_column_when_its_property_is_gone_from_hubspot(world: World) -> None:
    columns = _with_choices(world, Option("r", "Rot"))
    world.portal.update("contacts", first(world), {"shoe_color": "r"})
    world.run()
    world.portal.archive_property("contacts", "shoe_color")
    world.clock.advance(DAY_AND_MORE)
    world.run()

    assert ("r", "r") in world.table(columns, CURRENT)
    before = comment(world, CURRENT)
    world.clock.advance(DAY_AND_MORE)
    world.run()
    assert (comment(world, CURRENT), ("r", "r") in world.table(columns, CURRENT)) == (before, True)


@pytest.mark.long
def test_whoever_may_read_a_view_may_go_on_when_it_is_made_anew(world: World) -> None:
    world.run()
    world.rows("CREATE ROLE IF NOT EXISTS FINANCE")
    world.rows(f"GRANT SELECT ON VIEW {SETTLED} TO ROLE FINANCE")
    before = comment(world, SETTLED)
    world.clock.advance(HOUR)
    _with_choices(world, Option("r", "Rot"))
    world.portal.update("contacts", first(world), {"shoe_color": "r"})
    world.run()

    held = world.engine.catalog.held
    assert comment(world, SETTLED) != before
    assert held("VIEW", SETTLED, "FINANCE") == {"SELECT"}
    for kind, name in (("VIEW", CURRENT), ("VIEW", SETTLED), ("TABLE", FRESHNESS)):
        assert held(kind, name, "HUBSPOT_INGEST.DATA_READER") == {"SELECT"}


def test_who_may_read_the_view_needs_nothing_else(world: World) -> None:
    world.run()
    reader = ("READER", "APPLICATION")
    world.engine.catalog.grant(
        [
            Grant("USAGE", "DATABASE", "HUBSPOT_DATA", *reader),
            Grant("USAGE", "SCHEMA", "HUBSPOT_DATA.CRM", *reader),
            Grant("SELECT", "VIEW", SETTLED, *reader),
        ]
    )
    session = world.engine.local_session(owner=Name("READER", "CORE", "ASK"))

    assert session.execute(f"SELECT ID FROM {SETTLED}").count == 12
    for table in (CONTACTS, FRESHNESS, CURRENT):
        with pytest.raises(SqlError, match="does not exist or not authorized"):
            session.execute(f"SELECT * FROM {table}")
    session.close()


@pytest.mark.long
@pytest.mark.parametrize("again", ["reset", "configure"])
def test_a_view_that_was_dropped_comes_back_when_its_sync_is_set_again(
    world: World, again: str
) -> None:
    world.run()
    world.rows(f"DROP VIEW {CURRENT}")
    assert [row["finding"] for row in examined(world)] == [
        f"the view {CURRENT} is not there, or something else has its name"
    ]
    if again == "reset":
        world.call("CALL reset_sync('contacts')")
    else:
        world.configure("contacts", SLIM)
    world.run()

    assert (len(world.ids(CURRENT)), examined(world)) == (12, [])


@pytest.mark.long
def test_an_upgraded_app_makes_the_views_of_its_tables_in_the_next_run(world: World) -> None:
    world.run()
    for statement in (
        f"DROP VIEW {CURRENT}",
        f"DROP VIEW {SETTLED}",
        f"DROP TABLE {FRESHNESS}",
        "UPDATE HUBSPOT_INGEST.STATE.PROPERTIES SET FIELD_TYPE = NULL",
    ):
        world.rows(statement)
    world.clock.advance(HOUR)

    answer = world.run()

    assert (answer["rows_read"], answer["requests"]) == (0, 1)
    assert (len(world.ids(CURRENT)), len(world.ids(SETTLED))) == (12, 12)
    assert "not" not in answer["message"].replace("nothing", "")


def test_a_call_makes_them(served: World) -> None:
    answer: dict[str, Any] = served.call("CALL ingest_hubspot('contacts')")

    assert answer["status"] == "SUCCEEDED"
    assert len(served.ids(CURRENT)) == 12
    assert "PROPERTIES_LIFECYCLESTAGE__LABEL" in served.columns(SETTLED)
