"""Turns an answer into the response that an httpx client gets, without a socket."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from hubspot_sandbox.answers import Answer


def httpx_response(
    answer: Answer, request: httpx.Request, number: int, sleep: Callable[[float], None]
) -> httpx.Response:
    """The response to an httpx request, after the answer's delay.

    Connections that drop do so in one of two ways, in turn by the request's ``number``.

    Raises:
        httpx.ReadTimeout: the answer takes longer than the request's read timeout.
        httpx.ReadError, httpx.RemoteProtocolError: the connection was dropped.
    """
    patience = (request.extensions.get("timeout") or {}).get("read")
    if patience is not None and answer.delay_ms > patience * 1000:
        raise httpx.ReadTimeout("The read operation timed out", request=request)
    if answer.delay_ms:
        sleep(answer.delay_ms / 1000)
    if answer.dropped:
        if number % 2:
            raise httpx.ReadError("[Errno 104] Connection reset by peer", request=request)
        raise httpx.RemoteProtocolError(
            "Server disconnected without sending a response.", request=request
        )
    return httpx.Response(
        answer.status, headers=answer.headers, content=answer.body, request=request
    )
