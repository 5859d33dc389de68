"""The table's side of a comparison with HubSpot, and the certificates that came of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubspot_ingest.database import sql
from hubspot_ingest.database.columns import DELETED_AT, KEY, UPDATED
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import INSTANT, Table, name
from hubspot_ingest.model import Json

_ID = f"TRY_TO_NUMBER({name(KEY)})"
_AT = f"DATE_PART(EPOCH_MILLISECOND, {name(UPDATED)})"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a comparison found. Instants are epoch milliseconds; differences are (id, kind)."""

    sync: str
    run_id: str
    checked_at: int
    method: str
    result: str
    hubspot_records: int
    table_records: int
    missing: int
    extra: int
    stale: int
    changed_meanwhile: int
    repaired: int
    requests: int
    duration_seconds: float
    differences: Sequence[tuple[str, str]]


class LiveRows:
    """The rows of a table that stand for living records."""

    def __init__(self, database: Database, table: Table) -> None:
        """``table`` must exist."""
        self._database = database
        self._from = f"FROM {table.quoted} WHERE {name(DELETED_AT.name)} IS NULL"

    def count(self, after: int, last: int, since: int, until: int) -> int:
        """Rows with an id above ``after`` up to ``last``, modified in ``[since, until)``."""
        found = self._database.rows(
            f"SELECT COUNT(*) AS FOUND {self._from} {_BETWEEN}", (after, last, since, until)
        )
        return int(found[0]["FOUND"])

    def versions(self, after: int, last: int, since: int, until: int) -> Mapping[str, int | None]:
        """Those rows' ids, and when each was modified."""
        found = self._database.rows(
            f"SELECT {name(KEY)} AS ID, {_AT} AS CHANGED {self._from} {_BETWEEN}",
            (after, last, since, until),
        )
        return {
            str(row["ID"]): None if row["CHANGED"] is None else int(row["CHANGED"]) for row in found
        }

    def middle(self, after: int, last: int, since: int, until: int) -> int | None:
        """An id in the middle of those rows."""
        found = self._database.rows(
            f"SELECT MAX(ID) AS MIDDLE FROM (SELECT {_ID} AS ID, NTILE(2) OVER (ORDER BY {_ID}) "
            f"AS HALF {self._from} {_BETWEEN}) WHERE HALF = 1",
            (after, last, since, until),
        )
        return None if found[0]["MIDDLE"] is None else int(found[0]["MIDDLE"])

    def boundaries(self, count: int) -> list[int]:
        """Ids that cut the rows into ``count`` equal parts."""
        found = self._database.rows(
            f"SELECT MAX(TOLD) AS CUT FROM (SELECT {_ID} AS TOLD, NTILE({count}) OVER "
            f"(ORDER BY {_ID}) AS PART {self._from}) GROUP BY PART ORDER BY PART"
        )
        return [int(row["CUT"]) for row in found if row["CUT"] is not None][:-1]

    def versions_of(self, ids: Sequence[str]) -> Mapping[str, int | None]:
        """Of some ids those that have such a row, with when each was modified."""
        if not ids:
            return {}
        found = self._database.rows(
            f"SELECT {name(KEY)} AS ID, {_AT} AS CHANGED {self._from} AND {name(KEY)} IN "
            "(SELECT f.VALUE::VARCHAR FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f)",
            (json.dumps([*ids]),),
        )
        return {
            str(row["ID"]): None if row["CHANGED"] is None else int(row["CHANGED"]) for row in found
        }


_BETWEEN = (
    f"AND {_ID} > ? AND {_ID} <= ? AND {name(UPDATED)} >= {INSTANT} AND {name(UPDATED)} < {INSTANT}"
)


class Certificates:
    """Writes ``STATE.COMPLETENESS``."""

    def __init__(self, database: Database) -> None:
        """Statements name the application's database: CREATE DATABASE changes the current one."""
        self._database = database
        self._state = f"{sql.name(database.application)}.STATE"

    def save(self, one: Certificate) -> None:
        """Keep a certificate."""
        differences: list[Json] = [{"id": id_, "kind": kind} for id_, kind in one.differences]
        self._database.rows(
            f"INSERT INTO {self._state}.COMPLETENESS (SYNC, CHECKED_AT, METHOD, RESULT, "
            "HUBSPOT_RECORDS, TABLE_RECORDS, MISSING, EXTRA, STALE, CHANGED_MEANWHILE, REPAIRED, "
            "REQUESTS, DURATION_SECONDS, DIFFERENCES, RUN_ID) "
            f"SELECT ?, {INSTANT}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, PARSE_JSON(?), ?",
            (
                one.sync,
                one.checked_at,
                one.method,
                one.result,
                one.hubspot_records,
                one.table_records,
                one.missing,
                one.extra,
                one.stale,
                one.changed_meanwhile,
                one.repaired,
                one.requests,
                one.duration_seconds,
                json.dumps(differences),
                one.run_id,
            ),
        )
