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


def uncategorised(message: str) -> Refusal:
    """400 with a message and nothing else, as for unknown object types (BEHAVIOR H3)."""
    shape = {"status": "error", "message": message, "correlationId": CORRELATION}
    return Refusal(json_answer(shape, 400))


def record_not_found(text: str) -> Refusal:
    """404 of one record: a page of HTML, JSON where the id is no number (BEHAVIOR H167)."""
    if text.isdigit() and 0 < int(text) < 1 << 63:
        page = (
            "<html>\n<head>\n<title>Error 404 Not Found</title>\n</head>\n<body>\n"
            "<h2>HTTP ERROR 404</h2>\n<p>Problem accessing the record. Reason:\n"
            "<pre>    Not Found</pre></p>\n</body>\n</html>\n"
        )
        return Refusal(Answer(404, {"Content-Type": "text/html;charset=iso-8859-1"}, page.encode()))
    number = text.lstrip("-").isdigit()
    usual = "is usually positive" if number and int(text) <= 0 else "are usually numeric"
    return refusal(
        404, f"Object not found.  objectId {usual}.", "OBJECT_NOT_FOUND", context={"id": [text]}
    )


def not_found(message: str) -> Refusal:
    """404 with category OBJECT_NOT_FOUND."""
    return refusal(404, message, "OBJECT_NOT_FOUND")


SCOPE_SHAPES = ("errors", "top", "old", "generic", "sentence", "empty")
"""The shapes of a refusal for want of a scope (BEHAVIOR H166)."""
_SCOPES_PAGE = "https://developers.hubspot.com/scopes"
_ONE_REQUIRED = "One or more of the following scopes are required"


class ScopeRefusal(Refusal):
    """A refusal for want of a scope; ``scopes`` are those of which one is needed."""

    def __init__(self, answer: Answer, scopes: Sequence[str]) -> None:
        """``answer`` names the scopes in one of the `SCOPE_SHAPES`."""
        super().__init__(answer)
        self.scopes = tuple(scopes)


def missing_scopes(scopes: Sequence[str], shape: str = "errors") -> ScopeRefusal:
    """403 naming the scopes of which one is needed, in one of several shapes (BEHAVIOR H8)."""
    names = list(scopes)
    body: dict[str, Any] = {
        "status": "error",
        "message": "This app hasn't been granted all required scopes to make this call. Read more "
        f"about required scopes here: {_SCOPES_PAGE}.",
        "correlationId": CORRELATION,
    }
    match shape:
        case "errors":
            context = {"requiredGranularScopes": names}
            body["errors"] = [{"message": f"{_ONE_REQUIRED}.", "context": context}]
            body["links"] = {"scopes": _SCOPES_PAGE}
        case "top":
            body["message"] = f"{_ONE_REQUIRED}."
            body["context"] = {"requiredGranularScopes": names, "links": [_SCOPES_PAGE]}
        case "old":
            context = {"requiredScopes": names}
            body["errors"] = [{"message": f"{_ONE_REQUIRED}.", "context": context}]
        case "generic":
            body["context"] = {"missingScopes": names}
        case "sentence":
            body["message"] = f"{_ONE_REQUIRED}: {', '.join(names)}"
        case "empty":
            return ScopeRefusal(json_answer({}, 403), scopes)
        case _:
            raise ValueError(f"no shape {shape!r}; there are {', '.join(SCOPE_SHAPES)}")
    body["category"] = "MISSING_SCOPES"
    return ScopeRefusal(json_answer(body, 403), scopes)


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
