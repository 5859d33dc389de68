"""Remembers what was made of statements, for tables that are dropped and made anew as they were.

A plan depends on the names, the columns and their types of what its statement reads, and on nothing
else of a table. A :class:`PlanCache` forgets it when a table is defined anew; what is kept here is
compared with the columns that there are now. It serves every engine of the process.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from threading import Lock
from typing import Any

from snowflake_sandbox.names import Name

Columns = Callable[[Name], Hashable]
"""Tells the columns of a table or view, with their types; None when there is no such relation."""

_SIZE = 1_024

_lock = Lock()
_kept: OrderedDict[Hashable, tuple[Any, dict[Name, Hashable]]] = OrderedDict()


def recall(key: Hashable, columns: Columns) -> Any | None:
    """Return what was last kept under a key, if all that it reads has the columns it had."""
    with _lock:
        value, relations = _kept.get(key, (None, {}))
    if value is None or any(columns(name) != before for name, before in relations.items()):
        return None
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
    return value


def keep(key: Hashable, value: Any, relations: Iterable[Name], columns: Columns) -> None:
    """Keep what was made of a statement that reads these relations, not to be changed.

    Nothing is kept of a statement that names a relation that is not there.
    """
    shapes = {name: columns(name) for name in set(relations)}
    if None in shapes.values():
        return
    with _lock:
        _kept[key] = (value, shapes)
        _kept.move_to_end(key)
        while len(_kept) > _SIZE:
            _kept.popitem(last=False)
