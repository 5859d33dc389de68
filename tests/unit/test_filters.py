from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_ingest.errors import InvalidFilter
from hubspot_ingest.inbound.plan import filters
from hubspot_ingest.model import Json, Property
from hubspot_ingest.settings import parse_settings
from tests.builders import a_property

PROPERTIES = (
    a_property("email"),
    a_property("phone", "phone_number"),
    a_property("amount", "number"),
    a_property("closedate", "datetime"),
    a_property("birthday", "date"),
    a_property("member", "bool"),
    a_property("lifecyclestage", "enumeration", ["lead", "customer", "Other"]),
    a_property("hubspot_owner_id", "enumeration"),
)


def sent(operator: str, name: str, **values: Any) -> Json:
    """The one filter as it is sent."""
    [[sent_filter]] = checked({"propertyName": name, "operator": operator, **values})
    return sent_filter


def checked(
    *conditions: dict[str, Any], properties: tuple[Property, ...] = PROPERTIES
) -> list[list[Json]]:
    settings = parse_settings("contacts", {"filter_groups": [{"filters": list(conditions)}]})
    return filters.checked_filters(settings.filter_groups, properties)


def refusal(operator: str, name: str, **values: Any) -> str:
    with pytest.raises(InvalidFilter) as refused:
        sent(operator, name, **values)
    return refused.value.message


def test_a_filter_is_spelled_as_hubspot_spells_it() -> None:
    assert sent("EQ", "email", value="A@b.c") == {
        "propertyName": "email",
        "operator": "EQ",
        "value": "A@b.c",
    }


def test_groups_stay_apart() -> None:
    first: Json = {"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}]}
    second: Json = {"filters": [{"propertyName": "amount", "operator": "NOT_HAS_PROPERTY"}]}
    settings = parse_settings("contacts", {"filter_groups": [first, second]})
    assert filters.checked_filters(settings.filter_groups, PROPERTIES) == [
        [{"propertyName": "email", "operator": "HAS_PROPERTY"}],
        [{"propertyName": "amount", "operator": "NOT_HAS_PROPERTY"}],
    ]


def test_an_unknown_property_is_refused_with_its_place_and_the_nearest() -> None:
    message = refusal("EQ", "lifecycle_stage", value="lead")
    assert "filter_groups.0.filters.0" in message
    assert "no property 'lifecycle_stage'" in message
    assert "did you mean 'lifecyclestage'?" in message


def test_a_property_is_known_by_its_exact_name() -> None:
    assert "did you mean 'email'?" in refusal("EQ", "Email", value="a")


@pytest.mark.parametrize(
    ("operator", "name"),
    [
        ("CONTAINS_TOKEN", "amount"),
        ("CONTAINS_TOKEN", "closedate"),
        ("GT", "member"),
        ("LTE", "lifecyclestage"),
        ("NOT_CONTAINS_TOKEN", "member"),
    ],
)
def test_an_operator_that_does_not_fit_the_type_is_refused_with_those_that_do(
    operator: str, name: str
) -> None:
    message = refusal(operator, name, value="1")
    assert f"{operator} does not fit {name!r}" in message
    assert "EQ, " in message


@pytest.mark.parametrize("operator", ["EQ", "NEQ", "LT", "GT", "CONTAINS_TOKEN"])
def test_text_takes_every_operator(operator: str) -> None:
    assert sent(operator, "phone", value="+49*")


@pytest.mark.parametrize("value", ["abc", "", "1,5", "NaN", "inf", "1_000", True])
def test_what_is_no_number_is_refused_for_one(value: Any) -> None:
    assert "'amount', which is of type number" in refusal("GT", "amount", value=value)


@pytest.mark.parametrize(
    ("value", "spelled"),
    [(5, "5"), (1.5, "1.5"), ("-3", "-3"), ("1e3", "1e3"), (10**17 + 1, "100000000000000001")],
)
def test_a_number_is_sent_as_text(value: Any, spelled: str) -> None:
    sent_filter = sent("GT", "amount", value=value)
    assert isinstance(sent_filter, dict)
    assert sent_filter["value"] == spelled


@pytest.mark.parametrize("name", ["closedate", "birthday"])
def test_instants_are_sent_as_milliseconds(name: str) -> None:
    assert sent("BETWEEN", name, value="2026-01-31", highValue="2026-01-31T01:00:00+01:00") == {
        "propertyName": name,
        "operator": "BETWEEN",
        "value": "1769817600000",
        "highValue": "1769817600000",
    }


def test_every_value_of_a_list_is_spelled_as_the_type_wants_it() -> None:
    sent_filter = sent("IN", "birthday", values=["2026-01-31", 1769817600000])
    assert isinstance(sent_filter, dict)
    assert sent_filter["values"] == ["1769817600000", "1769817600000"]


def test_what_is_no_instant_is_refused_for_one() -> None:
    assert "'closedate', which is of type datetime" in refusal("GT", "closedate", value="soon")


def test_what_is_nearly_a_day_from_today_is_told_how_one_is_written() -> None:
    message = refusal("GTE", "closedate", value="TODAY-30D")
    assert "'TODAY-30D' is no value of 'closedate'" in message
    assert message.endswith("write it as 2026-01-31, or from today as TODAY-30")


def test_a_wrong_upper_bound_is_refused_as_well() -> None:
    message = refusal("BETWEEN", "amount", value=1, highValue="much")
    assert "'much' is no value of 'amount'" in message


@pytest.mark.parametrize(("value", "spelled"), [(True, "true"), ("FALSE", "false")])
def test_a_bool_is_sent_in_lower_case(value: Any, spelled: str) -> None:
    sent_filter = sent("EQ", "member", value=value)
    assert isinstance(sent_filter, dict)
    assert sent_filter["value"] == spelled


def test_what_is_no_bool_is_refused_for_one() -> None:
    assert "'perhaps' is no value of 'member'" in refusal("EQ", "member", value="perhaps")


def test_an_option_that_does_not_exist_is_refused_with_those_that_do() -> None:
    message = refusal("EQ", "lifecyclestage", value="costumer")
    assert "did you mean 'customer'?" in message
    assert "options: lead, customer, Other" in message


def test_an_option_is_its_value_case_for_case_and_never_its_label() -> None:
    assert "no option" in refusal("EQ", "lifecyclestage", value="Customer")
    assert "no option" in refusal("IN", "lifecyclestage", values=["lead", "other"])


def test_an_option_is_sent_as_it_is_written() -> None:
    sent_filter = sent("IN", "lifecyclestage", values=["Other"])
    assert isinstance(sent_filter, dict)
    assert sent_filter["values"] == ["Other"]


def test_only_the_first_of_many_options_are_shown() -> None:
    many = a_property("stage", "enumeration", [f"option_{n}" for n in range(30)])
    condition = {"propertyName": "stage", "operator": "EQ", "value": "x"}
    with pytest.raises(InvalidFilter, match="option_19, …") as refused:
        checked(condition, properties=(many,))
    assert "option_20" not in refused.value.message


def test_a_part_of_an_option_may_be_looked_for() -> None:
    assert sent("CONTAINS_TOKEN", "lifecyclestage", value="cust*")


def test_an_enumeration_whose_options_hubspot_does_not_tell_takes_any() -> None:
    assert sent("EQ", "hubspot_owner_id", value="12345")


@pytest.mark.parametrize("operator", ["IN", "NOT_IN"])
def test_texts_of_a_list_are_sent_in_lower_case_or_hubspot_never_finds_them(operator: str) -> None:
    sent_filter = sent(operator, "email", values=["A@B.C", "Ä"])
    assert isinstance(sent_filter, dict)
    assert sent_filter["values"] == ["a@b.c", "ä"]


def test_an_enumeration_keeps_its_case_even_without_options_to_check() -> None:
    sent_filter = sent("IN", "hubspot_owner_id", values=["Ab"])
    assert isinstance(sent_filter, dict)
    assert sent_filter["values"] == ["Ab"]


VALUES = st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=12))


@given(VALUES, st.sampled_from([prop.name for prop in PROPERTIES]))
def test_any_value_is_sent_as_text_or_refused(value: Any, name: str) -> None:
    try:
        sent_filter = sent("EQ", name, value=value)
    except InvalidFilter:
        return
    assert isinstance(sent_filter, dict)
    assert isinstance(sent_filter["value"], str)


# -- associations, and what search cannot look at -------------------------------------------------


@pytest.mark.parametrize("other", ["company", "companies", "0-2", "ticket", "line_item"])
def test_records_are_filtered_by_what_they_are_associated_with(other: str) -> None:
    name = f"associations.{other}"
    assert sent("EQ", name, value=12) == {"propertyName": name, "operator": "EQ", "value": "12"}
    assert sent("IN", name, values=["1", 2]) == {
        "propertyName": name,
        "operator": "IN",
        "values": ["1", "2"],
    }


@pytest.mark.parametrize("other", ["p_machine", "2-345", "", "people"])
def test_associations_with_what_is_no_standard_object_are_refused(other: str) -> None:
    assert "standard objects" in refusal("EQ", f"associations.{other}", value="1")


def test_associations_of_custom_objects_are_refused() -> None:
    settings = parse_settings("2-345", {"filter_groups": [{"filters": [
        {"propertyName": "associations.company", "operator": "EQ", "value": "1"}]}]})  # fmt: skip
    with pytest.raises(InvalidFilter, match="standard objects"):
        filters.checked_filters(settings.filter_groups, PROPERTIES, "2-345")


def test_associations_take_ids_and_two_operators() -> None:
    assert "no record id" in refusal("EQ", "associations.company", value="Acme")
    assert "EQ or IN" in refusal("HAS_PROPERTY", "associations.company")
    assert "EQ or IN" in refusal("GT", "associations.company", value="1")


@pytest.mark.parametrize("name", ["hs_body_preview_html", "hs_email_html"])
def test_what_search_cannot_look_at_is_refused(name: str) -> None:
    condition = {"propertyName": name, "operator": "HAS_PROPERTY"}
    with pytest.raises(InvalidFilter, match="cannot look at"):
        checked(condition, properties=(a_property(name),))


def test_the_preview_of_a_body_is_searched_but_for_that_of_an_email() -> None:
    condition: Json = {"propertyName": "hs_body_preview", "operator": "HAS_PROPERTY"}
    settings = parse_settings("notes", {"filter_groups": [{"filters": [condition]}]})
    properties = (a_property("hs_body_preview"),)

    assert filters.checked_filters(settings.filter_groups, properties, "notes") == [[condition]]
    with pytest.raises(InvalidFilter, match="cannot look at"):
        filters.checked_filters(settings.filter_groups, properties, "emails")


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("amount", 5, 5),
        ("amount", "-1e3", 0.5),
        # what is no number is refused with its value
        ("amount", "few", 5),
        ("amount", 5, "many"),
        ("closedate", "2026-01-31T02:00:00+02:00", "2026-01-31"),
        ("closedate", "2026-01-31", "TODAY"),
        ("birthday", "THIS_MONTH", "TODAY"),
        # in the order of text 10 comes before 9: nobody documents which one HubSpot takes
        ("email", "9", "10"),
    ],
)
def test_a_range_that_may_hold_a_value_is_taken(name: str, first: Any, last: Any) -> None:
    check_ranges(between(name, first, last))


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("amount", 5, "4.5"),
        ("closedate", "2026-01-31T00:00:00Z", "2026-01-31T02:00:00+02:01"),
        ("birthday", "2026-02-01", "2026-01-31"),
    ],
)
def test_a_range_that_ends_before_it_begins_is_refused(name: str, first: Any, last: Any) -> None:
    with pytest.raises(InvalidFilter, match="swap them"):
        check_ranges(between(name, first, last))


def test_a_range_is_looked_at_wherever_it_stands_among_the_filters() -> None:
    with pytest.raises(InvalidFilter, match=r"filters\.2.*swap them"):
        check_ranges(
            {"propertyName": "email", "operator": "HAS_PROPERTY"},
            between("birthday", "THIS_MONTH", "TODAY"),
            between("amount", 5, 4),
        )


def between(name: str, first: Any, last: Any) -> dict[str, Any]:
    return {"propertyName": name, "operator": "BETWEEN", "value": first, "highValue": last}


def check_ranges(*conditions: dict[str, Any]) -> None:
    settings = parse_settings("contacts", {"filter_groups": [{"filters": list(conditions)}]})
    filters.check_ranges(settings.filter_groups, PROPERTIES)


def test_true_is_sent_as_hubspot_writes_it_whatever_the_property() -> None:
    assert sent("EQ", "email", value=True) == {
        "propertyName": "email",
        "operator": "EQ",
        "value": "true",
    }


@pytest.mark.parametrize(("count", "more"), [(20, False), (21, True)])
def test_a_refusal_names_twenty_options_and_says_when_there_are_more(
    count: int, more: bool
) -> None:
    many = a_property("stage", "enumeration", [f"option {n:02d}" for n in range(count)])
    with pytest.raises(InvalidFilter) as refused:
        checked({"propertyName": "stage", "operator": "EQ", "value": "x"}, properties=(many,))
    assert refused.value.message.endswith("option 19, …" if more else "option 19")
