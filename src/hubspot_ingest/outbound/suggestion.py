"""SUGGEST_PUSH: what a source's columns could fill in HubSpot, by the names and labels of both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from hubspot_ingest import times
from hubspot_ingest.database.source_access import readable_columns
from hubspot_ingest.model import Json, Property
from hubspot_ingest.operations.context import Context
from hubspot_ingest.outbound import opening
from hubspot_ingest.outbound.external_ids import only_writer
from hubspot_ingest.outbound.mapping import (
    CONTACTS,
    EMAIL,
    EXTERNAL_IDS,
    ColumnKind,
    column_kind,
)
from hubspot_ingest.outbound.mapping_resolution import fills, is_writable
from hubspot_ingest.outbound.push_configuration import parse_source
from hubspot_ingest.outbound.push_settings import RECORD_ID
from hubspot_ingest.outbound.value_rules import rule_words
from hubspot_ingest.settings import SyncSettings

PATIENCE = times.MINUTE
# How columns with HubSpot's own ids are called, by object type in the singular too.
_RECORD_IDS = ("hubspotid", "hsobjectid", "recordid", "hubspotrecordid")


def suggest_push(
    context: Context, source: Json, object_name: str | None, connection: str | None
) -> dict[str, Json]:
    """The columns, the properties that can be written, and which would go together.

    Nothing is stored. Raises ``Refusal`` for a source that cannot be read, or a connection that
    may not write.
    """
    parsed = parse_source(source)
    columns = readable_columns(
        context.database, opening.source_table(parsed), opening.source_kind(parsed)
    )
    settings = SyncSettings(
        stream=(object_name or "").strip() or CONTACTS,
        connection=connection or only_writer(context),
    )
    opening.check_may_write(context.database, settings.connection)
    with context.client(settings, context.clock.now() + PATIENCE) as client:
        stream = opening.object_stream(client, settings.stream)
        portal = opening.portal_properties(client, stream)
    kinds = {name: column_kind(kind) for name, kind in columns.items()}
    writable = [prop for prop in portal if is_writable(prop)]
    suggested = suggested_columns(writable, kinds)
    unique = [prop.name for prop in portal if prop.unique]
    listed_columns: dict[str, Json] = {
        name: {"type": kind, "kind": str(kinds[name])} for name, kind in columns.items()
    }
    match: dict[str, Json] = dict(_match(stream.object_type, suggested, unique, kinds))
    count = f"{len(suggested)} of {len(columns)} columns"
    return {
        "response_code": "OK",
        "message": f"{count} have the name or the label of a property of {settings.stream}",
        "columns": listed_columns,
        "properties": [_as_json(prop) for prop in writable],
        "fills": {
            prop_type: [str(kind) for kind in ColumnKind if fills(kind, prop_type)]
            for prop_type in sorted({prop.type for prop in writable})
        },
        "suggested": {**suggested},
        "unique": [RECORD_ID, *unique],
        "match": match or None,
        "key": _key(columns, settings.stream),
        "external_id": next((name for name in EXTERNAL_IDS if _may_hold(name, writable)), None),
    }


def suggested_columns(
    properties: Iterable[Property], kinds: Mapping[str, ColumnKind]
) -> dict[str, str]:
    """Which column would fill which property; by the property's name first, then by its label."""
    by_name: dict[str, Property] = {}
    by_label: dict[str, Property] = {}
    for prop in properties:
        by_name.setdefault(_plain(prop.name), prop)
        by_label.setdefault(_plain(prop.label), prop)
    suggested: dict[str, str] = {}
    for names in (by_name, by_label):
        for column, kind in kinds.items():
            match = names.get(_plain(column))
            if match is None or match.name in suggested or column in suggested.values():
                continue
            if fills(kind, match.type):
                suggested[match.name] = column
    return suggested


def _match(
    object_type: str,
    suggested: Mapping[str, str],
    unique: Iterable[str],
    kinds: Mapping[str, ColumnKind],
) -> dict[str, str]:
    """The property by which records would be looked for, and its column; none where none fits."""
    if object_type == CONTACTS and EMAIL in suggested:
        return {EMAIL: suggested[EMAIL]}
    for column in kinds:
        if _plain(column) in _RECORD_IDS:
            return {RECORD_ID: column}
    return next(({name: suggested[name]} for name in unique if name in suggested), {})


def _key(columns: Iterable[str], object_name: str) -> str | None:
    """The column that most likely tells the rows apart."""
    singular = _plain(object_name).removesuffix("s")
    wanted = ("id", "key", f"{singular}id", f"{singular}key")
    plain = {name: _plain(name) for name in columns}
    for name in (name for name in plain if plain[name] in wanted):
        return name
    return next((name for name in plain if plain[name].endswith(("id", "key"))), None)


def _may_hold(name: str, writable: Iterable[Property]) -> bool:
    return any(prop.name == name and prop.unique for prop in writable)


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def _as_json(prop: Property) -> Json:
    return {
        "name": prop.name,
        "label": prop.label or prop.name,
        "type": prop.type,
        "field_type": prop.field_type,
        "unique": prop.unique,
        "options": [[value, label] for value, label in prop.options],
        "rules": [rule_words(rule) for rule in prop.rules],
    }
