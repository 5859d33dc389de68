"""Which links the ledger forgets with the record of a row that is gone."""

from __future__ import annotations

import pytest

from hubspot_ingest.outbound.link_engine import LinkEngine
from hubspot_ingest.outbound.rows import Action, PlannedRow
from tests.builders import FakeClock
from tests.unit.push_builders import Answers, Statements, a_pool, an_open_push

LINK = {
    **{"ROW_KEY": "1", "COLUMN_NAME": "LINKS", "TO_KEY": "acme", "LABEL": None, "TO_ID": "9"},
    **{"TO_TYPE": "companies", "FROM_ID": "5", "STATE": "MADE"},
}


@pytest.mark.parametrize(
    ("action", "record_id", "forgets"), [(Action.SKIPPED, None, True), (Action.CLEAR, "5", False)]
)
def test_links_are_forgotten_with_the_record_not_with_a_refused_write(
    action: Action, record_id: str | None, forgets: bool
) -> None:
    opened = an_open_push(associations={"LINKS": {"to": "companies", "match": "erp_code"}})
    statements = Statements(
        lambda text: [LINK] if text.startswith("SELECT") and ".PUSH_LINKS" in text else []
    )
    with a_pool() as pool, a_pool() as asking:
        engine = LinkEngine(
            statements.database,
            FakeClock(),
            opened,
            Answers(lambda *_: {}),
            pool,
            asking,
            "run",
        )
        rows = [PlannedRow(1, "1", action, record_id=record_id, is_gone=True)]
        engine.carry_out(engine.group(rows))
    deletes = [text for text, _ in statements.sent if text.startswith("DELETE FROM")]
    assert bool(deletes) is forgets
