"""What people do about single rows, and how a ledger begins anew."""

from __future__ import annotations

import httpx
import pytest

from hubspot_ingest.database.state.push_store import Pushes
from hubspot_ingest.database.state.runs import new_run_id
from hubspot_ingest.errors import IngestError, Refusal
from hubspot_ingest.outbound import push_runner, row_control
from hubspot_sandbox import Faults, Planned
from tests.push.conftest import MakePushWorld
from tests.push.push_world import PushWorld
from tests.runs.world import MINUTE, Answer, on_an_empty_stack


def tried(world: PushWorld, *keys: object) -> Answer:
    chosen = [str(key) for key in keys]
    return on_an_empty_stack(
        lambda: dict(row_control.try_push(world.context, "customers_out", list(chosen)))
    )


def test_a_trial_sends_these_rows_alone(push_world: PushWorld) -> None:
    push_world.configure_push()
    assert tried(push_world, 2)["rows_created"] == 1
    assert next(iter(push_world.truth().values()))["email"] == "c2@example.com"
    assert push_world.pushed()["rows_created"] == 2


def test_refused_rows_are_sent_again_when_told(push_world: PushWorld) -> None:
    other = push_world.portal.create(
        "contacts", {"email": "x@example.com", "customer_number": "77"}
    )
    push_world.configure_push(
        properties={
            "firstname": "FIRST_NAME",
            "loyalty_points": "SCORE",
            "customer_number": "STAGE",
        },
        retry_rejected="never",
    )
    push_world.update(3, STAGE="77")
    assert push_world.pushed()["rows_rejected"] == 1
    push_world.portal.update("contacts", other, {"customer_number": "78"})
    assert push_world.pushed()["rows_changed"] == 0
    answer = on_an_empty_stack(
        lambda: dict(row_control.retry_push(push_world.context, "customers_out", None))
    )
    assert answer["rows_created"] == 1
    again = row_control.retry_push(push_world.context, "customers_out", ["3"])
    assert again["response_code"] == "OK"


@pytest.mark.long
def test_rows_are_left_alone_until_a_time(push_world: PushWorld) -> None:
    push_world.configure_push()
    push_world.pushed()
    until = "2026-09-21T15:00:00Z"
    row_control.skip_rows(push_world.context, "customers_out", ["2", "9"], until)
    push_world.insert({"CUSTOMER_ID": 9, "EMAIL": "c9@example.com"})
    push_world.update(2, FIRST_NAME="Later")
    assert push_world.pushed()["rows_changed"] == 0
    push_world.clock.advance(60 * MINUTE)
    answer = push_world.pushed()
    assert (answer["rows_updated"], answer["rows_created"]) == (1, 1)
    with pytest.raises(Refusal):
        row_control.skip_rows(push_world.context, "customers_out", ["2"], "soon")


@pytest.mark.long
def test_rows_that_are_left_alone_stay_so_when_all_refused_ones_are_sent_again(
    push_world: PushWorld,
) -> None:
    push_world.update(2, EMAIL="nobody")
    push_world.update(3, EMAIL="nobody either")
    push_world.configure_push()
    push_world.pushed()
    row_control.skip_rows(push_world.context, "customers_out", ["2"], None)
    for key in (2, 3):
        push_world.update(key, EMAIL=f"c{key}@example.com")

    answer = on_an_empty_stack(
        lambda: dict(row_control.retry_push(push_world.context, "customers_out", None))
    )

    assert answer["rows_created"] == 1
    assert push_world.pushed()["rows_changed"] == 0
    # named, it is meant
    row_control.retry_push(push_world.context, "customers_out", ["2"])
    assert len(push_world.truth()) == 3


def test_a_forgotten_ledger_finds_its_records_again(push_world: PushWorld) -> None:
    push_world.configure_push()
    push_world.pushed()
    row_control.reset_push(push_world.context, "customers_out", "forget")
    assert push_world.push_rows() == []
    answer = push_world.pushed()
    assert (answer["rows_changed"], answer["rows_created"], answer["rows_updated"]) == (3, 0, 0)
    assert len(push_world.truth()) == 3


def test_adopting_takes_over_ids_and_values_and_sends_nothing(push_world: PushWorld) -> None:
    for key in (1, 2):
        push_world.portal.create(
            "contacts",
            {"email": f"c{key}@example.com", "firstname": f"Name {key}", "loyalty_points": "10"},
        )
    push_world.configure_push()
    assert push_world.plan()["adopt_offered"] is True
    before = push_world.truth()
    answer = on_an_empty_stack(
        lambda: dict(row_control.reset_push(push_world.context, "customers_out", "adopt"))
    )
    assert (answer["rows_adopted"], push_world.truth()) == (2, before)
    run = push_world.pushed()
    assert (run["rows_changed"], run["rows_updated"], run["rows_created"]) == (2, 1, 1)


def test_a_row_is_explained(push_world: PushWorld) -> None:
    push_world.update(3, EMAIL="nobody")
    push_world.configure_push()
    push_world.pushed()
    explained = {
        key: push_world.call(f"CALL HUBSPOT_INGEST.CORE.EXPLAIN_ROW('customers_out', '{key}')")
        for key in ("1", "3", "4")
    }
    assert explained["1"]["state"] == "SYNCED"
    assert explained["1"]["sent"]["firstname"] == "Name 1"
    assert (explained["3"]["state"], explained["3"]["code"]) == ("INVALID", "EMAIL_INVALID")
    assert explained["4"]["state"] is None


@pytest.mark.long
def test_a_refused_row_that_was_never_sent_is_forgotten_once_it_is_gone(
    push_world: PushWorld,
) -> None:
    push_world.update(2, EMAIL="nobody")
    push_world.update(3, EMAIL="no one")
    push_world.configure_push()
    push_world.pushed()
    refused = {row["ROW_KEY"] for row in push_world.push_rows() if row["STATE"] == "INVALID"}

    push_world.delete(1)
    push_world.delete(3)
    push_world.plan()
    looked_at = {row["ROW_KEY"] for row in push_world.push_rows()}
    push_world.pushed()

    assert (refused, looked_at) == ({"2", "3"}, {"1", "2", "3"})
    # what was sent is remembered, and what is refused still
    assert {row["ROW_KEY"] for row in push_world.push_rows()} == {"1", "2"}


@pytest.mark.long
def test_a_refused_row_that_is_left_alone_is_so_when_it_comes_back(push_world: PushWorld) -> None:
    push_world.update(2, EMAIL="nobody")
    push_world.configure_push()
    push_world.pushed()
    until = "2099-01-01T00:00:00Z"
    row_control.skip_rows(push_world.context, "customers_out", ["2"], until)
    push_world.delete(2)
    push_world.pushed()
    push_world.insert({"CUSTOMER_ID": 2, "EMAIL": "c2@example.com"})
    assert push_world.pushed()["rows_changed"] == 0


@pytest.mark.long
def test_an_empty_source_lets_no_refused_row_be_forgotten(push_world: PushWorld) -> None:
    push_world.update(2, EMAIL="nobody")
    push_world.configure_push()
    push_world.pushed()
    for key in (1, 2, 3):
        push_world.delete(key)
    assert push_world.push()["status"] == "HELD"
    assert {row["ROW_KEY"] for row in push_world.push_rows()} == {"1", "2", "3"}


def test_rows_that_are_tried_while_a_push_is_held_lead_to_the_whole_plan(
    push_world: PushWorld,
) -> None:
    """The plan of some rows is no plan of the next run: there is nothing in it to confirm."""
    push_world.configure_push()
    push_world.pushed()
    Pushes(push_world.database).hold("customers_out", "somebody is to look at it")
    push_world.update(1, SCORE=99)

    answer = tried(push_world, 1)

    assert answer["status"] == "HELD"
    assert "call plan_push('customers_out')" in answer["message"]
    assert "push_to_hubspot" not in answer["message"]


def test_a_person_settles_what_nobody_knows(make_push: MakePushWorld) -> None:
    world = make_push(faults=Faults(plan=[Planned("dropped", endpoint="/batch/create")]))
    world.insert({"CUSTOMER_ID": 1, "EMAIL": "c1@example.com", "FIRST_NAME": "Anna"})
    world.configure_push(external_id=None, duplicates_possible=True)
    with pytest.raises(Refusal, match="UNKNOWN"):
        row_control.resolve_row(world.context, "customers_out", "1", "5")
    # an e-mail address is as good as an external id
    assert world.pushed()["rows_created"] == 1
    assert len(world.truth()) == 1
    world.database.rows(
        "UPDATE HUBSPOT_INGEST.STATE.PUSH_ROWS SET STATE = 'UNKNOWN', CODE = 'OUTCOME_UNKNOWN', "
        "MESSAGE = 'the answer was lost'"
    )
    [record_id] = world.truth()
    row_control.resolve_row(world.context, "customers_out", "1", record_id)
    [settled] = world.push_rows()
    assert (settled["STATE"], settled["CODE"], settled["MESSAGE"]) == ("SYNCED", None, None)
    assert world.pushed()["rows_created"] == 0
    assert [row["RECORD_ID"] for row in world.push_rows()] == [record_id]


def in_doubt(world: PushWorld, key: int = 1) -> str:
    """The record of a row that was sent, after what became of the row was forgotten."""
    world.configure_push()
    world.pushed()
    [row] = [row for row in world.push_rows() if row["ROW_KEY"] == str(key)]
    world.database.rows(
        "UPDATE HUBSPOT_INGEST.STATE.PUSH_ROWS SET STATE = 'UNKNOWN', RECORD_ID = NULL, "
        f"CODE = 'OUTCOME_UNKNOWN', MESSAGE = 'the answer was lost' WHERE ROW_KEY = '{key}'"
    )
    world.asked()
    return str(row["RECORD_ID"])


def settled(world: PushWorld, record_id: str | None, key: int = 1) -> Answer:
    return dict(row_control.resolve_row(world.context, "customers_out", str(key), record_id))


def refused_as(world: PushWorld, record_id: str) -> tuple[str, str]:
    """How a row is not settled: code and message, with the ledger as it was."""
    before = world.push_rows()
    with pytest.raises(IngestError) as refused:
        settled(world, record_id)
    assert world.push_rows() == before
    return refused.value.response_code, refused.value.message


def test_a_row_is_settled_by_no_record_that_hubspot_does_not_have(push_world: PushWorld) -> None:
    in_doubt(push_world)
    code, message = refused_as(push_world, "999999")
    assert (code, "no record 999999 among contacts" in message) == ("UNKNOWN_RECORD", True)


def test_a_row_is_settled_by_no_archived_record(push_world: PushWorld) -> None:
    record_id = in_doubt(push_world)
    push_world.portal.archive("contacts", record_id)
    code, message = refused_as(push_world, record_id)
    assert (code, "is archived in HubSpot" in message) == ("UNKNOWN_RECORD", True)


def test_where_archived_records_are_not_to_be_read_one_is_not_there(push_world: PushWorld) -> None:
    record_id = in_doubt(push_world)
    push_world.portal.archive("contacts", record_id)

    def unreadable(request: httpx.Request, _: httpx.Response) -> httpx.Response | None:
        is_archived = request.url.params.get("archived") == "true"
        return httpx.Response(400, json={"message": "not supported"}) if is_archived else None

    push_world.instead = unreadable
    assert refused_as(push_world, record_id)[0] == "UNKNOWN_RECORD"


@pytest.mark.parametrize("is_merged", [False, True])
def test_a_row_is_settled_by_no_record_of_another_row(
    push_world: PushWorld, is_merged: bool
) -> None:
    given = in_doubt(push_world)
    [other] = [row["RECORD_ID"] for row in push_world.push_rows() if row["ROW_KEY"] == "2"]
    if is_merged:
        push_world.portal.merge("contacts", str(other), given)
    else:
        given = str(other)
    code, message = refused_as(push_world, given)
    assert (code, "row '2' of customers_out" in message) == ("RECORD_TAKEN", True)


def test_a_row_may_be_settled_by_the_record_that_it_had(push_world: PushWorld) -> None:
    record_id = in_doubt(push_world)
    push_world.database.rows(
        "UPDATE HUBSPOT_INGEST.STATE.PUSH_ROWS SET RECORD_ID = ? WHERE ROW_KEY = '1'", [record_id]
    )
    assert settled(push_world, record_id)["message"].endswith(f"is the record {record_id} now")
    assert [seen.method for seen in push_world.asked()] == ["GET"]


def test_a_row_is_settled_by_the_survivor_of_a_record_that_was_merged_away(
    push_world: PushWorld,
) -> None:
    record_id = in_doubt(push_world)
    stranger = push_world.portal.create("contacts", {"email": "x@example.com"})
    survivor = push_world.portal.merge("contacts", record_id, stranger)

    answer = settled(push_world, stranger)

    told = f"is the record {survivor} now, into which {stranger} was merged"
    assert answer["message"].endswith(told)
    [row] = [row for row in push_world.push_rows() if row["ROW_KEY"] == "1"]
    assert (row["STATE"], row["RECORD_ID"]) == ("SYNCED", survivor)


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "CREDENTIAL_REJECTED"), (403, "SCOPE_MISSING"), (503, "HUBSPOT_UNAVAILABLE")],
)
def test_a_row_is_not_settled_while_hubspot_does_not_say_what_is_there(
    push_world: PushWorld, status: int, code: str
) -> None:
    record_id = in_doubt(push_world)
    push_world.instead = lambda request, _: httpx.Response(
        status, json={"status": "error", "message": "no"}, request=request
    )
    assert refused_as(push_world, record_id)[0] == code


def test_a_row_is_settled_by_no_record_of_another_portal(push_world: PushWorld) -> None:
    record_id = in_doubt(push_world)
    push_world.database.rows("UPDATE HUBSPOT_INGEST.STATE.PUSHES SET PORTAL_ID = '7'")
    assert refused_as(push_world, record_id)[0] == "OTHER_PORTAL"


def test_a_row_is_settled_by_no_record_while_a_run_goes_on(push_world: PushWorld) -> None:
    record_id = in_doubt(push_world)
    now = push_world.clock.now()
    with push_runner.leased(push_world.context, "customers_out", new_run_id(now)):
        assert refused_as(push_world, record_id)[0] == "SYNC_BUSY"


@pytest.mark.parametrize("text", ["0", "012", "\u0661\u0662", "1 2", "1_2", "", "9" * 21])
def test_what_is_no_record_id_is_not_asked_for(push_world: PushWorld, text: str) -> None:
    in_doubt(push_world)
    assert refused_as(push_world, text)[0] == "INVALID_SETTINGS"
    assert push_world.asked() == []


def test_a_row_that_is_to_be_created_again_asks_hubspot_nothing(push_world: PushWorld) -> None:
    in_doubt(push_world)
    assert settled(push_world, None)["response_code"] == "OK"
    assert push_world.asked() == []
