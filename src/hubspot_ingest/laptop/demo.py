"""``hubspot-ingest demo``: the main job before your eyes, no account needed.

A local HubSpot with a few thousand contacts, a local engine, and the very statements that a
Snowflake account would get.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.status import Status
from rich.text import Text

from hubspot_ingest.laptop import home, progress, tables
from hubspot_ingest.laptop.printing import Result
from hubspot_ingest.laptop.statements import execute, failure

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

    from hubspot_sandbox import Portal, Sandbox

CONTACTS = 5_000
CHANGED = 37
CREATED = 5
TABLE = "HUBSPOT_DATA.CRM.CONTACTS"


def run() -> int:
    """Show the main job; status 1 when a step of it failed."""
    console = Console()
    directory = home.home() / "demo"
    shutil.rmtree(directory, ignore_errors=True)
    with console.status("starting a local HubSpot and a local Snowflake engine"):
        from hubspot_sandbox import Limits, Portal, Sandbox

        portal = Portal(seed=1, records={"contacts": CONTACTS})
        sandbox = Sandbox(portal, limits=Limits())
        engine = home.open_engine(directory)
    with sandbox.serve(port=0) as server:
        os.environ["HUBSPOT_BASE_URL"] = server.url
        try:
            connect = partial(engine.connect, home.DATABASE, home.SCHEMA)
            with closing(connect()) as connection:
                return _Demo(console, connect, connection, portal, sandbox).show()
        finally:
            engine.close()


class _Demo:
    """The steps, each a statement and its result."""

    def __init__(
        self,
        console: Console,
        connect: Callable[[], SnowflakeConnection],
        connection: SnowflakeConnection,
        portal: Portal,
        sandbox: Sandbox,
    ) -> None:
        self._console = console
        self._connect = connect
        self._connection = connection
        self._portal = portal
        self._sandbox = sandbox

    def show(self) -> int:
        self._title(f"A local HubSpot has {CONTACTS:,} contacts. The credential is stored once:")
        answers = [self._call("CALL set_token('…')", f"CALL set_token('{self._portal.token}')")]
        self._title("The main job: the table does not exist yet, so this run makes it.")
        answers.append(self._call("CALL ingest_hubspot('contacts')"))
        self._title(f"What stands in {TABLE} now:")
        self._query(
            f"SELECT ID, PROPERTIES_EMAIL, UPDATED_AT FROM {TABLE} ORDER BY ID::NUMBER LIMIT 5"
        )
        self._query(
            "SELECT DATA_TYPE, COUNT(*) AS COLUMNS, MIN(COLUMN_NAME) AS FOR_EXAMPLE "
            "FROM HUBSPOT_DATA.INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'CONTACTS' "
            "GROUP BY DATA_TYPE ORDER BY COLUMNS DESC"
        )
        self._title("What landed was compared with HubSpot at once:")
        self._query(
            "SELECT RESULT, HUBSPOT_RECORDS, TABLE_RECORDS, MISSING, EXTRA, STALE, REQUESTS "
            "FROM completeness"
        )
        changed = self._change()
        self._title(
            f"In HubSpot {CHANGED} contacts were just changed and {CREATED} created. "
            "The same call again reads and merges those and nothing else:"
        )
        answers.append(self._call("CALL ingest_hubspot('contacts')"))
        last = answers[-1]
        self._query(
            "SELECT ID, PROPERTIES_JOBTITLE, UPDATED_AT "
            f"FROM {TABLE} WHERE _RUN_ID = '{last.get('run_id')}' ORDER BY UPDATED_AT, ID LIMIT 5"
        )
        self._title("Every run is on record, and so is every request it made:")
        self._query(
            "SELECT STATUS, STRATEGY, ROWS_READ AS READ, ROWS_INSERTED AS INSERTED, "
            "ROWS_UPDATED AS UPDATED, REQUESTS, ROUND(DURATION_SECONDS, 1) AS SECONDS "
            "FROM runs ORDER BY STARTED_AT"
        )
        self._query(
            "SELECT ENDPOINT, SUM(COUNT) AS REQUESTS, ROUND(SUM(SECONDS), 2) AS SECONDS "
            "FROM requests GROUP BY ENDPOINT ORDER BY REQUESTS DESC"
        )
        return self._end(answers, changed)

    def _end(self, answers: list[dict[str, Any]], changed: int) -> int:
        merged = answers[-1].get("rows_inserted", 0) + answers[-1].get("rows_updated", 0)
        good = all(answer.get("response_code") == "OK" for answer in answers) and merged == changed
        if not good:
            self._console.print(Text("The demo did not do what it promised.", style="bold red"))
            return 1
        self._console.print()
        self._console.print(
            Text(f"{changed} changed in HubSpot, {merged} merged. ", style="bold green")
            + Text("Go on from here:")
        )
        self._console.print(
            Text(
                f"  export HUBSPOT_INGEST_HOME={home.home() / 'demo'}\n"
                f'  .venv/bin/hubspot-ingest sql "SELECT COUNT(*) FROM {TABLE}"\n'
                "  .venv/bin/hubspot-ingest sandbox     # a local HubSpot to sync from"
            ),
            soft_wrap=True,
        )
        return 0

    def _change(self) -> int:
        existing = [record.id for record in self._portal.records("contacts")]
        step = len(existing) // CHANGED
        for n, identifier in enumerate(existing[::step][:CHANGED]):
            self._portal.update("contacts", identifier, {"jobtitle": f"Head of Change {n + 1}"})
        for n in range(CREATED):
            self._portal.create(
                "contacts",
                {"email": f"new.contact.{n + 1}@example.com", "firstname": "New"},
            )
        return CHANGED + CREATED

    def _title(self, text: str) -> None:
        self._console.print()
        self._console.print(Text(text, style="bold"))

    def _call(self, shown: str, statement: str | None = None) -> dict[str, Any]:
        self._console.print(Text(f"  {shown}", style="cyan"))
        started = time.monotonic()
        before = len(self._sandbox.requests)
        with self._console.status("running") as status, self._watched(status):
            result = execute(self._connection, statement or shown)
        asked = len(self._sandbox.requests) - before
        answer: dict[str, Any] = json.loads(str(result.rows[0][0]))
        style = "red" if failure(result) else "green"
        self._console.print(Text(f"  {answer['message']}", style=style))
        seconds = time.monotonic() - started
        self._console.print(Text(f"  {asked} requests to HubSpot, {seconds:.1f} s", style="dim"))
        return answer

    def _watched(self, status: Status) -> AbstractContextManager[None]:
        """Let ``status`` tell how far the run is, where there is a terminal."""
        if not self._console.is_terminal:
            return nullcontext()
        return progress.watched(self._connect, lambda line: status.update(Text(line)))

    def _query(self, statement: str) -> Result:
        result = execute(self._connection, statement)
        tables.as_table(result, self._console)
        return result
