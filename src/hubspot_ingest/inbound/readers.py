"""The readers: how one page of a plan is asked for. Small functions over an injected ``fetch``.

Every reader asks by id: "records above this id, ascending". There is no offset that could shift
while records come and go, no 10,000-result wall, ties in time are harmless, and a reading can be
taken up again at any id (docs/BEHAVIOR.md, "Paging").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from hubspot_ingest.errors import UnexpectedAnswer
from hubspot_ingest.hubspot import answers, requests
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound.plan import Plan, Strategy
from hubspot_ingest.model import Json, Page, Record

Answer = TypeVar("Answer")


class Fetch(Protocol):
    """Sends a request until it is answered and parses the answer; safe to call from threads."""

    def __call__(self, request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        """See ``hubspot.client.Client.fetch``."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Records in ascending order of id: all there are above the id asked from, up to ``id``."""

    records: tuple[Record, ...]
    id: int
    more: bool


class ReadPage(Protocol):
    """Reads the records above the id ``after``, up to about ``last`` (None: to the end)."""

    def __call__(self, after: int, last: int | None, /) -> Reach:
        """Raises ``UnexpectedAnswer`` when records could be missed."""


def page_reader(fetch: Fetch, plan: Plan) -> ReadPage:
    """The reader of the plan's strategy."""
    match plan.strategy:
        case Strategy.LIST:
            return _list_reader(fetch, plan)
        case Strategy.WIDE:
            return _wide_reader(fetch, plan)
        case Strategy.SEARCH:
            return _search_reader(fetch, plan)


def _list_reader(fetch: Fetch, plan: Plan) -> ReadPage:
    def read(after: int, _last: int | None) -> Reach:
        return _listed(fetch, plan, plan.properties, after)

    return read


def _listed(fetch: Fetch, plan: Plan, properties: tuple[str, ...], after: int) -> Reach:
    # the token of HubSpot's list is the id the next page begins with
    request = requests.list_page(
        plan.stream.object_type, properties, after=str(after + 1) if after else None
    )
    page = _ascending(fetch(request, answers.page), after)
    if page.after is None:
        return Reach(page.records, int(page.records[-1].id) if page.records else after, False)
    following = _number(page.after)
    if following <= (int(page.records[-1].id) if page.records else after):
        raise UnexpectedAnswer(
            f"HubSpot's page token {page.after} of {plan.stream.name} does not lead on; reading "
            "was stopped so that it does not go round for ever, run again"
        )
    return Reach(page.records, following - 1, True)


def _wide_reader(fetch: Fetch, plan: Plan) -> ReadPage:
    """Ids by list, values by batch read: the names of the properties travel in the body."""

    def read(after: int, _last: int | None) -> Reach:
        reach = _listed(fetch, plan, (), after)
        if not reach.records:
            return reach
        ids = [record.id for record in reach.records]
        values = fetch(
            requests.batch_read(plan.stream.object_type, ids, plan.properties), answers.page
        )
        # one that is gone by now was archived or merged meanwhile, and comes by that way
        found = {record.id: record for record in values.records}
        return replace(reach, records=tuple(found[one] for one in ids if one in found))

    return read


def _search_reader(fetch: Fetch, plan: Plan) -> ReadPage:
    def read(after: int, last: int | None) -> Reach:
        return first_found(fetch, plan, after, last)[0]

    return read


def first_found(fetch: Fetch, plan: Plan, after: int, last: int | None) -> tuple[Reach, int]:
    """A page of the plan's search, and how many records match from there on."""
    request = requests.search_page(
        plan.stream.object_type, in_range(plan, after, last), plan.properties
    )
    page = _ascending(fetch(request, answers.page), after)
    reached = int(page.records[-1].id) if page.records else after
    return Reach(page.records, reached, page.after is not None), page.total or 0


def in_range(plan: Plan, after: int, last: int | None) -> list[Json]:
    """The filter groups as sent: the user's filters, the window and the id range, in each."""
    bound: dict[str, Json] = {"propertyName": "hs_object_id", "operator": "GT", "value": str(after)}
    if last is not None:
        bound |= {"operator": "BETWEEN", "value": str(after + 1), "highValue": str(last)}
    return [{"filters": [*group, bound]} for group in plan.search_groups]


def last_found(fetch: Fetch, plan: Plan) -> tuple[Record, ...]:
    """The last page of what the plan's search finds, in ascending order of id."""
    request = requests.search_page(
        plan.stream.object_type, in_range(plan, 0, None), plan.properties, descending=True
    )
    page = fetch(request, answers.page)
    return _ascending(replace(page, records=page.records[::-1], after=None), 0).records


def highest_id(fetch: Fetch, plan: Plan) -> tuple[int, int]:
    """The highest id of the object type, and how many records it has (0, 0: none)."""
    request = requests.search_page(
        plan.stream.object_type, [], ["hs_object_id"], descending=True, limit=1
    )
    page = fetch(request, answers.page)
    return (_number(page.records[0].id), page.total or 0) if page.records else (0, 0)


def chained(fetch: Fetch, plan: Plan, token: str | None) -> Page:
    """A page by HubSpot's own token, where ids have shown not to work as tokens."""
    request = requests.list_page(plan.stream.object_type, plan.properties, after=token)
    page = fetch(request, answers.page)
    if page.after is not None and page.after == token:
        raise UnexpectedAnswer(
            f"HubSpot answered the page token {token} of {plan.stream.name} twice; reading was "
            "stopped so that it does not go round for ever, run again"
        )
    return page


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 0


def _ascending(page: Page, after: int) -> Page:
    previous = after
    for record in page.records:
        identifier = _number(record.id)
        if identifier <= previous:
            raise UnexpectedAnswer(
                f"HubSpot's page is not in ascending order of id ({record.id} after {previous}); "
                "records could be missed, so nothing of it was loaded, run again"
            )
        previous = identifier
    if not page.records and page.after is not None:
        raise UnexpectedAnswer(
            f"HubSpot sent an empty page that says more follows (token {page.after}); records "
            "could be missed, so reading was stopped, run again"
        )
    return page
