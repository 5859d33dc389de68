"""Reads all that opening syncs needs to know of the state, in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.app_settings import AppSettings, parse_app_settings
from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database, variant
from hubspot_ingest.database.state.syncs import SYNC_COLUMNS, Sync, sync_of_row
from hubspot_ingest.model import Json, Property, Usage

# The weight of a run by an earlier version, which stored none.
NORMAL_WEIGHT = 2


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """A process that holds the lease of a sync or a push on a connection.

    ``portal`` is the id of the portal it leads to, None while that is not known.
    """

    process: str
    connection: str
    weight: int
    portal: str | None = None


@dataclass(frozen=True, slots=True)
class LateProperty:
    """A property that a run saw first after the sync's first run.

    ``appeared_at`` is when (epoch ms), ``ignored`` whether it was left out for that.
    """

    appeared_at: int
    ignored: bool


@dataclass(frozen=True, slots=True)
class StoredState:
    """The syncs that were asked for, by name, and what all syncs share.

    ``properties`` are those that earlier runs of a sync saw, each with its column if it has one.
    ``pruned_at`` is when old runs were deleted last, ``shapes_made_at`` when views in another
    product's shape were last asked for, and ``shapes_outdated_at`` since when a call that ended
    early may have left some as they were (epoch ms; None: never). ``usages`` and ``portal_ids``
    are by the fingerprint of a credential. ``late_properties`` are by
    sync and name; ``hash_salt`` goes before the values that land as hashes.
    """

    syncs: Mapping[str, Sync]
    properties: Mapping[str, Sequence[tuple[Property, str | None]]]
    app: AppSettings
    pruned_at: int | None
    shapes_made_at: int | None
    shapes_outdated_at: int | None
    usages: Mapping[str, Usage]
    portal_ids: Mapping[str, str]
    lease_holders: Sequence[LeaseHolder]
    late_properties: Mapping[str, Mapping[str, LateProperty]] = field(default_factory=dict)
    hash_salt: str = field(default="", repr=False)

    def is_pruned(self, now: int) -> bool:
        """Whether old runs were deleted today (UTC)."""
        return self.pruned_at is not None and self.pruned_at // times.DAY == now // times.DAY

    def has_earlier_days(self, now: int) -> bool:
        """Whether runs of earlier days may be remembered that were not looked at today (UTC)."""
        today = now // times.DAY
        settled = [sync.settled_through for sync in self.syncs.values()]
        return not self.is_pruned(now) and any(
            at is not None and at // times.DAY < today for at in settled
        )


def read_stored_state(database: Database, now: int, name: str | None = None) -> StoredState:
    """The state of one sync, or without a name of all of them."""
    state, internal = database.in_application("STATE"), database.in_application("INTERNAL")
    which, binds = ("AND s.NAME = ?", (name,)) if name is not None else ("", ())
    rows = database.rows(
        f"SELECT {SYNC_COLUMNS}, p.PROPERTIES, app.APP, app.HASH_SALT, app.PRUNED_AT, "
        "sh.SHAPES_MADE_AT, sh.SHAPES_OUTDATED_AT, u.USAGES, i.PORTAL_IDS, h.HOLDERS FROM "
        "(SELECT ARRAY_AGG(SETTINGS) AS APP, MAX(HASH_SALT) AS HASH_SALT, "
        f"DATE_PART(EPOCH_MILLISECOND, MAX(PRUNED_AT)) AS PRUNED_AT FROM {state}.SETTINGS) app "
        "CROSS JOIN (SELECT DATE_PART(EPOCH_MILLISECOND, MAX(MADE_AT)) AS SHAPES_MADE_AT, "
        "DATE_PART(EPOCH_MILLISECOND, MAX(OUTDATED_AT)) AS SHAPES_OUTDATED_AT "
        f"FROM {state}.SHAPES) sh "
        f"CROSS JOIN ({daily_usages(internal)}) u "
        "CROSS JOIN (SELECT ARRAY_AGG(ARRAY_CONSTRUCT(FINGERPRINT, PORTAL_ID)) AS PORTAL_IDS "
        f"FROM {state}.PORTALS) i "
        f"CROSS JOIN ({lease_holders(internal)}) h "
        f"LEFT JOIN {internal}.SYNC_STATES s ON s.DROPPED_AT IS NULL {which} "
        "LEFT JOIN (SELECT SYNC, ARRAY_AGG(OBJECT_CONSTRUCT('NAME', NAME, 'TYPE', TYPE, "
        "'LABEL', LABEL, 'DESCRIPTION', DESCRIPTION, 'OPTIONS', OPTIONS, "
        "'CALCULATED', CALCULATED, 'FIELD_TYPE', FIELD_TYPE, 'COLUMN_NAME', COLUMN_NAME, "
        "'REFERENCED_TYPE', REFERENCED_TYPE, "
        "'IGNORED', IGNORED, 'APPEARED_AT', DATE_PART(EPOCH_MILLISECOND, APPEARED_AT))) "
        f"AS PROPERTIES FROM {state}.PROPERTIES GROUP BY SYNC) p ON p.SYNC = s.NAME",
        (now, *binds),
    )
    shared = rows[0]
    app = next(iter(_listed(shared["APP"])), None)
    syncs = sorted(
        (sync_of_row(row) for row in rows if row["NAME"] is not None), key=lambda sync: sync.name
    )
    return StoredState(
        syncs={sync.name: sync for sync in syncs},
        properties={
            str(row["NAME"]): [
                _property(listed)
                for listed in sorted(_listed(row["PROPERTIES"]), key=lambda each: each["NAME"])
            ]
            for row in rows
        },
        app=parse_app_settings(app) if app else AppSettings(),
        pruned_at=_instant(shared["PRUNED_AT"]),
        shapes_made_at=_instant(shared["SHAPES_MADE_AT"]),
        shapes_outdated_at=_instant(shared["SHAPES_OUTDATED_AT"]),
        usages={each["fingerprint"]: stored_usage(each) for each in _listed(shared["USAGES"])},
        portal_ids={fingerprint: str(id) for fingerprint, id in _listed(shared["PORTAL_IDS"])},
        lease_holders=[LeaseHolder(**each) for each in _listed(shared["HOLDERS"])],
        late_properties={str(row["NAME"]): _late(_listed(row["PROPERTIES"])) for row in rows},
        hash_salt=str(shared["HASH_SALT"] or ""),
    )


def daily_usages(internal: str) -> str:
    """Selects all usages that were last reported, in one ARRAY; ``internal`` is the schema."""
    return (
        "SELECT ARRAY_AGG(OBJECT_CONSTRUCT('fingerprint', FINGERPRINT, 'limit', DAILY_LIMIT, "
        "'used', USED, 'resets_at', DATE_PART(EPOCH_MILLISECOND, RESETS_AT), "
        "'checked_at', DATE_PART(EPOCH_MILLISECOND, CHECKED_AT), 'apps', APPS)) AS USAGES "
        f"FROM {internal}.DAILY_USAGES"
    )


def lease_holders(internal: str) -> str:
    """Selects who holds a lease, in one ARRAY; ``internal`` is the schema, binds: now."""
    return (
        # OBJECT_CONSTRUCT leaves out what is NULL, and a lease of an earlier version has no process
        "SELECT ARRAY_AGG(OBJECT_CONSTRUCT('process', IFNULL(LEASE_PROCESS, ''), "
        "'connection', CONNECTION_NAME, 'portal', PORTAL_ID, "
        f"'weight', IFNULL(LEASE_WEIGHT, {NORMAL_WEIGHT}))) AS HOLDERS "
        f"FROM {internal}.LEASES WHERE LEASE_UNTIL >= {sql.INSTANT}"
    )


def stored_usage(stored: Mapping[str, Any]) -> Usage:
    """A usage as it is stored."""
    return Usage(
        int(stored["limit"]),
        int(stored["used"]),
        stored.get("resets_at"),
        int(stored["checked_at"]),
        tuple((str(name), int(used)) for name, used in variant(stored.get("apps")) or ()),
    )


def usage_json(fingerprint: str, usage: Usage, reserve_percent: float) -> dict[str, Json]:
    """A usage as it is stored; ``reserve_percent`` is for those who look at it."""
    return {
        "fingerprint": fingerprint,
        "limit": usage.limit,
        "used": usage.used,
        "resets_at": usage.resets_at,
        "checked_at": usage.checked_at,
        "reserve_percent": reserve_percent,
        "apps": [[name, used] for name, used in usage.apps],
    }


def _property(row: Mapping[str, Any]) -> tuple[Property, str | None]:
    """A stored property, and its column if it has one."""
    prop = Property(
        name=row["NAME"],
        type=row["TYPE"],
        label=row["LABEL"],
        description=row["DESCRIPTION"],
        options=tuple((value, label) for value, label in variant(row["OPTIONS"])),
        calculated=bool(row["CALCULATED"]),
        field_type=row.get("FIELD_TYPE") or "",
        referenced_type=row.get("REFERENCED_TYPE") or "",
    )
    return prop, row.get("COLUMN_NAME")


def _late(listed: Sequence[Mapping[str, Any]]) -> dict[str, LateProperty]:
    return {
        each["NAME"]: LateProperty(int(each["APPEARED_AT"]), bool(each.get("IGNORED")))
        for each in listed
        if each.get("APPEARED_AT") is not None
    }


def _instant(value: object) -> int | None:
    return None if value is None else int(str(value))


def _listed(value: object) -> list[Any]:
    """An ARRAY of ARRAY_AGG, which is empty where there was no row."""
    return variant(value) or []
