"""Which properties a sync takes, hashes or leaves out is stored as it was chosen."""

from __future__ import annotations

import re

import pytest

from page import globs
from tests.runs.world import CONTACTS
from tests.ui.conftest import Open
from tests.ui.one_sync import opened, stored


def test_properties_are_chosen_by_name_or_glob(open_page: Open) -> None:
    view, world = opened(open_page, "Properties")

    view.choose("contacts-0-way", "All but some")
    view.pick("Leave out", "hs_*", "email").press("Save changes")

    assert stored(world)["properties"] == ["*", "!hs_*", "!email"]


def test_e_mail_and_phone_are_left_out_by_a_press(open_page: Open) -> None:
    view, world = opened(open_page, "Properties", properties=["*", "!hs_*"])

    view.press("Leave out e-mail and phone").press("Save changes")

    assert stored(world)["properties"] == [
        "*", "!hs_*", "!*email", "!*emails", "!*phone*", "!*mobile*", "!*fax*",
    ]  # fmt: skip
    world.rows(f"DROP TABLE {CONTACTS}")
    world.call("CALL ingest_hubspot('contacts')")
    held = {name for values in world.landed().values() for name in values}
    assert "firstname" in held
    assert not {"email", "phone", "mobilephone"} & held


def test_e_mail_and_phone_are_hashed_by_a_press(open_page: Open) -> None:
    view, world = opened(open_page, "Properties", properties=["*", "!hs_*"])

    view.press("Leave out e-mail and phone").press("Hash e-mail and phone").press("Save changes")
    assert re.search(r"properties taken, \d+ of them hashed", view.text)
    assert "its rows land otherwise than before" in view.text

    assert stored(world) == {
        "properties": ["*", "!hs_*"],
        "hash": ["*email", "*emails", "*phone*", "*mobile*", "*fax*"],
    }
    world.call("CALL ingest_hubspot('contacts')")
    e_mails = {row.properties["email"] for row in world.portal.records("contacts")} - {None}
    assert e_mails
    assert not any(str(e_mail) in repr(world.landed()) for e_mail in e_mails)


def test_each_property_that_is_found_is_taken_hashed_or_left_out_by_a_press(
    open_page: Open,
) -> None:
    view, world = opened(open_page, "Properties", properties=["*", "!*phone*"])

    view.fill("Search properties", "phone").draw()
    for n, (name, choice) in enumerate(
        [("phone", "Hashed"), ("mobilephone", "Taken"), ("phone", "Taken"), ("phone", "Hashed")]
    ):
        view.choose(f"contacts-{n}-as-{name}", choice)
    view.press("Save changes")

    settings = stored(world)
    phones = ("mobilephone", "phone", "support_phone")
    assert [globs.is_among(settings["properties"], name) for name in phones] == [True, True, False]
    assert settings["hash"] == ["phone"]


@pytest.mark.long
def test_properties_that_are_made_later_are_ignored_by_a_switch(open_page: Open) -> None:
    view, world = opened(open_page, "Properties")

    view.switch("Take properties that are made later", on=False).press("Save changes")

    assert stored(world) == {"new_properties": "ignore"}
    view.switch("Take properties that are made later", on=True).press("Save changes")
    assert stored(world) == {}


def test_the_list_of_properties_tells_how_full_they_are(open_page: Open) -> None:
    view, _ = opened(open_page, "Properties")

    [table] = view.test.dataframe
    by_name = table.value.set_index("Property")
    assert by_name.loc["email", "Label"] == "Email"
    assert 0 < by_name.loc["email", "Filled"] <= 1


@pytest.mark.long
def test_a_property_that_is_ignored_as_a_new_one_is_shown_as_left_out_until_it_is_taken(
    open_page: Open,
) -> None:
    view, world = opened(open_page, "Properties", new_properties="ignore")
    world.portal.add_property("contacts", "churn_risk", "string", label="Churn risk")
    changed = next(iter(world.portal.records("contacts"))).id
    world.portal.update("contacts", changed, {"churn_risk": "high"})
    world.call("CALL ingest_hubspot('contacts')")

    view.press("Refresh").fill("Search properties", "churn").draw()
    [table] = view.test.dataframe
    assert list(table.value["Lands"]) == ["Left out"]
    view.choose("contacts-0-as-churn_risk", "Taken").press("Save changes")

    assert stored(world) == {"new_properties": "ignore", "properties": ["*", "churn_risk"]}
    world.call("CALL ingest_hubspot('contacts')")
    assert world.landed()[str(changed)]["churn_risk"] == "high"


def test_a_name_beside_all_properties_leaves_all_of_them_taken(open_page: Open) -> None:
    view, world = opened(
        open_page, "Properties", properties=["*", "email"], new_properties="ignore"
    )

    view.switch("Take properties that are made later", on=True).press("Save changes")

    assert stored(world)["properties"] == ["*", "email"]
