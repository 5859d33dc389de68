"""Associations of many records at once: 1,000 ids a request, whatever each one's trouble."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from hubspot_ingest.errors import HubSpotRefused
from hubspot_ingest.hubspot import answers, requests
from hubspot_ingest.inbound.readers import Fetch
from hubspot_ingest.model import Link

Inputs = Sequence[tuple[str, str | None]]
Found = dict[str, list[Link]]
SIDE_BY_SIDE = 4


def read_links(fetch: Fetch, from_type: str, to_type: str, ids: Sequence[str]) -> Found:
    """The links of ``ids`` to records of ``to_type``, by id.

    An id that HubSpot does not tell of is absent; one that has none has an empty list. Raises
    ``HubSpotRefused`` or ``ScopeMissing`` when this type of association cannot be read at all.
    """
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        found: Found = {}
        for told in pool.map(lambda part: _read(fetch, from_type, to_type, part), _parts(ids)):
            found.update(told)
    return found


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), requests.ASSOCIATIONS_LIMIT):
        yield ids[start : start + requests.ASSOCIATIONS_LIMIT]


def _read(fetch: Fetch, from_type: str, to_type: str, ids: Iterable[str]) -> Found:
    found: Found = {}
    pending: list[tuple[str, str | None]] = [(one, None) for one in ids]
    while pending:
        asked, pending = (
            pending[: requests.ASSOCIATIONS_LIMIT],
            pending[requests.ASSOCIATIONS_LIMIT :],
        )
        pending += _ask(fetch, from_type, to_type, asked, found)
    return found


def _ask(
    fetch: Fetch, from_type: str, to_type: str, asked: Inputs, found: Found
) -> list[tuple[str, str | None]]:
    """Ask for one batch, note what is told in ``found``, return the pages still to come."""
    try:
        told = fetch(requests.associations(from_type, to_type, asked), answers.links)
    except HubSpotRefused as refusal:
        # one id that is gone makes HubSpot refuse all of them: halve until it stands alone
        if refusal.http_status != 400:
            raise
        if len(asked) == 1:
            return []
        middle = len(asked) // 2
        return [
            *_ask(fetch, from_type, to_type, asked[:middle], found),
            *_ask(fetch, from_type, to_type, asked[middle:], found),
        ]
    following: list[tuple[str, str | None]] = []
    for one, links, after in told.found:
        found.setdefault(one, []).extend(links)
        if after is not None:
            following.append((one, after))
    for one in told.none:
        found.setdefault(one, [])
    if not told.failed:
        for one, _ in asked:
            found.setdefault(one, [])
    return following
