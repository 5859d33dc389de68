"""The SQL by which a push finds out what changed: the source against the ledger. Pure.

The snapshot is one statement, so that everything after it looks at one state of the source. Values
are text in it: what a column held is told by its kind. No row that did not change leaves Snowflake.
Statements that make tables take no binds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hubspot_ingest.database.sql import Table, name, text

# Rows of the ledger that HubSpot holds as it was told to.
_HELD = "('SYNCED', 'KEPT')"
_FROM_BIND = "FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f"


@dataclass(frozen=True, slots=True)
class DiffTables:
    """The names, quoted, of what a diff reads and makes."""

    source: str
    snapshot: str
    changes: str
    keys: str
    ledger: str


def diff_tables(application: str, push: str, source: Table) -> DiffTables:
    """The tables of a push; its lease keeps two diffs of it apart."""
    staging = f"{name(application)}.STAGING"
    return DiffTables(
        source.quoted,
        f"{staging}.{name(f'PUSH_{push.upper()}_SOURCE')}",
        f"{staging}.{name(f'PUSH_{push.upper()}_CHANGES')}",
        f"{staging}.{name(f'PUSH_{push.upper()}_KEYS')}",
        f"{name(application)}.STATE.PUSH_ROWS",
    )


def drop_tables(tables: DiffTables) -> tuple[str, ...]:
    """Drops what a diff made."""
    return tuple(
        f"DROP TABLE IF EXISTS {table}" for table in (tables.snapshot, tables.changes, tables.keys)
    )


def make_keys(tables: DiffTables) -> str:
    """Makes the table of the keys that count alone: a statement's text ends at 1 MB."""
    return f"CREATE TRANSIENT TABLE {tables.keys} (ROW_KEY VARCHAR)"


def add_keys(tables: DiffTables) -> str:
    """Adds keys, the bind: a JSON list."""
    return f"INSERT INTO {tables.keys} (ROW_KEY) SELECT f.VALUE::VARCHAR AS ROW_KEY {_FROM_BIND}"


def column_text(column: str, kind: str) -> str:
    """The text of a column: numbers plain, instants as epoch milliseconds, semi-structured JSON.

    A number is one whatever its scale, 1.00 as 1: a key that gets a scale stays the same key.
    A TIMESTAMP_NTZ is taken as UTC; the others are instants already. A collation of the source's
    would make keys one that differ in case, and Snowflake takes no collated text in IN.
    """
    quoted = name(column)
    match kind:
        case "DATE":
            return f"TO_VARCHAR({quoted}, 'YYYY-MM-DD')"
        case "INSTANT":
            return f"TO_VARCHAR(DATE_PART(EPOCH_MILLISECOND, {quoted}))"
        case "JSON":
            return f"TO_JSON({quoted})"
        case "NUMBER":
            digits = f"TO_VARCHAR({quoted})"
            has_point = f"CONTAINS({digits}, '.') AND NOT CONTAINS(LOWER({digits}), 'e')"
            return f"IFF({has_point}, REGEXP_REPLACE({digits}, '[.]?0*$', ''), {digits})"
        case _:
            return f"COLLATE(TO_VARCHAR({quoted}), '')"


def snapshot(
    tables: DiffTables,
    key: Sequence[tuple[str, str]],
    columns: Sequence[tuple[str, str]],
    fingerprint: str,
    *,
    match: int | None,
    lower: bool,
) -> str:
    """Copies the used columns of the source as C0, C1, …, with each row's key and hash.

    ``key`` and ``columns`` are names with kinds. COPIES is how often the key is there, TWINS how
    often the value of the column at place ``match``, whose letters' case counts unless ``lower``;
    what else HubSpot takes for one value (12 and 12.0) is found later.
    """
    keys = [column_text(*part) for part in key]
    row_key = keys[0] if len(keys) == 1 else _all_of(keys)
    values = "".join(
        f", {column_text(*column)} AS C{place}" for place, column in enumerate(columns)
    )
    places = "".join(f", C{place}" for place in range(len(columns)))
    pieces = " || ".join(
        [
            text(fingerprint),
            *(
                f"IFNULL(TO_VARCHAR(LENGTH(C{place})) || ':' || C{place}, '-')"
                for place in range(len(columns))
            ),
        ]
    )
    matched = "NULL" if match is None else f"LOWER(TRIM(C{match}))" if lower else f"TRIM(C{match})"
    return (
        f"CREATE TRANSIENT TABLE {tables.snapshot} AS "
        f"SELECT ROW_KEY{places}, COPIES, TWINS, "
        "MD5(IFF(COPIES > 1 OR TWINS > 1, 'DOUBLE', '') || DIGEST) AS HASH FROM ("
        f"SELECT ROW_KEY{places}, DIGEST, "
        "IFF(ROW_KEY IS NULL, 1, COUNT(*) OVER (PARTITION BY ROW_KEY)) AS COPIES, "
        "IFF(MATCHED IS NULL, 1, COUNT(*) OVER (PARTITION BY MATCHED)) AS TWINS, "
        "ROW_NUMBER() OVER (PARTITION BY ROW_KEY ORDER BY DIGEST) AS COPY FROM ("
        f"SELECT ROW_KEY{places}, {matched} AS MATCHED, {pieces} AS DIGEST FROM ("
        f"SELECT {row_key} AS ROW_KEY{values} FROM {tables.source}) t) u) v "
        "WHERE COPY = 1 OR ROW_KEY IS NULL"
    )


def _all_of(keys: Sequence[str]) -> str:
    """One text for a key of several columns; NULL where one of them is."""
    whole = " AND ".join(f"{key} IS NOT NULL" for key in keys)
    return f"IFF({whole}, TO_JSON(ARRAY_CONSTRUCT({', '.join(keys)})), NULL)"


def changes(
    tables: DiffTables,
    push: str,
    columns: int,
    *,
    definitions: str,
    now: int,
    retry_all: bool,
    retry: str,
    removed: bool,
    of_keys: bool,
) -> str:
    """Lists what changed: rows that are new or not as they were sent, then rows that are gone.

    In that order a record goes to a row that is there before one that is gone decides about it.

    ``retry`` is when refused rows that did not change are tried again: ``changed``, ``always`` or
    ``never``; ``retry_all`` tries each of them. ``of_keys``: those of the table of keys alone,
    and none that is gone. Rows whose outcome is not known, and rows to be skipped, are left alone.
    """
    places = "".join(f", s.C{place}" for place in range(columns))
    nothing = "".join(f", CAST(NULL AS VARCHAR) AS C{place}" for place in range(columns))
    ledger = "l.STATE, l.RECORD_ID, l.SENT, l.ALTERED, l.ATTEMPTS"
    again = _again(definitions, retry, retry_all)
    only = f" WHERE ROW_KEY IN (SELECT ROW_KEY FROM {tables.keys})" if of_keys else ""
    awake = (
        "(l.SKIP_UNTIL IS NULL OR "
        f"l.SKIP_UNTIL <= TO_TIMESTAMP_NTZ(CAST({now} AS NUMBER(38, 0)), 3))"
    )
    gone = ""
    if removed and not of_keys:
        gone = (
            f" UNION ALL SELECT 'GONE' AS KIND, l.ROW_KEY, l.SENT_HASH AS HASH, 1 AS COPIES, "
            f"1 AS TWINS{nothing}, {ledger} FROM {tables.ledger} l LEFT JOIN {tables.snapshot} s "
            f"ON s.ROW_KEY = l.ROW_KEY WHERE l.PUSH = {text(push)} AND s.ROW_KEY IS NULL "
            "AND l.STATE NOT IN ('UNKNOWN', 'SKIPPED') "
            "AND (l.RECORD_ID IS NOT NULL OR l.LINKS_WAITING) "
            "AND (l.STATE <> 'REMOVED' OR l.LINKS_WAITING) "
            f"AND l.SENT IS NOT NULL AND {awake}"
        )
    return (
        f"CREATE TRANSIENT TABLE {tables.changes} AS "
        "SELECT ROW_NUMBER() OVER (ORDER BY KIND DESC, ROW_KEY) AS N, c.* FROM ("
        f"SELECT 'ROW' AS KIND, s.ROW_KEY, s.HASH, s.COPIES, s.TWINS{places}, {ledger} "
        f"FROM {tables.snapshot} s LEFT JOIN {tables.ledger} l "
        f"ON l.PUSH = {text(push)} AND l.ROW_KEY = s.ROW_KEY "
        f"WHERE (l.ROW_KEY IS NULL OR l.SENT_HASH IS DISTINCT FROM s.HASH "
        f"OR l.STATE IN ('REMOVED', 'WAITING') OR l.LINKS_WAITING{again}) "
        f"AND IFNULL(l.STATE, '') <> 'UNKNOWN' AND {awake}{gone}) c{only}"
    )


def _again(definitions: str, retry: str, retry_all: bool) -> str:
    if retry == "never":
        return ""
    refused = "l.STATE IN ('INVALID', 'REJECTED', 'SKIPPED')"
    if retry == "always" or retry_all:
        return f" OR {refused}"
    return f" OR ({refused} AND l.DEFINITIONS IS DISTINCT FROM {text(definitions)})"


def wave(tables: DiffTables) -> str:
    """Selects some of what changed, in order; binds: after which number, up to which."""
    return f"SELECT * FROM {tables.changes} WHERE N > ? AND N <= ? ORDER BY N"


def forget_refused(tables: DiffTables) -> str:
    """Forgets rows that were refused, have no record and are gone; the bind is the push.

    Not those that somebody said to leave alone.
    """
    return (
        f"DELETE FROM {tables.ledger} WHERE PUSH = ? AND STATE IN ('INVALID', 'REJECTED') "
        "AND RECORD_ID IS NULL AND LINKS_WAITING IS DISTINCT FROM TRUE AND SKIP_UNTIL IS NULL "
        f"AND ROW_KEY NOT IN (SELECT ROW_KEY FROM {tables.snapshot} WHERE ROW_KEY IS NOT NULL)"
    )


def gone_keys(tables: DiffTables) -> str:
    """Selects those of some keys (a JSON list, the bind) that are gone from the source."""
    return (
        f"SELECT k.ROW_KEY FROM (SELECT f.VALUE::VARCHAR AS ROW_KEY {_FROM_BIND}) k "
        f"LEFT JOIN {tables.snapshot} s ON s.ROW_KEY = k.ROW_KEY WHERE s.ROW_KEY IS NULL"
    )


def counts(tables: DiffTables, push: str) -> tuple[str, tuple[str, ...]]:
    """Counts the source's rows, what changed, and the rows sent before; with its binds."""
    return (
        f"SELECT (SELECT IFNULL(SUM(COPIES), 0) FROM {tables.snapshot}) AS SOURCE_ROWS, "
        f"(SELECT COUNT(*) FROM {tables.changes}) AS CHANGES, "
        f"(SELECT COUNT(*) FROM {tables.ledger} WHERE PUSH = ? AND STATE IN {_HELD}) AS SENT_ROWS",
        (push,),
    )
