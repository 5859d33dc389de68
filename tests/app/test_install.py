"""What an installation makes, asked of the engine's catalog."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from snowflake_sandbox import Engine

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


@pytest.fixture(scope="module")
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
