from __future__ import annotations

import pytest

from hubspot_sandbox import Sandbox, UnknownRecord
from tests.sandboxes.hubspot.asking import DAY, NOW, App, app_with, portal_with


def test_archived_owners_have_no_user_id_any_more() -> None:
    """H67."""
    app = app_with()
    owners = app.get("/crm/owners/2026-09", archived="true").json["results"]
    assert [owner["userId"] for owner in owners] == [None, None]
    assert all(owner["userIdIncludingInactive"] for owner in owners)


def test_an_owner_can_be_in_no_team_and_have_no_user() -> None:
    """H67."""
    owners = app_with().get("/crm/owners/2026-09").json["results"]
    assert ["teams" in owner for owner in owners[:2]] == [False, True]
    assert (owners[-1]["userId"], owners[-1]["userIdIncludingInactive"]) == (None, None)


def test_owners_are_paged() -> None:
    """H67."""
    app = app_with()
    first = app.get("/crm/owners/2026-09", limit=6).json
    after = first["paging"]["next"]["after"]
    second = app.get("/crm/owners/2026-09", limit=6, after=after).json
    assert len({owner["id"] for owner in first["results"] + second["results"]}) == 10
    assert "paging" not in second


def test_pipelines_come_with_their_stages_all_at_once() -> None:
    """H68."""
    pipelines = app_with().get("/crm/pipelines/2026-09/deals").json["results"]
    assert [pipeline["id"] for pipeline in pipelines] == ["default", "75e28846-ad0d"]
    assert pipelines[0]["stages"][3]["metadata"]["isClosed"] == "true"


def test_a_pipeline_never_updated_has_an_empty_time() -> None:
    """H103."""
    pipelines = app_with().get("/crm/pipelines/2026-09/tickets").json["results"]
    assert [pipeline["updatedAt"] for pipeline in pipelines] == ["2024-06-02T10:11:12.345Z", ""]


def test_pipelines_and_stages_are_made_changed_and_deleted() -> None:
    app = app_with()
    pipelines = app.portal.pipelines
    made = pipelines.add("orders", "Returns", {"Sent back": {"isClosed": "false"}}, at=NOW - DAY)
    stage = pipelines.of("orders")[1]["stages"][0]["id"]
    pipelines.change("orders", made, stage, label="Arrived")
    pipelines.archive("orders", made, stage)
    pipelines.remove("orders", "orders-pipeline-id")
    (shown,) = app.get("/crm/pipelines/2026-09/orders").json["results"]
    assert (shown["label"], shown["createdAt"]) == ("Returns", "2026-09-20T14:13:20Z")
    assert [(row["label"], row["archived"]) for row in shown["stages"]] == [("Arrived", True)]


def test_an_owner_changes_and_leaves() -> None:
    app = app_with()
    owners = app.portal.owners
    made = owners.add({"email": "new@example.com", "userId": 1}, at=NOW - DAY)
    owners.change(made, {"firstName": "Nia"})
    (shown,) = app.get("/crm/owners/2026-09", email="new@example.com").json["results"]
    assert (shown["firstName"], shown["updatedAt"]) == ("Nia", "2026-09-21T14:13:20.000Z")
    owners.archive(made)
    assert app.get("/crm/owners/2026-09", email="new@example.com").json["results"] == []
    owners.restore(made)
    owners.remove(made)
    with pytest.raises(UnknownRecord):
        owners.remove(made)


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/crm/owners/2026-09", "crm.objects.owners.read"),
        ("/settings/users/2026-03", "settings.users.read"),
        ("/settings/users/2026-03/teams", "settings.users.teams.read"),
    ],
)
def test_people_need_their_scope(path: str, scope: str) -> None:
    """H8."""
    portal = portal_with()
    portal.grant("pat-na1-none", ["crm.lists.read"])
    portal.grant("pat-na1-right", [scope])
    refused = App(Sandbox(portal), "pat-na1-none").get(path)
    assert refused.status == 403
    assert scope in refused.json["errors"][0]["context"]["requiredGranularScopes"]
    assert App(Sandbox(portal), "pat-na1-right").get(path).status == 200


def test_users_are_paged_and_belong_to_teams() -> None:
    app = app_with()
    first = app.get("/settings/users/2026-03", limit=6).json
    after = first["paging"]["next"]["after"]
    second = app.get("/settings/users/2026-03", limit=6, after=after).json
    users = first["results"] + second["results"]
    assert len({user["id"] for user in users}) == 9
    teams = app.get("/settings/users/2026-03/teams").json["results"]
    members = {member for team in teams for member in team["userIds"]}
    assert members == {user["id"] for user in users if "primaryTeamId" in user}
    assert [user["superAdmin"] for user in users if "primaryTeamId" not in user] == [True]


def test_provisioned_users_have_no_later_version() -> None:
    """H104."""
    app = app_with()
    assert app.get("/settings/users/2026-09").status == 404
    assert app.get("/settings/v3/users").status == 200


def test_property_groups_come_all_at_once() -> None:
    groups = app_with().get("/crm/properties/2026-09/contacts/groups").json["results"]
    assert [group["name"] for group in groups] == ["information", "our_own_fields"]


@pytest.mark.parametrize("asked", [501, "many"])
def test_a_page_longer_than_the_most_is_refused(asked: object) -> None:
    """H100."""
    assert app_with().get("/crm/owners/2026-09", limit=asked).status == 400
