"""A property of one portal together with the values of its records.

Seeded values are not stored: they are drawn from pools by the record's position, so that half a
million records cost next to nothing and a page of them is joined from ready-made pieces of JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from json.encoder import encode_basestring
from random import Random
from zlib import crc32

from hubspot_sandbox.schema.properties import Definition, Property, Seeding
from hubspot_sandbox.seeds import POOL_SOURCES, RECORD_SOURCES, Seeded
from hubspot_sandbox.times import iso

_PRIMES = (599, 601, 607, 613, 617, 619, 631, 641, 643, 647, 653, 659, 661, 673, 677, 683)
"""Pool sizes. Different ones, so that whole rows do not repeat."""


@dataclass(slots=True)
class State:
    """One version of a record; never changed once written.

    ``at`` is when it was written and ``updated`` what the record says about itself: a recalculated
    property moves the first, not the second. ``changes`` holds the values that differ from the
    seeded ones (``origin`` is None for records created later). Times are epoch milliseconds.
    """

    id: int
    created: int
    updated: int
    at: int
    origin: Seeded | None
    changes: dict[str, str | None]
    archived_at: int | None = None
    removed: bool = False
    source: str = "IMPORT"


def piece(name: str, value: str | None) -> bytes:
    """A name and a value as JSON, without the braces."""
    text = "null" if value is None else encode_basestring(value)
    return f"{encode_basestring(name)}:{text}".encode()


# portals of one seed have the same values, and tests make many of one seed
@lru_cache(maxsize=16_384)
def _drawn(key: str, seeding: Seeding, size: int) -> tuple[str | None, ...]:
    random = Random(key)
    draw = POOL_SOURCES.get(seeding.source or "")
    has_source = (seeding.source or "") in RECORD_SOURCES
    values = seeding.pool
    if draw is None and not has_source and not values:
        return (None,) * size
    return tuple(
        None
        if random.random() >= seeding.filled
        else draw(random)
        if draw is not None
        else random.choice(values)
        if values
        else ""
        for _ in range(size)
    )


class Column:
    """A property and its values."""

    def __init__(self, definition: Definition, key: str, created: str, modified: str) -> None:
        """``key`` seeds the pool; ``created`` and ``modified`` are the record's own clock."""
        self.property: Property = definition.property
        self.name = self.property.name
        self._seeding = definition.seeding
        self._key = f"{key}/{self.property.name}"
        spread = crc32(self._key.encode())
        self.size = _PRIMES[spread % len(_PRIMES)]
        self.stride = 1 + (spread >> 4) % (self.size - 1)
        self.shift = (spread >> 16) % self.size
        name = self.property.name
        self.system: Callable[[State], str] | None = None
        if name == "hs_object_id":
            self.system = lambda state: str(state.id)
        elif name in (created, "hs_createdate"):
            self.system = lambda state: iso(state.created)
        elif name == modified:
            self.system = lambda state: iso(state.updated)
        self.source = RECORD_SOURCES.get(self._seeding.source or "")

    @cached_property
    def pool(self) -> tuple[str | None, ...]:
        """The values records take turns in; for a `source` only who has one at all ('' or None)."""
        return _drawn(self._key, self._seeding, self.size)

    @cached_property
    def pieces(self) -> tuple[bytes, ...]:
        """`pool` as pieces of JSON."""
        return tuple(piece(self.name, value) for value in self.pool)

    @property
    def pooled(self) -> bool:
        """Whether seeded values come from the pool alone."""
        return self.source is None and self.system is None

    def seeded(self, origin: Seeded, turn: int = 0) -> str | None:
        """The value a record was seeded with; ``turn`` > 0: one it had before."""
        drawn = self.pool[(origin.index * self.stride + self.shift + turn) % self.size]
        if self.source is None or drawn is None:
            return drawn
        return self.source(origin)

    def value(self, state: State) -> str | None:
        """The value of this property in one version of a record."""
        if self.system is not None and state.changes.get(self.name, "") is not None:
            return self.system(state)
        if self.name in state.changes:
            return state.changes[self.name]
        return None if state.origin is None else self.seeded(state.origin)


class Selection:
    """The properties one request asks for, ready to be written as JSON many times."""

    def __init__(self, columns: Iterable[Column], hidden: frozenset[str] = frozenset()) -> None:
        """``hidden`` are properties asked for whose values the token may not see."""
        shown = [column for column in columns if column.name not in hidden]
        self._pooled = [
            (column.name, column.pieces, column.stride, column.shift, column.size)
            for column in shown
            if column.pooled
        ]
        self._single = [column for column in shown if not column.pooled]
        self._nulls = [piece(name, None) for name in sorted(hidden)]
        self._empty = {column.name: piece(column.name, None) for column in shown}

    def encode(self, state: State) -> bytes:
        """The inside of the ``properties`` object."""
        origin, changes = state.origin, state.changes
        if origin is None:
            pieces = [
                piece(name, changes[name]) if name in changes else self._empty[name]
                for name, *_ in self._pooled
            ]
        elif changes:
            index = origin.index
            pieces = [
                piece(name, changes[name])
                if name in changes
                else ready[(index * stride + shift) % size]
                for name, ready, stride, shift, size in self._pooled
            ]
        else:
            index = origin.index
            pieces = [
                ready[(index * stride + shift) % size]
                for _, ready, stride, shift, size in self._pooled
            ]
        pieces += [piece(column.name, column.value(state)) for column in self._single]
        pieces += self._nulls
        return b",".join(pieces)
