"""``hubspot-ingest sql``: any statement, three formats, three exit statuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from hubspot_ingest.cli import main
from snowflake_sandbox import Engine
from tests.laptop.process import Laptop, installed

TYPES = (
    "SELECT 12.50::NUMBER(38,18) AS N, 123456789012345678 AS BIG, 'a \"b\", c' AS TXT, "
    "PARSE_JSON('{\"a\": [1, null, 12345678901234567890]}') AS V, TRUE AS B, NULL AS MISSING, "
    "TO_TIMESTAMP_NTZ(CAST(1710037800123 AS NUMBER(38, 0)), 3) AS T, "
    "TO_DATE('2024-02-29', 'YYYY-MM-DD') AS D"
)


def test_json_is_an_array_of_objects_with_every_type_as_it_is(laptop: Laptop) -> None:
    done = laptop.sql(TYPES)

    assert (done.status, done.err) == (0, "")
    assert done.rows == [
        {
            "N": 12.5,
            "BIG": 123456789012345678,
            "TXT": 'a "b", c',
            "V": {"a": [1, None, 12345678901234567890]},
            "B": True,
            "MISSING": None,
            "T": "2024-03-10T02:30:00.123Z",
            "D": "2024-02-29",
        }
    ]
    assert '"N": 12.5,' in done.out


@pytest.mark.long
def test_csv_has_a_header_and_quotes_what_needs_it(laptop: Laptop) -> None:
    done = laptop.sql(TYPES, "csv")

    [row] = csv.DictReader(io.StringIO(done.out))
    assert done.status == 0
    assert row["TXT"] == 'a "b", c'
    assert (row["N"], row["B"], row["MISSING"]) == ("12.5", "true", "")
    assert row["T"] == "2024-03-10T02:30:00.123Z"


def test_a_table_is_for_people(laptop: Laptop) -> None:
    done = laptop.sql("SELECT 'Ada' AS FIRSTNAME, 12.50::NUMBER(38,18) AS AMOUNT", "table")

    assert done.status == 0
    for word in ("FIRSTNAME", "AMOUNT", "Ada", "12.5", "1 row"):
        assert word in done.out


@pytest.mark.long
def test_a_row_too_wide_for_the_terminal_is_a_block_with_a_line_for_each_column(
    laptop: Laptop,
) -> None:
    columns = ", ".join(f"'{'v' * 30}' AS COLUMN_{n}" for n in range(1, 9))
    done = laptop.sql(f"SELECT {columns}, REPEAT('x', 300) AS LONG", "table")

    assert done.status == 0
    assert "─ row 1 ─" in done.out
    assert f"COLUMN_8 {'v' * 30}\n" in done.out
    assert f"LONG     {'x' * 199}…\n" in done.out


@pytest.mark.long
def test_a_pipe_with_no_terminal_behind_it_has_the_width_of_a_pager(laptop: Laptop) -> None:
    piped = Laptop(laptop.home)
    piped.environment = {k: v for k, v in piped.environment.items() if k != "COLUMNS"}

    done = piped.sql("SELECT " + ", ".join(f"'{'v' * 30}' AS N{n}" for n in range(5)), "table")

    assert done.out.splitlines()[2].count("v" * 30) == 5


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("markdown", "| A | B |\n| --- | --- |\n| 1 | x |\n"),
        ("vertical", "─ row 1 ─" + "─" * 51 + "\nA 1\nB x\n1 row\n"),
    ],
)
def test_a_result_may_be_markdown_or_a_block_a_row(
    laptop: Laptop, form: str, expected: str
) -> None:
    assert laptop.sql("SELECT 1 AS A, 'x' AS B", form).out == expected


@pytest.mark.long
def test_no_rows_are_an_empty_array(laptop: Laptop) -> None:
    assert laptop.sql("SELECT NAME FROM syncs WHERE NAME = 'none'").rows == []


def test_what_one_process_wrote_the_next_one_reads(laptop: Laptop) -> None:
    called = laptop.sql("CALL ingest_hubspot('contacts')")

    assert (called.status, called.err) == (0, "")
    assert called.answer["rows_inserted"] == 12
    rows = laptop.sql("SELECT COUNT(*) AS N FROM HUBSPOT_DATA.CRM.CONTACTS").rows
    assert rows == [{"N": 12}]
    [run] = laptop.sql("SELECT STATUS, ROWS_INSERTED, STARTED_AT FROM runs").rows
    assert (run["STATUS"], run["ROWS_INSERTED"]) == ("SUCCEEDED", 12)
    assert run["STARTED_AT"].endswith("Z")
    [sync] = laptop.sql("SELECT SETTINGS, HEALTH FROM syncs WHERE NAME = 'contacts'").rows
    assert sync == {"SETTINGS": {}, "HEALTH": "HEALTHY"}


@pytest.mark.long
@pytest.mark.parametrize(
    "settings",
    [
        'PARSE_JSON(\'{"stream": "contacts", "properties": ["email"]}\')',
        "{'stream': 'contacts', 'properties': ['email']}",
        "OBJECT_CONSTRUCT('stream', 'contacts', 'properties', ARRAY_CONSTRUCT('email'))",
    ],
    ids=["PARSE_JSON", "literal", "OBJECT_CONSTRUCT"],
)
def test_settings_may_be_written_in_three_ways(laptop: Laptop, settings: str) -> None:
    done = laptop.sql(f"CALL configure_sync('slim', {settings})")

    assert done.status == 0
    assert done.answer["settings"]["stream"] == "contacts"
    assert done.answer["settings"]["properties"] == ["email"]


def test_a_failed_call_prints_its_answer_and_one_line_of_reason(laptop: Laptop) -> None:
    done = laptop.sql("CALL ingest_hubspot('contcats')")

    assert done.status == 1
    assert done.answer["response_code"] == "UNKNOWN_STREAM"
    assert done.err.startswith("hubspot-ingest: UNKNOWN_STREAM: there is no stream 'contcats'")
    assert done.err.count("\n") == 1


def test_a_statement_that_fails_is_one_line_without_a_traceback(laptop: Laptop) -> None:
    done = laptop.sql("SELECT * FROM nowhere", "table")

    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("hubspot-ingest: SQL_2003: ")
    assert "does not exist" in done.err
    assert done.err.count("\n") == 1


def test_wrong_usage_is_status_two(laptop: Laptop) -> None:
    done = laptop.run("fly")

    assert (done.status, done.out) == (2, "")
    assert "invalid choice: 'fly'" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["sql"],
        ["sql", "SELECT 1", "--format", "xml"],
        ["serve", "--port", "x"],
        ["sandbox", "--records", "contacts=many"],
    ],
    ids=" ".join,
)
def test_every_kind_of_wrong_usage_is_status_two(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status: object = main(arguments)
    except SystemExit as ended:
        status = ended.code

    assert status == 2
    assert "usage: hubspot-ingest" in capsys.readouterr().err


def test_the_command_alone_prints_its_help_and_three_first_steps(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 0

    printed = capsys.readouterr().out
    assert printed.startswith("usage: hubspot-ingest")
    first_steps = printed.partition("first steps:\n")[2]
    for step in ("hubspot-ingest demo", "hubspot-ingest ui", "hubspot-ingest sql"):
        assert step in first_steps


def test_an_engine_in_use_is_told_in_one_line(tmp_path: Path) -> None:
    busy = Laptop(tmp_path)
    with Engine(tmp_path / "engine"):
        done = busy.sql("SELECT 1")

    assert done.status == 1
    assert done.err.startswith("hubspot-ingest: ENGINE_BUSY: another hubspot-ingest process")
    assert done.err.count("\n") == 1


def test_no_credential_is_told_with_what_to_do(tmp_path: Path) -> None:
    done = Laptop(installed(tmp_path)).sql("CALL ingest_hubspot('contacts')")

    assert done.status == 1
    assert "CREDENTIAL_MISSING" in done.err
    assert "set_token" in done.err


@pytest.mark.long
def test_logs_go_to_standard_error_when_they_are_asked_for(laptop: Laptop) -> None:
    asking = Laptop(laptop.home)
    asking.environment = {**laptop.environment, "HUBSPOT_INGEST_LOG": "info"}
    asked = asking.sql("CALL ingest_hubspot('contacts')")

    lines = [json.loads(line) for line in asked.err.splitlines()]
    assert [line["said"] for line in lines] == ["run began", "run ended"]
    assert (lines[1]["level"], lines[1]["status"]) == ("INFO", "SUCCEEDED")
