"""The endpoints of owners, users, teams and roles."""

from __future__ import annotations

from typing import Any

from hubspot_sandbox.answers import Answer, json_answer, not_found
from hubspot_sandbox.call import Call
from hubspot_sandbox.endpoints.paging import page_by_id
from hubspot_sandbox.items.collections import Item
from hubspot_sandbox.items.people import ROLES
from hubspot_sandbox.shapes.people import owner_shape, team_shape, user_shape
from hubspot_sandbox.tokens import require

OWNERS = ("crm.objects.owners.read",)
USERS = ("settings.users.read", "crm.objects.users.read")
TEAMS = ("settings.users.teams.read",)


def _number(item: Item) -> int:
    return int(item.id)


def list_owners(call: Call) -> Answer:
    """Owners, paged by id; only the archived ones on request (BEHAVIOR H67)."""
    require(call.granted, OWNERS)
    email = call.query_value("email")
    owners = [
        owner
        for owner in call.portal.owners.all(call.flag("archived"))
        if email in (None, owner.fields.get("email"))
    ]
    shown, paging = page_by_id(call, owners, _number, limit=100, most=500, plain=True)
    shape: dict[str, Any] = {"results": [owner_shape(owner) for owner in shown]}
    return json_answer(shape | ({"paging": paging} if paging else {}))


def get_owner(call: Call) -> Answer:
    """One owner by its id, or by the user's."""
    require(call.granted, OWNERS)
    key = "userIdIncludingInactive" if call.query_value("idProperty") == "userId" else "id"
    for owner in call.portal.owners.all(call.flag("archived")):
        shape = owner_shape(owner)
        if str(shape[key]) == call.parameters["id"]:
            return json_answer(shape)
    raise not_found("resource not found")


def list_users(call: Call) -> Answer:
    """Everybody who can log in, paged by id."""
    require(call.granted, USERS)
    users = call.portal.users.all()
    shown, paging = page_by_id(call, users, _number, limit=100, most=100, plain=True)
    shape: dict[str, Any] = {"results": [user_shape(user) for user in shown]}
    return json_answer(shape | ({"paging": paging} if paging else {}))


def get_user(call: Call) -> Answer:
    """One user by id or e-mail address."""
    require(call.granted, USERS)
    by_email = call.query_value("idProperty") == "EMAIL"
    for user in call.portal.users.all():
        if call.parameters["id"] == (user.fields["email"] if by_email else user.id):
            return json_answer(user_shape(user))
    raise not_found("resource not found")


def list_teams(call: Call) -> Answer:
    """The teams with the ids of their members, all at once."""
    require(call.granted, TEAMS)
    users = call.portal.users.all()
    return json_answer({"results": [team_shape(team, users) for team in call.portal.teams.all()]})


def list_roles(call: Call) -> Answer:
    """The roles a user can have, all at once."""
    require(call.granted, USERS)
    return json_answer({"results": list(ROLES)})
