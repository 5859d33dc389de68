"""The table ``STATE.PUSHES``: each push's settings, its lease, and what holds its next run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from hubspot_ingest import times
from hubspot_ingest.database.connection import Database, variant
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.database.state.runs import Runs
from hubspot_ingest.database.state.stop_requests import StopRequests
from hubspot_ingest.errors import DatabaseError, SyncBusy
from hubspot_ingest.model import Json

# A run that has not renewed its lease for this long is taken for dead.
PUSH_LEASE = 15 * times.MINUTE
# What a push leaves behind in STATE, and is forgotten with it.
_OF_ROWS = ("PUSH_ROWS", "PUSH_LINKS", "PUSH_PLAN_ROWS", "PUSH_INTENTS", "PUSH_IMAGES")


@dataclass(frozen=True, slots=True)
class Push:
    """A push as stored. Instants are epoch milliseconds.

    ``hold`` says why the next run must be confirmed; ``properties`` are those that it writes.
    """

    name: str
    object_type: str
    settings: Json
    properties: tuple[str, ...]
    enabled: bool
    portal_id: str | None
    hold: str | None
    retried_at: int | None


class Pushes:
    """Reads and writes the pushes and their leases."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._state = database.in_application("STATE")
        self._runs = Runs(database)

    def find(self, name: str) -> Push | None:
        """The push of that name, None when there is none."""
        return next(iter(self._select("WHERE NAME = ?", (name,))), None)

    def all(self) -> list[Push]:
        """All pushes, by name."""
        return self._select("ORDER BY NAME")

    def _select(self, which: str, binds: Sequence[object] = ()) -> list[Push]:
        rows = self._database.rows(
            "SELECT NAME, OBJECT, SETTINGS, PROPERTIES, ENABLED, PORTAL_ID, HOLD, "
            "DATE_PART(EPOCH_MILLISECOND, RETRIED_AT) AS RETRIED_AT "
            f"FROM {self._state}.PUSHES {which}",
            binds,
        )
        return [
            Push(
                str(row["NAME"]),
                str(row["OBJECT"]),
                variant(row["SETTINGS"]),
                tuple(variant(row["PROPERTIES"]) or ()),
                bool(row["ENABLED"]),
                row["PORTAL_ID"],
                row["HOLD"],
                None if row["RETRIED_AT"] is None else int(row["RETRIED_AT"]),
            )
            for row in rows
        ]

    def save(
        self,
        name: str,
        object_type: str,
        settings: Json,
        properties: Sequence[str],
        portal_id: str,
        now: int,
        *,
        every_minutes: int | None = None,
    ) -> None:
        """Store a push's settings; its switch, its ledger and its lease are kept."""
        self._database.rows(
            f"MERGE INTO {self._state}.PUSHES t USING (SELECT ? AS NAME, ? AS OBJECT, "
            "PARSE_JSON(?) AS SETTINGS, PARSE_JSON(?) AS PROPERTIES, ? AS PORTAL_ID, "
            f"CAST(? AS NUMBER(38, 0)) AS EVERY_MINUTES, {INSTANT} AS NOW) s ON t.NAME = s.NAME "
            "WHEN MATCHED THEN UPDATE SET OBJECT = s.OBJECT, SETTINGS = s.SETTINGS, "
            "PROPERTIES = s.PROPERTIES, PORTAL_ID = s.PORTAL_ID, "
            "EVERY_MINUTES = s.EVERY_MINUTES, UPDATED_AT = s.NOW "
            "WHEN NOT MATCHED THEN INSERT (NAME, OBJECT, SETTINGS, PROPERTIES, PORTAL_ID, "
            "EVERY_MINUTES, ENABLED, CREATED_AT, UPDATED_AT) VALUES (s.NAME, s.OBJECT, "
            "s.SETTINGS, s.PROPERTIES, s.PORTAL_ID, s.EVERY_MINUTES, TRUE, s.NOW, s.NOW)",
            (
                name,
                object_type,
                json.dumps(settings),
                json.dumps(list(properties)),
                portal_id,
                every_minutes,
                now,
            ),
        )

    def drop(self, name: str) -> None:
        """Forget a push and its ledger; its runs and their outcomes stay."""
        for table in _OF_ROWS:
            self._database.rows(f"DELETE FROM {self._state}.{table} WHERE PUSH = ?", (name,))
        self._database.rows(f"DELETE FROM {self._state}.PUSHES WHERE NAME = ?", (name,))

    def enable(self, name: str, enabled: bool, now: int, *, with_all: bool = False) -> None:
        """Switch a push on or off, by itself or ``with_all``."""
        self._database.rows(
            f"UPDATE {self._state}.PUSHES SET ENABLED = ?, PAUSED_WITH_ALL = ?, "
            f"UPDATED_AT = {INSTANT} WHERE NAME = ?",
            (enabled, with_all and not enabled, now, name),
        )

    def claim(self, name: str, properties: Sequence[str]) -> None:
        """Store which properties a push writes now."""
        self._database.rows(
            f"UPDATE {self._state}.PUSHES SET PROPERTIES = PARSE_JSON(?) WHERE NAME = ?",
            (json.dumps(list(properties)), name),
        )

    def hold(self, name: str, reason: str | None) -> None:
        """Let the next run begin only when the hash of its plan confirms it; None: freely."""
        self._database.rows(
            f"UPDATE {self._state}.PUSHES SET HOLD = ? WHERE NAME = ?", (reason, name)
        )

    def mark_retried(self, name: str, now: int) -> None:
        """Remember that every rejected row was tried again."""
        self._database.rows(
            f"UPDATE {self._state}.PUSHES SET RETRIED_AT = {INSTANT} WHERE NAME = ?", (now, name)
        )

    # -- the lease ---------------------------------------------------------------------------

    def take_lease(
        self, name: str, run_id: str, now: int, *, process: str = "", weight: int | None = None
    ) -> None:
        """Make this the only run of the push. Raises ``SyncBusy`` when another one is going on.

        ``process`` and ``weight`` say with whom, and in which proportion, it shares the limits.
        """
        try:
            taken = self._database.change(
                f"UPDATE {self._state}.PUSHES SET LEASE_RUN_ID = ?, LEASE_UNTIL = {INSTANT}, "
                "LEASE_PROCESS = NULLIF(?, ''), LEASE_WEIGHT = CAST(? AS NUMBER(38, 0)) "
                f"WHERE NAME = ? AND (LEASE_UNTIL IS NULL OR LEASE_UNTIL < {INSTANT})",
                (run_id, now + PUSH_LEASE, process, weight, name, now),
            )
        except DatabaseError as error:
            if "conflict" in str(error).lower():
                raise _busy(name) from error
            raise
        if taken != 1:
            raise _busy(name)
        self._runs.interrupt(now, name)

    def renew_lease(self, name: str, run_id: str, now: int) -> None:
        """Say that the run is alive.

        Raises ``SyncBusy`` where another one took the lease, ``StopRequested`` where somebody asked
        the run to stop.
        """
        renewed = self._database.change(
            f"UPDATE {self._state}.PUSHES SET LEASE_UNTIL = {INSTANT} "
            "WHERE NAME = ? AND LEASE_RUN_ID = ? "
            f"AND ? NOT IN (SELECT RUN_ID FROM {self._state}.STOP_REQUESTS)",
            (now + PUSH_LEASE, name, run_id, run_id),
        )
        if renewed != 1:
            raise StopRequests(self._database).error(run_id) or SyncBusy(
                f"this run of {name} lost its lease to another one and ends here"
            )

    def release_lease(self, name: str, run_id: str) -> None:
        """Let the next run begin."""
        self._database.rows(
            f"UPDATE {self._state}.PUSHES SET LEASE_UNTIL = NULL "
            "WHERE NAME = ? AND LEASE_RUN_ID = ?",
            (name, run_id),
        )

    def lease(self, name: str) -> tuple[str | None, int | None]:
        """The run that holds, or last held, the lease, and until when (epoch ms; None: ended)."""
        rows = self._database.rows(
            "SELECT LEASE_RUN_ID, DATE_PART(EPOCH_MILLISECOND, LEASE_UNTIL) AS LEASE_UNTIL "
            f"FROM {self._state}.PUSHES WHERE NAME = ?",
            (name,),
        )
        if not rows:
            return None, None
        until = rows[0]["LEASE_UNTIL"]
        return rows[0]["LEASE_RUN_ID"], None if until is None else int(until)

    def is_held(self, name: str, now: int) -> bool:
        """Whether a run of the push is going on."""
        _, until = self.lease(name)
        return until is not None and until >= now


def _busy(name: str) -> SyncBusy:
    return SyncBusy(
        f"another run or plan of {name} is going on; wait for it to end (see the view RUNS) or, if "
        "it was killed, for its lease to expire"
    )
