"""The tables ``STATE.RUNS`` and ``ERRORS``: how runs went and what they cost.

A run has its row of RUNS once it has ended; until then ``STATE.PROGRESS`` tells how far it is, and
the view ``INTERNAL.ALL_RUNS`` shows both.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hubspot_ingest import times
from hubspot_ingest.database import cleanup
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import BOUND_ROWS, INSTANT
from hubspot_ingest.database.state.syncs import Sync
from hubspot_ingest.errors import IngestError
from hubspot_ingest.model import Json
from hubspot_ingest.stopwatch import Activity, Stopwatch

INTERRUPTED = "INTERRUPTED"
KILLED = "the run was killed before it ended; the next run carries on from its rows"


@dataclass
class RunLog:
    """What RUNS shows of a run. Instants are epoch milliseconds.

    ``warehouse_seconds`` returns the seconds used so far. ``endpoints`` has what the requests cost,
    ``usage`` the day of requests as it was last reported, where that is news.
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
    endpoints: list[Json] = field(default_factory=list)
    usage: dict[str, Json] | None = None

    def seconds(self, activity: Activity) -> float:
        """The seconds spent on an activity, as far as they were measured."""
        return 0.0 if self.watch is None else self.watch.seconds(activity)

    def staged(self, size: int) -> None:
        """Count a staged file of ``size`` bytes."""
        self.staged_bytes += size

    def succeed(self, now: int) -> None:
        """The run came to its end; where nothing was said of it yet, it tells what it did."""
        self.status, self.finished_at = "SUCCEEDED", now
        if self.message:
            return
        changed = self.rows_inserted + self.rows_updated + self.rows_deleted
        self.message = f"{self.rows_read or 'no'} {self.stream} "
        self.message += "read" if self.rows_read else "to read"
        self.message += (
            f", {self.rows_inserted} inserted and {self.rows_updated} updated in {self.destination}"
            if changed or self.rows_read
            else "; nothing was changed"
        )
        if self.rows_deleted:
            self.message += f", {self.rows_deleted} marked as deleted or filtered out"

    def fail(self, error: IngestError, now: int) -> None:
        """The run ended with an error."""
        self.status, self.response_code, self.message = (
            error.status,
            error.response_code,
            error.message,
        )
        self.finished_at = now

    def row(self) -> dict[str, Json]:
        """The values of its row of RUNS by column."""
        return {
            "RUN_ID": self.run_id,
            "SYNC": self.sync,
            "STREAM": self.stream,
            "STATUS": self.status,
            "DESTINATION": self.destination,
            "STRATEGY": self.strategy,
            "PLAN_HASH": self.plan_hash,
            "RESPONSE_CODE": self.response_code,
            "MESSAGE": self.message,
            "DIRECTION": self.direction,
            "STARTED_AT": self.started_at,
            "SINCE": self.since,
            "UNTIL": self.until,
            "SETTLED_THROUGH": self.settled_through,
            "FINISHED_AT": self.finished_at,
            "ROWS_EXPECTED": self.rows_expected,
            "ROWS_READ": self.rows_read,
            "ROWS_INSERTED": self.rows_inserted,
            "ROWS_UPDATED": self.rows_updated,
            "ROWS_DELETED": self.rows_deleted,
            "VALUES_MISFIT": self.values_misfit,
            "REQUESTS": self.requests,
            "BYTES": self.bytes,
            "STAGED_BYTES": self.staged_bytes,
            "DURATION_SECONDS": ((self.finished_at or self.started_at) - self.started_at) / 1000,
            "WAREHOUSE_SECONDS": round(self.warehouse_seconds(), 3),
            "REQUEST_SECONDS": self.seconds(Activity.REQUESTS),
            "WAITING_SECONDS": self.seconds(Activity.WAITING),
            "LOADING_SECONDS": self.seconds(Activity.LOADING),
            "ENDPOINTS": self.endpoints or None,
        }


def new_run_id(now: int) -> str:
    """The id of a run that begins at ``now`` (epoch ms): its day in UTC, and what no other has."""
    return f"{times.iso(now)[:10]}-{uuid.uuid4().hex[:12]}"


_TEXTS = (
    *("RUN_ID", "SYNC", "STREAM", "STATUS", "DESTINATION", "STRATEGY", "PLAN_HASH"),
    *("RESPONSE_CODE", "MESSAGE", "DIRECTION"),
)
_INSTANTS = ("STARTED_AT", "SINCE", "UNTIL", "SETTLED_THROUGH", "FINISHED_AT")


def without_nulls(values: Mapping[str, Json]) -> dict[str, Json]:
    """The values that are there: what is missing in an object reads as NULL, null does not."""
    return {name: value for name, value in values.items() if value is not None}


def _value(column: str) -> str:
    """The expression for a column of RUNS from a row's JSON."""
    value = f"f.VALUE:{column}"
    if column in _INSTANTS:
        return f"TO_TIMESTAMP_NTZ({value}::NUMBER, 3)"
    if column in _TEXTS:
        return f"{value}::VARCHAR"
    if column.endswith("_SECONDS"):
        return f"{value}::FLOAT"
    return value if column == "ENDPOINTS" else f"{value}::NUMBER"


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
        self._database = database
        self._state = database.in_application("STATE")
        self._core = database.in_application("CORE")
        self._internal = database.in_application("INTERNAL")

    def add(self, logs: Sequence[RunLog]) -> None:
        """Insert the rows of runs, in one statement."""
        self._insert([log.row() for log in logs])

    def end(self, runs: Sequence[tuple[RunLog, str]]) -> int:
        """Insert the rows of runs that have ended, in one statement; returns how many.

        Each comes with the version of its sync. None is inserted for a run that has one, nor for
        one that is OK and whose sync is not its own any more.
        """
        return self._insert(
            [{**log.row(), "VERSION": version} for log, version in runs],
            f"LEFT JOIN {self._state}.SYNCS k ON k.LEASE_RUN_ID = f.VALUE:RUN_ID::VARCHAR "
            "AND k.NAME = f.VALUE:SYNC::VARCHAR AND k.VERSION = f.VALUE:VERSION::VARCHAR "
            f"LEFT JOIN {self._state}.RUNS r ON r.RUN_ID = f.VALUE:RUN_ID::VARCHAR "
            "WHERE r.RUN_ID IS NULL "
            "AND (k.NAME IS NOT NULL OR f.VALUE:RESPONSE_CODE::VARCHAR <> 'OK')",
        )

    def _insert(self, rows: Sequence[Mapping[str, Json]], which: str = "") -> int:
        """Insert rows (``f``); returns how many. ``which`` is SQL that joins and filters them."""
        columns = [*RunLog("", "", "", 0).row()]
        return self._database.change(
            f"INSERT INTO {self._state}.RUNS ({', '.join(columns)}) "
            f"SELECT {', '.join(map(_value, columns))} "
            f"FROM {BOUND_ROWS} {which}",
            (json.dumps([without_nulls(row) for row in rows]),),
        )

    def save(self, run: RunLog) -> None:
        """Update the row of a run that shows from its beginning, as those of pushes do."""
        row = without_nulls(run.row())
        sets = ", ".join(f"{column} = {_value(column)}" for column in run.row())
        self._database.rows(
            f"UPDATE {self._state}.RUNS SET {sets} FROM {BOUND_ROWS} WHERE RUN_ID = ?",
            (json.dumps([row]), run.run_id),
        )

    def last_run(self, sync: str, plan_hash: str) -> tuple[int, dict[str, int]] | None:
        """Rows read, and requests by endpoint, of the last run of this plan that succeeded."""
        rows = self._database.rows(
            "SELECT r.ROWS_READ, q.ENDPOINT, q.COUNT - q.RETRIES AS SENT FROM ("
            f"SELECT RUN_ID, ROWS_READ FROM {self._state}.RUNS "
            "WHERE SYNC = ? AND PLAN_HASH = ? AND STATUS = 'SUCCEEDED' "
            "QUALIFY ROW_NUMBER() OVER (ORDER BY STARTED_AT DESC, RUN_ID DESC) = 1) r "
            f"JOIN {self._core}.REQUESTS q ON q.RUN_ID = r.RUN_ID",
            (sync, plan_hash),
        )
        if not rows:
            return None
        return int(rows[0]["ROWS_READ"]), {row["ENDPOINT"]: int(row["SENT"]) for row in rows}

    def seconds_per_request(self, sync: str) -> dict[str, float]:
        """The mean seconds per request in the runs of a sync, by endpoint."""
        rows = self._database.rows(
            "SELECT q.ENDPOINT, SUM(q.SECONDS) / SUM(q.COUNT) AS SECONDS "
            f"FROM {self._core}.REQUESTS q JOIN {self._state}.RUNS r ON r.RUN_ID = q.RUN_ID "
            "WHERE r.SYNC = ? GROUP BY q.ENDPOINT",
            (sync,),
        )
        return {str(row["ENDPOINT"]): float(row["SECONDS"]) for row in rows}

    def recent(self, since: int) -> dict[str, RecentRuns]:
        """The runs that began at or after an instant (ms), by sync.

        Replays and comparisons are none.
        """
        began = "DATE_PART(EPOCH_MILLISECOND, MAX({}))"
        succeeded = "IFF(STATUS = 'SUCCEEDED', {}, NULL)"
        rows = self._database.rows(
            f"SELECT SYNC, {began.format('STARTED_AT')} AS BEGAN_AT, "
            f"{began.format(succeeded.format('STARTED_AT'))} AS SUCCEEDED_AT, "
            f"AVG({succeeded.format('DURATION_SECONDS')}) AS SECONDS "
            f"FROM {self._internal}.ALL_RUNS WHERE STARTED_AT >= {INSTANT} "
            "AND IFNULL(STRATEGY, '') NOT IN ('REPLAY', 'RECONCILE') GROUP BY SYNC",
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
        self.log_errors([(run_id, sync, code, message)], now)

    def log_errors(self, errors: Sequence[tuple[str | None, str, str, str]], now: int) -> None:
        """Insert rows of ERRORS, each by run, sync, code and message, in one statement."""
        columns = ("RUN_ID", "SYNC", "CODE", "MESSAGE")
        rows = [without_nulls(dict(zip(columns, error, strict=True))) for error in errors]
        self._database.rows(
            f"INSERT INTO {self._state}.ERRORS ({', '.join(columns)}, CREATED_AT) "
            f"SELECT {', '.join(f'f.VALUE:{column}::VARCHAR' for column in columns)}, {INSTANT} "
            "FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f",
            (now, json.dumps(rows)),
        )

    def fail(self, run: RunLog, error: IngestError, now: int, *, logged: bool = False) -> None:
        """End such a run with an error, in RUNS and, unless it was ``logged`` before, in ERRORS."""
        run.fail(error, now)
        self.save(run)
        if not logged:
            self.log_error(run.run_id, run.sync, error.response_code, error.message, now)

    def interrupt(self, now: int, name: str) -> None:
        """End the killed runs of a name that have a row already, and drop what they staged.

        The caller has made sure that none of them is alive.
        """
        dead_runs = self._database.rows(
            f"SELECT RUN_ID FROM {self._state}.RUNS WHERE STATUS = 'RUNNING' AND SYNC = ?", (name,)
        )
        for row in dead_runs:
            self._database.rows(
                f"UPDATE {self._state}.RUNS SET STATUS = ?, RESPONSE_CODE = ?, MESSAGE = ?, "
                f"FINISHED_AT = {INSTANT} WHERE RUN_ID = ?",
                (*_killed(now).values(), row["RUN_ID"]),
            )
            self.log_error(row["RUN_ID"], name, INTERRUPTED, KILLED, now)
        cleanup.clear(self._database)

    def interrupt_sync(self, sync: Sync, now: int) -> None:
        """End the killed run that holds the lease of a sync as FAILED, if it has no end yet.

        The caller has made sure that it is dead; the statement checks that once more.
        """
        if sync.began_at is None:
            # a run of an earlier version, or none
            self.interrupt(now, sync.name)
            return
        log = RunLog(str(sync.run_id), sync.name, sync.stream, sync.began_at)
        values = {**log.row(), **sync.progress, **_killed(now), "LEASE_UNTIL": sync.lease_until}
        columns = [*log.row()]
        # of two that find it dead one adds the row: MERGEs of one table go one after the other
        added = self._database.change(
            f"MERGE INTO {self._state}.RUNS r USING (SELECT "
            f"{', '.join(f'{_value(column)} AS {column}' for column in columns)} "
            f"FROM {BOUND_ROWS} "
            f"JOIN {self._internal}.SYNC_STATES v ON v.NAME = f.VALUE:SYNC::VARCHAR "
            "AND v.LEASE_RUN_ID = f.VALUE:RUN_ID::VARCHAR AND "
            "DATE_PART(EPOCH_MILLISECOND, v.LEASE_UNTIL) = f.VALUE:LEASE_UNTIL::NUMBER) s "
            "ON r.RUN_ID = s.RUN_ID WHEN NOT MATCHED THEN INSERT "
            f"({', '.join(columns)}) VALUES ({', '.join(f's.{column}' for column in columns)})",
            (json.dumps([without_nulls(values)]),),
        )
        if added:
            self.log_error(sync.run_id, sync.name, INTERRUPTED, KILLED, now)


def _killed(now: int) -> dict[str, Json]:
    return {
        "STATUS": "FAILED",
        "RESPONSE_CODE": INTERRUPTED,
        "MESSAGE": KILLED,
        "FINISHED_AT": now,
    }
