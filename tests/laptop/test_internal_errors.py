"""An exception that nobody foresaw, on the command line: one line with an id, no traceback."""

from __future__ import annotations

import locale
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from hubspot_ingest.cli import main
from hubspot_ingest.laptop import statements
from hubspot_sandbox import command
from tests.laptop.process import COMMAND, Laptop, installed

SECRET = "pat-na1-ada@example.com"


def _raise(*_: object) -> int:
    raise ValueError(f"no {SECRET}")


def test_one_line_with_an_id_and_the_frames_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(statements, "run", _raise)
    monkeypatch.setenv("HUBSPOT_INGEST_HOME", str(tmp_path / "home"))
    status = main(["sql", "SELECT 1"])
    printed = capsys.readouterr()
    match = re.match(
        r"hubspot-ingest: INTERNAL_ERROR: unexpected internal error ([0-9a-f]{8}); ", printed.err
    )

    assert status == 1
    assert match is not None, printed.err
    assert printed.err.count("\n") == 1
    assert "Traceback" not in printed.err
    log = tmp_path / "home" / "internal_errors.log"
    assert str(log) in printed.err
    [line] = log.read_text().splitlines()
    assert f"internal error {match[1]}: ValueError at " in line
    assert re.search(r"hubspot_ingest/cli\.py:\d+ _status > ", line)
    assert SECRET not in line + printed.err + printed.out


def test_it_is_told_where_the_file_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "home"
    blocked.write_text("a file where the directory should be")
    monkeypatch.setattr(statements, "run", _raise)
    monkeypatch.setenv("HUBSPOT_INGEST_HOME", str(blocked))

    assert main(["sql", "SELECT 1"]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert re.search(r"unexpected internal error [0-9a-f]{8}; .*HUBSPOT_INGEST_LOG=error", err)


def test_it_is_told_where_the_directory_is_gone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    monkeypatch.setattr(statements, "run", _raise)
    monkeypatch.delenv("HUBSPOT_INGEST_HOME", raising=False)

    assert main(["sql", "SELECT 1"]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert re.search(r"unexpected internal error [0-9a-f]{8}; .*HUBSPOT_INGEST_LOG=error", err)


def test_the_file_takes_names_that_the_terminal_has_no_letters_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def größe(*_: object) -> int:
        return größe()

    monkeypatch.setattr(statements, "run", größe)
    monkeypatch.setenv("HUBSPOT_INGEST_HOME", str(tmp_path))
    usual = locale.setlocale(locale.LC_CTYPE)
    locale.setlocale(locale.LC_CTYPE, "C")
    try:
        assert main(["sql", "SELECT 1"]) == 1
    finally:
        locale.setlocale(locale.LC_CTYPE, usual)
    assert "größe > … > " in (tmp_path / "internal_errors.log").read_text("utf-8")
    assert "Traceback" not in capsys.readouterr().err


def test_a_sandbox_that_dies_of_one_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "main", _raise)
    monkeypatch.setenv("HUBSPOT_INGEST_HOME", str(tmp_path))

    assert main(["sandbox"]) == 1
    assert re.search(r"INTERNAL_ERROR: unexpected internal error", capsys.readouterr().err)


@pytest.mark.parametrize("name", ["serve", "sandbox"])
def test_a_port_in_use_is_no_internal_error(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    monkeypatch.setenv("HUBSPOT_INGEST_HOME", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main([name, "--port", str(taken.getsockname()[1])]) == 1

    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert re.search(r"hubspot-ingest.*: port \d+ .*--port", err)


def test_a_reader_that_wants_no_more_is_no_error(tmp_path: Path) -> None:
    laptop = Laptop(installed(tmp_path))
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [COMMAND, "sql", "SELECT 1", "--format", "json"],
        env=laptop.environment,
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)

    assert (done.returncode, done.stderr) == (1, b"")
