"""Items of an answer, with what they lie in, and looking things up in them. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from hubspot_ingest.catalog.stream import Stream
from hubspot_ingest.errors import UnexpectedAnswer

Level = Mapping[str, Any]
# An item, then what it lies in, then that one's parent.
Item = tuple[Level, ...]
Look = Callable[[Item], Any]

FINGERPRINT = "#"


@cache
def look(path: str) -> Look:
    """What finds a path in an item, None where there is nothing (``stream.Stream`` on paths)."""
    ways = [_way(one) for one in path.split("|")]

    def found(item: Item) -> Any:
        for way in ways:
            value = way(item)
            if value is not None:
                return value
        return None

    return found if len(ways) > 1 else ways[0]


def _way(path: str) -> Look:
    if path == FINGERPRINT:
        return lambda item: hashlib.sha256(canonical(item[0]).encode()).hexdigest()[:32]
    depth = len(path) - len(path.lstrip("@"))
    names = path[depth:].split(".")

    def found(item: Item) -> Any:
        value: Any = item[depth] if depth < len(item) else None
        for name in names:
            if not isinstance(value, Mapping):
                return None
            value = value.get(name)
        return value

    return found


def canonical(value: object) -> str:
    """JSON that is the same for the same content, in whatever order HubSpot sends it."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def text(value: object) -> str | None:
    """A value as the text that stands for it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else canonical(value)


def items(stream: Stream, answer: Any, parents: Item) -> list[Item]:
    """The items of an answer. Raises ``UnexpectedAnswer`` when there is no list of them."""
    first, *inner = stream.items.split(".")
    if not first:
        return [_item(answer, parents)]
    names = [name for name in first.split("|") if isinstance(answer, Mapping) and name in answer]
    if not names or not isinstance(answer[names[0]], list):
        raise UnexpectedAnswer(
            f"HubSpot's answer on {stream.name} lacks the list {first!r}; nothing of it was "
            "loaded, run again"
        )
    found = [_item(one, parents) for one in answer[names[0]]]
    for name in inner:
        found = [_item(one, outer) for outer in found for one in outer[0].get(name) or ()]
    return found


def _item(value: object, around: Item) -> Item:
    # a list of names alone, as HubSpot's event types are
    return (value if isinstance(value, Mapping) else {"name": value}, *around)


def key(stream: Stream) -> Callable[[Item], tuple[str, ...]]:
    """What tells the key of an item. It raises ``UnexpectedAnswer`` for one without."""
    looks = [look(column.property or "") for column in key_columns(stream)]

    def told(item: Item) -> tuple[str, ...]:
        values = [text(one(item)) for one in looks]
        if None in values:
            missing = stream.key[values.index(None)]
            raise UnexpectedAnswer(
                f"HubSpot sent {stream.name} without {missing}, which tells them apart; nothing "
                "of the page was loaded, run again"
            )
        return tuple(one for one in values if one is not None)

    return told


def key_columns(stream: Stream) -> Sequence[Any]:
    """The columns of the key, in its order."""
    by_name = {column.name: column for column in stream.columns}
    return [by_name[name] for name in stream.key]


def scope_columns(stream: Stream) -> list[Any]:
    """The columns of the key that tell the parent."""
    levels = "@" * (1 + stream.items.count("."))
    if stream.parents is None:
        return []
    return [one for one in key_columns(stream) if (one.property or "").startswith(levels)]
