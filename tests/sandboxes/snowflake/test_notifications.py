"""Notification integrations: who may send through them, and what would have been sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from snowflake.snowpark.exceptions import SnowparkSQLException

from snowflake_sandbox import Engine
from tests.sandboxes.snowflake.conftest import Rows

SEND = "CALL SYSTEM$SEND_SNOWFLAKE_NOTIFICATION(?, ?)"
TEXT = json.dumps({"text/plain": "contacts FAILED"})


@pytest.fixture
def integrations(rows: Rows) -> Iterator[Rows]:
    rows(
        "CREATE OR REPLACE NOTIFICATION INTEGRATION MAIL TYPE = EMAIL ENABLED = TRUE "
        "ALLOWED_RECIPIENTS = ('ada@example.com')"
    )
    rows(
        "CREATE OR REPLACE NOTIFICATION INTEGRATION HOOK TYPE = WEBHOOK ENABLED = TRUE "
        "WEBHOOK_URL = 'https://hooks.example.com/x' "
        'WEBHOOK_BODY_TEMPLATE = \'{"text": "SNOWFLAKE_WEBHOOK_MESSAGE"}\' '
        "WEBHOOK_HEADERS = ('Content-Type' = 'application/json')"
    )
    yield rows
    for name in ("MAIL", "HOOK"):
        rows(f"DROP INTEGRATION IF EXISTS {name}")


def _to(*addresses: str, name: str = "mail", **options: Any) -> str:
    return json.dumps({name: {"toAddress": [*addresses], **options}})


def test_a_mail_is_recorded_and_can_be_asked_for(shared: Engine, integrations: Rows) -> None:
    integrations(SEND, TEXT, _to("ada@example.com", subject="HubSpot"))

    sent = shared.history.notifications[-1]
    assert (sent.integration, sent.kind) == ("MAIL", "EMAIL")
    assert sent.options == {"toAddress": ["ada@example.com"], "subject": "HubSpot"}
    (row,) = integrations(
        "SELECT INTEGRATION_NAME, STATUS, MESSAGE FROM TABLE("
        "INFORMATION_SCHEMA.NOTIFICATION_HISTORY(INTEGRATION_NAME => 'MAIL', RESULT_LIMIT => 1))"
    )
    assert (row["INTEGRATION_NAME"], row["STATUS"]) == ("MAIL", "QUEUED")
    assert "contacts FAILED" in row["MESSAGE"]


def test_a_webhook_takes_a_text_and_nothing_else(shared: Engine, integrations: Rows) -> None:
    integrations(SEND, TEXT, json.dumps({"HOOK": {}}))

    assert shared.history.notifications[-1].kind == "WEBHOOK"
    with pytest.raises(SnowparkSQLException, match="no options"):
        integrations(SEND, TEXT, _to("ada@example.com", name="HOOK"))


@pytest.mark.parametrize(
    ("message", "integration", "why"),
    [
        (TEXT, _to("eve@example.com"), "recipients at indexes \\[1\\] are not allowed"),
        (TEXT, json.dumps({"MAIL": {}}), "no recipient"),
        (TEXT, _to("ada@example.com", subject="x" * 257), "256"),
        (TEXT, _to("ada@example.com", name="NONE"), "does not exist or not authorized"),
        (json.dumps({"text": "x"}), _to("ada@example.com"), "content type"),
        ("contacts FAILED", _to("ada@example.com"), "not a JSON object"),
    ],
)
def test_what_snowflake_would_refuse_is_refused(
    shared: Engine, integrations: Rows, message: str, integration: str, why: str
) -> None:
    before = shared.history.notifications
    with pytest.raises(SnowparkSQLException, match=why):
        integrations(SEND, message, integration)
    assert shared.history.notifications == before


def test_a_disabled_integration_sends_nothing(integrations: Rows) -> None:
    integrations("ALTER NOTIFICATION INTEGRATION MAIL SET ENABLED = FALSE")

    with pytest.raises(SnowparkSQLException, match="not enabled"):
        integrations(SEND, TEXT, _to("ada@example.com"))


def test_the_list_tells_type_and_whether_it_is_enabled(integrations: Rows) -> None:
    found = {one["name"]: one for one in integrations("SHOW NOTIFICATION INTEGRATIONS")}

    assert (found["MAIL"]["type"], found["MAIL"]["enabled"]) == ("EMAIL", "true")
    assert found["HOOK"]["category"] == "NOTIFICATION"


def test_replacing_an_integration_takes_its_grants_away(shared: Engine, integrations: Rows) -> None:
    integrations("CREATE APPLICATION ROLE IF NOT EXISTS LAB.WATCHER")
    integrations("GRANT USAGE ON INTEGRATION MAIL TO APPLICATION ROLE LAB.WATCHER")
    assert shared.catalog.held("INTEGRATION", "MAIL", "LAB.WATCHER") == {"USAGE"}
    integrations("CREATE OR REPLACE NOTIFICATION INTEGRATION MAIL TYPE = EMAIL ENABLED = TRUE")

    assert shared.catalog.held("INTEGRATION", "MAIL", "LAB.WATCHER") == set()
    integrations("DROP APPLICATION ROLE LAB.WATCHER")
