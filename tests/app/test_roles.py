"""Who may call, read and see what: every procedure, view and schema for every role."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from snowflake_sandbox import Engine
from snowflake_sandbox.errors import SqlError
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.storage.records import Procedure

ROOT = Path(__file__).parents[2]
APPLICATION = "HUBSPOT_INGEST"
TASK = "HUBSPOT_INGEST.TASKS.CONTACTS"
ROLES = ("APP_ADMIN", "APP_VIEWER", "DATA_READER", "PUSH_VIEWER", "NOBODY")

# the table of docs/SECURITY.md, "Who may do what"
CALLS = {"APP_ADMIN"}
READS_VIEWS = {"APP_ADMIN", "APP_VIEWER"}
READS_PUSHED_ROWS = {"APP_ADMIN", "PUSH_VIEWER"}
PUSHED_ROWS = {
    *("PUSH_ROWS", "PUSH_LINKS", "PUSH_PLAN_ROWS", "PUSH_OUTCOMES", "PUSH_INTENTS", "PUSH_IMAGES")
}
READS_TABLES = {"APP_ADMIN", "DATA_READER"}
USES_SCHEMAS = {
    "CORE": {"APP_ADMIN", "APP_VIEWER", "PUSH_VIEWER"},
    "TASKS": {"APP_ADMIN"},
    "INTERNAL": set[str](),
    "CONFIG": set[str](),
    "STATE": set[str](),
    "STAGING": set[str](),
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """The application, roles of the account with one of its roles each, and a destination."""
    with Engine() as engine:
        engine.install(ROOT / "app")
        for role in ROLES:
            engine.sql(f"CREATE ROLE ACCOUNT_{role}")
            if role != "NOBODY":
                engine.sql(f"GRANT APPLICATION ROLE {APPLICATION}.{role} TO ROLE ACCOUNT_{role}")
        handler = engine.local_session(APPLICATION, "CORE", owner=engine.catalog.procedures[0].name)
        for statement in (
            "CREATE DATABASE HUBSPOT_DATA",
            "CREATE SCHEMA HUBSPOT_DATA.CRM",
            "CREATE TABLE HUBSPOT_DATA.CRM.CONTACTS (ID VARCHAR)",
            "GRANT USAGE ON DATABASE HUBSPOT_DATA TO APPLICATION ROLE DATA_READER",
            "GRANT USAGE ON SCHEMA HUBSPOT_DATA.CRM TO APPLICATION ROLE DATA_READER",
            "GRANT SELECT ON TABLE HUBSPOT_DATA.CRM.CONTACTS TO APPLICATION ROLE DATA_READER",
            f"CREATE TASK {TASK} SCHEDULE = '60 MINUTES' AS CALL CORE.INGEST_ALL()",
            f"GRANT MONITOR, OPERATE ON TASK {TASK} TO APPLICATION ROLE APP_ADMIN",
        ):
            handler.execute(statement)
        handler.close()
        yield engine


@pytest.fixture(params=ROLES)
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def session(engine: Engine, role: str) -> Iterator[LocalSession]:
    session = engine.local_session()
    session.execute(f"USE ROLE ACCOUNT_{role}")
    yield session
    session.close()


def refusal(session: LocalSession, statement: str) -> str | None:
    """The message with which a statement is refused; None when it runs."""
    try:
        session.execute(statement)
    except SqlError as error:
        return error.message
    return None


def is_hidden(message: str | None) -> bool:
    return message is not None and (
        "does not exist or not authorized" in message or "Unknown user-defined function" in message
    )


def call(procedure: Procedure) -> str:
    """A CALL whose arguments are of the right types; one that is let through may well fail."""
    values = {"NUMBER": "0", "FLOAT": "0", "BOOLEAN": "FALSE", "VARIANT": "PARSE_JSON('1')"}
    values |= {"ARRAY": "ARRAY_CONSTRUCT()", "OBJECT": "OBJECT_CONSTRUCT()"}
    arguments = [values.get(parameter.type.name, "'?'") for parameter in procedure.parameters]
    return f"CALL {procedure.name}({', '.join(arguments)})"


def test_every_procedure_is_called_by_those_who_may_and_unknown_to_the_others(
    engine: Engine, session: LocalSession, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    procedures = engine.catalog.procedures
    assert len(procedures) > 20
    monkeypatch.setattr(
        "snowflake_sandbox.handlers.run_handler", lambda *_: {"response_code": "OK"}
    )
    allowed = {each.name.object for each in procedures if refusal(session, call(each)) is None}
    public = {each.name.object for each in procedures if each.name.schema == "CORE"}
    assert allowed == (public if role in CALLS else set())
    if role not in CALLS:
        for procedure in procedures:
            message = refusal(session, call(procedure))
            assert message is not None
            assert "Unknown user-defined function" in message


def test_every_view_is_read_by_those_who_may_and_does_not_exist_for_the_others(
    engine: Engine, session: LocalSession, role: str
) -> None:
    views = engine.sql(
        "SELECT TABLE_NAME FROM HUBSPOT_INGEST.INFORMATION_SCHEMA.VIEWS WHERE TABLE_SCHEMA = 'CORE'"
    )
    assert len(views) > 10
    for (view,) in views:
        message = refusal(session, f"SELECT * FROM {APPLICATION}.CORE.{view} LIMIT 1")
        readers = READS_PUSHED_ROWS if view in PUSHED_ROWS else READS_VIEWS
        assert (message is None) == (role in readers), (view, message)
        assert message is None or is_hidden(message)


@pytest.mark.parametrize("schema", sorted(USES_SCHEMAS))
def test_every_schema_is_used_by_those_who_may(
    session: LocalSession, role: str, schema: str
) -> None:
    message = refusal(session, f"USE SCHEMA {APPLICATION}.{schema}")
    assert (message is None) == (role in USES_SCHEMAS[schema])
    assert message is None or is_hidden(message)


def test_these_are_the_schemas(engine: Engine) -> None:
    schemas = engine.sql("SELECT SCHEMA_NAME FROM HUBSPOT_INGEST.INFORMATION_SCHEMA.SCHEMATA")
    assert {row[0] for row in schemas} - {"INFORMATION_SCHEMA", "PUBLIC"} == set(USES_SCHEMAS)


def test_no_role_reads_or_changes_a_table_of_the_state_nor_kept_pages(
    engine: Engine, session: LocalSession
) -> None:
    tables = {
        str(row[0])
        for row in engine.sql(
            "SELECT TABLE_NAME FROM HUBSPOT_INGEST.INFORMATION_SCHEMA.TABLES"
            " WHERE TABLE_SCHEMA = 'STATE' AND TABLE_TYPE = 'BASE TABLE'"
        )
    }
    assert tables > {"PAGES", "IMAGES", "SYNCS", "RUNS"}
    for table in sorted(tables):
        name = f"{APPLICATION}.STATE.{table}"
        for statement in (
            f"SELECT * FROM {name}",
            f"DELETE FROM {name}",
            f"INSERT INTO {name} SELECT * FROM {name}",
            f"DESCRIBE TABLE {name}",
            f"DROP TABLE {name}",
            f"CREATE TABLE {name}_COPY AS SELECT * FROM {name}",
        ):
            assert is_hidden(refusal(session, statement)), statement


@pytest.mark.parametrize(
    "statement",
    [
        "LIST @HUBSPOT_INGEST.STAGING.LOADS",
        "REMOVE @HUBSPOT_INGEST.STAGING.LOADS",
        "GET @HUBSPOT_INGEST.STAGING.LOADS 'file:///tmp'",
        "ALTER SECRET HUBSPOT_INGEST.CONFIG.HUBSPOT_TOKEN SET SECRET_STRING = 'mine'",
        "DESCRIBE SECRET HUBSPOT_INGEST.CONFIG.HUBSPOT_TOKEN",
        "DROP SECRET HUBSPOT_INGEST.CONFIG.HUBSPOT_TOKEN",
        "ALTER TASK HUBSPOT_INGEST.TASKS.CONTACTS SET SCHEDULE = '1 MINUTE'",
        "DROP TASK HUBSPOT_INGEST.TASKS.CONTACTS",
        "DROP SCHEMA HUBSPOT_INGEST.STATE",
        "DROP PROCEDURE HUBSPOT_INGEST.CORE.INGEST_ALL()",
    ],
)
def test_secrets_files_tasks_and_schemas_of_the_application_are_hidden_from_every_role(
    session: LocalSession, statement: str
) -> None:
    assert is_hidden(refusal(session, statement))


@pytest.mark.parametrize("verb", ["EXECUTE TASK {}", "ALTER TASK {} SUSPEND"])
def test_an_admin_alone_runs_and_suspends_tasks(
    engine: Engine,
    session: LocalSession,
    role: str,
    verb: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine.background, "start", lambda _: None)
    message = refusal(session, verb.format(f"{APPLICATION}.TASKS.CONTACTS"))
    assert (message is None) == (role == "APP_ADMIN")
    assert message is None or is_hidden(message)


@pytest.mark.parametrize("verb", ["SELECT * FROM {}", "DESCRIBE TABLE {}"])
def test_records_are_read_by_those_who_may(session: LocalSession, role: str, verb: str) -> None:
    message = refusal(session, verb.format("HUBSPOT_DATA.CRM.CONTACTS"))
    assert (message is None) == (role in READS_TABLES)
    assert message is None or is_hidden(message)


def test_nobody_changes_records(session: LocalSession) -> None:
    for statement in (
        "DELETE FROM HUBSPOT_DATA.CRM.CONTACTS",
        "ALTER TABLE HUBSPOT_DATA.CRM.CONTACTS ADD COLUMN A VARCHAR",
        "DROP TABLE HUBSPOT_DATA.CRM.CONTACTS",
        "GRANT SELECT ON TABLE HUBSPOT_DATA.CRM.CONTACTS TO ROLE PUBLIC",
    ):
        assert refusal(session, statement) is not None, statement


def test_lists_show_what_a_role_was_granted(
    engine: Engine, session: LocalSession, role: str
) -> None:
    def names(statement: str) -> set[str]:
        result = session.execute(statement)
        place = [column["name"].lower() for column in result.columns].index("name")
        if result.table is not None:
            return set(result.table.column(place).to_pylist())
        return {str(row[place]) for row in result.rows}

    schemas = {schema for schema, roles in USES_SCHEMAS.items() if role in roles}
    assert names(f"SHOW SCHEMAS IN DATABASE {APPLICATION}") == schemas
    public = [each for each in engine.catalog.procedures if each.name.schema == "CORE"]
    procedures = {each.name.object for each in public}
    assert names("SHOW PROCEDURES") == (procedures if role in CALLS else set())
    assert names("SHOW SECRETS") == set()
    assert names("SHOW TASKS") == ({"CONTACTS"} if role == "APP_ADMIN" else set())
