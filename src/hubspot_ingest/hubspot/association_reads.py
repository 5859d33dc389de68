"""Reads the associations of many records, 1,000 ids a request, past ids that HubSpot refuses."""

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
# After this many ids were refused one by one and none was answered, all of them count as refused.
REFUSED_ALONE = 3


def read_links(fetch: Fetch, from_type: str, to_type: str, ids: Sequence[str]) -> LinksById:
    """The links of ``ids`` to records of ``to_type``, by id.

    An id that HubSpot does not tell of is absent; one that has none, or that two answers without
    an error of another kind leave out, has an empty list. Raises
    ``HubSpotRefused`` or ``ScopeMissing`` when this type of association cannot be read at all.
    """
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        links_by_id: LinksById = {}
        for part_links in pool.map(
            lambda part: _read(fetch, from_type, to_type, part), _parts(ids)
        ):
            links_by_id.update(part_links)
    return links_by_id


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), requests.ASSOCIATIONS_LIMIT):
        yield ids[start : start + requests.ASSOCIATIONS_LIMIT]


def _read(fetch: Fetch, from_type: str, to_type: str, ids: Iterable[str]) -> LinksById:
    asking = _LinksReader(fetch, from_type, to_type)
    pending: list[Input] = [(id, None) for id in ids]
    size = requests.ASSOCIATIONS_LIMIT
    while pending:
        asked, pending = pending[:size], pending[size:]
        pending += asking.ask(asked)
    return asking.links_by_id


@dataclass
class _LinksReader:
    """Reads the links of one part of the ids."""

    fetch: Fetch
    from_type: str
    to_type: str
    links_by_id: LinksById = field(default_factory=dict)
    _tokens: set[Input] = field(default_factory=set, init=False)
    _left_out: set[str] = field(default_factory=set, init=False)
    _answered: bool = field(default=False, init=False)
    _refused: int = field(default=0, init=False)

    def ask(self, inputs: Sequence[Input]) -> list[Input]:
        """Read one batch into ``links_by_id``; returns the pages still to be read."""
        request = requests.associations(self.from_type, self.to_type, inputs)
        try:
            answer = self.fetch(request, responses.links)
        except HubSpotRefused as refusal:
            # one id that is gone makes HubSpot refuse all of them: halve until it stands alone
            if refusal.http_status != 400:
                raise
            return self._halve(inputs, refusal)
        self._answered = True
        following: list[Input] = []
        for id, links, after in answer.results:
            self.links_by_id.setdefault(id, []).extend(links)
            if after is not None:
                following.append(self._once((id, after)))
        for id in answer.none:
            self.links_by_id.setdefault(id, [])
        told = {id for id, _, _ in answer.results} | answer.none
        for id, after in inputs:
            if id in told:
                continue
            if after is not None:
                # the pages before are not the whole of it
                self.links_by_id.pop(id, None)
            elif not answer.failed:
                # HubSpot names the records without any: one it leaves out is asked for once more
                if id in self._left_out:
                    self.links_by_id.setdefault(id, [])
                else:
                    self._left_out.add(id)
                    following.append((id, None))
        return following

    def _halve(self, inputs: Sequence[Input], refusal: HubSpotRefused) -> list[Input]:
        if len(inputs) > 1:
            middle = len(inputs) // 2
            return [*self.ask(inputs[:middle]), *self.ask(inputs[middle:])]
        self._refused += 1
        if self._refused >= REFUSED_ALONE and not self._answered:
            raise refusal
        # what was told of an id before it went is not the whole of it
        self.links_by_id.pop(inputs[0][0], None)
        return []

    def _once(self, page: Input) -> Input:
        if page in self._tokens:
            raise UnexpectedAnswer(
                f"HubSpot answered the page token {page[1]} of the associations of {page[0]} "
                "twice; reading was stopped so that it does not go round for ever, run again"
            )
        self._tokens.add(page)
        return page
