"""What a run records about itself before its first page, and the plan restored from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hubspot_ingest.catalog.stream import ItemStream, RecordStream
from hubspot_ingest.database.columns import Column, Type
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.page_archive import column_json
from hubspot_ingest.database.state.syncs import SweepsState
from hubspot_ingest.inbound.plan.plan import Plan, Strategy
from hubspot_ingest.model import Json


def run_manifest(
    stream: RecordStream | ItemStream,
    table: Table,
    columns: Sequence[str],
    settled_through: int | None,
    sweeps: SweepsState,
) -> dict[str, Json]:
    """What a run began from: its table with the columns it had, the cursor, the sweeps' state."""
    return {
        "stream": stream.name,
        "object_type": stream.object_type if isinstance(stream, RecordStream) else "",
        "reader": str(stream.reader),
        "table": [table.database, table.schema, table.table],
        "columns": [*columns],
        "settled_through": settled_through,
        "sweeps": sweeps.dump(),
    }


def records_manifest(
    plan: Plan,
    columns: Sequence[str],
    settled_through: int | None,
    sweeps: SweepsState,
    portal_id: str,
) -> dict[str, Json]:
    """As ``run_manifest``, with what the rows of a plan are made by."""
    return {
        **run_manifest(plan.stream, plan.table, columns, settled_through, sweeps),
        "portal": portal_id,
        "properties": [column_json(column) for column in plan.property_columns],
        "associations": [*plan.associations],
        "history": [*plan.history],
        "selective": plan.selective,
    }


def manifest_table(manifest: Mapping[str, Any]) -> Table:
    """The table a run wrote to."""
    return Table(*manifest["table"])


def manifest_columns(column_rows: Sequence[Sequence[Any]]) -> tuple[Column, ...]:
    """Columns as ``column_json`` told them."""
    return tuple(
        Column(name, Type[kind], property_name, comment)
        for name, kind, property_name, comment in column_rows
    )


def manifest_plan(
    sync: str, manifest: Mapping[str, Any], table: Table, strategy: str = "LIST"
) -> Plan:
    """The plan by which a run of records loaded, as far as loading goes, into ``table``."""
    return Plan(
        sync=sync,
        stream=RecordStream(manifest["stream"], manifest["object_type"]),
        strategy=Strategy(strategy),
        since=None,
        # a plan is selective by its filters or by where it begins; that is all of them here
        earliest=0 if manifest["selective"] else None,
        until=0,
        filter_groups=(),
        properties=(),
        property_columns=manifest_columns(manifest["properties"]),
        associations=tuple(manifest["associations"]),
        history=tuple(manifest["history"]),
        table=table,
    )
