"""Reads all records of a plan, from its first page or from a checkpoint to its end.

It begins with one page after the other. Once it shows that there is much to read, the rest is cut
into id ranges read side by side. A list can be cut where any id works as a page token, which is
shown on this very portal, beside the first pages of the ranges: a page is asked for from an id in
the midst of the one before, and must begin with the records which that one had after it. Where it
does not, the list is read on by HubSpot's own tokens, and nothing that was read otherwise counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

from hubspot_ingest.errors import HubSpotRefused, ScopeMissing, UnexpectedAnswer
from hubspot_ingest.hubspot import requests
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.extract import cuts, page_readers, token_lists
from hubspot_ingest.inbound.extract.cuts import Cut
from hubspot_ingest.inbound.extract.id_ranges import (
    PAGES_PER_CUT,
    SMALLEST_SPLIT,
    WIDEST,
    Range,
    Ranges,
    RecordBatch,
    Split,
    width,
)
from hubspot_ingest.inbound.extract.latest_changes import NewestPage
from hubspot_ingest.inbound.extract.page_readers import IdPage
from hubspot_ingest.inbound.plan.plan import Plan, Strategy
from hubspot_ingest.model import Json
from hubspot_ingest.times import Clock

# It costs a request to learn how long a list is. That is worth it once pages come slowly (after
# this many seconds), or after so many pages that one request more is less than 1 %.
SLOW = 0.25
MANY_PAGES = 100
# What HubSpot allows the common subscriptions: 190 requests in ten seconds, 5 searches a second.
LIST_PAGES_PER_SECOND = 19.0
SEARCH_PAGES_PER_SECOND = 5.0
# Threads for a reading that is resumed: how fast HubSpot answers is not known yet.
RESUMED_WIDTH = WIDEST
# A reading with no more records left than this is ending: HubSpot allows three seconds' worth.
LAST_RECORDS = 6_000
# How many records of a page are read again, to show that ids work as page tokens.
OVERLAP = 2
# The first cut of a list also tells how long the list is. It is made after this many pages: the
# middle of the shortest list that may cost one request more.
FIRST_CUT_PAGES = PAGES_PER_CUT // 2
# In the front a page overlaps, and none is to be half empty at its end.
FIRST_CUT = FIRST_CUT_PAGES * requests.LIST_LIMIT - OVERLAP
FIRST = 0
CHAIN = -1

ReadTo = Mapping[int, int | str | None]


class Extraction:
    """Yields the batches of a plan, and tells what remains once they are merged."""

    def __init__(
        self,
        fetch: Fetch,
        plan: Plan,
        clock: Clock,
        checkpoint: Mapping[str, Any] | None = None,
        newest: NewestPage | None = None,
        pace: float = 0.0,
    ) -> None:
        """``checkpoint`` is what ``remaining`` told when the same plan was left unfinished.

        ``newest`` is the run's first search, where it made one: when that page has every change,
        nothing else is read. ``pace`` is how many seconds the latest answer took, as far as that is
        known. ``expected`` is how many records there are to read, once known, ``ended`` whether
        all of them are. ``hidden`` are sentences on changed records that HubSpot's search counts
        and does not show.
        """
        self._fetch = fetch
        self._plan = plan
        self._clock = clock
        self.expected: int | None = None
        self.ended = False
        self.hidden: list[str] = []
        # what is read whole has nothing to fall back on
        self._tolerated = self.hidden if plan.incremental else None
        self._newest = newest
        self._pace = pace
        self._read = 0
        checkpoint = checkpoint or {}
        self._resumed = "ranges" in checkpoint
        self._start: str | None = checkpoint.get("start", checkpoint.get("token"))
        self._chained = "token" in checkpoint
        self._proven = "ranges" in checkpoint or plan.strategy is Strategy.SEARCH
        self._cutter = cuts.cutter(fetch, plan)
        pending = [tuple(values) for values in checkpoint.get("ranges", ())]
        self._ranges = Ranges(
            page_readers.page_reader(fetch, plan, self._tolerated),
            self._cutter,
            lambda: self._highest_id()[0],
            pending,
        )
        records = sum(records for _, _, records in pending)
        self._resumed_spare = records // self._cutter.page_size // PAGES_PER_CUT

    def batches(self) -> Iterator[RecordBatch]:
        """All records of the plan, in batches; one id may come twice, none is left out."""
        for batch in self._batches():
            self._read += len(batch.records)
            left = (self.expected or 0) - self._read
            yield replace(batch, nearly_last=0 < left <= self._records_per_second)
        self.ended = True

    def _batches(self) -> Iterator[RecordBatch]:
        if self._chained:
            yield from self._by_token(self._start)
        elif self._resumed:
            try:
                yield from self._ranges.side_by_side(RESUMED_WIDTH, self._resumed_spare)
            except UnexpectedAnswer as error:
                # an earlier version stored ranges before it had shown that ids work as tokens
                if not error.by_token:
                    raise
                self._chained, self._proven = True, False
                yield from self._by_token(None)
        elif self._plan.strategy is Strategy.SEARCH:
            yield from self._search()
        else:
            yield from self._list()

    @property
    def _records_per_second(self) -> float:
        """How many HubSpot's limits allow."""
        searched = self._plan.strategy is Strategy.SEARCH
        pages = SEARCH_PAGES_PER_SECOND if searched else LIST_PAGES_PER_SECOND
        return pages * self._cutter.page_size

    @property
    def ending(self) -> bool:
        """Whether only the last pages are still to be read."""
        return self.expected is not None and self._read + LAST_RECORDS >= self.expected

    def remaining(self, merged: ReadTo) -> dict[str, Json] | None:
        """The checkpoint once ``merged`` (key → read up to, None: whole) is in; None: all read."""
        ids = {key: after for key, after in merged.items() if not isinstance(after, str)}
        # ranges that turned out not to be readable count until the list tells how far it is read
        if self._proven or (self._resumed and CHAIN not in merged):
            left = self._ranges.remaining(ids)
            return {"ranges": left} if left else None
        token: int | str | None = self._start
        if CHAIN in merged:
            token = merged[CHAIN]
        elif FIRST in ids:
            after = ids[FIRST]
            token = None if after is None else str(after + 1)
        if token is None and merged:
            return None
        return {"token" if self._chained else "start": token}

    def _search(self) -> Iterator[RecordBatch]:
        first = self._ranges.add(0, None, 0, taken=True)
        if self._newest is not None and self._newest.whole:
            self.expected = len(self._newest.records)
            yield self._ranges.advance(first, IdPage(self._newest.records, 0, more=False))
            return
        started = self._clock.now()
        none_shown = self._newest is not None and not self._newest.records
        page, total = page_readers.search_range(
            self._fetch, self._plan, 0, None, self._tolerated, may_be_empty=none_shown
        )
        self.expected = first.records = total
        pages = total // requests.SEARCH_LIMIT
        pace = (self._clock.now() - started) / 1000
        yield self._ranges.advance(first, page)
        if first.done:
            return
        # what a search is cut by is a page that has to be read anyway
        range_count = width(pace, SEARCH_PAGES_PER_SECOND, pages // SMALLEST_SPLIT)
        first.taken = False
        yield from self._ranges.side_by_side(range_count, pages // PAGES_PER_CUT)

    def _list(self) -> Iterator[RecordBatch]:
        started = self._clock.now()
        with ThreadPoolExecutor(1) as pool:
            cut_request: Future[Cut | None] | None = None
            split: Split | None = None
            after = max(0, page_readers.number(self._start or "") - 1)
            first = self._ranges.add(after, None, 0, taken=True)
            pace = self._pace
            if pace >= SLOW:
                split = Split(first, after, None, FIRST_CUT, 0)
                cut_request = pool.submit(self._cutter.find, after, None, FIRST_CUT)
            listed = page_readers.read_list_page(self._fetch, self._plan, self._start)
            records, unread = page_readers.with_values(self._fetch, self._plan, listed)
            id_page = page_readers.id_page(listed, after)
            if id_page is None:
                yield RecordBatch(records, CHAIN, listed.after, unread)
                if listed.after is not None:
                    yield from self._by_token(listed.after)
                return
            page = replace(id_page, records=records, unread=unread)
            yield self._ranges.advance(first, page)
            if cut_request is not None and not first.done:
                # it was asked for before the page: what is missing is not worth another one
                wait([cut_request], SLOW)
            while cut_request is None or not cut_request.done():
                if first.done:
                    return
                seconds = (self._clock.now() - started) / 1000
                slow = seconds >= SLOW or first.pages >= MANY_PAGES
                if slow and cut_request is None:
                    pace = seconds / first.pages
                    # meanwhile the next page is read
                    split = Split(first, first.after, None, FIRST_CUT, first.records_read)
                    cut_request = pool.submit(self._cutter.find, first.after, None, FIRST_CUT)
                following = self._read_by_id(first.after)
                if following is None:
                    yield from self._by_token(str(first.after + 1))
                    return
                page = following
                yield self._ranges.advance(first, page)
            if first.done or split is None:
                # a cut that failed is of no matter either
                return
            cut = cut_request.result()
        if cut is None:
            # the search skips nothing: ids are halved, if at least it tells where they end
            end, total = self._highest_id()
            self._ranges.halve_ids(end)
        else:
            total = split.records_read + cut.total
        self.expected = total or None
        first.records = max(0, total - first.records_read)
        spare = spare_requests(total, first.records_read) - 1
        worth_it = total // requests.LIST_LIMIT >= FIRST_CUT_PAGES + SMALLEST_SPLIT
        cuttable = worth_it and cut is not None and (cut.last or 0) > first.after
        if not cuttable and spare < 1:
            yield from self._one_by_one(first)
            return
        if cut is not None:
            self._ranges.split(split, cut)
        range_count = width(pace, LIST_PAGES_PER_SECOND, cuttable + max(0, spare))
        with self._ranges.reading(range_count, spare, first) as batches:
            # nothing is handed on of what is read by ids until it is shown that they work as tokens
            following = self._following(page)
            if following is not None:
                batch = self._ranges.advance(first, following)
                self._ranges.release()
                yield batch
                yield from batches
                return
        yield from self._by_token(str(first.after + 1))

    def _highest_id(self) -> tuple[int, int]:
        """The highest id and how many there are; zeros where the search does not tell."""
        try:
            return page_readers.highest_id(self._fetch, self._plan)
        except (HubSpotRefused, ScopeMissing, UnexpectedAnswer):
            return 0, 0

    def _one_by_one(self, only: Range) -> Iterator[RecordBatch]:
        while not only.done:
            page = self._read_by_id(only.after)
            if page is None:
                yield from self._by_token(str(only.after + 1))
                return
            yield self._ranges.advance(only, page)

    def _following(self, page: IdPage) -> IdPage | None:
        """The page after this one; None where the list has to be read by its tokens.

        It is asked for from an id in the midst of this page, which names no record as a rule: the
        records that followed there have to come again, but for those that went meanwhile.
        """
        ids = [int(record.id) for record in page.records]
        if len(ids) <= OVERLAP:
            return None
        try:
            following = self._read_by_id(ids[-OVERLAP - 1])
        except HubSpotRefused as refusal:
            if refusal.http_status != 400:
                raise
            return None
        if following is None:
            return None
        last = ids[-1]
        repeated = {int(record.id) for record in following.records if int(record.id) <= last}
        if not repeated or not repeated <= {*ids[-OVERLAP:]}:
            return None
        self._proven = True
        records = tuple(record for record in following.records if int(record.id) > last)
        return replace(following, records=records, id=max(following.id, last))

    def _read_by_id(self, after: int) -> IdPage | None:
        """The page above an id; None where ids turn out to be no tokens."""
        try:
            return self._ranges.read(after, None)
        except UnexpectedAnswer as error:
            if not error.by_token:
                raise
            return None

    def _by_token(self, token: str | None) -> Iterator[RecordBatch]:
        self._chained = True
        for page in token_lists.pages_by_token(self._fetch, self._plan, token):
            yield RecordBatch(page.records, CHAIN, page.after, page.unread)


def spare_requests(records: int, records_read: int) -> int:
    """How many requests more than its pages a list may take, less the page that overlapping costs.

    ``records`` are all there are, ``records_read`` those read before a page overlaps.
    """
    pages = math.ceil(records / requests.LIST_LIMIT)
    left = records - records_read
    overlapping = math.ceil((left + OVERLAP) / requests.LIST_LIMIT)
    return pages // PAGES_PER_CUT - (overlapping - math.ceil(left / requests.LIST_LIMIT))
