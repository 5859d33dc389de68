"""Trust: what can be said about rows that are not as one expects."""

from __future__ import annotations

from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.viewing import View


def swept(open_page: Open) -> tuple[View, World]:
    """Twelve contacts were read; then one was archived and two became one."""
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL discover()")
    world.call("CALL configure_sync('contacts', PARSE_JSON('{\"include_archived\": true}'))")
    world.call("CALL ingest_hubspot('contacts')")
    ids = world.ids()
    world.portal.archive("contacts", ids[0])
    world.portal.merge("contacts", ids[1], ids[2])
    world.call("CALL ingest_hubspot('contacts')")
    view.draw().press("Trust")
    return view, world


def test_before_anything_landed_the_page_says_so(open_page: Open) -> None:
    view, _ = open_page()

    view.draw().press("Trust")

    assert "Nothing to check yet" in view.text


def test_deletions_are_told_by_what_happened(open_page: Open) -> None:
    view, _ = swept(open_page)

    # HubSpot makes one new record of two, which leave two rows that say so
    assert "Contacts 13 1 2" in view.text


def test_merges_tell_the_survivor(open_page: Open) -> None:
    view, world = swept(open_page)

    [row] = world.rows(
        "SELECT ID, _MERGED_INTO FROM HUBSPOT_DATA.CRM.CONTACTS WHERE _MERGED_INTO IS NOT NULL "
        "ORDER BY ID LIMIT 1"
    )
    assert f"{row['ID']} {row['_MERGED_INTO']}" in view.text
