"""Serves the sandbox over HTTP: a plain ASGI application on uvicorn in a thread."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from threading import Thread
from types import TracebackType
from typing import Any, Protocol

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from hubspot_sandbox.answers import Answer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
HOST = "127.0.0.1"


class Answering(Protocol):
    """What can be served: one account or several."""

    def handle(
        self, method: str, url_path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Answer one request."""


_Ends = tuple[tuple[str, int], tuple[str, int]]
_open: dict[_Ends, asyncio.Transport] = {}


def _ends(transport: asyncio.Transport) -> _Ends:
    return transport.get_extra_info("peername"), transport.get_extra_info("sockname")


class _Protocol(H11Protocol):
    """Remembers its transport by the addresses of both ends, so that a connection can be cut."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            super().connection_made(transport)
            _open[_ends(transport)] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        _open.pop(_ends(self.transport), None)
        super().connection_lost(exc)


def application(sandbox: Answering) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The ASGI application of a sandbox."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        body: bytes = message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        query = scope["query_string"].decode("latin-1")
        answer = sandbox.handle(scope["method"], scope["path"], query, headers, body)
        if answer.delay_ms:
            await asyncio.sleep(answer.delay_ms / 1000)
        if answer.dropped:
            _open[tuple(scope["client"]), tuple(scope["server"])].abort()
            return
        answered = [
            (name.lower().encode(), value.encode()) for name, value in answer.headers.items()
        ]
        answered.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": answered})
        await send({"type": "http.response.body", "body": answer.body})

    return serve


class Server:
    """A running server. Use it in a ``with`` block; ``url`` is where it answers."""

    def __init__(self, sandbox: Answering, port: int = 0) -> None:
        """Bind to 127.0.0.1; port 0 takes a free one."""
        self._socket = socket.create_server((HOST, port), backlog=256)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        config = uvicorn.Config(
            application(sandbox),
            http=_Protocol,
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=1 << 20,
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(
            target=self._server.run, args=([self._socket],), name="hubspot-sandbox", daemon=True
        )

    def __enter__(self) -> Server:
        """Start answering."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop answering and free the port."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()

    def wait(self) -> None:
        """Answer until interrupted."""
        while self._thread.is_alive():
            self._thread.join(timeout=0.5)
