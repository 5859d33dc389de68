"""Which rows' associations are made together, and what is done while HubSpot is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hubspot_ingest.errors import DeadlineReached, SyncBusy, finishing
from hubspot_ingest.outbound.link_costs import ROWS_TOGETHER
from hubspot_ingest.outbound.link_run import GROUPS_AT_LAST, GROUPS_AT_ONCE, LinkRun

SECONDS = 5


class Plan:
    """So many rows whose associations change, as a stored plan."""

    def __init__(self, count: int, links: int = 0) -> None:
        self.count = count
        self.links = [{"column": "LINKS", "to": str(each)} for each in range(links)]

    def page_of_links(self, _hash: str, after: int, limit: int) -> list[Any]:
        last = min(self.count, after + limit)
        row: dict[str, object] = {
            "ROW_KEY": "1",
            "ACTION": "CREATE",
            "RECORD_ID": None,
            "SOURCE_HASH": "",
        }
        row["LINKS"] = self.links
        return [{**row, "N": n, "IS_GONE": False} for n in range(after + 1, last + 1)]


class Group:
    """Rows whose associations are made once HubSpot ``answers``."""

    def __init__(self, engine: Engine, rows: Any) -> None:
        self.engine = engine
        self.rows = rows
        self.numbers = [row.n for row in rows]
        self.records = {engine.record_of(n) for n in self.numbers}

    def remember(self) -> None:
        """Nothing goes."""

    def steps(self) -> Iterator[Future[Any]]:
        self.engine.groups.append(self.numbers)
        self.engine.going += 1
        self.engine.most = max(self.engine.most, self.engine.going)
        if self.engine.going == GROUPS_AT_ONCE:
            self.engine.is_full.set()
        answer: Future[bool] = Future()
        threading.Thread(target=lambda: answer.set_result(self.engine.answers())).start()
        yield answer
        self.engine.going -= 1
        if 1 in self.numbers and self.engine.error is not None:
            raise self.engine.error
        self.engine.answered.append(answer.result())


class Engine:
    """Keeps which rows go together, and how many groups at once; ``error`` ends the first."""

    def __init__(
        self,
        *,
        waits: bool = False,
        record_of: Callable[[int], str] = str,
        error: Exception | None = None,
    ) -> None:
        self.groups: list[list[int]] = []
        self.answered: list[bool] = []
        self.going = self.most = 0
        self.is_full = threading.Event()
        self.waits = waits
        self.record_of = record_of
        self.error = error

    def answers(self) -> bool:
        """What HubSpot says; it ``waits`` until there are as many groups as may be."""
        return not self.waits or self.is_full.wait(SECONDS)

    def group(self, rows: Any) -> Group:
        return Group(self, rows)


def a_link_run(
    plan: Plan,
    engine: Engine,
    linked: str = "companies",
    keep: Callable[[], None] = lambda: None,
) -> LinkRun:
    turns = SimpleNamespace(
        is_taken=True, keep=keep, take=lambda: True, renew=lambda: None, wait=lambda _: None
    )
    opened = SimpleNamespace(
        mapping=SimpleNamespace(object_type="contacts"), link_types={"LINKS": linked}
    )
    return LinkRun(*cast("Any", (opened, plan, engine, turns, lambda: None)))


def test_rows_go_together_as_they_fill_requests_while_records_are_written() -> None:
    """Else the run took more of them than its plan counts."""
    engine = Engine()
    links = a_link_run(Plan(ROWS_TOGETHER + 700), engine)
    for stored_to in (ROWS_TOGETHER - 1, ROWS_TOGETHER + 600):
        links.go_on("plan", stored_to)
        links.end_groups()
    links.finish("plan")
    assert [len(group) for group in engine.groups] == [ROWS_TOGETHER, 700]


def test_a_group_is_begun_while_another_waits_for_hubspot() -> None:
    plan = Plan(2 * ROWS_TOGETHER)
    engine = Engine(waits=True)
    links = a_link_run(plan, engine)
    links.go_on("plan", plan.count)
    links.go_on("plan", plan.count)
    links.end_groups()
    assert engine.answered == [True, True]


def test_no_more_groups_are_under_way_than_may_be() -> None:
    engine = Engine(waits=True)
    a_link_run(Plan(5 * GROUPS_AT_LAST * ROWS_TOGETHER), engine).finish("plan")
    assert (len(engine.groups), engine.most) == (5, GROUPS_AT_ONCE)


def test_of_records_of_one_type_one_group_is_made_after_the_other() -> None:
    """Both records of a pair may ask for it."""
    engine = Engine()
    a_link_run(Plan(3 * GROUPS_AT_LAST * ROWS_TOGETHER), engine, "contacts").finish("plan")
    assert (len(engine.groups), engine.most) == (3, 1)


def test_two_rows_of_one_record_are_not_made_at_once() -> None:
    """One that is gone had links of a record that is another row's now."""
    engine = Engine(record_of=lambda n: "the same" if n in (1, 2 * ROWS_TOGETHER) else str(n))
    plan = Plan(2 * ROWS_TOGETHER)
    links = a_link_run(plan, engine)
    for _ in range(3):
        links.go_on("plan", plan.count)
    links.end_groups()
    links.finish("plan")
    assert ([len(group) for group in engine.groups], engine.most) == ([ROWS_TOGETHER] * 2, 1)


@pytest.mark.parametrize("error", [DeadlineReached("it is late"), KeyError("of our own")])
def test_an_error_of_one_group_lets_the_other_end(error: Exception) -> None:
    engine = Engine(waits=True, error=error)
    plan = Plan(2 * ROWS_TOGETHER)
    links = a_link_run(plan, engine)
    links.go_on("plan", plan.count)
    links.go_on("plan", plan.count)
    with pytest.raises(type(error)):
        links.end_groups()
    assert (len(engine.groups), engine.answered) == (2, [True])


def test_no_group_is_begun_after_an_error() -> None:
    engine = Engine(waits=True, error=DeadlineReached("it is late"))
    plan = Plan(3 * ROWS_TOGETHER)
    links = a_link_run(plan, engine)
    links.go_on("plan", plan.count)
    links.go_on("plan", plan.count)
    with pytest.raises(DeadlineReached), finishing(links.end_groups):
        links.finish("plan")
    assert (len(engine.groups), engine.answered) == (2, [True])


@pytest.mark.parametrize("beside", [True, False])
def test_nothing_is_sent_of_what_was_read_before_another_run_took_the_turn(beside: bool) -> None:
    """This process slept longer than its turn lasts: labels that are sent replace others."""
    taken: list[SyncBusy] = []

    def keep() -> None:
        for busy in taken:
            raise busy

    engine = Engine()
    plan = Plan(ROWS_TOGETHER)
    links = a_link_run(plan, engine, keep=keep)
    links.go_on("plan", plan.count)
    taken.append(SyncBusy("another run writes associations by now"))
    if beside:
        links.go_on("plan", plan.count)
    taken *= not beside
    with pytest.raises(SyncBusy), finishing(links.end_groups):
        links.finish("plan")
    assert (len(engine.groups), engine.answered) == (1, [])


def test_once_every_record_is_written_more_rows_go_together() -> None:
    """Each group waits about two seconds for HubSpot."""
    engine = Engine()
    a_link_run(Plan(GROUPS_AT_LAST * ROWS_TOGETHER), engine).finish("plan")
    assert [len(group) for group in engine.groups] == [GROUPS_AT_LAST * ROWS_TOGETHER]


def test_rows_with_many_links_go_in_groups_that_fit_into_memory() -> None:
    engine = Engine()
    a_link_run(Plan(2 * ROWS_TOGETHER, links=2), engine).finish("plan")
    assert [len(group) for group in engine.groups] == [ROWS_TOGETHER, ROWS_TOGETHER]
