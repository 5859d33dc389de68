"""Settings that contradict each other, or what was sent before, are told before anything is."""

from __future__ import annotations

import pytest

from hubspot_ingest.errors import Refusal
from hubspot_ingest.model import Json
from hubspot_ingest.outbound.mapping_resolution import identity
from hubspot_ingest.outbound.row_plans import RowPlanner
from hubspot_ingest.outbound.values import RowFault
from tests.unit.push_builders import (
    COLUMNS,
    DEFINITIONS,
    PROPERTIES,
    a_mapping,
    a_row,
    some_settings,
)


def told_apart_by(**changes: Json) -> dict[str, str]:
    return identity(some_settings(**changes), "contacts", COLUMNS, PROPERTIES)


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"key": "NAME"}, "key"),
        ({"key": ["ID", "NAME"]}, "key"),
        ({"match": {"customer_number": "ID"}}, "match"),
        ({"match": None}, "match"),
        ({"external_id": "customer_number"}, "external_id"),
        ({"external_id": None, "duplicates_possible": True}, "external_id"),
        ({"match": {"email": "OTHER_EMAIL"}}, None),
        ({"match": None, "properties": "*"}, None),
        ({"match": None, "properties": {"email": "EMAIL"}}, None),
        ({"external_id": "snowflake_key", "conflicts": "keep"}, None),
    ],
)
def test_what_tells_rows_apart_is_known_by_setting(
    changes: dict[str, Json], setting: str | None
) -> None:
    before, after = told_apart_by(), told_apart_by(**changes)
    assert [name for name in before if before[name] != after[name]] == [setting] * bool(setting)


def test_the_keys_and_what_removed_rows_set_belong_to_one_push_too() -> None:
    changes: dict[str, Json] = {"removed_rows": {"set": {"score": 0}}}
    assert set(a_mapping(**changes).claimed) == {
        "firstname",
        "lifecyclestage",
        "snowflake_key",
        "score",
    }
    # such a push makes no record, and writes no key
    assert "snowflake_key" not in a_mapping(**changes, strategy="update").claimed


def test_a_matched_property_gets_the_values_of_the_column_it_is_matched_by_alone() -> None:
    with pytest.raises(Refusal, match=r"properties\.email"):
        a_mapping(properties={"email": "OTHER_EMAIL"})
    assert a_mapping(properties={"email": "EMAIL", "firstname": "NAME"}).written == ("firstname",)
    # all columns of the names of properties: the matched one has its own
    a_mapping(properties="*", match={"email": "OTHER_EMAIL"})


@pytest.mark.parametrize("conflicts", ["keep", "reject"])
def test_what_was_kept_is_looked_at_again_once_it_is_to_be_overwritten(conflicts: str) -> None:
    assert a_mapping(conflicts=conflicts).fingerprint != a_mapping().fingerprint


def test_stages_that_went_backward_are_tried_again_once_they_may() -> None:
    assert a_mapping(lifecycle_backward="clear_first").definitions != a_mapping().definitions


@pytest.mark.parametrize(
    "changes",
    [
        {"strategy": "create"},
        {"strategy": "update"},
        {"strategy": "archive", "properties": {}},
        {"conflicts": "keep"},
        {"nulls": "clear"},
        {"properties": {"firstname": {"column": "NAME", "nulls": "clear"}}},
        {"properties": {"firstname": {"column": "NAME", "write": "set_if_empty"}}},
        {"properties": {"interests": {"column": "NAME", "write": "append"}}},
        {"lifecycle_backward": "clear_first"},
    ],
)
def test_what_needs_the_records_as_they_are_is_refused_without_reading(
    changes: dict[str, Json],
) -> None:
    some_settings(**changes)
    with pytest.raises(Refusal, match="read_before_write"):
        some_settings(**changes, read_before_write=False)


def test_records_are_updated_by_id_without_reading() -> None:
    some_settings(strategy="update", match={"hs_object_id": "ID"}, read_before_write=False)


@pytest.mark.parametrize("key", [None, "", " "])
def test_a_row_without_a_key_is_nobodys(key: str | None) -> None:
    with pytest.raises(RowFault) as fault:
        RowPlanner(a_mapping(), DEFINITIONS, 0).check(a_row(1, key=key))
    assert fault.value.code == "KEY_NULL"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "snowflake_key"),
        ({"match": None}, "snowflake_key"),
        ({"external_id": None}, "email"),
        ({"external_id": None, "match": None, "strategy": "create"}, None),
    ],
)
def test_a_created_record_is_found_by_something_unique_unless_the_settings_say_otherwise(
    changes: dict[str, Json], name: str | None
) -> None:
    assert a_mapping(**changes, duplicates_possible=True).key_property == name


def test_without_anything_unique_rows_are_only_created() -> None:
    with pytest.raises(Refusal, match="'match' must be given"):
        a_mapping(external_id=None, match=None, duplicates_possible=True)
