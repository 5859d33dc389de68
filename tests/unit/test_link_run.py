"""Which rows' associations are made together, and what is done while HubSpot is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, cast

from hubspot_ingest.hubspot.link_requests import LABELLED_LIMIT
from hubspot_ingest.outbound.link_costs import ROWS_TOGETHER
from hubspot_ingest.outbound.link_run import GROUPS_AT_LAST, LinkRun

SECONDS = 5


class Plan:
    """So many rows whose associations change, as a stored plan."""

    def __init__(self, count: int, links: int = 0) -> None:
        self.count = count
        self.links = [{"column": "LINKS", "to": str(each)} for each in range(links)]
        self.pages: list[int] = []
        self.is_asked = threading.Event()

    def page_of_links(self, _hash: str, after: int, to: int | None, limit: int) -> list[Any]:
        self.pages.append(after)
        if after:
            self.is_asked.set()
        last = min(self.count if to is None else to, after + limit)
        row: dict[str, object] = {
            "ROW_KEY": "1",
            "ACTION": "CREATE",
            "RECORD_ID": None,
            "SOURCE_HASH": "",
        }
        row["LINKS"] = self.links
        return [{**row, "N": n, "IS_GONE": False} for n in range(after + 1, last + 1)]


class Engine:
    """Keeps which rows go together; HubSpot answers once ``answers`` does."""

    def __init__(self, answers: Any = lambda: True) -> None:
        self.groups: list[list[int]] = []
        self.answered: list[bool] = []
        self._answers = answers

    def group(self, rows: Any) -> list[int]:
        return [row.n for row in rows]

    def remember(self, _group: Any) -> None:
        """Nothing goes."""

    def steps(self, group: list[int]) -> Iterator[Future[Any]]:
        self.groups.append(group)
        answer: Future[bool] = Future()
        threading.Thread(target=lambda: answer.set_result(self._answers())).start()
        yield answer
        self.answered.append(answer.result())


def a_link_run(plan: Plan, engine: Engine) -> LinkRun:
    turns = SimpleNamespace(
        keep=lambda: None, take=lambda: True, renew=lambda: None, wait=lambda _: None
    )
    opened = SimpleNamespace(
        mapping=SimpleNamespace(object_type="contacts"), link_types={"LINKS": "companies"}
    )
    return LinkRun(*cast("Any", (opened, plan, engine, turns, lambda: None)))


def test_rows_of_the_last_wave_go_together_as_they_fill_requests() -> None:
    """Else the run took more of them than its plan counts."""
    engine = Engine()
    links = a_link_run(Plan(LABELLED_LIMIT + 700), engine)
    for stored_to in (LABELLED_LIMIT - 1, LABELLED_LIMIT + 600):
        links.go_on("plan", stored_to, is_last=True)
        links.end_group()
    links.finish("plan")
    assert [len(group) for group in engine.groups] == [LABELLED_LIMIT, 700]


def test_the_next_rows_are_read_while_associations_are_on_their_way() -> None:
    plan = Plan(GROUPS_AT_LAST * ROWS_TOGETHER + 1)
    engine = Engine(lambda: plan.is_asked.wait(SECONDS))
    a_link_run(plan, engine).finish("plan")
    assert engine.answered == [True, True]


def test_once_every_record_is_written_more_rows_go_together() -> None:
    """Each group waits about two seconds for HubSpot."""
    engine = Engine()
    a_link_run(Plan(GROUPS_AT_LAST * ROWS_TOGETHER), engine).finish("plan")
    assert [len(group) for group in engine.groups] == [GROUPS_AT_LAST * ROWS_TOGETHER]


def test_rows_with_many_links_go_in_groups_that_fit_into_memory() -> None:
    engine = Engine()
    a_link_run(Plan(2 * ROWS_TOGETHER, links=2), engine).finish("plan")
    assert [len(group) for group in engine.groups] == [ROWS_TOGETHER, ROWS_TOGETHER]
