"""Pushes are watched as syncs are: alerts, DOCTOR, the day's requests, costs and old runs."""

from __future__ import annotations

import pytest

from hubspot_ingest.database.state.budgets import Budgets
from hubspot_ingest.database.state.push_store import Pushes
from hubspot_ingest.diagnose import doctor
from hubspot_ingest.errors import SyncBusy
from hubspot_ingest.times import DAY
from tests.push.push_world import CUSTOMERS, PushWorld
from tests.runs.test_alerts import watching
from tests.runs.world import MINUTE, on_an_empty_stack


def alerts(world: PushWorld) -> list[str]:
    return [
        notification.content["text/plain"]
        for notification in world.engine.history.notifications
        if notification.integration == "ALERTS"
    ]


def test_a_push_that_fails_is_held_or_has_refused_rows_is_told_and_its_end(
    push_world: PushWorld,
) -> None:
    watching(push_world)
    push_world.configure_push(match={"email": "EMAIL"})
    before = len(alerts(push_world))
    push_world.update(1, EMAIL="nobody")
    push_world.pushed()
    push_world.database.rows(f"DELETE FROM {CUSTOMERS}")
    push_world.clock.advance(MINUTE)
    held = push_world.push()
    push_world.insert({"CUSTOMER_ID": 1, "EMAIL": "c1@example.com"})
    push_world.clock.advance(MINUTE)
    push_world.pushed()
    heard = alerts(push_world)[before:]
    assert [text.partition(".")[0] for text in heard] == [
        "customers_out is INCOMPLETE: rows of it were refused, or it is not known whether they "
        "were written",
        "customers_out FAILED: SOURCE_EMPTY",
        "customers_out is no longer FAILED",
    ]
    assert "PUSH_ROWS WHERE PUSH = 'customers_out'" in heard[0]
    assert str(held["run_id"]) in heard[1]
    assert "customers_out is no longer INCOMPLETE" in heard[2]


def findings(world: PushWorld) -> dict[str, list[str]]:
    """What DOCTOR finds that is not well, by check."""
    answer = on_an_empty_stack(lambda: dict(doctor.doctor_report(world.context)))
    wrong: dict[str, list[str]] = {}
    for finding in answer["findings"]:
        if finding["severity"] != "OK":
            assert finding["cure"], finding
            wrong.setdefault(finding["check"], []).append(finding["finding"])
    return wrong


def test_doctor_tells_what_is_wrong_with_pushes(push_world: PushWorld) -> None:
    push_world.configure_push(schedule="60 MINUTES")
    push_world.update(1, EMAIL="nobody")
    push_world.pushed()
    write, deals = "crm.objects.contacts.write", "crm.objects.deals.write"
    scopes = ["crm.objects.contacts.read", "oauth"]
    push_world.portal.grant("pat-na1-fits", [*scopes, write])
    push_world.token = "pat-na1-fits"
    fine = findings(push_world)
    assert "SCOPES" not in fine
    # the world's clock stands months behind the machine's, by which the view tells
    assert fine["PUSH"] == ["the push customers_out is DELAYED: 1 rows were refused, 0 are unknown"]
    push_world.portal.grant("pat-na1-other", [*scopes, deals])
    push_world.token = "pat-na1-other"
    push_world.database.rows(f"DROP TABLE {CUSTOMERS}")
    push_world.rows('ALTER TASK HUBSPOT_INGEST.TASKS."CUSTOMERS_OUT" SUSPEND')
    ill = findings(push_world)
    assert ill["SCOPES"] == [
        "the credential of writer may not write contacts, which the push customers_out does",
        "the credential of writer may write deals, and no push of it needs that",
    ]
    assert "cannot read MARTS.CRM.CUSTOMERS" in ill["SOURCE"][0]
    assert ill["TASK"] == ["customers_out has a schedule, but its task is suspended"]


def test_a_credential_that_only_reads_and_may_write_is_told(push_world: PushWorld) -> None:
    push_world.connect("reader", writes=False)
    push_world.configure("contacts", {"connection": "reader"})
    [finding] = findings(push_world)["SCOPES"]
    assert "of reader may write contacts, companies" in finding
    assert finding.endswith("and it is there to read only")


def test_a_running_push_shares_the_limits_by_its_priority(push_world: PushWorld) -> None:
    push_world.configure_push(priority="high")
    now = push_world.clock.now()
    pushes, budgets = Pushes(push_world.database), Budgets(push_world.database)
    pushes.take_lease("customers_out", "run", now, process="p", weight=4)
    [holder] = budgets.holders(now)
    assert (holder.process, holder.connection, holder.weight) == ("p", "writer", 4)
    with pytest.raises(SyncBusy):
        pushes.take_lease("customers_out", "other", now)


def test_what_pushes_use_counts_in_budget_and_costs(push_world: PushWorld) -> None:
    push_world.configure_push()
    run = push_world.pushed()
    push_world.database.rows(
        "UPDATE HUBSPOT_INGEST.STATE.CONNECTIONS SET PORTAL_ID = "
        "(SELECT ANY_VALUE(PORTAL_ID) FROM HUBSPOT_INGEST.STATE.PORTALS) WHERE NAME = 'writer'"
    )
    [budget] = push_world.rows("SELECT USED_BY_US FROM HUBSPOT_INGEST.CORE.BUDGET")
    [costs] = push_world.rows("SELECT SYNC, REQUESTS, RUNS FROM HUBSPOT_INGEST.CORE.COSTS")
    assert budget["USED_BY_US"] == run["requests"]
    assert (costs["SYNC"], costs["REQUESTS"], costs["RUNS"]) == (
        "customers_out",
        run["requests"],
        1,
    )


def test_outcomes_go_with_their_runs_once_a_day(push_world: PushWorld) -> None:
    push_world.configure_push()
    push_world.pushed()
    push_world.clock.advance(401 * DAY)
    push_world.update(1, FIRST_NAME="New")
    second = push_world.pushed()["run_id"]
    runs = {row["RUN_ID"] for row in push_world.push_rows("PUSH_OUTCOMES")}
    assert runs == {second}
    assert [run["RUN_ID"] for run in push_world.runs()] == [second]
