"""The sandbox behind httpx, without a socket."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from hubspot_sandbox.sandbox import Sandbox


def respond(
    sandbox: Sandbox, request: httpx.Request, sleep: Callable[[float], None]
) -> httpx.Response:
    """Answer one httpx request; see `Sandbox.respond`."""
    answer = sandbox.handle(
        request.method,
        request.url.path,
        request.url.query.decode("ascii"),
        dict(request.headers),
        request.read(),
    )
    patience = (request.extensions.get("timeout") or {}).get("read")
    if patience is not None and answer.delay_ms > patience * 1000:
        raise httpx.ReadTimeout("The read operation timed out", request=request)
    if answer.delay_ms:
        sleep(answer.delay_ms / 1000)
    if answer.dropped:
        if len(sandbox.requests) % 2:
            raise httpx.ReadError("[Errno 104] Connection reset by peer", request=request)
        raise httpx.RemoteProtocolError(
            "Server disconnected without sending a response.", request=request
        )
    return httpx.Response(
        answer.status, headers=answer.headers, content=answer.body, request=request
    )
