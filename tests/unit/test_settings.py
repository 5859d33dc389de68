from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_ingest.errors import InvalidFilter, Refusal
from hubspot_ingest.settings import (
    IDENTIFIER,
    SyncSettings,
    did_you_mean,
    parse_settings,
    sync_name,
)

A_FILTER = {"propertyName": "lifecyclestage", "operator": "EQ", "value": "customer"}


def parsed(**given: Any) -> SyncSettings:
    return parse_settings("contacts", given)


def refusal(given: Any, name: str = "contacts") -> str:
    """What is said of these settings."""
    with pytest.raises(Refusal) as refused:
        parse_settings(name, given)
    return refused.value.message


def groups(*sizes: int) -> list[dict[str, Any]]:
    return [{"filters": [A_FILTER] * size} for size in sizes]


def filtered(*filters: dict[str, Any]) -> dict[str, Any]:
    return {"filter_groups": [{"filters": list(filters)}]}


# -- what is given and what is not ----------------------------------------------------------------


@pytest.mark.parametrize("nothing", [None, {}])
def test_a_sync_without_settings_reads_the_stream_it_is_named_after(nothing: Any) -> None:
    found = parse_settings("contacts", nothing)
    assert found.stream == "contacts"
    assert found.properties == ("*",)
    assert found.sync_mode == "incremental"
    assert found.settle_minutes == 10
    assert found.place[-1] == "CONTACTS"
    assert found.column_prefix == "PROPERTIES_"


def test_a_table_is_called_like_its_sync_whatever_the_stream() -> None:
    assert parse_settings("big_deals", {"stream": "deals"}).place[-1] == "BIG_DEALS"
    assert parse_settings("2-1234567", {}).place[-1] == "OBJECT_2_1234567"


def test_settings_survive_being_dumped_and_parsed_again() -> None:
    given: dict[str, Any] = {
        "filter_groups": [
            {
                "filters": [
                    A_FILTER,
                    {"propertyName": "n", "operator": "BETWEEN", "value": 1, "highValue": 2.5},
                    {"propertyName": "s", "operator": "IN", "values": ["a", "b"]},
                    {"propertyName": "e", "operator": "HAS_PROPERTY"},
                ]
            }
        ],
        "updated_after": "2026-01-31",
        "destination": {"schema": "sales"},
        "schedule": "60 MINUTES",
        "associations": [],
    }
    found = parse_settings("contacts", given)
    assert parse_settings("contacts", found.dump()) == found


@pytest.mark.parametrize("given", ["contacts", ["contacts"], 5, True])
def test_settings_that_are_no_object_are_refused_with_an_example(given: Any) -> None:
    assert 'PARSE_JSON(\'{"stream": "contacts"' in refusal(given)


# -- unknown keys ---------------------------------------------------------------------------------


def test_an_unknown_setting_is_refused_with_the_nearest_and_all_known() -> None:
    said = refusal({"filter_group": []})
    assert "unknown setting 'filter_group' (did you mean 'filter_groups'?)" in said
    assert all(name in said for name in ("schedule", "updated_after", "settle_minutes"))


def test_an_unknown_setting_of_the_destination_names_those_it_has() -> None:
    said = refusal({"destination": {"tabel": "X"}})
    assert "'destination.tabel' (did you mean 'table'?); known: database, schema, table" in said


def test_an_unknown_member_of_a_filter_names_those_it_has() -> None:
    said = refusal(filtered({**A_FILTER, "hihgValue": 1}))
    assert "'filter_groups.0.filters.0.hihgValue' (did you mean 'highValue'?)" in said
    assert "known: highValue, operator, propertyName, value, values" in said


def test_an_unknown_member_of_a_group_names_those_it_has() -> None:
    said = refusal({"filter_groups": [{"filters": [A_FILTER], "operator": "OR"}]})
    assert "'filter_groups.0.operator'" in said
    assert "known: filters" in said


# -- filters --------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", ["eq", "LIKE", "", None])
def test_an_unknown_operator_is_refused_with_those_there_are(operator: Any) -> None:
    said = refusal(filtered({**A_FILTER, "operator": operator}))
    assert "'filter_groups.0.filters.0.operator'" in said
    assert "NOT_CONTAINS_TOKEN" in said


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"operator": "EQ"}, "EQ takes value"),
        ({"operator": "EQ", "values": ["a"]}, "EQ takes value"),
        ({"operator": "EQ", "value": "a", "highValue": "b"}, "EQ takes value"),
        ({"operator": "BETWEEN", "value": 1}, "BETWEEN takes value and highValue"),
        ({"operator": "IN", "value": "a"}, "IN takes values"),
        ({"operator": "IN", "values": []}, "IN takes values"),
        ({"operator": "NOT_IN", "value": "a"}, "NOT_IN takes values"),
        ({"operator": "HAS_PROPERTY", "value": "a"}, "HAS_PROPERTY takes neither"),
        ({"operator": "NOT_HAS_PROPERTY", "values": ["a"]}, "NOT_HAS_PROPERTY takes neither"),
    ],
)
def test_a_filter_takes_the_values_its_operator_needs(given: dict[str, Any], wanted: str) -> None:
    assert wanted in refusal(filtered({"propertyName": "n", **given}))


def test_a_fault_in_a_filter_has_a_code_of_its_own() -> None:
    with pytest.raises(InvalidFilter) as refused:
        parse_settings("contacts", filtered({"propertyName": "n", "operator": "LIKE"}))
    assert refused.value.response_code == "INVALID_FILTER"


@pytest.mark.parametrize("sizes", [(4,), (3, 3), (4, 4, 4), (2, 2, 2, 1, 1), (4, 1, 1, 1, 1)])
def test_as_many_filters_as_hubspot_takes_are_accepted(sizes: tuple[int, ...]) -> None:
    parsed(filter_groups=groups(*sizes))


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ((1, 1, 1, 1, 1, 1), "6 groups; HubSpot takes at most 5"),
        ((5,), "at most 4"),
        ((4, 4, 4, 1), "13 filters in 4 groups.*at most 10"),
        ((2, 2, 2, 2, 1), "9 filters in 5 groups.*at most 8"),
        ((0,), "at least 1"),
    ],
)
def test_more_filters_than_hubspot_takes_are_refused(sizes: tuple[int, ...], said: str) -> None:
    assert re.search(said, refusal({"filter_groups": groups(*sizes)}))


def test_a_filter_value_keeps_its_spaces() -> None:
    found = parsed(**filtered({"propertyName": "n", "operator": "EQ", "value": " a "}))
    assert found.filter_groups[0].filters[0].value == " a "


def test_a_filter_value_keeps_its_type() -> None:
    given = [{"propertyName": "n", "operator": "IN", "values": [True, 1, 1.5, "1", 10**17 + 1]}]
    values = parsed(**filtered(*given)).filter_groups[0].filters[0].values or ()
    assert [(type(one), one) for one in values] == [
        (bool, True),
        (int, 1),
        (float, 1.5),
        (str, "1"),
        (int, 10**17 + 1),
    ]


# -- shapes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "place", "wanted"),
    [
        ({"properties": "*"}, "properties", "list"),
        ({"associations": "companies"}, "associations", "list"),
        ({"filter_groups": {"filters": [A_FILTER]}}, "filter_groups", "list"),
        ({"destination": "MY_DB.CRM.CONTACTS"}, "destination", "object"),
        ({"include_archived": "perhaps"}, "include_archived", "true or false"),
        ({"updated_after": 5}, "updated_after", "text"),
        (
            filtered({"propertyName": "n", "operator": "EQ", "value": ["a"]}),
            "filter_groups.0.filters.0.value",
            "text",
        ),
    ],
)
def test_a_wrong_shape_is_refused_in_the_words_of_json(
    given: dict[str, Any], place: str, wanted: str
) -> None:
    said = refusal(given)
    assert f"setting {place!r}: " in said
    assert wanted in said
    assert not re.search("tuple|dictionary|instance|valid string", said)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sync_mode": "full"}, "'incremental' or 'full_refresh'"),
        ({"lookback_minutes": -1}, "greater than or equal to 0"),
        ({"settle_minutes": 1441}, "less than or equal to 1440"),
        ({"reserve_percent": 96}, "less than or equal to 95"),
        ({"deadline_minutes": 0}, "greater than 0"),
        ({"lookback_minutes": "soon"}, "integer"),
        ({"lookback_minutes": None}, "integer"),
        ({"stream": ""}, "at least 1 character"),
        ({"properties": ["!"]}, '["*", "!hs_email_*"]'),
        ({"history": [""]}, '["*", "!hs_email_*"]'),
    ],
)
def test_a_value_out_of_range_is_refused_with_the_range(given: dict[str, Any], said: str) -> None:
    (place,) = given
    assert f"setting '{place}" in refusal(given)
    assert said in refusal(given)


# -- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["2026-01-31", "2026-01-31T00:00:00Z", "2026-01-31T01:00+01:00"])
def test_updated_after_takes_an_iso_time(text: str) -> None:
    assert parsed(updated_after=text).updated_after_ms == 1_769_817_600_000


@pytest.mark.parametrize("text", ["", "last week", "31.01.2026", "2026-02-30", "2026", "20260131"])
def test_updated_after_refuses_anything_else_with_an_example(text: str) -> None:
    assert "for example 2026-01-31T00:00:00Z" in refusal({"updated_after": text})


@pytest.mark.parametrize(
    "schedule",
    [
        "60 MINUTES",
        "1 minute",
        "USING CRON 0 * * * * UTC",
        "USING CRON */5 9-17 * * MON-FRI Europe/Berlin",
        "USING CRON 0 6 * * * America/Argentina/Buenos_Aires",
        "USING CRON 0 6 * * * America/Port-au-Prince",
        "USING CRON 0 6 * * * Etc/GMT+5",
    ],
)
def test_a_schedule_is_minutes_or_cron(schedule: str) -> None:
    assert parsed(schedule=schedule).schedule == schedule


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "hourly",
        "60",
        "0 MINUTES",
        "1.5 MINUTES",
        "0 * * * *",
        "USING CRON 0 * * * *",
        "USING CRON 0 * * * * * UTC",
        "60 MINUTES'; DROP TABLE X; --",
    ],
)
def test_anything_else_is_no_schedule(schedule: str) -> None:
    assert "use '60 MINUTES' or 'USING CRON 0 * * * * UTC'" in refusal({"schedule": schedule})


# -- names ----------------------------------------------------------------------------------------


def test_the_names_of_the_destination_are_upper_case() -> None:
    destination = {"database": "my_db", "schema": "Crm", "table": "People_2"}
    found = parsed(destination=destination).destination
    assert (found.database, found.schema_name, found.table) == ("MY_DB", "CRM", "PEOPLE_2")


@pytest.mark.parametrize("part", ["database", "schema", "table"])
@pytest.mark.parametrize(
    "name", ["", "2_CONTACTS", "A B", 'A"B', "A.B", "A;B", "A$", "Ä", "A\n", "X" * 256]
)
def test_a_name_that_needs_quotes_is_refused_with_an_example(part: str, name: str) -> None:
    # surrounding white space is a slip of the pen, and nothing else is forgiven
    name = name if name.strip() == name else f"{name}B"
    said = refusal({"destination": {part: name}})
    assert f"setting 'destination.{part}'" in said
    assert "for example HUBSPOT_CONTACTS" in said


@pytest.mark.parametrize("stream", ["contacts", "2-1234567", "p_invoice", "p123_Invoice"])
def test_the_table_of_a_stream_never_needs_quotes(stream: str) -> None:
    assert IDENTIFIER.fullmatch(parse_settings(stream, None).place[-1])


def test_the_column_prefix_is_upper_case_and_may_be_empty() -> None:
    assert parsed(column_prefix="p_").column_prefix == "P_"
    assert parsed(column_prefix="").column_prefix == ""


@pytest.mark.parametrize("prefix", ["1_", "A-", 'A"'])
def test_a_prefix_that_no_column_can_begin_with_is_refused(prefix: str) -> None:
    assert "letters, digits and _" in refusal({"column_prefix": prefix})


@pytest.mark.parametrize("name", ["contacts", " Contacts ", "big-deals.eu", "2-123", "x" * 100])
def test_a_sync_may_be_called_so(name: str) -> None:
    assert sync_name(name) == name.strip().lower()


@pytest.mark.parametrize("name", ["", " ", "a b", "a'b", "ä", "-a", "x" * 101, "a\nb"])
def test_a_sync_may_not_be_called_so(name: str) -> None:
    with pytest.raises(Refusal, match=r"letters, digits, _, - and \.,") as refused:
        sync_name(name)
    assert refused.value.response_code == "INVALID_NAME"


# -- anything -------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
KEYS = sorted(SyncSettings.model_fields)


@given(st.dictionaries(st.sampled_from([*KEYS, "nonsense"]), JSON, max_size=4))
def test_any_settings_are_accepted_or_refused_in_one_line(given: dict[str, Any]) -> None:
    try:
        found = parse_settings("contacts", given)
    except Refusal as refused:
        said = refused.message
        found = None
    if found is None:
        assert said
        assert "\n" not in said
    else:
        assert parse_settings("contacts", found.dump()) == found


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("emial", ["email", "phone"], " (did you mean 'email'?)"),
        ("EMAIL", ["email", "phone"], " (did you mean 'email'?)"),
        ("open", ["OPEN", "CLOSED"], " (did you mean 'OPEN'?)"),
        ("x", ["email", "phone"], ""),
        ("x", [], ""),
    ],
)
def test_the_nearest_known_word_is_suggested(word: str, known: list[str], expected: str) -> None:
    assert did_you_mean(word, known) == expected
