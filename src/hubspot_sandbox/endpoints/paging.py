"""Pages of items: HubSpot's ``paging.next.after`` and its older ``hasMore``."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from hubspot_sandbox.answers import Answer, invalid, json_answer
from hubspot_sandbox.call import Call

Thing = TypeVar("Thing")


def token_of(position: int) -> str:
    """A page token: opaque to whoever gets it."""
    return urlsafe_b64encode(f"at:{position}".encode()).decode()


def position_of(text: str | None, name: str = "after") -> int:
    """Where a page begins.

    Raises:
        Refusal: 400 when the token is none that was given out.
    """
    if text is None:
        return 0
    try:
        word, _, number = urlsafe_b64decode(text.encode()).decode().partition(":")
        if word == "at":
            return int(number)
    except ValueError:
        pass
    raise invalid(f"Unable to parse value for query parameter {name}: '{text}'")


def page(
    call: Call,
    rows: Sequence[Thing],
    shape: Callable[[Thing], dict[str, Any]],
    *,
    limit: int,
    most: int,
    with_total: bool = False,
) -> Answer:
    """One page as ``results`` and ``paging``; more than ``most`` are refused (BEHAVIOR H100)."""
    size = call.number("limit", limit, most)
    start = position_of(call.query_value("after"))
    answer: dict[str, Any] = {"results": [shape(row) for row in rows[start : start + size]]}
    if with_total:
        answer["total"] = len(rows)
    if start + size < len(rows):
        answer["paging"] = following(call, token_of(start + size))
    return json_answer(answer)


def following(call: Call, after: str) -> dict[str, Any]:
    """The ``paging`` of an answer that has a next page."""
    query = {name: ",".join(values) for name, values in call.query.items()}
    link = f"https://api.hubapi.com{call.path}?{urlencode(query | {'after': after})}"
    return {"next": {"after": after, "link": link}}


def page_by_id(
    call: Call, rows: Sequence[Thing], id_of: Callable[[Thing], int], *, limit: int, most: int
) -> tuple[Sequence[Thing], dict[str, Any] | None]:
    """One page of rows ascending by id whose token is the next id, and its ``paging``."""
    size = call.number("limit", limit, most)
    after = call.query_value("after") or "0"
    if not after.isdigit():
        raise invalid(f"Unable to parse value for query parameter after: '{after}'")
    left = [row for row in rows if id_of(row) >= int(after)]
    more = following(call, str(id_of(left[size]))) if len(left) > size else None
    return left[:size], more


def legacy_page(
    call: Call,
    rows: Sequence[Thing],
    key: str,
    shape: Callable[[Thing], dict[str, Any]],
    *,
    limit: int,
    most: int,
) -> Answer:
    """One page of the first versions: ``hasMore`` and an opaque ``offset``."""
    size = call.number("limit", limit, most)
    start = position_of(call.query_value("offset"), "offset")
    return json_answer(
        {
            "hasMore": start + size < len(rows),
            "offset": token_of(start + size),
            key: [shape(row) for row in rows[start : start + size]],
        }
    )


def keyed_page(
    call: Call,
    rows: Sequence[Thing],
    key: Callable[[Thing], list[int]],
    *,
    limit: int,
    most: int,
) -> tuple[Sequence[Thing], dict[str, Any] | None]:
    """One page of rows ascending by a key, and its ``paging``.

    The token holds the key of the last row shown: what leaves between two pages shifts nothing.
    """
    size = call.number("limit", limit, most)
    text = call.query_value("after")
    if text is not None:
        try:
            last = json.loads(urlsafe_b64decode(text.encode()))
        except ValueError:
            raise invalid(f"Unable to parse value for query parameter after: '{text}'") from None
        rows = [row for row in rows if key(row) > last]
    if len(rows) <= size:
        return rows, None
    after = urlsafe_b64encode(json.dumps(key(rows[size - 1])).encode()).decode()
    return rows[:size], following(call, after)
