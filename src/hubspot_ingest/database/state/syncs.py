"""The table ``STATE.SYNCS``: each sync's settings, cursor, checkpoint and sweeps.

The state tables are made by ``app/sql/migrations/``. State follows the rows it speaks of and never
leads: a cursor or checkpoint is written after the MERGE it counts on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database, variant
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.model import Json


@dataclass(frozen=True, slots=True)
class Sync:
    """A sync as stored. Instants are epoch milliseconds."""

    name: str
    settings: Json
    enabled: bool
    settled_through: int | None
    checkpoint: Mapping[str, Any] | None
    sweeps: Mapping[str, Any]


class Syncs:
    """Reads and writes the syncs."""

    def __init__(self, database: Database) -> None:
        """Statements name the application's database: CREATE DATABASE changes the current one."""
        self._database = database
        self._state = f"{sql.name(database.application)}.STATE"

    def find(self, name: str) -> Sync | None:
        """The sync of that name; None when there is none."""
        return next(iter(self._select("WHERE NAME = ?", (name,))), None)

    def all(self) -> list[Sync]:
        """All syncs, by name."""
        return self._select("ORDER BY NAME")

    def _select(self, which: str, binds: Sequence[object] = ()) -> list[Sync]:
        rows = self._database.rows(
            "SELECT NAME, SETTINGS, ENABLED, CHECKPOINT, SWEEPS, "
            "DATE_PART(EPOCH_MILLISECOND, SETTLED_THROUGH) AS SETTLED_THROUGH "
            f"FROM {self._state}.SYNCS {which}",
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
            )
            for row in rows
        ]

    def names(self, *, enabled: bool = False) -> list[str]:
        """The names of all syncs, or of those that are enabled."""
        which = " WHERE ENABLED" if enabled else ""
        rows = self._database.rows(f"SELECT NAME FROM {self._state}.SYNCS{which} ORDER BY NAME")
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
        """Store a sync's settings; ``forget`` drops cursor and checkpoint, no other state."""
        forgotten = ", SETTLED_THROUGH = NULL, CHECKPOINT = NULL" if forget else ""
        self._database.rows(
            f"MERGE INTO {self._state}.SYNCS t USING (SELECT ? AS NAME, ? AS STREAM, "
            "PARSE_JSON(?) AS SETTINGS, CAST(? AS NUMBER(38, 0)) AS EVERY_MINUTES, "
            f"{INSTANT} AS NOW) s ON t.NAME = s.NAME "
            "WHEN MATCHED THEN UPDATE SET STREAM = s.STREAM, SETTINGS = s.SETTINGS, "
            f"EVERY_MINUTES = s.EVERY_MINUTES, UPDATED_AT = s.NOW{forgotten} "
            "WHEN NOT MATCHED THEN INSERT "
            "(NAME, STREAM, SETTINGS, EVERY_MINUTES, ENABLED, CREATED_AT, UPDATED_AT) "
            "VALUES (s.NAME, s.STREAM, s.SETTINGS, s.EVERY_MINUTES, TRUE, s.NOW, s.NOW)",
            (name, stream, json.dumps(settings), every_minutes, now),
        )

    def drop(self, name: str) -> None:
        """Delete a sync; its table, runs and errors stay."""
        self._database.rows(f"DELETE FROM {self._state}.SYNCS WHERE NAME = ?", (name,))
        self._database.rows(f"DELETE FROM {self._state}.PROPERTIES WHERE SYNC = ?", (name,))

    def enable(self, name: str, enabled: bool, now: int) -> None:
        """Enable or disable a sync."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET ENABLED = ?, UPDATED_AT = {INSTANT} WHERE NAME = ?",
            (enabled, now, name),
        )

    def reset(self, name: str, now: int) -> None:
        """Delete the cursor and any checkpoint: the next run is a backfill."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET SETTLED_THROUGH = NULL, CHECKPOINT = NULL, "
            f"UPDATED_AT = {INSTANT} WHERE NAME = ?",
            (now, name),
        )

    def rewind(self, name: str, settled_through: int | None, sweeps: Mapping[str, Json]) -> None:
        """Move the cursor back (None: to the beginning), drop the checkpoint, set the sweeps."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET SETTLED_THROUGH = {INSTANT}, CHECKPOINT = NULL, "
            "SWEEPS = PARSE_JSON(?) WHERE NAME = ?",
            (settled_through, json.dumps(sweeps), name),
        )

    def advance(self, name: str, settled_through: int) -> None:
        """Move the cursor to ``settled_through`` and drop the checkpoint, once the rows are in."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET SETTLED_THROUGH = {INSTANT}, CHECKPOINT = NULL "
            "WHERE NAME = ?",
            (settled_through, name),
        )

    def save_checkpoint(self, name: str, checkpoint: Mapping[str, Json]) -> None:
        """Store how far an unfinished run has come, once its rows are in."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET CHECKPOINT = PARSE_JSON(?) WHERE NAME = ?",
            (json.dumps(checkpoint), name),
        )

    def save_sweeps(self, name: str, state: Mapping[str, Json]) -> None:
        """Store how far the sweeps have come, once their rows are in."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET SWEEPS = PARSE_JSON(?) WHERE NAME = ?",
            (json.dumps(state), name),
        )
