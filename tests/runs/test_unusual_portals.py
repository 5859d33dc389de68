"""Portals that lack what others have: a time of change, a scope, plain names."""

from __future__ import annotations

import pytest

from hubspot_ingest.errors import Refusal
from hubspot_ingest.inbound.reconcile.reconciliation import reconcile
from tests.runs.conftest import MakeWorld
from tests.runs.world import HOUR, on_an_empty_stack

PRODUCTS = "HUBSPOT_DATA.CRM.PRODUCTS"


def test_records_without_a_time_of_change_are_read_whole_each_time(make: MakeWorld) -> None:
    world = make({"products": 5})
    world.portal.archive_property("products", "hs_lastmodifieddate")
    world.run("products")
    first, *_ = (record.id for record in world.portal.records("products"))
    world.portal.update("products", first, {"name": "Renamed"})
    world.clock.advance(HOUR)

    answer = world.run("products")

    assert (answer["status"], answer["rows_read"], answer["rows_updated"]) == ("SUCCEEDED", 5, 1)
    assert answer["since"] is None


@pytest.mark.long
def test_records_without_a_time_of_change_are_followed_for_days(make: MakeWorld) -> None:
    world = make({"products": 5})
    world.portal.archive_property("products", "hs_lastmodifieddate")
    world.run("products")
    for record in [*world.portal.records("products")][:3]:
        world.clock.advance(25 * HOUR)
        world.portal.archive("products", record.id)
        world.portal.create("products", {"name": "New"})
        assert world.run("products")["status"] == "SUCCEEDED"
    world.clock.advance(25 * HOUR)
    world.run("products")

    live = [record.id for record in world.portal.records("products")]
    assert world.ids(PRODUCTS, where="_DELETED_AT IS NULL") == live


@pytest.mark.long
def test_records_without_a_time_of_change_are_filtered_too(make: MakeWorld) -> None:
    world = make({"products": 5})
    world.portal.archive_property("products", "hs_lastmodifieddate")
    wanted, *_ = (record.id for record in world.portal.records("products"))
    world.portal.update("products", wanted, {"name": "Wanted"})
    name = {"propertyName": "name", "operator": "EQ", "value": "Wanted"}
    world.configure("products", {"filter_groups": [{"filters": [name]}]})
    for _ in range(3):
        assert world.run("products")["status"] == "SUCCEEDED"
        world.clock.advance(24 * HOUR)

    assert world.ids(PRODUCTS) == [wanted]


@pytest.mark.long
def test_what_nobody_can_count_is_not_compared(make: MakeWorld) -> None:
    world = make({"products": 5})
    world.portal.archive_property("products", "hs_lastmodifieddate")
    world.run("products")
    world.clock.advance(HOUR)

    with pytest.raises(Refusal) as refused:
        on_an_empty_stack(lambda: reconcile(world.context, "products"))
    assert refused.value.response_code == "NOT_COMPARABLE"


@pytest.mark.long
def test_what_changed_cannot_be_asked_of_records_without_a_time_of_change(make: MakeWorld) -> None:
    world = make({"products": 5})
    world.portal.archive_property("products", "hs_lastmodifieddate")
    world.configure("products", {"updated_after": "2026-01-01"})
    answer = world.ingest("products")

    assert answer["response_code"] == "INVALID_SETTINGS"
    assert "updated_after" in answer["message"]


def test_a_custom_object_is_read_by_its_id_without_the_scope_of_schemas(make: MakeWorld) -> None:
    world = make({"machines": 4})
    world.token = "pat-na1-records-alone"
    world.portal.grant(world.token, ["crm.objects.custom.read"])

    answer = world.run("2-3456789")

    assert (answer["status"], answer["rows_inserted"]) == ("SUCCEEDED", 4)


def test_a_custom_object_is_not_found_by_its_name_without_the_scope_of_schemas(
    make: MakeWorld,
) -> None:
    world = make({"machines": 4})
    world.token = "pat-na1-records-alone"
    world.portal.grant(world.token, ["crm.objects.custom.read"])

    answer = world.ingest("p_machine")

    assert answer["response_code"] == "UNKNOWN_STREAM"
    assert "objectTypeId" in answer["message"]


def test_records_are_kept_by_what_they_are_associated_with(make: MakeWorld) -> None:
    world = make({"contacts": 4, "companies": 2})
    contact, *_ = (record.id for record in world.portal.records("contacts"))
    company = world.portal.create("companies", {"name": "Acme"})
    world.portal.associate("contacts", contact, "companies", company)
    condition = {"propertyName": "associations.company", "operator": "EQ", "value": company}
    world.configure("contacts", {"filter_groups": [{"filters": [condition]}]})
    world.run()

    assert world.ids() == [contact]


def test_a_property_whose_name_has_a_comma_is_read(make: MakeWorld) -> None:
    world = make({"contacts": 0})
    world.portal.add_property("contacts", "last, first", "string")
    world.portal.create("contacts", {"last, first": "Lovelace, Ada"})
    world.run()

    [column] = [name for name in world.columns() if "FIRST" in name and "LAST" in name]
    assert world.table(f'"{column}"') == [("Lovelace, Ada",)]


def test_a_property_with_a_quotation_mark_in_its_name_lands(make: MakeWorld) -> None:
    world = make({"contacts": 2})
    world.syncs.save("contacts", "contacts", {"properties": ['a"b']}, world.clock.now())
    world.portal.add_property("contacts", 'a"b', "string")
    [first, _] = (record.id for record in world.portal.records("contacts"))
    world.portal.update("contacts", first, {'a"b': "seven"})

    world.run()

    assert world.rows(
        'SELECT "PROPERTIES_A""B" AS VALUE FROM HUBSPOT_DATA.CRM.CONTACTS WHERE ID = ?', (first,)
    ) == [{"VALUE": "seven"}]
