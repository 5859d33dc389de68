"""Owners are called by their names where they are loaded."""

from __future__ import annotations

from tests.ui.conftest import Open
from tests.ui.test_syncs import opened
from tests.ui.viewing import View


def test_owners_in_filters_are_called_by_their_names(open_page: Open) -> None:
    _, world = opened(open_page)
    world.call("CALL ingest_hubspot('owners')")
    owner = world.rows("SELECT * FROM HUBSPOT_DATA.CRM.OWNERS ORDER BY ID")[0]
    condition = {"propertyName": "hubspot_owner_id", "operator": "IN", "values": [owner["ID"]]}
    world.configure("contacts", {"filter_groups": [{"filters": [condition]}]})

    view = View(world).draw().press("Contacts")

    assert f"Owner is any of {owner['FIRST_NAME']} {owner['LAST_NAME']}" in view.text
