"""Several portals: added, tested and removed, and chosen by a sync."""

from __future__ import annotations

import json

import pytest

from hubspot_sandbox import Portal, Sandbox
from hubspot_sandbox.multi_account import Several
from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.viewing import View


def added(open_page: Open) -> tuple[View, World]:
    """Settings, after a second connection was added."""
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL discover()")
    view.draw().press("Settings")
    view.fill("Name", "emea").fill("Service key", world.portal.token).press("Add and test")
    return view, world


def test_a_portal_is_added_and_tested(open_page: Open) -> None:
    view, world = added(open_page)

    assert f"Connected to portal {world.portal.id}" in view.text
    rows = world.rows("SELECT NAME, PORTAL_ID FROM connections ORDER BY NAME")
    assert [(row["NAME"], row["PORTAL_ID"]) for row in rows] == [
        ("default", None),
        ("emea", str(world.portal.id)),
    ]


@pytest.mark.long
def test_refresh_shows_a_portal_that_was_added_elsewhere(open_page: Open) -> None:
    view, world = added(open_page)
    settings = json.dumps({"token": world.portal.token})
    world.call(f"CALL configure_connection('apac', PARSE_JSON('{settings}'))")

    view.press("Refresh")

    assert "apac" in view.text


def test_the_key_of_a_portal_is_neither_shown_nor_kept(open_page: Open) -> None:
    view, world = added(open_page)

    assert world.portal.token not in view.text
    assert all(field.value == "" for field in view.test.text_input if field.label == "Service key")
    assert world.portal.token not in repr(view.test.session_state.filtered_state)


def test_a_name_that_cannot_be_is_told_and_nothing_stored(open_page: Open) -> None:
    view, world = added(open_page)

    view.fill("Name", "1 2").fill("Service key", world.portal.token).press("Add and test")

    assert "INVALID_NAME" in view.text
    assert len(world.rows("SELECT * FROM connections")) == 2


@pytest.mark.long
def test_a_mistyped_key_adds_no_portal(open_page: Open) -> None:
    view, world = added(open_page)

    view.fill("Name", "apac").fill("Service key", "pat-na1-mistyped").press("Add and test")

    assert "CREDENTIAL_REJECTED" in view.text
    assert [row["NAME"] for row in world.rows("SELECT NAME FROM connections ORDER BY 1")] == [
        *("default", "emea")
    ]


@pytest.mark.long
def test_a_portal_is_tested_again(open_page: Open) -> None:
    view, world = added(open_page)
    world.portal.expire(world.portal.token)

    view.press("Test")

    assert "CREDENTIAL_REJECTED" in view.text


def test_removing_a_portal_asks_first(open_page: Open) -> None:
    view, world = added(open_page)

    view.press("Remove")
    assert "nothing can be read from that portal any more" in view.text
    assert len(world.rows("SELECT * FROM connections")) == 2
    view.press("Remove portal")

    assert [row["NAME"] for row in world.rows("SELECT NAME FROM connections")] == ["default"]


@pytest.mark.long
def test_a_portal_that_a_sync_reads_from_stays(open_page: Open) -> None:
    view, world = added(open_page)
    world.configure("emea_contacts", {"stream": "contacts", "connection": "emea"})

    view.press("Remove").press("Remove portal")

    assert view.text.index("CONNECTION_IN_USE") > view.text.index("The portals that can be read")


def test_a_sync_chooses_the_portal_it_reads_from(open_page: Open) -> None:
    view, world = added(open_page)
    world.configure("contacts", {})

    view.press("Syncs").press("Contacts").choose("part-contacts", "Schedule and more")
    view.select("From the portal", "emea").select("Priority", "high").press("Save changes")

    stored = json.loads(world.sync()["SETTINGS"])
    assert stored == {"connection": "emea", "priority": "high"}


@pytest.mark.long
def test_objects_of_a_further_portal_become_syncs_of_their_own(open_page: Open) -> None:
    view, world = added(open_page)

    view.press("Set up").press("Continue").press("Continue").press("Continue")
    view.select("From the portal", "emea").tick("Contacts")
    view.press("Continue")
    assert "Emea contacts" in view.text
    view.press("Continue").press("Start 1 sync")
    assert world.engine.background.wait(60)

    assert len(world.ids("HUBSPOT_DATA.CRM.EMEA_CONTACTS")) == 12


@pytest.mark.long
def test_the_filters_of_another_portal_are_of_its_properties(open_page: Open) -> None:
    view, world = added(open_page)
    world.configure("emea_contacts", {"stream": "contacts", "connection": "emea"})
    world.rows(
        "DELETE FROM HUBSPOT_INGEST.STATE.STREAM_PROPERTIES WHERE STREAM = 'contacts' "
        "AND NAME = 'lifecyclestage'"
    )

    view.press("Syncs").press("Emea contacts").choose("part-emea_contacts", "Filters")
    view.press("Add a filter").select("Property", "lifecyclestage")
    assert "Lifecycle" in view.text
    world.call("CALL ingest_hubspot('emea_contacts')")
    view = View(world).draw().press("Emea contacts").choose("part-emea_contacts", "Filters")
    view.press("Add a filter").select("Property", "lifecyclestage").select("Condition", "EQ")

    assert "Customer" in view.box("Value").options


@pytest.mark.long
def test_custom_objects_of_a_further_portal_are_its_own(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, world = open_page({"contacts": 3, "machines": 2})
    other = Portal(2, records={"machines": 5}, portal_id=77_000_002)
    other.token = "pat-eu1-other"
    other.tokens.scopes.clear()
    other.grant(other.token, ["crm.objects.custom.read", "crm.schemas.custom.read"])
    with Several([world.sandbox, Sandbox(other)]).serve() as server:
        monkeypatch.setenv("HUBSPOT_BASE_URL", server.url)
        world.call(f"CALL set_token('{world.portal.token}')")
        world.call("CALL discover()")
        view.draw().press("Settings")
        view.fill("Name", "emea").fill("Service key", other.token).press("Add and test")

        view.press("Set up").press("Continue").press("Continue").press("Continue")
        view.select("From the portal", "emea").tick("Machines")
        boxes = {box.label.split(" ")[0]: box for box in view.test.checkbox}
        assert boxes["Contacts"].disabled
        view.press("Add a filter").press("Continue")
        view.press("Continue").press("Start 1 sync")
        assert world.engine.background.wait(60)

    assert len(world.ids("HUBSPOT_DATA.CRM.EMEA_P77000002_MACHINES")) == 5
