"""Tells which properties appeared after a sync's first run, and which it ignores. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from hubspot_ingest.database.state.stored_state import LateProperty
from hubspot_ingest.model import Property
from hubspot_ingest.settings import SyncSettings


def late_properties(
    settings: SyncSettings,
    seen: Sequence[Property],
    portal: Sequence[Property],
    stored: Mapping[str, LateProperty],
    columns: Collection[str],
    now: int,
) -> dict[str, LateProperty]:
    """Those of the ``portal`` that appeared after the first run, by name.

    ``seen`` are the properties that an earlier run saw (none: this is the first), ``stored`` those
    of them that came late. Others appear ``now`` (epoch ms). One that was taken once is taken for
    ever, and so is one that the settings name. HubSpot lists a property that somebody deleted and
    restored as if it were new: the ``columns`` of the table tell that it is not.
    """
    if not seen:
        return {}
    seen_names = {prop.name for prop in seen}
    late = {}
    for prop in portal:
        ignores = settings.new_properties == "ignore" and prop.name not in settings.properties
        if (earlier := stored.get(prop.name)) is not None:
            late[prop.name] = LateProperty(earlier.appeared_at, earlier.ignored and ignores)
        elif prop.name not in seen_names and _usual_column(settings, prop) not in columns:
            late[prop.name] = LateProperty(now, ignores)
    return late


def _usual_column(settings: SyncSettings, prop: Property) -> str:
    return f"{settings.column_prefix}{prop.name.upper()}"
