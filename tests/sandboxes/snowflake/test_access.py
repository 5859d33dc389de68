"""An application may use of other databases what it made and what it was granted, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from snowflake.connector.errors import DatabaseError, ProgrammingError

from snowflake_sandbox import Engine
from snowflake_sandbox.errors import SqlError
from snowflake_sandbox.names import Name
from snowflake_sandbox.session import LocalSession
from tests.sandboxes.snowflake import applications

PROCEDURE = Name("LAB", "CORE", "ECHO")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An application, and a table of the consumer's."""
    with Engine() as engine:
        engine.install(applications.whole(tmp_path / "app"), "LAB")
        for statement in (
            "CREATE DATABASE OURS",
            "CREATE SCHEMA OURS.S",
            "CREATE TABLE OURS.S.T (ID VARCHAR)",
            "INSERT INTO OURS.S.T SELECT '1'",
        ):
            engine.sql(statement)
        yield engine


@pytest.fixture
def lab(engine: Engine) -> Iterator[LocalSession]:
    """The application's own session."""
    session = engine.local_session("LAB", "CORE", owner=PROCEDURE)
    yield session
    session.close()


def refused(session: LocalSession, statement: str) -> SqlError:
    with pytest.raises(SqlError) as raised:
        session.execute(statement)
    return raised.value


def grant(engine: Engine, *grants: str) -> None:
    for one in grants:
        engine.sql(f"GRANT {one} TO APPLICATION LAB")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM OURS.S.T",
        "INSERT INTO LAB.PUBLIC.MINE SELECT ID FROM OURS.S.T",
        "INSERT INTO OURS.S.T SELECT '2'",
        "DELETE FROM OURS.S.T WHERE ID = '1'",
        "UPDATE OURS.S.T SET ID = '3' WHERE ID = '1'",
        "MERGE INTO OURS.S.T t USING (SELECT '1' AS ID) s ON t.ID = s.ID"
        " WHEN NOT MATCHED THEN INSERT (ID) VALUES (s.ID)",
        "ALTER TABLE OURS.S.T ADD COLUMN A VARCHAR",
        "COMMENT ON TABLE OURS.S.T IS 'ours'",
        "DROP TABLE OURS.S.T",
        "TRUNCATE TABLE OURS.S.T",
        "DESCRIBE TABLE OURS.S.T",
        "CREATE VIEW LAB.PUBLIC.V AS SELECT ID FROM OURS.S.T",
        "CREATE TABLE OURS.S.U (ID VARCHAR)",
        "CREATE SCHEMA OURS.U",
        "DROP SCHEMA OURS.S",
        "DROP DATABASE OURS",
        "SELECT * FROM OURS.INFORMATION_SCHEMA.TABLES",
    ],
)
def test_what_was_not_granted_does_not_exist(lab: LocalSession, statement: str) -> None:
    lab.execute("CREATE TABLE LAB.PUBLIC.MINE (ID VARCHAR)")
    assert "does not exist or not authorized" in refused(lab, statement).message


def test_a_database_of_the_same_name_is_there_but_hidden(lab: LocalSession) -> None:
    error = refused(lab, "CREATE DATABASE IF NOT EXISTS OURS")
    assert (error.errno, "no privileges on it" in error.message) == (3041, True)


def test_what_the_application_makes_is_its_own(lab: LocalSession) -> None:
    for statement in (
        "CREATE DATABASE MADE",
        "CREATE SCHEMA MADE.S",
        "CREATE TABLE MADE.S.T (ID VARCHAR)",
        "INSERT INTO MADE.S.T SELECT '1'",
        "ALTER TABLE MADE.S.T ADD COLUMN A VARCHAR",
        "GRANT SELECT ON TABLE MADE.S.T TO APPLICATION ROLE APP_ADMIN",
        "DROP DATABASE MADE",
    ):
        lab.execute(statement)


def test_a_schema_needs_its_own_privilege_to_make_a_table_in(
    engine: Engine, lab: LocalSession
) -> None:
    grant(engine, "USAGE ON DATABASE OURS", "USAGE ON SCHEMA OURS.S")
    error = refused(lab, "CREATE TABLE OURS.S.U (ID VARCHAR)")
    assert (error.errno, "operate on schema 'S'" in error.message) == (3001, True)
    grant(engine, "CREATE TABLE ON SCHEMA OURS.S")
    lab.execute("CREATE TABLE OURS.S.U (ID VARCHAR)")
    lab.execute("DROP TABLE OURS.S.U")


def test_a_table_of_the_consumers_is_read_and_written_as_granted_but_never_altered(
    engine: Engine, lab: LocalSession
) -> None:
    grant(engine, "USAGE ON DATABASE OURS", "USAGE ON SCHEMA OURS.S", "SELECT ON TABLE OURS.S.T")
    lab.execute("SELECT * FROM OURS.S.T")
    assert refused(lab, "INSERT INTO OURS.S.T SELECT '2'").errno == 3001
    grant(engine, "INSERT ON TABLE OURS.S.T")
    lab.execute("INSERT INTO OURS.S.T SELECT '2'")
    assert refused(lab, "ALTER TABLE OURS.S.T ADD COLUMN A VARCHAR").errno == 3001
    assert refused(lab, "GRANT SELECT ON TABLE OURS.S.T TO APPLICATION ROLE APP_ADMIN").errno == (
        3003
    )


def test_a_hidden_table_of_the_same_name_is_in_the_way(engine: Engine, lab: LocalSession) -> None:
    grant(engine, "USAGE ON DATABASE OURS", "USAGE, CREATE TABLE ON SCHEMA OURS.S")
    assert refused(lab, "CREATE TABLE IF NOT EXISTS OURS.S.T (ID VARCHAR)").errno == 3041


def test_the_information_schema_shows_what_was_granted(engine: Engine, lab: LocalSession) -> None:
    def shown() -> list[int]:
        return [
            lab.execute(f"SELECT * FROM OURS.INFORMATION_SCHEMA.{one}").count
            for one in ("SCHEMATA", "TABLES", "COLUMNS")
        ]

    grant(engine, "USAGE ON DATABASE OURS")
    assert shown() == [0, 0, 0]
    grant(engine, "USAGE ON SCHEMA OURS.S")
    assert shown() == [1, 0, 0]
    grant(engine, "SELECT ON TABLE OURS.S.T")
    assert shown() == [1, 1, 1]


def test_what_is_revoked_is_gone_again(engine: Engine, lab: LocalSession) -> None:
    grant(engine, "USAGE ON DATABASE OURS", "USAGE ON SCHEMA OURS.S", "SELECT ON TABLE OURS.S.T")
    lab.execute("SELECT * FROM OURS.S.T")
    engine.sql("REVOKE USAGE ON DATABASE OURS FROM APPLICATION LAB")
    assert "does not exist" in refused(lab, "SELECT * FROM OURS.S.T").message


def test_the_grants_to_an_application_are_shown(engine: Engine, lab: LocalSession) -> None:
    grant(engine, "USAGE ON DATABASE OURS")
    lab.execute("CREATE DATABASE MADE")
    shown = [row[1:4] for row in engine.sql("SHOW GRANTS TO APPLICATION LAB")]
    assert ("EXECUTE TASK", "ACCOUNT", "ACCOUNT") in shown
    assert [one for one in shown if one[1] == "DATABASE"] == [
        ("OWNERSHIP", "DATABASE", "MADE"),
        ("USAGE", "DATABASE", "OURS"),
    ]


def test_an_application_asks_which_privileges_it_holds_on_the_account(
    engine: Engine, lab: LocalSession
) -> None:
    asked = "SELECT SYSTEM$HOLD_PRIVILEGE_ON_ACCOUNT('EXECUTE TASK') AS HELD"

    def held() -> object:
        return lab.execute(asked).rows

    assert held() == [["1"]]
    engine.sql("REVOKE EXECUTE TASK ON ACCOUNT FROM APPLICATION LAB")
    assert held() == [["0"]]
    with pytest.raises(SqlError, match="is for applications"):
        engine.sql(asked)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("GRANT APPLICATION ROLE LAB.APP_ADMIN TO ROLE NOBODY", "Role 'NOBODY' does not exist"),
        ("GRANT APPLICATION ROLE LAB.BOSS TO ROLE SYSADMIN", "Application role 'LAB.BOSS'"),
        ("GRANT APPLICATION ROLE APP_ADMIN TO ROLE SYSADMIN", "does not exist"),
        ("GRANT USAGE ON DATABASE OURS TO APPLICATION OTHER", "Application 'OTHER'"),
        ("GRANT USAGE ON SCHEMA LAB.CORE TO ROLE SYSADMIN", "belongs to the application LAB"),
    ],
)
def test_a_grant_with_a_wrong_name_is_refused(engine: Engine, statement: str, says: str) -> None:
    with pytest.raises(SqlError, match=says):
        engine.sql(statement)


def test_an_application_role_is_granted_to_a_role_of_the_account(engine: Engine) -> None:
    engine.sql("CREATE ROLE ANALYST")
    engine.sql("GRANT APPLICATION ROLE LAB.APP_ADMIN TO ROLE ANALYST")
    assert engine.catalog.callable_by("ANALYST") == engine.catalog.callable_by("LAB.APP_ADMIN")


def test_an_application_that_owns_something_outside_is_not_dropped(
    engine: Engine, lab: LocalSession
) -> None:
    lab.execute("CREATE DATABASE MADE")
    with pytest.raises(SqlError, match="owns objects outside of itself"):
        engine.sql("DROP APPLICATION LAB")
    engine.sql("GRANT OWNERSHIP ON DATABASE MADE TO ROLE SYSADMIN COPY CURRENT GRANTS")
    engine.sql("DROP APPLICATION LAB")
    assert engine.store.has_database("MADE")
    assert not engine.store.has_database("LAB")
    assert engine.catalog.application_roles == []
    assert engine.catalog.integrations == []


def test_dropping_an_application_with_cascade_takes_what_it_made(
    engine: Engine, lab: LocalSession
) -> None:
    lab.execute("CREATE DATABASE MADE")
    engine.sql("DROP APPLICATION LAB CASCADE")
    assert not engine.store.has_database("MADE")
    assert engine.store.has_database("OURS")


def test_an_application_is_given_what_its_manifest_asks_for_and_no_more(tmp_path: Path) -> None:
    app = applications.whole(tmp_path / "app")
    (app / "manifest.yml").write_text(
        "privileges:\n  - CREATE EXTERNAL ACCESS INTEGRATION:\n      description: x\n"
    )
    with Engine() as engine:
        engine.install(app, "LAB")
        lab = engine.local_session("LAB", "CORE", owner=PROCEDURE)
        assert "operate on account" in refused(lab, "CREATE DATABASE MADE").message
        engine.sql("GRANT CREATE DATABASE ON ACCOUNT TO APPLICATION LAB")
        lab.execute("CREATE DATABASE MADE")
        lab.close()


def test_a_setup_script_that_needs_what_the_manifest_leaves_out_is_refused(tmp_path: Path) -> None:
    app = applications.whole(tmp_path / "app")
    (app / "manifest.yml").write_text("privileges: []\n")
    with Engine() as engine, pytest.raises(SqlError, match="Insufficient privileges"):
        engine.install(app, "LAB")


def test_a_task_without_a_warehouse_needs_two_privileges_to_run(
    engine: Engine, lab: LocalSession
) -> None:
    lab.execute("CREATE TASK LAB.TASKS.T SCHEDULE = '60 MINUTES' AS CALL LAB.CORE.FAIL()")
    for privilege in ("EXECUTE TASK", "EXECUTE MANAGED TASK"):
        engine.sql(f"REVOKE {privilege} ON ACCOUNT FROM APPLICATION LAB")
        for statement in ("ALTER TASK LAB.TASKS.T RESUME", "EXECUTE TASK LAB.TASKS.T"):
            assert f"{privilege} privilege must be granted" in refused(lab, statement).message
        engine.sql(f"GRANT {privilege} ON ACCOUNT TO APPLICATION LAB")
    lab.execute("ALTER TASK LAB.TASKS.T RESUME")


@pytest.mark.parametrize(
    "schedule",
    [
        "0 MINUTES",
        "11521 MINUTES",
        "5 SECONDS",
        "USING CRON 60 * * * * UTC",
        "USING CRON * 24 * * * UTC",
        "USING CRON * * 0 * * UTC",
        "USING CRON 0 0 * * * Europe/Nowhere",
    ],
)
def test_a_schedule_that_never_comes_is_refused(lab: LocalSession, schedule: str) -> None:
    statement = f"CREATE TASK LAB.TASKS.T SCHEDULE = '{schedule}' AS CALL LAB.CORE.FAIL()"
    assert "for parameter 'SCHEDULE'" in refused(lab, statement).message


@pytest.mark.parametrize(("copied", "held"), [("COPY GRANTS", {"SELECT"}), ("", set())])
def test_a_view_made_anew_keeps_its_grants_only_when_asked(
    engine: Engine, copied: str, held: set[str]
) -> None:
    for statement in (
        "CREATE ROLE READERS",
        "CREATE VIEW OURS.S.V (ID COMMENT 'the id') AS SELECT ID FROM OURS.S.T",
        "GRANT SELECT ON VIEW OURS.S.V TO ROLE READERS",
        f"CREATE OR REPLACE VIEW OURS.S.V (ID) {copied} AS SELECT ID FROM OURS.S.T",
    ):
        engine.sql(statement)

    assert engine.catalog.held("VIEW", "OURS.S.V", "READERS") == held


def test_a_client_logs_in_with_a_role_and_has_its_rights(engine: Engine) -> None:
    engine.sql("CREATE ROLE READER")
    connection = engine.connect("OURS", "S", role="READER")
    cursor = connection.cursor()
    with pytest.raises(ProgrammingError, match="'OURS' does not exist or not authorized"):
        cursor.execute("SELECT * FROM T")
    for privilege in (
        "USAGE ON DATABASE OURS",
        "USAGE ON SCHEMA OURS.S",
        "SELECT ON TABLE OURS.S.T",
    ):
        engine.sql(f"GRANT {privilege} TO ROLE READER")
    cursor.execute("SELECT * FROM T")
    assert cursor.fetchall() == [("1",)]
    with pytest.raises(ProgrammingError, match="Insufficient privileges to operate on object 'T'"):
        cursor.execute("DELETE FROM T")
    cursor.execute("USE ROLE SYSADMIN")
    cursor.execute("DELETE FROM T")
    connection.close()


def test_a_role_that_does_not_exist_cannot_be_taken(engine: Engine) -> None:
    with pytest.raises(DatabaseError, match="Role 'NOBODY' specified in the connect string"):
        engine.connect(role="NOBODY")
    assert "'NOBODY' does not exist" in refused(engine.local_session(), "USE ROLE NOBODY").message
