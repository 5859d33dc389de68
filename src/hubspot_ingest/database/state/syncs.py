"""The table ``STATE.SYNCS``: each sync's settings, cursor, checkpoint and sweeps.

The state tables are made by ``app/sql/migrations/``. State belongs to what it was earned on: the
version of the settings, the portal and the tables. What a run writes of it, it writes through
``StateWriter``; everything else that changes a sync gives it a new version.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database, variant
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.errors import StateOutdated, SyncBusy
from hubspot_ingest.model import Json


@dataclass(frozen=True, slots=True)
class EarnedOn:
    """What a sync's state was earned on.

    ``table`` is the destination's full name. ``tables`` tells of it (``""``) and of each table
    beside it when it was created (epoch ms) and how many rows it had; ``landed`` whether rows ever
    came into the destination.
    """

    version: str = ""
    portal_id: str | None = None
    table: str | None = None
    tables: Mapping[str, tuple[int | None, int]] = field(default_factory=dict)
    landed: bool = False

    def dump(self) -> dict[str, Json]:
        """As it is stored."""
        tables: dict[str, Json] = {part: [*identity] for part, identity in self.tables.items()}
        return {
            "version": self.version,
            "portal": self.portal_id,
            "table": self.table,
            "tables": tables,
            "landed": self.landed,
        }


def _earned_on(stored: Mapping[str, Any]) -> EarnedOn:
    tables = {part: (created, rows) for part, (created, rows) in stored.get("tables", {}).items()}
    return EarnedOn(
        stored.get("version") or "",
        stored.get("portal"),
        stored.get("table"),
        tables,
        bool(stored.get("landed")),
    )


@dataclass(frozen=True, slots=True)
class Sync:
    """A sync as stored. Instants are epoch milliseconds.

    ``run_id`` is of the run that holds, or last held, its lease; ``claimed`` the full name of the
    table that is registered as the sync's.
    """

    name: str
    settings: Json
    enabled: bool
    settled_through: int | None
    checkpoint: Mapping[str, Any] | None
    sweeps: Mapping[str, Any]
    version: str | None
    earned_on: EarnedOn
    run_id: str | None
    claimed: str | None


def new_version(reason: str) -> str:
    """A version unlike any before, which tells why the one before it does not count any more."""
    return f"{reason}-{uuid.uuid4().hex[:12]}"


class Syncs:
    """Reads the syncs, and writes what people change of them."""

    def __init__(self, database: Database) -> None:
        """Statements name the application's database: CREATE DATABASE changes the current one."""
        self._database = database
        self._state = f"{sql.name(database.application)}.STATE"

    def find(self, name: str) -> Sync | None:
        """The sync of that name, None when there is none."""
        return next(iter(self._select("AND NAME = ?", (name,))), None)

    def all(self) -> list[Sync]:
        """All syncs, by name."""
        return self._select("ORDER BY NAME")

    def _select(self, which: str, binds: Sequence[object] = ()) -> list[Sync]:
        rows = self._database.rows(
            "SELECT NAME, SETTINGS, ENABLED, CHECKPOINT, SWEEPS, VERSION, EARNED_ON, LEASE_RUN_ID, "
            "DATE_PART(EPOCH_MILLISECOND, SETTLED_THROUGH) AS SETTLED_THROUGH, "
            "(SELECT MAX(t.DATABASE_NAME || '.' || t.SCHEMA_NAME || '.' || t.TABLE_NAME) "
            f"FROM {self._state}.TABLES t WHERE t.SYNC = NAME AND t.PART = '') AS CLAIMED "
            f"FROM {self._state}.SYNCS WHERE DROPPED_AT IS NULL {which}",
            binds,
        )
        return [
            Sync(
                str(row["NAME"]),
                variant(row["SETTINGS"]),
                bool(row["ENABLED"]),
                None if row["SETTLED_THROUGH"] is None else int(row["SETTLED_THROUGH"]),
                variant(row["CHECKPOINT"]),
                variant(row["SWEEPS"]) or {},
                row["VERSION"],
                _earned_on(variant(row["EARNED_ON"]) or {}),
                row["LEASE_RUN_ID"],
                row["CLAIMED"],
            )
            for row in rows
        ]

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
    ) -> None:
        """Store a sync's settings; ``forget`` drops its state, else state and switch are kept.

        A sync that was dropped while a run goes on comes back as a new one, under the same lease.
        """
        fresh = "TRUE" if forget else "t.DROPPED_AT IS NOT NULL"
        forgotten = ", ".join(
            f"{column} = IFF({fresh}, NULL, t.{column})"
            for column in ("SETTLED_THROUGH", "CHECKPOINT", "SWEEPS")
        )
        self._database.rows(
            f"MERGE INTO {self._state}.SYNCS t USING (SELECT ? AS NAME, ? AS STREAM, "
            "PARSE_JSON(?) AS SETTINGS, CAST(? AS NUMBER(38, 0)) AS EVERY_MINUTES, "
            f"? AS VERSION, {INSTANT} AS NOW) s ON t.NAME = s.NAME "
            "WHEN MATCHED THEN UPDATE SET STREAM = s.STREAM, SETTINGS = s.SETTINGS, "
            "EVERY_MINUTES = s.EVERY_MINUTES, UPDATED_AT = s.NOW, "
            f"VERSION = IFF({fresh}, s.VERSION, t.VERSION), {forgotten}, "
            "ENABLED = IFF(t.DROPPED_AT IS NULL, t.ENABLED, TRUE), "
            "CREATED_AT = IFF(t.DROPPED_AT IS NULL, t.CREATED_AT, s.NOW), DROPPED_AT = NULL "
            "WHEN NOT MATCHED THEN INSERT "
            "(NAME, STREAM, SETTINGS, EVERY_MINUTES, ENABLED, VERSION, CREATED_AT, UPDATED_AT) "
            "VALUES (s.NAME, s.STREAM, s.SETTINGS, s.EVERY_MINUTES, TRUE, s.VERSION, s.NOW, s.NOW)",
            (name, stream, json.dumps(settings), every_minutes, new_version("SETTINGS"), now),
        )

    def drop(self, name: str, now: int) -> None:
        """Forget a sync; its table, runs and errors stay, and its lease while a run goes on."""
        self._database.rows(
            f"DELETE FROM {self._state}.SYNCS WHERE (NAME = ? OR DROPPED_AT IS NOT NULL) "
            f"AND (LEASE_UNTIL IS NULL OR LEASE_UNTIL < {INSTANT})",
            (name, now),
        )
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET DROPPED_AT = {INSTANT}, VERSION = ? WHERE NAME = ?",
            (now, new_version("DROPPED"), name),
        )
        self._database.rows(f"DELETE FROM {self._state}.PROPERTIES WHERE SYNC = ?", (name,))

    def enable(self, name: str, enabled: bool, now: int) -> None:
        """Switch a sync on or off."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET ENABLED = ?, UPDATED_AT = {INSTANT} WHERE NAME = ?",
            (enabled, now, name),
        )

    def reset(self, name: str, now: int) -> None:
        """Forget what was read: the next run is a backfill."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET SETTLED_THROUGH = NULL, CHECKPOINT = NULL, "
            f"SWEEPS = NULL, VERSION = ?, UPDATED_AT = {INSTANT} WHERE NAME = ?",
            (new_version("RESET"), now, name),
        )


@dataclass(frozen=True, slots=True)
class _Outdated:
    """Why a run may not write what it earned: the code, and a sentence with the sync's name."""

    code: str
    sentence: str


# By the reason with which a version begins.
_OUTDATED = {
    "SETTINGS": _Outdated(
        code="SETTINGS_CHANGED", sentence="the settings of {} changed while it ran"
    ),
    "RESET": _Outdated(code="SYNC_RESET", sentence="{} was reset while it ran"),
    "DROPPED": _Outdated(code="SYNC_DROPPED", sentence="{} was dropped while it ran"),
}


@dataclass
class StateWriter:
    """Writes the state of a sync under the key of one run: the settings' version and the lease.

    Each write is one statement that changes nothing where the key is not the run's any more; then
    it raises ``StateOutdated``, or ``SyncBusy`` where another run took the lease. ``earned_on`` is
    stored with every write; the run keeps it up to date.
    """

    database: Database
    sync: str
    run_id: str
    version: str
    earned_on: EarnedOn

    @property
    def _syncs(self) -> str:
        return f"{sql.name(self.database.application)}.STATE.SYNCS"

    @property
    def key(self) -> tuple[str, str, str]:
        """The binds of ``STATE_KEY``."""
        return self.sync, self.version, self.run_id

    def advance(self, settled_through: int) -> None:
        """All rows up to ``settled_through`` are in: move the cursor, drop the checkpoint."""
        self._write(f"SETTLED_THROUGH = {INSTANT}, CHECKPOINT = NULL", settled_through)

    def save_checkpoint(self, checkpoint: Mapping[str, Json]) -> None:
        """How far an unfinished run has come, after its rows are in."""
        self._write("CHECKPOINT = PARSE_JSON(?)", json.dumps(checkpoint))

    def save_sweeps(self, state: Mapping[str, Json]) -> None:
        """How far the sweeps have come, after their rows are in."""
        self._write("SWEEPS = PARSE_JSON(?)", json.dumps(state))

    def rewind(self, settled_through: int | None, sweeps: Mapping[str, Json]) -> None:
        """Move the cursor back, None to the beginning; what was left unfinished begins anew."""
        self._write(
            f"SETTLED_THROUGH = {INSTANT}, CHECKPOINT = NULL, SWEEPS = PARSE_JSON(?)",
            settled_through,
            json.dumps(sweeps),
        )

    def forget(self) -> None:
        """Nothing that was read before counts any more: the next run is a backfill."""
        self._write("SETTLED_THROUGH = NULL, CHECKPOINT = NULL, SWEEPS = NULL")

    def renew_lease(self, until: int) -> None:
        """Say that the run is alive."""
        self.write_under_key(
            f"UPDATE {self._syncs} SET LEASE_UNTIL = {INSTANT} WHERE {STATE_KEY}",
            (until, *self.key),
        )

    def _write(self, sets: str, *binds: object) -> None:
        self.write_under_key(
            f"UPDATE {self._syncs} SET {sets}, EARNED_ON = PARSE_JSON(?) WHERE {STATE_KEY}",
            (*binds, json.dumps(self.earned_on.dump()), *self.key),
        )

    def write_under_key(self, statement: str, binds: Sequence[object]) -> None:
        """Run a statement that changes one row where ``STATE_KEY`` holds; raises as told above."""
        [counts] = self.database.rows(statement, binds)
        if not any(int(count or 0) for count in counts.values()):
            raise self._outdated()

    def _outdated(self) -> StateOutdated | SyncBusy:
        rows = self.database.rows(
            f"SELECT VERSION, LEASE_RUN_ID FROM {self._syncs} WHERE NAME = ?", (self.sync,)
        )
        version = str(rows[0]["VERSION"]) if rows else "DROPPED-"
        if version == self.version:
            return SyncBusy(f"this run of {self.sync} lost its lease to another one and ends here")
        reason = _OUTDATED.get(version.partition("-")[0], _OUTDATED["SETTINGS"])
        return StateOutdated(
            f"{reason.sentence.format(self.sync)}; its rows are kept, and the next run begins anew",
            code=reason.code,
        )


STATE_KEY = "NAME = ? AND VERSION = ? AND LEASE_RUN_ID = ?"
"""Where a run may write the state of its sync; binds: ``StateWriter.key``."""
