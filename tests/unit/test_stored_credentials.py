"""A refresh token that HubSpot changed is stored, unless somebody stored another credential."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest import credentials
from hubspot_ingest.credentials import OAuth
from hubspot_ingest.database.state import connections
from tests.unit.push_builders import Statements

GRANT = OAuth("client", "secret", "old")


@pytest.mark.parametrize(("stored_later", "kept"), [(False, True), (True, False)])
def test_a_changed_refresh_token_is_not_stored_over_another_credential(
    monkeypatch: pytest.MonkeyPatch, stored_later: bool, kept: bool
) -> None:
    times = iter(["1", "2" if stored_later else "1"])

    def rows(statement: str) -> list[dict[str, Any]]:
        return [{"STORED_AT": next(times)}] if "STORED_AT" in statement else [{"SLOT": 1}]

    statements = Statements(rows)
    monkeypatch.setattr(connections, "secret", lambda _: credentials.secret_text(GRANT))
    store = connections.Connections(statements.database)
    assert store.credential("writer") == GRANT
    store.update_credential("writer", OAuth("client", "secret", "new"))
    assert any(text.startswith("ALTER SECRET") for text, _ in statements.sent) is kept
