"""Associations of rows that are written are made while later records are on their way."""

from __future__ import annotations

import threading

import httpx
import pytest

from hubspot_ingest.database.state.link_leases import LINK_LEASE, LinkLeases
from hubspot_ingest.outbound import link_run, waves
from tests.push.push_world import PushWorld
from tests.push.test_links import COMPANIES, company, links

RECORDS = "contacts/batch/create"
LINKS = "contacts/companies/batch/associate/default"
READS = "contacts/companies/batch/read"


@pytest.fixture
def one_by_one(push_world: PushWorld, monkeypatch: pytest.MonkeyPatch) -> PushWorld:
    """Three customers, each in a wave of its own, and each with a company."""
    for module, size in ((waves, "FIRST_WAVE"), (waves, "WAVE"), (link_run, "ROWS_TOGETHER")):
        monkeypatch.setattr(module, size, 1)
    company(push_world, "A1")
    for key in (1, 2, 3):
        push_world.update(key, COMPANIES={"A1": None})
    push_world.configure_push(**COMPANIES)
    push_world.asked()
    return push_world


def writes(world: PushWorld) -> list[str]:
    """Which records and associations were written, in order."""
    paths = [seen.path for seen in world.asked()]
    return [end for path in paths for end in (RECORDS, LINKS) if path.endswith(end)]


def test_associations_are_made_before_the_last_records_are(one_by_one: PushWorld) -> None:
    made = threading.Event()
    records: list[bool] = []

    def hold_the_last_record(request: httpx.Request, _answer: httpx.Response) -> None:
        if request.url.path.endswith(LINKS):
            made.set()
        if request.url.path.endswith(RECORDS):
            records.append(len(records) < 2 or made.wait(20))

    one_by_one.instead = hold_the_last_record
    answer = one_by_one.pushed()
    assert (answer["rows_created"], answer["links_added"]) == (3, 3)
    assert records == [True, True, True]
    order = writes(one_by_one)
    # those that are left when the last record is written go together
    assert (order.count(RECORDS), order.count(LINKS) in (2, 3)) == (3, True)
    assert one_by_one.pushed()["rows_changed"] == 0
    assert writes(one_by_one) == []


def test_associations_are_read_while_those_before_them_are_made(one_by_one: PushWorld) -> None:
    reads: list[str] = []
    is_next_read = threading.Event()
    waited: list[bool] = []

    def hold_the_first_links(request: httpx.Request, _answer: httpx.Response) -> None:
        if request.url.path.endswith(READS):
            reads.append(request.url.path)
            if len(reads) == 2:
                is_next_read.set()
        if request.url.path.endswith(LINKS):
            waited.append(is_next_read.wait(20))

    one_by_one.instead = hold_the_first_links
    assert one_by_one.pushed()["links_added"] == 3
    assert all(waited)
    assert all(links(one_by_one, f"c{key}@example.com") for key in (1, 2, 3))


def test_records_are_written_while_another_run_has_its_turn_to_make_associations(
    one_by_one: PushWorld,
) -> None:
    [push] = one_by_one.rows("SELECT PORTAL_ID FROM HUBSPOT_INGEST.STATE.PUSHES")
    another = LinkLeases(one_by_one.database, push["PORTAL_ID"], "another")
    # it was taken long ago, and ends in 20 seconds
    assert another.take(one_by_one.clock.now() + 20_000 - LINK_LEASE)
    assert one_by_one.pushed()["links_added"] == 3
    order = writes(one_by_one)
    assert (order[:3], {*order[3:]}) == ([RECORDS] * 3, {LINKS})


def test_records_are_written_though_associations_may_not_be(one_by_one: PushWorld) -> None:
    forbidden = {
        "status": "error",
        "message": "This app hasn't been granted all required scopes to make this call.",
        "category": "MISSING_SCOPES",
        "correlationId": "1",
        "errors": [{"message": "", "context": {"requiredGranularScopes": ["crm.a.write"]}}],
    }

    def forbid(request: httpx.Request, _answer: httpx.Response) -> httpx.Response | None:
        return httpx.Response(403, json=forbidden) if request.url.path.endswith(LINKS) else None

    one_by_one.instead = forbid
    answer = one_by_one.push()
    assert (answer["status"], answer["rows_created"], answer["links_added"]) == ("SKIPPED", 3, 0)
    one_by_one.instead = None
    one_by_one.pushed()
    assert all(links(one_by_one, f"c{key}@example.com") for key in (1, 2, 3))
