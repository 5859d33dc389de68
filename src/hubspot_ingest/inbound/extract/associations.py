"""Associations of many records at once: 1,000 ids a request, whatever each one's trouble."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from hubspot_ingest.errors import HubSpotRefused, UnexpectedAnswer
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.model import Link

Input = tuple[str, str | None]
LinksById = dict[str, list[Link]]
SIDE_BY_SIDE = 4
# So many ids refused one by one, and none answered: it is not the ids that HubSpot minds.
REFUSED_ALONE = 3


def read_links(fetch: Fetch, from_type: str, to_type: str, ids: Sequence[str]) -> LinksById:
    """The links of ``ids`` to records of ``to_type``, by id.

    An id that HubSpot does not tell of is absent; one that has none has an empty list. Raises
    ``HubSpotRefused`` or ``ScopeMissing`` when this type of association cannot be read at all.
    """
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        found: LinksById = {}
        for told in pool.map(lambda part: _read(fetch, from_type, to_type, part), _parts(ids)):
            found.update(told)
    return found


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), requests.ASSOCIATIONS_LIMIT):
        yield ids[start : start + requests.ASSOCIATIONS_LIMIT]


def _read(fetch: Fetch, from_type: str, to_type: str, ids: Iterable[str]) -> LinksById:
    asking = _LinksReader(fetch, from_type, to_type)
    pending: list[Input] = [(one, None) for one in ids]
    size = requests.ASSOCIATIONS_LIMIT
    while pending:
        asked, pending = pending[:size], pending[size:]
        pending += asking.ask(asked)
    return asking.found


@dataclass
class _LinksReader:
    """What one part of the ids was told so far."""

    fetch: Fetch
    from_type: str
    to_type: str
    found: LinksById = field(default_factory=dict)
    _tokens: set[Input] = field(default_factory=set, init=False)
    _answered: bool = field(default=False, init=False)
    _refused: int = field(default=0, init=False)

    def ask(self, asked: Sequence[Input]) -> list[Input]:
        """Ask for one batch, note what is told, return the pages still to come."""
        request = requests.associations(self.from_type, self.to_type, asked)
        try:
            told = self.fetch(request, responses.links)
        except HubSpotRefused as refusal:
            # one id that is gone makes HubSpot refuse all of them: halve until it stands alone
            if refusal.http_status != 400:
                raise
            return self._halve(asked, refusal)
        self._answered = True
        following: list[Input] = []
        for one, links, after in told.found:
            self.found.setdefault(one, []).extend(links)
            if after is not None:
                following.append(self._once((one, after)))
        for one in told.none:
            self.found.setdefault(one, [])
        if not told.failed:
            for one, _ in asked:
                self.found.setdefault(one, [])
        return following

    def _halve(self, asked: Sequence[Input], refusal: HubSpotRefused) -> list[Input]:
        if len(asked) > 1:
            middle = len(asked) // 2
            return [*self.ask(asked[:middle]), *self.ask(asked[middle:])]
        self._refused += 1
        if self._refused >= REFUSED_ALONE and not self._answered:
            raise refusal
        # what was told of an id before it went is not the whole of it
        self.found.pop(asked[0][0], None)
        return []

    def _once(self, page: Input) -> Input:
        if page in self._tokens:
            raise UnexpectedAnswer(
                f"HubSpot answered the page token {page[1]} of the associations of {page[0]} "
                "twice; reading was stopped so that it does not go round for ever, run again"
            )
        self._tokens.add(page)
        return page
