"""Writes, reads and compares the whole configuration as YAML. Pure.

No credential is ever part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from page.calls import Row, variant

Settings = dict[str, Any]
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


def read(text: str) -> tuple[Syncs, Settings | None]:
    """The syncs in a YAML text, and the settings of the app where it has any.

    Raises ``ValueError`` with one line that says what is wrong.
    """
    try:
        document: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"this is not YAML: {' '.join(str(error).split())[:160]}") from None
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
        **{key: value for key, value in new_settings.items() if stored.get(key) != value},
        **dropped,
    }


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
