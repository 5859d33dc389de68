"""Planned rows and intents as they are stored, and what two equal plans have in common. Pure."""

from __future__ import annotations

from hubspot_ingest.database.connection import Row, variant
from hubspot_ingest.outbound.rows import Action, LinkWish, PlannedRow


def row_identity(row: PlannedRow) -> list[object]:
    """What two equal plans have in common for a row."""
    links = [wish.as_json() for wish in (*row.links_added, *row.links_removed)]
    return [row.key, row.action, row.record_id, row.changed, row.code, row.hash, links]


def row_as_json(row: PlannedRow) -> dict[str, object]:
    """A planned row as it is stored."""
    return {
        "n": row.n,
        "row_key": row.key,
        "record_id": row.record_id,
        "action": str(row.action),
        "changed": row.changed,
        "code": row.code,
        "message": row.message,
        "property": row.property_name,
        "payload": dict(row.payload),
        "before": dict(row.before),
        "sent": dict(row.sent),
        "altered": dict(row.altered),
        "source_hash": row.hash,
        "is_gone": row.is_gone,
        "links_added": [wish.as_json() for wish in row.links_added] or None,
        "links_removed": [wish.as_json() for wish in row.links_removed] or None,
        "links": [wish.as_json() for wish in row.links] if row.changes_links else None,
    }


def row_from_json(stored: Row) -> PlannedRow:
    """A planned row, or an intent, as it was stored; what was not read is empty."""
    return PlannedRow(
        int(stored["N"]),
        stored["ROW_KEY"],
        Action(stored["ACTION"]),
        record_id=stored["RECORD_ID"],
        payload=stored.get("PAYLOAD") or {},
        before=stored.get("BEFORE") or {},
        sent=stored.get("SENT") or {},
        altered=stored.get("ALTERED") or {},
        hash=stored["SOURCE_HASH"],
        code=stored.get("CODE"),
        message=stored.get("MESSAGE"),
        property_name=stored.get("PROPERTY"),
        is_gone=bool(stored["IS_GONE"]),
        links=_wishes(stored.get("LINKS")),
        links_added=_wishes(stored.get("LINKS_ADDED")),
        links_removed=_wishes(stored.get("LINKS_REMOVED")),
    )


def _wishes(stored: object) -> tuple[LinkWish, ...]:
    listed = variant(stored) or ()
    return tuple(map(LinkWish.from_json, listed))
