"""Reads the past values of properties by record id, 50 records a request."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from hubspot_ingest.database.columns import Column, Type
from hubspot_ingest.hubspot import record_pages, requests, responses
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.extract.batch_reads import read_batches
from hubspot_ingest.model import BatchOutcome, Change

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
# A change is told apart by these: HubSpot gives it no id. Of several in one millisecond the last
# counts.
KEY = ("ID", "PROPERTY", "CHANGED_AT")


def read_history(
    fetch: Fetch, object_type: str, properties: Sequence[str], ids: Sequence[str]
) -> tuple[list[Change], dict[str, str]]:
    """The changes HubSpot still keeps of ``properties``, for each of ``ids`` that still exists.

    And the ids that HubSpot did not read, each with the reason.
    """
    size = requests.HISTORY_LIMIT

    def read(part: Sequence[str]) -> tuple[list[Change], dict[str, str]]:
        part_changes: list[Change] = []

        def ask(asked: Sequence[str]) -> BatchOutcome:
            answer = fetch(
                requests.batch_read(object_type, asked, (), history=properties),
                lambda body: (responses.history(body), record_pages.batch_outcome(body)),
            )
            part_changes.extend(answer[0])
            return answer[1]

        unread = read_batches(part, size, ask)
        return part_changes, unread

    changes: list[Change] = []
    unread: dict[str, str] = {}
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        parts = [ids[start : start + size] for start in range(0, len(ids), size)]
        for part_changes, part_unread in pool.map(read, parts):
            changes += part_changes
            unread |= part_unread
    return changes, unread


def staged_history(changes: Sequence[Change]) -> dict[str, Sequence[str | bytes | None]]:
    """The staged columns of ``changes``, by name; HubSpot tells the newest of a property first."""
    last: dict[tuple[str, str, int | None], Change] = {}
    for change in changes:
        last.setdefault((change.record_id, change.property, change.changed_at), change)
    changes = [*last.values()]
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
