from __future__ import annotations

from typing import Any

import pytest

from hubspot_sandbox import Portal, Sandbox
from tests.sandboxes.hubspot.asking import DAY, NOW, App, SetClock

LISTS = "/crm/lists/2026-09"


def app_with_lists(lists: int = 3, memberships: int = 0) -> App:
    records = {"contacts": 30, "lists": lists, "list_memberships": memberships}
    return App(Sandbox(Portal(7, SetClock(), records)))


def found(app: App, **body: Any) -> Any:
    return app.post(f"{LISTS}/search", body).json


def test_lists_are_found_twenty_at_a_time_unless_asked() -> None:
    """H110."""
    app = app_with_lists(23)
    first = found(app)
    assert (len(first["lists"]), first["offset"], first["hasMore"], first["total"]) == (
        20, 20, True, 23,
    )  # fmt: skip
    rest = found(app, offset=first["offset"])
    assert (len(rest["lists"]), rest["hasMore"]) == (3, False)


def test_more_than_five_hundred_lists_at_once_are_refused() -> None:
    """H100, H110."""
    assert app_with_lists().post(f"{LISTS}/search", {"count": 501}).status == 400


def test_a_list_changed_between_two_pages_hides_another_without_a_stable_sort() -> None:
    """H110."""
    app = app_with_lists(6)
    first = found(app, count=3)
    unseen = found(app, count=3, offset=3)["lists"]
    app.portal.lists.kept.change(unseen[-1]["listId"], {})
    second = found(app, count=3, offset=3)
    shown = {row["listId"] for row in first["lists"] + second["lists"]}
    assert len(shown) == 5
    ordered = [row["listId"] for row in found(app, sort="HS_LIST_ID")["lists"]]
    assert ordered == sorted(ordered, key=int)
    latest = found(app, sort="-HS_UPDATED_AT")["lists"][0]["listId"]
    assert latest == unseen[-1]["listId"]
    assert app.post(f"{LISTS}/search", {"sort": "HS_COLOUR"}).status == 400


def test_lists_are_found_up_to_ten_thousand() -> None:
    """H110."""
    app = app_with_lists()
    assert app.post(f"{LISTS}/search", {"count": 500, "offset": 9_500}).status == 200
    assert app.post(f"{LISTS}/search", {"count": 500, "offset": 9_501}).status == 400


def test_numbers_of_a_list_come_on_request_and_as_text() -> None:
    """H113."""
    app = app_with_lists()
    joined = app.portal.lists
    joined.join("1", app.seeded()[0])
    plain = found(app)["lists"][0]["additionalProperties"]
    names = ["hs_list_size", "hs_lastmodifieddate"]
    (asked,) = found(app, listIds=["1"], additionalProperties=names)["lists"]
    assert plain == {
        "hs_list_size": "0", "hs_folder_name": "Marketing", "hs_list_reference_count": "0",
    }  # fmt: skip
    assert asked["additionalProperties"]["hs_list_size"] == "1"
    assert asked["additionalProperties"]["hs_lastmodifieddate"].isdigit()


def test_joining_and_leaving_modify_neither_list_nor_record() -> None:
    """H114."""
    app = app_with_lists()
    contact = app.seeded()[0]
    before = (found(app)["lists"][0]["updatedAt"], app.portal.record("contacts", contact))
    app.portal.lists.join("1", contact)
    app.portal.lists.leave("1", contact)
    assert before == (found(app)["lists"][0]["updatedAt"], app.portal.record("contacts", contact))


def test_members_come_by_id_or_the_latest_first() -> None:
    """H111, H112."""
    app = app_with_lists()
    contacts = app.seeded()
    for place, contact in enumerate((contacts[5], contacts[2], contacts[9])):
        app.portal.lists.join("1", contact, at=NOW + place)
    by_id = app.get(f"{LISTS}/1/memberships").json["results"]
    by_time = app.get(f"{LISTS}/1/memberships/join-order").json["results"]
    assert [row["recordId"] for row in by_id] == [contacts[2], contacts[5], contacts[9]]
    assert [row["recordId"] for row in by_time] == [contacts[9], contacts[2], contacts[5]]
    assert by_time[0]["membershipTimestamp"] == "2026-09-21T14:13:20.002Z"


def test_who_leaves_between_two_pages_hides_nobody() -> None:
    """H111."""
    app = app_with_lists()
    contacts = app.seeded()
    for contact in contacts:
        app.portal.lists.join("1", contact)
    first = app.get(f"{LISTS}/1/memberships", limit=10).json
    app.portal.lists.leave("1", contacts[3])
    after = first["paging"]["next"]["after"]
    second = app.get(f"{LISTS}/1/memberships", limit=250, after=after).json
    assert [row["recordId"] for row in second["results"]] == contacts[10:]
    assert "paging" not in second


def test_who_left_or_was_archived_leaves_no_trace() -> None:
    """H115."""
    app = app_with_lists()
    first, second, third = app.seeded()[:3]
    for contact in (first, second, third):
        app.portal.lists.join("1", contact)
    app.portal.lists.leave("1", first)
    app.portal.archive("contacts", second)
    rows = app.get(f"{LISTS}/1/memberships").json["results"]
    assert [row["recordId"] for row in rows] == [third]


def test_the_lists_of_a_record() -> None:
    app = app_with_lists()
    contact = app.seeded()[0]
    app.portal.lists.join("2", contact, at=NOW - DAY)
    app.portal.lists.join("2", contact)
    (row,) = app.get(f"{LISTS}/records/0-1/{contact}/memberships").json["results"]
    assert (row["listId"], row["firstAddedTimestamp"], row["lastAddedTimestamp"]) == (
        "2", "2026-09-20T14:13:20.000Z", "2026-09-21T14:13:20.000Z",
    )  # fmt: skip


def test_a_deleted_list_is_found_no_more_until_it_is_restored() -> None:
    """H116."""
    app = app_with_lists()
    app.portal.lists.delete("1")
    assert [row["listId"] for row in found(app, sort="HS_LIST_ID")["lists"]] == ["2", "3"]
    assert app.get(f"{LISTS}/1").status == 404
    app.portal.lists.restore("1")
    assert app.get(f"{LISTS}/1").json["list"]["size"] == 0


def test_filters_of_a_list_come_on_request() -> None:
    app = app_with_lists()
    assert "filterBranch" not in app.get(f"{LISTS}/2").json["list"]
    shown = app.get(LISTS, listIds="2,99", includeFilters="true").json["lists"]
    assert [row["filterBranch"]["filterBranchType"] for row in shown] == ["OR"]


@pytest.mark.parametrize("path", ["/search", "/1", "/1/memberships", "/1/memberships/join-order"])
def test_lists_need_their_scope(path: str) -> None:
    """H8."""
    app = app_with_lists()
    app.portal.grant("pat-na1-none", ["forms"])
    app.token = "pat-na1-none"
    reply = app.ask("POST" if path == "/search" else "GET", LISTS + path, {})
    assert reply.json["errors"][0]["context"]["requiredGranularScopes"] == ["crm.lists.read"]
