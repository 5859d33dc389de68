from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_ingest.database.columns import (
    BOOKKEEPING,
    NAME_LIMIT,
    OWN_NAMES,
    RECORD,
    Column,
    Type,
    association_column,
    former_columns,
    property_columns,
    same_type,
    table_changes,
    table_columns,
)
from hubspot_ingest.model import Property
from tests.builders import a_property

PREFIX = "PROPERTIES_"


def names(
    *properties: Property | str,
    prefix: str = PREFIX,
    taken: tuple[str, ...] = (),
    column_names: dict[str, str] | None = None,
    existing: dict[str, str] | None = None,
) -> dict[str, str]:
    """The name of each property's column."""
    described = [a_property(prop) if isinstance(prop, str) else prop for prop in properties]
    columns = property_columns(
        described, prefix, taken=taken, column_names=column_names, existing=existing
    )
    return {column.property or "": column.name for column in columns}


# -- types ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hubspot", "expected"),
    [
        ("string", Type.TEXT),
        ("enumeration", Type.TEXT),
        ("phone_number", Type.TEXT),
        ("object_coordinates", Type.TEXT),
        ("json", Type.TEXT),
        ("tomorrow's", Type.TEXT),
        ("number", Type.NUMBER),
        ("bool", Type.BOOLEAN),
        ("date", Type.DATE),
        ("datetime", Type.TIMESTAMP),
    ],
)
def test_a_property_becomes_a_column_of_its_type(hubspot: str, expected: Type) -> None:
    [column] = property_columns([a_property("p", hubspot)], PREFIX)
    assert column.type is expected


def test_numbers_keep_18_digits_before_and_after_the_point() -> None:
    assert str(Type.NUMBER) == "NUMBER(38,18)"


@pytest.mark.parametrize(
    ("column_type", "reported_type"),
    [
        (Type.TEXT, "TEXT"),
        (Type.TEXT, "VARCHAR(16777216)"),
        (Type.NUMBER, "NUMBER"),
        (Type.NUMBER, "decimal(38,18)"),
        (Type.TIMESTAMP, "TIMESTAMP_NTZ"),
        (Type.TIMESTAMP, "TIMESTAMP_NTZ(3)"),
        (Type.VARIANT, "VARIANT"),
        (Type.ARRAY, "ARRAY"),
    ],
)
def test_a_type_is_known_by_the_names_snowflake_gives_it(
    column_type: Type, reported_type: str
) -> None:
    assert same_type(column_type, reported_type)


@pytest.mark.parametrize(
    ("column_type", "reported_type"),
    [(Type.TEXT, "NUMBER"), (Type.NUMBER, "FLOAT"), (Type.TIMESTAMP, "TIMESTAMP_TZ"),
     (Type.DATE, "TIMESTAMP_NTZ"), (Type.BOOLEAN, "TEXT")],
)  # fmt: skip
def test_another_type_is_not_taken_for_the_wanted_one(
    column_type: Type, reported_type: str
) -> None:
    assert not same_type(column_type, reported_type)


# -- names ----------------------------------------------------------------------------------------


def test_a_column_is_named_after_its_property_in_upper_case() -> None:
    assert names("email", "hs_v2_date-entered.1") == {
        "email": "PROPERTIES_EMAIL",
        "hs_v2_date-entered.1": "PROPERTIES_HS_V2_DATE-ENTERED.1",
    }


def test_columns_come_in_order_of_property_name() -> None:
    assert list(names("b", "C", "a")) == ["C", "a", "b"]


def test_of_names_that_are_one_in_upper_case_the_lower_case_one_is_kept() -> None:
    found_names = names("Email", "email", "EMAIL")
    assert found_names["email"] == "PROPERTIES_EMAIL"
    assert found_names["Email"].startswith("PROPERTIES_EMAIL_")
    assert len({*found_names.values()}) == 3


def test_a_suffix_comes_from_the_property_alone() -> None:
    together = names("Email", "email", "EMAIL")
    assert names("Email", "email")["Email"] == together["Email"]
    assert names("EMAIL", "email")["EMAIL"] == together["EMAIL"]


@pytest.mark.parametrize("name", sorted(OWN_NAMES))
def test_without_a_prefix_no_property_takes_a_name_of_ours(name: str) -> None:
    found_names = names(name.lower(), prefix="")
    assert not {*found_names.values()} & OWN_NAMES


def test_no_property_takes_a_name_of_an_association() -> None:
    taken = association_column("companies").name
    assert names("companies_ids", prefix="", taken=(taken,))["companies_ids"] != taken


def test_a_name_that_is_too_long_is_cut_and_still_its_own() -> None:
    found_names = names("x" * 300 + "a", "x" * 300 + "b", "y" * (NAME_LIMIT - len(PREFIX)))
    assert {len(name) for name in found_names.values()} == {NAME_LIMIT}
    assert len({*found_names.values()}) == 3


def test_the_association_column_of_a_custom_object_is_a_name() -> None:
    assert association_column("companies").name == "COMPANIES_IDS"
    assert association_column("p_my-car").name == "P_MY_CAR_IDS"


# -- columns that stand ---------------------------------------------------------------------------


def test_a_property_keeps_the_column_it_has() -> None:
    assert names("email", column_names={"email": "OLD_NAME"}) == {"email": "OLD_NAME"}


def test_a_new_property_takes_no_column_that_another_one_has() -> None:
    column_names = {"Email": "PROPERTIES_EMAIL", "gone": "PROPERTIES_PHONE"}
    found_names = names("email", "Email", "phone", column_names=column_names)
    assert found_names["Email"] == "PROPERTIES_EMAIL"
    assert found_names["email"] != "PROPERTIES_EMAIL"
    assert found_names["phone"] != "PROPERTIES_PHONE"


def test_a_property_of_the_same_type_finds_its_column_again_without_being_known() -> None:
    assert names("email", existing={"PROPERTIES_EMAIL": "TEXT"})["email"] == "PROPERTIES_EMAIL"


RETYPED = {"PROPERTIES_AMOUNT": "TEXT"}


def test_a_retyped_property_gets_a_column_of_its_own() -> None:
    [column] = property_columns(
        [a_property("amount", "number")],
        PREFIX,
        column_names={"amount": "PROPERTIES_AMOUNT"},
        existing=RETYPED,
    )
    assert (column.name, column.type) == ("PROPERTIES_AMOUNT_NUMBER", Type.NUMBER)


def test_a_retyped_property_keeps_its_new_column() -> None:
    column_names = {"amount": "PROPERTIES_AMOUNT_NUMBER"}
    existing = {**RETYPED, "PROPERTIES_AMOUNT_NUMBER": "NUMBER"}
    number = a_property("amount", "number")
    assert names(number, column_names=column_names, existing=existing) == column_names


def test_a_column_of_another_property_is_no_former_one_of_a_retyped_property() -> None:
    columns = [Column("PROPERTIES_TOTAL_NUMBER", Type.NUMBER, "total_number")]
    existing = ["PROPERTIES_TOTAL", "PROPERTIES_TOTAL_NUMBER"]
    assert former_columns(columns, PREFIX, existing) == {}
    retyped = [*columns, Column("PROPERTIES_TOTAL_DATE", Type.DATE, "total")]
    assert [*former_columns(retyped, PREFIX, existing)] == ["PROPERTIES_TOTAL"]


def test_a_property_retyped_while_a_column_of_that_name_stands_takes_another() -> None:
    column_names = {"amount": "PROPERTIES_AMOUNT", "amount_number": "PROPERTIES_AMOUNT_NUMBER"}
    existing = {**RETYPED, "PROPERTIES_AMOUNT_NUMBER": "NUMBER"}
    found_names = names(
        a_property("amount", "number"),
        a_property("amount_number", "number"),
        column_names=column_names,
        existing=existing,
    )
    assert found_names["amount_number"] == "PROPERTIES_AMOUNT_NUMBER"
    assert found_names["amount"] not in {*column_names.values()}


def test_a_property_whose_name_ends_like_its_new_type_gets_a_new_column_too() -> None:
    column_names = {"total_number": "PROPERTIES_TOTAL_NUMBER"}
    existing = {"PROPERTIES_TOTAL_NUMBER": "TEXT"}
    found_names = names(
        a_property("total_number", "number"), column_names=column_names, existing=existing
    )
    assert found_names["total_number"] not in existing


NAMES = st.text("aAbB_", min_size=1, max_size=3) | st.sampled_from(
    ["id", "ID", "archived", "a_number", "b_text", "companies_ids"]
)
TYPES = ["string", "number", "bool"]
TOLD = {Type.TEXT: "TEXT", Type.NUMBER: "NUMBER", Type.BOOLEAN: "BOOLEAN"}


@given(
    st.lists(st.dictionaries(NAMES, st.sampled_from(TYPES), max_size=8), min_size=1, max_size=5),
    st.sampled_from(["", PREFIX]),
)
def test_however_a_portal_changes_every_property_has_a_fitting_column_of_its_own(
    portals: list[dict[str, str]], prefix: str
) -> None:
    association = association_column("companies").name
    existing = dict.fromkeys([*OWN_NAMES, association], "OURS")
    column_names: dict[str, str] = {}
    for portal in portals:
        properties = [a_property(name, type) for name, type in portal.items()]
        columns = property_columns(
            properties, prefix, taken=[association], column_names=column_names, existing=existing
        )
        assert len({column.name for column in columns}) == len(portal)
        for column in columns:
            assert existing.setdefault(column.name, TOLD[column.type]) == TOLD[column.type]
            assert column.name == column.name.upper()
            column_names[column.property or ""] = column.name


# -- comments and changes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "description", "expected"),
    [
        ("E-mail", "Where to write", "E-mail: Where to write"),
        ("E-mail", "", "E-mail"),
        ("", "Where to write", "Where to write"),
        (" ", " ", ""),
    ],
)
def test_a_column_tells_the_label_and_the_description(
    label: str, description: str, expected: str
) -> None:
    prop = Property("email", "string", label, description)
    assert property_columns([prop], PREFIX)[0].comment == expected


def test_a_table_shows_the_record_its_properties_its_associations_and_our_own() -> None:
    own, linked = Column("P", Type.TEXT, "p"), association_column("companies")
    assert table_columns([own], [linked]) == (*RECORD, own, linked, *BOOKKEEPING)


A, B = Column("A", Type.TEXT, "a", "Label"), Column("B", Type.TEXT, "b")


def test_a_column_that_is_lacking_is_added_and_not_described_apart() -> None:
    lacking = table_changes([A, B], {"B": ""})
    assert (lacking.added, lacking.described) == ((A,), ())


def test_a_comment_that_changed_is_told() -> None:
    lacking = table_changes([A, B], {"A": "Old", "B": "Old"})
    assert (lacking.added, lacking.described) == ((), (A, B))


def test_a_column_that_is_wanted_no_more_stays() -> None:
    lacking = table_changes([A], {"A": "Label", "GONE": ""})
    assert (lacking.added, lacking.described) == ((), ())
