"""Serves the engine to other processes over HTTP on 127.0.0.1."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from snowflake_sandbox.endpoint.wire import Answer, Request, Wire

# what a client on this machine may call the server; a page of the web that had its own name
# answered with 127.0.0.1 (DNS rebinding) sends that name
_NAMES = ("127.0.0.1", "localhost")


class Server:
    """An HTTP server of this process.

    Whoever is logged in may run Python with CALL. So it listens on the loopback address only, a
    login takes the password of this server, which is drawn anew at each start, and requests that
    a browser sends for a page of the web are refused.

    Args:
        wire: what answers.
        port: 0 takes a free one.
    """

    def __init__(self, wire: Wire, port: int = 0) -> None:
        self.password = secrets.token_urlsafe(24)
        self._http = _Http(("127.0.0.1", port), _handler(wire, self.password))
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.1,), name="endpoint", daemon=True
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._http.server_address[1])

    def connection_parameters(
        self, database: str | None = None, schema: str | None = None
    ) -> dict[str, Any]:
        """Return what ``snowflake.connector.connect``, Snowpark and ``snow`` need to connect."""
        parameters: dict[str, Any] = {
            "account": "local",
            "user": "local",
            "password": self.password,
            "host": "127.0.0.1",
            "port": self.port,
            "protocol": "http",
            "warehouse": "LOCAL",
            "role": "SYSADMIN",
        }
        if database is not None:
            parameters["database"] = database
        if schema is not None:
            parameters["schema"] = schema
        return parameters

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering; open sessions end with the engine."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True


def _foreign(headers: Mapping[str, str], port: int) -> Answer | None:
    """The refusal of a request that is not addressed to this server or is sent by a web page."""
    hosts = {f"{name}:{port}" for name in _NAMES}
    if headers.get("host", "").lower() in hosts:
        origin = headers.get("origin")
        if origin is None or origin.lower() in {f"http://{host}" for host in hosts}:
            return None
    message = f"Only clients of this machine that call it 127.0.0.1:{port} are answered."
    body = {"data": None, "code": "390422", "message": message, "success": False}
    return Answer(403, json.dumps(body).encode())


def _handler(wire: Wire, password: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else b""
            headers = {name.lower(): value for name, value in self.headers.items()}
            port = int(self.connection.getsockname()[1])
            answer = _foreign(headers, port) or wire.answer(
                Request(self.command, self.path, headers, body), password=password
            )
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def __getattr__(self, name: str) -> Any:
            # the base class looks up do_GET, do_POST …
            if name in ("do_GET", "do_POST"):
                return self._answer
            raise AttributeError(name)

        def log_message(self, *_: Any) -> None:
            """Log nothing: request lines carry session tokens."""

    return Handler
