"""Installing an application: what is recorded, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from snowflake_sandbox import Engine, SqlError
from tests.sandboxes.snowflake import applications
from tests.sandboxes.snowflake.applications import (
    BOUND,
    EGRESS,
    PROCEDURES,
    ROLES,
    SCHEMAS,
    STATE,
    procedure,
    write,
)


def install(root: Path, *statements: str, **files: str) -> Engine:
    engine = Engine(None)
    try:
        engine.install(write(root, *statements, **files), "LAB")
    except BaseException:
        engine.close()
        raise
    return engine


def refused(root: Path, *statements: str, **files: str) -> str:
    with pytest.raises(SqlError) as caught:
        install(root, *statements, **files)
    return str(caught.value)


def test_the_catalog_tells_which_role_may_call_what(tmp_path: Path) -> None:
    with install(tmp_path, ROLES, SCHEMAS, EGRESS, PROCEDURES) as engine:
        assert engine.catalog.callable_by("app_admin") == [
            "LAB.CORE.ECHO(VARCHAR, VARIANT, NUMBER)"
        ]


def test_the_catalog_tells_what_was_made(tmp_path: Path) -> None:
    with install(tmp_path, ROLES, SCHEMAS, EGRESS, PROCEDURES) as engine:
        catalog = engine.catalog
        assert catalog.application_roles == ["LAB.APP_ADMIN"]
        assert catalog.secrets == ["LAB.CONFIG.TOKEN"]
        assert catalog.network_rules[0].options["VALUE_LIST"] == ["api.example.com"]
        assert [e.title for e in catalog.integrations] == ["LAB_EAI"]
        assert catalog.specifications[0].options["STATUS"] == "PENDING"
        assert catalog.versioned_schemas == ["LAB.CORE"]
        assert "LAB.CORE.REVEAL()" in [p.signature for p in catalog.procedures]


def test_installing_twice_changes_nothing(tmp_path: Path) -> None:
    app = applications.whole(tmp_path)
    with Engine(None) as engine:
        engine.install(app, "LAB")
        engine.sql("INSERT INTO LAB.STATE.NOTES (NOTE) SELECT 'kept'")
        engine.sql("ALTER SECRET LAB.CONFIG.TOKEN SET SECRET_STRING = ?", ["kept"])
        before = (engine.catalog.grants, [p.signature for p in engine.catalog.procedures])
        engine.install(app, "LAB")
        assert (
            engine.catalog.grants,
            [p.signature for p in engine.catalog.procedures],
        ) == before
        assert engine.sql("SELECT NOTE FROM LAB.STATE.NOTES") == [("kept",)]
        session = engine.session("LAB", "CORE")
        assert "kept" in session.sql("CALL reveal()").collect()[0][0]
        session.close()


def test_replacing_a_procedure_drops_its_grants(tmp_path: Path) -> None:
    with install(tmp_path, ROLES, SCHEMAS, EGRESS, PROCEDURES, procedure(
        "echo", "first VARCHAR, second VARIANT DEFAULT NULL, third NUMBER DEFAULT 7"
    )) as engine:  # fmt: skip
        assert engine.catalog.callable_by("APP_ADMIN") == []


def test_a_procedure_without_usage_of_its_schema_cannot_be_called(tmp_path: Path) -> None:
    schemas = SCHEMAS.replace("GRANT USAGE ON SCHEMA core TO APPLICATION ROLE app_admin;", "")
    with install(tmp_path, ROLES, schemas, EGRESS, PROCEDURES) as engine:
        assert engine.catalog.callable_by("APP_ADMIN") == []


def test_files_are_found_relative_to_the_running_file_and_to_the_root(tmp_path: Path) -> None:
    with install(
        tmp_path,
        "EXECUTE IMMEDIATE FROM './sql/first.sql';",
        first="CREATE SCHEMA IF NOT EXISTS one; EXECUTE IMMEDIATE FROM './second.sql';",
        second="CREATE SCHEMA IF NOT EXISTS two; EXECUTE IMMEDIATE FROM '/sql/third.sql';",
        third="CREATE SCHEMA IF NOT EXISTS three;",
    ) as engine:
        assert all(engine.store.has_schema("LAB", s) for s in ("ONE", "TWO", "THREE"))


def test_an_error_names_file_and_statement(tmp_path: Path) -> None:
    text = refused(tmp_path, "EXECUTE IMMEDIATE FROM './sql/bad.sql';", bad="CREATE NONSENSE x;")
    assert "in sql/bad.sql: CREATE NONSENSE x" in text


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("USE SCHEMA core;", "USE SCHEMA is not allowed in a setup script"),
        ("USE ROLE x;", "not allowed in a setup script"),
        ("CREATE TEMPORARY TABLE core.t (a NUMBER);", "TEMPORARY"),
        ("CREATE OR REPLACE TABLE state.t (a NUMBER);", "CREATE OR REPLACE TABLE"),
        ("CREATE OR REPLACE TRANSIENT TABLE state.t (a NUMBER);", "CREATE OR REPLACE TABLE"),
        ("GRANT USAGE ON SCHEMA core TO ROLE x;", "anything but an application role"),
        ("CREATE TABLE t (a NUMBER);", "does not have a current schema"),
        ("EXECUTE IMMEDIATE FROM './sql/missing.sql';", "missing.sql"),
        ("EXECUTE IMMEDIATE FROM '../outside.sql';", "outside.sql"),
        ("CREATE TABLE later.t (a NUMBER);", "Schema 'LAB.LATER'"),
        ("GRANT USAGE ON SCHEMA later TO APPLICATION ROLE app_admin;", "LAB.LATER"),
        ("GRANT USAGE ON SCHEMA core TO APPLICATION ROLE nobody;", "NOBODY"),
        ("GRANT SELECT ON SCHEMA core TO APPLICATION ROLE app_admin;", "cannot be granted"),
        ("GRANT SELECT ON TABLE state.nothing TO APPLICATION ROLE app_admin;", "NOTHING"),
        ("GRANT USAGE ON PROCEDURE core.run() TO APPLICATION ROLE app_admin;", r"RUN\(\)"),
        ("GRANT USAGE ON PROCEDURE core.run(NUMBER) TO APPLICATION ROLE app_admin;", "NUMBER"),
        ("CREATE SECRET config.x TYPE = GENERIC_STRING;", r"Missing option\(s\): \[SECRET_STR"),
        ("CREATE SECRET config.x TYPE = GENERIC SECRET_STRING = '';", "invalid value"),
        ("CREATE SECRET later.x TYPE = GENERIC_STRING SECRET_STRING = '';", "LAB.LATER"),
        ("CREATE SECRET config.token TYPE = GENERIC_STRING SECRET_STRING = '';", "exists"),
        ("CREATE NETWORK RULE config.r MODE = EGRESS TYPE = HOST_PORT;", "VALUE_LIST"),
        ("CREATE NETWORK RULE config.r MODES = EGRESS;", "unexpected 'MODES'"),
        ("CREATE EXTERNAL ACCESS INTEGRATION IF NOT EXISTS e ENABLED = TRUE;", "unexpected 'IF'"),
        (
            "CREATE EXTERNAL ACCESS INTEGRATION e ALLOWED_NETWORK_RULES = (config.none)"
            " ENABLED = TRUE;",
            "CONFIG.NONE",
        ),
        (
            "CREATE EXTERNAL ACCESS INTEGRATION e ALLOWED_NETWORK_RULES = (config.hosts)"
            " ALLOWED_AUTHENTICATION_SECRETS = (config.none) ENABLED = TRUE;",
            "CONFIG.NONE",
        ),
        ("CREATE STREAMLIT core.page FROM '/streamlit';", "MAIN_FILE"),
        ("CREATE TASK core.t SCHEDULE = '1 HOUR' AS CALL core.fail();", "versioned schema"),
        ("CREATE TASK tasks.t SCHEDULE = 'often' AS CALL core.fail();", "SCHEDULE"),
        ("CREATE TASK tasks.t SCHEDULE = '5 MINUTES' AS CALL core.nobody();", "NOBODY"),
        ("CREATE TASK tasks.t WAREHOUSE = none SCHEDULE = '5 MINUTES' AS SELECT 1;", "NONE"),
        ("ALTER APPLICATION SET SPECIFICATION s TYPE = EXTERNAL_ACCESS LABEL = 'x';", "Missing"),
        (procedure("echo", schema="state"), "needs a versioned schema"),
        (procedure("echo", clauses="SECRETS = ('key' = config.none)"), "CONFIG.NONE"),
        (procedure("echo", clauses="SECRETS = ('key' = config.token)"), "not allowed by"),
        (procedure("echo", clauses="EXTERNAL_ACCESS_INTEGRATIONS = (none)"), "NONE"),
        (procedure("echo").replace("AS OWNER", "AS CALLER"), "EXECUTE AS CALLER"),
        (procedure("echo").replace("HANDLER", "HANDLERS"), "unexpected 'HANDLERS'"),
        (procedure("echo").replace("'3.11'", "'3.9'"), "RUNTIME_VERSION"),
        (procedure("echo").replace("IMPORTS = ('/lib/app.zip')", ""), "neither a body nor"),
        (procedure("echo").replace("snowflake-snowpark-python", "httpx"), "must be in PACKAGES"),
    ],
)
def test_a_wrong_statement_of_a_setup_script_is_refused(
    tmp_path: Path, statement: str, reason: str
) -> None:
    text = refused(tmp_path, ROLES, SCHEMAS, EGRESS, PROCEDURES, statement)
    import re

    assert re.search(reason, text), text


def test_a_grant_before_its_object_is_refused(tmp_path: Path) -> None:
    text = refused(
        tmp_path, ROLES, SCHEMAS,
        "GRANT USAGE ON PROCEDURE core.fail() TO APPLICATION ROLE app_admin;", PROCEDURES,
    )  # fmt: skip
    assert "LAB.CORE.FAIL()" in text


def test_a_secret_is_nowhere_but_in_its_file(tmp_path: Path) -> None:
    home = tmp_path / "home"
    app = applications.whole(tmp_path / "app")
    with Engine(home) as engine:
        engine.install(app, "LAB")
        engine.sql("ALTER SECRET LAB.CONFIG.TOKEN SET SECRET_STRING = ?", ["tops3cret"])
        shown = str(engine.sql("SHOW SECRETS")) + str(engine.sql("DESC SECRET LAB.CONFIG.TOKEN"))
        assert "tops3cret" not in shown
        assert "tops3cret" not in repr(vars(engine.catalog))
    found = [f.name for f in home.rglob("*") if f.is_file() and b"tops3cret" in f.read_bytes()]
    assert found == ["secrets.json"]
    assert (home / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_changed_host_needs_a_new_approval(tmp_path: Path) -> None:
    with install(tmp_path, ROLES, SCHEMAS, EGRESS) as engine:
        engine.sql("ALTER APPLICATION LAB APPROVE SPECIFICATION api SEQUENCE_NUMBER = 1")
        assert engine.catalog.specifications[0].options["STATUS"] == "APPROVED"
        engine.install(write(tmp_path, EGRESS.replace("api.example.com", "other.com")), "LAB")
        options = engine.catalog.specifications[0].options
        assert (options["STATUS"], options["SEQUENCE_NUMBER"]) == ("PENDING", 2)


def test_a_task_is_resumed_changed_and_dropped(tmp_path: Path) -> None:
    with install(tmp_path, ROLES, SCHEMAS, EGRESS, PROCEDURES) as engine:
        engine.sql(
            "CREATE TASK LAB.TASKS.T SCHEDULE = 'USING CRON 17 * * * * UTC'"
            " USER_TASK_TIMEOUT_MS = 14400000 AS CALL LAB.CORE.FAIL()"
        )
        engine.sql("ALTER TASK LAB.TASKS.T RESUME")
        assert engine.catalog.tasks[0].state == "started"
        with pytest.raises(SqlError, match="not suspended"):
            engine.sql("ALTER TASK LAB.TASKS.T SET SCHEDULE = '5 MINUTES'")
        engine.sql("ALTER TASK LAB.TASKS.T SUSPEND")
        engine.sql("ALTER TASK LAB.TASKS.T SET SCHEDULE = '5 MINUTES'")
        engine.sql("ALTER TASK LAB.TASKS.T MODIFY AS CALL LAB.CORE.ECHO('x')")
        task = engine.catalog.tasks[0]
        assert task.options["SCHEDULE"] == "5 MINUTES"
        assert task.definition == "CALL LAB.CORE.ECHO('x')"
        engine.sql("DROP TASK LAB.TASKS.T")
        assert engine.catalog.tasks == []


def test_grants_are_inherited_through_roles_and_shown(tmp_path: Path) -> None:
    more = (
        "CREATE APPLICATION ROLE IF NOT EXISTS boss;"
        "GRANT APPLICATION ROLE app_admin TO APPLICATION ROLE boss;"
    )
    with install(tmp_path, ROLES, SCHEMAS, EGRESS, PROCEDURES, more) as engine:
        assert engine.catalog.callable_by("BOSS") == engine.catalog.callable_by("APP_ADMIN")
        shown = engine.sql("SHOW GRANTS TO APPLICATION ROLE lab.app_admin")
        assert ("USAGE", "PROCEDURE") in [(row[1], row[2]) for row in shown]


def test_binding_names_the_integration_that_allows_the_secret(tmp_path: Path) -> None:
    with install(tmp_path, ROLES, SCHEMAS, EGRESS, procedure("reveal", clauses=BOUND)) as engine:
        (found,) = engine.catalog.procedures
        assert found.integrations == ("LAB_EAI",)
        assert {alias: str(name) for alias, name in found.secrets.items()} == {
            "key": "LAB.CONFIG.TOKEN"
        }


def test_what_a_version_no_longer_makes_is_gone_after_the_upgrade(tmp_path: Path) -> None:
    view = "CREATE OR REPLACE VIEW core.old AS SELECT 1 AS one;"
    with install(tmp_path, ROLES, SCHEMAS, EGRESS, STATE, PROCEDURES, view) as engine:
        engine.sql("INSERT INTO LAB.STATE.NOTES (NOTE) SELECT 'kept'")
        engine.install(write(tmp_path, ROLES, SCHEMAS, EGRESS, STATE, procedure("fail")), "LAB")
        assert [one.signature for one in engine.catalog.procedures] == ["LAB.CORE.FAIL()"]
        with pytest.raises(SqlError, match="does not exist"):
            engine.sql("SELECT * FROM LAB.CORE.OLD")
        assert engine.sql("SELECT NOTE FROM LAB.STATE.NOTES") == [("kept",)]
