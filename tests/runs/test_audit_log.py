"""AUDIT_LOG: who changed what by which procedure, and nothing that nobody changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.audit_log import AuditEntry, AuditLog, Changed
from hubspot_ingest.errors import Refusal
from hubspot_ingest.model import Json
from hubspot_ingest.operations import app_settings
from hubspot_ingest.operations.context import Context
from hubspot_ingest.times import DAY
from snowflake_sandbox.errors import SqlError
from tests.runs.world import Answer, World

SLIM = {"properties": ["email"], "associations": []}


def log(world: World) -> list[dict[str, Any]]:
    """The changes in the order in which they were made."""
    rows = world.rows("SELECT * FROM HUBSPOT_INGEST.CORE.AUDIT_LOG ORDER BY CHANGED_AT")
    for row in rows:
        for column in ("BEFORE", "AFTER"):
            row[column] = None if row[column] is None else json.loads(row[column])
    return rows


def changes(world: World) -> list[tuple[Any, ...]]:
    return [
        (row["PROCEDURE_NAME"], row["KIND"], row["NAME"], row["BEFORE"], row["AFTER"])
        for row in log(world)
    ]


def test_settings_are_told_as_they_were_and_as_they_are(served: World) -> None:
    other = {**SLIM, "settle_minutes": 5}
    served.call_with("CONFIGURE_SYNC", SLIM, "contacts")
    served.call_with("CONFIGURE_SYNC", other, "contacts")
    served.call("CALL disable_sync('contacts')")
    served.call_with("CONFIGURE_APP", {"keep_runs_days": 90})
    served.call("CALL drop_sync('contacts')")

    assert changes(served) == [
        ("CONFIGURE_SYNC", "SYNC", "contacts", None, SLIM),
        ("CONFIGURE_SYNC", "SYNC", "contacts", SLIM, other),
        ("DISABLE_SYNC", "SYNC", "contacts", {"enabled": True}, {"enabled": False}),
        ("CONFIGURE_APP", "APP", "", {}, {"keep_runs_days": 90}),
        ("DROP_SYNC", "SYNC", "contacts", other, None),
    ]


def test_the_user_who_called_is_named(served: World) -> None:
    served.call_with("CONFIGURE_SYNC", SLIM, "contacts")

    [row] = served.rows("SELECT CURRENT_USER() AS NAME")
    user = row["NAME"]
    assert user
    assert [row["CHANGED_BY"] for row in log(served)] == [user]


def test_of_a_credential_it_is_told_that_it_changed_and_never_what(served: World) -> None:
    token = served.portal.token
    served.call(f"CALL set_token('{token}')")
    served.call(f"CALL set_token('{token}')")

    assert [row["PROCEDURE_NAME"] for row in log(served)] == ["SET_TOKEN", "SET_TOKEN"]
    assert log(served)[1]["AFTER"]["credential"] == "stored anew"
    assert token not in json.dumps(log(served), default=str)
    assert token[-8:] not in json.dumps(log(served), default=str)


def test_what_changes_nothing_is_not_told(served: World) -> None:
    served.call_with("CONFIGURE_SYNC", SLIM, "contacts")
    before = changes(served)

    served.call_with("CONFIGURE_SYNC", SLIM, "contacts")
    served.call("CALL enable_sync('contacts')")
    served.call_with("CONFIGURE_SYNC", {"nonsense": 1}, "contacts")
    served.call("CALL stop_sync('contacts')")
    served.call("CALL ingest_hubspot('contacts')")
    served.call("CALL plan_ingest('contacts')")

    assert changes(served) == before


def test_a_configuration_that_was_put_back_is_not_told(
    served: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.call_with("CONFIGURE_SYNC", SLIM, "contacts")
    before = changes(served)
    configure = app_settings.configure
    refusals = iter([Refusal("no")])

    def refused_once(context: Context, changes: Json) -> Answer:
        for refusal in refusals:
            raise refusal
        return configure(context, changes)

    monkeypatch.setattr(app_settings, "configure", refused_once)

    answer = served.rows(
        "CALL HUBSPOT_INGEST.CORE.CONFIGURE_ALL(PARSE_JSON(?), TRUE)",
        (json.dumps({"syncs": {"contacts": {}}, "app": {"keep_runs_days": 90}}),),
    )

    assert "as it was before" in str(answer)
    assert changes(served) == before


def test_a_reset_tells_from_where(served: World) -> None:
    served.call_with("CONFIGURE_SYNC", SLIM, "contacts")
    served.call("CALL ingest_hubspot('contacts')")
    served.call("CALL reset_sync('contacts')")

    *_, (procedure, _, _, before, after) = changes(served)
    assert procedure == "RESET_SYNC"
    assert before["settled_through"] is not None
    assert after == {"settled_through": None}


def test_what_could_not_be_noted_is_said(served: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise SqlError("no room", 1, "01000")

    monkeypatch.setattr(AuditLog, "add", fails)

    answer = served.call_with("CONFIGURE_SYNC", SLIM, "contacts")

    assert answer["response_code"] == "OK"
    assert "AUDIT_LOG does not tell of it" in answer["message"]


def test_changes_are_kept_as_long_as_runs(world: World) -> None:
    database: Database = world.database
    now = world.clock.now()
    change = AuditEntry(Changed.SYNC, "contacts", None, {})
    AuditLog(database).add("OLD", [change], now)
    AuditLog(database).add("RECENT", [change], now + 300 * DAY)

    AuditLog(database).add("NEW", [change], now + 401 * DAY)

    assert [row["PROCEDURE_NAME"] for row in log(world)] == ["RECENT", "NEW"]


def test_views_in_another_shape_are_told(served: World) -> None:
    served.call_with("CONFIGURE_SYNC", SLIM, "contacts")
    served.call("CALL ingest_hubspot('contacts')")
    served.call("CALL make_fivetran_views()")
    served.call("CALL make_fivetran_views()")
    served.call("CALL drop_fivetran_views()")

    assert [row["PROCEDURE_NAME"] for row in log(served)][1:] == [
        "MAKE_FIVETRAN_VIEWS",
        "DROP_FIVETRAN_VIEWS",
    ]
