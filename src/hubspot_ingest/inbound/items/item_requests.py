"""The requests for the pages of a partition, and the items that the answers hold. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hubspot_ingest import times
from hubspot_ingest.catalog.stream import (
    BodyValues,
    ItemStream,
    OffsetPaging,
    ParentKeys,
)
from hubspot_ingest.errors import UnexpectedAnswer
from hubspot_ingest.hubspot.record_pages import after_token, flag
from hubspot_ingest.hubspot.requests import FEW_TRIES, MANY_TRIES, Request, token_in_url
from hubspot_ingest.inbound.items.json_paths import Item, Level, getter, is_blank, items, text
from hubspot_ingest.model import Json

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Partition:
    """A part of a stream that is read page after page: a parent (or a batch), window and variant.

    ``scope`` is the key of the (first) parent, empty where the stream has no parents; ``variant``
    is the place among the stream's variants. ``start`` and ``end`` are epoch milliseconds.
    """

    scope: str = ""
    parents: tuple[Level, ...] = ()
    variant: int = 0
    start: int | None = None
    end: int | None = None

    @property
    def place(self) -> list[Json]:
        """Its place among the partitions of a stream, which are read in ascending order of it."""
        return [self.scope, self.start or 0, self.variant]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Items, and the token of the next page if there is one.

    ``ends`` is False of a last page that does not show that the list ends there, ``full`` True of
    one that has as many items as were asked for, and does not say that there are no more.
    ``blank`` is True where HubSpot answered nothing at all, or null in place of the list.
    """

    items: tuple[Item, ...]
    token: str | None
    ends: bool = True
    # how many items were answered, before any was left out
    answered: int = 0
    # what HubSpot says of those that it did not answer, empty where it answered all
    refusal: str = ""
    full: bool = False
    blank: bool = False


def request(stream: ItemStream, partition: Partition, token: str | None = None) -> Request:
    """The request for the page with the token, or for the first page."""
    body = _body(stream, partition)
    query = [
        (name, _filled(value, partition))
        for name, value in (*stream.query, *stream.variants[partition.variant])
    ]
    paging = stream.paging
    if body is not None and isinstance(paging, OffsetPaging):
        body |= {paging.size_name: paging.size, "offset": int(token or 0)}
        token = None
    elif paging is not None:
        query.append((paging.size_name, str(paging.size)))
    query += _bounds(stream, partition)
    if token is not None:
        name = "offset" if isinstance(paging, OffsetPaging) else "after"
        query.append((name, token_in_url(token)))
    return Request(
        "GET" if body is None else "POST",
        _filled(stream.path, partition, safe=""),
        stream.path,
        query=tuple(query),
        body=body,
        # one parent of many: the others are read without it
        dispensable=(FEW_TRIES if token is None else MANY_TRIES) if partition.scope else 0,
    )


def _filled(template: str, partition: Partition, *, safe: str | None = None) -> str:
    """A template with the parent's values in place of ``{names}``, quoted where ``safe`` is set."""
    parent: Level = partition.parents[0] if partition.parents else {}

    def value(match: re.Match[str]) -> str:
        value = text(getter(match[1])((parent,))) or ""
        return value if safe is None else quote(value, safe=safe)

    return _PLACEHOLDER.sub(value, template)


def _body(stream: ItemStream, partition: Partition) -> dict[str, Json] | None:
    match stream.body:
        case None:
            return None
        case BodyValues(values):
            return dict(values)
        case ParentKeys(name):
            key = getter("id" if stream.parents is None else stream.parents.key)
            return {name: [text(key((parent,))) for parent in partition.parents]}


def _bounds(stream: ItemStream, partition: Partition) -> list[tuple[str, str]]:
    """The query's bounds in time."""
    window = stream.window
    if window is None:
        return []
    # some endpoints leave out what lies on the bounds: reading it twice does no harm
    begin = None if partition.start is None else partition.start - 1
    return [
        (name, times.iso(instant) if window.iso else str(instant))
        for name, instant in ((window.begin, begin), (window.end, partition.end))
        if instant is not None
    ]


def page(stream: ItemStream, partition: Partition, answer: Any) -> ItemPage:
    """The items of an answer. Raises ``UnexpectedAnswer`` when it is not what was asked for.

    No content (204), and null in place of the list, is a page without items that does not show
    that there are none.
    """
    if is_blank(stream, answer):
        token = _token(stream, answer) if isinstance(answer, Mapping) else None
        return ItemPage((), token, ends=False, blank=True)
    parents = () if isinstance(stream.body, ParentKeys) else partition.parents
    answered = items(stream, answer, parents)
    kept = answered
    if stream.only is not None:
        value_of = getter(stream.only.path)
        values = {value.casefold() for value in stream.only.values}
        kept = [item for item in answered if (text(value_of(item)) or "").casefold() in values]
    token = _token(stream, answer)
    full = stream.paging is not None and len(answered) >= stream.paging.size
    return ItemPage(
        tuple(kept),
        token,
        answered=len(answered),
        refusal=_refusal(stream, answer),
        full=full and token is None and "hasMore" not in answer,
    )


def _refusal(stream: ItemStream, answer: Any) -> str:
    """What a batch read says of the keys that it did not read, which is 207 then."""
    if not isinstance(stream.body, ParentKeys):
        return ""
    errors = answer.get("errors") or ()
    count = answer.get("numErrors") or len(errors)
    if not count:
        return ""
    reason = next((error.get("message") or error.get("category") for error in errors), "")
    return f"HubSpot did not read {count} of {stream.name}" + (f": {reason}" if reason else "")


def _token(stream: ItemStream, answer: Any) -> str | None:
    """The token of the next page. Raises ``UnexpectedAnswer`` where there is more without one.

    A list that is not known to have pages is followed where it has them.
    """
    if not stream.items or not isinstance(stream.paging, OffsetPaging):
        return after_token(answer) if stream.items else None
    if not flag(answer.get("hasMore")):
        return None
    offset = answer.get("offset")
    if offset is None or offset == "":
        raise UnexpectedAnswer(
            f"HubSpot says that there are more {stream.name} and not at which offset; what came "
            "before is not taken for all there is, run again"
        )
    return str(offset)
