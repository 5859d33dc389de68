"""Every statement in the pages runs, on a portal that has what it names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from snowflake.snowpark import Session

from hubspot_sandbox import Portal, Sandbox
from snowflake_sandbox import Engine
from tests.docs.pages import PAGES, examples, name
from tests.runs.conftest import engine, install, installed

__all__ = ["engine", "installed"]


@pytest.fixture(scope="module")
def token() -> str:
    return Portal(1).token


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A newcomer's session for one page; HubSpot has contacts, companies and deals."""
    records = {"contacts": 30, "companies": 5, "deals": 20}
    databases_before = _databases(engine)
    with (
        Sandbox(Portal(1, records=records)).serve() as server,
        pytest.MonkeyPatch.context() as environment,
        engine.session("HUBSPOT_INGEST", "CORE") as session,
    ):
        environment.setenv("HUBSPOT_BASE_URL", server.url)
        environment.delenv("HUBSPOT_TOKEN", raising=False)
        yield session
    for database in _databases(engine) - databases_before:
        engine.sql(f'DROP DATABASE "{database}"')
    if "HUBSPOT_INGEST" not in _databases(engine):
        # the page on installing ends with how to remove the app
        install(engine)


def _databases(engine: Engine) -> set[str]:
    return {str(row[1]) for row in engine.sql("SHOW DATABASES")}


@pytest.mark.parametrize("page", [page for page in PAGES if examples(page)], ids=name)
def test_the_examples_of_a_page_run_one_after_the_other(
    session: Session, token: str, page: Path
) -> None:
    session.sql("CALL HUBSPOT_INGEST.CORE.SET_TOKEN(?)", params=[token]).collect()
    # what a page says before it has shown how to begin
    session.sql("CALL HUBSPOT_INGEST.CORE.INGEST_HUBSPOT('contacts')").collect()

    for example in examples(page):
        ready = example.replace("…", token)
        rows = session.sql(ready).collect()
        if ready.startswith("CALL"):
            answer = json.loads(rows[0][0])
            assert answer["response_code"] == "OK", (ready, answer)


def test_there_are_examples_to_run() -> None:
    statements = [statement for page in PAGES for statement in examples(page)]

    assert len(statements) >= 12
    assert any("filter_groups" in statement for statement in statements)
