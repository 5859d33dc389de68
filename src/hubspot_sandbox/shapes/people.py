"""The JSON of owners, users and teams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hubspot_sandbox.items.collections import Item
from hubspot_sandbox.times import iso


def owner_shape(owner: Item) -> dict[str, Any]:
    """An owner as HubSpot shows it; ``teams`` is there only where it is in one (BEHAVIOR H67)."""
    user = owner.fields.get("userId")
    fields = {name: value for name, value in owner.fields.items() if name != "teams" or value}
    return {
        "id": owner.id,
        "type": "PERSON",
        **fields,
        "userId": None if owner.archived else user,
        "userIdIncludingInactive": user,
        "createdAt": iso(owner.created),
        "updatedAt": iso(owner.updated),
        "archived": owner.archived,
    }


def user_shape(user: Item) -> dict[str, Any]:
    """Somebody who can log in."""
    return {"id": user.id, **user.fields}


def team_shape(team: Item, users: Sequence[Item]) -> dict[str, Any]:
    """A team with the ids of its members among the users."""
    return {
        "id": team.id,
        "name": team.fields["name"],
        "userIds": [user.id for user in users if user.fields.get("primaryTeamId") == team.id],
        "secondaryUserIds": [
            user.id for user in users if team.id in user.fields.get("secondaryTeamIds", ())
        ],
    }
