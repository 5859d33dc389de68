"""Puts settings and their changes into the page's words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from page import filters, globs, options_view, push_draft, words
from page.app_settings import ALERTS
from page.portal_names import NAMELESS, PortalNames
from page.setting_labels import label

Settings = Mapping[str, Any]
Change = tuple[str, str, str]
"""A setting in the page's words, and its value before and after."""

DEFAULT = "as usual"
SHARED = ("schedule", "deadline_minutes", "reserve_percent")
"""Settings of all syncs, which hold for a sync that has none of its own."""
AS_ALL, AS_PROMISED = "as all syncs", "as “Fresh within” needs"
DEFAULTS: Settings = {
    "lookback_minutes": 0, "settle_minutes": 10, "reserve_percent": 20, "deadline_minutes": 50,
    "reconcile_every_days": 0, "keep_pages_days": 0, "keep_runs_days": 400,
    "keep_requests_days": 30, "include_archived": True, "sync_mode": "incremental",
    "new_properties": "add", "priority": "normal", "connection": "default", "properties": ["*"],
    "hash": [], "history": [], "filter_groups": [], "column_prefix": "PROPERTIES_",
    "notifications": {}, "enabled": True, "max_rejected_percent": 20, "keep_images_days": 30,
    **{name: value for name, value in push_draft.DEFAULTS.items() if value is not None},
}  # fmt: skip
"""What holds where nothing is stored."""

_CHOICES: Mapping[str, Mapping[str, str]] = {
    "sync_mode": options_view.MODES,
    "new_properties": {"add": "yes", "ignore": "no"},
    "strategy": push_draft.STRATEGIES,
    "removed_rows": push_draft.REMOVED,
    "conflicts": push_draft.CONFLICTS,
    "nulls": push_draft.NULLS,
    "retry_rejected": push_draft.RETRIES,
    "lifecycle_backward": push_draft.BACKWARD,
    "connection": {"default": "the first portal"},
    "kind": {"TOKEN": "service key", "OAUTH": "OAuth app"},
}


def differences(
    before: Settings, after: Settings, names: PortalNames = NAMELESS, *, of_sync: bool = False
) -> list[Change]:
    """Every setting that differs, with its value before and after."""
    return [
        (
            label(name),
            value_words(before, name, names, of_sync=of_sync),
            value_words(after, name, names, of_sync=of_sync),
        )
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]


def value_words(
    settings: Settings, name: str, names: PortalNames = NAMELESS, *, of_sync: bool = False
) -> str:
    """A setting's value as the page says it; of what is not stored its default.

    ``of_sync`` says that these are a sync's, which follows all syncs in some settings.
    """
    value = settings.get(name)
    if value is None and of_sync and name in SHARED:
        is_promised = name == "schedule" and settings.get("fresh_within")
        return AS_PROMISED if is_promised else AS_ALL
    if value is None:
        value = DEFAULTS.get(name)
    if value is None:
        return options_view.schedule_words(None) if name == "schedule" else DEFAULT
    if isinstance(value, str) and value in _CHOICES.get(name, {}):
        return _CHOICES[name][value]
    if name in _SPELLED:
        return _SPELLED[name](value, names)
    return _plain(value)


def taken_records(settings: Settings, names: PortalNames = NAMELESS) -> str:
    """Which records a sync takes, by its filters and by when they last changed."""
    by_filters = filters.filter_sentence(settings.get("filter_groups") or [], names)
    return f"{by_filters}{unchanged_since(settings)}"


def unchanged_since(settings: Settings) -> str:
    """That records which did not change since a day are left out; empty where none are."""
    day = settings.get("updated_after")
    return f"; nothing last changed before {_day(day, NAMELESS)}" if day else ""


def _filters(value: Any, _: PortalNames) -> str:
    return filters.filter_sentence(value, _)


def _taken(value: Any, names: PortalNames) -> str:
    if isinstance(value, Mapping):
        return _mapped(value, names)
    way, listed = globs.way(value), _labelled(globs.names_in(value), names)
    if way == globs.OTHER:
        kept = [glob for glob in value if not glob.startswith("!") and glob != "*"]
        denied = globs.names_in([glob for glob in value if glob.startswith("!")])
        first = "all" if "*" in value or not kept else _labelled(kept, names)
        return f"{first}, but not {_labelled(denied, names)}"
    return {globs.ALL: "all", globs.EXCEPT: f"all but {listed}", globs.ONLY: f"only {listed}"}[way]


def _mapped(value: Mapping[str, Any], names: PortalNames) -> str:
    """The properties of a push, each with the column that fills it."""
    return ", ".join(
        f"{names.label(name)} from {push_draft.column_of(mapping)}"
        for name, mapping in value.items()
    )


def _properties(value: Any, names: PortalNames) -> str:
    return _labelled(value, names) or "none"


def _labelled(listed: Sequence[str], names: PortalNames) -> str:
    return ", ".join(names.label(str(name)) for name in listed)


def _associations(value: Any, _: PortalNames) -> str:
    if isinstance(value, Mapping):
        return ", ".join(
            f"{column} to {words.title(str(link.get('to', ''))).lower()}"
            for column, link in value.items()
        )
    return ", ".join(words.title(str(stream)) for stream in value) or "none"


def _place(value: Any, _: PortalNames) -> str:
    parts = (value.get(part) for part in ("database", "schema", "table", "view"))
    return ".".join(str(part) for part in parts if part) or DEFAULT


def _schedule(value: Any, _: PortalNames) -> str:
    return options_view.schedule_words(str(value))


def _fresh(value: Any, _: PortalNames) -> str:
    return str(value).lower()


def _day(value: Any, _: PortalNames) -> str:
    try:
        return datetime.fromisoformat(str(value)).date().isoformat()
    except ValueError:
        return str(value)


def _instant(value: Any, _: PortalNames) -> str:
    return words.clock(str(value))


def _notifications(value: Any, _: PortalNames) -> str:
    if not value:
        return "nobody is told"
    told = [ALERTS.get(event, str(event)) for event in value.get("on") or ALERTS]
    to = ", ".join(value.get("recipients") or []) or "its recipients"
    return f"{value.get('integration')} tells {to} when {', or '.join(told)}"


def _match(value: Any, names: PortalNames) -> str:
    return ", ".join(f"{names.label(name)} from {column}" for name, column in value.items())


_SPELLED: Mapping[str, Callable[[Any, PortalNames], str]] = {
    "filter_groups": _filters,
    "properties": _taken,
    "hash": _properties,
    "history": _properties,
    "associations": _associations,
    "destination": _place,
    "source": _place,
    "schedule": _schedule,
    "fresh_within": _fresh,
    "updated_after": _day,
    "settled_through": _instant,
    "notifications": _notifications,
    "match": _match,
    "stream": lambda value, _: words.title(str(value)),
    "object": lambda value, _: words.title(str(value)),
}


def _plain(value: Any) -> str:
    """Any other value, never as JSON."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{label(str(name))}: {_plain(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
