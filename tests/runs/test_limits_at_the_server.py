"""The limits as the server counts them, over real connections and beside a busy thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from hubspot_ingest.credentials import Authenticator, Token
from hubspot_ingest.hubspot import record_pages, requests
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.hubspot.rate_limits import Governor
from hubspot_ingest.times import SystemClock
from hubspot_sandbox import Limits, Portal, Sandbox

LIST = requests.list_page("contacts", limit=1)
SEARCH = requests.search_page("contacts", [], ["email"], limit=1)


@contextmanager
def a_busy_thread() -> Iterator[None]:
    """Somebody else who wants the processor all the time."""
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            sum(range(10_000))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def most_within(instants: Sequence[int], window: int) -> int:
    return max(sum(at <= later < at + window for later in instants) for at in instants)


def test_no_window_at_the_server_holds_more_than_its_limit_beside_a_busy_thread() -> None:
    clock = SystemClock()
    sandbox = Sandbox(
        Portal(seed=1, records={"contacts": 3}),
        Limits(burst=30, interval_ms=1_000, searches=5),
        latency_ms=100,
    )
    with sandbox.serve() as server, a_busy_thread(), ThreadPoolExecutor(8) as pool:
        client = Client(
            server.url,
            Authenticator(Token(sandbox.portal.token), clock),
            Governor(clock),
            clock,
            deadline=clock.now() + 60_000,
        )
        with client:
            # the first answer has the limit, which is then known to all
            client.fetch(LIST, record_pages.page)
            answers = [pool.submit(client.fetch, LIST, record_pages.page) for _ in range(80)]
            answers += [pool.submit(client.fetch, SEARCH, record_pages.page) for _ in range(15)]
            for answer in answers:
                answer.result()
    seen = sandbox.requests
    searches = [request.at_ms for request in seen if request.endpoint.endswith("/search")]
    lists = [request.at_ms for request in seen if not request.endpoint.endswith("/search")]
    assert {request.status for request in seen} == {200}
    assert most_within(searches, 1_000) <= 5
    assert most_within(lists, 1_000) <= 30
