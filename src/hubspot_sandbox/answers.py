"""Answers over HTTP, and HubSpot's error responses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

JSON_TYPE = {"Content-Type": "application/json;charset=utf-8"}


@dataclass(slots=True)
class Answer:
    """What goes back over the wire. ``delay_ms`` is how long the server takes for it.

    ``dropped`` means that the connection breaks instead of an answer.
    """

    status: int
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON_TYPE))
    body: bytes = b""
    delay_ms: int = 0
    dropped: bool = False


def json_answer(shape: Any, status: int = 200) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, body=json.dumps(shape, ensure_ascii=False).encode())


class Refusal(Exception):
    """HubSpot refuses: carries the answer that says so."""

    def __init__(self, answer: Answer) -> None:
        """``answer`` is complete but for the correlation id, which the sandbox adds."""
        super().__init__(f"{answer.status} {answer.body[:300]!r}")
        self.answer = answer


def refusal(
    status: int,
    message: str,
    category: str,
    errors: Sequence[Mapping[str, Any]] = (),
    **more: Any,
) -> Refusal:
    """A refusal in HubSpot's error shape (BEHAVIOR H9); every field but these is optional."""
    shape: dict[str, Any] = {"status": "error", "message": message, "correlationId": CORRELATION}
    if errors:
        shape["errors"] = list(errors)
    shape.update(more)
    shape["category"] = category
    return Refusal(json_answer(shape, status))


CORRELATION = "00000000-0000-4000-8000-correlation0"
"""Stands where the request's correlation id goes."""


def invalid(message: str, code: str | None = None, **context: Sequence[str]) -> Refusal:
    """400 with category VALIDATION_ERROR."""
    error: dict[str, Any] = {"message": message}
    if code is not None:
        error["code"] = code
    if context:
        error["context"] = {key: list(values) for key, values in context.items()}
    return refusal(400, message, "VALIDATION_ERROR", [error])


def not_found(message: str) -> Refusal:
    """404 with category OBJECT_NOT_FOUND."""
    return refusal(404, message, "OBJECT_NOT_FOUND")


def missing_scopes(scopes: Sequence[str]) -> Refusal:
    """403 naming the scopes of which one is needed (BEHAVIOR H8)."""
    return refusal(
        403,
        "This app hasn't been granted all required scopes to make this call. Read more about "
        "required scopes here: https://developers.hubspot.com/scopes.",
        "MISSING_SCOPES",
        [
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": list(scopes)},
            }
        ],
        links={"scopes": "https://developers.hubspot.com/scopes"},
    )


def unauthenticated(message: str, category: str = "INVALID_AUTHENTICATION") -> Refusal:
    """401."""
    return refusal(401, message, category)


def html(status: int, title: str) -> Answer:
    """A page of a proxy in front of HubSpot: no JSON at all."""
    page = (
        f"<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {title}</h1></center>\r\n<hr><center>cloudflare</center>\r\n"
        "</body>\r\n</html>\r\n"
    )
    return Answer(status, {"Content-Type": "text/html; charset=UTF-8"}, page.encode())
