"""What is sent for a row, in which order, and what is believed of HubSpot's answer."""

from __future__ import annotations

from typing import Any

from hubspot_ingest.errors import HubSpotRefused
from hubspot_ingest.outbound.rows import Action, PlannedRow
from hubspot_ingest.outbound.sending import Sender
from tests.unit.push_builders import DEFINITIONS, STAGES, Answers, a_mapping

ORDER = [value for value, _ in STAGES]


class Contact:
    """One contact: its stage only goes forward, and some values are refused."""

    def __init__(self, stage: str, refuses: str = "", *, ignores_clears: bool = False) -> None:
        self.values = {"lifecyclestage": stage, "firstname": "Anna"}
        self._refuses = refuses
        self._ignores_clears = ignores_clears

    def answer(self, kind: str, inputs: list[dict[str, Any]]) -> Any:
        [sent] = inputs
        for name, value in sent.get("properties", {}).items():
            if value == self._refuses and value:
                raise HubSpotRefused("no", 400, {"message": "no", "category": "VALIDATION_ERROR"})
            stage = self.values["lifecyclestage"]
            backward = name == "lifecyclestage" and value in ORDER and stage in ORDER
            if backward and ORDER.index(value) < ORDER.index(stage):
                continue
            if value or not self._ignores_clears:
                self.values[name] = value
        answered = dict(self.values)
        if self._ignores_clears and kind != "read":
            # an answer need not hold what is empty
            answered.pop("firstname")
        return {"results": [{"id": "1", "properties": answered}]}


def sent(contact: Contact, **payload: str) -> tuple[Any, list[dict[str, str]]]:
    answers = Answers(contact.answer)
    mapping = a_mapping(lifecycle_backward="clear_first")
    sender = Sender(answers, mapping, DEFINITIONS, "run", moves_stages_back=True)
    before = dict(contact.values)
    row = PlannedRow(1, "1", Action.UPDATE, record_id="1", payload=payload, before=before)
    [outcome] = sender.send(Action.UPDATE, [row])
    return outcome, [inputs[0]["properties"] for kind, inputs in answers.sent if kind == "update"]


def test_a_stage_goes_back_over_an_empty_one() -> None:
    contact = Contact("customer")
    outcome, updates = sent(contact, lifecyclestage="lead", firstname="Berta")
    assert (outcome.outcome, contact.values["lifecyclestage"]) == ("UPDATED", "lead")
    assert updates[1] == {"lifecyclestage": ""}
    assert outcome.changed["lifecyclestage"] == ["customer", "lead", "lead"]


def test_a_stage_that_goes_forward_is_written_once() -> None:
    outcome, updates = sent(Contact("lead"), lifecyclestage="customer")
    assert (outcome.outcome, len(updates)) == ("UPDATED", 1)


def test_a_stage_stays_where_the_row_is_refused() -> None:
    contact = Contact("customer", refuses="Berta")
    outcome, updates = sent(contact, lifecyclestage="lead", firstname="Berta")
    assert (outcome.outcome, contact.values["lifecyclestage"]) == ("REJECTED", "customer")
    assert {"lifecyclestage": ""} not in updates


def test_a_stage_that_is_not_taken_after_all_is_put_back() -> None:
    contact = Contact("customer")

    def refuses_once_cleared(kind: str, inputs: list[dict[str, Any]]) -> Any:
        if not contact.values["lifecyclestage"] and inputs[0]["properties"] != {
            "lifecyclestage": "customer"
        }:
            raise HubSpotRefused("no", 400, {"message": "no", "category": "VALIDATION_ERROR"})
        return contact.answer(kind, inputs)

    answers = Answers(refuses_once_cleared)
    sender = Sender(answers, a_mapping(), DEFINITIONS, "run", moves_stages_back=True)
    stages = {"lifecyclestage": "customer"}
    row = PlannedRow(1, "1", Action.UPDATE, "1", {"lifecyclestage": "lead"}, stages)
    [outcome] = sender.send(Action.UPDATE, [row])
    assert (outcome.outcome, contact.values["lifecyclestage"]) == ("IGNORED", "customer")


def test_a_clear_that_hubspot_ignores_is_no_clear() -> None:
    answers = Answers(Contact("lead", ignores_clears=True).answer)
    sender = Sender(answers, a_mapping(), DEFINITIONS, "run")
    before = {"firstname": "Anna"}
    row = PlannedRow(1, "1", Action.CLEAR, "1", {"firstname": ""}, before)
    [outcome] = sender.send(Action.CLEAR, [row])
    assert (outcome.outcome, outcome.sent) == ("IGNORED", {"firstname": "Anna"})


def test_an_address_that_finds_a_contact_is_not_written_to_it() -> None:
    """It may be the contact's second one."""

    def answer(_: str, inputs: list[dict[str, Any]]) -> Any:
        properties = {"email": "first@example.com", "firstname": "Berta", "snowflake_key": "1"}
        trace = inputs[0]["objectWriteTraceId"]
        record = {"id": "7", "properties": properties, "new": False, "objectWriteTraceId": trace}
        return {"results": [record]}

    answers = Answers(answer)
    sender = Sender(answers, a_mapping(read_before_write=False), DEFINITIONS, "run")
    payload = {"email": "second@example.com", "firstname": "Berta", "snowflake_key": "1"}
    row = PlannedRow(1, "1", Action.CREATE, payload=payload, sent=payload)
    [outcome] = sender.send(Action.CREATE, [row])
    [(kind, [upsert])] = answers.sent
    assert (kind, upsert["id"], upsert["idProperty"]) == ("upsert", "second@example.com", "email")
    assert "email" not in upsert["properties"]
    assert (outcome.outcome, outcome.record_id) == ("UPDATED", "7")
    assert outcome.sent is not None
    assert outcome.sent["email"] == "second@example.com"


def test_what_hubspot_says_nothing_of_is_done_only_where_the_record_shows_it() -> None:
    values = {"1": "Berta", "2": "Anna"}

    def answer(kind: str, _: list[dict[str, Any]]) -> Any:
        if kind == "update":
            return {"results": []}
        results = [{"id": id, "properties": {"firstname": name}} for id, name in values.items()]
        return {"results": results}

    sender = Sender(Answers(answer), a_mapping(), DEFINITIONS, "run")
    rows = [
        PlannedRow(n, str(n), Action.UPDATE, str(n), {"firstname": "Berta"}, {"firstname": "Anna"})
        for n in (1, 2)
    ]
    states = {outcome.row.key: outcome.state for outcome in sender.send(Action.UPDATE, rows)}
    assert states == {"1": "SYNCED", "2": "UNKNOWN"}


def test_refusals_that_name_no_row_are_told_apart_by_sending_rows_alone() -> None:
    def answer(_: str, inputs: list[dict[str, Any]]) -> Any:
        values = {sent["id"]: sent["properties"] for sent in inputs}
        results = [{"id": id, "properties": values[id]} for id in values if id in ("2", "4")]
        errors = [
            {"category": "VALIDATION_ERROR", "message": f"{id} is no good"}
            for id in values
            if id not in ("2", "4")
        ]
        return {"results": results, "errors": errors}

    sender = Sender(Answers(answer), a_mapping(), DEFINITIONS, "run")
    rows = [PlannedRow(n, str(n), Action.UPDATE, str(n), {"firstname": "B"}) for n in range(1, 5)]
    outcomes = {outcome.row.key: outcome for outcome in sender.send(Action.UPDATE, rows)}
    assert {key: outcome.outcome for key, outcome in outcomes.items()} == {
        "1": "REJECTED",
        "2": "UPDATED",
        "3": "REJECTED",
        "4": "UPDATED",
    }
    assert outcomes["3"].message == "HubSpot: 3 is no good"


def test_what_hubspot_acknowledges_and_does_not_show_yet_is_stored() -> None:
    def answer(kind: str, _: list[dict[str, Any]]) -> Any:
        return {"results": [] if kind == "read" else [{"id": "1", "properties": {}}]}

    sender = Sender(Answers(answer), a_mapping(), DEFINITIONS, "run")
    row = PlannedRow(1, "1", Action.UPDATE, "1", {"firstname": "Berta"}, {"firstname": "Anna"})
    [outcome] = sender.send(Action.UPDATE, [row])
    assert (outcome.outcome, outcome.sent) == ("UPDATED", {"firstname": "Berta"})


def test_records_without_anything_unique_are_told_by_their_values() -> None:
    """HubSpot's own examples of answers have no trace ids; results come in any order."""

    def answer(_: str, inputs: list[dict[str, Any]]) -> Any:
        records = [
            {"id": str(n), "properties": sent["properties"]} for n, sent in enumerate(inputs)
        ]
        return {"results": records[::-1]}

    mapping = a_mapping(strategy="create", match=None, external_id=None, duplicates_possible=True)
    sender = Sender(Answers(answer), mapping, DEFINITIONS, "run")
    payloads = [
        {"firstname": "Ada"},
        {"firstname": "Ada", "lifecyclestage": "lead"},
        {"firstname": "Berta"},
        {"firstname": "Berta"},
    ]
    rows = [PlannedRow(n, str(n), Action.CREATE, payload=each) for n, each in enumerate(payloads)]
    outcomes = {outcome.row.key: outcome for outcome in sender.send(Action.CREATE, rows)}
    assert {outcome.outcome for outcome in outcomes.values()} == {"CREATED"}
    assert [outcomes[key].record_id for key in ("0", "1")] == ["0", "1"]
    assert {outcomes[key].record_id for key in ("2", "3")} == {"2", "3"}
