"""An exception that nobody foresaw, on the command line: one line with an id, no traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hubspot_ingest.cli import main
from hubspot_ingest.laptop import statements

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
    assert re.search(r"hubspot_ingest/cli\.py:\d+ main > ", line)
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
