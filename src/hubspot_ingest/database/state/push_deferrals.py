"""Rows that a run left to the next one: outcomes ``DEFERRED`` in ``STATE.PUSH_OUTCOMES``."""

from __future__ import annotations

from collections.abc import Sequence

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.database.state.push_json import FROM_BIND, text_binds

DEFERRED_MESSAGE = "the run ended before it; the next run carries on"


class Deferrals:
    """What the runs of one push left."""

    def __init__(self, database: Database, push: str) -> None:
        self._database = database
        self._push = push
        self._state = database.in_application("STATE")

    def add(self, run_id: str, plan_hash: str, actions: Sequence[str], now: int) -> int:
        """Say that rows of a plan with some actions, and no outcome, were left; how many."""
        return self._database.change(
            f"INSERT INTO {self._state}.PUSH_OUTCOMES (PUSH, RUN_ID, ROW_KEY, RECORD_ID, OUTCOME, "
            "MESSAGE, SETTLED_AT) SELECT p.PUSH, ?, p.ROW_KEY, p.RECORD_ID, 'DEFERRED', "
            f"{sql.text(DEFERRED_MESSAGE)}, {INSTANT} FROM {self._state}.PUSH_PLAN_ROWS p "
            f"LEFT JOIN {self._state}.PUSH_OUTCOMES o ON o.PUSH = p.PUSH AND o.RUN_ID = ? "
            "AND o.ROW_KEY = p.ROW_KEY WHERE p.PUSH = ? AND p.PLAN_HASH = ? "
            f"AND p.ACTION IN ({', '.join(map(sql.text, actions))}) AND o.PUSH IS NULL",
            (run_id, now, run_id, self._push, plan_hash),
        )

    def forget(self, run_id: str, keys: Sequence[str]) -> None:
        """Forget that rows were left: what became of them is known now."""
        for bind in text_binds(keys):
            self._database.rows(
                f"DELETE FROM {self._state}.PUSH_OUTCOMES WHERE PUSH = ? AND RUN_ID = ? "
                "AND OUTCOME = 'DEFERRED' AND ROW_KEY IN "
                f"(SELECT f.VALUE::VARCHAR AS ROW_KEY {FROM_BIND})",
                (self._push, run_id, bind),
            )
