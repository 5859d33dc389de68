"""Hashes what a sync's tables held before its settings said that the values land as hashes.

A backfill reads what HubSpot still has. The rows of records that are gone, columns of properties
that are not taken any more, and past values would keep what can be read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json

from hubspot_ingest.catalog.property_globs import takes
from hubspot_ingest.database.columns import KEY, OWN_NAMES, SYNCED_AT, Column, Type, same_type
from hubspot_ingest.database.staging import parquet
from hubspot_ingest.database.statements import stored_values
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.load.batches import HISTORY
from hubspot_ingest.inbound.load.table_loader import TableLoader
from hubspot_ingest.inbound.plan.hashed_values import ValueHasher
from hubspot_ingest.inbound.plan.plan import LINK_COLUMNS, Plan
from hubspot_ingest.settings import SyncSettings

ROWS = 2_000
# What columns began with where the settings said nothing else.
USUAL_PREFIX = str(SyncSettings.model_fields["column_prefix"].default)


@dataclass(frozen=True, slots=True)
class HeldColumns:
    """The columns that may hold values of a property: of ``texts``, which take hashes, or not."""

    texts: Mapping[str, str]
    others: frozenset[str]


def hash_stored_values(
    loader: TableLoader,
    plan: Plan,
    hasher: ValueHasher,
    columns: HeldColumns | None,
    globs: Sequence[str],
) -> Iterator[int]:
    """Hash the values of the tables of a plan that can be read.

    ``columns`` are None where the table itself is gone. ``globs`` take the properties whose past
    values are hashed, those too that HubSpot has no more. Yields how many rows are hashed next, and
    at last how many past values were.
    """
    if columns is not None:
        yield from _hash_rows(loader, plan, hasher, columns)
    yield _hash_history(loader, plan, hasher.salt, globs)


def _hash_rows(
    loader: TableLoader, plan: Plan, hasher: ValueHasher, columns: HeldColumns
) -> Iterator[int]:
    texts = [Column(name, Type.TEXT, prop) for name, prop in sorted(columns.texts.items())]
    others = sorted(columns.others)
    if not (hasher.names or texts or others):
        return
    staged = (Column(KEY, Type.TEXT), stored_values.PROPERTIES, *texts)
    staging = loader.staging({"": staged})
    statement = stored_values.readable_rows(
        plan.table, sorted(hasher.names), [column.name for column in texts], others, ROWS
    )
    merge = stored_values.replace_values(plan.table, staging.table(), texts, others)
    after = ""
    while rows := loader.database.rows(statement, (after,)):
        # of rows with one id the last stands for all
        by_id = {str(row[KEY]): row for row in rows}
        yield len(by_id)
        values: dict[str, list[str | bytes | None]] = {
            KEY: [*by_id],
            stored_values.PROPERTIES.name: [
                _hashed_properties(row["PROPERTIES"], hasher) for row in by_id.values()
            ],
        }
        for n, column in enumerate(texts):
            hashes = [hasher.hash_stored(row[f"C{n}"]) for row in by_id.values()]
            values[column.name] = [*hashes]
        staging.add({"": parquet(values)})
        staging.copy()
        loader.database.rows(str(merge), (loader.run_id, loader.clock.now()))
        staging.truncate()
        after = str(rows[-1][KEY])


def _hashed_properties(stored: Any, hasher: ValueHasher) -> bytes | None:
    if stored is None:
        return None
    properties = from_json(stored)
    if not isinstance(properties, dict):
        return to_json(properties)
    return to_json(
        {
            name: hasher.hash_stored(value) if name in hasher.names else value
            for name, value in properties.items()
        }
    )


def _hash_history(loader: TableLoader, plan: Plan, salt: str, globs: Sequence[str]) -> int:
    table = plan.beside(HISTORY)
    columns = destination.read_table(loader.database, table).types
    if not columns:
        return 0
    rows = loader.database.rows(stored_values.readable_history(table))
    names = sorted(name for row in rows if takes(globs, name := str(row["PROPERTY"])))
    if not names:
        return 0
    at = (loader.clock.now(),) if SYNCED_AT.name in columns else ()
    statement = stored_values.hash_history(table, columns)
    return loader.database.change(statement, (salt, *at, json.dumps(names)))


def held_columns(
    plan: Plan, settings: SyncSettings, types: Mapping[str, str], names: Iterable[str]
) -> HeldColumns:
    """The columns of a table in which values of the properties ``names`` may stand.

    Those of now, and those of before: of another type, under the usual prefix, without a prefix.
    ``types`` are the columns of the table.
    """
    current = {column.name: column for column in plan.property_columns}
    texts: dict[str, str] = {}
    others: set[str] = set()
    for prop in names:
        candidates = {
            f"{prefix}{prop.upper()}{suffix}"
            for prefix in (settings.column_prefix, USUAL_PREFIX, "")
            for suffix in ("", *(f"_{each.name}" for each in Type))
        } | {name for name, column in current.items() if column.property == prop}
        for name in candidates & types.keys() - OWN_NAMES - LINK_COLUMNS:
            if name in current and current[name].property != prop:
                continue
            if same_type(Type.TEXT, types[name]):
                texts[name] = prop
            elif not same_type(Type.ARRAY, types[name]):
                # no property of a record has a list: those are ids of associated records
                others.add(name)
    return HeldColumns(texts, frozenset(others))
