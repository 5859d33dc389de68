"""The items of an answer, with what they lie in, and the values at paths in them. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from hubspot_ingest.catalog.stream import ItemStream
from hubspot_ingest.database.columns import Column
from hubspot_ingest.errors import UnexpectedAnswer

Level = Mapping[str, Any]
# An item, then what it lies in, then that one's parent.
Item = tuple[Level, ...]
Getter = Callable[[Item], Any]

FINGERPRINT, NO_ZERO = "#", "~"


@cache
def getter(path: str) -> Getter:
    """A function that returns the value at a path in an item, None where there is none.

    ``catalog.stream.ItemStream`` says how paths are written.
    """
    getters = [_getter(alternative) for alternative in path.split("|")]

    def first(item: Item) -> Any:
        for get in getters:
            value = get(item)
            if value is not None:
                return value
        return None

    return first if len(getters) > 1 else getters[0]


def _getter(path: str) -> Getter:
    if path.startswith(FINGERPRINT):
        tree = _tree(path.removeprefix(FINGERPRINT).split())
        return lambda item: hashlib.sha256(
            canonical(_pruned(item[0], tree) or item[0]).encode()
        ).hexdigest()[:32]
    depth = len(path) - len(path.lstrip("@"))
    names = path[depth:].removesuffix(NO_ZERO).split(".")
    absent = (0, "0") if path.endswith(NO_ZERO) else ()

    def get(item: Item) -> Any:
        value: Any = item[depth] if depth < len(item) else None
        for name in names:
            if not isinstance(value, Mapping):
                return None
            value = value.get(name)
        return None if value in absent else value

    return get


_Tree = Mapping[str, "_Tree"]


def _tree(paths: Sequence[str]) -> _Tree:
    """The names in dotted paths, each with those below it."""
    tree: dict[str, Any] = {}
    for path in paths:
        level = tree
        for name in path.split("."):
            level = level.setdefault(name, {})
    return tree


def _pruned(value: Any, tree: _Tree) -> Any:
    """What of a value stands at the paths of a tree; a tree without names leaves all."""
    if not tree:
        return value
    if isinstance(value, list):
        return [_pruned(element, tree) for element in value]
    if isinstance(value, Mapping):
        return {name: _pruned(value[name], below) for name, below in tree.items() if name in value}
    return value


def canonical(value: object) -> str:
    """JSON that is the same for the same content, in whatever order HubSpot sends it."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def text(value: object) -> str | None:
    """A value as text; None stays None."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else canonical(value)


def is_blank(stream: ItemStream, answer: Any) -> bool:
    """Whether an answer has no content, or null in place of its list."""
    if not isinstance(answer, Mapping):
        return answer is None
    names = [name for name in stream.items.split(".")[0].split("|") if name in answer]
    return bool(names) and all(answer[name] is None for name in names)


def items(stream: ItemStream, answer: Any, parents: Item) -> list[Item]:
    """The items of an answer. Raises ``UnexpectedAnswer`` when there is no list of them."""
    first, *inner = stream.items.split(".")
    if not first:
        return [_item(answer, parents)]
    values = answer if isinstance(answer, Mapping) else {}
    names = [name for name in first.split("|") if values.get(name) is not None]
    if not names or not isinstance(answer[names[0]], list):
        raise _lacking(stream, first)
    level = [_item(value, parents) for value in answer[names[0]]]
    for name in inner:
        if any(name not in outer[0] for outer in level):
            # left out is not empty: what lay in it would count as gone
            raise _lacking(stream, name)
        level = [_item(value, outer) for outer in level for value in outer[0].get(name) or ()]
    return level


def _lacking(stream: ItemStream, name: str) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        f"HubSpot's answer on {stream.name} lacks the list {name!r}; nothing of it was loaded, "
        "run again"
    )


def _item(value: object, around: Item) -> Item:
    # HubSpot's event types come as a list of names alone
    return (value if isinstance(value, Mapping) else {"name": value}, *around)


def key(stream: ItemStream) -> Callable[[Item], tuple[str, ...]]:
    """A function that returns the key of an item. It raises ``UnexpectedAnswer`` without one."""
    getters = [getter(column.property or "") for column in key_columns(stream)]

    def key_of(item: Item) -> tuple[str, ...]:
        values = [text(get(item)) for get in getters]
        if None in values:
            missing = stream.key[values.index(None)]
            raise UnexpectedAnswer(
                f"HubSpot sent {stream.name} without {missing}, which tells them apart; nothing "
                "of the page was loaded, run again"
            )
        return tuple(value for value in values if value is not None)

    return key_of


def key_columns(stream: ItemStream) -> Sequence[Column]:
    """The columns of the key, in its order."""
    by_name = {column.name: column for column in stream.columns}
    return [by_name[name] for name in stream.key]


def scope_columns(stream: ItemStream) -> list[Column]:
    """The columns of the key that hold the parent's key."""
    levels = "@" * (1 + stream.items.count("."))
    if stream.parents is None:
        return []
    return [column for column in key_columns(stream) if (column.property or "").startswith(levels)]
