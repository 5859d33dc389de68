"""Alerts: who is told of what went wrong, once, and when it is over."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest.inbound.configure import drop, enable
from hubspot_sandbox import Limits
from snowflake_sandbox import Engine
from snowflake_sandbox.storage.history import Notification
from tests.runs.conftest import APP, MakeWorld
from tests.runs.world import MINUTE, SLIM, World

MAIL = {"integration": "alerts", "recipients": ["ada@example.com"]}
REFUSED = "pat-na1-00000000-0000-4000-8000-00000000dead"


@pytest.fixture
def watched(make: MakeWorld) -> World:
    """Contacts, and a person who wants to hear of everything."""
    return watching(make({"contacts": 3}).slim())


def watching(world: World) -> World:
    """Let a person hear of everything."""
    world.rows(
        "CREATE OR REPLACE NOTIFICATION INTEGRATION ALERTS TYPE = EMAIL ENABLED = TRUE "
        "ALLOWED_RECIPIENTS = ('ada@example.com')"
    )
    world.rows("GRANT USAGE ON INTEGRATION ALERTS TO APPLICATION HUBSPOT_INGEST")
    answer = world.call_with("CONFIGURE_APP", {"notifications": MAIL})
    assert answer["response_code"] == "OK", answer
    return world


def _sent(world: World) -> list[Notification]:
    return [
        notification
        for notification in world.engine.history.notifications
        if notification.integration == "ALERTS"
    ]


def _new(world: World, work: Any) -> list[str]:
    """The texts sent while ``work`` is done."""
    before = len(_sent(world))
    work()
    return [notification.content["text/plain"] for notification in _sent(world)[before:]]


def _look(world: World) -> dict[str, Any]:
    return world.call("CALL HUBSPOT_INGEST.CORE.SEND_ALERTS()")


def _failing(world: World) -> dict[str, Any]:
    world.token = REFUSED
    world.clock.advance(MINUTE)
    answer = world.ingest()
    assert answer["status"] == "FAILED"
    return answer


def _well(world: World) -> dict[str, Any]:
    world.token = world.portal.token
    world.clock.advance(MINUTE)
    return world.run()


# -- what is told --------------------------------------------------------------------------------


def test_a_run_that_fails_is_told_at_once_with_its_code_and_where_to_look(watched: World) -> None:
    (text,) = _new(watched, lambda: _failing(watched))

    run = watched.runs()[-1]
    assert text == (
        "contacts FAILED: CREDENTIAL_REJECTED. Look at SELECT MESSAGE FROM "
        f"HUBSPOT_INGEST.CORE.RUNS WHERE RUN_ID = '{run['RUN_ID']}'."
    )
    assert _sent(watched)[-1].options == {
        "subject": "HUBSPOT_INGEST: contacts FAILED",
        "toAddress": ["ada@example.com"],
    }


def test_a_run_that_goes_well_is_not_told(watched: World) -> None:
    assert _new(watched, lambda: _well(watched)) == []


@pytest.mark.long
def test_the_same_failure_is_told_once_however_often_it_happens(watched: World) -> None:
    _failing(watched)

    assert _new(watched, lambda: [_failing(watched), _failing(watched), _look(watched)]) == []


@pytest.mark.long
def test_another_reason_is_told_again(watched: World) -> None:
    _failing(watched)
    watched.token = "pat-na1-00000000-0000-4000-8000-000000000002"
    watched.portal.grant(watched.token, ["crm.objects.companies.read"])
    watched.clock.advance(MINUTE)

    (text,) = _new(watched, watched.ingest)
    assert "contacts FAILED: SCOPE_MISSING" in text


@pytest.mark.long
def test_it_is_told_when_it_is_over_and_once(watched: World) -> None:
    _failing(watched)

    assert _new(watched, lambda: _well(watched)) == ["contacts is no longer FAILED."]
    assert _sent(watched)[-1].options["subject"] == "HUBSPOT_INGEST: contacts recovered"
    assert _new(watched, lambda: [_well(watched), _look(watched)]) == []
    assert watched.rows("SELECT * FROM HUBSPOT_INGEST.CORE.ALERTS") == []


def test_a_scope_that_is_missing_counts_as_a_failure(watched: World) -> None:
    token = "pat-na1-00000000-0000-4000-8000-000000000002"
    watched.portal.grant(token, ["crm.objects.companies.read"])
    watched.token = token

    (text,) = _new(watched, watched.ingest)
    assert "contacts FAILED: SCOPE_MISSING" in text


@pytest.mark.long
@pytest.mark.parametrize("ran", [True, False])
def test_a_sync_that_is_late_is_told_though_no_run_happens(watched: World, ran: bool) -> None:
    if ran:
        watched.run()
    # the world's clock stands months behind the machine's, by which the view tells
    watched.configure("contacts", {**SLIM, "schedule": "60 MINUTES"})

    (text,) = _new(watched, lambda: _look(watched))
    assert text.startswith("contacts is DELAYED")
    assert _new(watched, lambda: _look(watched)) == []


@pytest.mark.long
def test_a_stopped_sync_that_nothing_carries_on_is_told(make: MakeWorld) -> None:
    world = watching(make({"contacts": 2_500}, limits=Limits(daily=20)))
    world.configure("contacts", {**SLIM, "schedule": "60 MINUTES", "reserve_percent": 0})

    # the world's clock stands months behind the machine's, by which the view tells
    (text,) = _new(world, world.ingest)

    assert world.runs()[-1]["STATUS"] == "STOPPED"
    assert text.startswith("contacts is DELAYED")


@pytest.mark.long
def test_a_run_that_goes_on_is_neither_late_nor_recovered(watched: World) -> None:
    _failing(watched)
    watched.token = watched.portal.token
    watched.clock.advance(MINUTE)
    run = watched.begin()
    next(run.steps)
    # by the machine's clock the lease has to be of today
    watched.rows("UPDATE HUBSPOT_INGEST.STATE.SYNCS SET LEASE_UNTIL = DATEADD(HOUR, 1, SYSDATE())")

    assert _new(watched, lambda: _look(watched)) == []
    watched.end(run)
    assert _new(watched, lambda: _look(watched)) == ["contacts is no longer FAILED."]


@pytest.mark.long
def test_a_certificate_that_is_incomplete_is_told_until_one_is_complete() -> None:
    with Engine() as engine:
        engine.install(APP)
        with World(engine) as world:
            watching(world).syncs.save("contacts", "contacts", {}, world.clock.now())
            texts = []
            for result in ("INCOMPLETE", "INCOMPLETE", "REPAIRED"):
                # what a comparison with HubSpot would have found
                world.rows(
                    "CREATE OR REPLACE VIEW HUBSPOT_INGEST.CORE.COMPLETENESS AS SELECT "
                    f"'contacts' AS SYNC, SYSDATE() AS CHECKED_AT, '{result}' AS RESULT, "
                    "'r1' AS RUN_ID"
                )
                texts.append(_new(world, lambda: _look(world)))

    assert texts[0][0].startswith("contacts is INCOMPLETE: its comparison")
    assert texts[1:] == [[], ["contacts is no longer INCOMPLETE."]]


# -- who is told ---------------------------------------------------------------------------------


def test_only_what_was_asked_for_is_told(watched: World) -> None:
    watched.call_with("CONFIGURE_APP", {"notifications": {"on": ["DELAYED"]}})

    assert _new(watched, lambda: _failing(watched)) == []


@pytest.mark.long
@pytest.mark.parametrize("switch", ["disable", "drop"])
def test_of_a_sync_that_was_switched_off_nobody_hears_more(watched: World, switch: str) -> None:
    _failing(watched)
    if switch == "drop":
        drop(watched.context, "contacts")
    else:
        enable(watched.context, "contacts", enabled=False)

    assert _new(watched, lambda: _look(watched)) == []
    assert watched.rows("SELECT * FROM HUBSPOT_INGEST.CORE.ALERTS") == []


@pytest.mark.long
def test_a_webhook_gets_one_line_that_fits_into_its_json(watched: World) -> None:
    watched.rows(
        "CREATE OR REPLACE NOTIFICATION INTEGRATION HOOK TYPE = WEBHOOK ENABLED = TRUE "
        "WEBHOOK_URL = 'https://hooks.example.com/x'"
    )
    watched.rows("GRANT USAGE ON INTEGRATION HOOK TO APPLICATION HUBSPOT_INGEST")
    watched.call_with(
        "CONFIGURE_APP", {"notifications": {"integration": "hook", "recipients": None}}
    )
    watched.syncs.save("other", "contacts", {"stream": "contacts"}, watched.clock.now())
    watched.token = REFUSED
    watched.call_with("CONFIGURE_APP", {"notifications": {"on": ["DELAYED"]}})
    _failing(watched)
    watched.ingest("other")
    watched.call_with("CONFIGURE_APP", {"notifications": {"on": ["FAILED"]}})
    _look(watched)

    sent = watched.engine.history.notifications[-1]
    assert (sent.kind, sent.options) == ("WEBHOOK", {})
    text = sent.content["text/plain"]
    assert text.count("\\n") == 1
    assert "\n" not in text
    assert '"' not in text


# -- what goes wrong in telling ------------------------------------------------------------------


@pytest.mark.long
def test_a_notification_that_cannot_be_sent_harms_no_run_and_is_sent_later(
    watched: World,
) -> None:
    watched.rows("ALTER NOTIFICATION INTEGRATION ALERTS SET ENABLED = FALSE")
    assert _new(watched, lambda: _failing(watched)) == []
    assert watched.errors()[-1]["CODE"] == "NOTIFICATION_FAILED"
    assert _look(watched)["response_code"] == "NOTIFICATION_FAILED"
    watched.rows("ALTER NOTIFICATION INTEGRATION ALERTS SET ENABLED = TRUE")

    (text,) = _new(watched, lambda: _look(watched))
    assert text.startswith("contacts FAILED")


@pytest.mark.parametrize(
    ("prepare", "text"),
    [
        ("DROP INTEGRATION ALERTS", "no notification integration ALERTS"),
        ("REVOKE USAGE ON INTEGRATION ALERTS FROM APPLICATION HUBSPOT_INGEST", "GRANT USAGE ON"),
        ("ALTER NOTIFICATION INTEGRATION ALERTS SET ENABLED = FALSE", "SET ENABLED = TRUE"),
    ],
)
def test_an_integration_the_app_cannot_use_is_refused_with_the_cure(
    watched: World, prepare: str, text: str
) -> None:
    watched.call_with("CONFIGURE_APP", {"notifications": None})
    watched.rows(prepare)
    answer = watched.call_with("CONFIGURE_APP", {"notifications": MAIL})

    assert answer["response_code"] == "INTEGRATION_UNUSABLE"
    assert text in answer["message"]
    (row,) = watched.rows("SELECT SETTINGS FROM HUBSPOT_INGEST.CORE.SETTINGS")
    assert "notifications" not in row["SETTINGS"]


# -- trying it -----------------------------------------------------------------------------------


def test_a_test_arrives_and_says_that_it_is_one(watched: World) -> None:
    (text,) = _new(
        watched, lambda: watched.call("CALL HUBSPOT_INGEST.CORE.SEND_TEST_NOTIFICATION()")
    )

    assert text == (
        "This is a test of HUBSPOT_INGEST. You will be told of: FAILED, DELAYED, "
        "INCOMPLETE, NEW_PROPERTIES."
    )


def test_a_recipient_snowflake_does_not_allow_is_told_by_the_test(watched: World) -> None:
    watched.call_with("CONFIGURE_APP", {"notifications": {"recipients": ["eve@example.com"]}})
    answer = watched.call("CALL HUBSPOT_INGEST.CORE.SEND_TEST_NOTIFICATION()")

    assert answer["response_code"] == "NOTIFICATION_FAILED"
    assert "not allowed" in answer["message"]


def test_without_notifications_a_test_says_what_to_do(world: World) -> None:
    answer = world.call("CALL HUBSPOT_INGEST.CORE.SEND_TEST_NOTIFICATION()")

    assert answer["response_code"] == "INVALID_SETTINGS"
    assert "configure_app" in answer["message"]


def test_a_task_looks_every_hour_while_notifications_are_configured(watched: World) -> None:
    (task,) = watched.rows("SHOW TASKS IN SCHEMA HUBSPOT_INGEST.TASKS")
    assert (task["name"], task["schedule"], task["state"]) == (
        "SEND ALERTS",
        "60 MINUTES",
        "started",
    )
    assert watched.limit("SEND ALERTS") == 15 * MINUTE
    watched.call_with("CONFIGURE_APP", {"notifications": None})
    assert watched.rows("SHOW TASKS IN SCHEMA HUBSPOT_INGEST.TASKS") == []
