"""The table of all routes, and the lookup of a request in it."""

from __future__ import annotations

from dataclasses import dataclass

from hubspot_sandbox.routes import account, activity, crm, lists, marketing
from hubspot_sandbox.routes.family import Endpoint, Row


@dataclass(frozen=True, slots=True)
class Route:
    """What answers a request, with the parts of its path by name.

    ``endpoint`` is the path with ids replaced by ``{id}``; ``bucket`` the limit it counts against.
    """

    answer: Endpoint
    style: str
    bucket: str
    endpoint: str
    parameters: dict[str, str]


_FAMILIES = (
    *crm.FAMILIES,
    *account.FAMILIES,
    *lists.FAMILIES,
    *marketing.FAMILIES,
    *activity.FAMILIES,
)

_TABLE: list[tuple[str, str, list[tuple[tuple[str, ...], Row]]]] = [
    (
        prefix,
        style,
        [(tuple(part for part in row.path.split("/") if part), row) for row in family.rows],
    )
    for family in _FAMILIES
    for prefix, style in family.prefixes
]
_SHORTENED = ("{id}", "{other}", "{number}", "{name}", "{email}")


def find_route(method: str, path: str) -> Route | None:
    """The route of a request, None when HubSpot has nothing there (404)."""
    for prefix, style, rows in _TABLE:
        if path != prefix and not path.startswith(prefix + "/"):
            continue
        parts = [part for part in path[len(prefix) :].split("/") if part]
        for pattern, row in rows:
            if row.method != method or len(pattern) != len(parts):
                continue
            parameters: dict[str, str] = {}
            shown = [prefix]
            for name, part in zip(pattern, parts, strict=True):
                if name.startswith("{"):
                    parameters[name[1:-1]] = part
                elif name != part:
                    break
                shown.append(name if name in _SHORTENED else part)
            else:
                return Route(row.answer, style, row.bucket, "/".join(shown), parameters)
    return None
