"""Keeps hashes from being sent to HubSpot in the place of the values that they stand for."""

from __future__ import annotations

from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.errors import Refusal
from hubspot_ingest.operations.hashed_columns import fills_with_hashes, is_hashed
from hubspot_ingest.outbound.mapping import PushMapping
from hubspot_ingest.settings import inherited, parse_settings


def check_not_hashed(database: Database, source: Table, mapping: PushMapping) -> None:
    """Raises ``Refusal`` where a push reads a column that a sync fills with hashes."""
    defaults = inherited(AppState(database).settings())
    for sync in Syncs(database).all():
        settings = parse_settings(sync.name, sync.settings, defaults)
        if not fills_with_hashes(settings, source):
            continue
        for column in mapping.columns:
            if is_hashed(settings, column.name):
                raise Refusal(
                    f"the column {column.name} of {source} holds hashes, for the sync {sync.name} "
                    "hashes that property; take it out of the push, which would overwrite values "
                    "in HubSpot"
                )
