"""Trust: deletions, merges, comparisons and the doctor."""

from __future__ import annotations

import pytest

from page import words
from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.one_sync import opened
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


@pytest.mark.long
def test_merges_tell_the_survivor(open_page: Open) -> None:
    view, world = swept(open_page)

    [row] = world.rows(
        "SELECT ID, _MERGED_INTO FROM HUBSPOT_DATA.CRM.CONTACTS WHERE _MERGED_INTO IS NOT NULL "
        "ORDER BY ID LIMIT 1"
    )
    assert f"{row['ID']} {row['_MERGED_INTO']}" in view.text


def compared(open_page: Open) -> tuple[View, World]:
    """Twelve contacts were read and never compared, and a person looks at Trust."""
    view, world = open_page({"contacts": 12, "deals": 3})
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL discover()")
    world.call("CALL configure_sync('contacts', PARSE_JSON('{\"settle_minutes\": 0}'))")
    world.call("CALL ingest_hubspot('contacts')")
    world.rows("DELETE FROM HUBSPOT_INGEST.STATE.COMPLETENESS")
    view.draw().press("Trust")
    return view, world


def test_a_table_that_was_never_compared_says_so(open_page: Open) -> None:
    view, _ = compared(open_page)

    assert "Complete 0 of 1 sync" in view.text
    assert "Not compared yet" in view.text


@pytest.mark.long
def test_how_often_tables_are_compared_is_told(open_page: Open) -> None:
    view, world = compared(open_page)
    assert "Compared by itself whenever everything was read;" in view.text

    world.call("CALL configure_app(PARSE_JSON('{\"reconcile_every_days\": 7}'))")
    later = View(world).draw().press("Trust")

    assert "whenever everything was read and every 7 days;" in later.text


def check(view: View, world: World) -> None:
    """Compare in the background, and see what came of it."""
    view.press("Check now").press("Compare and repair")
    assert world.engine.background.wait(60)
    view.draw()


@pytest.mark.long
def test_the_page_stays_usable_while_tables_are_compared(open_page: Open) -> None:
    view, world = compared(open_page)
    # another process compares or reads: the task waits for nobody, and nobody for the task
    world.rows("UPDATE STATE.SYNCS SET TURN = TURN + 1, LEASE_UNTIL = DATEADD(HOUR, 1, SYSDATE())")
    view.press("Check now").press("Compare and repair")
    assert "SYNC_BUSY" in view.text

    world.rows("UPDATE STATE.SYNCS SET LEASE_UNTIL = NULL")
    view.press("Check now").press("Compare and repair")
    view.press("Syncs")
    assert world.engine.background.wait(60)
    view.press("Trust")
    assert "Contacts compared" in view.text


@pytest.mark.long
def test_a_press_counts_though_a_comparison_ends_just_then(open_page: Open) -> None:
    view, world = compared(open_page)
    world.call("CALL configure_sync('deals', PARSE_JSON('{\"settle_minutes\": 0}'))")
    world.call("CALL ingest_hubspot('deals')")
    view.draw().press("Contacts").press("Check now")
    # it may end before any of these drawings, and is told by the first one after that
    texts = [view.press(button).text for button in ("Compare and repair", "All of Trust", "Deals")]
    assert world.engine.background.wait(60)

    texts.append(view.press("Check now").text)

    assert "above 20,000 rows ten at most" in view.text
    assert sum("Contacts compared: 12 of 12 records" in text for text in texts) == 1


def test_a_comparison_asks_first_and_says_what_it_does_and_costs(open_page: Open) -> None:
    view, world = compared(open_page)

    view.press("Check now")

    assert "no row is removed" in view.text
    assert "above 20,000 rows ten at most" in view.text
    view.press("Cancel")
    assert world.rows("SELECT * FROM completeness") == []


def test_a_table_that_agrees_is_told_complete_with_counts_and_requests(open_page: Open) -> None:
    view, world = compared(open_page)

    check(view, world)

    assert "Contacts compared: 12 of 12 records" in view.text
    [certificate] = world.rows("SELECT REQUESTS FROM completeness")
    cost = words.plural(certificate["REQUESTS"], "request")
    assert f"Complete 12 of 12 records, {cost}, checked" in view.text


@pytest.mark.long
def test_rows_that_somebody_deleted_are_told_before_they_are_compared(open_page: Open) -> None:
    view, world = compared(open_page)
    check(view, world)
    world.rows(f"DELETE FROM HUBSPOT_DATA.CRM.CONTACTS WHERE ID = '{world.ids()[0]}'")

    text = View(world).draw().press("Trust").text

    assert "Complete 0 of 1 sync" in text
    assert "To be compared again 1 row at least were deleted since, by no sync" in text
    assert "Complete when checked" in text


@pytest.mark.long
def test_what_was_true_with_other_settings_is_not_told_as_true_now(open_page: Open) -> None:
    view, world = compared(open_page)
    check(view, world)
    world.call("CALL reset_sync('contacts')")

    text = View(world).draw().press("Trust").press("Contacts").text

    assert "To be compared again Everything is to be read again since" in text
    # the comparison of then is told as it was
    assert "Complete 12 12 0 0" in text


@pytest.mark.long
def test_what_differed_is_repaired_and_named_with_its_record(open_page: Open) -> None:
    view, world = compared(open_page)
    gone, old = world.ids()[:2]
    world.rows(f"DELETE FROM HUBSPOT_DATA.CRM.CONTACTS WHERE ID = '{gone}'")
    world.rows(
        "UPDATE HUBSPOT_DATA.CRM.CONTACTS SET UPDATED_AT = DATEADD(DAY, -9, UPDATED_AT) "
        f"WHERE ID = '{old}'"
    )

    check(view, world)

    assert "1 row that was missing came back, 1 row that was out of date is refreshed" in view.text
    assert len(world.ids()) == 12
    view.press("Contacts")
    [table] = view.test.dataframe
    rows = table.value.set_index("Record")
    assert dict(rows["Its row"]) == {gone: "was missing", old: "was an older version"}
    assert rows.loc[gone, "In HubSpot"].endswith(f"/{world.portal.id}/record/0-1/{gone}")


@pytest.mark.long
def test_earlier_comparisons_are_kept(open_page: Open) -> None:
    view, world = compared(open_page)
    for _ in range(2):
        check(view, world)

    view.press("Contacts")

    assert view.text.count("Complete 12 12 0 0") == 2


@pytest.mark.long
def test_a_sync_that_cannot_be_compared_now_is_told_why(open_page: Open) -> None:
    view, world = compared(open_page)
    world.portal.expire(world.portal.token)

    check(view, world)

    assert "CREDENTIAL_REJECTED" in view.text


@pytest.mark.long
def test_a_stream_that_is_read_whole_needs_no_comparison(open_page: Open) -> None:
    view, world = compared(open_page)
    world.call("CALL ingest_hubspot('owners')")

    view.press("Syncs").press("Trust")

    assert "Read whole, so that every run compares them: Owners" in view.text
    assert view.labels.count("Check now") == 1


@pytest.mark.long
def test_the_doctor_is_asked_only_when_somebody_wants_it(open_page: Open) -> None:
    view, _ = compared(open_page)
    assert not [statement for statement, _ in view.session.sent if "DOCTOR" in statement]

    view.press("Look now")
    statements = [statement for statement, _ in view.session.sent if "DOCTOR" in statement]
    view.draw()

    assert len(statements) == 1
    assert not [statement for statement, _ in view.session.sent if "DOCTOR" in statement]
    assert "HubSpot answers" in view.text


def test_what_the_doctor_finds_stands_with_its_cure_the_worst_first(open_page: Open) -> None:
    view, world = compared(open_page)
    world.portal.expire(world.portal.token)

    view.press("Look now")

    text = view.text
    assert text.index("Wrong Key") < text.index("Well")
    assert "HubSpot does not accept the credential" in text
    assert "Store another by “Store and test”" in text


@pytest.mark.long
def test_the_doctor_can_be_asked_before_anything_landed(open_page: Open) -> None:
    view, _ = open_page()

    view.draw().press("Trust").press("Look now")

    assert "Wrong Key" in view.text


@pytest.mark.long
def test_an_unfinished_comparison_says_so_in_the_list_and_leads_to_the_next(
    open_page: Open,
) -> None:
    view, world = opened(open_page)
    world.rows("UPDATE HUBSPOT_INGEST.STATE.COMPLETENESS SET RESULT = 'INCOMPLETE'")

    view.press("All syncs").press("Refresh")
    listed = view.text
    view.press("Contacts")

    for text in (listed, view.text):
        assert "the comparison with HubSpot did not come to its end" in text
        assert "12 contacts read" not in text
    assert "Contacts, compared" in view.press("Compare the table with HubSpot").text
