from __future__ import annotations

import pytest

from hubspot_sandbox import Portal, Sandbox
from tests.sandboxes.hubspot.asking import DAY, NOW, App, SetClock, app_with

FLOWS = "/automation/v4/flows"
MARKETING_EVENTS = "/marketing/marketing-events/2026-09"
EVENTS = "/events/event-occurrences/2026-09"
ENGAGEMENTS = "/engagements/v1/engagements"


def app_with_things(**counts: int) -> App:
    return App(Sandbox(Portal(7, SetClock(), {"contacts": 5, **counts})))


def test_workflows_are_listed_without_their_actions() -> None:
    """H140."""
    app = app_with_things(workflows=3)
    listed = app.get(FLOWS).json["results"]
    assert "actions" not in listed[0]
    body = {"inputs": [{"flowId": row["id"], "type": "FLOW_ID"} for row in listed]}
    whole = app.post(f"{FLOWS}/batch/read", body).json["results"]
    assert [flow["id"] for flow in whole] == [row["id"] for row in listed]
    assert whole[0]["actions"] == app.get(f"{FLOWS}/{listed[0]['id']}").json["actions"]


def test_unknown_workflows_are_told_among_the_errors() -> None:
    app = app_with_things()
    reply = app.post(f"{FLOWS}/batch/read", {"inputs": [{"flowId": "1", "type": "FLOW_ID"}]})
    assert (reply.status, reply.json["errors"][0]["context"]) == (207, {"ids": ["1"]})


def test_a_changed_workflow_is_a_new_revision() -> None:
    app = app_with_things()
    made = app.portal.workflows.add("Welcome", at=NOW - DAY)
    app.portal.workflows.change(made, isEnabled=False)
    (row,) = app.get(FLOWS).json["results"]
    assert (row["revisionId"], row["isEnabled"]) == ("2", False)
    assert row["updatedAt"] == "2026-09-21T14:13:20.000Z"


def test_version_three_knows_workflows_of_contacts_only() -> None:
    """H140."""
    app = app_with_things(workflows=3)
    rows = app.get("/automation/v3/workflows").json["workflows"]
    assert [row["name"] for row in rows] == ["Welcome series 0", "Nurture; cold leads 2"]
    assert isinstance(rows[0]["updatedAt"], int)


def test_the_refusal_of_old_workflows_names_no_scope() -> None:
    """H141."""
    app = app_with_things()
    app.portal.grant("pat-na1-none", ["forms"])
    app.token = "pat-na1-none"
    reply = app.get("/automation/v3/workflows")
    assert (reply.status, "errors" in reply.json) == (403, False)
    assert app.get(FLOWS).json["errors"]


def test_a_marketing_event_is_a_crm_record_as_well() -> None:
    """H142."""
    app = app_with_things(marketing_events=13)
    first = app.get(MARKETING_EVENTS).json
    after = first["paging"]["next"]["after"]
    second = app.get(MARKETING_EVENTS, limit=100, after=after).json
    ids = [row["objectId"] for row in first["results"] + second["results"]]
    assert ids == app.seeded("marketing_events")


def test_participants_are_counted_and_told_one_by_one() -> None:
    """H142."""
    app = app_with_things(marketing_events=1)
    (event,), (contact, other, *_) = app.seeded("marketing_events"), app.seeded()
    app.portal.participations.add(event, contact, "REGISTERED", at=NOW - DAY)
    app.portal.participations.add(event, contact, "ATTENDED")
    app.portal.participations.add(event, other, "CANCELLED")
    app.portal.archive("contacts", other)
    counts = app.get(f"{MARKETING_EVENTS}/participations/{event}").json
    assert counts == {"registered": 1, "attended": 1, "cancelled": 1, "noShows": 0}
    assert app.get(f"{MARKETING_EVENTS}/{event}").json["attendees"] == 1
    rows = app.get(f"{MARKETING_EVENTS}/participations/{event}/breakdown").json["results"]
    assert [row["properties"]["attendanceState"] for row in rows] == ["REGISTERED", "ATTENDED"]
    assert rows[0]["associations"]["contact"]["contactId"] == contact


def test_events_come_by_type_the_latest_first() -> None:
    """H145."""
    app = app_with_things()
    first, second, *_ = app.seeded()
    events = app.portal.events
    made = [
        events.add("e_visited_page", first, at=NOW - n, properties={"hs_url": f"/{n}"})
        for n in range(3)
    ]
    custom = events.add("pe62515001_machine_started", second)
    assert app.get(EVENTS, eventType="e_visited_page").ids == made
    assert app.get(EVENTS, eventType="e_visited_page", sort="occurredAt").ids == made[::-1]
    assert app.get(EVENTS, objectType="contact", objectId=second).ids == [custom]
    (row,) = app.get(EVENTS, eventType="pe62515001_machine_started").json["results"]
    assert (row["objectType"], row["objectId"]) == ("CONTACT", second)


@pytest.mark.parametrize(
    "query",
    [{}, {"objectType": "contact"}, {"eventType": "visits"}, {"eventType": "x", "limit": 1001}],
)
def test_events_of_everything_are_refused(query: dict[str, str]) -> None:
    """H100, H145."""
    assert app_with_things().get(EVENTS, **query).status == 400


def test_events_by_object_type_alone_are_refused_unless_told_otherwise() -> None:
    """H145."""
    app = app_with_things()
    query = {"eventType": "e_visited_page", "objectType": "contact"}
    app.sandbox.strict = False
    assert app.get(EVENTS, **query).status == 200
    app.sandbox.strict = True
    assert app.get(EVENTS, **query).status == 400
    assert app.get(EVENTS, **query, objectId=app.seeded()[0]).status == 200


def test_projects_have_no_latest_version() -> None:
    """H168."""
    app = app_with_things(projects=2)
    statuses = [
        app.get(f"/crm/{place}/projects").status
        for place in ("objects/2026-09", "objects/2026-03", "v3/objects")
    ]
    assert statuses == [404, 200, 200]


def test_an_event_of_the_portals_own_has_neither_app_nor_counts() -> None:
    """H170."""
    app = app_with_things(marketing_events=9)
    rows = app.get(MARKETING_EVENTS).json["results"]
    own = next(row for row in rows if row["appInfo"] is None)
    assert (own["externalEventId"], own["registrants"], own["noShows"]) == (None, None, -1)
    statuses = {(row["eventStatus"], row["eventStatusV2"]) for row in rows}
    assert statuses <= {("UPCOMING", "upcoming"), ("PAST", "completed"), ("CANCELLED", "cancelled")}
    assert "." not in own["startDateTime"]


def test_neither_end_of_the_time_of_events_is_included() -> None:
    """H146."""
    app = app_with_things()
    contact = app.seeded()[0]
    made = [app.portal.events.add("e_visited_page", contact, at=NOW + n) for n in range(3)]
    window = {
        "occurredAfter": "2026-09-21T14:13:20.000Z",
        "occurredBefore": "2026-09-21T14:13:20.002Z",
    }
    assert app.get(EVENTS, eventType="e_visited_page", **window).ids == [made[1]]


def test_an_event_can_be_of_an_earlier_time() -> None:
    """H201."""
    app = app_with_things()
    late = app.portal.events.add("e_visited_page", app.seeded()[0], at=NOW - 3 * DAY)
    yesterday = {"occurredAfter": "2026-09-20T14:13:20.000Z"}
    assert app.get(EVENTS, eventType="e_visited_page", **yesterday).ids == []
    assert app.get(EVENTS, eventType="e_visited_page").ids == [late]


def test_an_event_does_not_modify_its_record() -> None:
    """H145."""
    app = app_with_things()
    contact = app.seeded()[0]
    before = app.portal.record("contacts", contact)
    app.portal.events.add("e_visited_page", contact)
    assert app.portal.record("contacts", contact) == before


def test_event_types_are_told_used_or_not() -> None:
    """H169."""
    app = app_with_things()
    made = app.portal.events.define("machine_stopped", "Machine stopped")
    types = app.get(f"{EVENTS}/event-types").json["eventTypes"]
    assert types[0] == "e_visited_page"
    assert types[-2:] == ["pe62515001_machine_started", made]
    path = "/events/custom/2026-09/event-definitions"
    definitions = app.get(path).json
    assert [row["fullyQualifiedName"] for row in definitions["results"]] == types[-2:]
    assert [row["properties"] for row in definitions["results"]] == [[], []]
    whole = app.get(path, includeProperties="true").json["results"]
    assert whole[0]["properties"][0]["name"] == "hours"
    one = app.get("/events/custom/2026-09/event-definitions/machine_stopped").json
    assert one["properties"][0]["name"] == "hours"


def test_events_need_an_edition() -> None:
    """H105."""
    app = app_with_things()
    app.portal.edition = "PROFESSIONAL"
    assert app.get(EVENTS, eventType="e_visited_page").status == 403
    assert app.get(f"{EVENTS}/event-types").status == 403


def test_events_need_the_scope_of_the_object_too() -> None:
    """H8."""
    app = app_with_things()
    app.portal.grant("pat-na1-bi", ["business-intelligence"])
    app.token = "pat-na1-bi"
    assert app.get(EVENTS, eventType="e_visited_page").status == 200
    contact = app.seeded()[0]
    refused = app.get(EVENTS, objectType="contact", objectId=contact)
    context = refused.json["errors"][0]["context"]
    assert context["requiredGranularScopes"] == ["crm.objects.contacts.read"]


def test_engagements_are_the_five_typed_objects_in_one_shape() -> None:
    """H147."""
    app = app_with(calls=2, emails=2, meetings=2, notes=2, tasks=2, contacts=4)
    first = app.get(f"{ENGAGEMENTS}/paged", limit=6).json
    second = app.get(f"{ENGAGEMENTS}/paged", limit=6, offset=first["offset"]).json
    assert (first["hasMore"], second["hasMore"]) == (True, False)
    rows = first["results"] + second["results"]
    kinds = sorted(row["engagement"]["type"] for row in rows)
    assert kinds == sorted(2 * ["CALL", "EMAIL", "MEETING", "NOTE", "TASK"])
    call = next(row for row in rows if row["engagement"]["type"] == "CALL")
    assert call["metadata"]["status"]
    assert set(call["associations"]) >= {"contactIds", "companyIds", "dealIds", "ticketIds"}


def test_the_id_of_an_engagement_is_no_other_engagements() -> None:
    """H148."""
    app = app_with(calls=40, emails=40, meetings=40, notes=40, tasks=40)
    rows = app.get(f"{ENGAGEMENTS}/paged", limit=250).json["results"]
    assert len({row["engagement"]["id"] for row in rows}) == 200


def test_engagements_modified_lately_come_first_and_those_after_a_moment_alone() -> None:
    """H147."""
    app = app_with(notes=3)
    note = app.seeded("notes")[1]
    app.portal.update("notes", note, {"hs_note_body": "new"})
    (recent,) = app.get(f"{ENGAGEMENTS}/recent/modified").json["results"]
    after = app.get(f"{ENGAGEMENTS}/modified/after", after=NOW - 1).json
    assert after["results"] == [recent]
    assert (recent["engagement"]["id"], recent["metadata"]["body"]) == (int(note), "new")
    everything = app.get(f"{ENGAGEMENTS}/modified/after", after=0, limit=2).json
    rest = app.get(f"{ENGAGEMENTS}/modified/after", after=everything["after"], limit=2).json
    assert (everything["hasMore"], rest["hasMore"], len(rest["results"])) == (True, False, 1)


@pytest.mark.parametrize("query", [{"count": 101}, {"count": 100, "offset": 9_901}])
def test_recent_engagements_end_at_ten_thousand(query: dict[str, int]) -> None:
    """H100, H147."""
    assert app_with(notes=1).get(f"{ENGAGEMENTS}/recent/modified", **query).status == 400
