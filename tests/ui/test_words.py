"""The page's pure functions: filters, globs, numbers, times, comparisons."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from page import completeness, filters, globs, words
from page.portal_names import PortalNames

NOON = datetime(2026, 9, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "spelled",
    [
        [{"filters": [{"propertyName": "amount", "operator": "GTE", "value": 1000}]}],
        {"filterGroups": [{"filters": [{"propertyName": "x", "operator": "HAS_PROPERTY"}]}]},
        [],
    ],
)
def test_filters_are_read_as_a_list_or_as_hubspots_search_takes_them(spelled: object) -> None:
    groups = spelled["filterGroups"] if isinstance(spelled, dict) else spelled

    assert filters.from_text(json.dumps(spelled)) == groups


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[{", "not JSON"),
        ('{"a": 1}', "list of groups"),
        ("[1]", "group 1 must be an object"),
        ('[{"filters": [{"operator": "EQ"}]}]', "propertyName and operator"),
        ('[{"filters": [{"propertyName": "a", "operator": "LIKE"}]}]', "LIKE is no operator"),
    ],
)
def test_what_is_no_filter_is_told_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        filters.from_text(text)


def test_a_filter_without_its_value_is_left_out() -> None:
    groups = [
        {"filters": [filters.with_values("a", "EQ", [""]), filters.with_values("b", "IN", ["x"])]},
        {"filters": [filters.with_values("c", "BETWEEN", [1, None])]},
    ]

    assert filters.complete(groups) == [
        {"filters": [{"propertyName": "b", "operator": "IN", "values": ["x"]}]}
    ]


def test_values_are_told_by_their_labels() -> None:
    groups = [{"filters": [filters.with_values("dealstage", "IN", ["1", "won", "gone"])]}]
    names = PortalNames(
        {"dealstage": "Deal stage"}, {}, {"dealstage": {"1": "New", "won": "Closed won"}}
    )

    sentence = filters.filter_sentence(groups, names)

    assert sentence == "Deal stage is any of New, Closed won, gone"


def test_groups_are_told_as_a_sentence() -> None:
    groups = [
        {"filters": [filters.with_values("createdate", "LT", ["2026-01-01"])]},
        {"filters": [filters.with_values("amount", "BETWEEN", [1, 5])]},
    ]

    names = PortalNames({"amount": "Amount"}, {"createdate": "datetime"})

    sentence = filters.filter_sentence(groups, names)

    assert sentence == "createdate is before 2026-01-01; or Amount is between 1 and 5"


@pytest.mark.parametrize(
    ("spelled", "way"),
    [
        (["*"], globs.ALL),
        (["*", "!hs_*"], globs.EXCEPT),
        (["email", "hs_*"], globs.ONLY),
        (["hs_*", "!hs_a"], globs.OTHER),
    ],
)
def test_globs_are_said_in_the_way_people_would(spelled: list[str], way: str) -> None:
    assert globs.way(spelled) == way
    if way != globs.OTHER:
        assert globs.globs_for(way, globs.names_in(spelled)) == spelled


def test_a_denied_property_is_not_taken() -> None:
    assert globs.takes(["*", "!hs_*"], "email")
    assert not globs.takes(["*", "!hs_*"], "hs_score")


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        ("2026-09-21T10:42:00Z", "10:42"),
        ("2026-09-20T10:42:00Z", "yesterday 10:42"),
        ("2026-09-01T10:42:00Z", "1 Sep 10:42"),
        ("2024-09-01T10:42:00Z", "1 Sep 2024 10:42"),
        (None, "–"),
    ],
)
def test_times_are_told_as_near_as_they_are(instant: str | None, text: str) -> None:
    assert words.clock(instant, NOON) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.42, "0.4 s"), (12.0, "12 s"), (200.0, "3 min 20 s"), (7500.0, "2 h 5 min")],
)
def test_durations_are_told_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


def certificate(**fields: object) -> dict[str, object]:
    """A comparison of five thousand records, six requests long."""
    counts = dict.fromkeys(("MISSING", "EXTRA", "STALE", "CHANGED_MEANWHILE", "REPAIRED"), 0)
    records = {"HUBSPOT_RECORDS": 5000, "TABLE_RECORDS": 5000, "REQUESTS": 6}
    times = {"CHECKED_AT": "2026-03-02 09:00:00", "ONE_BY_ONE_SINCE": None}
    return {"RESULT": "COMPLETE", "OUTDATED_BY": None, **times, **records, **counts, **fields}


@pytest.mark.parametrize(
    ("fields", "sentences"),
    [
        ({}, ["Counted equal; the daily rotation did not compare every row one by one yet"]),
        (
            {"ONE_BY_ONE_SINCE": "2026-03-01 08:30:00"},
            ["Counted equal; every row was compared one by one since 2026-03-01 08:30 UTC"],
        ),
        ({"ONE_BY_ONE_SINCE": "2026-03-01 08:30:00", "CHECKED_AT": "2026-03-01 08:30:00"}, []),
        ({"TABLE_RECORDS": 2_000, "HUBSPOT_RECORDS": 2_000}, []),
        (
            {"RESULT": "REPAIRED", "MISSING": 2, "EXTRA": 1},
            ["2 rows that were missing came back, 1 row that was one too many is marked"],
        ),
        (
            {"CHANGED_MEANWHILE": 1, "TABLE_RECORDS": 3, "HUBSPOT_RECORDS": 3},
            ["1 record changed since the last run, and the next one reads it"],
        ),
        (
            {"RESULT": "INCOMPLETE", "MISSING": 9},
            [
                "A limit, the deadline or a press of “Stop” came before the end; a run an hour "
                "later compares again, and “Check now” does at once"
            ],
        ),
    ],
)
def test_a_comparison_is_told_by_counts_cost_and_what_differed(
    fields: dict[str, object], sentences: list[str]
) -> None:
    first, *more = completeness.sentences(certificate(**fields))

    count = f"{fields.get('TABLE_RECORDS', 5000):,}"
    was = "Was 4,999 of 5,000, now 5,000" if "EXTRA" in fields else f"{count} of {count} records"
    assert first == f"{was}, 6 requests"
    assert more == sentences


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"TABLE_RECORDS": 0, "HUBSPOT_RECORDS": 0, "EXTRA": 76},
            "Had 76 rows, and HubSpot no record that the sync takes; now 0, 6 requests",
        ),
        (
            {"EXTRA": 2},
            "Had 5,002 rows, and HubSpot 5,000 records that the sync takes; now 5,000, 6 requests",
        ),
    ],
)
def test_rows_that_were_too_many_are_told_in_words(
    fields: dict[str, object], sentence: str
) -> None:
    assert completeness.sentences(certificate(RESULT="REPAIRED", **fields))[0] == sentence


def test_what_needs_a_look_comes_before_what_is_complete() -> None:
    results = ("COMPLETE", "REPAIRED", "INCOMPLETE")
    outdated = certificate(RESULT="UNDONE", OUTDATED_BY="ROLLBACK_RUN")
    certificates = [None, *(certificate(RESULT=result) for result in results), outdated]

    ordered = sorted(certificates, key=completeness.urgency)

    assert [row and row["RESULT"] for row in ordered] == [
        "INCOMPLETE",
        "UNDONE",
        None,
        *results[1::-1],
    ]


def test_numbers_have_separators() -> None:
    assert words.number(1234567) == "1,234,567"


def test_a_custom_objects_heading_leaves_out_the_portal() -> None:
    assert words.title("p62515001_machines") == "Machines"
    assert words.title("p_invoice") == "P invoice"
