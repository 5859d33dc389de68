"""``hubspot-ingest sql``: any statement on the local engine, CALL included."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

from hubspot_ingest.errors import LaptopError, printable
from hubspot_ingest.laptop import home, printing, progress, tables
from hubspot_ingest.laptop.printing import Result

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection


def execute(connection: SnowflakeConnection, statement: str) -> Result:
    """Run a statement. Raises ``LaptopError`` with the engine's message when it fails."""
    from snowflake.connector.errors import Error

    with connection.cursor() as cursor:
        try:
            cursor.execute(statement)
            rows = cursor.fetchall()
        except Error as error:
            raise LaptopError(
                str(error.raw_msg or error), code=f"SQL_{error.errno or 'ERROR'}"
            ) from error
        described = cursor.description or []
        return printing.parse_rows(
            [column.name for column in described],
            [tuple(row) for row in rows],
            [column.type_code for column in described],
        )


def run(statement: str, form: str) -> int:
    """Print the result; the reason of a CALL that failed goes to stderr, status 1."""
    home.leave_on_interrupt()
    with home.connecting() as connect, closing(connect()) as connection:
        # in the main thread the connector would answer Ctrl-C in its own way
        with progress.on_terminal(connect), ThreadPoolExecutor(1) as pool:
            result = pool.submit(execute, connection, statement).result()
        # before the connection is closed, which waits for what runs in the background
        _show(result, form)
    failed = failure(result)
    if failed is not None:
        print(f"hubspot-ingest: {printable(failed)}", file=sys.stderr)
        return 1
    return 0


def _show(result: Result, form: str) -> None:
    if form == "json":
        print(printing.as_json(result), flush=True)
    elif form == "csv":
        text = printing.as_csv(result)
        # a file gets what the rows hold
        print(printable(text) if sys.stdout.isatty() else text, end="", flush=True)
    elif form == "markdown":
        print(tables.as_markdown(result), end="", flush=True)
    elif form == "vertical":
        tables.as_blocks(result, tables.console())
    else:
        tables.as_table(result, tables.console())


def failure(result: Result) -> str | None:
    """``CODE: message`` when the result is a procedure's answer that is not OK."""
    answer = printing.answer(result)
    # a run that stopped at its deadline or at the day's limit did well and goes on next time
    if answer is None or answer["response_code"] == "OK" or answer.get("status") == "STOPPED":
        return None
    return f"{answer['response_code']}: {answer.get('message', '')}"
