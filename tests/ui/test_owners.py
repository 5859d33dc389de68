"""Owners are called by their names where they are loaded."""

from __future__ import annotations

from tests.ui.conftest import Open
from tests.ui.one_sync import opened
from tests.ui.viewing import View


def test_owners_in_filters_are_called_by_their_names(open_page: Open) -> None:
    _, world = opened(open_page, "Filters")
    world.call("CALL ingest_hubspot('owners')")
    owner = world.rows("SELECT * FROM HUBSPOT_DATA.CRM.OWNERS ORDER BY ID")[0]
    condition = {"propertyName": "hubspot_owner_id", "operator": "IN", "values": [owner["ID"]]}
    world.configure("contacts", {"filter_groups": [{"filters": [condition]}]})

    view = View(world).draw().press("Contacts")

    assert f"Owner is any of {owner['FIRST_NAME']} {owner['LAST_NAME']}" in view.text


def test_owners_are_known_by_what_a_property_refers_to_whatever_its_name(open_page: Open) -> None:
    _, world = opened(open_page)
    world.portal.add_property(
        "contacts", "account_manager", "enumeration", "select", label="Account manager",
        referenced_object_type="OWNER", external_options=True,
    )  # fmt: skip
    world.portal.add_property(
        "contacts", "plot_owner_id", "enumeration", "select", label="Owner of the plot"
    )
    world.call("CALL discover()")
    world.call("CALL ingest_hubspot('owners')")
    owner = world.rows("SELECT * FROM HUBSPOT_DATA.CRM.OWNERS ORDER BY ID")[0]
    conditions = [
        {"propertyName": name, "operator": "IN", "values": [owner["ID"]]}
        for name in ("account_manager", "plot_owner_id")
    ]
    world.configure("contacts", {"filter_groups": [{"filters": conditions}]})

    view = View(world).draw().press("Contacts")

    assert f"Account manager is any of {owner['FIRST_NAME']} {owner['LAST_NAME']}" in view.text
    assert f"Owner of the plot is any of {owner['ID']}" in view.text
