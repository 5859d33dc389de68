"""The properties that a sync may filter by: those of the portal that it reads from."""

from __future__ import annotations

from page import connections_view, place, portal_names, portal_streams
from page.calls import Calls, Row, variant
from page.portal_names import PortalNames

_TYPES = {"DATE": "date", "BOOLEAN": "bool", "FLOAT": "number", "NUMBER": "number"}


def names(sync: str, stream: str, settings: place.Settings, calls: Calls) -> PortalNames:
    """What the portal of a sync calls the properties and their values."""
    return portal_names.names_of(of(sync, stream, settings, calls))


def of(sync: str, stream: str, settings: place.Settings, calls: Calls) -> list[Row]:
    """The properties, each with label, type and options; ``sync`` may be one that is being set up.

    Owners are no options of HubSpot's: they are those that the stream ``owners`` landed, if it did.
    """
    properties = _of_portal(sync, stream, settings, calls)
    if not any(map(_is_owner, properties)):
        return properties
    owners = calls.owners(settings.get("connection", connections_view.FIRST))
    return [{**row, "OPTIONS": owners} if owners and _is_owner(row) else row for row in properties]


def _is_owner(property_: Row) -> bool:
    """Whether the values of a property are ids of owners: HubSpot says so, without options."""
    return property_["REFERENCED_TYPE"] == "OWNER" and not variant(property_["OPTIONS"])


def _of_portal(sync: str, stream: str, settings: place.Settings, calls: Calls) -> list[Row]:
    """The properties as HubSpot tells them.

    ``STREAM_PROPERTIES`` has those of the first portal, less what was made since HubSpot was last
    asked for them all. Of another one its last run saw them, and before its first run the plan
    tells what columns it will make.
    """
    connection = settings.get("connection", connections_view.FIRST)
    sync = sync.removeprefix("new ")
    of_first_portal = calls.stream_properties(stream)
    if not of_first_portal and not portal_streams.is_custom(stream):
        return []
    stored = [row for row in calls.syncs() if row["NAME"] == sync]
    is_its_portal = bool(stored) and _connection(stored[0]) == connection
    seen = calls.properties(sync) if is_its_portal else []
    if connection == connections_view.FIRST:
        return _with_new(of_first_portal, seen)
    if seen:
        return seen
    planned = calls.plan(sync, {"stream": stream, "connection": connection})
    return [
        {
            "PROPERTY": column["property"],
            "LABEL": column["label"] or column["property"],
            "TYPE": _type(str(column["type"])),
            "OPTIONS": None,
            "REFERENCED_TYPE": None,
        }
        for column in planned.get("columns") or []
        if column["property"]
    ]


def _with_new(known: list[Row], seen: list[Row]) -> list[Row]:
    """The known properties, and those among the ``seen`` ones that a run was the first to see."""
    names = {row["PROPERTY"] for row in known}
    new = [row for row in seen if row["APPEARED_AT"] and row["PROPERTY"] not in names]
    return sorted([*known, *new], key=_by_label) if new else known


def _by_label(row: Row) -> tuple[str, str]:
    return str(row["LABEL"] or ""), str(row["PROPERTY"])


def _connection(sync: Row) -> str:
    return str((variant(sync["SETTINGS"]) or {}).get("connection", connections_view.FIRST))


def _type(column_type: str) -> str:
    """HubSpot's type of a property, by the type of its column; text fits any other."""
    name = column_type.split("(")[0]
    return "datetime" if name.startswith("TIMESTAMP") else _TYPES.get(name, "string")
