"""The page's names of settings, as they stand at their fields."""

from __future__ import annotations

LABELS = {
    "stream": "Object",
    "connection": "From the portal",
    "filter_groups": "Filters",
    "updated_after": "Nothing last changed before",
    "properties": "Properties to take",
    "hash": "Hashed properties",
    "new_properties": "Take properties that are made later",
    "associations": "Associated with",
    "history": "Keep the history of",
    "event_types": "Event types",
    "sync_mode": "What a run reads",
    "lookback_minutes": "Look back, minutes",
    "settle_minutes": "Settle, minutes",
    "include_archived": "Follow deletions",
    "destination": "Destination",
    "column_prefix": "Property columns begin with",
    "schedule": "Schedule",
    "fresh_within": "Fresh within",
    "reserve_percent": "Keep free for other apps, percent",
    "priority": "Priority",
    "deadline_minutes": "Deadline, minutes",
    "enabled": "Runs by itself",
    "settled_through": "Data complete until",
    # of the app
    "reconcile_every_days": "Compare with HubSpot every … days",
    "keep_pages_days": "Keep what HubSpot answered for … days",
    "keep_runs_days": "Keep runs for … days",
    "keep_requests_days": "Keep requests for … days",
    "notifications": "Notifications",
    "hash_salt": "Salt of hashes",
    # of a push
    "source": "Table or view in Snowflake",
    "key": "Key of a row",
    "object": "Records in HubSpot",
    "strategy": "What is done with rows",
    "match": "A record is found by",
    "external_id": "Property that holds the key",
    "duplicates_possible": "Duplicates are possible",
    "nulls": "Empty values of the source",
    "removed_rows": "Rows that are gone",
    "conflicts": "Values that somebody changed in HubSpot since",
    "read_before_write": "Read before writing",
    "max_change_percent": "Held above: rows changed, percent",
    "max_archive_percent": "Held above: rows archived, percent",
    "max_archive_rows": "Held above: rows archived",
    "max_rejected_percent": "Stopped above: rows refused, percent",
    "retry_rejected": "Refused rows are sent again",
    "lifecycle_backward": "Lifecycle stages that go back",
    "keep_images_days": "Keep what was replaced for … days",
    "create_labels": "Make labels that are not there",
    # of a connection
    "kind": "Kind of key",
    "writes": "May write to HubSpot",
}


def label(name: str) -> str:
    """What stands at the field of a setting; one without a field, with blanks."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()
