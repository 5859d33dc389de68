"""A request that HubSpot never answers, while it answers others, is left out where that will do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from hubspot_ingest.errors import DeadlineReached, NotAnswered
from hubspot_ingest.hubspot import record_pages, requests
from hubspot_ingest.hubspot.client import TRIES_BEFORE_FIRST_ANSWER, Client
from hubspot_ingest.hubspot.requests import FEW_TRIES, MANY_TRIES
from tests.builders import MINUTE, NOW, FakeClock
from tests.hubspot.replies import LIST, a_client, no, ok

CHILD = replace(LIST, path="/child", dispensable=FEW_TRIES)
ACCOUNT = requests.account().path
SIGN_IN = "<html>Please sign in</html>"
FAULTS = {
    "500": no(500),
    "524": no(524),
    "html": httpx.Response(200, html=SIGN_IN),
    "dropped": httpx.ReadError("it was cut off"),
}


class Portal:
    """Answers everything but the child, which it never does, and counts what it is asked."""

    def __init__(self, fault: httpx.Response | Exception, account: httpx.Response | None) -> None:
        self.clock = FakeClock()
        self.asked: Counter[str] = Counter()
        self.beside: Callable[[], object] | None = None
        self._fault = fault
        self._account = account

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked[path] += 1
        self.clock.advance(100)
        if path == CHILD.path:
            if self.beside is not None:
                beside, self.beside = self.beside, None
                beside()
            return self._answer(self._fault)
        return self._answer(self._account or self._fault) if path == ACCOUNT else ok()

    @staticmethod
    def _answer(reply: httpx.Response | Exception) -> httpx.Response:
        if isinstance(reply, Exception):
            raise reply
        return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)

    def client(self, minutes: float = 50) -> Client:
        client = a_client(self, self.clock, minutes=minutes)
        client.fetch(LIST, record_pages.page)
        return client


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_it_is_left_out_after_ten_tries_while_others_are_answered(
    fault: httpx.Response | Exception,
) -> None:
    portal = Portal(fault, account=None)
    client = portal.client()
    portal.beside = lambda: client.fetch(LIST, record_pages.page)

    with pytest.raises(NotAnswered, match="/child in 10 tries") as error:
        client.fetch(CHILD, record_pages.page)

    assert error.value.response_code == "HUBSPOT_NOT_ANSWERED"
    assert portal.asked == {LIST.path: 2, CHILD.path: FEW_TRIES}
    assert portal.clock.now() < NOW + 3 * MINUTE


@pytest.mark.parametrize("account", [ok({"portalId": 1}), no(403)], ids=["answered", "refused"])
def test_where_nothing_else_is_asked_the_account_tells_whether_hubspot_answers(
    account: httpx.Response,
) -> None:
    portal = Portal(no(500), account)
    with pytest.raises(NotAnswered):
        portal.client().fetch(CHILD, record_pages.page)
    assert (portal.asked[CHILD.path], portal.asked[ACCOUNT]) == (FEW_TRIES, 1)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_while_hubspot_answers_nothing_it_is_asked_until_the_deadline(
    fault: httpx.Response | Exception,
) -> None:
    portal = Portal(fault, account=None)
    with pytest.raises(DeadlineReached):
        portal.client().fetch(CHILD, record_pages.page)
    assert portal.clock.now() > NOW + 49 * MINUTE


def test_a_firewall_before_it_alone_is_no_firewall_before_hubspot() -> None:
    portal = Portal(httpx.Response(403, html=SIGN_IN), ok({"portalId": 1}))
    with pytest.raises(NotAnswered):
        portal.client().fetch(CHILD, record_pages.page)
    assert portal.asked[CHILD.path] == TRIES_BEFORE_FIRST_ANSWER


def test_a_run_too_short_for_ten_tries_leaves_it_out_at_its_deadline() -> None:
    portal = Portal(no(500), ok({"portalId": 1}))
    with pytest.raises(NotAnswered):
        portal.client(minutes=0.5).fetch(CHILD, record_pages.page)
    assert portal.clock.now() < NOW + MINUTE // 2


def test_one_that_goes_on_where_others_ended_is_sent_more_often() -> None:
    portal = Portal(no(500), ok({"portalId": 1}))
    with pytest.raises(NotAnswered):
        portal.client().fetch(replace(CHILD, dispensable=MANY_TRIES), record_pages.page)
    assert portal.asked[CHILD.path] == MANY_TRIES
    assert portal.clock.now() < NOW + 15 * MINUTE


def test_a_run_too_short_for_that_keeps_its_place() -> None:
    portal = Portal(no(500), ok({"portalId": 1}))
    with pytest.raises(DeadlineReached):
        portal.client(5).fetch(replace(CHILD, dispensable=MANY_TRIES), record_pages.page)


def test_one_that_is_throttled_is_waited_for() -> None:
    portal = Portal(no(429, {"Retry-After": "5"}), ok({"portalId": 1}))
    with pytest.raises(DeadlineReached):
        portal.client(minutes=5).fetch(CHILD, record_pages.page)
    assert portal.asked[ACCOUNT] == 0
