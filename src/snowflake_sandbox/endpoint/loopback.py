"""Connects Snowflake's connector to an engine of the same process, without a port."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from snowflake.connector import SnowflakeConnection
from snowflake.connector.session_manager import SessionManager
from snowflake.connector.vendored.requests.adapters import HTTPAdapter
from snowflake.connector.vendored.requests.models import PreparedRequest, Response
from snowflake.connector.vendored.requests.sessions import Session

from snowflake_sandbox.endpoint.wire import OWNER_PARAMETER, Handler, Request, Wire

HOST = "engine.invalid"


class WireAdapter(HTTPAdapter):
    """Hands requests to a :class:`Wire` instead of a socket."""

    # what the connector's session managers hand to an adapter they make
    wire: Wire

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        """Answer a request in the calling thread."""
        url = urlsplit(str(request.url))
        body = request.body or b""
        answer = self.wire.answer(
            Request(
                request.method or "GET",
                f"{url.path}?{url.query}",
                {name.lower(): str(value) for name, value in dict(request.headers or {}).items()},
                body.encode() if isinstance(body, str) else body,
            ),
            inline=True,
        )
        response: Response = _response()
        response.status_code = answer.status
        response.headers["Content-Type"] = "application/json"
        response.raw = BytesIO(answer.body)
        response.url = str(request.url)
        response.request = request
        return response


# the vendored classes carry no types for their constructors
_response: Callable[[], Any] = Response
_adapter: Callable[..., Any] = WireAdapter


class LoopbackSessions(SessionManager):
    """Makes sessions that look for no proxy: they would read the environment at every request."""

    def make_session(self, *, url: str | None = None) -> Session:
        """Return a session whose adapters are those of the connection."""
        session: Session = super().make_session(url=url)
        session.trust_env = False
        return session


_manager: Callable[..., SessionManager] = LoopbackSessions


class LoopbackConnection(SnowflakeConnection):
    """A connection whose requests all go to one :class:`Wire`."""

    def __init__(self, wire: Wire, **kwargs: Any) -> None:
        self._wire = wire
        self._loopback: SessionManager | None = None
        super().__init__(**kwargs)

    @property
    def _session_manager(self) -> SessionManager | None:
        return self._loopback

    @_session_manager.setter
    def _session_manager(self, value: SessionManager | None) -> None:
        if value is not None:
            config = replace(value.config, adapter_factory=self._adapter)
            value = _manager(config)
        self._loopback = value

    def _adapter(self, *_: Any, **kwargs: Any) -> WireAdapter:
        adapter: WireAdapter = _adapter(**kwargs)
        adapter.wire = self._wire
        return adapter


def connect(
    wire: Wire,
    database: str | None,
    schema: str | None,
    handler: Handler | None = None,
    role: str | None = None,
) -> SnowflakeConnection:
    """Open a connection to the engine behind a wire."""
    parameters: dict[str, Any] = {}
    ticket = ""
    if handler is not None:
        ticket = uuid.uuid4().hex
        wire.handlers[ticket] = handler
        parameters[OWNER_PARAMETER] = ticket
    names: Mapping[str, str | None] = {"database": database, "schema": schema, "role": role}
    try:
        return LoopbackConnection(
            wire,
            account="local",
            user="local",
            password="local",
            host=HOST,
            protocol="http",
            port=80,
            paramstyle="qmark",
            session_parameters=parameters,
            client_session_keep_alive=False,
            login_timeout=10,
            # else each login asks the metadata services of three clouds where it runs
            platform_detection_timeout_seconds=0.0,
            **{key: value for key, value in names.items() if value is not None},
        )
    finally:
        wire.handlers.pop(ticket, None)
