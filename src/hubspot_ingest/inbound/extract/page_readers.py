"""Reads single pages of a plan from HubSpot: small functions over an injected ``fetch``.

Every reader asks by id: "records above this id, ascending". There is no offset that could shift
while records come and go, no 10,000-result wall, ties in time are harmless, and a reading can be
taken up again at any id (docs/BEHAVIOR.md, "Paging").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from hubspot_ingest.errors import HubSpotRefused, UnexpectedAnswer
from hubspot_ingest.hubspot import record_pages, requests
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound.extract.batch_reads import read_batches
from hubspot_ingest.inbound.plan.plan import MERGED_IDS, Plan, Reading, Strategy
from hubspot_ingest.model import BatchOutcome, Json, Page, Record

TOO_LONG = 414


@dataclass(frozen=True, slots=True)
class IdPage:
    """Records in ascending order of id: all there are above the id asked from, up to ``id``.

    But for ``unread``, the ids of records that HubSpot refused to read, each with the reason.
    """

    records: tuple[Record, ...]
    id: int
    more: bool
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordsById:
    """Records by id; ``unread`` are ids that HubSpot did not read, each with the reason."""

    records: dict[str, Record]
    unread: dict[str, str]

    def missing(self, ids: Iterable[str]) -> list[str]:
        """Which of ``ids``, all of them asked for, are gone."""
        return [id for id in ids if id not in self.records and id not in self.unread]


class ReadPage(Protocol):
    """Reads the records above the id ``after``, up to about ``last`` (None: to the end)."""

    def __call__(self, after: int, last: int | None, /) -> IdPage:
        """Raises ``UnexpectedAnswer`` when records could be missed."""


def page_reader(fetch: Fetch, plan: Plan, hidden: list[str] | None = None) -> ReadPage:
    """The reader of the plan's strategy; ``hidden`` as for ``search_range``."""
    match plan.strategy:
        case Strategy.LIST | Strategy.WIDE:
            return _list_reader(fetch, plan)
        case Strategy.SEARCH:
            return _search_reader(fetch, plan, hidden)


def _list_reader(fetch: Fetch, plan: Plan) -> ReadPage:
    def read(after: int, _last: int | None) -> IdPage:
        # HubSpot's own token is the page's last id + 1, and any other id does as well
        listed = read_list_page(fetch, plan, str(after + 1) if after else None)
        page = id_page(listed, after)
        if page is None:
            raise UnexpectedAnswer(
                f"HubSpot's page of {plan.stream.name} after the id {after} (token {listed.after}) "
                "does not lead on from there; reading was stopped so that nothing is missed and it "
                "does not go round for ever, run again",
                by_token=True,
            )
        records, unread = with_values(fetch, plan, listed)
        return replace(page, records=records, unread=unread)

    return read


def id_page(page: Page, after: int) -> IdPage | None:
    """A page of the list as the one above the id ``after``; None where it cannot be read by id.

    The page has to begin above that id and to ascend, and its token has to be above its last id:
    the last id itself as a token would mean that a page begins after its token. A page without
    records leads on where its token is above the one that was asked for.
    """
    if _descent(page, after) is not None:
        return None
    last = int(page.records[-1].id) if page.records else after
    if page.after is None:
        return IdPage(page.records, last, False)
    reached = number(page.after) - 1
    leads_on = reached >= last if page.records else reached > after
    return IdPage(page.records, reached, True) if leads_on else None


def changed_since(
    fetch: Fetch,
    plan: Plan,
    since: int,
    *,
    after: int = 0,
    last: int | None = None,
    pages: int | None = None,
) -> IdPage:
    """What changed since an instant and the plan's filters take, with the ids merged into each.

    Of the ids above ``after``, up to ``last``, and of no more than so many ``pages``. Raises
    ``UnexpectedAnswer`` where the search counts records which it does not show.
    """
    window = replace(plan, since=since, properties=("hs_object_id", MERGED_IDS))
    records: list[Record] = []
    hidden: list[str] = []
    more, count = True, 0
    while more and count != pages:
        page, _ = search_range(fetch, window, after, last, hidden)
        if hidden:
            raise UnexpectedAnswer(
                f"{hidden[0]}; reading was stopped so that none is missed, run again"
            )
        records.extend(page.records)
        after, more, count = page.id, page.more, count + 1
    return IdPage(tuple(records), after, more)


def merge_survivors(fetch: Fetch, plan: Plan) -> tuple[Record, ...]:
    """Every record that others were merged into, whether the plan's filters take it or not."""
    has: Json = {"propertyName": MERGED_IDS, "operator": "HAS_PROPERTY"}
    return changed_since(fetch, replace(plan, filter_groups=((has,),)), 0).records


def ids_matching_filters(fetch: Fetch, plan: Plan, ids: Sequence[str]) -> set[str]:
    """Which of some ids the sync's filters take.

    Raises ``UnexpectedAnswer`` when HubSpot counts more of them than it sends.
    """
    matching: set[str] = set()
    for start in range(0, len(ids), requests.BATCH_LIMIT):
        batch: list[Json] = list(ids[start : start + requests.BATCH_LIMIT])
        among: Json = {"propertyName": "hs_object_id", "operator": "IN", "values": batch}
        groups: list[Json] = [{"filters": [*group, among]} for group in plan.filter_groups]
        request = requests.search_page(plan.stream.object_type, groups, ["hs_object_id"])
        page = fetch(request, record_pages.page)
        if (page.total or 0) > len(page.records):
            raise UnexpectedAnswer(
                f"HubSpot's search of {plan.stream.name} counts {page.total} records and sends "
                f"{len(page.records)}; nothing was marked, run again"
            )
        matching |= {record.id for record in page.records}
    return matching


def read_list_page(fetch: Fetch, plan: Plan, token: str | None, *, archived: bool = False) -> Page:
    """A page of the list by HubSpot's token; with the values, unless they are read apart.

    They are where their names make a URL longer than passes, by what was learnt of that.
    """

    def ask(names: Sequence[str]) -> Request:
        return requests.list_page(plan.stream.object_type, names, after=token, archived=archived)

    request = ask(plan.properties)
    length = len(request.target)
    if plan.strategy is not Strategy.WIDE and length <= plan.urls.longest:
        try:
            return fetch(request, record_pages.page)
        except HubSpotRefused as refusal:
            if refusal.http_status != TOO_LONG:
                raise
            plan.urls.longest = length - 1
    return replace(fetch(ask(()), record_pages.page), bare=True)


def with_values(
    fetch: Fetch, plan: Plan, page: Page, *, archived: bool = False
) -> tuple[tuple[Record, ...], Mapping[str, str]]:
    """The page's records with the plan's properties, in order, and those that were not read.

    Where the names do not fit into a URL the list was asked for ids alone, and the values are
    read by batch. One that is gone by then was archived or merged meanwhile, and comes by that
    way.
    """
    if not page.bare or not page.records:
        return page.records, {}
    read = read_by_ids(fetch, plan, [record.id for record in page.records], archived=archived)
    valued = (read.records.get(record.id) for record in page.records)
    return tuple(record for record in valued if record is not None), read.unread


def read_by_ids(
    fetch: Fetch, plan: Plan, ids: Sequence[str], *, archived: bool = False
) -> RecordsById:
    """Records by id, with the plan's properties; those that are gone are left out."""
    records: dict[str, Record] = {}

    def ask(batch: Sequence[str]) -> BatchOutcome:
        page, outcome = fetch(
            requests.batch_read(plan.stream.object_type, batch, plan.properties, archived=archived),
            lambda answer: (record_pages.page(answer), record_pages.batch_outcome(answer)),
        )
        # a merged id may be answered by its survivor: only what was asked for counts
        records.update({record.id: record for record in page.records if record.id in batch})
        return outcome

    unread = read_batches(ids, requests.BATCH_LIMIT, ask)
    return RecordsById(records, unread)


def _search_reader(fetch: Fetch, plan: Plan, hidden: list[str] | None) -> ReadPage:
    def read(after: int, last: int | None) -> IdPage:
        return search_range(fetch, plan, after, last, hidden)[0]

    return read


def search_range(
    fetch: Fetch,
    plan: Plan,
    after: int,
    last: int | None,
    hidden: list[str] | None = None,
    *,
    may_be_empty: bool = False,
) -> tuple[IdPage, int]:
    """A page of the plan's search, and how many records match from there on.

    ``may_be_empty``: another answer told of none above ``after`` before, so that none is no news.
    Raises ``UnexpectedAnswer`` where the search counts records and shows none, or adds that to
    ``hidden`` where there is such a list: its owner goes on, and does not count on what it read.
    What a page leaves out between those it shows is added there too; who has no such list reads
    everything, and what it read is counted afterwards.
    """
    page = _search_page(fetch, plan, after, last, 0)
    total = page.total or 0
    if not page.records and not (may_be_empty and page.after is None and not total):
        # pages without a record are seen now and then where there are some: ask once more
        page = _search_page(fetch, plan, after, last, 0)
        total = page.total or 0
        if not page.records and (total or page.after is not None):
            page = _beyond_empty(fetch, plan, after, last, page, hidden)
    if record_pages.is_short(page, requests.SEARCH_LIMIT):
        page = _without_gaps(fetch, plan, after, last, page, hidden)
    reached = int(page.records[-1].id) if page.records else after
    # a page may be shorter than asked for, whatever it says of the next one; a full one that does
    # not count does not show that it is the last
    shown = len(page.records)
    counted = requests.SEARCH_LIMIT + (page.after is None) if page.total is None else page.total
    more = page.after is not None or 0 < shown < counted
    return IdPage(page.records, reached, more), total


def _search_page(fetch: Fetch, plan: Plan, after: int, last: int | None, skip: int) -> Page:
    request = requests.search_page(
        plan.stream.object_type, range_filter_groups(plan, after, last), plan.properties, skip=skip
    )
    return _ascending(fetch(request, record_pages.page), after)


def _without_gaps(
    fetch: Fetch,
    plan: Plan,
    after: int,
    last: int | None,
    page: Page,
    hidden: list[str] | None,
) -> Page:
    """A short page, asked for once more where it leaves out records between those it shows.

    Reading goes on above its last id and would pass them by; ``hidden`` as for ``search_range``.
    """
    left_out = _left_out(fetch, plan, after, page)
    if left_out > 0:
        again = _search_page(fetch, plan, after, last, 0)
        # one that is empty now shows nothing of what the first one showed
        page = again if again.records else page
        left_out = _left_out(fetch, plan, after, page)
    if left_out > 0 and hidden is not None:
        hidden.append(_unseen(left_out, plan, after) + "none of them")
    return page


def _left_out(fetch: Fetch, plan: Plan, after: int, page: Page) -> int:
    """How many records are counted up to a page's last one that it does not show."""
    if not record_pages.is_short(page, requests.SEARCH_LIMIT):
        return 0
    return count_matching(fetch, plan, after, int(page.records[-1].id)) - len(page.records)


def _unseen(count: int, plan: Plan, after: int) -> str:
    return f"HubSpot's search counts {count} {plan.stream.name} above the id {after} and shows "


def _beyond_empty(
    fetch: Fetch,
    plan: Plan,
    after: int,
    last: int | None,
    page: Page,
    hidden: list[str] | None,
) -> Page:
    """The first page with records after an empty one, or the end, if nothing is left out by that.

    ``hidden`` and what is raised are as for ``search_range``.
    """
    skipped = 0
    while not page.records and page.after is not None and number(page.after) > skipped:
        skipped = number(page.after)
        if skipped + requests.SEARCH_LIMIT > requests.SEARCH_REACH:
            break
        page = _search_page(fetch, plan, after, last, skipped)
    end = int(page.records[0].id) - 1 if page.records else last
    count = count_matching(fetch, plan, after, end)
    if count:
        fault = _unseen(count, plan, after)
        if hidden is None:
            raise UnexpectedAnswer(
                f"{fault}an empty page; reading was stopped so that none is missed, run again"
            )
        hidden.append(f"{fault}none of them")
    return page if page.records else replace(page, after=None)


def count_matching(fetch: Fetch, plan: Reading, after: int = 0, last: int | None = None) -> int:
    """How many records the plan's search finds in a range of ids: one request."""
    request = requests.search_page(
        plan.stream.object_type, range_filter_groups(plan, after, last), ["hs_object_id"], limit=1
    )
    return fetch(request, record_pages.page).total or 0


def range_filter_groups(plan: Reading, after: int, last: int | None) -> list[Json]:
    """The filter groups as sent: the user's filters, the window and the id range, in each."""
    return [{"filters": [*group, id_bound(after, last)]} for group in plan.search_groups]


def id_bound(after: int, last: int | None) -> Json:
    """The filter for ids above ``after``, up to ``last`` (None: to the end)."""
    if last is None:
        return {"propertyName": "hs_object_id", "operator": "GT", "value": str(after)}
    return {
        "propertyName": "hs_object_id",
        "operator": "BETWEEN",
        "value": str(after + 1),
        "highValue": str(last),
    }


def highest_id(fetch: Fetch, plan: Plan) -> tuple[int, int]:
    """The highest id of the object type, and how many records it has (0, 0: none)."""
    request = requests.search_page(
        plan.stream.object_type, [], ["hs_object_id"], descending=True, limit=1
    )
    page = fetch(request, record_pages.page)
    return (number(page.records[0].id), page.total or 0) if page.records else (0, 0)


def number(text: str) -> int:
    """The number that an id or a token is; 0 where it is none."""
    try:
        return int(text)
    except ValueError:
        return 0


def _ascending(page: Page, after: int) -> Page:
    descent = _descent(page, after)
    if descent is not None:
        previous, id = descent
        raise UnexpectedAnswer(
            f"HubSpot's page is not in ascending order of id ({id} after {previous}); "
            "records could be missed, so nothing of it was loaded, run again"
        )
    return page


def _descent(page: Page, after: int) -> tuple[int, str] | None:
    """An id and the next one, which is not above it; None where all ascend from ``after``."""
    previous = after
    for record in page.records:
        identifier = number(record.id)
        if identifier <= previous:
            return previous, record.id
        previous = identifier
    return None
