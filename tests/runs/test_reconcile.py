"""A table compared with HubSpot: what differs is named and repaired, all else left alone."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

import httpx
import pytest

from hubspot_ingest.errors import IngestError, Refusal, SyncBusy, UnknownSync
from hubspot_ingest.inbound.reconcile import bisection, comparison, repairs
from hubspot_ingest.inbound.reconcile.reconciliation import reconcile
from tests.nights import first_of_each
from tests.runs.conftest import MakeWorld
from tests.runs.world import CONTACTS, HOUR, MINUTE, World, on_an_empty_stack

FILTER = [{"filters": [{"propertyName": "jobtitle", "operator": "EQ", "value": "Yes"}]}]
EVERYBODY = [{"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}]}]
Answer = dict[str, Any]


def compare(world: World, sync: str = "contacts") -> Answer:
    return on_an_empty_stack(lambda: dict(reconcile(world.context, sync)))


def loaded(make: MakeWorld, count: int, **settings: Any) -> World:
    """So many contacts, settled in their table."""
    world = make({"contacts": count}).slim(**settings)
    world.clock.advance(HOUR)
    world.run()
    world.asked()
    return world


@pytest.fixture
def world(make: MakeWorld) -> World:
    return loaded(make, 600)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> None:
    """More rows than are few are counted: those that RECONCILE counts take long to make."""
    monkeypatch.setattr(comparison, "ONE_BY_ONE", bisection.FEW)


def quoted(ids: Iterable[str]) -> str:
    return ", ".join(f"'{id}'" for id in ids)


def kinds(answer: Answer) -> dict[str, str]:
    return {row["id"]: row["kind"] for row in answer["differences"]}


def test_a_table_that_agrees_is_complete(world: World) -> None:
    answer = compare(world)
    assert (answer["response_code"], answer["result"]) == ("OK", "COMPLETE")
    assert (answer["hubspot_records"], answer["table_records"]) == (600, 600)
    assert answer["differences"] == []


def test_missing_rows_are_named_and_brought_back(world: World) -> None:
    missing_ids = Random(1).sample(world.ids(), 7)
    world.rows(f"DELETE FROM {CONTACTS} WHERE ID IN ({quoted(missing_ids)})")
    answer = compare(world)
    assert answer["result"] == "REPAIRED"
    assert kinds(answer) == dict.fromkeys(missing_ids, "MISSING")
    assert world.landed() == world.truth()


@pytest.mark.long
def test_a_comparison_reads_few_old_ids_alone_however_many_rows_are_too_many(
    make: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairs, "SHOWN", 5)
    monkeypatch.setattr(repairs.Repairs, "_single_reads", 2)
    world = loaded(make, 30, filter_groups=EVERYBODY)
    *purged, first, second = world.ids()[:17]
    world.portal.merge("contacts", first, second)
    for id in purged:
        world.portal.purge("contacts", id)
    compare(world)
    single_reads = [seen.path for seen in world.asked() if seen.path.rsplit("/", 1)[-1].isdigit()]
    assert {path.rsplit("/", 1)[-1] for path in single_reads} == {*purged[:2]}
    assert set(world.ids(where="_DELETED_AT IS NULL")) == set(world.truth())


def test_a_comparison_is_a_run_with_what_it_did_and_what_it_cost(world: World) -> None:
    loading = world.runs()[-1]
    world.clock.advance(MINUTE)
    world.rows(f"DELETE FROM {CONTACTS} WHERE ID = '{world.ids()[3]}'")
    answer = compare(world)
    run = world.runs()[-1]
    assert (run["RUN_ID"], run["STRATEGY"]) == (answer["run_id"], "RECONCILE")
    assert (run["STATUS"], run["MESSAGE"]) == ("SUCCEEDED", answer["message"])
    assert (run["ROWS_INSERTED"], run["REQUESTS"]) == (1, answer["requests"])
    (costs,) = world.rows("SELECT SUM(REQUESTS) AS REQUESTS FROM HUBSPOT_INGEST.CORE.COSTS")
    assert costs["REQUESTS"] == loading["REQUESTS"] + answer["requests"]
    assert world.sync()["LAST_RUN_ID"] == loading["RUN_ID"]


@pytest.mark.long
def test_a_comparison_that_fails_is_a_run_that_failed(world: World) -> None:
    world.closed = ("/crm/objects/2026-09/contacts",)
    with pytest.raises(IngestError) as refused:
        compare(world)
    run = world.runs()[-1]
    assert (run["STATUS"], run["RESPONSE_CODE"]) == (
        refused.value.status,
        refused.value.response_code,
    )
    assert world.sync()["LAST_RUN_STATUS"] == "SUCCEEDED"


def test_stale_rows_are_named_and_refreshed(world: World) -> None:
    record_id, other = world.ids()[3], world.ids()[400]
    for stale in (record_id, other):
        world.rows(
            f"UPDATE {CONTACTS} SET UPDATED_AT = DATEADD(DAY, -9, UPDATED_AT), "
            f"PROPERTIES = PARSE_JSON('{{}}') WHERE ID = '{stale}'"
        )
    answer = compare(world)
    assert kinds(answer) == {record_id: "STALE", other: "STALE"}
    assert world.landed() == world.truth()


TYPED = {
    "text": "PROPERTIES_JOBTITLE = 'By hand'",
    "number": "PROPERTIES_NUM_ASSOCIATED_DEALS = 99",
    "datetime": "PROPERTIES_CREATEDATE = DATEADD(DAY, 1, PROPERTIES_CREATEDATE)",
    "nothing": "PROPERTIES_EMAIL = NULL",
}


@pytest.mark.parametrize("edit", TYPED.values(), ids=[*TYPED])
def test_a_column_that_a_hand_changed_is_set_to_what_properties_gives(
    make: MakeWorld, edit: str
) -> None:
    names = ["email", "jobtitle", "createdate", "num_associated_deals", "lastmodifieddate"]
    world = loaded(make, 300, properties=names)
    everything = f"SELECT * FROM {CONTACTS} ORDER BY ID"
    before = world.rows(everything)
    edited_ids = world.ids()[7:9]
    world.rows(f"UPDATE {CONTACTS} SET {edit} WHERE ID IN ({quoted(edited_ids)})")

    answer = compare(world)

    assert kinds(answer) == dict.fromkeys(edited_ids, "STALE")
    assert (answer["result"], answer["stale"], answer["repaired"]) == ("REPAIRED", 2, 2)
    assert world.rows(everything) == before
    assert compare(world)["result"] == "COMPLETE"


@pytest.mark.long
def test_values_that_fit_no_column_are_no_difference(world: World) -> None:
    odd = world.ids()[3]
    world.portal.update("contacts", odd, {"createdate": "soon"})
    world.clock.advance(HOUR)
    world.run()
    assert compare(world)["result"] == "COMPLETE"


def test_a_row_whose_record_is_gone_is_marked(world: World) -> None:
    purged, archived = world.ids()[5], world.ids()[6]
    world.portal.gdpr_delete("contacts", purged)
    world.portal.archive("contacts", archived)
    world.clock.advance(HOUR)
    with world.state_of() as writer:
        writer.advance(world.clock.now() - MINUTE)
    answer = compare(world)
    assert kinds(answer) == {purged: "EXTRA", archived: "EXTRA"}
    assert world.table("_DELETE_KIND", where=f"ID IN ({quoted([purged, archived])})") == [
        ("PURGED",),
        ("ARCHIVED",),
    ]


def test_what_changed_since_the_last_run_is_told_apart_and_read(world: World) -> None:
    for id in world.ids()[:5]:
        world.portal.update("contacts", id, {"jobtitle": "New"})
    world.clock.advance(MINUTE)
    answer = compare(world)
    assert (answer["result"], answer["changed_meanwhile"]) == ("COMPLETE", 5)
    assert answer["differences"] == []
    assert world.landed() == world.truth()


@pytest.mark.long
@pytest.mark.parametrize("count", [600, 2_100])
def test_what_was_deleted_minutes_ago_is_no_agreement(make: MakeWorld, count: int) -> None:
    world = loaded(make, count)
    ids = world.ids()
    for id in ids[:200]:
        world.portal.archive("contacts", id)
    world.portal.gdpr_delete("contacts", ids[300])
    survivor = world.portal.merge("contacts", ids[301], ids[302])
    world.clock.advance(MINUTE)
    answer = compare(world)
    assert answer["hubspot_records"] == answer["table_records"] == count - 202
    assert answer["changed_meanwhile"] + len(answer["differences"]) == 204
    assert {*world.ids(where="_DELETE_KIND IS NULL")} == {*world.truth()} >= {survivor}


@pytest.mark.long
@pytest.mark.parametrize("count", [600, 2_100])
def test_a_search_that_sends_less_than_it_counts_is_no_agreement(
    make: MakeWorld, count: int
) -> None:
    world = loaded(make, count, filter_groups=EVERYBODY)
    lost = world.ids()[7]

    def short(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if not request.url.path.endswith("/search"):
            return None
        body = response.json()
        records = [record for record in body["results"] if record["id"] != lost]
        return httpx.Response(200, json={**body, "results": records})

    world.rows(f"DELETE FROM {CONTACTS} WHERE ID = '{lost}'")
    world.instead = short
    answer = compare(world)
    assert answer["result"] == "INCOMPLETE"
    assert answer["response_code"] != "OK"
    assert "counts" in answer["message"]


@pytest.mark.long
@pytest.mark.parametrize("days", [-9, 9, 4_000])
def test_a_version_that_is_not_hubspots_is_replaced_though_it_is_later(
    world: World, days: int
) -> None:
    id = world.ids()[3]
    world.rows(
        f"UPDATE {CONTACTS} SET UPDATED_AT = DATEADD(DAY, {days}, UPDATED_AT), "
        f"PROPERTIES = PARSE_JSON('{{}}') WHERE ID = '{id}'"
    )
    answer = compare(world)
    assert (answer["result"], kinds(answer)) == ("REPAIRED", {id: "STALE"})
    assert world.landed() == world.truth()
    assert compare(world)["result"] == "COMPLETE"


@pytest.mark.long
def test_rows_that_no_record_can_have_are_marked(world: World) -> None:
    world.rows(f"INSERT INTO {CONTACTS} (ID) SELECT 'by hand'")
    world.rows(f"INSERT INTO {CONTACTS} (ID) SELECT '987654'")
    answer = compare(world)
    assert kinds(answer) == {"by hand": "EXTRA", "987654": "EXTRA"}
    assert answer["result"] == "REPAIRED"
    assert compare(world)["result"] == "COMPLETE"


@pytest.mark.long
def test_rows_that_share_an_id_are_no_agreement(world: World) -> None:
    id = world.ids()[3]
    world.rows(f"INSERT INTO {CONTACTS} SELECT * FROM {CONTACTS} WHERE ID = '{id}'")
    answer = compare(world)
    assert answer["result"] == "INCOMPLETE"
    assert (answer["hubspot_records"], answer["table_records"]) == (600, 601)
    assert "1 rows have the id of another row" in answer["message"]


@pytest.mark.long
def test_a_filter_is_respected(make: MakeWorld) -> None:
    world = make({"contacts": 400}).slim(filter_groups=FILTER)
    chosen = [record.id for record in world.portal.records("contacts")][::2]
    for record_id in chosen:
        world.portal.update("contacts", record_id, {"jobtitle": "Yes"})
    world.clock.advance(HOUR)
    world.run()
    world.rows(f"DELETE FROM {CONTACTS} WHERE ID = '{chosen[0]}'")
    assert kinds(compare(world)) == {chosen[0]: "MISSING"}
    assert compare(world)["result"] == "COMPLETE"


@pytest.mark.long
def test_a_search_index_that_lags_raises_no_alarm(world: World) -> None:
    changed = world.ids()[:9]
    for record_id in changed:
        world.portal.update("contacts", record_id, {"jobtitle": "New"})
    world.clock.advance(HOUR)
    world.run()
    world.clock.advance(MINUTE)
    world.sandbox.search_lag_ms = 3 * HOUR
    answer = compare(world)
    assert answer["differences"] == []


@pytest.mark.long
def test_of_few_records_a_change_is_seen_that_the_search_index_does_not_know_yet(
    world: World,
) -> None:
    world.sandbox.search_lag_ms = 3 * HOUR
    changed, purged = world.ids()[:2]
    world.portal.update("contacts", changed, {"jobtitle": "New"})
    world.portal.purge("contacts", purged)
    created = world.portal.create("contacts", {"email": "new@example.com"})
    world.clock.advance(MINUTE)

    answer = compare(world)

    assert answer["result"] != "INCOMPLETE"
    assert world.landed() == world.truth() | {purged: world.landed()[purged]}
    assert created in world.ids(where="_DELETE_KIND IS NULL")
    assert world.ids(where="_DELETE_KIND IS NOT NULL") == [purged]


@pytest.mark.long
def test_a_certificate_tells_whether_the_search_index_alone_was_asked(make: MakeWorld) -> None:
    assert "search" not in compare(loaded(make, 30))["message"]
    assert "so says its search" in compare(loaded(make, 1_100))["message"]


@pytest.mark.long
@pytest.mark.parametrize("k", [1, 10, 300])
@pytest.mark.usefixtures("counting")
def test_every_dropped_row_of_many_is_found(make: MakeWorld, k: int) -> None:
    world = loaded(make, 5_100)
    missing_ids = Random(k).sample(world.ids(), k)
    world.rows(f"DELETE FROM {CONTACTS} WHERE ID IN ({quoted(missing_ids)})")
    answer = compare(world)
    assert (answer["missing"], answer["extra"], answer["stale"]) == (k, 0, 0)
    assert sorted(world.ids(), key=int) == sorted(world.truth(), key=int)


@pytest.mark.usefixtures("counting")
def test_an_agreeing_table_that_is_counted_costs_ten_requests_at_most(make: MakeWorld) -> None:
    world = loaded(make, 5_100)
    assert compare(world)["requests"] <= 10
    assert len(world.asked()) <= 10


@pytest.mark.long
@pytest.mark.parametrize("seed", first_of_each(range(8), lambda seed: min(seed, 2)))
def test_a_clean_table_raises_no_alarm_while_people_go_on(world: World, seed: int) -> None:
    random = Random(seed)

    def meanwhile(*_: object) -> None:
        record_id = random.choice([record.id for record in world.portal.records("contacts")])
        world.portal.update("contacts", record_id, {"jobtitle": str(random.random())})
        world.clock.advance(random.randint(1, 2_000))

    world.sandbox.before_each = meanwhile
    for _ in range(5):
        answer = compare(world)
        assert (answer["result"], answer["differences"]) == ("COMPLETE", [])


def test_a_certificate_is_kept(world: World) -> None:
    answer = compare(world)
    (certificate,) = world.rows(
        "SELECT * FROM HUBSPOT_INGEST.CORE.COMPLETENESS WHERE RUN_ID = ?", (answer["run_id"],)
    )
    assert (certificate["SYNC"], certificate["RESULT"]) == ("contacts", "COMPLETE")
    assert certificate["REQUESTS"] == answer["requests"] == len(world.asked())


def test_the_cursor_and_the_runs_before_stay_as_they_are(world: World) -> None:
    def remembered_state() -> tuple[object, object]:
        kept = world.rows(
            "SELECT SETTLED_THROUGH, CHECKPOINT FROM HUBSPOT_INGEST.INTERNAL.SYNC_STATES"
        )
        return kept, [run for run in world.runs() if run["STRATEGY"] != "RECONCILE"]

    before = remembered_state()
    compare(world)
    assert remembered_state() == before


def test_a_sync_that_runs_is_not_compared(world: World) -> None:
    world.hold()
    with pytest.raises(SyncBusy):
        compare(world)


def test_what_was_never_loaded_cannot_be_compared(make: MakeWorld) -> None:
    world = make({"contacts": 3})
    world.configure("contacts", {})
    with pytest.raises(Refusal) as refused:
        compare(world)
    assert refused.value.response_code == "NOT_LOADED"


def test_a_stream_that_is_read_whole_is_its_own_comparison(make: MakeWorld) -> None:
    world = make({"contacts": 3})
    world.run("owners")
    with pytest.raises(Refusal) as refused:
        compare(world, "owners")
    assert refused.value.response_code == "NOT_COMPARABLE"


def test_an_unknown_sync_is_refused(world: World) -> None:
    with pytest.raises(UnknownSync):
        compare(world, "nothing")
