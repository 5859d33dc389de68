"""What becomes of a row, by the ledger and the record that HubSpot has."""

from __future__ import annotations

import pytest

from hubspot_ingest.outbound.row_plans import RowPlanner, lookup_value
from hubspot_ingest.outbound.rows import Action, LedgerRow
from hubspot_ingest.outbound.values import RowFault
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


@pytest.mark.parametrize("id", ["12.5", "-7", "0", "1" * 30])
def test_what_is_no_id_of_a_record_is_not_asked_for(id: str) -> None:
    """HubSpot refuses the whole batch."""
    mapping = a_mapping(match={"hs_object_id": "OTHER_EMAIL"}, strategy="update")
    values = tuple(
        id if place == mapping.match_place else None for place in range(len(mapping.columns))
    )
    with pytest.raises(RowFault) as raised:
        lookup_value(mapping, DEFINITIONS, a_row(1, values=values))
    assert raised.value.code == "NOT_A_NUMBER"
