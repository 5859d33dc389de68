"""The partitions in which a stream is read: its parents, windows and variants, in order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.registry import CRM, ITEM_STREAMS, RECORD_STREAMS
from hubspot_ingest.catalog.stream import Every, ItemStream, ParentKeys, PerParent, TimeWindow
from hubspot_ingest.errors import UnexpectedAnswer
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.items import item_requests
from hubspot_ingest.inbound.items.item_requests import ItemPage, Partition
from hubspot_ingest.inbound.items.json_paths import Item, Level, getter, text

# Epoch milliseconds of 2006-06-01. HubSpot was founded in 2006: no event is older.
OLDEST = 1_149_120_000_000
# Pages in a row that bring nothing, each with another token. Of searches a few were seen
# (docs/BEHAVIOR.md, H171); how many HubSpot sends at most is not known.
MOST_IDLE_PAGES = 100


@dataclass(frozen=True, slots=True)
class Parents:
    """The parents to read, and the scopes of those in which nothing changed: they are not read.

    ``ends`` is False where there may be more parents than HubSpot listed.
    """

    levels: tuple[Level, ...]
    unchanged: frozenset[str] = frozenset()
    ends: bool = True


def pages(
    fetch: Fetch, stream: ItemStream, partition: Partition, token: str | None = None
) -> Iterator[ItemPage]:
    """The pages of a partition, from ``token`` on.

    An empty page for a token that HubSpot itself gave is asked for once more: it may be the end of
    a list whose last page was full, or a token that HubSpot did not understand. Smaller pages tell
    which; where they do not, the list is taken to be read as far as it goes, but not to be whole.
    A full page without a token, and an answer without content, are asked for once more, too.

    Raises ``UnexpectedAnswer`` when a page token comes twice, or is not understood, and when
    ``MOST_IDLE_PAGES`` in a row bring nothing, or what the page before brought.
    """
    tokens = {token}
    idle_pages, before = 0, tuple[Item, ...]()
    while True:
        request = item_requests.request(stream, partition, token)

        def parse(answer: Any) -> ItemPage:
            return item_requests.page(stream, partition, answer)

        page = fetch(request, parse)
        empty_after_token = token is not None and not page.answered and page.token is None
        if empty_after_token or page.full or page.blank:
            page = fetch(request, parse)
            if token is not None and not page.answered and page.token is None:
                page = replace(page, ends=_tokens_lead_on(fetch, stream, partition))
        yield page
        if page.token is None:
            return
        # a page of nothing but what the stream leaves out is not idle
        idle = not page.answered or (page.items and page.items == before)
        idle_pages = idle_pages + 1 if idle else 0
        before = page.items
        if idle_pages >= MOST_IDLE_PAGES:
            raise UnexpectedAnswer(
                f"HubSpot answered {idle_pages} page tokens of {stream.name} in a row with nothing "
                "new; reading was stopped so that it does not go on for ever, run again"
            )
        if page.token in tokens:
            raise UnexpectedAnswer(
                f"HubSpot answered the page token {page.token} of {stream.name} twice; reading "
                "was stopped so that it does not go round for ever, run again"
            )
        token = page.token
        tokens.add(token)


def _tokens_lead_on(fetch: Fetch, stream: ItemStream, partition: Partition) -> bool:
    """Whether HubSpot understands the page tokens of a list; False where that does not show.

    The first page is asked for with one item less: where it is full, the item that was left out
    has to come on the page of its token. Raises ``UnexpectedAnswer`` when nothing comes.
    """
    if stream.paging is None:
        return False
    size = stream.paging.size - 1
    smaller = replace(stream, paging=replace(stream.paging, size=size))

    def ask(token: str | None) -> ItemPage:
        request = item_requests.request(smaller, partition, token)
        return fetch(request, lambda answer: item_requests.page(smaller, partition, answer))

    first = ask(None)
    if first.token is None or first.answered < size:
        return False
    if not ask(first.token).answered:
        raise UnexpectedAnswer(
            f"HubSpot answers its own page token of {stream.name} with nothing, though there is "
            "more; what came before was loaded and nothing was taken for deleted, run again"
        )
    return True


def parents(
    fetch: Fetch,
    stream: ItemStream,
    *,
    event_types: Sequence[str] = (),
    since: int | None = None,
    behind: Collection[str] = (),
) -> Parents:
    """The parents of a stream, in ascending order of scope.

    ``since`` (epoch milliseconds) leaves out those that say that they were not changed since,
    unless they are ``behind``: an earlier run could not read them.
    """
    if stream.parents is None:
        return Parents(())
    match stream.parents.source:
        case Every.OBJECT_TYPES:
            return Parents(tuple({"id": name, "name": name} for name in _object_types(fetch)))
        case Every.OBJECT_TYPE_PAIRS:
            return Parents(
                tuple({"id": f"{a}>{b}", "from": a, "to": b} for a, b in object_type_pairs())
            )
        case Every.EVENT_TYPES:
            names = [*event_types] or _event_types(fetch)
            return Parents(tuple({"id": name, "name": name} for name in sorted({*names})))
        case ItemStream() as source:
            return _listed(fetch, stream, stream.parents, source, since, behind)


def _object_types(fetch: Fetch) -> list[str]:
    custom = [schema.object_type for schema in lookup.schemas(fetch)]
    return sorted({*(stream.object_type for stream in CRM), *custom})


def object_type_pairs() -> list[tuple[str, str]]:
    """Object types that the catalog associates, each way round."""
    pairs = {
        (stream.object_type, RECORD_STREAMS[associated].object_type)
        for stream in CRM
        for associated in stream.associations
    }
    return sorted(pairs | {(b, a) for a, b in pairs})


def _event_types(fetch: Fetch) -> list[str]:
    name = getter("name")
    return [
        str(name(item))
        for page in _parent_pages(fetch, ITEM_STREAMS["event_types"], Partition())
        for item in page.items
        if name(item)
    ]


def _parent_pages(fetch: Fetch, source: ItemStream, partition: Partition) -> Iterator[ItemPage]:
    """As ``pages``. Raises ``UnexpectedAnswer`` for no content: nobody would be asked for."""
    for page in pages(fetch, source, partition):
        if page.blank:
            raise UnexpectedAnswer(
                f"HubSpot answered the list of {source.name} without content, so that what belongs "
                "to each of them cannot be read; nothing was changed, run again"
            )
        yield page


@dataclass(frozen=True, slots=True)
class _Listing:
    """The scopes of the parents that an endpoint lists, each with the parent.

    ``ends`` is False where the list did not show that it ends there.
    """

    scopes: tuple[tuple[str, Level], ...]
    page_count: int
    ends: bool


def _listed(
    fetch: Fetch,
    stream: ItemStream,
    per_parent: PerParent,
    source: ItemStream,
    since: int | None,
    behind: Collection[str],
) -> Parents:
    """The items of another stream as parents."""
    recent: dict[str, Level] | None = None
    if per_parent.recent is not None:
        latest = _listing(fetch, per_parent, per_parent.recent)
        recent = dict(latest.scopes) if latest.ends else None
    changed_at = getter(per_parent.updated) if per_parent.updated else None
    levels: dict[str, Level] = {}
    unchanged: set[str] = set()
    listings = [_listing(fetch, per_parent, source)]
    if stream.dated and listings[0].page_count > len(source.variants):
        # what is deleted between two pages may hide another parent (docs/BEHAVIOR.md, H163), whose
        # children nobody would ask for again once the cursor has moved past them
        listings.append(_listing(fetch, per_parent, source))
    for scope, listed in (parent for listing in listings for parent in listing.scopes):
        level = listed if recent is None else {**listed, **recent.get(scope, {})}
        scope_since = None if scope in behind else since
        quiet = recent is not None and scope not in recent and scope_since is not None
        if quiet or (changed_at is not None and _before(changed_at((level,)), scope_since)):
            unchanged.add(scope)
        else:
            levels.setdefault(scope, level)
    ends = all(listing.ends for listing in listings)
    return Parents(tuple(levels[scope] for scope in sorted(levels)), frozenset(unchanged), ends)


def _listing(fetch: Fetch, per_parent: PerParent, source: ItemStream) -> _Listing:
    key = getter(per_parent.key)
    scopes: list[tuple[str, Level]] = []
    page_count, ends = 0, True
    for variant in range(len(source.variants)):
        for page in _parent_pages(fetch, source, Partition(variant=variant)):
            page_count += 1
            ends = ends and page.ends
            for item in page.items:
                scope = text(key(item))
                excluded = any(
                    text(getter(path)(item)) == value for path, value in per_parent.excluded
                )
                if scope and not excluded:
                    scopes.append((scope, item[0]))
    return _Listing(tuple(scopes), page_count, ends)


def _before(value: object, since: int | None) -> bool:
    if since is None:
        return False
    instant = times.milliseconds(text(value) or "")
    return instant is not None and instant < since


def split(
    stream: ItemStream,
    parents: Parents,
    *,
    since: int | None = None,
    until: int | None = None,
    behind: Mapping[str, int | None] | None = None,
    checkpoint: Mapping[str, Any] | None = None,
) -> list[Partition]:
    """The partitions of a stream in the order of their places.

    ``since`` and ``until`` bound the windows (epoch milliseconds). The windows of a scope that is
    ``behind`` begin at the time given there (None: at the beginning). Parents that are read
    together are grouped anew from the place of a ``checkpoint`` on, whoever came or went before it.
    """
    groups: list[tuple[Level, ...]] = [()]
    key = getter("id")
    if stream.parents is not None:
        key = getter(stream.parents.key)
        size = stream.body.limit if isinstance(stream.body, ParentKeys) else 1
        levels = parents.levels
        resumed_at = "" if checkpoint is None else str(checkpoint["piece"][0])
        before = sum((text(key((level,))) or "") < resumed_at for level in levels)
        starts = [*range(0, before, size), *range(before, len(levels), size)]
        groups = [levels[start:end] for start, end in pairwise([*starts, len(levels)])]
    partitions = []
    for group in groups:
        scope = (text(key((group[0],))) or "") if group else ""
        spans: list[tuple[int | None, int | None]] = [(None, None)]
        if stream.window is not None and until is not None:
            begin = (behind or {}).get(scope, since)
            spans = [*_spans(stream.window, OLDEST if begin is None else begin, until)]
        partitions += [
            Partition(scope, group, variant, start, end)
            for start, end in spans
            for variant in range(len(stream.variants))
        ]
    return partitions


def _spans(window: TimeWindow, since: int, until: int) -> Iterator[tuple[int, int]]:
    step = window.days * times.DAY or max(1, until - since)
    for start in range(since, max(until, since + 1), step):
        yield start, min(start + step, until)


def complete(stream: ItemStream) -> bool:
    """Whether reading all partitions shows everything there is, and so what is missing."""
    return bool(stream.missing_kind) and stream.window is None
