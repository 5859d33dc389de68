"""Writes, reads and compares the whole configuration as YAML. Pure.

No credential is ever part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from page import setting_words, words
from page.calls import Row, variant
from page.portal_names import PortalNames
from page.setting_labels import label
from page.setting_words import value_words

Settings = dict[str, Any]
Lines = list[tuple[str, str, str, str]]
"""What would differ: the sync or the app, the setting, its value now and then."""
Syncs = dict[str, Settings]
ENABLED = "enabled"


@dataclass(frozen=True)
class Change:
    """What an import would change in one sync; None for what stays."""

    name: str
    kind: str
    settings: dict[str, Any] | None
    enabled: bool | None


def of_syncs(rows: Sequence[Row]) -> Syncs:
    """The settings of each sync by name; ``enabled: false`` is added for a paused one."""
    return {
        str(row["NAME"]): {
            **(variant(row["SETTINGS"]) or {}),
            **({} if row["ENABLED"] else {ENABLED: False}),
        }
        for row in rows
    }


def written(syncs: Syncs, app: Settings) -> str:
    """The configuration as YAML."""
    whole = {"app": app, "syncs": syncs}
    text: str = yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, width=100)
    return text


def _where(error: yaml.YAMLError) -> str:
    """Where a text is no YAML, and why."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return ""
    return f": line {mark.line + 1}, column {mark.column + 1}, {getattr(error, 'problem', '')}"


def read(text: str) -> tuple[Syncs, Settings | None]:
    """The syncs in a YAML text, and the settings of the app where it has any.

    Raises ``ValueError`` with one line that says what is wrong.
    """
    try:
        document: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"this is not YAML{_where(error)}") from None
    if not isinstance(document, Mapping) or not isinstance(document.get("syncs"), Mapping):
        raise ValueError('a configuration has a mapping "syncs" with the settings of each sync')
    unknown = sorted(str(key) for key in document if key not in ("syncs", "app"))
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}")
    app = document.get("app")
    if app is not None and not isinstance(app, Mapping):
        raise ValueError('the settings of the app ("app") must be a mapping')
    wrong = [
        name
        for name, settings in document["syncs"].items()
        if not isinstance(settings, Mapping | None)
    ]
    if wrong:
        raise ValueError(f"the settings of {wrong[0]} must be a mapping")
    unclear = [
        name
        for name, settings in document["syncs"].items()
        if settings and not isinstance(settings.get(ENABLED, True), bool)
    ]
    if unclear:
        raise ValueError(f"{ENABLED} of {unclear[0]} must be true or false")
    syncs = {str(name): dict(settings or {}) for name, settings in document["syncs"].items()}
    return syncs, None if app is None else dict(app)


def app_changes(stored: Settings, new_settings: Settings | None) -> Settings:
    """The settings to send to CONFIGURE_APP; None resets one to its default."""
    if new_settings is None:
        return {}
    dropped = {
        key: None for key, value in stored.items() if key not in new_settings and value is not None
    }
    return {
        **{
            key: replacing(stored.get(key), value)
            for key, value in new_settings.items()
            if stored.get(key) != value
        },
        **dropped,
    }


def replacing(before: Any, after: Any) -> Any:
    """What CONFIGURE_APP is given for one value to be ``after``, and nothing of ``before``.

    It lays an object upon the one stored: what is to go from that is named as None.
    """
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return after
    gone = dict.fromkeys(name for name in before if name not in after)
    return {**gone, **{name: replacing(before.get(name), value) for name, value in after.items()}}


def changes(stored: Syncs, new_syncs: Syncs) -> list[Change]:
    """The syncs that are new or different; those that ``new_syncs`` does not name stay."""
    sync_changes = []
    for name, settings in new_syncs.items():
        before = stored.get(name)
        enabled = bool(settings.get(ENABLED, True))
        plain = {key: value for key, value in settings.items() if key != ENABLED}
        if before is None:
            sync_changes.append(Change(name, "new", plain, None if enabled else False))
            continue
        was = bool(before.get(ENABLED, True))
        same = {key: value for key, value in before.items() if key != ENABLED} == plain
        if same and was == enabled:
            continue
        kind = "changed" if not same else "resumed" if enabled else "paused"
        sync_changes.append(
            Change(name, kind, None if same else plain, None if was == enabled else enabled)
        )
    return sync_changes


def to_send(stored: Syncs, sync_changes: Sequence[Change], app: Settings) -> Settings:
    """The configuration for CONFIGURE_ALL that makes these changes."""
    syncs = {
        change.name: {
            **(stored[change.name] if change.settings is None else change.settings),
            **({} if change.enabled is None else {ENABLED: change.enabled}),
        }
        for change in sync_changes
    }
    return {"app": app, "syncs": syncs}


def differences(
    stored: Syncs,
    sync_changes: Sequence[Change],
    stored_app: Settings,
    app: Settings,
    names: Callable[[str, Settings], PortalNames],
) -> Lines:
    """Every setting that changes, with its value before and after, in the page's words.

    ``names`` says what the portal of a sync calls properties, by its name and settings.
    """
    lines: Lines = [
        ("the app", label(name), value_words(stored_app, name), value_words(app, name))
        for name in app
    ]
    for change in sync_changes:
        of, before = words.title(change.name), dict(stored.get(change.name) or {})
        after = dict(before) if change.settings is None else dict(change.settings)
        before.pop(ENABLED, None)
        after.pop(ENABLED, None)
        if change.name not in stored:
            lines.append((of, "", "no sync yet", "a new sync"))
        if before != after:
            portal = names(change.name, after)
            changed = setting_words.differences(before, after, portal, of_sync=True)
            lines += [(of, *each) for each in changed]
        if change.enabled is not None:
            was = "" if change.name not in stored else "no" if change.enabled else "yes"
            lines.append((of, label(ENABLED), was, "yes" if change.enabled else "no"))
    return lines
