"""Tells which columns of a sync's table hold hashes, so that no push sends them. Pure."""

from __future__ import annotations

from hubspot_ingest.catalog.property_globs import takes
from hubspot_ingest.database.sql import Table, table_beside
from hubspot_ingest.settings import SyncSettings

# The views beside a table that have its columns.
_VIEWS = ("CURRENT", "SETTLED")


def fills_with_hashes(sync: SyncSettings, source: Table) -> bool:
    """Whether ``source`` is the table of a sync that hashes values, or a view of its columns."""
    table = Table(*sync.place)
    return bool(sync.hash) and source in (table, *(table_beside(table, view) for view in _VIEWS))


def is_hashed(sync: SyncSettings, column: str) -> bool:
    """Whether a column of the sync's table holds hashes."""
    prefix = sync.column_prefix
    return column.startswith(prefix) and takes(sync.hash, column.removeprefix(prefix).lower())
