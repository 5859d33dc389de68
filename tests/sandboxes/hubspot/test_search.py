from __future__ import annotations

from typing import Any

import pytest

from hubspot_sandbox import Portal, Sandbox
from tests.sandboxes.hubspot.asking import (
    CONTACTS,
    DAY,
    MINUTE,
    NOW,
    App,
    SetClock,
    app_with,
    portal_with,
    where,
)

MODIFIED = "lastmodifieddate"


def people(*records: dict[str, str | None]) -> App:
    """An app on a portal with these contacts, in this order."""
    app = app_with()
    for properties in records:
        app.portal.create("contacts", properties)
    return app


def test_a_search_page_holds_ten_records_unless_asked_and_two_hundred_at_most() -> None:
    """H35."""
    app = app_with(contacts=250)
    assert len(app.post(f"{CONTACTS}/search", {}).ids) == 10
    assert len(app.search(limit=200).ids) == 200
    assert app.search(limit=201).status == 400


def test_a_search_takes_five_groups_of_six_filters_eighteen_in_all() -> None:
    """H36."""
    app = app_with(contacts=1)
    one = where("email", "HAS_PROPERTY")

    def groups(*sizes: int) -> int:
        body = {"filterGroups": [{"filters": [one] * size} for size in sizes]}
        return app.post(f"{CONTACTS}/search", body).status

    assert groups(6, 6, 6) == 200
    assert groups(1, 1, 1, 1, 1) == 200
    assert groups(1, 1, 1, 1, 1, 1) == 400
    assert groups(7) == 400
    assert groups(6, 6, 6, 1) == 400


def test_groups_are_alternatives_of_filters_that_hold_together() -> None:
    """H36."""
    app = people(
        {"firstname": "a", "city": "x"}, {"firstname": "a", "city": "y"}, {"firstname": "b"}
    )
    ids = app.seeded()
    both = [where("firstname", "EQ", "a"), where("city", "EQ", "y")]
    body = {"filterGroups": [{"filters": both}, {"filters": [where("firstname", "EQ", "b")]}]}
    assert app.post(f"{CONTACTS}/search", body).ids == ids[1:]


def test_filters_without_a_group_are_one_group() -> None:
    """H37."""
    app = people({"firstname": "a"}, {"firstname": "b"})
    body = {"filters": [where("firstname", "EQ", "b")]}
    assert app.post(f"{CONTACTS}/search", body).ids == app.seeded()[1:]


def test_a_second_sort_is_refused() -> None:
    """H38."""
    sorts = [{"propertyName": "email"}, {"propertyName": "city"}]
    assert app_with().search(sorts=sorts).status == 400


def test_results_without_a_sort_come_oldest_first() -> None:
    """H38."""
    app = app_with()
    late = app.portal.create("contacts", {}, at=NOW - MINUTE)
    early = app.portal.create("contacts", {}, at=NOW - DAY)
    assert app.post(f"{CONTACTS}/search", {}).ids == [early, late]


def test_record_ids_sort_as_numbers() -> None:
    """H38."""
    app = app_with()
    for id_ in ("9", "10", "100"):
        app.portal.create("contacts", {}, id=id_)
    assert app.search().ids == ["9", "10", "100"]
    descending = [{"propertyName": "hs_object_id", "direction": "DESCENDING"}]
    assert app.search(sorts=descending).ids == ["100", "10", "9"]


def test_the_page_token_of_a_search_is_how_many_to_skip() -> None:
    """H39."""
    app = app_with(contacts=5)
    first = app.search(limit=2)
    assert (first.json["total"], first.json["paging"]["next"]["after"]) == (5, "2")
    last = app.search(limit=2, after="4")
    assert (last.ids, "paging" in last.json) == (app.seeded()[4:], False)
    assert app.search(after="x").status == 400


def test_a_search_past_ten_thousand_results_is_refused() -> None:
    """H39."""
    app = app_with(contacts=10_200)
    assert len(app.search(after="9800").ids) == 200
    reply = app.search(after="9801")
    assert (reply.status, reply.json["category"]) == (400, "VALIDATION_ERROR")
    assert app.search(after="9800").json["total"] == 10_200


def test_a_search_by_ascending_id_reaches_all_records_without_a_page_token() -> None:
    """H39."""
    app = app_with(contacts=950)
    found: list[str] = []
    while page := app.search(where("hs_object_id", "GT", found[-1] if found else 0)).ids:
        found += page
    assert found == app.seeded()


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([where("loyalty_points", "EQ", "5")], [1]),
        ([where("loyalty_points", "NEQ", "5")], [0, 2, 3]),
        ([where("loyalty_points", "LT", "5.0")], [0]),
        ([where("loyalty_points", "LTE", 5)], [0, 1]),
        ([where("loyalty_points", "GT", "5")], [2]),
        ([where("loyalty_points", "GTE", "5")], [1, 2]),
        ([where("loyalty_points", "BETWEEN", "2", highValue="5")], [0, 1]),
        ([where("loyalty_points", "IN", values=["2", "30"])], [0, 2]),
        ([where("loyalty_points", "NOT_IN", values=["2"])], [1, 2, 3]),
        ([where("loyalty_points", "HAS_PROPERTY")], [0, 1, 2]),
        ([where("loyalty_points", "NOT_HAS_PROPERTY")], [3]),
        ([where("jobtitle", "CONTAINS_TOKEN", "sales")], [0]),
        ([where("jobtitle", "CONTAINS_TOKEN", "sal*")], [0, 1]),
        ([where("jobtitle", "NOT_CONTAINS_TOKEN", "sales")], [1, 2, 3]),
    ],
)
def test_every_operator_finds_what_it_says(
    filters: list[dict[str, Any]], expected: list[int]
) -> None:
    """H40, H48."""
    app = people(
        {"loyalty_points": "2", "jobtitle": "Head of Sales"},
        {"loyalty_points": "5.0", "jobtitle": "Salvage"},
        {"loyalty_points": "30", "jobtitle": "Buyer"},
        {"loyalty_points": "", "jobtitle": ""},
    )
    assert app.search(*filters).ids == [app.seeded()[place] for place in expected]


def test_text_compares_without_regard_to_case() -> None:
    """H40."""
    app = people({"city": "Boston"})
    assert app.search(where("city", "EQ", "bOSTON")).ids == app.seeded()


def test_options_compare_with_regard_to_case() -> None:
    """H40."""
    app = people({"lifecyclestage": "customer"})
    assert app.search(where("lifecyclestage", "EQ", "customer")).ids == app.seeded()
    assert app.search(where("lifecyclestage", "EQ", "Customer")).ids == []


def test_text_in_a_list_has_to_be_given_in_lower_case() -> None:
    """H40."""
    app = people({"city": "Boston"})
    assert app.search(where("city", "IN", values=["boston"])).ids == app.seeded()
    assert app.search(where("city", "IN", values=["Boston"])).ids == []


def test_one_of_several_choices_matches() -> None:
    """H40."""
    app = people({"interests": "sales;service"})
    assert app.search(where("interests", "IN", values=["service"])).ids == app.seeded()


@pytest.mark.parametrize(
    "wrong",
    [
        where("nope", "EQ", "1"),
        where("email", "LIKE", "a"),
        where("email", "EQ"),
        where("email", "IN", "a"),
        where("loyalty_points", "EQ", "many"),
        where("createdate", "GTE", "yesterday"),
        where("createdate", "BETWEEN", NOW),
        {"operator": "EQ", "value": "1"},
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    """H41."""
    reply = app_with(contacts=1).search(wrong)
    assert (reply.status, reply.json["category"]) == (400, "VALIDATION_ERROR")


def test_unknown_names_to_sort_by_are_refused_and_to_show_are_ignored() -> None:
    """H41."""
    app = app_with(contacts=1)
    assert app.search(sorts=[{"propertyName": "nope"}]).status == 400
    assert "nope" not in app.search(properties=["nope"]).json["results"][0]["properties"]


def test_a_property_deleted_meanwhile_is_refused_in_a_filter() -> None:
    """H41."""
    app = app_with(contacts=1)
    app.portal.archive_property("contacts", "vip")
    assert app.search(where("vip", "HAS_PROPERTY")).status == 400


def test_a_moment_of_zero_breaks_the_server() -> None:
    """H42."""
    app = app_with(contacts=1)
    assert app.search(where(MODIFIED, "GTE", "0")).status == 500
    assert app.search(where(MODIFIED, "GTE", "1000")).status == 200


@pytest.mark.parametrize(
    "moment", [str(NOW), "2026-09-21T14:13:20Z", "2026-09-21T14:13:20.000999Z"]
)
def test_moments_are_milliseconds_or_iso_to_the_millisecond(moment: str) -> None:
    """H43."""
    app = app_with()
    made = app.portal.create("contacts", {}, at=NOW)
    app.portal.create("contacts", {}, at=NOW - 1)
    assert app.search(where(MODIFIED, "GTE", moment)).ids == [made]


def test_both_ends_of_between_are_included() -> None:
    """H43."""
    app = app_with()
    made = [app.portal.create("contacts", {}, at=NOW + n) for n in range(4)]
    between = where(MODIFIED, "BETWEEN", NOW + 1, highValue=str(NOW + 2))
    assert app.search(between).ids == made[1:3]


def test_archived_records_are_never_found() -> None:
    """H44."""
    app = app_with(contacts=2)
    app.portal.archive("contacts", app.seeded()[0])
    assert app.search().ids == app.seeded()


def test_records_are_found_by_what_they_are_associated_with() -> None:
    """H45."""
    app = app_with(contacts=2, companies=1)
    contact, company = app.seeded()[0], app.seeded("companies")[0]
    app.portal.disassociate("contacts", app.seeded()[1], "companies", company)
    app.portal.associate("contacts", contact, "companies", company)
    assert app.search(where("associations.company", "EQ", company)).ids == [contact]


def test_associations_are_no_filter_on_custom_objects() -> None:
    """H45."""
    reply = app_with(machines=1).search(
        where("associations.contact", "EQ", "1"), object_type="2-3456789"
    )
    assert reply.status == 400


def lagging(clock: SetClock, **more: Any) -> App:
    return App(Sandbox(portal_with(clock, contacts=3), search_lag_ms=10 * MINUTE, **more))


def test_search_does_not_see_a_new_record_until_its_index_has() -> None:
    """H46."""
    clock = SetClock()
    app = lagging(clock)
    made = app.portal.create("contacts", {"email": "new@example.com"})
    assert made not in app.search().ids
    clock.advance(10 * MINUTE)
    assert made in app.search().ids


def test_search_finds_and_shows_the_older_version_of_a_changed_record() -> None:
    """H46."""
    clock = SetClock()
    app = lagging(clock)
    first = app.seeded()[0]
    app.portal.update("contacts", first, {"city": "Atlantis"})
    assert app.search(where("city", "EQ", "Atlantis")).ids == []
    shown = app.search(where("hs_object_id", "EQ", first), properties=["city"]).json["results"][0]
    assert shown["properties"]["city"] != "Atlantis"
    clock.advance(10 * MINUTE)
    assert app.search(where("city", "EQ", "Atlantis")).ids == [first]


def test_search_still_finds_a_record_archived_a_moment_ago() -> None:
    """H46."""
    clock = SetClock()
    app = lagging(clock)
    first = app.seeded()[0]
    app.portal.archive("contacts", first)
    assert first in app.search().ids
    clock.advance(10 * MINUTE)
    assert first not in app.search().ids


def test_search_can_show_a_record_modified_after_the_window_asked_for() -> None:
    """H47."""
    app = lagging(SetClock(), search_reads_through=True)
    first = app.seeded()[0]
    app.portal.update("contacts", first, {"city": "Atlantis"})
    shown = app.search(where(MODIFIED, "LT", NOW - DAY), properties=["city"]).json["results"][0]
    assert shown["properties"]["city"] == "Atlantis"
    assert shown["properties"][MODIFIED] == "2026-09-21T14:13:20.000Z"


def test_a_search_can_misplace_a_record_in_order_of_the_time_of_change() -> None:
    """H202."""
    clock = SetClock()
    sandbox = Sandbox(portal_with(clock, contacts=3))
    app = App(sandbox)
    first, second, third = app.seeded()
    for id in (first, second, third):
        clock.advance(MINUTE)
        app.portal.update("contacts", id, {"city": "Atlantis"})
    sandbox.search_misplaces = {third: 60 * MINUTE}
    latest = app.search(sorts=[{"propertyName": MODIFIED, "direction": "DESCENDING"}])
    assert latest.ids == [second, first, third]


def test_skipping_pages_of_a_moving_set_loses_a_record() -> None:
    """H49."""
    portal = portal_with(contacts=6)
    ids = [record.id for record in portal.records("contacts")]

    def archive_between_pages(portal: Portal, number: int) -> None:
        if number == 2:
            portal.archive("contacts", ids[0])

    app = App(Sandbox(portal, before_each=archive_between_pages))
    found = app.search(limit=3).ids + app.search(limit=3, after="3").ids
    assert found == [*ids[:3], *ids[4:]]


def test_some_properties_cannot_be_filtered_by() -> None:
    """H50."""
    app = app_with(emails=1)
    for name in ("hs_email_html", "hs_body_preview_html", "hs_body_preview"):
        assert app.search(where(name, "HAS_PROPERTY"), object_type="emails").status == 400


def test_a_query_looks_at_the_words_of_the_default_properties() -> None:
    """H50."""
    app = people({"firstname": "Ada", "lastname": "Lovelace"}, {"firstname": "Grace"})
    assert app.search(query="ada love").ids == app.seeded()[:1]
    assert app.search(query="a" * 3001).status == 400


def test_many_records_can_share_one_millisecond() -> None:
    """H51."""
    portal = Portal(clock=SetClock(), records={"contacts": 300}, records_per_millisecond=300)
    assert len({record.updated_at for record in portal.records("contacts")}) == 1


def test_a_search_sees_changes_made_between_two_of_its_pages() -> None:
    """H49."""
    app = app_with(contacts=3)
    window = where(MODIFIED, "LT", NOW)
    assert app.search(window).json["total"] == 3
    app.portal.update("contacts", app.seeded()[1], {"city": "x"})
    assert app.search(window).json["total"] == 2
