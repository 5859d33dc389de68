"""Answers Snowflake's client protocol: logins, statements and results, as bytes in and out.

Transport-free: the in-process adapter and the HTTP server both hand requests to
:meth:`Wire.answer`.
"""

from __future__ import annotations

import gzip
import hmac
import json
import secrets
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from fakesnow.converter import from_binding

from snowflake_sandbox.endpoint import replies
from snowflake_sandbox.errors import SqlError, unsupported
from snowflake_sandbox.names import Name
from snowflake_sandbox.results import Result
from snowflake_sandbox.roles import take_role
from snowflake_sandbox.session import LOCAL, LocalSession

# the reply to a statement that takes longer is the address of its result
PATIENCE_SECONDS = 30.0
_KEPT_RESULTS = 64
# the server version that clients are given; some refuse to work with a version that is too old
SERVER_VERSION = "9.38.1"
OWNER_PARAMETER = "SANDBOX_OWNER"
PAGE_PARAMETER = "SANDBOX_PAGE"
"""The parameter of a session that an application's Streamlit page has."""

Handler = tuple[Name, LocalSession | None]
"""A procedure whose handler connects, and the session that called it, if one did."""


class Request(NamedTuple):
    """One HTTP request; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    """One HTTP answer; the body is JSON."""

    status: int
    body: bytes


@dataclass
class _Execution:
    """A statement that runs or has run; a repeated request gets its reply and no second run."""

    query_id: str
    finished: threading.Event = field(default_factory=threading.Event)
    reply: dict[str, Any] = field(default_factory=dict)
    result: Result | None = None


class Refused(Exception):
    """A wrong password, a request without a session, or to an address that does not exist."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Wire:
    """The sessions of an engine's clients.

    Args:
        open_session: begins a session: current database and schema, and the procedure whose
            handler connects with the session that called it.
        patience_seconds: how long a client waits for a statement before it is sent to the
            address of the result.
    """

    def __init__(
        self,
        open_session: Callable[
            [str | None, str | None, Name | None, LocalSession | None], LocalSession
        ],
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._open_session = open_session
        self.patience_seconds = patience_seconds
        self._sessions: dict[str, LocalSession] = {}
        self._executions: OrderedDict[str, _Execution] = OrderedDict()
        self._by_query: OrderedDict[str, _Execution] = OrderedDict()
        self._lock = threading.Lock()
        # procedures whose handlers connect in process, by the ticket in the login request
        self.handlers: dict[str, Handler] = {}

    def answer(
        self, request: Request, *, inline: bool = False, password: str | None = None
    ) -> Answer:
        """Answer one request.

        Args:
            request: the request.
            inline: run statements in the calling thread, however long they take; else in a
                thread of their own, so that a long one can be answered by its address.
            password: what a login must bring; None for clients in this process.
        """
        url = urlsplit(request.target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        try:
            if url.path == "/session/v1/login-request":
                reply = self._login(_json(request), query, password)
            else:
                reply = self._route(request, url.path, query, inline)
        except Refused as refused:
            body = {"data": None, "code": refused.code, "message": str(refused), "success": False}
            return Answer(refused.status, json.dumps(body).encode())
        except Exception as error:
            # never a 5xx: the client would repeat the request for minutes
            body = replies.failure(SqlError(f"{type(error).__name__}: {error}", 1, "XX000"), "")
            return Answer(200, json.dumps(body).encode())
        return Answer(200, json.dumps(reply).encode())

    def _route(
        self, request: Request, path: str, query: dict[str, str], inline: bool
    ) -> dict[str, Any]:
        if path == "/queries/v1/query-request":
            return self._statement(self._session(request), _json(request), query, inline)
        if path.startswith("/queries/") and path.endswith("/result"):
            self._session(request)
            return self._result(path.split("/")[2])
        if path.startswith("/monitoring/queries/"):
            self._session(request)
            return self._status(path.rsplit("/", 1)[-1])
        if path == "/session":
            if query.get("delete"):
                self._logout(request)
            return replies.OK
        if path == "/session/heartbeat":
            self._session(request)
            return replies.OK
        if path == "/session/token-request":
            return self._renew(request)
        if path in ("/queries/v1/abort-request", "/telemetry/send", "/telemetry/send/sessionless"):
            return replies.OK
        raise Refused(404, "000404", f"No such address: {path}")

    # --- sessions ------------------------------------------------------------------------------

    def _login(
        self, body: dict[str, Any], query: dict[str, str], password: str | None
    ) -> dict[str, Any]:
        data = body.get("data", {})
        sent = str(data.get("PASSWORD") or "")
        if password is not None and not hmac.compare_digest(sent.encode(), password.encode()):
            raise Refused(200, "390100", "Incorrect username or password was specified.")
        session_parameters = data.get("SESSION_PARAMETERS") or {}
        ticket = str(session_parameters.pop(OWNER_PARAMETER, ""))
        owner, caller = self.handlers.get(ticket, (None, None))
        of_page = session_parameters.pop(PAGE_PARAMETER, None) is not None
        session = self._open_session(
            _part(query.get("databaseName")), _part(query.get("schemaName")), owner, caller
        )
        role = _part(query.get("roleName")) or "SYSADMIN"
        if owner is None:
            # "CURRENT_USER returns NULL when invoked from Streamlit in Snowflake" in an application
            # ("Add application logic to an application package")
            session.login(None if of_page else str(data.get("LOGIN_NAME") or LOCAL).upper())
            try:
                take_role(session, role)
            except SqlError as error:
                raise Refused(
                    200,
                    "390189",
                    f"Role '{role}' specified in the connect string is not granted to this user."
                    " Contact your local system administrator, or attempt to login with another"
                    " role, e.g. PUBLIC.",
                ) from error
            session.parameters.values.update(
                {name: str(value) for name, value in session_parameters.items()}
            )
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._sessions[token] = session
            number = len(self._sessions)
        reply = {
            "token": token,
            "masterToken": token,
            "validityInSeconds": 86400,
            "masterValidityInSeconds": 86400,
            "sessionId": int(time.time() * 1000) * 1000 + number,
            "displayUserName": str(data.get("LOGIN_NAME", "")),
            "serverVersion": SERVER_VERSION,
            "firstLogin": False,
            "parameters": [
                {"name": "AUTOCOMMIT", "value": session.parameters.autocommit},
                {"name": "TIMEZONE", "value": "Etc/UTC"},
                {"name": "CLIENT_SESSION_KEEP_ALIVE", "value": False},
                # several threads of a client may share a Snowpark session
                {"name": "PYTHON_SNOWPARK_ENABLE_THREAD_SAFE_SESSION", "value": True},
                {"name": "PYTHON_SNOWPARK_USE_AST", "value": False},
                {"name": "CLIENT_TELEMETRY_ENABLED", "value": False},
            ],
            "sessionInfo": {
                "databaseName": session.database,
                "schemaName": session.schema,
                "warehouseName": _part(query.get("warehouse")),
                "roleName": role,
            },
        }
        return {"data": reply, "code": None, "message": None, "success": True}

    def _session(self, request: Request) -> LocalSession:
        session = self._sessions.get(_token(request))
        if session is None:
            raise Refused(401, "390104", "User must login again to access the service.")
        return session

    def _renew(self, request: Request) -> dict[str, Any]:
        self._session(request)
        token = _token(request)
        reply = {
            "sessionToken": token,
            "masterToken": token,
            "validityInSecondsST": 86400,
            "validityInSecondsMT": 86400,
        }
        return {"data": reply, "code": None, "message": None, "success": True}

    def _logout(self, request: Request) -> None:
        with self._lock:
            session = self._sessions.pop(_token(request), None)
        if session is not None:
            session.close()

    def close(self) -> None:
        """End every session."""
        with self._lock:
            sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            session.close()

    # --- statements ----------------------------------------------------------------------------

    def _statement(
        self, session: LocalSession, body: dict[str, Any], query: dict[str, str], inline: bool
    ) -> dict[str, Any]:
        request_id = query.get("requestId") or str(uuid.uuid4())
        with self._lock:
            execution = self._executions.get(request_id)
            fresh = execution is None
            if execution is None:
                execution = _Execution(str(uuid.uuid4()))
                self._executions[request_id] = execution
                self._by_query[execution.query_id] = execution
                _trim(self._executions)
                _trim(self._by_query)
        if fresh:
            work = self._work(session, body, execution)
            if inline:
                work()
            else:
                threading.Thread(target=work, name="statement", daemon=True).start()
        if body.get("asyncExec"):
            return replies.pending(execution.query_id)
        return self._wait(execution)

    def _work(
        self, session: LocalSession, body: dict[str, Any], execution: _Execution
    ) -> Callable[[], None]:
        def work() -> None:
            try:
                result = self._run(session, body)
                result.query_id = execution.query_id
                execution.result = result
                execution.reply = replies.success(session, result)
            except SqlError as error:
                execution.reply = replies.failure(error, execution.query_id)
            except Exception as error:
                wrapped = SqlError(f"{type(error).__name__}: {error}", 1, "XX000")
                execution.reply = replies.failure(wrapped, execution.query_id)
            finally:
                execution.finished.set()

        return work

    def _run(self, session: LocalSession, body: dict[str, Any]) -> Result:
        text = str(body["sqlText"])
        scanned_query_id = _result_scan(text)
        if scanned_query_id is not None:
            return self._scan(scanned_query_id)
        bindings = body.get("bindings") or {}
        if any(isinstance(binding.get("value"), list) for binding in bindings.values()):
            raise unsupported("arrays of bound values")
        params = [from_binding(bindings[str(number)]) for number in range(1, len(bindings) + 1)]
        if body.get("describeOnly"):
            return session.describe(text, params or None)
        return session.execute(text, params or None)

    def _wait(self, execution: _Execution) -> dict[str, Any]:
        if execution.finished.wait(self.patience_seconds):
            return execution.reply
        return replies.pending(execution.query_id)

    def _execution(self, query_id: str) -> _Execution:
        with self._lock:
            execution = self._by_query.get(query_id)
        if execution is None:
            raise SqlError(f"Statement {query_id} not found", 709, "02000")
        return execution

    def _result(self, query_id: str) -> dict[str, Any]:
        try:
            return self._wait(self._execution(query_id))
        except SqlError as error:
            return replies.failure(error, query_id)

    def _scan(self, query_id: str) -> Result:
        execution = self._execution(query_id)
        execution.finished.wait()
        if execution.result is None:
            raise SqlError(f"Statement {query_id} failed", 709, "02000")
        return execution.result

    def _status(self, query_id: str) -> dict[str, Any]:
        with self._lock:
            execution = self._by_query.get(query_id)
        queries: list[dict[str, Any]] = []
        if execution is not None:
            state = "RUNNING"
            if execution.finished.is_set():
                state = "SUCCESS" if execution.reply["success"] else "FAILED_WITH_ERROR"
            queries.append({"id": query_id, "status": state})
            if state == "FAILED_WITH_ERROR":
                queries[0]["errorCode"] = execution.reply["code"]
                queries[0]["errorMessage"] = execution.reply["message"]
        return {"data": {"queries": queries}, "code": None, "message": None, "success": True}


def _trim(executions: OrderedDict[str, _Execution]) -> None:
    for key in list(executions):
        if len(executions) <= _KEPT_RESULTS:
            return
        if executions[key].finished.is_set():
            del executions[key]


def _json(request: Request) -> dict[str, Any]:
    body = request.body
    if request.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    message: dict[str, Any] = json.loads(body or b"{}")
    return message


def _token(request: Request) -> str:
    header = request.headers.get("authorization", "")
    # Authorization: Snowflake Token="…"
    return header.partition('"')[2].rstrip('"')


def _part(name: str | None) -> str | None:
    if not name:
        return None
    return name[1:-1] if name.startswith('"') and name.endswith('"') else name.upper()


def _result_scan(text: str) -> str | None:
    words = text.strip().rstrip(";").lower()
    start = "select * from table(result_scan('"
    if words.startswith(start) and words.endswith("'))"):
        return words[len(start) : -3]
    return None
