"""The ledger ``STATE.PUSH_ROWS`` and what surrounds it: intents, outcomes and images of pushes.

The order keeps a push from doing anything twice: an intent is stored before its row is sent, the
ledger after HubSpot acknowledged it, and the intent is removed last. Whoever finds an intent reads
the record back before it sends anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database, variant
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.database.state.push_json import FROM_BIND, json_binds, json_columns, text_binds

_SETTLED = {
    "ROW_KEY": "VARCHAR",
    "RECORD_ID": "VARCHAR",
    "STATE": "VARCHAR",
    "SENT": "VARIANT",
    "ALTERED": "VARIANT",
    "SENT_HASH": "VARCHAR",
    "DEFINITIONS": "VARCHAR",
    "HUBSPOT_MODIFIED_AT": "VARCHAR",
    "TRACE_ID": "VARCHAR",
    "CODE": "VARCHAR",
    "MESSAGE": "VARCHAR",
    "PROPERTY": "VARCHAR",
    "LINKS_WAITING": "BOOLEAN",
    "RUN_ID": "VARCHAR",
    "WAS_SENT": "BOOLEAN",
    "SETTLED_AT": "INSTANT",
}
_OUTCOME = {
    "RUN_ID": "VARCHAR",
    "ROW_KEY": "VARCHAR",
    "RECORD_ID": "VARCHAR",
    "OUTCOME": "VARCHAR",
    "CODE": "VARCHAR",
    "MESSAGE": "VARCHAR",
    "PROPERTY": "VARCHAR",
    "CHANGED": "VARIANT",
    "REQUEST_ID": "VARCHAR",
    "SETTLED_AT": "INSTANT",
}
_IMAGE = {
    "RUN_ID": "VARCHAR",
    "ROW_KEY": "VARCHAR",
    "RECORD_ID": "VARCHAR",
    "ACTION": "VARCHAR",
    "BEFORE": "VARIANT",
    "WRITTEN": "VARIANT",
    "CREATED_AT": "INSTANT",
}
_INTENT = "N, ROW_KEY, RECORD_ID, ACTION, PAYLOAD, BEFORE, SENT, ALTERED, SOURCE_HASH, IS_GONE"
_OBJECTS = ("PAYLOAD", "BEFORE", "SENT", "ALTERED")
# In ALTERED: the push sent nothing of what HubSpot holds of a property. HubSpot appends choices
# that begin with a semicolon ("Enumeration properties"): this appended none.
NOT_OURS = ";"


@dataclass(frozen=True, slots=True)
class UnknownCreate:
    """A row of which nobody knows whether it was created: what was sent, between which instants."""

    key: str
    hash: str
    sent: Mapping[str, str]
    sent_from: int
    sent_until: int


class Ledger:
    """What one push sent, is about to send, and what became of it."""

    def __init__(self, database: Database, push: str) -> None:
        self._database = database
        self._push = push
        self._state = database.in_application("STATE")

    # -- intents -----------------------------------------------------------------------------

    def intend(
        self,
        run_id: str,
        plan_hash: str,
        actions: Sequence[str],
        numbers: tuple[int, int],
        now: int,
    ) -> None:
        """Store that the plan's rows from one number to another are about to be sent."""
        self._database.rows(
            f"INSERT INTO {self._state}.PUSH_INTENTS (PUSH, RUN_ID, CREATED_AT, {_INTENT}) "
            f"SELECT PUSH, ?, {INSTANT}, {_INTENT} FROM {self._state}.PUSH_PLAN_ROWS "
            f"WHERE PUSH = ? AND PLAN_HASH = ? AND N >= ? AND N <= ? "
            f"AND ACTION IN ({', '.join(map(sql.text, actions))})",
            (run_id, now, self._push, plan_hash, *numbers),
        )

    def open_intents(self, limit: int) -> list[dict[str, Any]]:
        """Intents that nobody settled, with the run that had them, by the names of the columns."""
        rows = self._database.rows(
            f"SELECT RUN_ID, {_INTENT} FROM {self._state}.PUSH_INTENTS WHERE PUSH = ? "
            f"ORDER BY RUN_ID, N LIMIT {limit}",
            (self._push,),
        )
        for row in rows:
            for column in _OBJECTS:
                row[column] = variant(row[column]) or {}
        return rows

    def close_intents(self, run_id: str, keys: Sequence[str]) -> None:
        """Remove the intents of rows that are settled, or were never sent."""
        for bind in text_binds(keys):
            self._database.rows(
                f"DELETE FROM {self._state}.PUSH_INTENTS WHERE PUSH = ? AND RUN_ID = ? "
                f"AND ROW_KEY IN (SELECT f.VALUE::VARCHAR AS ROW_KEY {FROM_BIND})",
                (self._push, run_id, bind),
            )

    # -- what became of rows -----------------------------------------------------------------

    def settle(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Write rows of the ledger, by the names of the columns in small letters.

        ``was_sent`` counts as an attempt and moves FIRST_SENT_AT and LAST_SENT_AT. A row without
        ``sent`` keeps what the ledger says it sent.
        """
        kept = ("SENT", "ALTERED", "HUBSPOT_MODIFIED_AT", "TRACE_ID")
        sets = ", ".join(
            f"{column} = IFNULL(s.{column}, t.{column})"
            if column in kept
            else f"{column} = s.{column}"
            for column in _SETTLED
            if column not in ("ROW_KEY", "WAS_SENT", "SETTLED_AT")
        )
        names = [column for column in _SETTLED if column not in ("WAS_SENT", "SETTLED_AT")]
        for bind in json_binds(rows):
            self._database.rows(
                f"MERGE INTO {self._state}.PUSH_ROWS t USING (SELECT ? AS PUSH, "
                f"{json_columns(_SETTLED)} {FROM_BIND}) s "
                "ON t.PUSH = s.PUSH AND t.ROW_KEY = s.ROW_KEY "
                f"WHEN MATCHED THEN UPDATE SET {sets}, "
                "ATTEMPTS = IFNULL(t.ATTEMPTS, 0) + IFF(s.WAS_SENT, 1, 0), "
                "FIRST_SENT_AT = IFF(s.WAS_SENT, IFNULL(t.FIRST_SENT_AT, s.SETTLED_AT), "
                "t.FIRST_SENT_AT), "
                "LAST_SENT_AT = IFF(s.WAS_SENT, s.SETTLED_AT, t.LAST_SENT_AT), "
                "REMOVED_AT = IFF(s.STATE = 'REMOVED', s.SETTLED_AT, NULL) "
                f"WHEN NOT MATCHED THEN INSERT (PUSH, {', '.join(names)}, ATTEMPTS, "
                "FIRST_SENT_AT, LAST_SENT_AT) VALUES (s.PUSH, "
                f"{', '.join(f's.{column}' for column in names)}, IFF(s.WAS_SENT, 1, 0), "
                "IFF(s.WAS_SENT, s.SETTLED_AT, NULL), IFF(s.WAS_SENT, s.SETTLED_AT, NULL))",
                (self._push, bind),
            )

    def add_outcomes(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Add outcomes, by the names of the columns in small letters; once for a run and key."""
        self._insert("PUSH_OUTCOMES", _OUTCOME, rows)

    def add_images(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Add what writes replaced, likewise."""
        self._insert("PUSH_IMAGES", _IMAGE, rows)

    def _insert(
        self, table: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, object]]
    ) -> None:
        for bind in json_binds(rows):
            self._database.rows(
                f"INSERT INTO {self._state}.{table} (PUSH, {', '.join(columns)}) "
                f"SELECT ?, {', '.join(f's.{column}' for column in columns)} FROM "
                f"(SELECT {json_columns(columns)} {FROM_BIND}) s "
                f"LEFT JOIN {self._state}.{table} t ON t.PUSH = ? AND t.RUN_ID = s.RUN_ID "
                "AND EQUAL_NULL(t.ROW_KEY, s.ROW_KEY) WHERE t.PUSH IS NULL",
                (self._push, bind, self._push),
            )

    # -- looking and changing by hand --------------------------------------------------------

    def has_records(self) -> bool:
        """Whether rows have records, or may have: those of open intents and unknown outcome."""
        return bool(
            self._database.rows(
                f"SELECT 1 AS FOUND FROM {self._state}.PUSH_ROWS WHERE PUSH = ? "
                "AND (RECORD_ID IS NOT NULL OR STATE = 'UNKNOWN') "
                f"UNION ALL SELECT 1 AS FOUND FROM {self._state}.PUSH_INTENTS WHERE PUSH = ? "
                "LIMIT 1",
                (self._push, self._push),
            )
        )

    def owners(self, record_ids: Sequence[str]) -> dict[str, list[str]]:
        """The keys of the rows that have some records, in order, by record id."""
        if not record_ids:
            return {}
        rows = self._database.rows(
            f"SELECT RECORD_ID, ROW_KEY FROM {self._state}.PUSH_ROWS WHERE PUSH = ? "
            "AND STATE NOT IN ('REMOVED', 'SKIPPED') AND RECORD_ID IN "
            f"(SELECT f.VALUE::VARCHAR AS RECORD_ID {FROM_BIND}) ORDER BY ROW_KEY",
            (self._push, json.dumps(list(record_ids))),
        )
        owners: dict[str, list[str]] = {}
        for row in rows:
            owners.setdefault(str(row["RECORD_ID"]), []).append(str(row["ROW_KEY"]))
        return owners

    def recorded(self, record_ids: Sequence[str]) -> set[str]:
        """Those of some records that are, or were, those of rows of any push."""
        rows = self._database.rows(
            f"SELECT RECORD_ID FROM {self._state}.PUSH_ROWS WHERE RECORD_ID IN "
            f"(SELECT f.VALUE::VARCHAR AS RECORD_ID {FROM_BIND})",
            (json.dumps(list(record_ids)),),
        )
        return {str(row["RECORD_ID"]) for row in rows}

    def sent_before(self, keys: Sequence[str]) -> set[str]:
        """Those of some rows that were sent to HubSpot, whatever became of them."""
        rows = self._database.rows(
            f"SELECT ROW_KEY FROM {self._state}.PUSH_ROWS WHERE PUSH = ? AND ATTEMPTS > 0 "
            f"AND ROW_KEY IN (SELECT f.VALUE::VARCHAR AS ROW_KEY {FROM_BIND})",
            (self._push, json.dumps(list(keys))),
        )
        return {str(row["ROW_KEY"]) for row in rows}

    def retry(self, keys: Sequence[str] | None, now: int) -> list[str]:
        """Let refused and kept rows be planned again; the keys of those there are.

        ``keys`` None: all of them but those that are to be left alone at ``now`` (epoch ms).
        """
        which = "PUSH = ? AND STATE IN ('INVALID', 'REJECTED', 'KEPT', 'SKIPPED')"
        binds: list[object] = [self._push]
        if keys is None:
            which += f" AND (SKIP_UNTIL IS NULL OR SKIP_UNTIL <= {INSTANT})"
            binds.append(now)
        else:
            which += f" AND ROW_KEY IN (SELECT f.VALUE::VARCHAR AS ROW_KEY {FROM_BIND})"
            binds.append(json.dumps(list(keys)))
        rows = self._database.rows(
            f"SELECT ROW_KEY FROM {self._state}.PUSH_ROWS WHERE {which} ORDER BY ROW_KEY", binds
        )
        self._database.rows(
            f"UPDATE {self._state}.PUSH_ROWS SET SENT_HASH = NULL, SKIP_UNTIL = NULL WHERE {which}",
            binds,
        )
        return [str(row["ROW_KEY"]) for row in rows]

    def skip(self, keys: Sequence[str], until: int) -> None:
        """Leave rows alone until an instant (epoch ms), also such as were never looked at."""
        self._database.rows(
            f"MERGE INTO {self._state}.PUSH_ROWS t USING (SELECT ? AS PUSH, "
            f"f.VALUE::VARCHAR AS ROW_KEY, {INSTANT} AS SKIP_UNTIL {FROM_BIND}) s "
            "ON t.PUSH = s.PUSH AND t.ROW_KEY = s.ROW_KEY "
            "WHEN MATCHED THEN UPDATE SET SKIP_UNTIL = s.SKIP_UNTIL "
            "WHEN NOT MATCHED THEN INSERT (PUSH, ROW_KEY, STATE, SKIP_UNTIL) "
            "VALUES (s.PUSH, s.ROW_KEY, 'SKIPPED', s.SKIP_UNTIL)",
            (self._push, until, json.dumps(list(keys))),
        )

    def forget(self) -> None:
        """Forget everything that was sent; what is to be skipped too."""
        for table in ("PUSH_ROWS", "PUSH_LINKS", "PUSH_INTENTS", "PUSH_PLAN_ROWS"):
            self._database.rows(f"DELETE FROM {self._state}.{table} WHERE PUSH = ?", (self._push,))

    def find(self, key: str) -> dict[str, Any] | None:
        """What the ledger says of a row, by the names of the columns."""
        rows = self._database.rows(
            "SELECT RECORD_ID, STATE, SENT, CODE, MESSAGE, PROPERTY, RUN_ID "
            f"FROM {self._state}.PUSH_ROWS WHERE PUSH = ? AND ROW_KEY = ?",
            (self._push, key),
        )
        return {**rows[0], "SENT": variant(rows[0]["SENT"])} if rows else None

    def state_of(self, key: str) -> str | None:
        """The state of a row; None for one that was never looked at."""
        rows = self._database.rows(
            f"SELECT STATE FROM {self._state}.PUSH_ROWS WHERE PUSH = ? AND ROW_KEY = ?",
            (self._push, key),
        )
        return str(rows[0]["STATE"]) if rows else None

    def resolve(self, key: str, record_id: str | None) -> None:
        """Settle a row of unknown outcome: it is that record, or (None) it was not written."""
        if record_id is None:
            self._database.rows(
                f"DELETE FROM {self._state}.PUSH_ROWS WHERE PUSH = ? AND ROW_KEY = ?",
                (self._push, key),
            )
            return
        # HubSpot refused nothing and nothing is in doubt; the next run compares the values
        self._database.rows(
            f"UPDATE {self._state}.PUSH_ROWS SET STATE = 'SYNCED', RECORD_ID = ?, "
            "CODE = NULL, MESSAGE = NULL, PROPERTY = NULL, "
            "SENT_HASH = NULL WHERE PUSH = ? AND ROW_KEY = ?",
            (record_id, self._push, key),
        )

    def forget_unknown(self, keys: Sequence[str] | None = None, *, of_records: bool = False) -> int:
        """Let rows whose outcome is not known be planned again; how many.

        All of them, those with some keys, or ``of_records`` those whose record is known.
        """
        which, binds = " AND RECORD_ID IS NOT NULL" if of_records else "", [self._push]
        if keys is not None:
            which += f" AND ROW_KEY IN (SELECT f.VALUE::VARCHAR AS ROW_KEY {FROM_BIND})"
            binds.append(json.dumps(list(keys)))
        return self._database.change(
            f"UPDATE {self._state}.PUSH_ROWS SET STATE = 'REJECTED', SENT_HASH = NULL "
            f"WHERE PUSH = ? AND STATE = 'UNKNOWN'{which}",
            binds,
        )

    def unknown_creates(self, before: int, limit: int) -> list[UnknownCreate]:
        """Rows that were to be created, of unknown outcome since an instant (epoch ms) at least."""
        rows = self._database.rows(
            "SELECT r.ROW_KEY, r.SENT_HASH, o.CHANGED, "
            "DATE_PART(EPOCH_MILLISECOND, n.STARTED_AT) AS SENT_FROM, "
            "DATE_PART(EPOCH_MILLISECOND, o.SETTLED_AT) AS SENT_UNTIL "
            f"FROM {self._state}.PUSH_ROWS r JOIN {self._state}.PUSH_OUTCOMES o "
            "ON o.PUSH = r.PUSH AND o.RUN_ID = r.RUN_ID AND o.ROW_KEY = r.ROW_KEY "
            f"JOIN {self._state}.RUNS n ON n.RUN_ID = r.RUN_ID "
            "WHERE r.PUSH = ? AND r.STATE = 'UNKNOWN' AND r.RECORD_ID IS NULL "
            f"AND o.SETTLED_AT <= {INSTANT} ORDER BY r.ROW_KEY LIMIT {limit}",
            (self._push, before),
        )
        return [
            UnknownCreate(
                str(row["ROW_KEY"]),
                str(row["SENT_HASH"] or ""),
                {name: str(values[1]) for name, values in (variant(row["CHANGED"]) or {}).items()},
                int(row["SENT_FROM"]),
                int(row["SENT_UNTIL"]),
            )
            for row in rows
        ]

    def record_ids(self, keys: Sequence[str]) -> dict[str, str]:
        """The records of rows that are in HubSpot, by key."""
        rows = self._database.rows(
            f"SELECT ROW_KEY, RECORD_ID FROM {self._state}.PUSH_ROWS WHERE PUSH = ? "
            "AND STATE IN ('SYNCED', 'KEPT', 'REMOVED') AND RECORD_ID IS NOT NULL AND ROW_KEY IN "
            f"(SELECT f.VALUE::VARCHAR AS ROW_KEY {FROM_BIND})",
            (self._push, json.dumps(list(keys))),
        )
        return {str(row["ROW_KEY"]): str(row["RECORD_ID"]) for row in rows}

    def links_settled(self, keys: Sequence[str]) -> None:
        """The associations of some rows are made: they wait for nothing."""
        if keys:
            self._database.rows(
                f"UPDATE {self._state}.PUSH_ROWS SET LINKS_WAITING = NULL WHERE PUSH = ? "
                f"AND ROW_KEY IN (SELECT f.VALUE::VARCHAR AS ROW_KEY {FROM_BIND})",
                (self._push, json.dumps(list(keys))),
            )

    def links_unsettled(self, keys: Sequence[str]) -> None:
        """The associations of some rows are looked at by the next run."""
        self._database.rows(
            f"UPDATE {self._state}.PUSH_ROWS SET LINKS_WAITING = TRUE WHERE PUSH = ? "
            f"AND ROW_KEY IN (SELECT f.VALUE::VARCHAR AS ROW_KEY {FROM_BIND})",
            (self._push, json.dumps(list(keys))),
        )

    def explain_links(self, run_id: str, rows: Iterable[Mapping[str, object]]) -> None:
        """Say why links of rows are not as asked for: ``row_key``, ``code`` and ``message``."""
        columns = dict.fromkeys(("ROW_KEY", "CODE", "MESSAGE"), "VARCHAR")
        sets = "CODE = IFNULL(t.CODE, s.CODE), MESSAGE = IFNULL(t.MESSAGE, s.MESSAGE)"
        for bind in json_binds(rows):
            for table in ("PUSH_ROWS", "PUSH_OUTCOMES"):
                self._database.rows(
                    f"MERGE INTO {self._state}.{table} t USING (SELECT ? AS PUSH, ? AS RUN_ID, "
                    f"{json_columns(columns)} {FROM_BIND}) s ON t.PUSH = s.PUSH "
                    "AND t.RUN_ID = s.RUN_ID AND t.ROW_KEY = s.ROW_KEY "
                    f"WHEN MATCHED THEN UPDATE SET {sets}",
                    (self._push, run_id, bind),
                )

    def forget_rows(self, keys: Sequence[str]) -> None:
        """Forget rows whose records are not there any more."""
        if keys:
            self._database.rows(
                f"DELETE FROM {self._state}.PUSH_ROWS WHERE PUSH = ? AND ROW_KEY IN "
                f"(SELECT f.VALUE::VARCHAR AS ROW_KEY {FROM_BIND})",
                (self._push, json.dumps(list(keys))),
            )

    def prune_images(self, before: int) -> None:
        """Forget what was replaced before an instant (epoch ms)."""
        self._database.rows(
            f"DELETE FROM {self._state}.PUSH_IMAGES WHERE PUSH = ? AND CREATED_AT < {INSTANT}",
            (self._push, before),
        )
