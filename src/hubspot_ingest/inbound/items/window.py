"""What a run of an item stream reads: from when, until when, and whether everything. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.catalog.stream import ItemStream
from hubspot_ingest.inbound.items import partitions
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.model import Json

# A stream that comes newest first is read whole so often: a reading that stops early cannot see
# what is missing.
WHOLE_EVERY = times.DAY


@dataclass(frozen=True, slots=True)
class ItemWindow:
    """What a run reads. As a checkpoint the next run carries it on. Instants are epoch ms.

    ``plan`` is a fingerprint of the settings that the checkpoint is good for. What changed between
    ``since`` (None: the beginning) and ``until`` is settled by the run, which began at ``end``.
    ``whole``: everything is read; ``late``: what HubSpot may have told of late is read too.
    ``behind`` are the parents that an earlier run could not read, and since when (None: never).
    ``reading`` is how far a reading that was begun has come, as ``ItemExtraction`` stores it.
    """

    plan: str
    since: int | None
    until: int
    end: int
    whole: bool
    late: bool = False
    behind: Mapping[str, int | None] = field(default_factory=dict)
    reading: Mapping[str, Any] | None = None

    @property
    def changed_since(self) -> int | None:
        """What did not change since then may be left out; None: nothing may."""
        return None if self.whole else self.since

    def dump(self) -> dict[str, Json]:
        """As it is stored in the checkpoint."""
        return asdict(self)


def item_window(stream: ItemStream, state: SyncState, now: int) -> ItemWindow:
    """What a run that begins at ``now`` (epoch ms) reads; it carries on a checkpoint."""
    settings, settled_through, checkpoint = state.settings, state.settled_through, state.checkpoint
    parts = [stream.name, stream.path, settings.event_types, settings.updated_after]
    plan = hashlib.sha256(json.dumps([*parts, str(state.table)]).encode()).hexdigest()[:16]
    if checkpoint is not None and checkpoint.get("plan") == plan:
        names = [each.name for each in fields(ItemWindow)]
        # one of an earlier version may lack some
        return ItemWindow(**{name: checkpoint[name] for name in names if name in checkpoint})
    since = settings.updated_after_ms
    incremental = settings.sync_mode == "incremental" and settled_through is not None
    if incremental and settled_through is not None:
        moved = settled_through - settings.lookback_minutes * times.MINUTE
        since = moved if since is None else max(since, moved)
    if not stream.dated:
        # everything is read every time, and only what changed is merged
        since = None
    due = now - (state.sweeps.whole_at or 0) >= WHOLE_EVERY
    late_days = stream.window.late_days if stream.window is not None else 0
    late = bool(late_days and due and incremental and since is not None)
    if late and since is not None and settled_through is not None:
        earlier = settled_through - late_days * times.DAY
        since = min(since, max(earlier, settings.updated_after_ms or earlier))
    # with a start date older items are not read, so that a missing one may only be older
    sees_missing = partitions.complete(stream) and settings.updated_after is None
    return ItemWindow(
        plan=plan,
        since=since,
        until=now - settings.settle_minutes * times.MINUTE if stream.dated else now,
        end=now,
        whole=since is None or (incremental and due and sees_missing),
        late=late,
        behind={
            # what HubSpot may have told of late is before what was left
            scope: begin if begin is None or since is None else min(begin, since)
            for scope, begin in (state.sweeps.behind.items() if incremental else ())
        },
    )
