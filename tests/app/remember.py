"""Records the state that this version leaves: ``python -m tests.app.remember``.

Run once for each release, see docs/DEVELOP.md. The tests of upgrades begin from these files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import hubspot_ingest
from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.database.sql import text
from hubspot_ingest.database.state.runs import RunLog, Runs
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.inbound import configure, discovery
from hubspot_ingest.inbound.opening.opening import open_sync
from hubspot_ingest.model import Json
from hubspot_sandbox import Portal
from snowflake_sandbox import Engine
from tests.runs.world import HANDLERS, HOUR, HandClock, World

ROOT = Path(__file__).parents[2]
STATES = Path(__file__).with_name("states")
APP = ROOT / "app"
ROWS = 14
"""As many rows of a table are kept at most."""


class Recording(Database):
    """Keeps each statement on the state, with the values it was first run with."""

    values_by_statement: dict[str, list[Any]]

    def rows(self, statement: str, params: Sequence[object] = ()) -> list[Row]:
        rows = super().rows(statement, params)
        if "STATE." in statement:
            self.__dict__.setdefault("values_by_statement", {}).setdefault(statement, list(params))
        return rows


def live(world: World) -> None:
    """Do what users do: syncs of several kinds, a run that was killed, a lost cursor."""
    out, clock = world.context, world.clock
    filters = [{"propertyName": "lifecyclestage", "operator": "EQ", "value": "customer"}]
    slim = {"properties": ["email"], "associations": []}
    linked = {"properties": ["email", "lifecyclestage"], "history": ["lifecyclestage"]}
    world.configure("contacts", {**linked, "associations": ["companies"]})
    world.configure(
        "customers", {**slim, "stream": "contacts", "filter_groups": [{"filters": filters}]}
    )
    world.configure("deals", {"schedule": "60 MINUTES", "associations": []})
    world.configure("slow", {**slim, "stream": "contacts", "destination": {"table": "SLOW"}})
    for sync in ("contacts", "contacts", "customers", "deals"):
        clock.advance(HOUR)
        world.run(sync)
    configure.enable(out, "deals", enabled=False)
    discovery.test_connection(out, "default")
    configure.reset(out, "customers")
    configure.drop(out, "deals")
    world.configure("deals", {"schedule": "60 MINUTES"})
    reading: dict[str, Json] = {
        "plan": "0" * 16,
        "since": None,
        "until": clock.now(),
        "reading": {"0": 5},
    }
    runs = Runs(world.database)
    killed = RunLog("2026-09-22-killed", "slow", "contacts", clock.now())
    lease = open_sync(out, "slow", killed.run_id, is_run=True).lease
    lease.log = killed
    lease.save_checkpoint(reading)
    runs.log_error(None, "contacts", "HUBSPOT_UNAVAILABLE", "it's \\ 'down'", clock.now())


def tables(world: World) -> Iterator[str]:
    """The statements that make the state's tables and fill them."""
    steps = sorted((APP / "sql/migrations").glob("*.sql"))
    listed = (APP / "sql/migrations.sql").read_text().partition("EXECUTE IMMEDIATE")[0]
    yield from (listed, *(path.read_text() for path in steps))
    columns = world.rows(
        "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE FROM HUBSPOT_INGEST.INFORMATION_SCHEMA.COLUMNS"
        " WHERE TABLE_SCHEMA = 'STATE' AND TABLE_NAME <> 'MIGRATIONS'"
        " ORDER BY TABLE_NAME, ORDINAL_POSITION"
    )
    for table in sorted({row["TABLE_NAME"] for row in columns}):
        types = {r["COLUMN_NAME"]: r["DATA_TYPE"] for r in columns if r["TABLE_NAME"] == table}
        rows = world.rows(f"SELECT * FROM HUBSPOT_INGEST.STATE.{table} LIMIT {ROWS}")
        selects = [
            "SELECT " + ", ".join(literal(row[name], kind) for name, kind in types.items())
            for row in rows
        ]
        if selects:
            into = f"INSERT INTO STATE.{table} ({', '.join(types)})\n"
            yield into + "\nUNION ALL ".join(selects) + ";\n"


def literal(value: Any, kind: str) -> str:
    """A value as SQL."""
    if value is None:
        return "NULL"
    if kind == "VARIANT":
        return f"PARSE_JSON({text(json.dumps(json.loads(value), ensure_ascii=False))})"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        return text(value.isoformat(sep=" ", timespec="milliseconds"))
    return text(str(value))


def main() -> None:
    """Write the two files of this version."""
    version = hubspot_ingest.__version__
    clock = HandClock()
    with Engine() as engine:
        engine.install(APP)
        portal = Portal(1, clock.now, {"contacts": 30, "deals": 8})
        with World(engine, clock=clock, portal=portal) as world:
            recording = Recording(engine.session("HUBSPOT_INGEST", "CORE", owner=HANDLERS))
            world.database, world.syncs = recording, Syncs(recording)
            live(world)
            recorded_statements = [
                [statement, params] for statement, params in recording.values_by_statement.items()
            ]
            state = list(tables(world))
    heading = f"-- What version {version} remembered: its tables, and some of its runs' rows.\n\n"
    (STATES / f"{version}.sql").write_text(heading + "\n".join(state))
    (STATES / f"{version}.statements.json").write_text(
        json.dumps(recorded_statements, indent=1, ensure_ascii=False) + "\n"
    )


if __name__ == "__main__":
    main()
