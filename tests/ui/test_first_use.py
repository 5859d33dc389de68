"""Set up: from a fresh install to the first rows."""

from __future__ import annotations

import json

import pytest

from hubspot_sandbox import Portal
from tests.runs.world import CONTACTS
from tests.ui.conftest import Open
from tests.ui.viewing import View

RECOMMENDED = {"contacts": 12, "companies": 3, "deals": 2}


def connected(view: View, token: str) -> View:
    """The page after a credential was given and tested."""
    view.draw().press("Continue").fill("Service key", token).press("Store and test")
    return view


def test_without_a_key_the_page_asks_for_it(open_page: Open) -> None:
    view, _ = open_page()

    view.draw().press("Continue").press("Store and test")

    assert "Paste the service key first" in view.text


def test_a_fresh_install_begins_with_what_is_needed(open_page: Open) -> None:
    view, _ = open_page()

    view.draw()

    assert "Development > Keys > Service keys" in view.text
    assert "crm.objects.contacts.read" in view.text
    assert "Continue" in view.labels
    assert "nothing but the rows of pushes that you set up" in view.text


def test_a_good_key_tells_the_portal_and_what_can_be_read(open_page: Open) -> None:
    view, world = open_page()

    connected(view, world.portal.token)

    assert f"Connected to portal {world.portal.id}" in view.text
    assert "can be read with this key" in view.text


@pytest.mark.long
def test_under_a_key_that_was_refused_the_page_speaks_of_the_one_that_stays(
    open_page: Open,
) -> None:
    view, world = open_page()
    connected(view, world.portal.token)

    view.fill("Service key", "pat-na1-mistyped").press("Store and test")

    assert "CREDENTIAL_REJECTED" in view.text
    assert f"The key of before stays, connected to portal {world.portal.id}." in view.text
    assert "can be read with the key of before" in view.text
    [banner] = [html.proto.body for html in view.test.get("html") if "of before" in html.proto.body]
    assert "note good" not in banner


def test_the_key_is_neither_shown_nor_kept(open_page: Open) -> None:
    view, world = open_page()

    connected(view, world.portal.token)

    assert world.portal.token not in view.text
    assert all(field.value == "" for field in view.test.text_input)
    assert world.portal.token not in repr(view.test.session_state.filtered_state)


def test_a_grant_of_an_oauth_app_is_stored_and_never_shown(open_page: Open) -> None:
    view, _ = open_page()

    view.draw().press("Continue").fill("Client id", "an-id").fill("Client secret", "a-secret")
    view.fill("Refresh token", "a-token").press("Store and test the app")

    assert "Connected" not in view.text
    assert "a-secret" not in view.text + repr(view.test.session_state.filtered_state)
    assert all(field.value == "" for field in view.test.text_input)


@pytest.mark.long
def test_a_wrong_key_is_told_with_its_code_and_goes_no_further(open_page: Open) -> None:
    view, _ = open_page()

    connected(view, "pat-na1-wrong")

    assert "CREDENTIAL_REJECTED" in view.text
    [go_on] = [button for button in view.test.button if button.label == "Continue"]
    assert go_on.disabled


def test_the_scopes_of_what_cannot_be_read_are_there_to_copy(open_page: Open) -> None:
    portal = Portal(1, records={"contacts": 3})
    view, _ = open_page(portal=portal)
    portal.grant("pat-na1-few", ["crm.objects.contacts.read"])

    connected(view, "pat-na1-few")

    assert "cannot be read yet" in "".join(expander.label for expander in view.test.expander)
    assert "crm.objects.companies.read" in view.text


def few_scopes(open_page: Open, *scopes: str) -> View:
    """The second step of Set up, after a key with these scopes alone was given."""
    portal = Portal(1, records={"contacts": 3})
    view, _ = open_page(portal=portal)
    portal.grant("pat-na1-few", scopes)
    return connected(view, "pat-na1-few")


@pytest.mark.long
def test_a_key_that_cannot_read_the_main_objects_is_no_success(open_page: Open) -> None:
    view = few_scopes(open_page, "crm.objects.owners.read", "crm.objects.deals.read")

    assert "but this key cannot read Contacts, Companies, Tickets" in view.text
    [copied] = [code.value for code in view.test.code if "contacts.read" in code.value][:1]
    assert copied.splitlines() == [
        *("crm.objects.contacts.read", "crm.objects.companies.read", "tickets")
    ]
    [banner] = [html for html in view.test.get("html") if "Connected" in html.proto.body]
    assert "note warn" in banner.proto.body


@pytest.mark.long
def test_main_objects_without_their_scope_are_listed_and_say_which(open_page: Open) -> None:
    view = few_scopes(open_page, "crm.objects.owners.read", "crm.objects.deals.read")

    view.press("Continue").press("Continue")

    boxes = {box.label.partition(" (")[0]: box for box in view.test.checkbox}
    assert boxes["Contacts"].disabled
    assert "crm.objects.contacts.read" in boxes["Contacts"].help
    assert not boxes["Deals"].disabled
    view.press("Recommended")
    assert "contacts" not in view.test.session_state["chosen"]


@pytest.mark.long
def test_a_search_finds_what_lacks_its_scope(open_page: Open) -> None:
    view = few_scopes(open_page, "crm.objects.owners.read", "crm.objects.deals.read")
    view.press("Continue").press("Continue")

    view.fill("Search", "quotes").draw()

    assert [box.disabled for box in view.test.checkbox] == [True]


@pytest.mark.long
def test_recommended_adds_to_what_was_picked(open_page: Open) -> None:
    view, world = open_page(RECOMMENDED)
    connected(view, world.portal.token).press("Continue").press("Continue")
    [quotes] = [box for box in view.test.checkbox if box.label.startswith("Quotes")]
    quotes.check().run()

    view.press("Recommended")

    assert {"quotes", "contacts", "deals"} <= set(view.test.session_state["chosen"])


def test_chosen_objects_become_tables(open_page: Open) -> None:
    view, world = open_page(RECOMMENDED)

    connected(view, world.portal.token).press("Continue").press("Continue")
    [contacts] = [box for box in view.test.checkbox if box.label.startswith("Contacts")]
    contacts.check().run()
    view.press("Continue").press("Continue").press("Start 1 sync")
    assert world.engine.background.wait(60)
    view.draw()

    assert len(world.ids(CONTACTS)) == 12
    assert (
        world.rows("SELECT SETTINGS:schedule::VARCHAR AS S FROM settings")[0]["S"] == "60 MINUTES"
    )
    assert "Healthy" in view.press("Syncs").text


@pytest.mark.parametrize(
    ("choice", "stored"),
    [
        ("Hashed", {"hash": ["*email", "*emails", "*phone*", "*mobile*", "*fax*"]}),
        (
            "Left out",
            {"properties": ["*", "!*email", "!*emails", "!*phone*", "!*mobile*", "!*fax*"]},
        ),
    ],
)
def test_e_mail_and_phone_are_never_in_clear_where_set_up_is_told_so(
    open_page: Open, choice: str, stored: dict[str, list[str]]
) -> None:
    view, world = open_page(RECOMMENDED)
    connected(view, world.portal.token).press("Continue").press("Continue")
    view.tick("Contacts").tick("Owners")

    [personal] = view.test.radio
    assert "lands as in HubSpot" not in view.text
    personal.set_value(choice).run()
    assert f"Not {choice.lower()}: Owners have no properties to choose" in view.text
    view.press("Continue").press("Continue")
    assert f"all records, e-mail and phone {choice.lower()}" in view.text
    assert f"all records, nothing {choice.lower()}" in view.text
    view.press("Start 2 syncs")
    assert world.engine.background.wait(60)

    settings = {
        row["NAME"]: json.loads(row["SETTINGS"]) for row in world.rows("SELECT * FROM syncs")
    }
    assert {name: settings["contacts"].get(name) for name in stored} == stored
    assert not {"hash", "properties"} & set(settings["owners"])
    e_mails = {row.properties["email"] for row in world.portal.records("contacts")} - {None}
    assert e_mails
    assert not any(str(e_mail) in repr(world.landed()) for e_mail in e_mails)
