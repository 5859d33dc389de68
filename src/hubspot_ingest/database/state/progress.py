"""Leases of syncs, and ``STATE.PROGRESS``: whoever holds one adds how far it is, its state.

A lease is taken in ``STATE.SYNCS`` and keeps two runs of one sync apart; it is renewed and given
back by a row of ``PROGRESS``, whose last row of a sync is the sync's state. Nothing in that table
is changed: UPDATE, DELETE and MERGE wait in line, INSERT does not
(docs/decisions/0017-progress-is-added.md).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any, Self

from hubspot_ingest import times
from hubspot_ingest.database import cleanup
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import BOUND_ROWS, INSTANT, Table
from hubspot_ingest.database.state.runs import RunLog, Runs, without_nulls
from hubspot_ingest.database.state.stop_requests import StopRequests
from hubspot_ingest.database.state.syncs import EarnedOn, SweepsState, Sync, Syncs
from hubspot_ingest.database.statements.views import REGISTER_NAME
from hubspot_ingest.errors import IngestError, StateOutdated, StopRequested, SyncBusy
from hubspot_ingest.model import Json

# A run that has written nothing for this long is taken for dead.
LEASE = 15 * times.MINUTE
# How often a run says that it is alive.
RENEWED_EVERY = times.MINUTE
STATE_KEY = "NAME = ? AND VERSION = ? AND LEASE_RUN_ID = ?"
"""Where a run may write the state of its sync; binds: ``StateWriter.key``."""


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
    """The state of a sync under the key of one run: the settings' version and the lease.

    Each write adds a row with the whole state, in one statement that adds nothing where the key is
    not the run's any more; then it raises ``StateOutdated``, or ``SyncBusy`` where another run took
    the lease. It renews the lease too. ``log`` is what RUNS shows meanwhile. Once somebody asked
    the run to stop, ``on_stop`` is called and the writes go on; without one, a write raises
    ``StopRequested``.
    """

    database: Database
    clock: times.Clock
    sync: str
    run_id: str
    turn: int
    version: str
    earned_on: EarnedOn
    settled_through: int | None = None
    checkpoint: Mapping[str, Any] | None = None
    sweeps: SweepsState = field(default_factory=SweepsState)
    log: RunLog | None = None
    on_stop: Callable[[StopRequested], None] | None = None
    written_at: int = 0
    ended: bool = False
    stopping: bool = field(default=False, init=False)
    _number: int = field(default=0, init=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """The binds of ``STATE_KEY``."""
        return self.sync, self.version, self.run_id

    def advance(self, settled_through: int) -> None:
        """All rows up to ``settled_through`` are in: move the cursor, drop the checkpoint.

        Stored with the next write: until then the next run would read more than it must.
        """
        self.settled_through, self.checkpoint = settled_through, None

    def save_checkpoint(self, checkpoint: Mapping[str, Json]) -> None:
        """How far an unfinished run has come, after its rows are in."""
        self.checkpoint = checkpoint
        self.write()

    def keep_sweeps(self, state: SweepsState) -> None:
        """How far the sweeps have come; stored with the next write."""
        self.sweeps = state

    def save_sweeps(self, state: SweepsState) -> None:
        """How far the sweeps have come, after their rows are in."""
        self.sweeps = state
        self.write()

    def rewind(self, settled_through: int | None, sweeps: SweepsState) -> None:
        """Move the cursor back, None to the beginning; what was left unfinished begins anew."""
        self.settled_through, self.checkpoint, self.sweeps = settled_through, None, sweeps
        self.write()

    def forget(self) -> None:
        """Nothing that was read before counts any more: the next run is a backfill."""
        self.rewind(None, SweepsState())

    def write(self) -> None:
        """Add the state as it is, and say that the run is alive."""
        now = self.clock.now()
        [error] = _add([self], now + LEASE)
        if isinstance(error, StopRequested) and self.on_stop is not None:
            self.stopping = True
            self.on_stop(error)
            [error] = _add([self], now + LEASE)
        if error is not None:
            raise error
        self.written_at = now

    def renew(self, every: int = RENEWED_EVERY) -> None:
        """Write where that was not done for so many ms, or the clock was set back since."""
        if not 0 <= self.clock.now() - self.written_at < every:
            self.write()

    def release(self) -> None:
        """Store the state as it is, where it still counts, and let the next run begin."""
        if not self.ended:
            release([self])

    def __enter__(self) -> Self:
        """The lease is held already."""
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Let the next run begin; what ended this one is not hidden by what keeps it from that."""
        with nullcontext() if error is None else suppress(Exception):
            self.release()

    def row(self, lease_until: int | None) -> dict[str, Json]:
        """The next row; without ``lease_until`` it gives the lease back."""
        self._number += 1
        log = self.log
        values: dict[str, Json] = {
            "sync": self.sync,
            "version": self.version,
            "run_id": self.run_id,
            "turn": self.turn,
            "number": self._number,
            "written_at": self.clock.now(),
            "lease_until": lease_until,
            "settled_through": self.settled_through,
            "checkpoint": None if self.checkpoint is None else {**self.checkpoint},
            "sweeps": self.sweeps.dump() or None,
            "earned_on": self.earned_on.dump(),
            "run": None if log is None or lease_until is None else log.row(),
            "usage": None if log is None else log.usage,
        }
        return without_nulls(values)

    def write_under_key(self, statement: str, binds: Sequence[object]) -> None:
        """Change one row where ``STATE_KEY`` holds; raises as every write does."""
        if not self.database.change(statement, binds):
            [error] = refusals([self])
            raise error or _lost(self.sync)


_INSTANTS = ("WRITTEN_AT", "LEASE_UNTIL", "SETTLED_THROUGH")
_VARIANTS = ("CHECKPOINT", "SWEEPS", "EARNED_ON", "RUN", "USAGE")


def release(writers: Sequence[StateWriter]) -> list[IngestError | None]:
    """Add the states of runs as they are for the last time, and give their leases back.

    Returns for each what kept its state from counting.
    """
    errors = _add(writers, None)
    for writer in writers:
        writer.ended = True
    return errors


def _add(writers: Sequence[StateWriter], lease_until: int | None) -> list[IngestError | None]:
    """Add a row of each in one statement, each under its own key; what kept it from being added."""
    database = writers[0].database
    rows = [writer.row(lease_until) for writer in writers]
    # a run that ends anyway stores what it came to, whoever asked it to stop
    stoppable = lease_until is not None and not any(writer.stopping for writer in writers)
    if _insert(database, rows, key=_KEY, unless_stopped=stoppable) == len(rows):
        return [None] * len(rows)
    errors = refusals(writers)
    if stoppable:
        requests = StopRequests(database)
        return [
            error or requests.error(writer.run_id)
            for error, writer in zip(errors, writers, strict=True)
        ]
    refused = [row for row, error in zip(rows, errors, strict=True) if error is not None]
    if lease_until is None and refused:
        # the lease is given back all the same; a state of another version counts for nothing
        _insert(database, refused, key=_LEASE_KEY)
    return errors


def refusals(writers: Sequence[StateWriter]) -> list[IngestError | None]:
    """For each run why it may not write the state of its sync any more; None where it may."""
    database = writers[0].database
    rows = database.all_rows(
        f"SELECT NAME, VERSION, LEASE_RUN_ID FROM {database.in_application('STATE.SYNCS')}"
    )
    stored = {str(row["NAME"]): (str(row["VERSION"]), row["LEASE_RUN_ID"]) for row in rows}
    return [_refusal(writer, *stored.get(writer.sync, ("DROPPED-", None))) for writer in writers]


def _refusal(writer: StateWriter, version: str, run_id: str | None) -> IngestError | None:
    if version == writer.version:
        return None if run_id == writer.run_id else _lost(writer.sync)
    reason = _OUTDATED.get(version.partition("-")[0], _OUTDATED["SETTINGS"])
    return StateOutdated(
        f"{reason.sentence.format(writer.sync)}; its rows are kept, and the next run begins anew",
        code=reason.code,
    )


def _lost(sync: str) -> SyncBusy:
    return SyncBusy(f"this run of {sync} lost its lease to another one and ends here")


_LEASE_KEY = "s.NAME = f.VALUE:sync::VARCHAR AND s.LEASE_RUN_ID = f.VALUE:run_id::VARCHAR"
_KEY = f"{_LEASE_KEY} AND s.VERSION = f.VALUE:version::VARCHAR"


def _insert(
    database: Database,
    rows: Sequence[Mapping[str, Json]],
    *,
    key: str,
    unless_stopped: bool = False,
) -> int:
    """Add those of the rows for which a key holds; returns how many.

    ``unless_stopped``: none of a run that somebody asked to stop.
    """
    state = database.in_application("STATE")
    columns = [*_INSTANTS, *_VARIANTS]
    values = [f"TO_TIMESTAMP_NTZ(f.VALUE:{name.lower()}::NUMBER, 3)" for name in _INSTANTS]
    values += [f"f.VALUE:{name.lower()}" for name in _VARIANTS]
    which = (
        f" LEFT JOIN {state}.STOP_REQUESTS q ON q.RUN_ID = s.LEASE_RUN_ID WHERE q.RUN_ID IS NULL"
        if unless_stopped
        else ""
    )
    return database.change(
        f"INSERT INTO {state}.PROGRESS (SYNC, RUN_ID, TURN, NUMBER, VERSION, {', '.join(columns)}) "
        "SELECT s.NAME, s.LEASE_RUN_ID, f.VALUE:turn::NUMBER, f.VALUE:number::NUMBER, "
        f"f.VALUE:version::VARCHAR, {', '.join(values)} "
        f"FROM {BOUND_ROWS} JOIN {state}.SYNCS s ON {key}{which}",
        (json.dumps([*rows]),),
    )


def settle(database: Database, schema: tuple[str, str], rows: Sequence[Mapping[str, Json]]) -> int:
    """Move what is settled of tables of a schema, each by a run whose key still holds.

    A row has ``table``, ``until`` (epoch ms) and the key: ``sync``, ``version`` and ``run_id``;
    with ``views`` it moves only where the views have that fingerprint. Returns how many moved.
    """
    register = Table(*schema, REGISTER_NAME).quoted
    return database.change(
        # no alias for the table: Snowflake's page of UPDATE has none
        f'UPDATE {register} SET "SETTLED_THROUGH" = TO_TIMESTAMP_NTZ(k.UNTIL, 3) FROM (SELECT '
        "f.VALUE:table::VARCHAR AS OF_TABLE, s.NAME AS OF_SYNC, "
        f"f.VALUE:views::VARCHAR AS OF_VIEWS, f.VALUE:until::NUMBER AS UNTIL FROM {BOUND_ROWS} "
        f"JOIN {database.in_application('STATE.SYNCS')} s ON {_KEY}) k "
        'WHERE "TABLE_NAME" = k.OF_TABLE AND "SYNC" = k.OF_SYNC '
        'AND (k.OF_VIEWS IS NULL OR "VIEWS" = k.OF_VIEWS)',
        (json.dumps([without_nulls(row) for row in rows]),),
    )


@dataclass(frozen=True, slots=True)
class LeaseRequest:
    """Who wants the lease of a sync, which is as it was read.

    With another ``version`` than that one's, what its runs have come to counts no more.
    ``began_at`` is None where it is no run that wants it (epoch ms). ``process`` shares the
    portal's limits with others by ``weight``; empty: the run alone.
    """

    sync: Sync
    run_id: str
    version: str
    began_at: int | None = None
    process: str = ""
    weight: int | None = None

    @property
    def turn(self) -> int:
        """The turn that begins with it."""
        return self.sync.turn + 1


class Leases:
    """Takes the leases of syncs; ``StateWriter`` renews them and gives them back."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._state = database.in_application("STATE")
        self._states = database.in_application("INTERNAL.SYNC_STATES")
        self._runs = Runs(database)

    def take(self, wanted: Sequence[LeaseRequest], now: int) -> list[bool]:
        """Take leases in one statement; False for a sync that is not as it was read any more.

        The one UPDATE of a run: of two that read the same sync, only one finds it as it was. A run
        that was read as killed may have renewed its lease since, which only ``PROGRESS`` shows.
        """
        rows: list[Json] = [
            {
                "name": each.sync.name,
                "read_version": each.sync.version,
                "read_run_id": each.sync.run_id,
                "read_until": each.sync.lease_until,
                "read_turn": each.sync.turn,
                "version": each.version,
                "run_id": each.run_id,
                "turn": each.turn,
                "began_at": each.began_at,
                "process": each.process or each.run_id,
                "weight": each.weight,
            }
            for each in wanted
        ]
        read = {
            **dict.fromkeys(("name", "read_version", "read_run_id", "version"), "VARCHAR"),
            **dict.fromkeys(("run_id", "process"), "VARCHAR"),
            **dict.fromkeys(("turn", "began_at", "weight"), "NUMBER"),
        }
        values = ", ".join(
            f"f.VALUE:{name}::{kind} AS MY_{name.upper()}" for name, kind in read.items()
        )
        count = self._database.change(
            # no alias for the table: Snowflake's page of UPDATE has none
            f"UPDATE {self._state}.SYNCS SET LEASE_RUN_ID = s.MY_RUN_ID, VERSION = s.MY_VERSION, "
            "TURN = s.MY_TURN, LEASE_AT = TO_TIMESTAMP_NTZ(s.MY_BEGAN_AT, 3), "
            f"LEASE_UNTIL = {INSTANT}, LEASE_PROCESS = s.MY_PROCESS, LEASE_WEIGHT = s.MY_WEIGHT "
            f"FROM (SELECT {values} FROM {BOUND_ROWS} "
            f"JOIN {self._states} v ON v.NAME = f.VALUE:name::VARCHAR AND EQUAL_NULL("
            "DATE_PART(EPOCH_MILLISECOND, v.LEASE_UNTIL), f.VALUE:read_until::NUMBER) "
            "AND v.TURN = f.VALUE:read_turn::NUMBER) s "
            "WHERE NAME = s.MY_NAME AND EQUAL_NULL(VERSION, s.MY_READ_VERSION) "
            "AND EQUAL_NULL(LEASE_RUN_ID, s.MY_READ_RUN_ID)",
            (now + LEASE, json.dumps(rows)),
        )
        if count == len(wanted):
            return [True] * len(wanted)
        stored = self._database.all_rows(f"SELECT NAME, LEASE_RUN_ID FROM {self._state}.SYNCS")
        holders = {row["NAME"]: row["LEASE_RUN_ID"] for row in stored}
        return [holders.get(each.sync.name) == each.run_id for each in wanted]

    def recover(self, now: int) -> None:
        """End every lease and every run that goes on; only where no run can be alive."""
        syncs = Syncs(self._database)
        held = [sync for sync in (*syncs.all(), *syncs.dropped()) if sync.lease_until is not None]
        for sync in held:
            self._runs.interrupt_sync(sync, now)
        # a turn of which nothing was written
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET LEASE_RUN_ID = NULL, LEASE_UNTIL = NULL, "
            "TURN = IFNULL(TURN, 0) + 1 WHERE LEASE_RUN_ID IS NOT NULL"
        )
        if held:
            cleanup.clear(self._database)


def busy(name: str) -> SyncBusy:
    """The error for a sync whose lease another run holds."""
    return SyncBusy(
        f"another run of {name} is going on; wait for it to end (see the view RUNS) or, if it "
        "was killed, for its lease to expire"
    )
