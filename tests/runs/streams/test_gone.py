"""What a whole reading does not find is marked, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.runs.conftest import MakeWorld
from tests.runs.world import HOUR, World

DAY = 24 * HOUR
MEMBERSHIPS = "HUBSPOT_DATA.CRM.LIST_MEMBERSHIPS"


def _kinds(world: World, table: str, key: str = "ID") -> dict[str, str | None]:
    rows = world.rows(f"SELECT {key} AS K, _DELETE_KIND AS KIND FROM HUBSPOT_DATA.CRM.{table}")
    return {row["K"]: row["KIND"] for row in rows}


@pytest.fixture
def listed(make: MakeWorld) -> World:
    """Ten contacts, six of them on a list, two on another."""
    world = make({"contacts": 10})
    ids = [contact.id for contact in world.portal.records("contacts")]
    for name, members in (("Six", ids[:6]), ("Two", ids[6:8])):
        list_id = world.portal.lists.add(name)
        for contact_id in members:
            world.portal.lists.join(list_id, contact_id)
    world.clock.advance(HOUR)
    world.run("list_memberships")
    world.clock.advance(HOUR)
    return world


def test_an_owner_who_was_archived_is_marked_and_lives_again_when_restored(world: World) -> None:
    owner = world.portal.owners.add({"email": "new@example.com"})
    world.run("owners")
    world.portal.owners.archive(owner)
    world.clock.advance(HOUR)
    assert world.run("owners")["rows_updated"] == 1
    assert _kinds(world, "OWNERS")[owner] == "ARCHIVED"

    world.portal.owners.restore(owner)
    world.clock.advance(HOUR)
    world.run("owners")

    assert _kinds(world, "OWNERS")[owner] is None


def test_what_is_gone_for_good_is_marked_as_purged(world: World) -> None:
    kept = world.portal.teams.add({"name": "Kept"})
    gone = world.portal.teams.add({"name": "Gone"})
    world.run("teams")
    world.portal.teams.remove(gone)
    world.clock.advance(HOUR)

    assert world.run("teams")["rows_deleted"] == 1

    kinds = _kinds(world, "TEAMS")
    assert (kinds[kept], kinds[gone]) == (None, "PURGED")
    world.clock.advance(HOUR)
    assert world.run("teams")["rows_deleted"] == 0


@pytest.mark.long
def test_a_pipeline_that_is_gone_is_marked_with_its_stages(world: World) -> None:
    pipeline = world.portal.pipelines.add("deals", "Short-lived", {"Only": {}})
    world.run("pipelines")
    world.run("pipeline_stages")
    world.portal.pipelines.remove("deals", pipeline)
    world.clock.advance(HOUR)

    assert world.run("pipelines")["rows_deleted"] == 1
    assert world.run("pipeline_stages")["rows_deleted"] == 1
    assert _kinds(world, "PIPELINES")[pipeline] == "PURGED"


@pytest.mark.long
@pytest.mark.parametrize(
    ("stream", "path", "within"),
    [
        ("pipeline_stages", "/crm/pipelines/2026-09/deals", "stages"),
        ("property_options", "/crm/properties/2026-09/deals", "options"),
    ],
)
def test_what_lies_in_others_is_not_gone_where_an_answer_leaves_it_out(
    world: World, stream: str, path: str, within: str
) -> None:
    def leave_out(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if request.url.path != path:
            return None
        around = [
            {name: value for name, value in result.items() if name != within}
            for result in response.json()["results"]
        ]
        return httpx.Response(200, json={"results": around})

    world.run(stream)
    world.clock.advance(HOUR)
    world.instead = leave_out

    run = world.run(stream)

    assert run["rows_deleted"] == 0
    assert f"lacks the list '{within}'" in run["message"]


@pytest.mark.long
def test_a_record_that_left_a_list_is_marked_by_the_whole_reading_of_the_next_day(
    listed: World,
) -> None:
    first = next(listed.portal.records("contacts")).id
    listed.portal.lists.leave("1", first)
    assert listed.run("list_memberships")["rows_deleted"] == 0

    listed.clock.advance(DAY)
    assert listed.run("list_memberships")["rows_deleted"] == 1

    assert _kinds(listed, "LIST_MEMBERSHIPS", "RECORD_ID")[first] == "REMOVED"
    assert (
        len([kind for kind in _kinds(listed, "LIST_MEMBERSHIPS", "RECORD_ID").values() if kind])
        == 1
    )


@pytest.mark.long
def test_a_record_that_joins_again_is_on_the_list_again(listed: World) -> None:
    first = next(listed.portal.records("contacts")).id
    listed.portal.lists.leave("1", first)
    listed.clock.advance(DAY)
    listed.run("list_memberships")
    listed.portal.lists.join("1", first)
    listed.clock.advance(HOUR)

    listed.run("list_memberships")

    assert _kinds(listed, "LIST_MEMBERSHIPS", "RECORD_ID")[first] is None


@pytest.mark.long
def test_a_list_that_was_deleted_takes_its_memberships_along(listed: World) -> None:
    listed.portal.lists.delete("2")
    listed.clock.advance(DAY)

    assert listed.run("list_memberships")["rows_deleted"] == 2


def test_between_whole_readings_each_list_costs_one_request(listed: World) -> None:
    listed.asked()

    listed.run("list_memberships")

    assert sum(request.path.endswith("/join-order") for request in listed.asked()) == 2


def _deleted_while_read(world: World, path: str, delete: Callable[[], object]) -> None:
    """Delete something once the first page of the living at a path was answered."""
    deleted = False

    def meanwhile(*_: object) -> None:
        nonlocal deleted
        begun = any(
            request.path.endswith(path) and "archived=true" not in request.query
            for request in world.sandbox.requests
        )
        if begun and not deleted:
            deleted = True
            delete()

    world.sandbox.before_each = meanwhile


@pytest.mark.long
def test_what_a_deletion_moved_out_of_sight_is_not_taken_for_gone(world: World) -> None:
    forms = [world.portal.forms.add(f"Form {n}") for n in range(150)]
    world.run("forms")
    world.clock.advance(HOUR)
    world.asked()
    _deleted_while_read(world, "/forms", lambda: world.portal.forms.kept.remove(forms[0]))

    marked = []
    for _ in range(2):
        # the first had read the one that was deleted
        world.run("forms")
        marked.append([id for id, kind in _kinds(world, "FORMS").items() if kind is not None])

    assert marked == [[], [forms[0]]]


@pytest.mark.long
def test_a_list_that_a_deletion_moved_out_of_sight_keeps_its_members(listed: World) -> None:
    lists = [listed.portal.lists.add(f"List {n}") for n in range(600)]
    member = next(listed.portal.records("contacts")).id
    for list_id in lists[490:510]:
        listed.portal.lists.join(list_id, member)
    listed.clock.advance(DAY)
    listed.run("list_memberships")
    before = _kinds(listed, "LIST_MEMBERSHIPS", "LIST_ID || ' ' || RECORD_ID")
    listed.clock.advance(DAY)
    listed.asked()
    _deleted_while_read(listed, "/search", lambda: listed.portal.lists.delete(lists[0]))

    listed.run("list_memberships")

    after = _kinds(listed, "LIST_MEMBERSHIPS", "LIST_ID || ' ' || RECORD_ID")
    assert after == before


@pytest.mark.long
def test_a_form_that_a_deletion_moved_out_of_sight_loses_no_submission(world: World) -> None:
    forms = [world.portal.forms.add(f"Form {n}") for n in range(150)]
    world.run("form_submissions")
    for form_id in forms[90:110]:
        world.portal.forms.submit(form_id, {"email": "first@example.com"})
    world.clock.advance(HOUR)
    world.asked()
    _deleted_while_read(
        world, "/marketing/v3/forms", lambda: world.portal.forms.kept.remove(forms[0])
    )

    world.run("form_submissions")

    landed = world.rows("SELECT FORM_ID FROM HUBSPOT_DATA.CRM.FORM_SUBMISSIONS")
    assert {row["FORM_ID"] for row in landed} == {*forms[90:110]}


@pytest.mark.long
def test_what_could_not_be_read_is_not_taken_for_gone(world: World) -> None:
    world.portal.grant("pat-na1-all-0001", None)
    world.run("pipelines")
    before = _kinds(world, "PIPELINES")
    world.token = "pat-na1-deals-0001"
    world.portal.grant(world.token, ["crm.objects.deals.read"])
    world.clock.advance(HOUR)

    answer = world.run("pipelines")

    assert answer["rows_deleted"] == 0
    assert "were not read" in answer["message"]
    assert _kinds(world, "PIPELINES") == before
    assert world.errors()[-1]["CODE"] == "SCOPE_MISSING"


@pytest.mark.long
def test_what_a_refused_parent_got_meanwhile_is_read_once_it_can_be(world: World) -> None:
    forms = [world.portal.forms.add(f"Form {n}") for n in range(2)]
    for form_id in forms:
        world.portal.forms.submit(form_id, {"email": "first@example.com"})
    world.clock.advance(HOUR)
    world.run("form_submissions")
    closed = f"/form-integrations/v1/submissions/forms/{forms[0]}"
    for n in range(2):
        world.portal.forms.submit(forms[0], {"email": f"missed{n}@example.com"})
        world.clock.advance(HOUR)
        world.closed = (closed,)
        assert "1 of 2 were not read" in world.run("form_submissions")["message"]
    world.closed = ()
    world.clock.advance(HOUR)

    assert world.run("form_submissions")["rows_inserted"] == 2
    assert world.run("form_submissions")["rows_read"] == 0


@pytest.mark.long
def test_a_run_that_stopped_early_marks_nothing_of_what_it_did_not_read(
    make: MakeWorld,
) -> None:
    world = make({"contacts": 10})
    for n in range(30):
        list_id = world.portal.lists.add(f"List {n}")
        world.portal.lists.join(list_id, next(world.portal.records("contacts")).id)
    world.run("list_memberships")
    world.clock.advance(2 * DAY)
    world.configure("list_memberships", {"deadline_minutes": 1})
    world.sandbox.latency_ms = 5_000

    answers = [world.ingest("list_memberships")]
    while answers[-1]["status"] == "STOPPED":
        world.clock.advance(HOUR)
        answers.append(world.ingest("list_memberships"))

    assert len(answers) > 2
    assert [answer["rows_deleted"] for answer in answers] == [0] * len(answers)
    assert world.rows(f"SELECT COUNT(*) AS N FROM {MEMBERSHIPS}")[0]["N"] == 30


@pytest.mark.long
def test_an_email_that_comes_without_statistics_keeps_those_it_had(world: World) -> None:
    mail = world.portal.mail
    archived, left_out = (mail.add(name, state="PUBLISHED") for name in ("Old", "New"))
    for email in (archived, left_out):
        mail.send(email, "new@example.com")
    world.run("marketing_emails")
    mail.emails.archive(archived)
    mail.without_statistics.add(left_out)
    world.clock.advance(HOUR)

    assert world.run("marketing_emails")["rows_updated"] == 2

    rows = world.rows("SELECT STATISTICS_SENT AS SENT FROM HUBSPOT_DATA.CRM.MARKETING_EMAILS")
    assert [row["SENT"] for row in rows] == [1, 1]
    assert _kinds(world, "MARKETING_EMAILS")[archived] == "ARCHIVED"
