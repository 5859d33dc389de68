"""Pushes that run at the very same moment: nothing is made twice, and neither undoes the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import httpx
import pytest

from hubspot_ingest.database.state.link_leases import LINK_LEASE, LinkLeases
from hubspot_ingest.errors import SyncBusy
from hubspot_sandbox import Portal
from snowflake_sandbox import Engine
from tests.push import truth
from tests.push.push_world import PushWorld
from tests.push.test_link_labels import label
from tests.push.test_links import company, labels
from tests.runs.world import NOW, Answer, HandClock

# How long a thread waits for another one that a fault keeps away.
PATIENCE = 10.0


class PatientClock(HandClock):
    """Who waits really waits, while no time passes; ``waited`` says that somebody did."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.waited = threading.Event()

    def sleep(self, seconds: float) -> None:
        self.waited.set()
        threading.Event().wait(min(seconds, 0.01))


@pytest.fixture
def two_worlds(engine: Engine) -> Iterator[tuple[PushWorld, PushWorld]]:
    """Two processes of the app on one state and one portal, with three customers."""
    clock = PatientClock()
    portal = Portal(1, clock.now, {})
    with PushWorld(engine, portal=portal, clock=clock) as first:
        first.prepare()
        for key in (1, 2, 3):
            first.insert(
                {
                    "CUSTOMER_ID": key,
                    "EMAIL": f"c{key}@example.com",
                    "FIRST_NAME": f"Name {key}",
                    "SCORE": key * 10,
                    "STAGE": f"Stage {key}",
                }
            )
        with PushWorld(engine, portal=portal, clock=clock) as second:
            yield first, second


def meeting(path: str, parties: int = 2) -> Callable[[httpx.Request, httpx.Response], None]:
    """Holds who asked for a path until all did; each once."""
    barrier, met = threading.Barrier(parties), threading.local()

    def hold(request: httpx.Request, _answer: httpx.Response) -> None:
        if request.url.path.endswith(path) and not getattr(met, "done", False):
            met.done = True
            with suppress(threading.BrokenBarrierError):
                barrier.wait(PATIENCE)

    return hold


def together(*pushes: Callable[[], Answer]) -> list[Future[Answer]]:
    """Run them in threads of their own until all ended."""
    with ThreadPoolExecutor(len(pushes)) as threads:
        return [threads.submit(push) for push in pushes]


def test_of_two_runs_of_one_push_one_runs_and_the_other_is_told(
    two_worlds: tuple[PushWorld, PushWorld],
) -> None:
    first, second = two_worlds
    first.configure_push()
    begun, told = threading.Event(), threading.Event()

    def hold(request: httpx.Request, _answer: httpx.Response) -> None:
        if request.url.path.endswith("contacts/batch/create"):
            begun.set()
            assert told.wait(PATIENCE)

    def push_again() -> Answer:
        assert begun.wait(PATIENCE)
        try:
            return second.push()
        finally:
            told.set()

    first.instead = hold
    run, refused = together(first.push, push_again)
    with pytest.raises(SyncBusy, match="another run or plan of customers_out is going on"):
        refused.result()
    assert run.result()["rows_created"] == 3
    first.instead = None
    truth.check(first)
    assert second.pushed()["rows_changed"] == 0


def test_two_runs_that_begin_in_the_same_instant_make_each_record_once(
    two_worlds: tuple[PushWorld, PushWorld],
) -> None:
    first, second = two_worlds
    first.configure_push()
    for _ in range(5):
        runs = together(first.push, second.push)
        refused = [run for run in runs if isinstance(run.exception(), SyncBusy)]
        assert [run.exception() for run in runs if run not in refused] == [None] * (
            2 - len(refused)
        )
        assert len(refused) < 2
    truth.check(first)


def test_two_pushes_that_make_the_same_contacts_share_them(
    two_worlds: tuple[PushWorld, PushWorld],
) -> None:
    """Both have found that there are none, before either makes them."""
    first, second = two_worlds
    first.configure_push()
    first.configure_push("second", properties={"jobtitle": "STAGE"})
    first.instead = second.instead = meeting("contacts/batch/create")
    runs = together(first.push, lambda: second.push("second"))
    assert [run.result()["status"] for run in runs] == ["SUCCEEDED"] * 2
    created = [run.result()["rows_created"] for run in runs]
    assert sum(created) == 3
    contacts = list(first.truth().values())
    assert len(contacts) == 3
    for record in contacts:
        key = str(record["email"])[1]
        assert (record["firstname"], record["jobtitle"]) == (f"Name {key}", f"Stage {key}")
    for name in ("customers_out", "second"):
        assert first.pushed(name)["rows_changed"] == 0


def test_of_runs_that_come_at_once_at_most_one_writes_associations(
    two_worlds: tuple[PushWorld, PushWorld],
) -> None:
    first, second = two_worlds
    barrier = threading.Barrier(2)

    def take(world: PushWorld, portal: int) -> Answer:
        lease = LinkLeases(world.database, str(portal), f"run {id(world)}")
        barrier.wait(PATIENCE)
        return {"taken": lease.take(NOW), "lease": lease}

    for portal in range(20):
        answers = [
            run.result()
            for run in together(partial(take, first, portal), partial(take, second, portal))
        ]
        holders = [answer["lease"] for answer in answers if answer["taken"]]
        assert len(holders) < 2
        for holder in holders:
            holder.renew(NOW)
            holder.release()
        assert answers[0]["lease"].take(NOW)
        assert not answers[1]["lease"].take(NOW)
        assert answers[1]["lease"].take(NOW + LINK_LEASE + 1)


LINKED: Mapping[str, Any] = {"to": "companies", "match": "erp_code"}


def test_two_pushes_that_label_one_pair_lose_neither_label(
    two_worlds: tuple[PushWorld, PushWorld],
) -> None:
    """HubSpot replaces the labels of a pair: who writes must be the last who read."""
    first, second = two_worlds
    company(first, "A1")
    label(first, "Owner", "contacts", "companies")
    for key in (1, 2):
        first.update(key, COMPANIES={"A1": "Decision maker"}, FRIENDS={"A1": "Owner"})
    first.configure_push(associations={"COMPANIES": LINKED})
    first.configure_push(
        "second", properties={"jobtitle": "STAGE"}, associations={"FRIENDS": LINKED}
    )
    clock = first.clock
    assert isinstance(clock, PatientClock)
    reads = [threading.Event(), threading.Event()]

    def hold(n: int, request: httpx.Request, _answer: httpx.Response) -> None:
        """Until the other one has read too, or waits for its turn."""
        if request.url.path.endswith("contacts/companies/batch/read"):
            reads[n].set()
            for _ in range(1_000):
                if reads[1 - n].is_set() or clock.waited.is_set():
                    return
                reads[1 - n].wait(PATIENCE / 1_000)

    first.instead, second.instead = partial(hold, 0), partial(hold, 1)
    runs = together(first.push, lambda: second.push("second"))
    assert [run.result()["status"] for run in runs] == ["SUCCEEDED"] * 2
    for key in (1, 2):
        [pair] = labels(first, f"c{key}@example.com")
        assert {"Decision maker", "Owner"} <= {*pair}
    states = {row["STATE"] for row in first.push_rows("PUSH_LINKS")}
    assert states == {"MADE"}
