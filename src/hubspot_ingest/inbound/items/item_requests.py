"""One piece of a stream's reading: the requests of its pages, and what the answers hold. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hubspot_ingest import times
from hubspot_ingest.catalog.stream import Paging, Stream
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound.items.json_paths import Item, Level, items, look, text
from hubspot_ingest.model import Json

_NAMED = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Piece:
    """What is read from first page to last: of one parent (or a batch), variant and window.

    ``scope`` tells the parent, and is empty where there is none. Instants are epoch milliseconds.
    """

    scope: str = ""
    parents: tuple[Level, ...] = ()
    variant: int = 0
    start: int | None = None
    end: int | None = None

    @property
    def place(self) -> list[Json]:
        """Where it stands among the pieces of a reading, which are in ascending order of this."""
        return [self.scope, self.start or 0, self.variant]


@dataclass(frozen=True, slots=True)
class Page:
    """Items, and the token of the next page if there is one."""

    items: tuple[Item, ...]
    token: str | None


def request(stream: Stream, piece: Piece, token: str | None = None) -> Request:
    """The request of a page."""
    parent: Level = piece.parents[0] if piece.parents else {}

    def named(template: str, *, safe: str | None = None) -> str:
        def value(match: re.Match[str]) -> str:
            found = text(look(match[1])((parent,))) or ""
            return found if safe is None else quote(found, safe=safe)

        return _NAMED.sub(value, template)

    query = [(name, named(value)) for name, value in (*stream.query, *_variant(stream, piece))]
    body: dict[str, Json] = {}
    if stream.asks_name:
        key = look(stream.parent_key)
        given = [text(key((one,))) for one in piece.parents] if stream.batch else [*stream.asks]
        body[stream.asks_name] = [*given]
    in_body = stream.paging is Paging.OFFSET and bool(stream.asks_name)
    if stream.page_size and in_body:
        body |= {stream.size_name: stream.page_size, "offset": int(token or 0)}
    elif stream.page_size:
        query.append((stream.size_name, str(stream.page_size)))
    # some endpoints leave out what lies on the bounds: reading it twice does no harm
    begin = None if piece.start is None else piece.start - 1
    for name, instant in zip(stream.window, (begin, piece.end), strict=True):
        if name and instant is not None:
            query.append((name, times.iso(instant) if stream.window_iso else str(instant)))
    if token is not None and not in_body:
        query.append(("after" if stream.paging is Paging.AFTER else "offset", token))
    return Request(
        "POST" if stream.asks_name else "GET",
        named(stream.path, safe=""),
        stream.path,
        query=tuple(query),
        body=body or None,
    )


def _variant(stream: Stream, piece: Piece) -> tuple[tuple[str, str], ...]:
    return stream.variants[piece.variant]


def page(stream: Stream, piece: Piece, answer: Any) -> Page:
    """What an answer holds. Raises ``UnexpectedAnswer`` when it is not what was asked for."""
    found = items(stream, answer, () if stream.batch else piece.parents)
    return Page(tuple(found), _token(stream, answer))


def _token(stream: Stream, answer: Any) -> str | None:
    match stream.paging:
        case Paging.NONE:
            return None
        case Paging.AFTER:
            after = ((answer.get("paging") or {}).get("next") or {}).get("after")
            return None if after is None else str(after)
        case Paging.OFFSET:
            offset: object = answer.get("offset") if isinstance(answer, Mapping) else None
            return str(offset) if answer.get("hasMore") and offset is not None else None
