"""Keeps hashes from being sent to HubSpot in the place of the values that they stand for."""

from __future__ import annotations

from hubspot_ingest.catalog.property_globs import takes
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table, table_beside
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.errors import Refusal
from hubspot_ingest.outbound.mapping import PushMapping
from hubspot_ingest.settings import parse_settings

# The views beside a table that have its columns.
VIEWS = ("CURRENT", "SETTLED")


def check_not_hashed(database: Database, source: Table, mapping: PushMapping) -> None:
    """Raises ``Refusal`` where a push reads a column that a sync fills with hashes."""
    defaults = AppState(database).settings().for_syncs
    for sync in Syncs(database).all():
        settings = parse_settings(sync.name, sync.settings, defaults)
        table = Table(*settings.place)
        if not settings.hash or source not in (table, *(table_beside(table, v) for v in VIEWS)):
            continue
        for column in mapping.columns:
            prop = column.name.removeprefix(settings.column_prefix).lower()
            if column.name.startswith(settings.column_prefix) and takes(settings.hash, prop):
                raise Refusal(
                    f"the column {column.name} of {source} holds hashes, for the sync {sync.name} "
                    "hashes that property; take it out of the push, which would overwrite values "
                    "in HubSpot"
                )
