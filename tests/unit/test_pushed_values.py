"""What is sent for a value of the source, by the type of its property."""

from __future__ import annotations

import pytest

from hubspot_ingest.model import Property
from hubspot_ingest.outbound.mapping import ColumnKind, MappedProperty
from hubspot_ingest.outbound.values import RowFault, wire_value

# The label of the first was changed after it was made, and its old one is another option's now.
RENAMED = (("Gold", "Platinum"), ("gold_2", "Gold"), ("1", "2"), ("2", "1"))


def sent(
    definition: Property,
    text: str,
    kind: ColumnKind = ColumnKind.TEXT,
    *,
    by_label: bool = False,
) -> str | None:
    """What is sent for the text of a column."""
    return wire_value(MappedProperty(definition, 0, "set", "keep", by_label), kind, text)


@pytest.mark.parametrize(
    ("label", "value"),
    [("Gold", "gold_2"), ("platinum", "Gold"), ("1", "2"), ("1;Gold", "2;gold_2")],
)
def test_an_option_is_chosen_by_its_label_though_that_is_the_value_of_another_one(
    label: str, value: str
) -> None:
    tier = Property("tier", "enumeration", options=RENAMED)
    assert sent(tier, label, by_label=True) == value


def test_an_option_is_chosen_by_its_value_where_columns_hold_values() -> None:
    tier = Property("tier", "enumeration", options=RENAMED)
    assert sent(tier, "Gold;1") == "Gold;1"


def test_elements_of_an_array_that_are_null_choose_nothing() -> None:
    interests = Property("interests", "enumeration", options=(("golf", "Golf"), ("true", "Yes")))
    assert sent(interests, '["golf", null, true]', ColumnKind.JSON) == "golf;true"
    assert sent(interests, "[null]", ColumnKind.JSON) is None


@pytest.mark.parametrize("kind", [ColumnKind.TEXT, ColumnKind.NUMBER, ColumnKind.JSON])
@pytest.mark.parametrize("text", ["1717192800", "20240601", "2024"])
def test_digits_that_may_be_seconds_or_a_date_are_no_point_in_time(
    kind: ColumnKind, text: str
) -> None:
    with pytest.raises(RowFault, match="is no point in time"):
        sent(Property("seen_at", "datetime"), text, kind)


@pytest.mark.parametrize("kind", [ColumnKind.NUMBER, ColumnKind.INSTANT])
def test_milliseconds_are_a_point_in_time(kind: ColumnKind) -> None:
    seen_at = Property("seen_at", "datetime")
    assert sent(seen_at, "1717192800000", kind) == "2024-05-31T22:00:00.000Z"
    assert sent(seen_at, "1000", ColumnKind.INSTANT) == "1970-01-01T00:00:01.000Z"


@pytest.mark.parametrize("text", ["1_000", "١٢", "1,5", "12 kg"])
def test_what_only_a_programming_language_takes_for_a_number_is_none(text: str) -> None:
    with pytest.raises(RowFault) as raised:
        sent(Property("score", "number"), text)
    assert raised.value.code == "NOT_A_NUMBER"
