"""Reads a table for its comparison with HubSpot, and stores the completeness certificates."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubspot_ingest.database.columns import DELETED_AT, KEY, UPDATED
from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.database.sql import INSTANT, Table, name, record_number
from hubspot_ingest.database.state.progress import STATE_KEY, StateWriter
from hubspot_ingest.model import Json

_ID = record_number(name(KEY))
# as record_number has it
_RECORD_ID = re.compile(r"[1-9][0-9]{0,17}")
_AT = f"DATE_PART(EPOCH_MILLISECOND, {name(UPDATED)})"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The result of a comparison. Instants are epoch milliseconds; differences are (id, kind).

    Every row was compared with its record one by one, at least once, since ``one_by_one_since``;
    None: not yet.
    """

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
    one_by_one_since: int | None = None


@dataclass(frozen=True, slots=True)
class LiveCounts:
    """How many live rows a table has, how many ids these have, and in how many it is a number."""

    rows: int
    ids: int
    numbered: int


@dataclass(frozen=True, slots=True)
class FewRows:
    """Live rows: their counts, and when each with a number for an id was modified (epoch ms)."""

    counts: LiveCounts
    versions: Mapping[str, int | None]


class LiveRows:
    """The rows of a table whose records are not deleted in HubSpot."""

    def __init__(self, database: Database, table: Table) -> None:
        """``table`` must exist."""
        self._database = database
        self._from = f"FROM {table.quoted} WHERE {name(DELETED_AT.name)} IS NULL"

    def few(self, most: int) -> FewRows | None:
        """All of them, in one statement; None where there are more than ``most``."""
        rows = self._database.all_rows(
            f"SELECT {name(KEY)} AS ID, {_AT} AS CHANGED {self._from} LIMIT {most + 1}"
        )
        if len(rows) > most:
            return None
        ids = [str(row["ID"]) for row in rows if row["ID"] is not None]
        numbered = {id for id in ids if _RECORD_ID.fullmatch(id)}
        counts = LiveCounts(len(rows), len({*ids}), sum(id in numbered for id in ids))
        return FewRows(counts, {id: at for id, at in _versions(rows).items() if id in numbered})

    def counts(self) -> LiveCounts:
        """All that is counted of them, in one statement."""
        [row] = self._database.rows(
            f"SELECT COUNT(*) AS FOUND, COUNT(DISTINCT {name(KEY)}) AS IDS, "
            f"COUNT({_ID}) AS NUMBERED {self._from}"
        )
        return LiveCounts(int(row["FOUND"]), int(row["IDS"]), int(row["NUMBERED"]))

    def count_ids(self) -> int:
        """How many ids all such rows have."""
        rows = self._database.rows(f"SELECT COUNT(DISTINCT {name(KEY)}) AS IDS {self._from}")
        return int(rows[0]["IDS"])

    def count_all(self) -> int:
        """How many such rows there are."""
        return int(self._database.rows(f"SELECT COUNT(*) AS FOUND {self._from}")[0]["FOUND"])

    def count(self, after: int, last: int, since: int | None, until: int | None) -> int:
        """Rows with an id above ``after`` up to ``last``, modified in ``[since, until)``.

        Without ``since`` and ``until`` they may have been modified at any time, or at none.
        """
        where, binds = _between(after, last, since, until)
        rows = self._database.rows(f"SELECT COUNT(*) AS FOUND {self._from} {where}", binds)
        return int(rows[0]["FOUND"])

    def versions(
        self, after: int, last: int, since: int | None, until: int | None
    ) -> Mapping[str, int | None]:
        """The ids of those rows, and when each was modified (epoch ms)."""
        where, binds = _between(after, last, since, until)
        rows = self._database.all_rows(
            f"SELECT {name(KEY)} AS ID, {_AT} AS CHANGED {self._from} {where}", binds
        )
        return _versions(rows)

    def foreign_ids(self) -> list[str]:
        """The ids that no record of HubSpot can have; the text NULL for rows without an id."""
        rows = self._database.all_rows(f"SELECT {name(KEY)} AS ID {self._from} AND {_ID} IS NULL")
        return sorted("NULL" if row["ID"] is None else str(row["ID"]) for row in rows)

    def middle(self, after: int, last: int, since: int | None, until: int | None) -> int | None:
        """An id in the middle of those rows; None when there are none."""
        where, binds = _between(after, last, since, until)
        rows = self._database.rows(
            f"SELECT MAX(ID) AS MIDDLE FROM (SELECT {_ID} AS ID, NTILE(2) OVER (ORDER BY {_ID}) "
            f"AS HALF {self._from} {where}) WHERE HALF = 1",
            binds,
        )
        return None if rows[0]["MIDDLE"] is None else int(rows[0]["MIDDLE"])

    def boundaries(self, count: int) -> list[int]:
        """The ids at which ``count`` equal parts of the rows end, but for the last."""
        rows = self._database.all_rows(
            f"SELECT MAX(ID) AS CUT FROM (SELECT {_ID} AS ID, NTILE({count}) OVER "
            f"(ORDER BY {_ID}) AS PART {self._from}) GROUP BY PART"
        )
        return sorted(int(row["CUT"]) for row in rows if row["CUT"] is not None)[:-1]

    def versions_of(self, ids: Sequence[str]) -> Mapping[str, int | None]:
        """Which of ``ids`` have such a row, and when each was modified (epoch ms)."""
        if not ids:
            return {}
        rows = self._database.all_rows(
            f"SELECT {name(KEY)} AS ID, {_AT} AS CHANGED {self._from} AND {name(KEY)} IN "
            "(SELECT f.VALUE::VARCHAR FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f)",
            (json.dumps([*ids]),),
        )
        return _versions(rows)


def _versions(rows: Sequence[Row]) -> dict[str, int | None]:
    return {str(row["ID"]): None if row["CHANGED"] is None else int(row["CHANGED"]) for row in rows}


def _between(
    after: int, last: int, since: int | None, until: int | None
) -> tuple[str, tuple[int, ...]]:
    """The condition of a part of the rows, and its binds."""
    by_id = f"AND {_ID} > ? AND {_ID} <= ?"
    if since is None or until is None:
        return by_id, (after, last)
    by_time = f" AND {name(UPDATED)} >= {INSTANT} AND {name(UPDATED)} < {INSTANT}"
    return by_id + by_time, (after, last, since, until)


class Certificates:
    """Writes ``STATE.COMPLETENESS``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._state = database.in_application("STATE")

    def save(self, certificate: Certificate, writer: StateWriter) -> None:
        """Store a certificate, for the settings and by the run it was taken with.

        Raises ``StateOutdated`` or ``SyncBusy`` where those are not the sync's any more.
        """
        differences: list[Json] = [
            {"id": id_, "kind": kind} for id_, kind in certificate.differences
        ]
        writer.write_under_key(
            f"INSERT INTO {self._state}.COMPLETENESS (SYNC, CHECKED_AT, METHOD, RESULT, "
            "HUBSPOT_RECORDS, TABLE_RECORDS, MISSING, EXTRA, STALE, CHANGED_MEANWHILE, REPAIRED, "
            "REQUESTS, DURATION_SECONDS, DIFFERENCES, ONE_BY_ONE_SINCE, RUN_ID, VERSION) "
            f"SELECT ?, {INSTANT}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, PARSE_JSON(?), {INSTANT}, ?, "
            "VERSION "
            f"FROM {self._state}.SYNCS WHERE {STATE_KEY}",
            (
                certificate.sync,
                certificate.checked_at,
                certificate.method,
                certificate.result,
                certificate.hubspot_records,
                certificate.table_records,
                certificate.missing,
                certificate.extra,
                certificate.stale,
                certificate.changed_meanwhile,
                certificate.repaired,
                certificate.requests,
                certificate.duration_seconds,
                json.dumps(differences),
                certificate.one_by_one_since,
                certificate.run_id,
                *writer.key,
            ),
        )
