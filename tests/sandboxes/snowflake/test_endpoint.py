"""The engine over HTTP: other clients, long statements, repeated requests."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from snowflake.connector.cursor import SnowflakeCursor
from snowflake.snowpark import Session

from snowflake_sandbox import Engine
from snowflake_sandbox.endpoint.server import Server
from snowflake_sandbox.endpoint.wire import Request, Wire
from tests.sandboxes.snowflake import applications


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Engine(None) as engine:
        engine.install(applications.whole(tmp_path), "LAB")
        yield engine


@pytest.fixture
def server(engine: Engine) -> Iterator[Server]:
    with engine.serve() as server:
        yield server


def fetched(cursor: SnowflakeCursor, text: str) -> list[Any]:
    cursor.execute(text)
    return list(cursor.fetchall())


def test_the_connector_reads_and_writes_over_http(server: Server) -> None:
    with snowflake.connector.connect(**server.connection_parameters("LAB", "STATE")) as opened:
        cursor = opened.cursor()
        cursor.executemany("INSERT INTO notes (NOTE) VALUES (%s)", [("a",), ("b",)])
        assert fetched(cursor, "SELECT NOTE FROM notes ORDER BY 1") == [("a",), ("b",)]


def test_snowpark_works_over_http(server: Server) -> None:
    session = Session.builder.configs(server.connection_parameters("LAB", "CORE")).create()
    (row,) = session.sql("CALL echo(?)", params=["x"]).collect()
    assert json.loads(row[0])["values"] == ["x", None, 7]
    session.close()


def test_sessions_see_each_others_committed_rows(engine: Engine, server: Server) -> None:
    inside = engine.session("LAB", "STATE")
    with snowflake.connector.connect(**server.connection_parameters("LAB", "STATE")) as context:
        context.cursor().execute("INSERT INTO notes (NOTE) SELECT 'seen'")
        assert inside.sql("SELECT NOTE FROM notes").collect()[0]["NOTE"] == "seen"
    inside.close()


def test_a_long_statement_is_answered_by_the_address_of_its_result(
    engine: Engine, server: Server
) -> None:
    engine.wire.patience_seconds = 0.05
    with snowflake.connector.connect(**server.connection_parameters("LAB", "STATE")) as opened:
        cursor = opened.cursor()
        cursor.execute(SLOW)
        assert fetched(cursor, "CALL slow()") == [("done",)]
        assert fetched(cursor, "SELECT COUNT(*) FROM notes") == [(1,)]


# a handler that takes longer than the patience of the endpoint
SLOW = """
CREATE OR REPLACE PROCEDURE slow() RETURNS VARCHAR LANGUAGE PYTHON RUNTIME_VERSION = '3.11'
PACKAGES = ('snowflake-snowpark-python') HANDLER = 'go' AS $$
import threading
def go(session):
    threading.Event().wait(0.3)
    session.sql("INSERT INTO notes (NOTE) SELECT 'once'").collect()
    return 'done'
$$
"""


def test_a_statement_sent_without_waiting_is_fetched_later(server: Server) -> None:
    with snowflake.connector.connect(**server.connection_parameters("LAB", "STATE")) as opened:
        cursor = opened.cursor()
        sent = cursor.execute_async("SELECT 42 AS A")
        assert sent is not None
        cursor.get_results_from_sfqid(sent["queryId"])
        assert cursor.fetchall() == [(42,)]


@pytest.mark.parametrize("year", [1, 1600, 1684, 1969, 2256, 9999])
@pytest.mark.parametrize("type_", ["TIMESTAMP_NTZ(3)", "TIMESTAMP_TZ", "TIMESTAMP_LTZ"])
def test_a_client_reads_instants_of_every_year(engine: Engine, year: int, type_: str) -> None:
    moment = datetime(year, 12, 31, 23, 59, 59, 999_000)
    with engine.connect("LAB", "STATE") as opened:
        [(got,)] = fetched(opened.cursor(), f"SELECT '{moment.isoformat(' ')}'::{type_}")
    assert got.replace(tzinfo=None) == moment


def login(wire: Wire) -> dict[str, str]:
    target = "/session/v1/login-request?databaseName=LAB&schemaName=STATE"
    answer = wire.answer(Request("POST", target, {}, b'{"data": {}}'))
    token = json.loads(answer.body)["data"]["token"]
    return {"authorization": f'Snowflake Token="{token}"'}


def test_a_repeated_request_is_not_executed_twice(engine: Engine) -> None:
    headers = login(engine.wire)
    body = json.dumps({"sqlText": "INSERT INTO notes (NOTE) SELECT 'one'"}).encode()
    request = Request("POST", "/queries/v1/query-request?requestId=abc", headers, body)
    first, second = engine.wire.answer(request), engine.wire.answer(request)
    assert first == second
    assert engine.sql("SELECT COUNT(*) FROM LAB.STATE.NOTES") == [("1",)]


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"{}", b'{"sqlText": 5}', b'{"sqlText": "\\u0000"}']
)
def test_nothing_is_ever_answered_by_a_server_error(engine: Engine, body: bytes) -> None:
    headers = login(engine.wire)
    request = Request("POST", "/queries/v1/query-request", headers, body)
    answer = engine.wire.answer(request)
    assert answer.status == 200
    assert json.loads(answer.body)["success"] is False


def test_a_request_without_a_session_is_told_to_log_in(engine: Engine) -> None:
    answer = engine.wire.answer(Request("POST", "/queries/v1/query-request", {}, b"{}"))
    assert (answer.status, json.loads(answer.body)["code"]) == (401, "390104")


def test_login_gives_what_newer_connectors_ask_for(engine: Engine) -> None:
    answer = engine.wire.answer(Request("POST", "/session/v1/login-request", {}, b"{}"))
    data = json.loads(answer.body)["data"]
    assert data["masterToken"]
    assert data["sessionId"] > 0
    assert data["masterValidityInSeconds"] > 0


def posted(
    server: Server, target: str, body: Mapping[str, Any], headers: Mapping[str, str]
) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer to a POST with these headers."""
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        client.request("POST", target, json.dumps(body), dict(headers))
        answer = client.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        client.close()


LOGIN = "/session/v1/login-request"


@pytest.mark.parametrize(
    "data", [{}, {"PASSWORD": ""}, {"PASSWORD": "local"}, {"AUTHENTICATOR": "EXTERNALBROWSER"}]
)
def test_a_login_without_the_password_of_this_server_is_refused(
    server: Server, data: dict[str, str]
) -> None:
    _, answer = posted(server, LOGIN, {"data": data}, {})
    assert (answer["success"], answer["code"], answer["data"]) == (False, "390100", None)


def test_the_connector_says_that_the_password_is_wrong(server: Server) -> None:
    parameters = {**server.connection_parameters(), "password": "guessed"}
    with pytest.raises(snowflake.connector.errors.DatabaseError, match="Incorrect username or pas"):
        snowflake.connector.connect(**parameters)


def test_every_server_has_a_password_of_its_own(engine: Engine, server: Server) -> None:
    with engine.serve() as other:
        passwords = {served.connection_parameters()["password"] for served in (server, other)}
    assert len(passwords) == 2
    assert min(map(len, passwords)) >= 32


@pytest.mark.parametrize("name", ["rebound.example.com", "127.0.0.1", "localhost:1", ""])
def test_a_request_under_a_foreign_name_is_refused(server: Server, name: str) -> None:
    body = {"data": {"PASSWORD": server.password}}
    status, answer = posted(server, LOGIN, body, {"Host": name})
    assert (status, answer["success"], answer["data"]) == (403, False, None)


@pytest.mark.parametrize("origin", ["https://example.com", "null", "http://127.0.0.1:1"])
def test_a_request_of_a_page_of_the_web_is_refused(server: Server, origin: str) -> None:
    body = {"data": {"PASSWORD": server.password}}
    status, answer = posted(server, LOGIN, body, {"Origin": origin})
    assert (status, answer["success"], answer["data"]) == (403, False, None)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_client_of_this_machine_logs_in_with_the_password(server: Server, name: str) -> None:
    host = f"{name}:{server.port}"
    body = {"data": {"PASSWORD": server.password}}
    status, answer = posted(server, LOGIN, body, {"Host": host, "Origin": f"http://{host}"})
    assert (status, answer["success"]) == (200, True)
