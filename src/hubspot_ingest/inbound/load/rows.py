"""Turns records into columns of text whose values Snowflake can read in only one way. Pure.

A value that does not fit its column's type is NULL there and counted; it stays whole in the
column PROPERTIES. An empty string is how HubSpot spells a cleared value: NULL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter

from pydantic_core import to_json

from hubspot_ingest.database.casts import (
    Text,
    instants,
    json_texts,
    parseable,
    texts_of_json,
    to_text,
)
from hubspot_ingest.database.columns import (
    DELETE_KIND,
    DELETED_AT,
    KEY,
    RECORD,
    UPDATED,
    Column,
)
from hubspot_ingest.hubspot.record_pages import RawProperties
from hubspot_ingest.model import Link, Record


def staged_records(
    records: Sequence[Record],
    properties: Sequence[Column],
    associations: Mapping[str, Column],
    links: Mapping[str, Mapping[str, Sequence[Link]]],
    *,
    archived: bool = False,
) -> tuple[dict[str, Sequence[str | bytes | None]], int]:
    """The staged columns of ``records`` by name, and how many values did not fit.

    ``associations`` maps stream names to the columns of their ids, ``links`` to what was read of
    them by record id. ``archived`` records are marked as deleted when HubSpot says they were.
    """
    columns: dict[str, Sequence[str | bytes | None]] = {
        KEY: [record.id for record in records],
        "CREATED_AT": instants([record.created_at for record in records]),
        UPDATED: instants([record.updated_at for record in records]),
        "ARCHIVED": ["true" if record.archived else "false" for record in records],
        "PROPERTIES": json_texts([_json(record.properties) for record in records]),
    }
    misfits = 0
    names = [column.property or "" for column in properties]
    for column, values in zip(properties, _by_property(records, names), strict=True):
        columns[column.name], unfit = to_text(column, values)
        misfits += unfit
    for stream, column in associations.items():
        links_by_id = links.get(stream, {})
        columns[column.name] = [
            None if record.id not in links_by_id else _ids(links_by_id[record.id])
            for record in records
        ]
    if archived:
        columns[DELETED_AT.name] = instants(
            [record.archived_at or record.updated_at for record in records]
        )
        columns[DELETE_KIND.name] = ["ARCHIVED"] * len(records)
    return columns, misfits


def staged_columns(
    properties: Sequence[Column], associations: Mapping[str, Column], *, archived: bool = False
) -> tuple[Column, ...]:
    """The columns ``staged_records`` makes, in its order."""
    marks = (DELETED_AT, DELETE_KIND) if archived else ()
    return (*RECORD, *properties, *associations.values(), *marks)


def nested_links_of(
    records: Sequence[Record], links_by_id: Mapping[str, Sequence[Link]]
) -> list[bytes | None]:
    """The staged column ``nested_links`` of records; those of an id stand in its first row."""
    left = dict(links_by_id)
    return [_nested(left.pop(record.id, ())) for record in records]


def _nested(links: Sequence[Link]) -> bytes | None:
    if not links:
        return None
    fields = [[link.to_id, link.category, link.type_id, link.label] for link in links]
    json = to_json([each if each[-1] is not None else each[:-1] for each in fields])
    return parseable(json.decode()).encode() if b"\\u0000" in json else json


def _json(properties: Mapping[str, Text]) -> bytes:
    return properties.json if isinstance(properties, RawProperties) else to_json(properties)


def _ids(links: Sequence[Link]) -> bytes:
    """The distinct ids, in ascending order: HubSpot's own order means nothing and changes."""
    return to_json(sorted({link.to_id for link in links}, key=lambda id: (len(id), id)))


def _by_property(records: Sequence[Record], names: Sequence[str]) -> Sequence[Sequence[Text]]:
    """The values of each property, record by record; one that HubSpot left out is None."""
    if not records or not names:
        return [[] for _ in names]
    raw = [r.properties.json for r in records if isinstance(r.properties, RawProperties)]
    if len(raw) == len(records) and (texts := texts_of_json(raw, names)) is not None:
        return [texts[name] for name in names]
    properties_by_record = [dict(record.properties) for record in records]
    try:
        # one pass in C over each record, then one over all of them
        return [*zip(*map(itemgetter(*names, names[0]), properties_by_record), strict=True)][:-1]
    except KeyError:
        return [[properties.get(name) for properties in properties_by_record] for name in names]
