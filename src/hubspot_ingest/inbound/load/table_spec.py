"""Describes the tables of a sync as data: columns, key, and the tables beside. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hubspot_ingest.database.columns import (
    KEY,
    LINK,
    LINK_KEY,
    LINK_SEEN,
    SYNCED_AT,
    Column,
)
from hubspot_ingest.database.sql import Table, table_beside
from hubspot_ingest.inbound.extract import property_history
from hubspot_ingest.inbound.load.batches import HISTORY
from hubspot_ingest.inbound.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table, with the columns that tell its rows apart, and the tables ``beside``, by part.

    ``comments`` are those of columns that are not filled any more.
    """

    table: Table
    comment: str
    key: Sequence[Column]
    columns: Sequence[Column]
    beside: Mapping[str, TableSpec] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)

    @property
    def parts(self) -> Mapping[str, TableSpec]:
        """The table itself under ``""``, and those beside it."""
        return {"": self, **self.beside}

    def at(self, table: Table) -> TableSpec:
        """The same tables in another place."""
        beside = {
            part: replace(spec, table=table_beside(table, part))
            for part, spec in self.beside.items()
        }
        return replace(self, table=table, beside=beside)


def record_tables(plan: Plan, links: Iterable[str]) -> TableSpec:
    """The table of a plan, with those of its history and of its links to some streams."""
    name = plan.stream.name
    beside = {
        stream: TableSpec(
            plan.beside(stream),
            f"HubSpot {name} to {stream}",
            [column for column in LINK if column.name in LINK_KEY],
            (*LINK, *LINK_SEEN, SYNCED_AT),
        )
        for stream in links
    }
    if plan.history:
        past = property_history.COLUMNS
        beside[HISTORY] = TableSpec(
            plan.beside(HISTORY),
            f"Past values of HubSpot {name}",
            [column for column in past if column.name in property_history.KEY],
            (*past, SYNCED_AT),
        )
    key = [column for column in plan.columns if column.name == KEY]
    return TableSpec(plan.table, f"HubSpot {name}", key, plan.columns, beside, plan.former_columns)
