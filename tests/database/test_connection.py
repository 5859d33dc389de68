"""The edge to Snowflake: rows, bound values, and errors a person can act on."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from snowflake.snowpark import Row, Session
from snowflake.snowpark.exceptions import SnowparkSQLException

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database, store_secret, variant
from hubspot_ingest.errors import DatabaseError, GrantMissing
from hubspot_ingest.stopwatch import Stopwatch
from snowflake_sandbox import Engine
from tests.builders import FakeClock

NASTY = 'it\'s "quoted"\n\\ back $$ ? :1 %s 🚀 \u0000 end'


def test_rows_come_by_column_name(database: Database) -> None:
    assert database.rows("SELECT 1 AS ONE, 'two' AS TWO") == [{"ONE": 1, "TWO": "two"}]


def test_a_bound_value_comes_back_as_it_was(database: Database) -> None:
    rows = database.rows("SELECT ? AS A, ? AS B, ? AS C, ? AS D", (NASTY, 10**17 + 1, True, None))

    assert rows == [{"A": NASTY, "B": 10**17 + 1, "C": True, "D": None}]


def test_no_null_is_ever_bound(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    database, sent = Database(session), list[object]()
    run = session.sql

    def recorded(statement: str, params: list[object]) -> object:
        sent.extend(params)
        return run(statement, params=params)

    monkeypatch.setattr(session, "sql", recorded)
    rows = database.rows(
        f"SELECT ? AS A, {sql.text(NASTY)} AS \"?\", '\\'?' AS C, "
        "TO_TIMESTAMP_NTZ(CAST(? AS NUMBER(38, 0)), 3) AS T, PARSE_JSON(?) AS V, ? AS B",
        ("a", None, None, "?"),
    )

    assert rows == [{"A": "a", "?": NASTY, "C": "'?", "T": None, "V": None, "B": "?"}]
    assert sent == ["a", "?"]


def test_an_instant_is_bound_as_milliseconds(database: Database) -> None:
    [row] = database.rows(
        "SELECT DATE_PART(EPOCH_MILLISECOND, TO_TIMESTAMP_NTZ(CAST(? AS NUMBER(38, 0)), 3)) AS T",
        (-1,),
    )

    assert row == {"T": -1}


def test_a_failed_statement_is_one_line_with_what_snowflake_said(database: Database) -> None:
    with pytest.raises(DatabaseError) as failed:
        database.rows("SELECT CAST('x' AS NUMBER) AS N")

    assert failed.value.response_code == "DATABASE_ERROR"
    assert "\n" not in failed.value.message
    assert failed.value.message.startswith("a statement failed: ")


class AbortedSession:
    """A session whose statements are aborted so often, then answer."""

    def __init__(self, aborted: int, reason: str) -> None:
        self.sent = 0
        self._aborted, self._reason = aborted, reason

    def sql(self, statement: str, params: list[object]) -> AbortedSession:
        assert statement
        assert params == []
        return self

    def collect(self) -> list[Row]:
        self.sent += 1
        # the first statement of a connection asks for its database
        if 1 < self.sent <= self._aborted + 1:
            raise SnowparkSQLException(self._reason)
        return [Row(APPLICATION="APP", TRANSACTION=None, N=1)]


@pytest.mark.parametrize(
    "refusal",
    [
        "003102 (42501): Grant not executed: Insufficient privileges.",
        "003011 (42501): Grant partially executed: privileges [USAGE] not granted.",
    ],
)
def test_a_grant_that_is_not_ours_to_give_is_a_missing_grant(refusal: str) -> None:
    session: Any = AbortedSession(1, refusal)

    with pytest.raises(GrantMissing):
        Database(session, FakeClock()).rows("GRANT USAGE ON DATABASE A TO APPLICATION ROLE B")


LINE_FULL = (
    "000625 (57014): Statement 'a' has locked table 'SYNCS' in transaction 1 and this lock has not "
    "yet been released. Your statement 'b' was aborted because the number of waiters for this lock "
    "exceeds the 20 statements limit."
)


def test_a_statement_that_finds_a_tables_line_full_is_sent_again_later() -> None:
    clock = FakeClock()
    session: Any = AbortedSession(3, LINE_FULL)

    rows = Database(session, clock).rows("UPDATE T SET A = 1")

    assert rows[0]["N"] == 1
    assert len(clock.slept) == 3
    assert clock.slept == sorted(clock.slept)


def test_a_statement_is_not_sent_again_for_ever() -> None:
    clock = FakeClock()
    session: Any = AbortedSession(100, LINE_FULL)

    with pytest.raises(DatabaseError, match="number of waiters"):
        Database(session, clock).rows("UPDATE T SET A = 1")

    assert 30 < sum(clock.slept) < 120


def test_a_statement_that_failed_for_another_reason_is_not_sent_again() -> None:
    session: Any = AbortedSession(1, "100038 (22018): Numeric value 'x' is not recognized")

    with pytest.raises(DatabaseError):
        Database(session, FakeClock()).rows("SELECT 1 AS N")

    assert session.sent == 2


def test_an_object_that_is_not_there_is_a_matter_of_grants(database: Database) -> None:
    with pytest.raises(GrantMissing) as failed:
        database.rows("SELECT * FROM HUBSPOT_INGEST.STATE.NOWHERE")

    assert failed.value.response_code == "GRANT_MISSING"
    assert "NOWHERE" in failed.value.message


def test_a_staged_file_is_there_under_its_name(database: Database) -> None:
    database.put(io.BytesIO(b"abc"), "@HUBSPOT_INGEST.STAGING.LOADS/run/000001.parquet")

    rows = database.rows("LIST @HUBSPOT_INGEST.STAGING.LOADS")

    assert [(row["name"], row["size"]) for row in rows] == [("loads/run/000001.parquet", 3)]
    database.rows("REMOVE @HUBSPOT_INGEST.STAGING.LOADS")


@pytest.mark.parametrize("is_thread_safe", [True, False])
def test_threads_share_a_session_where_snowflake_lets_them(
    engine: Engine, is_thread_safe: bool
) -> None:
    connection = engine.connect("HUBSPOT_INGEST", "CORE")
    # what Snowflake tells at the login, as Snowpark reads it
    told = {"PYTHON_SNOWPARK_ENABLE_THREAD_SAFE_SESSION": is_thread_safe}
    connection._session_parameters |= told

    with Session.builder.configs({"connection": connection}).create() as session:
        assert Database(session).is_thread_safe is is_thread_safe


def test_sizes_of_staged_files_are_counted_one_at_a_time(database: Database) -> None:
    counting, never = threading.Lock(), threading.Event()

    def count(_: int) -> None:
        assert counting.acquire(blocking=False)
        never.wait(0.1)
        counting.release()

    counted = database.counting(count, Stopwatch(FakeClock()))
    stage = "@HUBSPOT_INGEST.STAGING.LOADS/run"
    with ThreadPoolExecutor(2) as pool:
        uploads = [
            pool.submit(counted.put, io.BytesIO(b"abc"), f"{stage}/{n}.parquet") for n in (1, 2)
        ]
    assert [upload.result() for upload in uploads] == [None, None]
    database.rows("REMOVE @HUBSPOT_INGEST.STAGING.LOADS")


def test_the_application_is_known_though_the_current_database_changes(
    database: Database,
) -> None:
    database.rows('CREATE DATABASE IF NOT EXISTS "HUBSPOT_DATA"')

    assert database.application == "HUBSPOT_INGEST"


@pytest.mark.parametrize(
    ("stored", "value"),
    [('{"a": [1, null]}', {"a": [1, None]}), ("[]", []), ("null", None), (None, None)],
)
def test_a_variant_is_read_as_values(stored: object, value: object) -> None:
    assert variant(stored) == value


def test_the_credential_is_stored_as_a_secret(database: Database, engine: Engine) -> None:
    store_secret(database, "HUBSPOT_TOKEN", "pat-na1-stored")

    rows = database.rows("SHOW SECRETS IN DATABASE HUBSPOT_INGEST")
    assert "HUBSPOT_TOKEN" in {row["name"] for row in rows}
    assert "pat-na1-stored" not in repr(rows) + repr(engine.secrets)


def test_a_credential_that_cannot_be_stored_is_not_repeated(database: Database) -> None:
    with pytest.raises(DatabaseError) as failed:
        store_secret(database, "HUBSPOT_TOKENS", "pat-na1-unstorable")

    assert "pat-na1-unstorable" not in failed.value.message
    assert "CONFIG.HUBSPOT_TOKENS" in failed.value.message


def test_a_number_keeps_its_digits_on_the_way_back(database: Database) -> None:
    [row] = database.rows("SELECT CAST('12345678901234567890.123456789' AS NUMBER(38,18)) AS N")

    assert row == {"N": Decimal("12345678901234567890.123456789")}
