"""``hubspot-ingest sources`` prints what landed as dbt reads it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubspot_ingest.laptop.sources import SourceTable, as_yaml
from hubspot_sandbox import Sandbox
from tests.laptop.process import Laptop, served

PROMISED = (
    "CALL configure_sync('contacts', PARSE_JSON('"
    '{"properties": ["email", "2nd*"], "associations": [], "history": ["email"],'
    ' "fresh_within": "2 HOURS"}'
    "'))"
)


@pytest.fixture(scope="module")
def printed(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The file for contacts with history, and a table that somebody keeps beside them."""
    with served(sandbox, tmp_path_factory.mktemp("sources") / "home") as laptop:
        for statement in (
            PROMISED,
            "CALL ingest_hubspot('contacts')",
            "CREATE TABLE HUBSPOT_DATA.CRM.CONTACTS_OF_MINE (ID VARCHAR)",
        ):
            done = laptop.sql(statement)
            assert done.status == 0, done.err
        done = laptop.run("sources")
        assert done.status == 0, done.err
        yield yaml.safe_load(done.out)


def test_the_tables_of_syncs_and_those_beside_them_are_sources(printed: dict[str, Any]) -> None:
    [source] = printed["sources"]
    assert (source["name"], source["database"], source["schema"]) == (
        "hubspot",
        "HUBSPOT_DATA",
        "CRM",
    )
    tables = {table["name"]: table["description"] for table in source["tables"]}
    assert tables == {
        "CONTACTS": "HubSpot contacts",
        "CONTACTS_HISTORY": "Past values of HubSpot contacts",
    }


def test_columns_have_their_types_and_labels(printed: dict[str, Any]) -> None:
    columns = {column["name"]: column for column in _contacts(printed)["columns"]}
    assert columns["PROPERTIES_EMAIL"]["data_type"] == "TEXT"
    assert columns["PROPERTIES_EMAIL"]["description"].startswith("Email")
    assert columns["PROPERTIES_2ND_CHOICE-OLD"]["quote"] is True


@pytest.mark.long
def test_a_table_is_late_after_twice_the_promise_of_its_sync(printed: dict[str, Any]) -> None:
    for table in printed["sources"][0]["tables"]:
        freshness = table["config"]["freshness"]
        assert freshness["warn_after"] == {"count": 240, "period": "minute"}
        assert freshness["error_after"] == {"count": 720, "period": "minute"}
        assert "TABLE_NAME = 'CONTACTS'" in table["config"]["loaded_at_query"]


def test_without_anything_landed_it_says_what_to_call(sandbox: Sandbox, tmp_path: Path) -> None:
    with served(sandbox, tmp_path) as laptop:
        done = laptop.run("sources")
    assert done.status == 1
    assert "CALL ingest_hubspot('contacts')" in done.err


@pytest.mark.long
def test_an_unknown_connection_is_one_line(tmp_path: Path) -> None:
    laptop = Laptop(tmp_path, SNOWFLAKE_HOME=str(tmp_path), HOME=str(tmp_path))
    done = laptop.run("sources", "--connection", "nowhere")
    assert done.status == 1
    assert done.err.startswith("hubspot-ingest: ")
    assert "nowhere" in done.err
    assert done.err.count("\n") == 1


@pytest.mark.long
def test_a_database_that_is_gone_hides_no_other(
    sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with served(sandbox, tmp_path_factory.mktemp("gone") / "home") as laptop:
        for sync, database in (("contacts", "HUBSPOT_DATA"), ("companies", "GONE_DATA")):
            settings = f"{{'properties': [], 'destination': {{'database': '{database}'}}}}"
            laptop.sql(f"CALL configure_sync('{sync}', {settings})")
            laptop.sql(f"CALL ingest_hubspot('{sync}')")
        laptop.sql("DROP DATABASE GONE_DATA")

        done = laptop.run("sources")

    [source] = yaml.safe_load(done.out)["sources"]
    assert (done.status, source["database"]) == (0, "HUBSPOT_DATA")
    assert "GONE_DATA.CRM is left out: " in done.err


def test_what_people_write_in_hubspot_is_neither_yaml_nor_jinja() -> None:
    label = 'a "label": {{ env_var("HOME") }} {% raw %}\n- # \x9b \N{GRINNING FACE}'
    source = SourceTable("CONTACTS", label, [("A-B", "TEXT", label)], "CONTACTS", 10)
    document = yaml.safe_load(as_yaml({("D", "S"): [source]}))
    [table] = document["sources"][0]["tables"]
    shown = label.replace("{{", "{ {").replace("{%", "{ %")
    assert table["description"] == table["columns"][0]["description"] == shown


def test_schemas_are_sources_of_their_own() -> None:
    source = SourceTable("DEALS", "", [], "DEALS", 10)
    document = yaml.safe_load(as_yaml({("D", "ONE"): [source], ("D", "TWO"): [source]}))
    assert [each["name"] for each in document["sources"]] == ["hubspot_d_one", "hubspot_d_two"]


def _contacts(printed: dict[str, Any]) -> dict[str, Any]:
    tables: list[dict[str, Any]] = printed["sources"][0]["tables"]
    return next(table for table in tables if table["name"] == "CONTACTS")
