"""A push clears what it wrote itself, and nothing that others did."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hubspot_ingest.database.state.push_images import PushImages
from hubspot_ingest.outbound.outcomes import not_sent, written
from hubspot_ingest.outbound.row_plans import RowPlanner
from hubspot_ingest.outbound.rows import LedgerRow, PlannedRow
from tests.unit.push_builders import DEFINITIONS, Statements, a_found_record, a_mapping, a_row

APPEND = {"interests": {"column": "TAGS", "write": "append"}}
NAMES: dict[str, Any] = {"firstname": "NAME"}


class Contact:
    """One contact, and what the ledger says of its row."""

    def __init__(self, properties: dict[str, Any], **held: str | None) -> None:
        self._mapping = a_mapping(properties=properties, removed_rows="clear")
        self._ledger: LedgerRow | None = None
        self.held: dict[str, str | None] = held

    def push(
        self, *, is_gone: bool = False, ignored: bool = False, **wishes: str | None
    ) -> PlannedRow:
        """Plan the row and do as planned; HubSpot may ignore what it is sent."""
        planner = RowPlanner(self._mapping, DEFINITIONS, 0)
        record = a_found_record("9", **self.held)
        wishes = {"email": "a@example.com", **wishes}
        row = planner.plan(a_row(1, self._ledger, is_gone=is_gone), wishes, record)
        if not ignored:
            self.held |= row.payload
        after = a_found_record("9", **self.held)
        outcome = written(row, after, DEFINITIONS) if row.action.is_sent else not_sent(row)
        sent = {name: value or "" for name, value in (outcome.sent or {}).items()}
        self._ledger = LedgerRow(outcome.state, "9", sent, outcome.altered or {})
        return row


@pytest.mark.parametrize("is_gone", [False, True])
def test_only_choices_that_were_appended_are_taken_away(is_gone: bool) -> None:
    contact = Contact(APPEND, interests="golf")
    contact.push(interests="tennis")
    assert contact.held["interests"] == "golf;tennis"
    contact.push(is_gone=is_gone, interests=None)
    assert contact.held["interests"] == "golf"
    # and none twice: what is left is not the push's
    contact.push(interests=None)
    assert contact.held["interests"] == "golf"


def test_a_choice_that_hubspot_did_not_store_is_not_appended_again() -> None:
    contact = Contact(APPEND, interests="golf")
    assert contact.push(ignored=True, interests="tennis").payload
    assert not contact.push(interests="tennis").payload
    contact.push(interests=None)
    assert contact.held["interests"] == "golf"


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_value_that_was_there_before_is_not_cleared(is_gone: bool) -> None:
    contact = Contact(NAMES, firstname="Ada")
    assert not contact.push(firstname="Ada").payload
    contact.push(is_gone=is_gone, firstname=None)
    assert contact.held["firstname"] == "Ada"


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_value_that_was_sent_is_cleared(is_gone: bool) -> None:
    contact = Contact(NAMES, firstname="Ada")
    contact.push(firstname="Grace")
    contact.push(firstname="Grace")
    contact.push(is_gone=is_gone, firstname=None)
    assert contact.held["firstname"] == ""


def test_a_value_that_a_rollback_puts_back_does_not_count_as_sent() -> None:
    """Nor as what HubSpot stores in its place: the next run would send it never again."""
    row = {"ROW_KEY": "1", "SENT": '{"firstname": "Other"}', "ALTERED": '{"firstname": "Grace"}'}
    statements = Statements(lambda statement: [row] if statement.startswith("SELECT") else [])
    PushImages(statements.database).put_back("customers", {"1": {"firstname": "Ada"}})
    [stored] = json.loads(statements.sent[-1][1][1])
    ledger = LedgerRow("SYNCED", "9", stored["sent"], stored["altered"])
    planner, record = RowPlanner(a_mapping(properties=NAMES), DEFINITIONS, 0), {"firstname": "Ada"}
    for wish, payload in (("Grace", {"firstname": "Grace"}), (None, {})):
        wishes = {"email": "a@example.com", "firstname": wish}
        plan = planner.plan(a_row(1, ledger), wishes, a_found_record("9", **record))
        assert plan.payload == payload
