"""Pages of items: HubSpot's ``paging.next.after`` and its older ``hasMore``."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlencode

from hubspot_sandbox.answers import Answer, Refusal, invalid, json_answer
from hubspot_sandbox.call import Call

Thing = TypeVar("Thing")


def token_of(text: str) -> str:
    """A page token: base64, percent-encoded once (BEHAVIOR H161)."""
    return quote(urlsafe_b64encode(text.encode()).decode())


def text_of(token: str, name: str = "after") -> str:
    """What a page token stands for, percent-encoded or not.

    Raises:
        Refusal: 400 when it is none that was given out.
    """
    try:
        return urlsafe_b64decode(unquote(token).encode()).decode()
    except ValueError:
        raise _unknown(token, name) from None


def _unknown(token: str, name: str = "after") -> Refusal:
    return invalid(f"Unable to parse value for query parameter {name}: '{token}'")


def number_of(token: str | None, name: str = "after") -> int:
    """The number a page token stands for, 0 for none.

    Raises:
        Refusal: 400 when it is none that was given out.
    """
    if token is None:
        return 0
    text = text_of(token, name)
    if not text.isdigit():
        raise _unknown(token, name)
    return int(text)


def asked_token(call: Call) -> str | None:
    """The page token of a request; None for the first page.

    Raises:
        Refusal: an empty 200 for a token encoded again, where the sandbox is told to (H162).
    """
    token = call.query_value("after")
    if token is not None and "%" in token and call.empty_for_encoded_twice:
        raise Refusal(json_answer({"results": []}))
    return token


def page(
    call: Call,
    rows: Sequence[Thing],
    shape: Callable[[Thing], dict[str, Any]],
    *,
    limit: int,
    most: int,
    with_total: bool = False,
) -> Answer:
    """One page as ``results`` and ``paging``; more than ``most`` are refused (BEHAVIOR H100).

    The token is how many rows to skip: a row that leaves or moves shifts all others (H163).
    """
    size = call.number("limit", limit, most)
    start = number_of(asked_token(call))
    answer: dict[str, Any] = {"results": [shape(row) for row in rows[start : start + size]]}
    if with_total:
        answer["total"] = len(rows)
    if start + size < len(rows):
        answer["paging"] = following(call, token_of(str(start + size)))
    return json_answer(answer)


def following(call: Call, after: str) -> dict[str, Any]:
    """The ``paging`` of an answer that has a next page; ``after`` stands in the link as it is."""
    query = {name: ",".join(values) for name, values in call.query.items() if name != "after"}
    before = f"{urlencode(query)}&" if query else ""
    link = f"https://api.hubapi.com{call.path}?{before}after={after}"
    return {"next": {"after": after, "link": link}}


def page_by_id(
    call: Call,
    rows: Sequence[Thing],
    id_of: Callable[[Thing], int],
    *,
    limit: int,
    most: int,
    plain: bool = False,
) -> tuple[Sequence[Thing], dict[str, Any] | None]:
    """One page of rows ascending by id whose token is the last id + 1, and its ``paging``.

    The token is base64 unless ``plain``.
    """
    size = call.number("limit", limit, most)
    token = asked_token(call)
    if plain and token is not None and not token.isdigit():
        raise _unknown(token)
    after = int(token or 0) if plain else number_of(token)
    rest = [row for row in rows if id_of(row) >= after]
    shown = rest[:size]
    if len(rest) <= size:
        return shown, None
    next_id = str(id_of(shown[-1]) + 1)
    return shown, following(call, next_id if plain else token_of(next_id))


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
    start = number_of(call.query_value("offset"), "offset")
    return json_answer(
        {
            "hasMore": start + size < len(rows),
            "offset": urlsafe_b64encode(b"%015d" % (start + size)).decode(),
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
    token = asked_token(call)
    if token is not None:
        try:
            last = [int(part) for part in text_of(token).split("|")]
        except ValueError:
            raise _unknown(token) from None
        rows = [row for row in rows if key(row) > last]
    if len(rows) <= size:
        return rows, None
    last_key = "|".join(map(str, key(rows[size - 1])))
    return rows[:size], following(call, token_of(last_key))
