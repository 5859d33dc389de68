"""EXPLAIN_ROW says the right reason, whatever befell the record."""

from __future__ import annotations

import pytest

from hubspot_ingest.diagnose import explain_row
from hubspot_ingest.errors import Refusal
from tests.runs.conftest import MakeWorld
from tests.runs.explain.faulty import LAG, TITLED, Faulty, faulty
from tests.runs.world import CONTACTS, HOUR, Answer, World, on_an_empty_stack


def explain(world: World, id_: str, sync: str = "contacts") -> Answer:
    return on_an_empty_stack(lambda: dict(explain_row.row_explanation(world.context, sync, id_)))


def _wrong(life: Faulty, count: int) -> list[tuple[str, str, Answer]]:
    wrong = []
    for id_ in life.sample(count):
        answer = explain(life.world, id_)
        if answer["reason"] != life.expected[id_]:
            wrong.append((id_, life.expected[id_], answer))
    return wrong


def test_the_reason_is_right_in_a_portal_with_known_faults(make: MakeWorld) -> None:
    assert _wrong(faulty(make({"contacts": 400})), 100) == []


@pytest.mark.nightly
def test_the_reason_is_right_for_ten_thousand_ids(make: MakeWorld) -> None:
    assert _wrong(faulty(make({"contacts": 12_000})), 10_000) == []


def test_an_explanation_costs_at_most_four_requests(make: MakeWorld) -> None:
    life = faulty(make({"contacts": 120}))
    for id_ in life.sample(40):
        life.world.asked()
        explain(life.world, id_)
        assert len(life.world.asked()) <= 4


def test_the_call_says_it_in_a_sentence_with_its_facts(served: World) -> None:
    served.call("CALL ingest_hubspot('contacts')")
    id_ = served.ids()[0]
    answer = served.call(f"CALL explain_row('contacts', '{id_}')")
    assert (answer["response_code"], answer["reason"]) == ("OK", "PRESENT")
    assert answer["message"] == f"record {id_} of contacts is in {CONTACTS} as HubSpot has it"
    assert answer["facts"]["row"]["run_id"] == answer["facts"]["last_run"]["run_id"]
    assert answer["facts"]["hubspot"]["standing"] == "LIVE"


def test_a_sync_whose_first_run_failed_has_loaded_nothing(world: World) -> None:
    world.slim()
    assert explain(world, world.portal.create("contacts", {}))["reason"] == "NOT_LOADED"


def test_what_was_last_changed_before_updated_after_is_left_out(world: World) -> None:
    world.slim(updated_after="2026-09-21T00:00:00Z")
    world.run()
    id_ = next(world.portal.records("contacts")).id
    answer = explain(world, id_)
    assert answer["reason"] == "FILTERED_OUT"
    assert "updated_after" in answer["message"]


def test_what_the_search_does_not_know_yet_is_not_taken_for_filtered_out(world: World) -> None:
    world.slim(filter_groups=[TITLED])
    world.run()
    world.sandbox.search_lag_ms = LAG
    id_ = world.portal.create("contacts", {"jobtitle": "New"})
    answer = explain(world, id_)
    assert answer["reason"] == "NOT_SETTLED"
    assert "search" in answer["message"]


def test_a_record_that_came_back_is_told_though_its_row_is_marked(world: World) -> None:
    world.slim(include_archived=True)
    world.run()
    id_ = world.ids()[0]
    world.portal.archive("contacts", id_)
    world.clock.advance(HOUR)
    world.run()
    world.portal.restore("contacts", id_)
    answer = explain(world, id_)
    assert answer["reason"] == "STALE"
    assert "marked ARCHIVED" in answer["message"]


@pytest.mark.parametrize("id_", ["jane", "0x12", "-1"])
def test_what_is_no_id_never_existed(world: World, id_: str) -> None:
    world.slim()
    world.run()
    answer = explain(world, id_)
    assert answer["reason"] == "NEVER_EXISTED"
    assert "ids are numbers" in answer["message"]


def test_without_an_id_nothing_is_explained(served: World) -> None:
    served.call("CALL ingest_hubspot('contacts')")
    assert served.call("CALL explain_row('contacts', ' ')")["response_code"] == "INVALID_SETTINGS"


def test_a_sync_that_is_not_there_is_told(served: World) -> None:
    assert served.call("CALL explain_row('contact', '1')")["response_code"] == "UNKNOWN_SYNC"


def test_of_a_stream_without_records_the_table_tells(world: World) -> None:
    world.syncs.save("owners", "owners", {}, world.clock.now())
    owners = "HUBSPOT_DATA.CRM.OWNERS"
    assert explain(world, "1", "owners")["reason"] == "NOT_LOADED"
    world.run("owners")
    id_ = world.ids(owners)[0]
    assert explain(world, id_, "owners")["reason"] == "PRESENT"
    assert explain(world, "1", "owners")["reason"] == "NEVER_EXISTED"


def test_a_key_of_several_columns_is_given_joined(world: World) -> None:
    world.syncs.save("property_groups", "property_groups", {}, world.clock.now())
    world.run("property_groups")
    keys = ("OBJECT_TYPE", "NAME")
    (first, *_) = world.rows(f"SELECT {', '.join(keys)} FROM HUBSPOT_DATA.CRM.PROPERTY_GROUPS")
    whole = "/".join(first[key] for key in keys)
    assert explain(world, whole, "property_groups")["reason"] == "PRESENT"


def test_a_view_is_not_explained(world: World) -> None:
    world.syncs.save("engagements", "engagements", {}, world.clock.now())
    with pytest.raises(Refusal, match="explain the row of the stream it comes from"):
        explain(world, "1", "engagements")
