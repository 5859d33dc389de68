"""What becomes of a row, by the ledger and the record that HubSpot has."""

from __future__ import annotations

import pytest

from hubspot_ingest.outbound.row_plans import RowPlanner
from hubspot_ingest.outbound.rows import Action, LedgerRow
from tests.unit.push_builders import DEFINITIONS, a_found_record, a_mapping, a_row

OURS = LedgerRow("SYNCED", "5", {"firstname": "Anna"}, {})
THEIRS = LedgerRow("SKIPPED", "5", {}, {})


@pytest.mark.parametrize(
    ("ledger", "action"),
    [(OURS, Action.UNCHANGED), (THEIRS, Action.SKIPPED), (None, Action.SKIPPED)],
)
def test_strategy_create_leaves_alone_what_it_made_and_skips_what_others_made(
    ledger: LedgerRow | None, action: Action
) -> None:
    """What is skipped has no links, and is not missed when its row is gone."""
    planner = RowPlanner(a_mapping(strategy="create"), DEFINITIONS, 0)
    wishes = {"firstname": "Berta", "lifecyclestage": None}
    row = planner.plan(a_row(1, ledger), wishes, a_found_record("5", firstname="Anna"))
    assert (row.action, row.record_id, row.payload) == (action, "5", {})
