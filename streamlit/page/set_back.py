"""Works out how a change of AUDIT_LOG is set back, and what was changed since. Pure.

A setting goes back only while it is as the change left it: what somebody made of it since stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from page import audit, configuration, setting_words
from page.portal_names import NAMELESS, PortalNames
from page.setting_labels import label
from page.setting_words import Change
from page.statements import Row, variant

Settings = Mapping[str, Any]
ENABLED = configuration.ENABLED

AS_BEFORE = "It is as it was before."
SINCE = "Changed again since: set back the later change."
_REMOVED = "It was removed since."
_THERE_AGAIN = "There is one of that name again."
_WAS_NEW = "It was new: open it and press Remove to take it away."
_CREDENTIAL = "Credentials are not kept: store the one before again."
_SALT = "A salt is shown to nobody, and the one before is not kept."
_NO_SETTING = "It changed no setting."
_REASONS = {
    "RESET_SYNC": "Where it stood is forgotten; its next run reads everything.",
    "STOP_SYNC": "The next run goes on from there by itself.",
    "STOP_PUSH": "The next run goes on from there by itself.",
    "ROLLBACK_RUN": "The next run brings it again.",
    "SKIP_PUSH_ROWS": "Open the push: under Rows they are sent again.",
    "RESET_PUSH": "What was known of its rows is not kept.",
    "DROP_PUSH": "What it knew of rows is forgotten with it: make a new push.",
    "CREATE_EXTERNAL_ID": "The property is HubSpot’s: delete it there.",
    "DROP_CONNECTION": "Its credential is not kept: add the portal again.",
}
"""Why what was done, and is no setting, cannot be set back."""


@dataclass(frozen=True)
class Standing:
    """How a sync, a push or the app is now."""

    settings: Settings
    enabled: bool = True


@dataclass(frozen=True)
class WayBack:
    """What sets a change back.

    Attributes:
        now: All settings as they are; None where there is no such sync any more.
        then: All settings as they would be; None where they stay.
        enabled: Whether it would run by itself; None where that stays.
        since: The settings of the change that somebody changed again since, which stay.
    """

    now: Settings | None
    then: Settings | None
    enabled: bool | None = None
    since: tuple[str, ...] = ()

    @property
    def app_changes(self) -> Settings:
        """What CONFIGURE_APP is given; None takes a setting back to its default."""
        now, then = self.now or {}, self.then or {}
        return {
            name: configuration.replacing(now.get(name), then.get(name))
            for name in {**now, **then}
            if now.get(name) != then.get(name)
        }

    def lines(self, names: PortalNames = NAMELESS, *, of_sync: bool) -> list[Change]:
        """Every setting that would change, now and then."""
        if self.enabled is not None:
            return [(label(ENABLED), *(("no", "yes") if self.enabled else ("yes", "no")))]
        new = [] if self.now is not None else [("", "no sync any more", "a sync again, not paused")]
        return new + setting_words.differences(
            self.now or {}, self.then or {}, names, of_sync=of_sync
        )


def way_back(row: Row, standing: Standing | None) -> WayBack | str:
    """What sets a change back, or why nothing does; ``standing`` is None of what is gone."""
    kind, procedure = str(row["KIND"]), str(row["PROCEDURE_NAME"])
    before, after = variant(row["BEFORE"]), variant(row["AFTER"])
    if procedure == "DROP_SYNC" and isinstance(before, Mapping):
        return WayBack(None, before) if standing is None else _THERE_AGAIN
    if procedure in _REASONS:
        return _REASONS[procedure]
    facts = after if isinstance(after, Mapping) else {}
    if "credential" in facts:
        return _CREDENTIAL
    if "hash_salt" in facts:
        return _SALT
    if kind not in ("SYNC", "PUSH", "APP") or audit.is_no_setting(procedure):
        return _NO_SETTING
    if before is None:
        return _WAS_NEW
    if standing is None:
        return _REMOVED
    if {*before} == {*facts} == {ENABLED}:
        was = bool(before[ENABLED])
        return AS_BEFORE if standing.enabled == was else WayBack(standing.settings, None, was)
    return _of_settings(before, facts, standing.settings)


def _of_settings(before: Settings, after: Settings, now: Settings) -> WayBack | str:
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    open_names = [name for name in changed if now.get(name) != before.get(name)]
    if not open_names:
        return AS_BEFORE
    back = [name for name in open_names if now.get(name) == after.get(name)]
    if not back:
        return SINCE
    then = {name: value for name, value in now.items() if name not in back}
    then |= {name: before[name] for name in back if name in before}
    return WayBack(now, then, since=tuple(name for name in open_names if name not in back))


def since_lines(
    row: Row, way: WayBack, names: PortalNames = NAMELESS, *, of_sync: bool
) -> list[Change]:
    """Each setting that was changed again since: as the change left it, and as it is."""
    after, now = variant(row["AFTER"]) or {}, way.now or {}
    return [
        (
            label(name),
            setting_words.value_words(after, name, names, of_sync=of_sync),
            setting_words.value_words(now, name, names, of_sync=of_sync),
        )
        for name in way.since
    ]
