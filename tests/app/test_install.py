"""What an installation makes, asked of the engine's catalog."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from snowflake_sandbox import Engine
from snowflake_sandbox.statements.setup_scripts import split_script

ROOT = Path(__file__).parents[2]


def test_two_installations_stand_side_by_side() -> None:
    with Engine() as engine:
        for application in ("HUBSPOT_INGEST", "HUBSPOT_INGEST_TEST"):
            engine.install(ROOT / "app", application)
        assert [each.title for each in engine.catalog.integrations] == [
            "HUBSPOT_INGEST_EAI",
            "HUBSPOT_INGEST_TEST_EAI",
        ]
        for procedure in engine.catalog.procedures:
            assert set(procedure.integrations) <= {f"{procedure.name.database}_EAI"}


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        engine.install(ROOT / "app")
        yield engine


def test_an_upgrade_keeps_the_integration_and_binds_the_procedures_again(engine: Engine) -> None:
    before = engine.catalog.integrations
    bound = {each.signature: each.integrations for each in engine.catalog.procedures}
    engine.install(ROOT / "app")
    assert [each.created_at for each in engine.catalog.integrations] == [
        each.created_at for each in before
    ]
    assert {each.signature: each.integrations for each in engine.catalog.procedures} == bound


def test_a_deployment_to_a_development_account_approves_the_connection(engine: Engine) -> None:
    script = (ROOT / "scripts/post_deploy.sql").read_text()
    filled = script.replace("<% ctx.entities.hubspot_ingest.identifier %>", "HUBSPOT_INGEST")
    (statement,) = split_script(filled)
    for _ in range(2):
        assert engine.sql(statement) == [("the connection to api.hubapi.com is approved",)]
    assert [each.options["STATUS"] for each in engine.catalog.specifications] == ["APPROVED"]
    (answer,) = engine.sql(statement.replace("SEQUENCE_NUMBER = 1", "SEQUENCE_NUMBER = 2"))[0]
    assert "has sequence number 1, not 2" in str(answer)


def names(signatures: list[str]) -> set[str]:
    return {each.partition("(")[0].rpartition(".")[2] for each in signatures}


VIEWERS_MAY_CALL: set[str] = set()
"""Procedures that change nothing and cost nothing: those a viewer may call."""


def test_an_admin_may_call_every_procedure_a_viewer_what_only_looks_a_reader_none(
    engine: Engine,
) -> None:
    procedures = {each.name.object for each in engine.catalog.procedures}
    assert len(procedures) > 10
    assert names(engine.catalog.callable_by("APP_ADMIN")) == procedures
    assert names(engine.catalog.callable_by("APP_VIEWER")) == VIEWERS_MAY_CALL
    assert engine.catalog.callable_by("DATA_READER") == []


def test_every_view_of_core_may_be_read_by_viewers_and_no_table_of_state_by_anybody(
    engine: Engine,
) -> None:
    views = engine.sql(
        "SELECT TABLE_SCHEMA || '.' || TABLE_NAME FROM HUBSPOT_INGEST.INFORMATION_SCHEMA.VIEWS"
        " WHERE TABLE_SCHEMA = 'CORE'"
    )
    assert len(views) > 5

    def read_by(role: str) -> set[str]:
        return {
            grant.name.partition(".")[2]
            for grant in engine.catalog.grants_to(role)
            if grant.privilege == "SELECT"
        }

    assert read_by("APP_VIEWER").isdisjoint(read_by("PUSH_VIEWER"))
    assert read_by("APP_ADMIN") == read_by("APP_VIEWER") | read_by("PUSH_VIEWER")
    assert read_by("APP_ADMIN") == {str(row[0]) for row in views}
    assert read_by("DATA_READER") == set()


def test_nobody_may_read_the_secret_or_use_the_integration(engine: Engine) -> None:
    for role in ("APP_ADMIN", "APP_VIEWER", "DATA_READER"):
        kinds = {grant.on for grant in engine.catalog.grants_to(role)}
        assert kinds.isdisjoint({"SECRET", "INTEGRATION", "STAGE", "TABLE"})


def test_the_specification_waits_for_the_consumer_and_survives_an_upgrade(engine: Engine) -> None:
    (asked,) = engine.catalog.specifications
    assert asked.options["STATUS"] == "PENDING"
    engine.sql("ALTER APPLICATION HUBSPOT_INGEST APPROVE SPECIFICATION HUBSPOT_API"
               " SEQUENCE_NUMBER = 1")  # fmt: skip
    engine.install(ROOT / "app")
    (asked,) = engine.catalog.specifications
    assert (asked.options["STATUS"], asked.options["SEQUENCE_NUMBER"]) == ("APPROVED", 1)
    assert asked.options["HOST_PORTS"] == ["api.hubapi.com"]
