"""Decides which syncs with ``fresh_within`` are to run now, as late as their promise allows.

The promise: every change that HubSpot's search knows of is in the table within that time. So a
run must have begun, and ended, before that time has passed since the beginning of the last run that
succeeded. Runs that take longer begin earlier; a sync whose runs find nothing is asked least.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubspot_ingest import schedules, times
from hubspot_ingest.app_settings import AppSettings
from hubspot_ingest.database.state.runs import RecentRuns
from hubspot_ingest.database.state.syncs import Sync
from hubspot_ingest.settings import SyncSettings, inherited, parse_settings

# A task begins some seconds late, and a run may take longer than those before it.
MARGIN = 30 * 1000
# After a run that did not succeed the next begins no sooner than this part of the promise,
# and no later than an hour.
RETRIES = 4
LONGEST_PAUSE = 60 * times.MINUTE


@dataclass(frozen=True, slots=True)
class FreshSyncs:
    """The enabled syncs with ``fresh_within`` and their settings, by name."""

    settings: Mapping[str, SyncSettings]

    @property
    def minutes_between_looks(self) -> int:
        """How often to look which of them are to run."""
        return min(
            schedules.minutes_between_looks(settings.fresh_minutes)
            for settings in self.settings.values()
            if settings.fresh_minutes is not None
        )

    @property
    def longest_deadline(self) -> float:
        """The most minutes that one of them may run."""
        return max(settings.deadline_minutes for settings in self.settings.values())

    def due(self, recent: Mapping[str, RecentRuns], now: int) -> list[str]:
        """The names of those that are to run at ``now`` (epoch ms)."""
        if not self.settings:
            return []
        next_look = now + self.minutes_between_looks * times.MINUTE
        return [
            name
            for name, settings in self.settings.items()
            if _is_due(settings.fresh_minutes or 0, recent.get(name), now, next_look)
        ]


def fresh_syncs(syncs: Sequence[Sync], app: AppSettings) -> FreshSyncs:
    """Those of some syncs that are enabled and have ``fresh_within``."""
    return FreshSyncs(
        {
            sync.name: parse_settings(sync.name, sync.settings, inherited(app))
            for sync in syncs
            if sync.enabled and is_promised(sync)
        }
    )


def is_promised(sync: Sync) -> bool:
    """Whether a sync has ``fresh_within``, enabled or not."""
    return isinstance(sync.settings, Mapping) and bool(sync.settings.get("fresh_within"))


def _is_due(promise: int, recent: RecentRuns | None, now: int, next_look: int) -> bool:
    """Whether a run that begins at the next look would come too late."""
    if recent is None:
        return True
    promised = promise * times.MINUTE
    if recent.succeeded_at is None or recent.succeeded_at < recent.began_at:
        if now - recent.began_at < min(promised // RETRIES, LONGEST_PAUSE):
            return False
        if recent.succeeded_at is None:
            return True
    return next_look + recent.mean_ms + MARGIN > recent.succeeded_at + promised
