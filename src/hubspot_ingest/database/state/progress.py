"""The table ``STATE.PROGRESS``: runs add how far they are; the last row of a sync is its state.

Nothing in it is changed: UPDATE, DELETE and MERGE wait in line for a table, INSERT does not
(docs/decisions/0017-progress-is-added.md).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.runs import RunLog, without_nulls
from hubspot_ingest.database.state.sweeps import SweepsState
from hubspot_ingest.database.state.syncs import EarnedOn
from hubspot_ingest.errors import IngestError, StateOutdated, SyncBusy
from hubspot_ingest.model import Json

# A run that has written nothing for this long is taken for dead.
LEASE = 15 * times.MINUTE
# How often a run says that it is alive.
RENEWED_EVERY = times.MINUTE
# Of a sync, what is older than so many turns is deleted now and then.
TURNS_KEPT = 100

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
    the lease. It renews the lease too. ``log`` is told to who looks at the run.
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
    written_at: int = 0
    ended: bool = False
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
        if error is not None:
            raise error
        self.written_at = now

    def renew(self, every: int = RENEWED_EVERY) -> None:
        """Write where that was not done for so many ms, or the clock was set back since."""
        if not 0 <= self.clock.now() - self.written_at < every:
            self.write()

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
        """Run a statement that changes one row where ``STATE_KEY`` holds; raises as told above."""
        [counts] = self.database.rows(statement, binds)
        if not any(int(count or 0) for count in counts.values()):
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
    if _insert(database, rows, key=_KEY) == len(rows):
        return [None] * len(rows)
    errors = refusals(writers)
    refused = [row for row, error in zip(rows, errors, strict=True) if error is not None]
    if lease_until is None and refused:
        # the lease is given back all the same; a state of another version counts for nothing
        _insert(database, refused, key=_LEASE_KEY)
    return errors


def refusals(writers: Sequence[StateWriter]) -> list[IngestError | None]:
    """For each run why it may not write the state of its sync any more; None where it may."""
    database = writers[0].database
    rows = database.all_rows(
        f"SELECT NAME, VERSION, LEASE_RUN_ID FROM {sql.name(database.application)}.STATE.SYNCS"
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


def _insert(database: Database, rows: Sequence[Mapping[str, Json]], *, key: str) -> int:
    """Add those of the rows for which a key holds; returns how many."""
    state = f"{sql.name(database.application)}.STATE"
    columns = [*_INSTANTS, *_VARIANTS]
    values = [f"TO_TIMESTAMP_NTZ(f.VALUE:{name.lower()}::NUMBER, 3)" for name in _INSTANTS]
    values += [f"f.VALUE:{name.lower()}" for name in _VARIANTS]
    [counts] = database.rows(
        f"INSERT INTO {state}.PROGRESS (SYNC, RUN_ID, TURN, NUMBER, VERSION, {', '.join(columns)}) "
        "SELECT s.NAME, s.LEASE_RUN_ID, f.VALUE:turn::NUMBER, f.VALUE:number::NUMBER, "
        f"f.VALUE:version::VARCHAR, {', '.join(values)} "
        f"FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f JOIN {state}.SYNCS s ON {key}",
        (json.dumps([*rows]),),
    )
    return sum(int(count or 0) for count in counts.values())


def delete_old(database: Database) -> None:
    """Delete what was written ``TURNS_KEPT`` turns before a sync's last row.

    The day of requests as it was last told stays, however long ago that was.
    """
    progress = f"{sql.name(database.application)}.STATE.PROGRESS"
    database.rows(
        f"DELETE FROM {progress} t USING (SELECT SYNC, MAX(TURN) AS LAST_TURN FROM {progress} "
        f"GROUP BY SYNC) n WHERE t.SYNC = n.SYNC AND t.TURN < n.LAST_TURN - {TURNS_KEPT} "
        "AND IFNULL(t.USAGE:checked_at::NUMBER, 0) NOT IN (SELECT MAX(USAGE:checked_at::NUMBER) "
        f"FROM {progress} WHERE USAGE IS NOT NULL GROUP BY USAGE:fingerprint::VARCHAR)"
    )
