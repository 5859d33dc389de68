"""What a reading of a stream consists of: its parents, windows and variants, in order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hubspot_ingest import times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.registry import BY_NAME, CRM
from hubspot_ingest.catalog.stream import Every, Reader, Stream
from hubspot_ingest.errors import UnexpectedAnswer
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.items import item_requests
from hubspot_ingest.inbound.items.item_requests import Piece
from hubspot_ingest.inbound.items.json_paths import Level, look, text

# HubSpot was founded in 2006: no event is older.
FIRST = 1_149_120_000_000


@dataclass(frozen=True, slots=True)
class Parents:
    """The parents to read, and the scopes of those that need not be: nothing changed in them."""

    levels: tuple[Level, ...]
    unchanged: frozenset[str] = frozenset()


def pages(
    fetch: Fetch, stream: Stream, piece: Piece, token: str | None = None
) -> Iterator[item_requests.Page]:
    """The pages of a piece, from ``token`` on. Raises ``UnexpectedAnswer`` when they go round."""
    seen = {token}
    while True:
        request = item_requests.request(stream, piece, token)
        page = fetch(request, lambda answer: item_requests.page(stream, piece, answer))
        yield page
        if page.token is None:
            return
        if page.token in seen:
            raise UnexpectedAnswer(
                f"HubSpot answered the page token {page.token} of {stream.name} twice; reading "
                "was stopped so that it does not go round for ever, run again"
            )
        token = page.token
        seen.add(token)


def parents(
    fetch: Fetch,
    stream: Stream,
    *,
    event_types: Sequence[str] = (),
    since: int | None = None,
    behind: Collection[str] = (),
) -> Parents:
    """The parents of a stream, in ascending order of scope.

    ``since`` leaves out those that say that they were not changed since, unless they are
    ``behind``: an earlier run could not read them.
    """
    match stream.parents:
        case None:
            return Parents(())
        case Every.OBJECT_TYPES:
            return Parents(tuple({"id": name, "name": name} for name in _object_types(fetch)))
        case Every.OBJECT_TYPE_PAIRS:
            return Parents(
                tuple({"id": f"{a}>{b}", "from": a, "to": b} for a, b in object_type_pairs())
            )
        case Every.EVENT_TYPES:
            names = [*event_types] or _event_types(fetch)
            return Parents(tuple({"id": name, "name": name} for name in sorted({*names})))
        case Stream() as other:
            return _listed(fetch, stream, other, since, behind)


def _object_types(fetch: Fetch) -> list[str]:
    custom = [one.fully_qualified_name for one in lookup.schemas(fetch)]
    return sorted({*(one.object_type for one in CRM), *custom})


def object_type_pairs() -> list[tuple[str, str]]:
    """Object types that the catalog associates, each way round."""
    there = {
        (one.object_type, BY_NAME[other].object_type) for one in CRM for other in one.associations
    }
    return sorted(there | {(b, a) for a, b in there})


def _event_types(fetch: Fetch) -> list[str]:
    stream = BY_NAME["event_types"]
    name = look("name")
    return [
        str(name(one)) for page in pages(fetch, stream, Piece()) for one in page.items if name(one)
    ]


def _listed(
    fetch: Fetch, stream: Stream, listing: Stream, since: int | None, behind: Collection[str]
) -> Parents:
    key = look(stream.parent_key)
    changed_at = look(stream.parent_updated) if stream.parent_updated else None
    found: dict[str, Level] = {}
    unchanged: set[str] = set()
    for variant in range(len(listing.variants)):
        for page in pages(fetch, listing, Piece(variant=variant)):
            for item in page.items:
                scope = text(key(item))
                if not scope or any(text(look(path)(item)) == no for path, no in stream.barren):
                    continue
                own_since = None if scope in behind else since
                if changed_at is not None and _before(changed_at(item), own_since):
                    unchanged.add(scope)
                else:
                    found.setdefault(scope, item[0])
    return Parents(tuple(found[scope] for scope in sorted(found)), frozenset(unchanged))


def _before(value: object, since: int | None) -> bool:
    if since is None:
        return False
    instant = times.milliseconds(text(value) or "")
    return instant is not None and instant < since


def pieces(
    stream: Stream,
    parents: Parents,
    *,
    since: int | None = None,
    until: int | None = None,
    behind: Mapping[str, int | None] | None = None,
) -> list[Piece]:
    """The pieces of a reading; ``since`` and ``until`` bound the windows (epoch ms).

    The windows of a scope that is ``behind`` begin when that says (None: at the beginning).
    """
    groups: list[tuple[Level, ...]] = [()]
    if stream.parents is not None:
        size = stream.batch or 1
        told = parents.levels
        groups = [told[start : start + size] for start in range(0, len(told), size)]
    key = look(stream.parent_key)
    made = []
    for group in groups:
        scope = (text(key((group[0],))) or "") if group else ""
        spans: list[tuple[int | None, int | None]] = [(None, None)]
        if stream.window[0] and until is not None:
            begin = (behind or {}).get(scope, since)
            spans = [*_windows(stream, FIRST if begin is None else begin, until)]
        made += [
            Piece(scope, group, variant, start, end)
            for start, end in spans
            for variant in range(len(stream.variants))
        ]
    return made


def _windows(stream: Stream, since: int, until: int) -> Iterator[tuple[int, int]]:
    step = stream.window_days * times.DAY or max(1, until - since)
    for start in range(since, max(until, since + 1), step):
        yield start, min(start + step, until)


def complete(stream: Stream) -> bool:
    """Whether reading all pieces tells what there is, and so what is not there any more."""
    return bool(stream.gone) and stream.reader is not Reader.WINDOWS
