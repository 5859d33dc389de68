"""A procedure refuses to write where the caller's transaction could take back what it wrote."""

from __future__ import annotations

import pytest

from tests.runs.world import World

SESSIONS = {
    "an open transaction": "BEGIN",
    "AUTOCOMMIT off": "ALTER SESSION SET AUTOCOMMIT = FALSE",
}
CURES = {"an open transaction": "ROLLBACK", "AUTOCOMMIT off": "ALTER SESSION SET AUTOCOMMIT = TRUE"}
CALLS = ("CALL ingest_hubspot('contacts')", "CALL set_token('secret')", "CALL reset_sync('x')")


@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("call", CALLS)
def test_a_call_in_a_transaction_is_refused_with_the_cure_before_anything_is_changed(
    served: World, session: str, call: str
) -> None:
    before = served.stored()
    served.rows(SESSIONS[session])

    answer = served.call(call)

    assert answer["response_code"] == "OPEN_TRANSACTION"
    assert "ALTER SESSION SET AUTOCOMMIT = TRUE" in answer["message"]
    assert served.asked() == []
    served.rows(CURES[session])
    assert served.stored() == before


@pytest.mark.parametrize("session", SESSIONS)
def test_the_same_session_can_call_again_after_the_cure(served: World, session: str) -> None:
    served.slim()
    served.rows(SESSIONS[session])
    served.call("CALL ingest_hubspot('contacts')")
    served.rows(CURES[session])

    assert served.call("CALL ingest_hubspot('contacts')")["status"] == "SUCCEEDED"
