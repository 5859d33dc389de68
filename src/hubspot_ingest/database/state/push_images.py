"""What runs of pushes replaced: the table ``STATE.PUSH_IMAGES``, read to roll a run back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hubspot_ingest.database.connection import Database, Row, variant
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.database.state.push_json import FROM_BIND, json_binds, json_columns
from hubspot_ingest.database.state.push_ledger import NOT_OURS

_LINK_IMAGE = {
    "ROW_KEY": "VARCHAR",
    "RECORD_ID": "VARCHAR",
    "LINKS": "VARIANT",
    "CREATED_AT": "INSTANT",
}


class PushImages:
    """The images of all pushes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._state = database.in_application("STATE")

    def push_of(self, run_id: str) -> str | None:
        """The push of a run; None for a run of a sync, and for none."""
        rows = self._database.rows(
            f"SELECT SYNC FROM {self._state}.RUNS WHERE RUN_ID = ? AND DIRECTION = 'OUT'",
            (run_id,),
        )
        return str(rows[0]["SYNC"]) if rows else None

    def was_rolled_back(self, run_id: str) -> bool:
        """Whether that was done before."""
        return bool(
            self._database.rows(
                f"SELECT 1 AS DONE FROM {self._state}.RUNS "
                "WHERE RUN_ID = ? AND ROLLED_BACK_AT IS NOT NULL",
                (run_id,),
            )
        )

    def mark_rolled_back(self, run_id: str, now: int) -> None:
        """Say that what a run wrote is undone."""
        self._database.rows(
            f"UPDATE {self._state}.RUNS SET ROLLED_BACK_AT = {INSTANT} WHERE RUN_ID = ?",
            (now, run_id),
        )

    def later_runs(self, push: str, run_id: str) -> list[str]:
        """Later runs of the push that wrote something and are not rolled back, newest first."""
        rows = self._database.rows(
            f"SELECT r.RUN_ID FROM {self._state}.RUNS r JOIN {self._state}.RUNS o "
            "ON o.RUN_ID = ? AND r.STARTED_AT > o.STARTED_AT WHERE r.SYNC = ? "
            "AND r.ROLLED_BACK_AT IS NULL AND r.RUN_ID IN "
            f"(SELECT RUN_ID FROM {self._state}.PUSH_IMAGES WHERE PUSH = ? UNION "
            f"SELECT RUN_ID FROM {self._state}.PUSH_LINKS WHERE PUSH = ? AND STATE = 'MADE') "
            "ORDER BY r.STARTED_AT DESC, r.RUN_ID DESC",
            (run_id, push, push, push),
        )
        return [str(row["RUN_ID"]) for row in rows]

    def has_any(self, push: str, run_id: str) -> bool:
        """Whether it is known what a run wrote, or made."""
        return bool(self.page(push, run_id, "", 1) or self.links_of(push, run_id))

    def page(self, push: str, run_id: str, after: str, limit: int) -> list[Row]:
        """The next images of a run, by key."""
        rows = self._database.rows(
            "SELECT ROW_KEY, RECORD_ID, ACTION, BEFORE, WRITTEN "
            f"FROM {self._state}.PUSH_IMAGES WHERE PUSH = ? AND RUN_ID = ? AND ROW_KEY > ? "
            f"ORDER BY ROW_KEY LIMIT {limit}",
            (push, run_id, after),
        )
        for row in rows:
            for column in ("BEFORE", "WRITTEN"):
                row[column] = variant(row[column]) or {}
        return rows

    def links_of(self, push: str, run_id: str) -> list[str]:
        """The keys of rows for which a run made or removed associations."""
        rows = self._database.rows(
            f"SELECT ROW_KEY FROM {self._state}.PUSH_LINKS "
            "WHERE PUSH = ? AND RUN_ID = ? AND STATE = 'MADE' "
            f"UNION SELECT ROW_KEY FROM {self._state}.PUSH_IMAGES "
            "WHERE PUSH = ? AND RUN_ID = ? AND LINKS IS NOT NULL ORDER BY ROW_KEY",
            (push, run_id, push, run_id),
        )
        return [str(row["ROW_KEY"]) for row in rows]

    def removed_links(
        self, push: str, run_id: str, keys: Sequence[str]
    ) -> dict[str, list[dict[str, Any]]]:
        """The associations that a run removed from some rows' records, by key."""
        rows = self._database.rows(
            f"SELECT ROW_KEY, LINKS FROM {self._state}.PUSH_IMAGES "
            "WHERE PUSH = ? AND RUN_ID = ? AND LINKS IS NOT NULL AND ROW_KEY IN "
            f"(SELECT f.VALUE::VARCHAR AS ROW_KEY {FROM_BIND})",
            (push, run_id, json.dumps(list(keys))),
        )
        return {str(row["ROW_KEY"]): variant(row["LINKS"]) or [] for row in rows}

    def add_links(self, push: str, run_id: str, rows: Iterable[Mapping[str, object]]) -> None:
        """Remember which associations of a row a run is about to remove.

        ``row_key``, ``record_id``, ``links`` and ``created_at``, an instant.
        """
        for bind in json_binds(rows):
            self._database.rows(
                f"MERGE INTO {self._state}.PUSH_IMAGES t USING (SELECT ? AS PUSH, ? AS RUN_ID, "
                f"{json_columns(_LINK_IMAGE)} {FROM_BIND}) s "
                "ON t.PUSH = s.PUSH AND t.RUN_ID = s.RUN_ID AND t.ROW_KEY = s.ROW_KEY "
                "WHEN MATCHED THEN UPDATE SET LINKS = s.LINKS "
                "WHEN NOT MATCHED THEN INSERT (PUSH, RUN_ID, ROW_KEY, RECORD_ID, ACTION, LINKS, "
                "CREATED_AT) VALUES (s.PUSH, s.RUN_ID, s.ROW_KEY, s.RECORD_ID, 'LINK', s.LINKS, "
                "s.CREATED_AT)",
                (push, run_id, bind),
            )

    def put_back(self, push: str, values: Mapping[str, Mapping[str, str]]) -> None:
        """Rows of a push hold these values again, by key and property, and are planned afresh.

        What was before may be somebody else's: it does not count as sent.
        """
        rows = self._database.rows(
            f"SELECT ROW_KEY, SENT, ALTERED FROM {self._state}.PUSH_ROWS WHERE PUSH = ? "
            f"AND ROW_KEY IN (SELECT f.VALUE::VARCHAR AS ROW_KEY {FROM_BIND})",
            (push, json.dumps(list(values))),
        )
        columns = {"ROW_KEY": "VARCHAR", "SENT": "VARIANT", "ALTERED": "VARIANT"}
        for bind in json_binds(
            {
                "row_key": row["ROW_KEY"],
                "sent": {**(variant(row["SENT"]) or {}), **values[str(row["ROW_KEY"])]},
                "altered": {
                    **(variant(row["ALTERED"]) or {}),
                    **dict.fromkeys(values[str(row["ROW_KEY"])], NOT_OURS),
                },
            }
            for row in rows
        ):
            self._database.rows(
                f"MERGE INTO {self._state}.PUSH_ROWS t USING (SELECT ? AS PUSH, "
                f"{json_columns(columns)} {FROM_BIND}) s "
                "ON t.PUSH = s.PUSH AND t.ROW_KEY = s.ROW_KEY WHEN MATCHED THEN UPDATE SET "
                "SENT = s.SENT, ALTERED = s.ALTERED, SENT_HASH = NULL, STATE = 'SYNCED', "
                "REMOVED_AT = NULL",
                (push, bind),
            )
