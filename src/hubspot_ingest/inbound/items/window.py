"""What a run of an item stream reads: from when, until when, and whether everything. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.catalog.stream import ItemStream
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.syncs import SweepsState
from hubspot_ingest.inbound.items import partitions
from hubspot_ingest.model import Json
from hubspot_ingest.settings import SyncSettings

# A stream that comes newest first is read whole so often: a reading that stops early cannot see
# what is missing.
WHOLE_EVERY = times.DAY


def item_window(
    settings: SyncSettings,
    stream: ItemStream,
    table: Table,
    *,
    settled_through: int | None,
    checkpoint: Mapping[str, Any] | None,
    sweeps: SweepsState,
    now: int,
) -> dict[str, Any]:
    """What is to be read, in the form of the checkpoint, which it carries on where there is one.

    ``plan`` is a fingerprint of the settings that the checkpoint is good for; ``since``, ``until``
    and ``end`` are epoch milliseconds; ``whole`` says whether everything is read, ``late`` whether
    what HubSpot may have told of late is; ``behind`` are the parents that an earlier run could not
    read, and since when.
    """
    parts = [stream.name, stream.path, settings.event_types, settings.updated_after, str(table)]
    plan = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
    if checkpoint is not None and checkpoint.get("plan") == plan:
        return dict(checkpoint)
    since = settings.updated_after_ms
    incremental = settings.sync_mode == "incremental" and settled_through is not None
    if incremental and settled_through is not None:
        moved = settled_through - settings.lookback_minutes * times.MINUTE
        since = moved if since is None else max(since, moved)
    if not stream.dated:
        # everything is read every time, and only what changed is merged
        since = None
    due = now - (sweeps.whole_at or 0) >= WHOLE_EVERY
    late_days = stream.window.late_days if stream.window is not None else 0
    late = bool(late_days and due and incremental and since is not None)
    if late and since is not None and settled_through is not None:
        earlier = settled_through - late_days * times.DAY
        since = min(since, max(earlier, settings.updated_after_ms or earlier))
    # with a start date older items are not read, so that a missing one may only be older
    sees_missing = partitions.complete(stream) and settings.updated_after is None
    behind: dict[str, Json] = {
        # what HubSpot may have told of late is before what was left
        scope: begin if begin is None or since is None else min(begin, since)
        for scope, begin in (sweeps.behind.items() if incremental else ())
    }
    window: dict[str, Json] = {
        "plan": plan,
        "since": since,
        "until": now - settings.settle_minutes * times.MINUTE if stream.dated else now,
        "end": now,
        "whole": since is None or (incremental and due and sees_missing),
        "late": late,
        "behind": behind,
    }
    return dict(window)
