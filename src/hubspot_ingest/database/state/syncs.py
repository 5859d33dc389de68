"""The table ``STATE.SYNCS``: what people say of each sync, and what its runs have come to.

The state tables are made by ``app/sql/migrations/``. State belongs to what it was earned on: the
version of the settings, the portal and the tables. Runs add it to ``STATE.PROGRESS``, see
``progress.py``; everything else that changes a sync gives it a new version.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter

from hubspot_ingest.database.connection import Database, Row, variant
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.model import Json


@dataclass(frozen=True, slots=True)
class ArchivedPlace:
    """How far a run has read the list of archived records: its token, and the highest id so far."""

    begun: int
    token: str | None = None
    after: int = 0


@dataclass(frozen=True, slots=True)
class FilteredPlace:
    """How far a run has looked for what left the filter ``since`` an instant."""

    begun: int
    since: int | None = None
    after: int = 0


@dataclass(frozen=True, slots=True)
class CountDifference:
    """HubSpot counted ``total`` records and the table ``live`` rows; compared up to an id."""

    total: int
    live: int
    at: int
    after: int = 0


@dataclass(frozen=True, slots=True)
class ColumnsToFill:
    """New columns, by property, which old rows up to the id ``after`` have filled."""

    properties: tuple[str, ...] = ()
    after: str = ""


@dataclass(frozen=True, slots=True)
class SweepsState:
    """When each sweep was made last (``…_at``, epoch ms), and how far unfinished ones have come.

    ``rotation`` is the id after which the rotation goes on, ``rotating`` whether one is under way.
    ``proof_from`` is when that one began, None where HubSpot failed to read one of its records;
    ``proven_at`` is when the last rotation began that compared every record and came to its end.
    ``read_on`` and ``rotated_on`` are days (ISO): the "today" from which the filters counted when
    the table was last read to the end, and when the rotation began; None where no filter counts
    from today. From ``compare_from`` on the table is to be compared whatever the schedule says.
    ``unlinked`` are the ids of records whose associations HubSpot did not tell. ``whole_at`` is
    when a stream of items was read whole last, ``behind`` are its parents that could not be read,
    and since when (None: never).
    """

    archived_at: int | None = None
    archived_place: ArchivedPlace | None = None
    archived_refused_at: int | None = None
    filtered_at: int | None = None
    filtered_place: FilteredPlace | None = None
    filtered_refused_at: int | None = None
    rotated_at: int | None = None
    rotation: int = 0
    rotating: bool = False
    rotated_on: str | None = None
    read_on: str | None = None
    rotation_refused_at: int | None = None
    proof_from: int | None = None
    proven_at: int | None = None
    count: CountDifference | None = None
    compared_at: int | None = None
    compare_from: int | None = None
    refill: ColumnsToFill | None = None
    unlinked: tuple[str, ...] = ()
    whole_at: int | None = None
    behind: Mapping[str, int | None] = field(default_factory=dict)

    def dump(self) -> dict[str, Json]:
        """As it is stored: what is as at first is left out."""
        first = asdict(SweepsState())
        return {name: value for name, value in asdict(self).items() if value != first[name]}


_STORED = TypeAdapter(SweepsState)


def stored_sweeps(stored: Mapping[str, Any]) -> SweepsState:
    """The state as it is stored."""
    return _STORED.validate_python(
        {name: value for name, value in stored.items() if value is not None}
    )


@dataclass(frozen=True, slots=True)
class EarnedOn:
    """What a sync's state was earned on.

    ``table`` is the destination's full name. ``tables`` tells of it (``""``) and of each table
    beside it when it was created (epoch ms) and how many rows it had; ``landed`` whether rows ever
    came into the destination. ``columns`` and ``views`` are fingerprints: of the destination's
    columns when it was last settled, and of the views that it had then.
    """

    version: str = ""
    portal_id: str | None = None
    table: str | None = None
    tables: Mapping[str, tuple[int | None, int]] = field(default_factory=dict)
    landed: bool = False
    columns: str = ""
    views: str = ""

    def dump(self) -> dict[str, Json]:
        """As it is stored."""
        tables: dict[str, Json] = {part: [*identity] for part, identity in self.tables.items()}
        return {
            "version": self.version,
            "portal": self.portal_id,
            "table": self.table,
            "tables": tables,
            "landed": self.landed,
            "columns": self.columns,
            "views": self.views,
        }


def _earned_on(stored: Mapping[str, Any]) -> EarnedOn:
    tables = {part: (created, rows) for part, (created, rows) in stored.get("tables", {}).items()}
    return EarnedOn(
        stored.get("version") or "",
        stored.get("portal"),
        stored.get("table"),
        tables,
        bool(stored.get("landed")),
        stored.get("columns") or "",
        stored.get("views") or "",
    )


@dataclass(frozen=True, slots=True)
class Sync:
    """A sync as stored. Instants are epoch milliseconds.

    ``run_id`` is of the run that holds, or last held, its lease, ``began_at`` when that began (None
    where it is no run) and ``lease_until`` until when the lease is believed to be held; None once
    it was given back. ``turn`` counts who held it. ``claimed`` is the full name of the table that
    is registered as the sync's, ``progress`` how far the run is, by column of RUNS.
    """

    name: str
    settings: Json
    enabled: bool
    settled_through: int | None
    checkpoint: Mapping[str, Any] | None
    sweeps: SweepsState
    version: str | None
    earned_on: EarnedOn
    run_id: str | None
    claimed: str | None
    turn: int = 0
    began_at: int | None = None
    lease_until: int | None = None
    stream: str = ""
    progress: Mapping[str, Json] = field(default_factory=dict)

    def is_held(self, now: int) -> bool:
        """Whether somebody holds its lease, as far as was known when it was read."""
        return self.lease_until is not None and self.lease_until >= now


def new_version(reason: str) -> str:
    """A version unlike any before, which tells why the one before it does not count any more."""
    return f"{reason}-{uuid.uuid4().hex[:12]}"


SYNC_COLUMNS = (
    "s.NAME, s.SETTINGS, s.ENABLED, s.CHECKPOINT, s.SWEEPS, s.VERSION, s.EARNED_ON, s.STREAM, "
    "s.LEASE_RUN_ID, s.TURN, s.RUN, s.CLAIMED, "
    "DATE_PART(EPOCH_MILLISECOND, s.LEASE_AT) AS LEASE_AT, "
    "DATE_PART(EPOCH_MILLISECOND, s.LEASE_UNTIL) AS LEASE_UNTIL, "
    "DATE_PART(EPOCH_MILLISECOND, s.SETTLED_THROUGH) AS SETTLED_THROUGH"
)
"""The columns of the view ``INTERNAL.SYNC_STATES`` (as ``s``) that ``sync_of_row`` reads."""


def new_sync(name: str, stream: str, version: str, claimed: str) -> Sync:
    """A sync as it stands once it was stored with the defaults and its table was registered."""
    return Sync(
        name=name,
        settings={},
        enabled=True,
        settled_through=None,
        checkpoint=None,
        sweeps=SweepsState(),
        version=version,
        earned_on=EarnedOn(),
        run_id=None,
        claimed=claimed,
        stream=stream,
    )


def sync_of_row(row: Row) -> Sync:
    """The sync in a row of ``SYNC_COLUMNS``."""

    def instant(column: str) -> int | None:
        return None if row[column] is None else int(row[column])

    return Sync(
        name=str(row["NAME"]),
        settings=variant(row["SETTINGS"]),
        enabled=bool(row["ENABLED"]),
        settled_through=instant("SETTLED_THROUGH"),
        checkpoint=variant(row["CHECKPOINT"]),
        sweeps=stored_sweeps(variant(row["SWEEPS"]) or {}),
        version=row["VERSION"],
        earned_on=_earned_on(variant(row["EARNED_ON"]) or {}),
        run_id=row["LEASE_RUN_ID"],
        claimed=row["CLAIMED"],
        turn=int(row["TURN"]),
        began_at=instant("LEASE_AT"),
        lease_until=instant("LEASE_UNTIL"),
        stream=row["STREAM"] or "",
        progress=variant(row["RUN"]) or {},
    )


class Syncs:
    """Reads the syncs, and writes what people change of them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._state = database.in_application("STATE")
        self._states = database.in_application("INTERNAL.SYNC_STATES")

    def find(self, name: str) -> Sync | None:
        """The sync of that name, None when there is none."""
        return next(iter(self._select("IS NULL AND s.NAME = ?", (name,))), None)

    def all(self) -> list[Sync]:
        """All syncs, by name."""
        return self._select("IS NULL ORDER BY s.NAME")

    def dropped(self) -> list[Sync]:
        """Those that were dropped while a run went on."""
        return self._select("IS NOT NULL")

    def _select(self, which: str, binds: Sequence[object] = ()) -> list[Sync]:
        rows = self._database.rows(
            f"SELECT {SYNC_COLUMNS} FROM {self._states} s WHERE s.DROPPED_AT {which}",
            binds,
        )
        return [sync_of_row(row) for row in rows]

    def names(self, *, enabled: bool = False) -> list[str]:
        """The names of all syncs, or of those that are enabled."""
        which = " AND ENABLED" if enabled else ""
        rows = self._database.rows(
            f"SELECT NAME FROM {self._state}.SYNCS WHERE DROPPED_AT IS NULL{which} ORDER BY NAME"
        )
        return [str(row["NAME"]) for row in rows]

    def save(
        self,
        name: str,
        stream: str,
        settings: Json,
        now: int,
        *,
        forget: bool = False,
        every_minutes: int | None = None,
    ) -> str:
        """Store a sync's settings; ``forget`` drops its state, else state and switch are kept.

        A sync that was dropped while a run goes on comes back as a new one, under the same lease.
        Returns the version that a new sync has by that.
        """
        version = new_version("SETTINGS")
        fresh = "TRUE" if forget else "t.DROPPED_AT IS NOT NULL"
        self._database.rows(
            f"MERGE INTO {self._state}.SYNCS t USING (SELECT ? AS NAME, ? AS STREAM, "
            "PARSE_JSON(?) AS SETTINGS, CAST(? AS NUMBER(38, 0)) AS EVERY_MINUTES, "
            f"? AS VERSION, {INSTANT} AS NOW) s ON t.NAME = s.NAME "
            "WHEN MATCHED THEN UPDATE SET STREAM = s.STREAM, SETTINGS = s.SETTINGS, "
            "EVERY_MINUTES = s.EVERY_MINUTES, UPDATED_AT = s.NOW, "
            f"VERSION = IFF({fresh}, s.VERSION, t.VERSION), "
            "ENABLED = IFF(t.DROPPED_AT IS NULL, t.ENABLED, TRUE), "
            "CREATED_AT = IFF(t.DROPPED_AT IS NULL, t.CREATED_AT, s.NOW), DROPPED_AT = NULL "
            "WHEN NOT MATCHED THEN INSERT "
            "(NAME, STREAM, SETTINGS, EVERY_MINUTES, ENABLED, VERSION, CREATED_AT, UPDATED_AT) "
            "VALUES (s.NAME, s.STREAM, s.SETTINGS, s.EVERY_MINUTES, TRUE, s.VERSION, s.NOW, s.NOW)",
            (name, stream, json.dumps(settings), every_minutes, version, now),
        )
        return version

    def drop(self, name: str, now: int) -> None:
        """Forget a sync; its table, runs and errors stay, and its lease while a run goes on."""
        self._database.rows(
            f"DELETE FROM {self._state}.SYNCS WHERE NAME IN (SELECT NAME FROM "
            f"{self._states} WHERE (NAME = ? OR DROPPED_AT IS NOT NULL) "
            f"AND (LEASE_UNTIL IS NULL OR LEASE_UNTIL < {INSTANT}))",
            (name, now),
        )
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET DROPPED_AT = {INSTANT}, VERSION = ? WHERE NAME = ?",
            (now, new_version("DROPPED"), name),
        )
        self._database.rows(f"DELETE FROM {self._state}.PROPERTIES WHERE SYNC = ?", (name,))
        self._database.rows(
            f"DELETE FROM {self._state}.PROGRESS "
            f"WHERE SYNC NOT IN (SELECT NAME FROM {self._state}.SYNCS)"
        )

    def enable(self, name: str, enabled: bool, now: int, *, with_all: bool = False) -> None:
        """Switch a sync on or off, by itself or ``with_all``."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET ENABLED = ?, PAUSED_WITH_ALL = ?, "
            f"UPDATED_AT = {INSTANT} WHERE NAME = ?",
            (enabled, with_all and not enabled, now, name),
        )

    def reset(self, name: str, now: int) -> None:
        """Forget what was read: the next run is a backfill."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET VERSION = ?, UPDATED_AT = {INSTANT} WHERE NAME = ?",
            (new_version("RESET"), now, name),
        )
