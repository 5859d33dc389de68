"""One parent that HubSpot never answers: the others are read, and the run names it."""

from __future__ import annotations

import httpx
import pytest

from tests.runs.conftest import MakeWorld
from tests.runs.world import HOUR, MINUTE, World

SUBMISSIONS = "HUBSPOT_DATA.CRM.FORM_SUBMISSIONS"
MEMBERSHIPS = "HUBSPOT_DATA.CRM.LIST_MEMBERSHIPS"
DAY = 24 * HOUR


@pytest.fixture
def forms(make: MakeWorld) -> tuple[World, list[str]]:
    """Twelve forms with a submission each."""
    world = make()
    forms = sorted(world.portal.forms.add(f"Form {n}") for n in range(12))
    for form_id in forms:
        world.portal.forms.submit(form_id, {"email": "first@example.com"})
    world.clock.advance(HOUR)
    return world, forms


def _break(world: World, *paths: str, page: bool = False) -> None:
    """Let HubSpot answer some paths with 500, or with a page for people, from now on."""

    def instead(request: httpx.Request, _answer: httpx.Response) -> httpx.Response | None:
        if not request.url.path.endswith(paths):
            return None
        return httpx.Response(200, html="<html>") if page else httpx.Response(500, json={})

    world.instead = instead


def _cut_list(world: World, left_out: str) -> None:
    """Let the list of forms leave one out, and not show where it ends."""

    def instead(request: httpx.Request, answer: httpx.Response) -> httpx.Response | None:
        if not request.url.path.endswith("/forms"):
            return None
        if "after" in request.url.params:
            return httpx.Response(200, json={"results": []})
        results = [form for form in answer.json()["results"] if form["id"] != left_out]
        paging = {"next": {"after": "more"}}
        return httpx.Response(200, json={"results": results, "paging": paging})

    world.instead = instead


def _landed(world: World) -> dict[str, int]:
    rows = world.rows(f"SELECT FORM_ID, COUNT(*) AS N FROM {SUBMISSIONS} GROUP BY FORM_ID")
    return {row["FORM_ID"]: row["N"] for row in rows}


@pytest.mark.parametrize("page", [False, True], ids=["500", "html"])
def test_it_keeps_no_other_back_and_is_read_from_where_it_was_left(
    forms: tuple[World, list[str]], *, page: bool
) -> None:
    world, ids = forms
    _break(world, ids[0], page=page)

    answer = world.run("form_submissions")

    assert f"1 of 12 were not read ({ids[0]}): HubSpot did not answer" in answer["message"]
    assert [error["CODE"] for error in world.errors()] == ["HUBSPOT_NOT_ANSWERED"]
    assert _landed(world) == dict.fromkeys(ids[1:], 1)
    assert answer["duration_seconds"] < 10 * MINUTE / 1000

    for form_id in ids:
        world.portal.forms.submit(form_id, {"email": "second@example.com"})
    world.clock.advance(HOUR)
    world.run("form_submissions")
    assert _landed(world) == dict.fromkeys(ids[1:], 2)

    world.instead = None
    world.clock.advance(HOUR)
    world.run("form_submissions")
    assert _landed(world) == dict.fromkeys(ids, 2)


@pytest.mark.long
@pytest.mark.parametrize("place", [0, 5, -1], ids=["first", "middle", "last"])
def test_runs_that_are_too_short_for_ten_tries_get_past_it(
    forms: tuple[World, list[str]], place: int
) -> None:
    world, ids = forms
    world.configure("form_submissions", {"deadline_minutes": 0.7})
    _break(world, ids[place])
    broken = ids[place]

    for _ in range(4):
        world.ingest("form_submissions")
        world.clock.advance(HOUR)

    assert _landed(world) == {form_id: 1 for form_id in ids if form_id != broken}
    assert world.sync("form_submissions")["SETTLED_THROUGH"] is not None


@pytest.mark.long
def test_while_none_is_answered_the_run_fails_and_the_next_begins_there(
    forms: tuple[World, list[str]],
) -> None:
    world, ids = forms
    _break(world, *ids)

    answer = world.ingest("form_submissions")

    assert (answer["status"], answer["response_code"]) == ("FAILED", "HUBSPOT_NOT_ANSWERED")
    world.instead = None
    world.clock.advance(HOUR)
    world.run("form_submissions")
    assert _landed(world) == dict.fromkeys(ids, 1)


@pytest.mark.long
def test_rows_of_what_was_not_answered_stay_and_those_of_others_are_marked(
    make: MakeWorld,
) -> None:
    world = make({"contacts": 4})
    first, second, *_ = [contact.id for contact in world.portal.records("contacts")]
    lists = [world.portal.lists.add(name) for name in ("A", "B")]
    for list_id in lists:
        world.portal.lists.join(list_id, first)
        world.portal.lists.join(list_id, second)
    world.clock.advance(HOUR)
    world.run("list_memberships")
    for list_id in lists:
        world.portal.lists.leave(list_id, second)
    _break(world, f"/{lists[0]}/memberships/join-order")
    world.clock.advance(DAY)

    answer = world.run("list_memberships")

    assert "1 of 2 were not read" in answer["message"]
    rows = world.rows(f"SELECT LIST_ID, RECORD_ID FROM {MEMBERSHIPS} WHERE _DELETE_KIND IS NULL")
    assert {(row["LIST_ID"], row["RECORD_ID"]) for row in rows} == {
        (lists[0], first),
        (lists[0], second),
        (lists[1], first),
    }


@pytest.mark.long
def test_one_that_a_list_without_an_end_leaves_out_is_still_read_from_where_it_was_left(
    forms: tuple[World, list[str]],
) -> None:
    world, ids = forms
    world.run("form_submissions")
    world.portal.forms.submit(ids[-1], {"email": "second@example.com"})
    world.clock.advance(HOUR)
    _break(world, ids[-1])
    world.run("form_submissions")

    _cut_list(world, ids[-1])
    world.clock.advance(HOUR)
    world.run("form_submissions")
    world.instead = None
    world.clock.advance(HOUR)
    world.run("form_submissions")

    assert _landed(world)[ids[-1]] == 2


@pytest.mark.long
@pytest.mark.parametrize("first", [True, False], ids=["first run", "later run"])
def test_what_a_list_without_an_end_leaves_out_is_read_once_it_is_listed(
    forms: tuple[World, list[str]], *, first: bool
) -> None:
    world, ids = forms
    if not first:
        world.run("form_submissions")
        world.portal.forms.submit(ids[-1], {"email": "second@example.com"})
        world.clock.advance(HOUR)
    _cut_list(world, ids[-1])
    before = world.sync("form_submissions")["SETTLED_THROUGH"] if not first else None

    answer = world.run("form_submissions")

    assert "does not show where it ends" in answer["message"]
    if not first:
        assert world.sync("form_submissions")["SETTLED_THROUGH"] == before
    world.instead = None
    world.clock.advance(HOUR)
    assert "does not show" not in world.run("form_submissions")["message"]
    assert _landed(world)[ids[-1]] == (1 if first else 2)


@pytest.mark.long
def test_what_came_while_hubspot_answered_a_form_without_content_is_read_later(
    forms: tuple[World, list[str]],
) -> None:
    world, ids = forms
    world.run("form_submissions")
    for form_id in ids:
        world.portal.forms.submit(form_id, {"email": "second@example.com"})
    world.clock.advance(HOUR)

    def empty(request: httpx.Request, _answer: httpx.Response) -> httpx.Response | None:
        return httpx.Response(204) if request.url.path.endswith(ids[3]) else None

    world.instead = empty
    assert "where 1 of 12 lists" in world.run("form_submissions")["message"]
    world.instead = None
    world.clock.advance(HOUR)
    world.run("form_submissions")

    assert _landed(world) == dict.fromkeys(ids, 2)


@pytest.mark.long
def test_what_came_while_the_events_of_a_time_were_answered_without_content_is_read_later(
    make: MakeWorld,
) -> None:
    world = make()
    email = "someone@example.com"
    campaign = world.portal.mail.add("Sent", state="PUBLISHED")
    world.portal.mail.event("SENT", campaign, email)
    world.clock.advance(HOUR)
    world.run("email_events")
    world.portal.mail.event("OPEN", campaign, email)
    world.clock.advance(HOUR)
    world.instead = lambda request, _: (
        httpx.Response(204) if request.url.path.endswith("/events") else None
    )
    world.run("email_events")
    world.instead = None
    world.clock.advance(HOUR)

    world.run("email_events")

    rows = world.rows("SELECT TYPE FROM HUBSPOT_DATA.CRM.EMAIL_EVENTS")
    assert {row["TYPE"] for row in rows} == {"SENT", "OPEN"}
