"""The settings of a push while somebody edits them, as CONFIGURE_PUSH takes them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Settings = dict[str, Any]

DEFAULTS: Settings = {
    "strategy": "upsert",
    "removed_rows": "nothing",
    "conflicts": "overwrite",
    "nulls": "clear_ours",
    "retry_rejected": "changed",
    "lifecycle_backward": "reject",
    "max_change_percent": 30.0,
    "max_archive_percent": 1.0,
    "max_archive_rows": 100,
    "priority": "normal",
    "schedule": None,
}
STRATEGIES = {
    "upsert": "Create new records and update those there are",
    "update": "Update records that are there; create none",
    "create": "Create new records; change none that are there",
    "archive": "Archive the records of these rows",
}
REMOVED = {
    "nothing": "Nothing: their records stay as they are",
    "clear": "Clear what this push wrote",
    "archive": "Archive their records",
    "set": "Set values of their records",
}
CONFLICTS = {
    "overwrite": "The row's value wins",
    "keep": "Keep what was changed in HubSpot",
    "reject": "Leave the whole row alone, and say so",
}
NULLS = {
    "clear_ours": "Clear only what this push wrote",
    "keep": "Leave HubSpot's value",
    "clear": "Clear HubSpot's value",
}
RETRIES = {
    "changed": "Once they, or the property, changed; all once a day",
    "always": "In every run",
    "never": "Only when somebody asks for it",
}
BACKWARD = {
    "reject": "Leave the row alone, and say so",
    "clear_first": "Empty the stage first, then set it",
}
WRITES = {
    "set": "Always",
    "set_if_empty": "Only where HubSpot has none",
    "append": "Add to the options chosen",
}
CLEANUP = {
    "ours": "Take apart the pairs this push made",
    "never": "Take labels off only",
    "always": "Take every pair apart",
}
UNRESOLVED = {
    "wait": "Link once the record is there",
    "skip": "Leave the link out",
    "reject": "Let the whole row wait",
}


def put(settings: Settings, name: str, value: Any) -> None:
    """Set a setting; take it out when it is at its default."""
    if value == DEFAULTS.get(name):
        settings.pop(name, None)
    else:
        settings[name] = value


def value_of(settings: Mapping[str, Any], name: str) -> Any:
    """A setting, or its default."""
    return settings.get(name, DEFAULTS.get(name))


def column_of(mapping: Any) -> str:
    """The column of a mapped property, however it is spelled."""
    column = mapping["column"] if isinstance(mapping, Mapping) else str(mapping)
    return unquoted(column)


def unquoted(column: str) -> str:
    """A column's name as Snowflake stores it."""
    if len(column) > 2 and column[0] == column[-1] == '"':
        return column[1:-1].replace('""', '"')
    return column.upper()


def spelled(column: str) -> str:
    """A column's name as settings take it: in double quotes where it must be."""
    return column if column == column.upper() and '"' not in column else f'"{column}"'


def mapped_columns(settings: Mapping[str, Any]) -> dict[str, str]:
    """The property that each column fills."""
    properties = settings.get("properties") or {}
    return {
        column_of(mapping): name for name, mapping in properties.items() if isinstance(name, str)
    }


def filling(settings: Mapping[str, Any], name: str | None) -> str | None:
    """The column that fills a property, if any."""
    mapping = (settings.get("properties") or {}).get(name)
    return None if mapping is None else column_of(mapping)


def map_column(
    settings: Settings, column: str, name: str | None, write: str = "set", *, by_label: bool = False
) -> None:
    """Let a column fill a property, or none, in place of the one it is shown with.

    Other properties that it fills stay, and what is stored of the mapping besides ``write``.
    """
    properties: Settings = settings.setdefault("properties", {})
    shown = mapped_columns(settings).get(column)
    if shown not in (None, name):
        del properties[shown]
    if name is None:
        return
    before = properties.get(name)
    detail: Settings = dict(before) if isinstance(before, Mapping) else {"column": before}
    if before is None or column_of(before) != column:
        detail["column"] = spelled(column)
        detail.pop("by", None)
    detail.pop("write", None)
    if write != "set":
        detail["write"] = write
    if by_label:
        detail.setdefault("by", "label")
    properties[name] = detail if len(detail) > 1 else detail["column"]


def source_of(text: str, kind: str) -> dict[str, str] | None:
    """A source from ``DATABASE.SCHEMA.NAME``; None while that is not whole."""
    parts = [part.strip() for part in text.strip().split(".")]
    if len(parts) != 3 or not all(parts):
        return None
    database, schema, name = (part if part.startswith('"') else part.upper() for part in parts)
    return {"database": database, "schema": schema, kind.lower(): name}


def removal_of(settings: Mapping[str, Any]) -> tuple[str, Settings]:
    """What is done with rows that are gone, and the values that are set for it."""
    stored = value_of(settings, "removed_rows")
    if isinstance(stored, Mapping):
        return "set", dict(stored.get("set") or {})
    return str(stored), {}


def same_text(value: Any) -> str:
    """A stored value as somebody types it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def lacking(settings: Mapping[str, Any]) -> list[str]:
    """What must still be chosen before the settings can be checked."""
    missing = []
    if not settings.get("key"):
        missing.append("the key of a row")
    archives = value_of(settings, "strategy") == "archive"
    if not archives and not (settings.get("properties") or settings.get("associations")):
        missing.append("at least one property or association")
    if not archives and removal_of(settings) == ("set", {}):
        missing.append("what is set for rows that are gone")
    return missing


def stored_form(settings: Mapping[str, Any]) -> Settings:
    """The settings as they are stored: without what is empty, or has no meaning any more."""
    kept = {name: value for name, value in settings.items() if value not in (None, {}, [])}
    if value_of(settings, "strategy") == "archive":
        for name in ("properties", "associations", "removed_rows"):
            kept.pop(name, None)
    return kept
