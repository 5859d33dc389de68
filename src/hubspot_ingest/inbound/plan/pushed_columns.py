"""Finds what a push reads of a sync's table, so that no hash goes out in a value's place. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hubspot_ingest.database.sql import Table
from hubspot_ingest.model import Json
from hubspot_ingest.operations.hashed_columns import fills_with_hashes, is_hashed
from hubspot_ingest.settings import SyncSettings

ALL_COLUMNS = "*"


def hashed_column(sync: SyncSettings, push: Json) -> str | None:
    """A column that a push reads and the sync fills with hashes; None without one.

    ``push`` are settings as they were written, which had been checked before they were stored.
    ``*`` is every column that is called as a property is.
    """
    if not isinstance(push, Mapping) or not _reads_table(push.get("source"), sync):
        return None
    for column in _columns(push):
        if (column == ALL_COLUMNS and not sync.column_prefix) or is_hashed(sync, column):
            return column
    return None


def _reads_table(source: Json, sync: SyncSettings) -> bool:
    if not isinstance(source, Mapping):
        return False
    parts = source.get("database"), source.get("schema"), source.get("table") or source.get("view")
    return fills_with_hashes(sync, Table(*(_stored_name(str(part)) for part in parts)))


def _columns(push: Mapping[str, Json]) -> Iterator[str]:
    """The columns that are sent, looked for, or tell rows and links apart."""
    links = push.get("associations")
    named = [push.get("key"), push.get("match"), push.get("properties")]
    texts = [*_texts(named), *(links if isinstance(links, Mapping) else ())]
    return map(_stored_name, texts)


def _texts(json: Json) -> list[str]:
    """All texts in some JSON but the keys of its objects."""
    parts = json.values() if isinstance(json, Mapping) else json if isinstance(json, list) else ()
    return [json] if isinstance(json, str) else [text for part in parts for text in _texts(part)]


def _stored_name(text: str) -> str:
    """A name as Snowflake stores it: upper case, unless it stands in double quotes."""
    if len(text) > len('""') and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"')
    return text.upper()
