"""Ctrl-C while a statement runs."""

from __future__ import annotations

from pathlib import Path

from tests.laptop.process import Laptop, installed

# DuckDB's library now and then answers Ctrl-C with the failure of the statement
FAILS_ON_CTRL_C = """
CREATE OR REPLACE PROCEDURE LAB.PUBLIC.LONG() RETURNS VARCHAR LANGUAGE PYTHON
RUNTIME_VERSION = '3.11' PACKAGES = ('snowflake-snowpark-python') HANDLER = 'go' AS $$
import signal
def go(session):
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise RuntimeError("the transaction is aborted") from None
$$
"""


def test_ctrl_c_is_an_interruption_whatever_becomes_of_the_statement(tmp_path: Path) -> None:
    laptop = Laptop(installed(tmp_path / "home"))
    prepare = ("CREATE DATABASE LAB", "CREATE SCHEMA IF NOT EXISTS LAB.PUBLIC", FAILS_ON_CTRL_C)
    for statement in prepare:
        assert laptop.sql(statement).status == 0

    done = laptop.sql("CALL LAB.PUBLIC.LONG()")

    assert (done.status, done.out) == (1, "")
    assert done.err == "hubspot-ingest: interrupted; the next run carries on\n"
