"""Items become columns of text, spelled as ``inbound.rows`` spells records. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.catalog.stream import Stream
from hubspot_ingest.database.casts import Texts, to_text
from hubspot_ingest.database.columns import DELETE_KIND, DELETED_AT, Column, Type
from hubspot_ingest.database.statements.merge_items import FLAT, RAW, SEQUENCE, bookkeeping
from hubspot_ingest.inbound.items.json_paths import Item, canonical, key, look, text

Text = str | None
Staged = dict[str, Sequence[str | bytes | None]]

# The types of flattened properties, which HubSpot does not tell: by what they hold at first.
LIST, PLAIN = "list", "string"


def marked(stream: Stream) -> bool:
    """Whether rows of the stream can be told to be deleted."""
    return bool(stream.gone or stream.deleted)


def staged_columns(stream: Stream) -> tuple[Column, ...]:
    """What is staged and merged, but for what is flattened."""
    marks = (DELETED_AT, DELETE_KIND) if marked(stream) else ()
    return (*stream.columns, RAW, *marks)


def staging_columns(stream: Stream) -> tuple[Column, ...]:
    """All columns ``staged`` makes, in its order."""
    return (*staged_columns(stream), SEQUENCE, *((FLAT,) if stream.flattened else ()))


def table_columns(stream: Stream, flattened: Sequence[Column] = ()) -> tuple[Column, ...]:
    """All columns of the table, in the order a person wants to see them."""
    return (*stream.columns, *flattened, RAW, *bookkeeping(marked=marked(stream)))


@dataclass
class Spelling:
    """Spells the items of one run. ``types`` are those of flattened properties; they grow."""

    stream: Stream
    types: dict[str, str] = field(default_factory=dict)
    _count: int = field(default=0, init=False)

    def staged(self, items: Sequence[Item]) -> tuple[Staged, int]:
        """The staged columns by name, and how many values did not fit their type.

        Raises ``UnexpectedAnswer`` for an item without its key.
        """
        stream = self.stream
        keys = [*map(key(stream), items)]
        columns: Staged = {}
        misfits = 0
        for column in stream.columns:
            values = [*map(look(column.property or ""), items)]
            columns[column.name], wrong = _spelled(column, values)
            misfits += wrong
        # an empty text is no value, but in a key it is one
        for n, name in enumerate(stream.key):
            if columns_type(stream, name) is Type.TEXT:
                columns[name] = [one[n] for one in keys]
        columns[RAW.name] = [canonical(one[0]) for one in items]
        if marked(stream):
            columns |= self._marks(items)
        columns[SEQUENCE.name] = [str(self._count + n) for n in range(len(items))]
        self._count += len(items)
        if stream.flattened:
            found = map(look(stream.flattened), items)
            columns[FLAT.name] = [canonical(self._flat(one or {})) for one in found]
        return columns, misfits

    def _marks(self, items: Sequence[Item]) -> Staged:
        deleted: Callable[[Item], Any] = look(self.stream.deleted)
        at = look(self.stream.deleted_at or self.stream.deleted)
        gone = [bool(deleted(one)) for one in items]
        return {
            DELETED_AT.name: [
                _instant(text(at(one))) if is_gone else None
                for one, is_gone in zip(items, gone, strict=True)
            ],
            DELETE_KIND.name: ["ARCHIVED" if one else None for one in gone],
        }

    def _flat(self, found: Mapping[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for name, value in found.items():
            if value is None or value == "":
                continue
            known = self.types.setdefault(name, LIST if isinstance(value, list) else PLAIN)
            if known == LIST:
                told[name] = value if isinstance(value, list) else [value]
            else:
                told[name] = text(value)
        return told


def columns_type(stream: Stream, name: str) -> Type:
    """The type of a column of the stream."""
    return next(one.type for one in stream.columns if one.name == name)


def _spelled(column: Column, values: Sequence[Any]) -> tuple[Sequence[Text] | Texts, int]:
    match column.type:
        case Type.VARIANT:
            return [None if one is None else canonical(one) for one in values], 0
        case Type.ARRAY:
            lists = [one if isinstance(one, list) or one is None else [one] for one in values]
            return [None if one is None else canonical(one) for one in lists], 0
        case Type.TEXT:
            return [text(one) or None for one in values], 0
        case _:
            return to_text(column, [text(one) for one in values])


def _instant(told: Text) -> Text:
    instant = times.milliseconds(told or "")
    return None if instant is None else str(instant)
