"""Measures rows of two thousand properties with long names, and that no value is lost."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.backfill import INGEST, PAGE, configure, fresh_home
from benchmarks.figures import Figure
from benchmarks.local_hubspot import LocalHubSpot
from benchmarks.open_session import OpenSession
from benchmarks.watching import Watch

PROPERTIES = 2_000
RECORDS = 2_000
TABLE = "HUBSPOT_DATA.CRM.CONTACTS"
COLUMNS_PER_QUESTION = 250


def measure(records: int | None, large: bool) -> list[Figure]:
    """The figures of one run."""
    del large
    count = records or RECORDS
    with (
        LocalHubSpot(count, wide=PROPERTIES) as hubspot,
        fresh_home(hubspot) as environment,
        OpenSession(environment) as session,
    ):
        session.call(configure(["wide_*"]))
        hubspot.ask(do="count")
        with Watch(session.pid) as watch:
            seconds, answer, _ = session.call(INGEST)
        requests = hubspot.ask(do="count")["requests"]
        names = [name for name in hubspot.properties if name.startswith("wide_")]
        sent = hubspot.ask(do="values", names=names)["values"]
        columns, landed = _landed(session)
    return [
        Figure("records × properties", count * PROPERTIES, "values"),
        Figure("the run", seconds, "s"),
        Figure("a row", 1000 * seconds / count, "ms"),
        Figure("rate", count / seconds, "rows/s"),
        Figure("rate of values", count * PROPERTIES / seconds, "values/s"),
        Figure("rows", answer["rows_inserted"], "rows", at_least=count),
        Figure("columns", columns, "columns", at_least=PROPERTIES),
        Figure("values that did not land", sent - landed, "values", at_most=0),
        Figure("requests", requests, "requests"),
        Figure("  floor: ids by list, values by batch read", 2 * -(-count // PAGE), "requests"),
        Figure("peak memory, ours", watch.peak_mb, "MB"),
    ]


def _landed(session: OpenSession) -> tuple[int, int]:
    """How many columns the properties have, and how many values stand in them."""
    rows = session.rows(
        "SELECT COLUMN_NAME AS NAME FROM HUBSPOT_DATA.INFORMATION_SCHEMA.COLUMNS WHERE "
        "TABLE_SCHEMA = 'CRM' AND TABLE_NAME = 'CONTACTS' AND COLUMN_NAME LIKE 'PROPERTIES_WIDE%'"
    )
    names = [str(row["NAME"]) for row in rows]
    starts = range(0, len(names), COLUMNS_PER_QUESTION)
    values = [_values(session, names[at : at + COLUMNS_PER_QUESTION]) for at in starts]
    return len(names), sum(values)


def _values(session: OpenSession, columns: Sequence[str]) -> int:
    counts = " + ".join(f'COUNT("{column}")' for column in columns)
    return int(session.rows(f"SELECT {counts} AS N FROM {TABLE}")[0]["N"])
