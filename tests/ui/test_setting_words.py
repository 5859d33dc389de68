"""Settings and what people did to them, in the page's words and without JSON."""

from __future__ import annotations

from typing import Any

import pytest

from page import audit, setting_words
from page.portal_names import PortalNames

NAMES = PortalNames(
    {"email": "E-mail", "dealstage": "Deal stage"}, {}, {"dealstage": {"won": "Closed won"}}
)
WON = [{"filters": [{"propertyName": "dealstage", "operator": "IN", "values": ["won"]}]}]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("filter_groups", WON, "Deal stage is any of Closed won"),
        ("properties", ["*", "!email"], "all but E-mail"),
        ("properties", ["*"], "all"),
        ("properties", ["hs_*", "!email"], "hs_*, but not E-mail"),
        ("properties", {"email": {"column": "MAIL", "write": "append"}}, "E-mail from MAIL"),
        ("associations", [], "none"),
        ("associations", ["line_items", "deals"], "Line items, Deals"),
        ("hash", ["email"], "E-mail"),
        ("destination", {"database": "D", "schema": "S"}, "D.S"),
        ("schedule", "60 MINUTES", "Every hour"),
        ("schedule", None, "Only when I run it"),
        ("fresh_within", "15 MINUTES", "15 minutes"),
        ("sync_mode", None, "Only what changed"),
        ("include_archived", False, "no"),
        ("deadline_minutes", None, "50"),
        ("updated_after", "2026-07-01T00:00:00-04:00", "2026-07-01"),
        ("notifications", {"integration": "A", "recipients": ["a@b.c"], "on": ["FAILED"]},
         "A tells a@b.c when a run failed"),
        ("removed_rows", {"set": {"email": "x"}}, "Set: Email: x"),
    ],
)  # fmt: skip
def test_a_value_is_said_as_a_person_says_it(name: str, value: Any, words: str) -> None:
    assert setting_words.value_words({name: value}, name, NAMES) == words


@pytest.mark.parametrize(
    ("settings", "name", "words"),
    [
        ({}, "schedule", "as all syncs"),
        ({"fresh_within": "30 MINUTES"}, "schedule", "as “Fresh within” needs"),
        ({"schedule": "60 MINUTES"}, "schedule", "Every hour"),
        ({}, "deadline_minutes", "as all syncs"),
        ({}, "reserve_percent", "as all syncs"),
        ({}, "settle_minutes", "10"),
    ],
)
def test_a_sync_without_a_setting_of_its_own_follows_all_syncs(
    settings: dict[str, Any], name: str, words: str
) -> None:
    assert setting_words.value_words(settings, name, of_sync=True) == words


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "all records"),
        ({"filter_groups": WON}, "Deal stage is any of Closed won"),
        ({"updated_after": "2026-07-01T00:00:00-04:00"},
         "all records; nothing last changed before 2026-07-01"),
    ],
)  # fmt: skip
def test_what_a_sync_takes_has_the_day_before_which_nothing_is_taken(
    settings: dict[str, Any], words: str
) -> None:
    assert setting_words.taken_records(settings, NAMES) == words


def changed(procedure: str, before: Any, after: Any, kind: str = "SYNC") -> dict[str, Any]:
    """A row of the audit log."""
    return {
        "PROCEDURE_NAME": procedure, "KIND": kind, "NAME": "deals", "BEFORE": before,
        "AFTER": after,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "action"),
    [
        (changed("ROLLBACK_RUN", None, {"run_id": "r-1"}), "undid the run r-1"),
        (changed("RESET_PUSH", None, {"mode": "adopt", "rows": 7}, "PUSH"),
         "took over what HubSpot has"),
        (changed("SKIP_PUSH_ROWS", None, {"rows": 2, "until": "for good"}, "PUSH"),
         "left rows alone, rows: 2, until for good"),
        (changed("CONFIGURE_CONNECTION", {"kind": "TOKEN"}, {"credential": "stored anew"}),
         "the credential was replaced"),
    ],
)  # fmt: skip
def test_what_was_done_is_a_sentence(row: dict[str, Any], action: str) -> None:
    assert audit.action(row) == action
    assert audit.changes(row) == []


def test_a_change_of_settings_has_each_with_its_value_before_and_after() -> None:
    row = changed("CONFIGURE_SYNC", {"settle_minutes": 5}, {"filter_groups": WON})

    assert audit.action(row) == ""
    assert audit.changes(row, NAMES) == [
        ("Settle, minutes", "5", "10"),
        ("Filters", "all records", "Deal stage is any of Closed won"),
    ]


@pytest.mark.parametrize(
    ("kind", "before"), [("SYNC", "as all syncs"), ("APP", "Only when I run it")]
)
def test_a_schedule_that_was_none_is_told_by_whose_it_is(kind: str, before: str) -> None:
    row = changed("CONFIGURE_SYNC", {}, {"schedule": "60 MINUTES"}, kind)

    assert audit.changes(row) == [("Schedule", before, "Every hour")]
