"""What PLAN_INGEST tells comes true when the run follows it, and telling it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hubspot_ingest.inbound.preview import preview
from hubspot_sandbox import Limits
from tests.runs.conftest import MakeWorld
from tests.runs.heard import Heard
from tests.runs.world import (
    CONTACTS,
    DAY_AND_MORE,
    HOUR,
    SLIM,
    Answer,
    World,
    on_an_empty_stack,
)

LEADS: list[Any] = [
    {"filters": [{"propertyName": "lifecyclestage", "operator": "EQ", "value": "lead"}]}
]
EVERYBODY: list[Any] = [{"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}]}]


def plan(world: World, sync: str = "contacts") -> Answer:
    return on_an_empty_stack(lambda: dict(preview.plan_ingest(world.context, sync)))


def spent(world: World, run: Answer) -> dict[str, int]:
    """The run's requests by endpoint."""
    endpoints = world.rows(
        "SELECT ENDPOINT, COUNT FROM HUBSPOT_INGEST.CORE.REQUESTS WHERE RUN_ID = ?",
        (run["run_id"],),
    )
    return {row["ENDPOINT"]: int(row["COUNT"]) for row in endpoints}


def planned_and_run(world: World, sync: str = "contacts") -> tuple[Answer, Answer]:
    """Plan and run, and hold the one to the other."""
    planned = plan(world, sync)
    heard = Heard(world)

    run = world.run(sync)

    logged = next(row for row in world.runs() if row["RUN_ID"] == run["run_id"])
    assert logged["PLAN_HASH"] == planned["plan_hash"]
    assert logged["STRATEGY"] == planned["strategy"]
    assert abs(planned["rows"] - run["rows_read"]) <= 0.02 * run["rows_read"]
    assert planned["requests"] == spent(world, run)
    assert planned["requests_total"] == run["requests"]
    assert planned["ddl"] == heard.ddl
    return planned, run


def _change(world: World, count: int) -> None:
    for record in [*world.portal.records("contacts")][:count]:
        world.portal.update("contacts", record.id, {"jobtitle": "Head of Change"})


# -- every strategy -------------------------------------------------------------------------------


def test_a_first_run_is_planned_by_list(make: MakeWorld) -> None:
    world = make({"contacts": 250}).slim()

    planned, _ = planned_and_run(world)

    assert (planned["strategy"], planned["rows"], planned["filter_groups"]) == ("LIST", 250, [])
    assert "everything is read" in planned["why"]


def test_a_run_that_reads_what_changed_is_planned_by_search(make: MakeWorld) -> None:
    world = make({"contacts": 450}).slim()
    world.run()
    world.clock.advance(HOUR)
    _change(world, 410)

    planned, _ = planned_and_run(world)

    assert (planned["strategy"], planned["rows"]) == ("SEARCH", 410)


def test_a_run_that_will_find_nothing_is_planned_as_one_search(make: MakeWorld) -> None:
    world = make({"contacts": 12}).slim()
    world.run()
    world.clock.advance(HOUR)

    planned, _ = planned_and_run(world)

    assert (planned["rows"], planned["requests_total"], planned["ddl"]) == (0, 1, [])


@pytest.mark.long
@pytest.mark.parametrize(("records", "deleted"), [(30, 1), (600, 2), (3_000, 1)])
def test_finding_deletions_is_planned(make: MakeWorld, records: int, deleted: int) -> None:
    world = make({"contacts": records}).slim()
    world.run()
    world.clock.advance(HOUR)
    world.run()
    world.clock.advance(HOUR)
    for record_id in world.ids()[-deleted:]:
        world.portal.purge("contacts", record_id)
    _, run = planned_and_run(world)
    assert run["rows_deleted"] == deleted


@pytest.mark.parametrize("deleted", [0, 1])
def test_a_full_refresh_is_planned_with_the_count_of_its_records(
    make: MakeWorld, deleted: int
) -> None:
    world = make({"contacts": 130}).slim(sync_mode="full_refresh")
    world.run()
    world.clock.advance(HOUR)
    for record_id in world.ids()[:deleted]:
        world.portal.archive("contacts", record_id)
    _, run = planned_and_run(world)
    assert run["rows_deleted"] == deleted


def test_a_filter_is_told_as_it_will_be_sent(make: MakeWorld) -> None:
    world = make({"contacts": 300}).slim(filter_groups=LEADS)

    planned, _ = planned_and_run(world)

    assert planned["strategy"] == "SEARCH"
    assert planned["filter_groups"][0]["filters"][0] == LEADS[0]["filters"][0]
    assert planned["filter_groups"][0]["filters"][-1] == {
        "propertyName": "hs_object_id",
        "operator": "GT",
        "value": "0",
    }


@pytest.mark.long
def test_names_too_many_for_an_address_are_planned_wide(make: MakeWorld) -> None:
    world = make({"contacts": 230})
    for n in range(180):
        world.portal.add_property("contacts", f"{'long_name_' * 9}{n:04d}", type="string")
    world.configure("contacts", {"associations": []})

    planned, _ = planned_and_run(world)

    assert planned["strategy"] == "WIDE"


@pytest.mark.long
def test_associations_and_history_are_planned(make: MakeWorld) -> None:
    world = make({"contacts": 1_100, "companies": 20, "deals": 20})
    world.slim(associations=["companies", "deals"], history=["lifecyclestage"])

    planned_and_run(world)


# -- what follows the main reading ----------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("archived", [0, 40, 130])
def test_the_sweeps_of_a_day_later_are_planned(make: MakeWorld, archived: int) -> None:
    world = make({"contacts": 700, "companies": 20}).slim(associations=["companies"])
    world.run()
    for record in [*world.portal.records("contacts")][:archived]:
        world.portal.archive("contacts", record.id)
    # a table that already knows of archived records tells how long their list is
    world.clock.advance(HOUR * 5)
    world.run()
    world.clock.advance(DAY_AND_MORE)
    _change(world, 30)

    planned, _ = planned_and_run(world)

    assert planned["requests"]["/crm/objects/2026-09/contacts"] >= 7


@pytest.mark.long
def test_the_sweeps_of_a_filtered_sync_are_planned(make: MakeWorld) -> None:
    world = make({"contacts": 600}).slim(filter_groups=LEADS)
    world.run()
    world.clock.advance(DAY_AND_MORE)
    leads = [
        record.id
        for record in world.portal.records("contacts")
        if record.properties["lifecyclestage"] == "lead"
    ]
    for id_ in leads[:25]:
        world.portal.update("contacts", id_, {"lifecyclestage": "customer"})
    for id_ in leads[25:70]:
        world.portal.update("contacts", id_, {"jobtitle": "Head of Change"})

    planned, _ = planned_and_run(world)

    assert planned["rows"] == len(leads[25:70])


@pytest.mark.long
def test_new_properties_are_planned_as_columns(make: MakeWorld) -> None:
    world = make({"contacts": 30}).slim()
    world.run()
    world.clock.advance(HOUR)
    world.portal.add_property("contacts", "shoe_size", type="number", label="Shoe size")
    _change(world, 3)

    planned, _ = planned_and_run(world)

    assert planned["columns"] == [
        {
            "column": "PROPERTIES_SHOE_SIZE",
            "type": "NUMBER(38,18)",
            "property": "shoe_size",
            "label": "Shoe size",
        }
    ]
    assert planned["ddl"][0].startswith(f"ALTER TABLE {_quoted(CONTACTS)} ADD COLUMN")


def _quoted(table: str) -> str:
    return ".".join(f'"{part}"' for part in table.split("."))


# -- time and the day -----------------------------------------------------------------------------


def _by_list(make: MakeWorld) -> World:
    return make({"contacts": 3_000}, limits=Limits(burst=8)).slim()


def _by_search(make: MakeWorld) -> World:
    return make({"contacts": 15_000}).slim(filter_groups=EVERYBODY)


def _wide(make: MakeWorld) -> World:
    # a page more or less, where ranges were shared out, begins no other window of ten seconds
    world = make({"contacts": 1_900}, limits=Limits(burst=8))
    for n in range(180):
        world.portal.add_property("contacts", f"{'long_name_' * 9}{n:04d}", type="string")
    world.configure("contacts", {"associations": []})
    return world


@pytest.mark.parametrize("strategy", [_by_list, _by_search, _wide])
def test_minutes_are_those_that_the_limits_allow(
    make: MakeWorld, strategy: Callable[[MakeWorld], World]
) -> None:
    world = strategy(make)
    planned = plan(world)
    world.clock.advance(HOUR)

    answer = world.run()

    assert answer["duration_seconds"] > 10
    assert (
        abs(planned["minutes"] * 60 - answer["duration_seconds"])
        <= 0.15 * answer["duration_seconds"]
    )


def test_the_share_of_the_day_is_told(make: MakeWorld) -> None:
    world = make({"contacts": 950}, limits=Limits(daily=1_000)).slim()

    planned = plan(world)

    total, daily = planned["requests_total"], planned["daily"]
    assert daily["limit"] == 1_000
    assert daily["share_percent"] == pytest.approx(100 * total / 1_000)
    assert daily["remaining"] == 1_000 - daily["used"] - total


def test_a_run_for_which_the_day_is_too_short_is_told_to_stop(make: MakeWorld) -> None:
    world = make({"contacts": 950}, limits=Limits(daily=14)).slim()

    assert "it would stop there, and the next run carry on" in plan(world)["message"]


# -- nothing is changed, nothing is guessed --------------------------------------------------------


def test_a_plan_writes_nothing(make: MakeWorld) -> None:
    world = make({"contacts": 12})
    before = world.stored()

    first = plan(world)

    assert first["response_code"] == "OK"
    assert world.stored() == before
    assert world.databases() == {*world.databases()} - {"HUBSPOT_DATA"}

    world.run()
    world.clock.advance(DAY_AND_MORE)
    after = world.stored()
    plan(world)
    assert world.stored() == after


@pytest.mark.long
def test_a_plan_costs_few_requests(make: MakeWorld) -> None:
    world = make({"contacts": 20_000})
    costs = []
    for settings in ({}, SLIM, {"filter_groups": LEADS}):
        world.configure("contacts", settings)
        world.asked()
        plan(world)
        costs.append(len(world.asked()))

    assert max(costs) <= 4, costs


def test_a_missing_scope_is_told(make: MakeWorld) -> None:
    world = make({"contacts": 12}).slim(associations=["companies"])
    world.closed = ["/crm/associations/2026-09/contacts/companies/batch/read"]

    assert plan(world)["response_code"] == "OK"

    world.closed = ["/crm/properties/2026-09/contacts"]
    planned = plan(world)
    assert (planned["response_code"], planned["strategy"], planned["ddl"]) == ("OK", None, [])
    assert planned["scopes_missing"] == ["crm.objects.contacts.read"]
    assert "would be skipped" in planned["message"]


@pytest.mark.long
def test_an_unfinished_run_is_planned_from_where_it_stopped(make: MakeWorld) -> None:
    world = make({"contacts": 1_400}, limits=Limits(daily=13)).slim(reserve_percent=0)
    assert world.ingest()["status"] == "STOPPED"
    world.clock.advance(DAY_AND_MORE)

    planned_and_run(world)


# -- streams that are no records ------------------------------------------------------------------


@pytest.mark.parametrize("stream", ["owners", "pipelines", "pipeline_stages", "properties"])
def test_item_streams_are_planned(make: MakeWorld, stream: str) -> None:
    world = make({"contacts": 3})
    first = plan(world, stream)
    run = world.run(stream)
    assert first["requests_total"] <= run["requests"]
    assert first["at_least"] or first["requests_total"] == run["requests"]

    planned, _ = planned_and_run(world, stream)

    assert not planned["at_least"]


# -- several --------------------------------------------------------------------------------------


def test_all_enabled_syncs_are_planned_together(make: MakeWorld) -> None:
    world = make({"contacts": 120, "companies": 130})
    world.configure("contacts", SLIM)
    world.configure("companies", {"associations": []})

    planned = on_an_empty_stack(lambda: dict(preview.plan_ingest_all(world.context)))

    assert [plan["sync"] for plan in planned["plans"]] == ["companies", "contacts"]
    assert planned["rows"] == 250
    assert planned["requests_total"] == sum(plan["requests_total"] for plan in planned["plans"])


def test_records_are_counted_for_settings_that_are_not_stored(make: MakeWorld) -> None:
    world = make({"contacts": 300})
    before = world.stored()
    leads = [
        record
        for record in world.portal.records("contacts")
        if record.properties["lifecyclestage"] == "lead"
    ]
    world.asked()

    planned = on_an_empty_stack(
        lambda: dict(preview.count_records(world.context, "contacts", {"filter_groups": LEADS}))
    )

    assert (planned["records"], planned["requests"]) == (len(leads), 2)
    assert [request.path.rsplit("/", 1)[-1] for request in world.asked()] == ["contacts", "search"]
    assert world.stored() == before


def test_plans_are_asked_for_by_call(served: World) -> None:
    planned = served.call("CALL HUBSPOT_INGEST.CORE.PLAN_INGEST('contacts')")
    assert (planned["response_code"], planned["rows"]) == ("OK", 12)
    together = served.call("CALL HUBSPOT_INGEST.CORE.PLAN_INGEST_ALL()")
    assert together["message"] == "no sync is enabled; configure one first"
    counted = served.call_with("COUNT_RECORDS", {}, "contacts")
    assert counted["records"] == 12
    wrong = served.call("CALL HUBSPOT_INGEST.CORE.PLAN_INGEST('kontakts')")
    assert wrong["response_code"] == "UNKNOWN_STREAM"
