"""What a run of a stream of fixed columns reads: from where, to where, whether whole. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.catalog.stream import Stream
from hubspot_ingest.database.sql import Table
from hubspot_ingest.inbound.items import partitions
from hubspot_ingest.model import Json
from hubspot_ingest.settings import SyncSettings

# What comes newest first is read whole so often: an early stop sees nothing that is gone.
WHOLE_EVERY = times.DAY


def begin(
    settings: SyncSettings,
    stream: Stream,
    table: Table,
    *,
    settled_through: int | None,
    checkpoint: Mapping[str, Any] | None,
    state: Mapping[str, Any],
    now: int,
) -> dict[str, Any]:
    """What is to be read, as the checkpoint has it.

    ``plan`` tells what the checkpoint is good for; ``since``, ``until`` and ``end`` are epoch
    milliseconds; ``behind`` are the parents that an earlier run could not read, and since when.
    """
    told = [stream.name, stream.path, settings.event_types, settings.updated_after, str(table)]
    plan = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
    if checkpoint is not None and checkpoint.get("plan") == plan:
        return dict(checkpoint)
    since = settings.updated_after_ms
    incremental = settings.sync_mode == "incremental" and settled_through is not None
    if incremental and settled_through is not None:
        moved = settled_through - settings.lookback_minutes * times.MINUTE
        since = moved if since is None else max(since, moved)
    dated = stream.dated
    if not dated:
        # everything is read every time, and only what changed is merged
        since = None
    due = now - int(state.get("whole_at") or 0) >= WHOLE_EVERY
    # with a start date, what is older is not read, and so not known to be gone
    looks = partitions.complete(stream) and settings.updated_after is None
    begun: dict[str, Json] = {
        "plan": plan,
        "since": since,
        "until": now - settings.settle_minutes * times.MINUTE if dated else now,
        "end": now,
        "whole": since is None or (incremental and due and looks),
        "behind": (state.get("behind") or {}) if incremental else {},
    }
    return dict(begun)
