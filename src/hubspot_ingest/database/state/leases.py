"""Leases in ``STATE.SYNCS``: they keep two runs of one sync apart and show which runs are alive."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from hubspot_ingest.database import cleanup, sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.database.state.progress import LEASE
from hubspot_ingest.database.state.runs import Runs
from hubspot_ingest.database.state.syncs import Sync, Syncs
from hubspot_ingest.errors import SyncBusy
from hubspot_ingest.model import Json


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
        """Statements name the application's database: CREATE DATABASE changes the current one."""
        self._database = database
        application = sql.name(database.application)
        self._state, self._states = f"{application}.STATE", f"{application}.INTERNAL.SYNC_STATES"
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
        values = ", ".join(f"f.VALUE:{name}::{kind} AS {name}" for name, kind in read.items())
        [counts] = self._database.rows(
            f"UPDATE {self._state}.SYNCS t SET LEASE_RUN_ID = s.run_id, VERSION = s.version, "
            "TURN = s.turn, LEASE_AT = TO_TIMESTAMP_NTZ(s.began_at, 3), "
            f"LEASE_UNTIL = {INSTANT}, LEASE_PROCESS = s.process, LEASE_WEIGHT = s.weight "
            f"FROM (SELECT {values} FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f "
            f"JOIN {self._states} v ON v.NAME = f.VALUE:name::VARCHAR AND EQUAL_NULL("
            "DATE_PART(EPOCH_MILLISECOND, v.LEASE_UNTIL), f.VALUE:read_until::NUMBER) "
            "AND v.TURN = f.VALUE:read_turn::NUMBER) s "
            "WHERE t.NAME = s.name AND EQUAL_NULL(t.VERSION, s.read_version) "
            "AND EQUAL_NULL(t.LEASE_RUN_ID, s.read_run_id)",
            (now + LEASE, json.dumps(rows)),
        )
        if int(counts["number of rows updated"]) == len(wanted):
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
