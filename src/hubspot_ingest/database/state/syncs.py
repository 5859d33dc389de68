"""The state tables: syncs, their cursors and leases, runs, errors, properties, streams.

The tables are made by ``app/sql/migrations/``. State follows the rows it speaks of and never leads:
a cursor or checkpoint is written after the MERGE it counts on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.database import cleanup, sql
from hubspot_ingest.database.connection import Database, variant
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.errors import DatabaseError, IngestError, SyncBusy
from hubspot_ingest.model import Json
from hubspot_ingest.stopwatch import Activity, Stopwatch

# A run that has not renewed its lease for this long is taken for dead.
LEASE = 15 * times.MINUTE
INTERRUPTED = "INTERRUPTED"


@dataclass(frozen=True, slots=True)
class Sync:
    """A sync as stored. Instants are epoch milliseconds."""

    name: str
    settings: Json
    enabled: bool
    settled_through: int | None
    checkpoint: Mapping[str, Any] | None
    sweeps: Mapping[str, Any]


@dataclass
class RunLog:
    """One row of RUNS while it is being written; ``warehouse_seconds`` tells them so far."""

    run_id: str
    sync: str
    stream: str
    started_at: int
    status: str = "RUNNING"
    destination: str = ""
    strategy: str = ""
    since: int | None = None
    until: int | None = None
    settled_through: int | None = None
    rows_read: int = 0
    rows_inserted: int = 0
    rows_updated: int = 0
    rows_deleted: int = 0
    values_misfit: int = 0
    rows_expected: int | None = None
    plan_hash: str | None = None
    requests: int = 0
    bytes: int = 0
    staged_bytes: int = 0
    warehouse_seconds: Callable[[], float] = float
    watch: Stopwatch | None = None
    finished_at: int | None = None
    response_code: str = "OK"
    message: str = ""

    def seconds(self, activity: Activity) -> float:
        """How long it was busy with something, as far as that is known."""
        return 0.0 if self.watch is None else self.watch.seconds(activity)

    def staged(self, size: int) -> None:
        """A file of so many bytes was staged for this run."""
        self.staged_bytes += size


class Store:
    """Reads and writes state through the procedure's session."""

    def __init__(self, database: Database) -> None:
        """Statements name the application's database: CREATE DATABASE changes the current one."""
        self._database = database
        self._state = f"{sql.name(database.application)}.STATE"

    # -- syncs -----------------------------------------------------------------------------------

    def sync(self, name: str) -> Sync | None:
        """The sync of that name, None when there is none."""
        return next(iter(self._syncs("WHERE NAME = ?", (name,))), None)

    def syncs(self) -> list[Sync]:
        """All syncs, by name."""
        return self._syncs("ORDER BY NAME")

    def _syncs(self, which: str, binds: Sequence[object] = ()) -> list[Sync]:
        found = self._database.rows(
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
            for row in found
        ]

    def names(self, *, enabled: bool = False) -> list[str]:
        """The names of all syncs, or of those that are enabled."""
        which = " WHERE ENABLED" if enabled else ""
        found = self._database.rows(f"SELECT NAME FROM {self._state}.SYNCS{which} ORDER BY NAME")
        return [str(row["NAME"]) for row in found]

    def save_sync(
        self,
        name: str,
        stream: str,
        settings: Json,
        now: int,
        *,
        forget: bool = False,
        every_minutes: int | None = None,
    ) -> None:
        """Store a sync's settings; ``forget`` drops its cursor, else state and switch are kept."""
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

    def drop_sync(self, name: str) -> None:
        """Forget a sync; its table, runs and errors stay."""
        self._database.rows(f"DELETE FROM {self._state}.SYNCS WHERE NAME = ?", (name,))
        self._database.rows(f"DELETE FROM {self._state}.PROPERTIES WHERE SYNC = ?", (name,))

    def enable(self, name: str, enabled: bool, now: int) -> None:
        """Switch a sync on or off."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET ENABLED = ?, UPDATED_AT = {INSTANT} WHERE NAME = ?",
            (enabled, now, name),
        )

    def reset(self, name: str, now: int) -> None:
        """Forget the cursor and any checkpoint: the next run is a backfill."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET SETTLED_THROUGH = NULL, CHECKPOINT = NULL, "
            f"UPDATED_AT = {INSTANT} WHERE NAME = ?",
            (now, name),
        )

    def rewind(self, name: str, settled_through: int | None, sweeps: Mapping[str, Json]) -> None:
        """Move the cursor back, None to the beginning; what was left unfinished begins anew."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET SETTLED_THROUGH = {INSTANT}, CHECKPOINT = NULL, "
            "SWEEPS = PARSE_JSON(?) WHERE NAME = ?",
            (settled_through, json.dumps(sweeps), name),
        )

    def advance(self, name: str, settled_through: int) -> None:
        """All rows up to ``settled_through`` are in: move the cursor, drop the checkpoint."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET SETTLED_THROUGH = {INSTANT}, CHECKPOINT = NULL "
            "WHERE NAME = ?",
            (settled_through, name),
        )

    def save_checkpoint(self, name: str, checkpoint: Mapping[str, Json]) -> None:
        """How far an unfinished run has come, after its rows are in."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET CHECKPOINT = PARSE_JSON(?) WHERE NAME = ?",
            (json.dumps(checkpoint), name),
        )

    def save_sweeps(self, name: str, state: Mapping[str, Json]) -> None:
        """How far the sweeps have come, after their rows are in."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET SWEEPS = PARSE_JSON(?) WHERE NAME = ?",
            (json.dumps(state), name),
        )

    # -- leases ----------------------------------------------------------------------------------

    def take_lease(
        self, name: str, run_id: str, now: int, *, process: str = "", weight: int | None = None
    ) -> None:
        """Make this the only run of the sync. Raises ``SyncBusy`` when another one is going on.

        ``process`` shares the portal's limits with others by ``weight``; empty: the run alone.
        """
        busy = SyncBusy(
            f"another run of {name} is going on; wait for it to end (see the view RUNS) or, if it "
            "was killed, for its lease to expire"
        )
        try:
            taken = self._database.rows(
                f"UPDATE {self._state}.SYNCS SET LEASE_RUN_ID = ?, LEASE_UNTIL = {INSTANT}, "
                "LEASE_PROCESS = ?, LEASE_WEIGHT = ? "
                f"WHERE NAME = ? AND (LEASE_UNTIL IS NULL OR LEASE_UNTIL < {INSTANT})",
                (run_id, now + LEASE, process or run_id, weight, name, now),
            )
        except DatabaseError as error:
            if "conflict" in str(error).lower():
                raise busy from error
            raise
        if int(taken[0]["number of rows updated"]) != 1:
            raise busy
        self._interrupt(now, name)

    def held(self, name: str, now: int) -> bool:
        """Whether a run of the sync is going on."""
        found = self._database.rows(
            f"SELECT 1 AS ONE FROM {self._state}.SYNCS WHERE NAME = ? AND LEASE_UNTIL >= {INSTANT}",
            (name, now),
        )
        return bool(found)

    def renew_lease(self, name: str, run_id: str, now: int) -> None:
        """Say that the run is alive. Raises ``SyncBusy`` when the lease was lost."""
        renewed = self._database.rows(
            f"UPDATE {self._state}.SYNCS SET LEASE_UNTIL = {INSTANT} "
            "WHERE NAME = ? AND LEASE_RUN_ID = ?",
            (now + LEASE, name, run_id),
        )
        if int(renewed[0]["number of rows updated"]) != 1:
            raise SyncBusy(f"this run of {name} lost its lease to another one and ends here")

    def release_lease(self, name: str, run_id: str) -> None:
        """Let the next run begin."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET LEASE_RUN_ID = NULL, LEASE_UNTIL = NULL "
            "WHERE NAME = ? AND LEASE_RUN_ID = ?",
            (name, run_id),
        )

    def recover(self, now: int) -> None:
        """Where no run can be alive: end every lease and every run still marked RUNNING."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET LEASE_RUN_ID = NULL, LEASE_UNTIL = NULL "
            "WHERE LEASE_UNTIL IS NOT NULL"
        )
        self._interrupt(now)

    def _interrupt(self, now: int, name: str | None = None) -> None:
        where, binds = ("AND SYNC = ?", [name]) if name else ("", [])
        dead = self._database.rows(
            f"SELECT RUN_ID, SYNC FROM {self._state}.RUNS WHERE STATUS = 'RUNNING' {where}", binds
        )
        for row in dead:
            message = "the run was killed before it ended; the next run carries on from its rows"
            self._database.rows(
                f"UPDATE {self._state}.RUNS SET STATUS = 'FAILED', RESPONSE_CODE = ?, MESSAGE = ?, "
                f"FINISHED_AT = {INSTANT} WHERE RUN_ID = ?",
                (INTERRUPTED, message, now, row["RUN_ID"]),
            )
            self.log_error(row["RUN_ID"], row["SYNC"], INTERRUPTED, message, now)
        if dead:
            cleanup.clear(self._database, now)

    # -- runs ------------------------------------------------------------------------------------

    def begin_run(self, run: RunLog) -> None:
        """Write the run's row, RUNNING."""
        self._database.rows(
            f"INSERT INTO {self._state}.RUNS (RUN_ID, SYNC, STREAM, STATUS, STARTED_AT) "
            f"SELECT ?, ?, ?, ?, {INSTANT}",
            (run.run_id, run.sync, run.stream, run.status, run.started_at),
        )

    def save_run(self, run: RunLog) -> None:
        """Write how far the run has come, or how it ended."""
        instants = ("SINCE", "UNTIL", "SETTLED_THROUGH", "FINISHED_AT")
        values: dict[str, object] = {
            "STATUS": run.status,
            "DESTINATION": run.destination,
            "STRATEGY": run.strategy,
            "SINCE": run.since,
            "UNTIL": run.until,
            "SETTLED_THROUGH": run.settled_through,
            "FINISHED_AT": run.finished_at,
            "DURATION_SECONDS": ((run.finished_at or run.started_at) - run.started_at) / 1000,
            "PLAN_HASH": run.plan_hash,
            "ROWS_EXPECTED": run.rows_expected,
            "ROWS_READ": run.rows_read,
            "ROWS_INSERTED": run.rows_inserted,
            "ROWS_UPDATED": run.rows_updated,
            "ROWS_DELETED": run.rows_deleted,
            "VALUES_MISFIT": run.values_misfit,
            "REQUESTS": run.requests,
            "BYTES": run.bytes,
            "STAGED_BYTES": run.staged_bytes,
            "WAREHOUSE_SECONDS": round(run.warehouse_seconds(), 3),
            "REQUEST_SECONDS": run.seconds(Activity.REQUESTS),
            "WAITING_SECONDS": run.seconds(Activity.WAITING),
            "LOADING_SECONDS": run.seconds(Activity.LOADING),
            "RESPONSE_CODE": run.response_code,
            "MESSAGE": run.message,
        }
        sets = ", ".join(
            f"{name} = {INSTANT}" if name in instants else f"{name} = ?" for name in values
        )
        self._database.rows(
            f"UPDATE {self._state}.RUNS SET {sets} WHERE RUN_ID = ?", (*values.values(), run.run_id)
        )

    def save_requests(self, run_id: str, spent: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """What each endpoint cost the run."""
        rows = [{"endpoint": endpoint, **numbers} for endpoint, numbers in spent]
        if rows:
            self._database.rows(
                f"INSERT INTO {self._state}.REQUESTS "
                "(RUN_ID, ENDPOINT, COUNT, RETRIES, THROTTLED, SECONDS, BYTES) "
                "SELECT ?, f.VALUE:endpoint::VARCHAR, f.VALUE:count::NUMBER, "
                "f.VALUE:retries::NUMBER, f.VALUE:throttled::NUMBER, f.VALUE:seconds::FLOAT, "
                "f.VALUE:bytes::NUMBER FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f",
                (run_id, json.dumps(rows)),
            )

    def last_run(self, sync: str, plan_hash: str) -> tuple[int, dict[str, int]] | None:
        """Rows read and requests by endpoint of the last run of a plan that came to its end."""
        found = self._database.rows(
            "SELECT r.ROWS_READ, q.ENDPOINT, q.COUNT - q.RETRIES AS SENT FROM ("
            f"SELECT RUN_ID, ROWS_READ FROM {self._state}.RUNS "
            "WHERE SYNC = ? AND PLAN_HASH = ? AND STATUS = 'SUCCEEDED' "
            "QUALIFY ROW_NUMBER() OVER (ORDER BY STARTED_AT DESC, RUN_ID DESC) = 1) r "
            f"JOIN {self._state}.REQUESTS q ON q.RUN_ID = r.RUN_ID",
            (sync, plan_hash),
        )
        if not found:
            return None
        return int(found[0]["ROWS_READ"]), {row["ENDPOINT"]: int(row["SENT"]) for row in found}

    def seconds_per_request(self, sync: str) -> dict[str, float]:
        """How long an answer took in the runs of a sync, by endpoint."""
        found = self._database.rows(
            "SELECT q.ENDPOINT, SUM(q.SECONDS) / SUM(q.COUNT) AS SECONDS "
            f"FROM {self._state}.REQUESTS q JOIN {self._state}.RUNS r ON r.RUN_ID = q.RUN_ID "
            "WHERE r.SYNC = ? GROUP BY q.ENDPOINT",
            (sync,),
        )
        return {str(row["ENDPOINT"]): float(row["SECONDS"]) for row in found}

    def log_error(self, run_id: str | None, sync: str, code: str, message: str, now: int) -> None:
        """One row of ERRORS."""
        self._database.rows(
            f"INSERT INTO {self._state}.ERRORS (RUN_ID, SYNC, CODE, MESSAGE, CREATED_AT) "
            f"SELECT ?, ?, ?, ?, {INSTANT}",
            (run_id, sync, code, message, now),
        )

    def fail_run(self, run: RunLog, error: IngestError, now: int) -> None:
        """End the run with an error, and write the error down."""
        run.status = error.status
        run.response_code = error.response_code
        run.message = error.message
        run.finished_at = now
        self.save_run(run)
        self.log_error(run.run_id, run.sync, error.response_code, error.message, now)
