"""FIRST-RUN.md lists every statement that was recorded, each with evidence and a way out."""

from __future__ import annotations

import pytest

from scripts import first_run_page


def test_the_list_is_what_the_script_writes() -> None:
    assert first_run_page.PAGE.read_text() == first_run_page.render(), "run make statements"


def test_every_recorded_statement_has_evidence_and_a_way_out() -> None:
    recorded = first_run_page.recorded()
    assert len(recorded) > 100
    assert len(recorded) == len({*recorded})
    for statement in recorded:
        assert all(first_run_page.rule(statement)), statement


def test_a_statement_of_a_new_kind_needs_a_rule() -> None:
    with pytest.raises(LookupError, match="CREATE HYBRID TABLE"):
        first_run_page.rule("CREATE HYBRID TABLE N (N VARCHAR)")
