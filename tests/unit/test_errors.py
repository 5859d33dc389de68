from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn

import pytest

from hubspot_ingest import errors
from hubspot_ingest.errors import DatabaseError, IngestError, ScopeMissing, finishing


def family(of: type[IngestError] = IngestError) -> Iterator[type[IngestError]]:
    yield of
    for child in of.__subclasses__():
        yield from family(child)


KINDS = sorted(family(), key=lambda one: one.__name__)


@pytest.mark.parametrize("kind", KINDS)
def test_a_code_is_upper_snake(kind: type[IngestError]) -> None:
    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", kind.code)


def test_no_two_kinds_of_error_share_a_code() -> None:
    codes = [kind.code for kind in KINDS]
    assert sorted(set(codes)) == sorted(codes)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_ends_a_run_in_a_status_that_runs_have(kind: type[IngestError]) -> None:
    assert kind.status in {"FAILED", "STOPPED", "SKIPPED", "HELD"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_error_is_in_the_tree_a_reader_sees(kind: type[IngestError]) -> None:
    assert kind.__module__ == errors.__name__


def test_reaching_the_deadline_or_the_daily_limit_is_no_failure() -> None:
    assert errors.DeadlineReached.status == "STOPPED"
    assert errors.DailyLimitReached.status == "STOPPED"


def test_a_message_is_one_line() -> None:
    assert IngestError("one\n  two\r\nthree").message == "one two three"


def test_a_message_holds_nothing_that_a_terminal_takes_for_a_command() -> None:
    message = IngestError("HubSpot said \x1b[2J\x1b]0;title\x07 \x9b31m \u202egnp.exe").message
    assert message == "HubSpot said �[2J�]0;title� �31m �gnp.exe"


def test_a_code_may_be_told_more_exactly() -> None:
    assert errors.Refusal("no", code="INVALID_NAME").response_code == "INVALID_NAME"
    assert errors.Refusal("no").response_code == "INVALID_SETTINGS"


def test_a_missing_scope_names_what_would_do() -> None:
    assert ScopeMissing("no", ("crm.objects.deals.read",)).scopes == ("crm.objects.deals.read",)


def _failing() -> NoReturn:
    raise DatabaseError("a statement failed")


def test_an_error_is_not_hidden_by_one_of_tidying_up_after_it() -> None:
    with pytest.raises(KeyError), finishing(_failing):
        raise KeyError


def test_an_error_of_tidying_up_alone_is_raised() -> None:
    with pytest.raises(DatabaseError), finishing(_failing):
        pass
