"""What HubSpot did not read is never taken for deleted, and what it refuses stops nothing else."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from hubspot_ingest.inbound.preview import preview
from hubspot_ingest.inbound.reconcile.reconciliation import reconcile
from tests.runs.conftest import MakeWorld
from tests.runs.world import CONTACTS, DAY_AND_MORE, HOUR, World, on_an_empty_stack

DAY = 24 * HOUR
MEETINGS = "HUBSPOT_DATA.CRM.MEETINGS"


def compare(world: World, sync: str = "contacts") -> dict[str, Any]:
    return on_an_empty_stack(lambda: dict(reconcile(world.context, sync)))


def kinds(world: World, table: str = CONTACTS) -> dict[str, str]:
    """What the rows that are marked as deleted are marked with, by id."""
    return dict(world.table("ID, _DELETE_KIND", table, where="_DELETE_KIND IS NOT NULL"))


def hide(world: World, ids: list[str]) -> None:
    """HubSpot's lists leave these records out."""
    world.lost = ids


@pytest.fixture
def loaded(make: MakeWorld) -> World:
    world = make({"contacts": 30}).slim()
    world.run()
    return world


@pytest.mark.parametrize("category", ["FORBIDDEN", "INTERNAL_ERROR"])
def test_a_living_record_that_a_rotation_may_not_read_is_not_marked(
    loaded: World, category: str
) -> None:
    id = loaded.ids()[7]
    hide(loaded, [id])
    loaded.portal.table("contacts").withheld = {id: category}
    loaded.clock.advance(DAY_AND_MORE)
    run = loaded.run()
    assert kinds(loaded) == {}
    assert f"HubSpot did not read 1 record: {id} ({category})" in run["message"]


@pytest.mark.long
def test_a_comparison_in_which_a_record_was_not_read_is_not_complete(loaded: World) -> None:
    id = loaded.ids()[7]
    loaded.rows(f"DELETE FROM {CONTACTS} WHERE ID = '{id}'")
    loaded.portal.table("contacts").withheld = {id: "FORBIDDEN"}
    answer = compare(loaded)
    assert answer["result"] == "INCOMPLETE"
    assert "did not read 1 records" in answer["message"]
    loaded.portal.table("contacts").withheld = {}
    assert compare(loaded)["result"] == "REPAIRED"
    assert loaded.landed() == loaded.truth()


@pytest.mark.long
def test_a_backfill_that_lacks_a_record_it_may_not_read_says_so(make: MakeWorld) -> None:
    world = make({"contacts": 5})
    for number in range(900):
        world.portal.add_property("contacts", f"some_long_property_name_{number:04}", "string")
    id = next(record.id for record in world.portal.records("contacts"))
    world.portal.table("contacts").withheld = {id: "FORBIDDEN"}
    run = world.run()
    assert run["rows_inserted"] == 4
    assert f"{id} (FORBIDDEN)" in run["message"]
    (certificate,) = world.rows("SELECT * FROM HUBSPOT_INGEST.CORE.COMPLETENESS")
    assert certificate["RESULT"] == "INCOMPLETE"
    assert "HUBSPOT_ANSWER_UNEXPECTED" in [error["CODE"] for error in world.errors()]


def test_an_id_that_is_read_when_asked_again_is_read(loaded: World) -> None:
    id = loaded.ids()[7]
    loaded.rows(f"DELETE FROM {CONTACTS} WHERE ID = '{id}'")
    loaded.portal.table("contacts").withheld = {id: "INTERNAL_ERROR"}

    def better(request: httpx.Request, _: httpx.Response) -> None:
        if request.url.path.endswith("/batch/read"):
            loaded.portal.table("contacts").withheld = {}

    loaded.instead = better
    assert compare(loaded)["result"] == "REPAIRED"
    assert loaded.landed() == loaded.truth()


@pytest.mark.long
def test_a_living_record_that_is_left_out_once_without_an_error_is_not_marked(
    loaded: World,
) -> None:
    id = loaded.ids()[7]
    hide(loaded, [id])
    answers: list[httpx.Response] = []

    def forget(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if not request.url.path.endswith("/batch/read") or answers:
            return None
        body = response.json()
        body["results"] = [one for one in body["results"] if one["id"] != id]
        answers.append(httpx.Response(200, json=body))
        return answers[0]

    loaded.instead = forget
    loaded.clock.advance(DAY_AND_MORE)
    loaded.run()
    assert (len(answers), kinds(loaded)) == (1, {})


@pytest.mark.long
def test_an_id_left_out_without_an_error_is_gone(loaded: World) -> None:
    id = loaded.ids()[7]
    loaded.portal.gdpr_delete("contacts", id)

    def silent(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if not request.url.path.endswith("/batch/read"):
            return None
        body = response.json()
        return httpx.Response(200, json={"status": "COMPLETE", "results": body["results"]})

    loaded.instead = silent
    loaded.clock.advance(DAY_AND_MORE)
    loaded.run()
    assert kinds(loaded) == {id: "PURGED"}


@pytest.mark.long
def test_a_refused_list_of_custom_objects_marks_nothing(make: MakeWorld) -> None:
    world = make({"machines": 1})
    world.run("properties")
    world.closed = ["/crm-object-schemas/2026-09/schemas"]
    world.clock.advance(DAY_AND_MORE)
    world.run("properties")
    deleted = "SELECT COUNT(*) AS FOUND FROM HUBSPOT_DATA.CRM.PROPERTIES WHERE _DELETED_AT "
    assert world.rows(f"{deleted} IS NOT NULL") == [{"FOUND": 0}]


@pytest.mark.long
@pytest.mark.parametrize("path", ["/contacts", "/search"])
def test_a_comparison_gives_up_where_hubspot_answers_all_but_what_it_asks(
    make: MakeWorld, path: str
) -> None:
    filters = [{"propertyName": "email", "operator": "HAS_PROPERTY"}]
    settings = {"filter_groups": [{"filters": filters}]} if path == "/search" else {}
    world = make({"contacts": 450}).slim(**settings)
    world.clock.advance(HOUR)
    world.run()
    asked: list[httpx.Request] = []

    def silent_after_one(request: httpx.Request, _: httpx.Response) -> httpx.Response | None:
        if not request.url.path.endswith(path):
            return None
        asked.append(request)
        return httpx.Response(503) if len(asked) > 1 else None

    world.instead = silent_after_one
    began = world.clock.now()
    answer = compare(world)
    assert (answer["response_code"], answer["result"]) == ("HUBSPOT_NOT_ANSWERED", "INCOMPLETE")
    assert world.clock.now() - began < HOUR / 12
    world.instead = None
    assert compare(world)["result"] == "COMPLETE"


# -- what HubSpot refuses --------------------------------------------------------------------------


@pytest.fixture
def meetings(make: MakeWorld) -> World:
    world = make({"meetings": 30})
    world.configure("meetings", {"properties": ["hs_meeting_title"], "associations": []})
    world.run("meetings")
    world.asked()
    return world


@pytest.mark.long
def test_a_run_of_meetings_succeeds_though_their_archived_are_not_listed(meetings: World) -> None:
    meetings.clock.advance(5 * HOUR)
    run = meetings.run("meetings")
    assert "archived records were not looked for: HubSpot refused" in run["message"]
    assert "Paging through deleted objects is not yet supported" in run["message"]


@pytest.mark.long
def test_a_list_that_was_refused_is_asked_for_again_after_a_day(meetings: World) -> None:
    asked = []
    for _ in range(7):
        meetings.clock.advance(5 * HOUR)
        meetings.run("meetings")
        listed = [seen for seen in meetings.asked() if seen.method == "GET"]
        asked.append(any("archived=true" in seen.query for seen in listed))
    assert asked == [True, False, False, False, False, True, False]


@pytest.mark.long
@pytest.mark.parametrize("refused", [False, True])
def test_deleted_meetings_are_marked_by_what_a_lookup_tells(meetings: World, refused: bool) -> None:
    """Where archived records cannot be read by id either, what is gone counts as archived."""
    archived, purged = meetings.ids(MEETINGS)[3:5]
    meetings.portal.archive("meetings", archived)
    meetings.portal.purge("meetings", purged)

    def refuse(request: httpx.Request, _: httpx.Response) -> httpx.Response | None:
        by_id = request.url.path.endswith("/batch/read")
        if not (refused and by_id and "archived=true" in str(request.url)):
            return None
        return httpx.Response(400, json={"status": "error", "message": "not supported"})

    meetings.instead = refuse
    meetings.clock.advance(DAY_AND_MORE)
    meetings.run("meetings")
    assert kinds(meetings, MEETINGS) == {
        archived: "ARCHIVED",
        purged: "ARCHIVED" if refused else "PURGED",
    }


@pytest.mark.long
def test_a_plan_of_meetings_is_made_though_their_archived_are_not_listed(meetings: World) -> None:
    meetings.clock.advance(5 * HOUR)
    answer = on_an_empty_stack(lambda: dict(preview.plan_ingest(meetings.context, "meetings")))
    assert answer["response_code"] == "OK"


def _silence(world: World, path: str) -> list[str]:
    """HubSpot answers a path with 500 from now on; the list of when it did so."""
    asked: list[str] = []

    def instead(request: httpx.Request, _answer: httpx.Response) -> httpx.Response | None:
        if not request.url.path.endswith(path):
            return None
        asked.append(request.url.path)
        return httpx.Response(500, json={"status": "error", "message": "internal error"})

    world.instead = instead
    return asked


@pytest.mark.long
def test_a_run_in_which_hubspot_answers_no_batch_read_says_so_and_ends_soon(
    loaded: World,
) -> None:
    loaded.slim(include_archived=True)
    ids = loaded.ids()[3:5]
    loaded.clock.advance(DAY_AND_MORE)
    for id in ids:
        loaded.portal.purge("contacts", id)
    asked = _silence(loaded, "/contacts/batch/read")

    run = loaded.run()

    assert "were not looked for: HubSpot did not answer" in run["message"]
    assert (kinds(loaded), len(asked) < 20, run["duration_seconds"] < 300) == ({}, True, True)
    assert {error["CODE"] for error in loaded.errors()} == {"HUBSPOT_NOT_ANSWERED"}
    assert compare(loaded)["result"] == "INCOMPLETE"

    loaded.instead = None
    loaded.clock.advance(HOUR)
    loaded.run()
    assert kinds(loaded) == dict.fromkeys(ids, "PURGED")


@pytest.mark.long
def test_a_run_whose_deadline_comes_while_deletions_are_looked_for_says_so(loaded: World) -> None:
    loaded.clock.advance(DAY_AND_MORE)
    loaded.portal.purge("contacts", loaded.ids()[3])
    down = False

    def instead(request: httpx.Request, _answer: httpx.Response) -> httpx.Response | None:
        nonlocal down
        # once what became of a record is asked
        down = down or request.url.path.endswith("/batch/read")
        return httpx.Response(500, json={}) if down else None

    loaded.instead = instead

    assert "not all deleted records were looked for: the run's deadline" in loaded.run()["message"]


@pytest.mark.long
def test_a_record_that_the_search_counts_and_never_shows_keeps_no_other_back(
    make: MakeWorld,
) -> None:
    world = make({"contacts": 250}).slim()
    world.run()
    before = world.sync("contacts")["SETTLED_THROUGH"]

    def count_one_more(request: httpx.Request, answer: httpx.Response) -> httpx.Response | None:
        if not request.url.path.endswith("/contacts/search"):
            return None
        page = answer.json()
        return httpx.Response(200, json={**page, "total": page["total"] + 1})

    world.instead = count_one_more
    for job in ("First", "Second"):
        for id in world.ids():
            world.portal.update("contacts", id, {"jobtitle": job})
        world.clock.advance(HOUR)
        answer = world.run()
        assert "counts 1 contacts above the id" in answer["message"]
        (row,) = world.rows(
            f"SELECT COUNT(*) AS N FROM {CONTACTS} WHERE PROPERTIES_JOBTITLE = '{job}'"
        )
        assert (row["N"], world.sync("contacts")["SETTLED_THROUGH"]) == (250, before)

    # the daily reading goes past it
    for _ in range(2):
        world.clock.advance(DAY_AND_MORE)
        for id in world.ids():
            world.portal.update("contacts", id, {"jobtitle": "Third"})
        world.run()
    assert world.sync("contacts")["SETTLED_THROUGH"] > before
