"""Hashes stand for values, and tell nothing of them."""

from __future__ import annotations

import hashlib

import pytest

from hubspot_ingest.catalog.property_globs import takes
from hubspot_ingest.inbound.load.stored_values import HeldColumns, held_columns
from hubspot_ingest.inbound.plan.hashed_values import ValueHasher
from hubspot_ingest.model import Change, Json
from hubspot_ingest.settings import parse_settings
from tests.builders import a_plan, a_property, a_record

HASHER = ValueHasher(frozenset({"email"}), "pepper")
ADA = hashlib.sha256(b"pepperada@example.com").hexdigest()


def test_a_value_is_hashed_with_the_salt_before_it() -> None:
    assert HASHER.hash_value("ada@example.com") == ADA


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_has_no_hash(value: str | None) -> None:
    assert HASHER.hash_value(value) is None


@pytest.mark.parametrize(
    ("value", "text"), [(7, "7"), (True, "true"), (1.5, "1.5"), ("Müller", "Müller")]
)
def test_what_is_no_text_is_hashed_as_its_json(value: object, text: str) -> None:
    assert HASHER.hash_value(value) == hashlib.sha256(f"pepper{text}".encode()).hexdigest()


def test_half_of_a_surrogate_pair_has_a_hash() -> None:
    assert len(str(HASHER.hash_value("\ud800"))) == 64


def test_what_is_a_hash_is_not_hashed_again_where_it_is_stored() -> None:
    assert HASHER.hash_stored(ADA) == ADA
    assert HASHER.hash_stored("ada@example.com") == ADA


def test_records_keep_what_is_not_hashed_and_lack_what_they_lacked() -> None:
    records = [a_record(email="ada@example.com", firstname="Ada"), a_record(firstname="Bob")]

    hashed = HASHER.hash_records(records)

    assert [dict(record.properties) for record in hashed] == [
        {"email": ADA, "firstname": "Ada"},
        {"firstname": "Bob"},
    ]


def test_past_values_are_hashed_by_their_property() -> None:
    def change(name: str, value: str) -> Change:
        return Change("1", name, value, 0, None, None, None, None)

    changes = [change("email", "ada@example.com"), change("firstname", "Ada")]

    assert [each.value for each in HASHER.hash_changes(changes)] == [ADA, "Ada"]


def test_the_salt_does_not_show_where_a_plan_is_printed() -> None:
    plan = a_plan({"hash": ["email"]})

    assert plan.hasher.names == {"email"}
    assert "pepper" not in repr(HASHER)


def test_a_hashed_column_is_text_and_says_so() -> None:
    plan = a_plan({"hash": ["amount"]}, [a_property("amount", "number")])

    [column] = [each for each in plan.property_columns if each.property == "amount"]
    assert (column.type, column.comment) == ("VARCHAR", "(hashed)")


def test_properties_that_are_ignored_have_no_column() -> None:
    properties = [a_property("email"), a_property("new")]

    plan = a_plan({}, properties, ignored=["new"])

    assert plan.properties == ("email", "lastmodifieddate")


@pytest.mark.parametrize(
    ("globs", "taken"),
    [
        ([], False),
        (["*"], True),
        (["em*"], True),
        (["!phone"], True),
        (["*", "!em*"], False),
        (["first*"], False),
    ],
)
def test_globs_take_what_some_allow_and_none_denies(globs: list[str], *, taken: bool) -> None:
    assert takes(globs, "email") == taken
    assert takes(globs, " email ") == taken


def test_ids_of_associated_records_are_no_values_of_a_property() -> None:
    settings: dict[str, Json] = {"hash": ["*"], "column_prefix": ""}
    types = {"ID": "VARCHAR", "P_INVOICE_IDS": "ARRAY", "SINCE": "DATE", "EMAIL": "VARCHAR"}

    held = held_columns(
        a_plan(settings),
        parse_settings("contacts", settings),
        types,
        ["p_invoice_ids", "since", "email"],
    )

    assert held == HeldColumns({"EMAIL": "email"}, frozenset({"SINCE"}))
