"""Runs a push whose rows the ledger all knows, in a process of its own, on files.

``python -m benchmarks.unchanged_rows`` answers with the seconds and the memory of runs over as many
rows as each line of its input says.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.watching import Watch, resident
from hubspot_ingest.database.statements import push_diff
from hubspot_ingest.outbound import push_runner
from hubspot_ingest.outbound.mapping import EMAIL, column_kind
from hubspot_ingest.outbound.opening import source_table
from snowflake_sandbox import Engine
from tests.push.push_world import CUSTOMERS, PushWorld
from tests.runs.statement_counts import APP

PUSH = "customers_out"


def _fill(world: PushWorld, rows: int) -> None:
    """The source, and a ledger that says all of it was sent."""
    world.database.rows(f"DELETE FROM {CUSTOMERS}")
    world.database.rows("DELETE FROM HUBSPOT_INGEST.STATE.PUSH_ROWS")
    world.database.rows(
        f"INSERT INTO {CUSTOMERS} (CUSTOMER_ID, EMAIL, FIRST_NAME, SCORE) "
        "SELECT N, 'c' || N || '@example.com', 'Name ' || N, N % 100 FROM "
        "(SELECT ROW_NUMBER() OVER (ORDER BY NULL) AS N "
        f"FROM TABLE(GENERATOR(ROWCOUNT => {rows}))) t"
    )
    with push_runner.opened_alone(world.context, PUSH) as run:
        opened, mapping = run.opened, run.opened.mapping
        kinds = opened.source_types
        tables = push_diff.diff_tables(
            "HUBSPOT_INGEST", "filling", source_table(opened.settings.source)
        )
        for statement in push_diff.drop_tables(tables):
            world.database.rows(statement)
        world.database.rows(
            push_diff.snapshot(
                tables,
                [(column, str(column_kind(kinds[column]))) for column in opened.settings.key],
                [(column.name, str(column.kind)) for column in mapping.columns],
                mapping.fingerprint,
                match=mapping.match_place,
                lower=mapping.match == EMAIL,
            )
        )
    world.database.rows(
        "INSERT INTO HUBSPOT_INGEST.STATE.PUSH_ROWS (PUSH, ROW_KEY, RECORD_ID, STATE, SENT_HASH, "
        f"SENT) SELECT '{PUSH}', ROW_KEY, '9' || ROW_KEY, 'SYNCED', HASH, "
        f"OBJECT_CONSTRUCT('firstname', 'x') FROM {tables.snapshot}"
    )
    for statement in push_diff.drop_tables(tables):
        world.database.rows(statement)


def _measured(world: PushWorld, rows: int) -> dict[str, float]:
    _fill(world, rows)
    before = resident(os.getpid())
    with Watch(os.getpid()) as watch:
        started = time.perf_counter()
        answer = world.pushed()
        seconds = time.perf_counter() - started
    assert answer["rows_source"] == rows, answer
    return {
        "seconds": seconds,
        "changed": answer["rows_changed"],
        "grown_mb": max(0.0, watch.peak_mb - before),
    }


def main() -> int:
    """Answer numbers of rows on the standard input until it ends."""
    with (
        tempfile.TemporaryDirectory(prefix="hubspot-ingest-bench-") as directory,
        Engine(Path(directory)) as engine,
    ):
        engine.install(APP)
        with PushWorld(engine, {}) as world:
            world.prepare()
            world.configure_push()
            print(json.dumps({"ready": True}), flush=True)
            for line in sys.stdin:
                print(json.dumps(_measured(world, json.loads(line)["rows"])), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
