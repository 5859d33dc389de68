"""The tables ``STATE.RUNS``, ``REQUESTS`` and ``ERRORS``: how runs went and what they cost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.database import cleanup, sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.errors import IngestError
from hubspot_ingest.stopwatch import Activity, Stopwatch

INTERRUPTED = "INTERRUPTED"


@dataclass
class RunLog:
    """A run's row of RUNS while it is being written. Instants are epoch milliseconds.

    ``warehouse_seconds`` returns the seconds used so far.
    """

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
    # OUT for the run of a push
    direction: str = "IN"

    def seconds(self, activity: Activity) -> float:
        """The seconds spent on an activity, as far as they were measured."""
        return 0.0 if self.watch is None else self.watch.seconds(activity)

    def staged(self, size: int) -> None:
        """Count a staged file of ``size`` bytes."""
        self.staged_bytes += size


@dataclass(frozen=True, slots=True)
class RecentRuns:
    """The runs of a sync in the last days (epoch ms): when the last one began, and the last that
    succeeded; how long those that succeeded took on average.
    """

    began_at: int
    succeeded_at: int | None
    mean_ms: int


@dataclass(frozen=True, slots=True)
class MeasuredWork:
    """What the runs of a sync took: seconds of one that changed nothing, and a day's beside it."""

    idle_seconds: float
    seconds_a_day: float


class Runs:
    """Reads and writes runs, the requests they made and the errors they met."""

    def __init__(self, database: Database) -> None:
        """Statements name the application's database: CREATE DATABASE changes the current one."""
        self._database = database
        self._state = f"{sql.name(database.application)}.STATE"

    def begin(self, run: RunLog) -> None:
        """Insert the run's row, with the status RUNNING."""
        self._database.rows(
            f"INSERT INTO {self._state}.RUNS "
            "(RUN_ID, SYNC, STREAM, STATUS, DIRECTION, STARTED_AT) "
            f"SELECT ?, ?, ?, ?, ?, {INSTANT}",
            (run.run_id, run.sync, run.stream, run.status, run.direction, run.started_at),
        )

    def save(self, run: RunLog) -> None:
        """Update the run's row: how far it has come, or how it ended."""
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

    def save_requests(self, run_id: str, costs: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Insert what the run's requests cost, by endpoint."""
        rows = [{"endpoint": endpoint, **numbers} for endpoint, numbers in costs]
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
        """Rows read, and requests by endpoint, of the last run of this plan that succeeded."""
        rows = self._database.rows(
            "SELECT r.ROWS_READ, q.ENDPOINT, q.COUNT - q.RETRIES AS SENT FROM ("
            f"SELECT RUN_ID, ROWS_READ FROM {self._state}.RUNS "
            "WHERE SYNC = ? AND PLAN_HASH = ? AND STATUS = 'SUCCEEDED' "
            "QUALIFY ROW_NUMBER() OVER (ORDER BY STARTED_AT DESC, RUN_ID DESC) = 1) r "
            f"JOIN {self._state}.REQUESTS q ON q.RUN_ID = r.RUN_ID",
            (sync, plan_hash),
        )
        if not rows:
            return None
        return int(rows[0]["ROWS_READ"]), {row["ENDPOINT"]: int(row["SENT"]) for row in rows}

    def seconds_per_request(self, sync: str) -> dict[str, float]:
        """The mean seconds per request in the runs of a sync, by endpoint."""
        rows = self._database.rows(
            "SELECT q.ENDPOINT, SUM(q.SECONDS) / SUM(q.COUNT) AS SECONDS "
            f"FROM {self._state}.REQUESTS q JOIN {self._state}.RUNS r ON r.RUN_ID = q.RUN_ID "
            "WHERE r.SYNC = ? GROUP BY q.ENDPOINT",
            (sync,),
        )
        return {str(row["ENDPOINT"]): float(row["SECONDS"]) for row in rows}

    def recent(self, since: int) -> dict[str, RecentRuns]:
        """The runs that began at or after an instant (ms), by sync; replays are none."""
        began = "DATE_PART(EPOCH_MILLISECOND, MAX({}))"
        succeeded = "IFF(STATUS = 'SUCCEEDED', {}, NULL)"
        rows = self._database.rows(
            f"SELECT SYNC, {began.format('STARTED_AT')} AS BEGAN_AT, "
            f"{began.format(succeeded.format('STARTED_AT'))} AS SUCCEEDED_AT, "
            f"AVG({succeeded.format('DURATION_SECONDS')}) AS SECONDS "
            f"FROM {self._state}.RUNS WHERE STARTED_AT >= {INSTANT} "
            "AND STRATEGY IS DISTINCT FROM 'REPLAY' GROUP BY SYNC",
            (since,),
        )
        return {
            str(row["SYNC"]): RecentRuns(
                int(row["BEGAN_AT"]),
                None if row["SUCCEEDED_AT"] is None else int(row["SUCCEEDED_AT"]),
                round(1000 * float(row["SECONDS"] or 0)),
            )
            for row in rows
        }

    def measured_work(self, sync: str, since: int, now: int) -> MeasuredWork | None:
        """What a sync took since an instant (ms) besides backfills; None where it did not run."""
        unchanged = "ROWS_INSERTED + ROWS_UPDATED + ROWS_DELETED = 0"
        (row,) = self._database.rows(
            "SELECT COUNT(*) AS RUNS, SUM(WAREHOUSE_SECONDS) AS SECONDS, "
            f"MEDIAN(IFF({unchanged}, WAREHOUSE_SECONDS, NULL)) AS IDLE_SECONDS, "
            "DATE_PART(EPOCH_MILLISECOND, MIN(STARTED_AT)) AS BEGAN_AT "
            f"FROM {self._state}.RUNS WHERE SYNC = ? AND STARTED_AT >= {INSTANT} "
            f"AND STATUS = 'SUCCEEDED' AND (SINCE IS NOT NULL OR {unchanged})",
            (sync, since),
        )
        if row["IDLE_SECONDS"] is None:
            return None
        idle = float(row["IDLE_SECONDS"])
        days = max(1.0, (now - int(row["BEGAN_AT"])) / times.DAY)
        return MeasuredWork(idle, max(0.0, float(row["SECONDS"]) - int(row["RUNS"]) * idle) / days)

    def log_error(self, run_id: str | None, sync: str, code: str, message: str, now: int) -> None:
        """Insert a row of ERRORS; ``run_id`` is None for an error outside a run."""
        self._database.rows(
            f"INSERT INTO {self._state}.ERRORS (RUN_ID, SYNC, CODE, MESSAGE, CREATED_AT) "
            f"SELECT ?, ?, ?, ?, {INSTANT}",
            (run_id, sync, code, message, now),
        )

    def fail(self, run: RunLog, error: IngestError, now: int, *, logged: bool = False) -> None:
        """End the run with an error, in RUNS and, unless it was ``logged`` before, in ERRORS."""
        run.status = error.status
        run.response_code = error.response_code
        run.message = error.message
        run.finished_at = now
        self.save(run)
        if not logged:
            self.log_error(run.run_id, run.sync, error.response_code, error.message, now)

    def interrupt(self, now: int, sync: str | None = None) -> None:
        """End the killed runs of a sync (None: of all) as FAILED, and drop what they staged.

        The caller has made sure that none of them is alive: their leases are over.
        """
        where, binds = ("AND SYNC = ?", [sync]) if sync else ("", [])
        dead_runs = self._database.rows(
            f"SELECT RUN_ID, SYNC FROM {self._state}.RUNS WHERE STATUS = 'RUNNING' {where}", binds
        )
        for row in dead_runs:
            message = "the run was killed before it ended; the next run carries on from its rows"
            self._database.rows(
                f"UPDATE {self._state}.RUNS SET STATUS = 'FAILED', RESPONSE_CODE = ?, MESSAGE = ?, "
                f"FINISHED_AT = {INSTANT} WHERE RUN_ID = ?",
                (INTERRUPTED, message, now, row["RUN_ID"]),
            )
            self.log_error(row["RUN_ID"], row["SYNC"], INTERRUPTED, message, now)
        if dead_runs:
            cleanup.clear(self._database, now)
