"""The owners, users, teams and roles of a portal."""

from __future__ import annotations

from typing import Any

from hubspot_sandbox.items.collections import Collection
from hubspot_sandbox.schema.catalog.shared import OWNERS
from hubspot_sandbox.seeds import ANCHOR_MS, FIRST_NAMES, LAST_NAMES
from hubspot_sandbox.times import DAY_MS, Clock

ARCHIVED_OWNERS = 2
FIRST_USER = 5_000_000
_QUEUE, _INVITED = 8, 9
_TEAMS = (("9001", "Sales"), ("9002", "Service 🎧"))
ROLES = ({"id": "701", "name": "Sales rep", "requiresBillingWrite": True},
         {"id": "702", "name": "Reporting only", "requiresBillingWrite": False})  # fmt: skip


def owners(clock: Clock) -> Collection:
    """Every owner, the last ones archived (BEHAVIOR H67)."""
    collection = Collection(clock, lambda n: str(int(OWNERS[0]) + 17 * n))
    for place in range(len(OWNERS)):
        team = {"id": "9001", "name": "Sales", "primary": True}
        name = {"firstName": FIRST_NAMES[place], "lastName": LAST_NAMES[place]}
        fields: dict[str, Any] = {
            "email": f"owner{place}@example.com",
            "type": "QUEUE" if place == _QUEUE else "PERSON",
            **({} if place == _QUEUE else name),
            "userId": None if place == _INVITED else FIRST_USER + place,
            "teams": [team] if place % 2 else [],
        }
        moment = ANCHOR_MS - (400 - place) * DAY_MS
        key = collection.add(fields, moment)
        if place >= len(OWNERS) - ARCHIVED_OWNERS:
            collection.archive(key, moment)
    return collection


def users(clock: Clock) -> Collection:
    """Everybody who can log in: the users behind the owners that are left and accepted."""
    collection = Collection(clock, lambda n: str(FIRST_USER + n))
    for place in range(len(OWNERS) - ARCHIVED_OWNERS):
        if place == _INVITED:
            continue
        name = {"firstName": FIRST_NAMES[place], "lastName": LAST_NAMES[place]}
        fields: dict[str, Any] = {"email": f"owner{place}@example.com", **name}
        fields |= _SUPER_ADMIN if place == 0 else _rights(place)
        collection.add(fields, ANCHOR_MS - (400 - place) * DAY_MS)
    return collection


_SUPER_ADMIN = {"roleIds": [], "superAdmin": True}
"""Whoever may do everything has neither role nor team (recorded)."""


def _rights(place: int) -> dict[str, Any]:
    return {
        "roleId": ROLES[place % 2]["id"],
        "roleIds": [ROLES[place % 2]["id"]],
        "primaryTeamId": _TEAMS[place % 2][0],
        "secondaryTeamIds": [_TEAMS[1 - place % 2][0]] if place % 3 == 0 else [],
        "seatNames": ["Core seat"],
        "sendWelcomeEmail": False,
        "superAdmin": False,
    }


def teams(clock: Clock) -> Collection:
    """The teams users are in."""
    collection = Collection(clock, lambda n: str(9001 + n))
    for id_, name in _TEAMS:
        collection.add({"name": name}, ANCHOR_MS - 400 * DAY_MS, id=id_)
    return collection
