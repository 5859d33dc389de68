"""Items as columns of text, with values cast as those of records are. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.catalog.stream import ItemStream
from hubspot_ingest.database.casts import Texts, parseable, to_text
from hubspot_ingest.database.columns import DELETE_KIND, DELETED_AT, Column, Type
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.statements.merge_items import FLAT, RAW, SEQUENCE, bookkeeping
from hubspot_ingest.hubspot.record_pages import flag
from hubspot_ingest.inbound.items.json_paths import Item, canonical, getter, key, key_columns, text
from hubspot_ingest.inbound.load.table_spec import TableSpec

Text = str | None
Staged = dict[str, Sequence[str | bytes | None]]

# The types of flattened properties, which HubSpot does not describe: by the first value of each.
LIST, PLAIN = "list", "string"


def marked(stream: ItemStream) -> bool:
    """Whether rows of the stream can be marked as deleted."""
    return bool(stream.missing_kind or stream.deleted)


def staged_columns(stream: ItemStream) -> tuple[Column, ...]:
    """The columns that are staged and merged, without the flattened ones."""
    marks = (DELETED_AT, DELETE_KIND) if marked(stream) else ()
    return (*stream.columns, RAW, *marks)


def staging_columns(stream: ItemStream) -> tuple[Column, ...]:
    """All columns that ``ItemRows.staged`` returns, in its order."""
    return (*staged_columns(stream), SEQUENCE, *((FLAT,) if stream.flattened else ()))


def table_columns(stream: ItemStream, flattened: Sequence[Column] = ()) -> tuple[Column, ...]:
    """All columns of the table, in the order a person wants to see them."""
    return (*stream.columns, *flattened, RAW, *bookkeeping(marked=marked(stream)))


def item_tables(stream: ItemStream, table: Table, flattened: Sequence[Column]) -> TableSpec:
    """The table of a stream, with columns for flattened properties."""
    comment = f"HubSpot {stream.label or stream.name}"
    return TableSpec(table, comment, key_columns(stream), table_columns(stream, flattened))


@dataclass
class ItemRows:
    """Turns the items of one run into rows. ``types``, of flattened properties, grow with them."""

    stream: ItemStream
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
            values = [*map(getter(column.property or ""), items)]
            columns[column.name], column_misfits = _spelled(column, values)
            misfits += column_misfits
        # an empty text is no value, but in a key it is one
        for n, name in enumerate(stream.key):
            if column_type(stream, name) is Type.TEXT:
                columns[name] = [key_values[n] for key_values in keys]
        columns[RAW.name] = [_json(item[0]) for item in items]
        if marked(stream):
            columns |= self._marks(items)
        columns[SEQUENCE.name] = [str(self._count + n) for n in range(len(items))]
        self._count += len(items)
        if stream.flattened:
            objects = map(getter(stream.flattened), items)
            columns[FLAT.name] = [
                _json(self._flat(value if isinstance(value, Mapping) else {})) for value in objects
            ]
        return columns, misfits

    def _marks(self, items: Sequence[Item]) -> Staged:
        is_deleted = getter(self.stream.deleted)
        deleted_at = getter(self.stream.deleted_at or self.stream.deleted)
        marks = [flag(is_deleted(item)) for item in items]
        return {
            DELETED_AT.name: [
                _instant(text(deleted_at(item))) if marked else None
                for item, marked in zip(items, marks, strict=True)
            ],
            DELETE_KIND.name: ["ARCHIVED" if marked else None for marked in marks],
        }

    def _flat(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The properties that have a value, each of the type it has had since its first value."""
        flat: dict[str, Any] = {}
        for name, value in properties.items():
            if value is None or value == "":
                continue
            kind = self.types.setdefault(name, LIST if isinstance(value, list) else PLAIN)
            if kind == LIST:
                flat[name] = value if isinstance(value, list) else [value]
            else:
                flat[name] = text(value)
        return flat


def column_type(stream: ItemStream, name: str) -> Type:
    """The type of a column of the stream."""
    return next(column.type for column in stream.columns if column.name == name)


def _spelled(column: Column, values: Sequence[Any]) -> tuple[Sequence[Text] | Texts, int]:
    """The values as texts that the column's type casts, and how many did not fit it."""
    match column.type:
        case Type.VARIANT:
            return [None if value is None else _json(value) for value in values], 0
        case Type.ARRAY:
            lists = [
                value if isinstance(value, list) or value is None else [value] for value in values
            ]
            return [None if value is None else _json(value) for value in lists], 0
        case _:
            return to_text(column, [text(value) for value in values])


def _json(value: object) -> str:
    return parseable(canonical(value))


def _instant(value: Text) -> Text:
    instant = times.milliseconds(value or "")
    return None if instant is None else str(instant)
