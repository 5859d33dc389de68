"""Tells which properties appeared after a sync's first run, and which it ignores. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hubspot_ingest.database.state.stored_state import LateProperty
from hubspot_ingest.model import Property
from hubspot_ingest.settings import SyncSettings


def late_properties(
    settings: SyncSettings,
    seen: Sequence[Property],
    portal: Sequence[Property],
    stored: Mapping[str, LateProperty],
    now: int,
) -> dict[str, LateProperty]:
    """Those of the ``portal`` that appeared after the first run, by name.

    ``seen`` are the properties that an earlier run saw (none: this is the first), ``stored`` those
    of them that came late. Others appear ``now`` (epoch ms). One that was taken once is taken for
    ever, and so is one that the settings name.
    """
    if not seen:
        return {}
    seen_names = {prop.name for prop in seen}
    late = {}
    for prop in portal:
        ignores = settings.new_properties == "ignore" and prop.name not in settings.properties
        if (earlier := stored.get(prop.name)) is not None:
            late[prop.name] = LateProperty(earlier.appeared_at, earlier.ignored and ignores)
        elif prop.name not in seen_names:
            late[prop.name] = LateProperty(now, ignores)
    return late
