"""Finds where to split a range of ids, counted in records: one search that skips so many.

HubSpot's ids are clumpy, so that halves of a range of ids hold very different numbers of records. A
cut only decides where a range is split: each part is read by id to its end whatever the search
answered, so that a wrong cut costs time and no record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from hubspot_ingest.errors import HubSpotRefused, ScopeMissing, UnexpectedAnswer
from hubspot_ingest.hubspot import record_pages, requests
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound.extract.page_readers import (
    IdPage,
    id_bound,
    number,
    range_filter_groups,
)
from hubspot_ingest.inbound.plan.plan import Plan, Strategy
from hubspot_ingest.model import Page


@dataclass(frozen=True, slots=True)
class Cut:
    """What a search for a cut answered.

    Attributes:
        total: how many records the whole range has.
        last: the id that the front ends with; None where the front would be all of the range.
        page: the first page of the back, where the search gave the records themselves.
    """

    total: int
    last: int | None
    page: IdPage | None = None


FindCut = Callable[[int, int | None, int], Cut | None]
"""Where the first so many records above an id, up to a last id, end; None: not to be found."""


@dataclass(frozen=True, slots=True)
class Cutter:
    """How the ranges of a plan are cut: by what search, how far in, and at what cost."""

    find: FindCut
    page_size: int
    farthest: int
    """The most records that a front may have, as the search goes no farther."""
    requests: int
    """What a cut costs beyond the pages."""
    find_from_end: FindCut | None = None
    """Where the last so many records of a range begin, if that can be asked; see ``FindCut``."""


def cutter(fetch: Fetch, plan: Plan) -> Cutter:
    """The cutter of the plan's strategy."""
    if plan.strategy is Strategy.SEARCH:
        farthest = requests.SEARCH_REACH - requests.SEARCH_LIMIT
        return Cutter(_search_cuts(fetch, plan), requests.SEARCH_LIMIT, farthest, 0)
    farthest = requests.SEARCH_REACH - requests.LIST_LIMIT
    return Cutter(
        _list_cuts(fetch, plan),
        requests.LIST_LIMIT,
        farthest,
        1,
        _list_cuts(fetch, plan, from_end=True),
    )


def _list_cuts(fetch: Fetch, plan: Plan, *, from_end: bool = False) -> FindCut:
    def find(after: int, last: int | None, count: int) -> Cut | None:
        # what is looked for is the last record of the front
        skip = count if from_end else count - 1
        request = requests.search_page(
            plan.stream.object_type,
            [{"filters": [id_bound(after, last)]}],
            ["hs_object_id"],
            descending=from_end,
            limit=1,
            skip=skip,
        )
        page = _ask(fetch, request, after, last, skip, descending=from_end)
        if page is None or (total := page.total or 0) <= count:
            return None if page is None else Cut(total, None)
        return Cut(total, int(page.records[0].id)) if page.records else None

    return find


def _search_cuts(fetch: Fetch, plan: Plan) -> FindCut:
    def find(after: int, last: int | None, count: int) -> Cut | None:
        # the page found is one that has to be read anyway
        request = requests.search_page(
            plan.stream.object_type,
            range_filter_groups(plan, after, last),
            plan.properties,
            skip=count,
        )
        page = _ask(fetch, request, after, last, count)
        if page is None or (total := page.total or 0) <= count:
            return None if page is None else Cut(total, None)
        if not page.records:
            return None
        more = page.after is not None
        id_page = IdPage(page.records, int(page.records[-1].id), more)
        return Cut(total, int(page.records[0].id) - 1, id_page)

    return find


def _ask(
    fetch: Fetch,
    request: Request,
    after: int,
    last: int | None,
    skip: int,
    *,
    descending: bool = False,
) -> Page | None:
    """The answer, if it is one to a search that skips so many records and is in order of id."""
    try:
        page = fetch(request, record_pages.page)
    except (HubSpotRefused, ScopeMissing, UnexpectedAnswer):
        return None
    ids = [number(record.id) for record in page.records]
    if descending:
        ids = ids[::-1]
    # so many different ids were skipped
    below, above = (0, skip) if descending else (skip, 0)
    in_order = all(lower < upper for lower, upper in pairwise([after + below, *ids]))
    inside = last is None or not ids or ids[-1] + above <= last
    end = skip + len(ids)
    skipped = page.after == str(end) if end < (page.total or 0) else page.after is None
    return page if in_order and inside and (skipped or not ids) else None
