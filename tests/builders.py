"""What tests build with: a clock set by hand, small values of our types, a HubSpot in memory."""

from __future__ import annotations

import heapq
import itertools
import threading
from bisect import bisect_right, insort
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from hubspot_ingest.catalog.registry import RECORD_STREAMS
from hubspot_ingest.database.sql import Table
from hubspot_ingest.hubspot import requests
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound.plan import plan
from hubspot_ingest.inbound.plan.plan import Plan
from hubspot_ingest.inbound.plan.relative_days import Calendar
from hubspot_ingest.model import Property, Record
from hubspot_ingest.settings import parse_settings
from hubspot_ingest.times import iso

Answer = TypeVar("Answer")

NOW = 1_790_000_000_000
"""2026-09-21T14:13:20Z."""
MINUTE = 60_000
_AT = iso(NOW)
TABLE = Table("HUBSPOT_DATA", "CRM", "CONTACTS")


class FakeClock:
    """Time that passes only when somebody sleeps, and what is due happens on the way."""

    def __init__(self, now: int = NOW) -> None:
        self._now = now
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._lock = threading.RLock()
        self.slept: list[float] = []

    def now(self) -> int:
        return self._now

    def sleep(self, seconds: float) -> None:
        """Advance; a wait of next to nothing still takes a millisecond, as on a machine."""
        self.slept.append(seconds)
        self.advance(max(1, round(seconds * 1000)))

    def advance(self, ms: int) -> None:
        with self._lock:
            until = self._now + ms
            while self._due and self._due[0][0] <= until:
                at, _, happen = heapq.heappop(self._due)
                self._now = max(self._now, at)
                happen()
            self._now = max(self._now, until)

    def at(self, instant: int, happen: Callable[[], None]) -> None:
        """Let something happen when ``instant`` comes."""
        with self._lock:
            heapq.heappush(self._due, (instant, next(self._numbers), happen))


def a_property(name: str, type: str = "string", options: Sequence[str] = ()) -> Property:
    """A property of a portal; options are labelled as they are named."""
    return Property(name, type, options=tuple((one, one.title()) for one in options))


def a_record(
    id: str = "1",
    *,
    updated_at: int | None = NOW,
    associations: Mapping[str, tuple[str, ...]] | None = None,
    **properties: str | None,
) -> Record:
    return Record(id, NOW, updated_at, False, None, properties, associations or {})


def a_plan(
    settings: Mapping[str, Any] | None = None,
    properties: Iterable[Property] = (),
    *,
    stream: str = "contacts",
    settled_through: int | None = None,
    now: int = NOW,
    known_columns: Mapping[str, str] | None = None,
    existing: Mapping[str, str] | None = None,
    ignored: Collection[str] = (),
    calendar: Calendar | None = None,
    read_on: str | None = None,
    timed: bool = True,
) -> Plan:
    """The plan of a run that begins NOW; of contacts with an e-mail unless told otherwise.

    A portal that is not ``timed`` has no property that tells when a record was changed.
    """
    parsed = parse_settings(stream, dict(settings or {}))
    portal = (
        *(tuple(properties) or (a_property("email"),)),
        *([a_property(RECORD_STREAMS[stream].updated, "datetime")] if timed else []),
    )
    reading = plan.make_reading(
        "a_sync",
        parsed,
        RECORD_STREAMS[stream],
        portal,
        settled_through=settled_through,
        now=now,
        table=TABLE,
        ignored=ignored,
        calendar=calendar,
        read_on=read_on,
    )
    return plan.make_plan(
        reading, parsed, portal, known_columns=known_columns or {}, existing=existing or {}
    )


class Shelf:
    """A HubSpot of one object type in memory: what ``Fetch`` needs and no more.

    ``before`` is called with the number of each request (from 1) before it is answered; each
    answer takes ``latency_ms`` of the clock's time. The tokens of the list are the last id of the
    page + 1, as HubSpot's are, unless ``token`` makes others of the page's last id and the next
    page's first, and ``place`` tells the least id that a page asked for by such a token holds. The
    search skips as many results as it is told, or what ``skipping`` makes of that.
    """

    def __init__(
        self,
        ids: Iterable[int],
        *,
        clock: FakeClock | None = None,
        latency_ms: int = 0,
        page: int = 200,
        before: Callable[[Shelf, int], None] | None = None,
        token: Callable[[int, int], str] = lambda last, _following: str(last + 1),
        place: Callable[[str], int] = int,
        skipping: Callable[[int], int] = int,
    ) -> None:
        self.ids = sorted(ids)
        self.clock = clock or FakeClock()
        self.asked: list[Request] = []
        self._latency_ms = latency_ms
        self._page = page
        self._before = before
        self._token = token
        self._place = place
        self._skipping = skipping
        self._lock = threading.Lock()

    def add(self, id: int) -> None:
        insort(self.ids, id)

    def remove(self, id: int) -> None:
        self.ids.remove(id)

    def fetch(self, request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        with self._lock:
            self.asked.append(request)
            if self._before is not None:
                self._before(self, len(self.asked))
            self.clock.advance(self._latency_ms)
            if request.path.endswith("/search"):
                answer = self._search(request.body)
            elif request.path.endswith("/batch/read"):
                answer = self._batch(request.body)
            else:
                answer = self._list(dict(request.query))
        return parse(answer)

    def _list(self, query: Mapping[str, str]) -> dict[str, Any]:
        begin = 0
        if "after" in query:
            begin = bisect_right(self.ids, self._place(query["after"]) - 1)
        end = begin + min(int(query["limit"]), self._page)
        names = query.get("properties", "").split(",")
        answer: dict[str, Any] = {"results": [_told(one, names) for one in self.ids[begin:end]]}
        if end < len(self.ids):
            answer["paging"] = {"next": {"after": self._token(self.ids[end - 1], self.ids[end])}}
        return answer

    def _search(self, body: Any) -> dict[str, Any]:
        low, high = 0, 10**30
        for group in body["filterGroups"][:1]:
            for one in group["filters"]:
                if one["propertyName"] == "hs_object_id" and one["operator"] == "GT":
                    low = int(one["value"]) + 1
                elif one["propertyName"] == "hs_object_id":
                    assert one["operator"] == "BETWEEN"
                    low, high = int(one["value"]), int(one["highValue"])
        found = self.ids[bisect_right(self.ids, low - 1) : bisect_right(self.ids, high)]
        total = len(found)
        if body["sorts"][0]["direction"] == "DESCENDING":
            found = found[::-1]
        skip = int(body.get("after", 0))
        assert skip + body["limit"] <= requests.SEARCH_REACH
        begin = self._skipping(skip)
        shown = found[begin : begin + min(body["limit"], self._page)]
        answer: dict[str, Any] = {
            "total": total,
            "results": [_told(one, body["properties"]) for one in shown],
        }
        if skip + len(shown) < total:
            answer["paging"] = {"next": {"after": str(skip + len(shown))}}
        return answer

    def _batch(self, body: Any) -> dict[str, Any]:
        wanted = {int(one["id"]) for one in body["inputs"]}
        there = sorted(wanted & {*self.ids}, reverse=True)
        return {"results": [_told(one, body["properties"]) for one in there]}


def _told(id: int, names: Sequence[str]) -> dict[str, Any]:
    """A record with the first of the properties that were asked for, if any were."""
    told = {names[0]: "x"} if names and names[0] else {}
    return {"id": str(id), "properties": told, "createdAt": _AT, "updatedAt": _AT}


def query_of(request: Request) -> dict[str, str]:
    """The query as a server reads it from the request line."""
    return dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
