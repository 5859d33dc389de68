"""Reads the past values of properties by record id, 50 records a request."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from hubspot_ingest.database.columns import Column, Type
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.model import Change

SIDE_BY_SIDE = 4

COLUMNS = (
    Column("ID", Type.TEXT, comment="HubSpot's record id"),
    Column("PROPERTY", Type.TEXT, comment="Name of the property in HubSpot"),
    Column("VALUE", Type.TEXT, comment="The value from CHANGED_AT on"),
    Column("CHANGED_AT", Type.TIMESTAMP, comment="When the value was set, UTC"),
    Column("SOURCE_TYPE", Type.TEXT, comment="What set it: FORM, IMPORT, CRM_UI, …"),
    Column("SOURCE_ID", Type.TEXT, comment="Which one of those set it"),
    Column("SOURCE_LABEL", Type.TEXT, comment="Its name in HubSpot"),
    Column("USER_ID", Type.TEXT, comment="The HubSpot user who set it"),
)
# A change is told apart by these: HubSpot gives it no id, and one source may change a value twice
# in a millisecond.
KEY = ("ID", "PROPERTY", "CHANGED_AT", "SOURCE_ID", "VALUE")


def read_history(
    fetch: Fetch, object_type: str, properties: Sequence[str], ids: Sequence[str]
) -> list[Change]:
    """The changes HubSpot still keeps of ``properties``, for each of ``ids`` that still exists."""
    size = requests.HISTORY_LIMIT
    parts = [ids[start : start + size] for start in range(0, len(ids), size)]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        answers = pool.map(
            lambda part: fetch(
                requests.batch_read(object_type, part, (), history=properties), responses.history
            ),
            parts,
        )
        return [change for changes in answers for change in changes]


def staged_history(changes: Sequence[Change]) -> dict[str, Sequence[str | bytes | None]]:
    """The staged columns of ``changes``, by name."""
    return {
        "ID": [change.record_id for change in changes],
        "PROPERTY": [change.property for change in changes],
        "VALUE": [change.value or None for change in changes],
        "CHANGED_AT": [
            None if change.changed_at is None else str(change.changed_at) for change in changes
        ],
        "SOURCE_TYPE": [change.source_type for change in changes],
        "SOURCE_ID": [change.source_id for change in changes],
        "SOURCE_LABEL": [change.source_label for change in changes],
        "USER_ID": [change.user_id for change in changes],
    }
