"""Views in other products' shapes keep their rows and columns whatever becomes of the syncs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from hubspot_ingest.app_settings import parse_app_settings
from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.shapes import StoredShape
from hubspot_ingest.database.state.stored_state import StoredState
from hubspot_ingest.database.state.syncs import EarnedOn, SweepsState, Sync
from hubspot_ingest.errors import DatabaseError, GrantMissing
from hubspot_ingest.inbound.load.shapes.shape_settings import ShapeSettings, parse_shape_settings
from hubspot_ingest.inbound.load.shapes.shape_views import (
    FIVETRAN,
    ViewPlan,
    check_schema,
    kept_places,
    make_views,
    plan_views,
)
from hubspot_ingest.model import Property

RECORDS = {"ID": "TEXT", "_SYNCED_AT": "TIMESTAMP_NTZ", "_DELETE_KIND": "TEXT"}


@dataclass
class Catalog(Database):
    """A database of which nothing is there but what INFORMATION_SCHEMA shows of it."""

    objects: dict[Table, tuple[str, str, Mapping[str, str]]] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    failures: Mapping[str, Exception] = field(default_factory=dict)
    schemas: Sequence[str] = ()
    application: str = "APP"

    def rows(self, statement: str, params: Sequence[object] = ()) -> list[Row]:
        """What is there, whatever is asked for; raises where the statement is of a failing one."""
        for part, failure in self.failures.items():
            if part in statement:
                raise failure
        if "SCHEMATA" in statement:
            return [{"SCHEMA_NAME": schema} for schema in params if schema in self.schemas]
        if "INFORMATION_SCHEMA" not in statement:
            return []
        return [
            {
                "TABLE_SCHEMA": table.schema,
                "TABLE_NAME": table.table,
                "TABLE_TYPE": kind,
                "ABOUT": about,
                "COLUMN_NAME": column,
                "DATA_TYPE": type_,
                "COMMENT": self.comments.get(column),
            }
            for table, (kind, about, columns) in self.objects.items()
            if f'"{table.database}".' in statement
            for column, type_ in columns.items()
        ]

    def add_table(self, table: str, columns: Mapping[str, str] = RECORDS) -> None:
        """A table where syncs land."""
        self.objects[Table("HUBSPOT_DATA", "CRM", table)] = ("BASE TABLE", "", columns)

    def make(self, plan: ViewPlan) -> None:
        """The view that a plan would make is there."""
        comment = plan.ddl.rpartition("COMMENT = '")[2].partition("' AS\n")[0].replace("''", "'")
        columns = re.findall(r'^  "(\w+)"(?: COMMENT .*)?,?$', plan.ddl, re.M)
        self.objects[plan.view] = ("VIEW", comment, dict.fromkeys(columns, "TEXT"))


def sync(name: str, *, settled: bool = True, filled: bool = True, **settings: Any) -> Sync:
    """A sync of the stream of its name, or of ``stream``."""
    earned_on = EarnedOn(table=f"HUBSPOT_DATA.CRM.{name.upper()}", landed=filled)
    given = {"stream": name, **settings}
    state = (1 if settled else None, None, SweepsState(), "1", earned_on, None, None)
    return Sync(name, given, True, *state)


def plans(
    database: Database,
    *syncs: Sync,
    properties: Mapping[str, Sequence[tuple[Property, str | None]]] | None = None,
) -> dict[str, ViewPlan]:
    stored = StoredState(
        {sync.name: sync for sync in syncs},
        properties or {},
        parse_app_settings({}),
        None,
        None,
        None,
        {},
        {},
        [],
    )
    listed = plan_views(database, stored, FIVETRAN, ShapeSettings())
    return {plan.view.table: plan for plan in listed}


# -- what goes wrong ------------------------------------------------------------------------------


def test_one_view_that_cannot_be_made_stops_no_other_and_names_the_grants() -> None:
    denied = GrantMissing("not authorized")
    database = Catalog(failures={'REPLACE VIEW "HUBSPOT_DATA"."HUBSPOT"."CONTACT"': denied})
    database.add_table("CONTACTS")
    planned = plans(database, sync("contacts"), sync("owners", filled=False))

    made = {
        plan.view.table: plan for plan in make_views(database, [*planned.values()], granting=False)
    }

    assert made["OWNER"].status == "MADE"
    assert made["CONTACT"].status == "FAILED"
    assert "CREATE VIEW ON SCHEMA" in made["CONTACT"].why


def test_of_a_schema_that_was_dropped_it_says_how_to_make_or_end_it() -> None:
    stored_shape = StoredShape("FIVETRAN", "HUBSPOT_DATA", "MINE", {"schema": "MINE"})

    with pytest.raises(DatabaseError, match=r"make_fivetran_views.*MINE.*drop_fivetran_views"):
        check_schema(Catalog(), stored_shape)
    check_schema(Catalog(schemas=["MINE"]), stored_shape)


def test_dropping_means_the_views_that_were_made_wherever_they_are() -> None:
    mine = StoredShape("FIVETRAN", "HUBSPOT_DATA", "MINE", {"connection": "eu"})
    yours = StoredShape("FIVETRAN", "HUBSPOT_DATA", "YOURS", {})
    other = StoredShape("AIRBYTE", "HUBSPOT_DATA", "AIRBYTE", {})

    def schemas(**settings: Any) -> list[str]:
        given = parse_shape_settings(settings)
        return [place.schema for place in kept_places([mine, yours, other], FIVETRAN, given)]

    assert schemas() == ["MINE", "YOURS"]
    assert schemas(schema="YOURS") == schemas(connection="default") == ["YOURS"]
    assert schemas(connection="eu") == ["MINE"]


# -- tables ---------------------------------------------------------------------------------------


def test_tables_that_cannot_be_looked_up_empty_no_view() -> None:
    for failure in (DatabaseError("too much data"), GrantMissing("not authorized")):
        with pytest.raises(type(failure)):
            plans(Catalog(failures={"INFORMATION_SCHEMA": failure}), sync("contacts"))


def test_a_stream_that_held_nothing_needs_no_database() -> None:
    database = Catalog(failures={"INFORMATION_SCHEMA": GrantMissing("no such database")})

    plan = plans(database, sync("contacts", filled=False))["CONTACT"]

    assert plan.status == "MADE"
    assert "WHERE FALSE" in plan.ddl


def test_a_table_that_is_there_is_read_whatever_its_sync_is_about_to_do() -> None:
    database = Catalog()
    database.add_table("CALLS")
    database.add_table("CALLS_DEALS")
    database.add_table("NOTES")

    made = plans(
        database, sync("calls", settled=False, associations=[]), sync("notes", settled=False)
    )

    assert '"CALLS" t' in made["ENGAGEMENT"].ddl
    assert '"NOTES" t' in made["ENGAGEMENT"].ddl
    assert '"CALLS_DEALS" t' in made["ENGAGEMENT_DEAL"].ddl


@pytest.mark.parametrize("left", ["dropped sync", "table that is not there any more"])
def test_a_view_keeps_the_rows_of_a(left: str) -> None:
    database = Catalog()
    database.add_table("CALLS")
    database.add_table("NOTES")
    database.make(plans(database, sync("calls"), sync("notes"))["ENGAGEMENT"])

    if left == "dropped sync":
        plan = plans(database, sync("calls"), sync("emails"))["ENGAGEMENT"]
    else:
        del database.objects[Table("HUBSPOT_DATA", "CRM", "NOTES")]
        plan = plans(database, sync("calls"), sync("notes"))["ENGAGEMENT"]

    assert plan.status == "UNCHANGED"
    assert not plan.ddl
    assert "notes" in plan.why
    assert plan.statement == "CALL ingest_hubspot('notes')"


def test_a_view_of_which_no_table_is_left_stays_as_it_is() -> None:
    database = Catalog()
    database.add_table("CONTACTS")
    database.make(plans(database, sync("contacts"))["CONTACT"])
    del database.objects[Table("HUBSPOT_DATA", "CRM", "CONTACTS")]

    plan = plans(database)["CONTACT"]

    assert plan.status == "UNCHANGED"
    assert plan.why == "left as it is, with the rows of contacts: contacts are not read yet"


# -- columns --------------------------------------------------------------------------------------


def test_of_a_label_that_changed_there_is_nothing_to_report() -> None:
    database = Catalog()
    database.add_table("CONTACTS", {**RECORDS, "EMAIL": "TEXT", "CITY": "TEXT"})
    email, city = (Property(name, "string", name) for name in ("email", "city"))

    def plan(*listed: tuple[Property, str | None]) -> ViewPlan:
        return plans(database, sync("contacts"), properties={"contacts": listed})["CONTACT"]

    new = plan((email, "EMAIL"))
    database.make(new)
    relabelled = plan((replace(email, label="Address"), "EMAIL"))

    assert new.is_outdated
    assert relabelled.ddl
    assert not relabelled.is_outdated
    assert plan((email, "EMAIL"), (city, "CITY"), (replace(city, name="odd"), "CITY")).is_outdated


@pytest.mark.parametrize(
    ("view", "settings", "why", "setting"),
    [
        ("DEAL_CONTACT", {"associations": []}, "reads no links to contacts", '"contacts"'),
        ("DEAL_PROPERTY_HISTORY", {}, "keeps no history", '"history": ["*"]'),
        ("DEAL_STAGE", {"history": ["amount"]}, "no history of dealstage", '"dealstage"'),
    ],
)
def test_a_view_says_that_its_rows_are_not_read_any_more_and_what_would_bring_them(
    view: str, settings: Mapping[str, Any], why: str, setting: str
) -> None:
    database = Catalog()
    for table in ("DEALS", "DEALS_CONTACTS", "DEALS_HISTORY"):
        database.add_table(table)

    plan = plans(database, sync("deals", **settings))[view]

    assert plan.status == "MADE"
    assert plan.why.startswith("as it was read last: deals ")
    assert why in plan.why
    assert setting in plan.statement


def test_a_view_of_what_is_read_says_nothing() -> None:
    database = Catalog()
    for table in ("DEALS", "DEALS_CONTACTS", "DEALS_HISTORY"):
        database.add_table(table)

    made = plans(database, sync("deals", history=["deal*"]))

    assert {made[view].why for view in ("DEAL", "DEAL_CONTACT", "DEAL_STAGE")} == {""}


def test_a_view_says_that_its_sync_reads_only_some_records() -> None:
    database = Catalog()
    database.add_table("DEALS")
    filters = [{"filters": [{"propertyName": "amount", "operator": "GT", "value": "5"}]}]

    plan = plans(database, sync("deals", filter_groups=filters))["DEAL"]

    assert plan.why == "only the deals that the sync deals reads: it has filters"
    assert not plans(database, sync("deals"))["DEAL"].why
