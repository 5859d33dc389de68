"""Deletions show in the next run: HubSpot's total is held against the live rows in every run."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.runs.conftest import MakeWorld
from tests.runs.world import CONTACTS, HOUR, MINUTE, World, bodies, paths

CUSTOMERS: list[Any] = [
    {"filters": [{"propertyName": "lifecyclestage", "operator": "EQ", "value": "customer"}]}
]


def loaded(make: MakeWorld, count: int, **settings: Any) -> World:
    """So many contacts in their table, an hour ago."""
    world = make({"contacts": count}).slim(**settings)
    world.run()
    world.clock.advance(HOUR)
    world.run()
    world.clock.advance(MINUTE)
    world.asked()
    return world


def kinds(world: World) -> dict[str, str]:
    """What the rows that are marked as deleted are marked with, by id."""
    return dict(world.table("ID, _DELETE_KIND", where="_DELETE_KIND IS NOT NULL"))


@pytest.fixture
def world(make: MakeWorld) -> World:
    return loaded(make, 30)


@pytest.mark.parametrize(
    ("how", "kind"), [("archive", "ARCHIVED"), ("purge", "PURGED"), ("gdpr_delete", "PURGED")]
)
def test_a_deletion_shows_in_the_next_run(world: World, how: str, kind: str) -> None:
    id = world.ids()[5]
    getattr(world.portal, how)("contacts", id)
    world.clock.advance(MINUTE)
    run = world.run()
    assert kinds(world) == {id: kind}
    assert run["rows_deleted"] == 1


@pytest.mark.parametrize(("how", "kind"), [("archive", "ARCHIVED"), ("purge", "PURGED")])
@pytest.mark.parametrize("settings", [{}, {"filter_groups": CUSTOMERS}], ids=["all", "filtered"])
def test_a_deletion_shows_in_the_next_full_refresh(
    make: MakeWorld, how: str, kind: str, settings: Any
) -> None:
    world = loaded(make, 60, sync_mode="full_refresh", **settings)
    id = str(world.table("ID")[0][0])
    getattr(world.portal, how)("contacts", id)
    run = world.run()
    assert (kinds(world), run["rows_deleted"]) == ({id: kind}, 1)


def test_a_full_refresh_that_finds_all_its_rows_costs_one_search_more(make: MakeWorld) -> None:
    world = loaded(make, 60, sync_mode="full_refresh", associations=[])
    world.run()
    assert len(bodies(world.asked())) == 1


@pytest.mark.long
def test_a_full_refresh_whose_records_cannot_be_counted_says_so_and_succeeds(
    make: MakeWorld,
) -> None:
    world = loaded(make, 60, sync_mode="full_refresh")
    world.instead = lambda request, _: (
        httpx.Response(200, json={}) if request.url.path.endswith("/search") else None
    )
    run = world.run()
    assert run["rows_read"] == 60
    assert "were not looked for: HubSpot's page of records lacks 'results'" in run["message"]


@pytest.mark.long
def test_a_merge_shows_in_the_next_run(world: World) -> None:
    first, second = world.ids()[:2]
    world.portal.merge("contacts", first, second)
    world.clock.advance(MINUTE)
    world.run()
    assert kinds(world) == {first: "MERGED", second: "MERGED"}


def test_a_record_that_left_the_filter_shows_in_the_next_run(make: MakeWorld) -> None:
    world = loaded(make, 60, filter_groups=CUSTOMERS)
    id = world.ids()[0]
    world.portal.update("contacts", id, {"lifecyclestage": "other"})
    world.clock.advance(MINUTE)
    world.run()
    assert kinds(world) == {id: "FILTERED_OUT"}


@pytest.mark.long
def test_many_deletions_show_in_the_next_run(make: MakeWorld) -> None:
    world = loaded(make, 300)
    ids = world.ids()[10:90]
    for id in ids:
        world.portal.archive("contacts", id)
    world.run()
    assert kinds(world) == dict.fromkeys(ids, "ARCHIVED")


@pytest.mark.long
def test_deletions_and_changes_at_once_show_in_the_next_run(make: MakeWorld) -> None:
    world = loaded(make, 500)
    ids = world.ids()
    for id in ids[:260]:
        world.portal.update("contacts", id, {"jobtitle": "New"})
    world.portal.purge("contacts", ids[300])
    world.portal.create("contacts", {"email": "new@example.com"})
    world.clock.advance(MINUTE)
    world.run()
    assert kinds(world) == {ids[300]: "PURGED"}
    assert {*world.ids(where="_DELETE_KIND IS NULL")} == {*world.truth()}


def test_one_deletion_among_many_records_costs_a_handful_of_requests(make: MakeWorld) -> None:
    world = loaded(make, 3_000)
    world.portal.archive("contacts", world.ids()[1_700])
    run = world.run()
    assert run["rows_deleted"] == 1
    assert run["requests"] <= 10


@pytest.mark.long
def test_an_idle_run_still_costs_one_request_of_the_latest_changes(world: World) -> None:
    run = world.run()
    (search,) = world.asked()
    (body,) = bodies([search])
    assert run["requests"] == 1
    assert body["filterGroups"] == []
    assert body["sorts"] == [{"propertyName": "lastmodifieddate", "direction": "DESCENDING"}]


def test_after_a_deletion_was_marked_a_run_costs_one_request_again(world: World) -> None:
    world.portal.archive("contacts", world.ids()[5])
    world.run()
    world.asked()
    world.clock.advance(MINUTE)
    world.run()
    assert paths(world.asked()) == ["search"]


@pytest.mark.long
def test_an_index_that_lags_marks_nothing(world: World) -> None:
    created = world.portal.create("contacts", {"email": "new@example.com"})
    world.clock.advance(MINUTE)
    world.run()
    # the index forgets what it knew
    world.sandbox.search_lag_ms = HOUR
    world.clock.advance(MINUTE)
    world.run()
    assert kinds(world) == {}
    assert created in world.ids()


@pytest.mark.long
def test_a_difference_that_led_to_nothing_is_not_looked_into_in_every_run(world: World) -> None:
    world.portal.create("contacts", {"email": "new@example.com"})
    world.run()
    world.sandbox.search_lag_ms = HOUR
    costs = []
    for _ in range(3):
        world.clock.advance(MINUTE)
        costs.append(world.run()["requests"])
    assert costs[0] > 1
    assert costs[1:] == [1, 1]


@pytest.mark.long
def test_a_deletion_that_is_not_followed_is_not_looked_for(make: MakeWorld) -> None:
    world = loaded(make, 30, include_archived=False)
    world.portal.archive("contacts", world.ids()[5])
    assert world.run()["requests"] == 1
    assert kinds(world) == {}


@pytest.mark.long
def test_what_a_run_cannot_settle_within_its_budget_is_left_to_the_next(
    make: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hubspot_ingest.inbound.reconcile.live_count.REQUESTS", 6)
    world = loaded(make, 2_000)
    ids = world.ids()[100:1_900:400]
    for id in ids:
        world.portal.purge("contacts", id)
    marked = []
    for _ in range(5):
        world.clock.advance(MINUTE)
        world.run()
        marked.append(len(kinds(world)))
    assert marked[0] < 5
    assert kinds(world) == dict.fromkeys(ids, "PURGED")


@pytest.mark.long
def test_rows_that_no_record_can_have_are_marked(world: World) -> None:
    ids = ["by hand", "987654", "-5", "0", "1.5", "007", "1" + 18 * "0"]
    for id in ids:
        world.rows(f"INSERT INTO {CONTACTS} (ID) SELECT '{id}'")
    world.run()
    assert kinds(world) == dict.fromkeys(ids, "PURGED")


# -- what no window finds --------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{}, {"filter_groups": CUSTOMERS}])
def test_a_record_without_a_time_of_change_arrives(
    make: MakeWorld, settings: dict[str, Any]
) -> None:
    world = make({"contacts": 30}).slim(**settings)
    values = {"lifecyclestage": "customer", "lastmodifieddate": None}
    old = world.portal.create("contacts", {**values, "email": "old@example.com"})
    world.run()
    world.clock.advance(HOUR)
    assert old in world.ids()
    new = world.portal.create("contacts", {**values, "email": "new@example.com"})
    world.clock.advance(HOUR)
    world.run()
    assert new in world.ids()


@pytest.mark.long
def test_an_object_type_without_a_time_of_change_is_read_whole_in_every_run(
    make: MakeWorld,
) -> None:
    world = make({"contacts": 30}).slim()
    world.portal.archive_property("contacts", "lastmodifieddate")
    world.run()
    id = world.ids()[3]
    world.portal.update("contacts", id, {"jobtitle": "New"})
    world.clock.advance(HOUR)
    world.run()
    assert world.landed()[id]["jobtitle"] == "New"


@pytest.mark.long
@pytest.mark.parametrize("order", ["unsorted", "without times"])
def test_a_page_that_is_not_in_order_of_time_is_not_relied_on(make: MakeWorld, order: str) -> None:
    world = loaded(make, 250)
    id = world.ids()[3]
    world.portal.update("contacts", id, {"jobtitle": "New"})

    def shuffled(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if b"DESCENDING" not in request.content:
            return None
        body = response.json()
        body["results"] = body["results"][1:]
        if order == "unsorted":
            body["results"].reverse()
        else:
            body["results"][0]["properties"].pop("lastmodifieddate")
        return httpx.Response(200, json=body)

    world.instead = shuffled
    world.run()
    assert world.landed()[id]["jobtitle"] == "New"


@pytest.mark.long
def test_a_change_that_a_search_puts_behind_older_ones_arrives(make: MakeWorld) -> None:
    world = loaded(make, 250)
    for id in world.ids():
        world.portal.update("contacts", id, {"jobtitle": "Old"})
    world.clock.advance(HOUR // 2)
    world.run()
    late = world.ids()[3]
    world.portal.update("contacts", late, {"jobtitle": "New"})
    world.sandbox.search_misplaces = {late: HOUR - MINUTE}
    world.run()
    assert world.landed()[late]["jobtitle"] == "New"


@pytest.mark.long
def test_a_search_that_sends_less_than_it_counts_is_not_relied_on(world: World) -> None:
    for id in world.ids()[:7]:
        world.portal.update("contacts", id, {"jobtitle": "New"})

    def short(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if not request.url.path.endswith("/search"):
            return None
        body = response.json()
        return httpx.Response(200, json={**body, "results": body["results"][:3]})

    world.instead = short
    world.run()
    assert world.landed() == world.truth()


@pytest.mark.long
@pytest.mark.parametrize("place", ["latest", "first", "later"])
def test_a_page_without_a_record_is_asked_for_again(make: MakeWorld, place: str) -> None:
    world = loaded(make, 450)
    for id in world.ids():
        world.portal.update("contacts", id, {"jobtitle": "New"})
    emptied: list[bytes] = []

    def empty(request: httpx.Request, _: httpx.Response) -> httpx.Response | None:
        is_latest = b"DESCENDING" in request.content
        is_by_id = b'"hs_object_id", "operator": "GT"' in request.content
        is_first = is_by_id and b'"operator": "GT", "value": "0"' in request.content
        is_later = is_by_id and not is_first
        if emptied or not {"latest": is_latest, "first": is_first, "later": is_later}[place]:
            return None
        emptied.append(request.content)
        return httpx.Response(200, json={"total": 0, "results": []})

    world.instead = empty
    world.run()
    assert len(emptied) == 1
    assert world.landed() == world.truth()


def uncounted(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
    """A search as HubSpot answers it, without how many records there are."""
    if not request.url.path.endswith("/search"):
        return None
    body = response.json()
    body.pop("total", None)
    return httpx.Response(200, json=body)


@pytest.mark.long
@pytest.mark.parametrize("changed", [False, True], ids=["nothing_else", "beside_a_change"])
def test_an_archived_record_shows_in_the_next_run_where_no_search_tells_a_total(
    world: World, changed: bool
) -> None:
    id, other = world.ids()[4:6]
    world.portal.archive("contacts", id)
    if changed:
        world.portal.update("contacts", other, {"jobtitle": "New"})
    world.clock.advance(MINUTE)
    world.instead = uncounted
    world.run()
    assert kinds(world) == {id: "ARCHIVED"}


@pytest.mark.long
def test_a_record_that_left_the_filter_shows_in_the_next_run_where_no_search_tells_a_total(
    make: MakeWorld,
) -> None:
    world = loaded(make, 60, filter_groups=CUSTOMERS)
    id = world.ids()[0]
    world.portal.update("contacts", id, {"lifecyclestage": "other"})
    world.clock.advance(MINUTE)
    world.instead = uncounted
    world.run()
    assert kinds(world) == {id: "FILTERED_OUT"}


@pytest.mark.long
def test_an_archived_record_shows_in_the_next_full_refresh_where_no_search_tells_a_total(
    make: MakeWorld,
) -> None:
    world = loaded(make, 60, sync_mode="full_refresh")
    id = str(world.table("ID")[0][0])
    world.portal.archive("contacts", id)
    world.instead = uncounted
    world.run()
    assert kinds(world) == {id: "ARCHIVED"}


@pytest.mark.long
def test_a_deletion_for_good_shows_within_a_day_where_no_search_tells_a_total(
    world: World,
) -> None:
    id = world.ids()[4]
    world.portal.purge("contacts", id)
    world.clock.advance(24 * HOUR)
    world.instead = uncounted
    world.run()
    assert kinds(world) == {id: "PURGED"}


@pytest.mark.long
def test_nothing_is_marked_where_no_search_tells_a_total_and_deletions_are_not_followed(
    make: MakeWorld,
) -> None:
    world = loaded(make, 30, include_archived=False)
    world.portal.archive("contacts", world.ids()[4])
    world.clock.advance(MINUTE)
    world.instead = uncounted
    world.run()
    assert kinds(world) == {}
