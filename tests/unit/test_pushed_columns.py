"""What a push reads of a sync's table, however its settings are written."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest.inbound.plan.pushed_columns import hashed_column
from hubspot_ingest.settings import parse_settings

SOURCE = {"database": "HUBSPOT_DATA", "schema": "CRM", "table": "CONTACTS"}
PUSH: dict[str, Any] = {"source": SOURCE, "key": "ID", "properties": {"jobtitle": "TITLE"}}


def _found(push: dict[str, Any], **settings: Any) -> str | None:
    return hashed_column(parse_settings("contacts", {"hash": ["email"], **settings}), push)


@pytest.mark.parametrize(
    "changes",
    [
        {"properties": {"email": "PROPERTIES_EMAIL"}},
        {"properties": {"email": "properties_email"}},
        {"properties": {"email": '"PROPERTIES_EMAIL"'}},
        {"properties": {"email": {"column": "PROPERTIES_EMAIL", "write": "set_if_empty"}}},
        {"match": {"email": "PROPERTIES_EMAIL"}},
        {"key": ["PROPERTIES_EMAIL", "ID"]},
        {"associations": {"PROPERTIES_EMAIL": {"to": "companies"}}},
    ],
)
def test_a_column_is_found_wherever_the_settings_name_it(changes: dict[str, Any]) -> None:
    assert _found({**PUSH, **changes}) == "PROPERTIES_EMAIL"


@pytest.mark.parametrize(
    "source",
    [
        {"database": "hubspot_data", "schema": "crm", "table": "contacts"},
        {"database": '"HUBSPOT_DATA"', "schema": "Crm", "view": "contacts_current"},
        {"database": "HUBSPOT_DATA", "schema": "CRM", "view": "CONTACTS_SETTLED"},
    ],
)
def test_the_table_and_its_views_are_known_by_any_spelling(source: dict[str, str]) -> None:
    push = {**PUSH, "source": source, "match": {"email": "PROPERTIES_EMAIL"}}

    assert _found(push) == "PROPERTIES_EMAIL"


def test_all_columns_are_those_without_a_prefix() -> None:
    push = {**PUSH, "properties": "*"}

    assert _found(push, column_prefix="") == "*"
    assert _found(push) is None


@pytest.mark.parametrize("table", ["CONTACTS_OF_MINE", "DEALS"])
def test_other_tables_may_have_such_columns(table: str) -> None:
    source = {**SOURCE, "table": table}

    assert _found({**PUSH, "source": source, "key": "PROPERTIES_EMAIL"}) is None
