"""What must hold after every push: rows are in HubSpot once, and the ledger is true."""

from __future__ import annotations

import json
from decimal import Decimal

from tests.push.push_world import CUSTOMERS, PushWorld


def check(world: PushWorld) -> None:
    """Every row of the source is one record, with its values; the ledger says so."""
    rows = world.rows(f"SELECT CUSTOMER_ID, EMAIL, FIRST_NAME, SCORE FROM {CUSTOMERS}")
    by_email: dict[str, list[dict[str, str | None]]] = {}
    for properties in world.truth().values():
        by_email.setdefault(str(properties.get("email")), []).append(properties)
    ledger = {row["ROW_KEY"]: row for row in world.push_rows()}
    for row in rows:
        records = by_email[row["EMAIL"]]
        assert len(records) == 1, (row, records)
        [record] = records
        assert record["firstname"] == row["FIRST_NAME"], row
        assert Decimal(record["loyalty_points"] or "NaN") == row["SCORE"], row
        settled = ledger[str(row["CUSTOMER_ID"])]
        assert (settled["STATE"], settled["RECORD_ID"]) == ("SYNCED", record["hs_object_id"])
        sent = json.loads(settled["SENT"])
        assert sent["firstname"] == record["firstname"]
    assert len(world.truth()) == len(rows)
    assert world.push_rows("PUSH_INTENTS") == []
