"""Sends what was decided about pairs of records, in batches, and finds out what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from hubspot_ingest.errors import AnswerLost, HubSpotRefused, UnexpectedAnswer
from hubspot_ingest.hubspot import link_requests, write_responses
from hubspot_ingest.hubspot.association_reads import SIDE_BY_SIDE
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.link_requests import LABELLED_LIMIT, LINK_LIMIT, LinkKind, Pair
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.hubspot.write_responses import InputRefusal
from hubspot_ingest.outbound.link_decisions import PairDecision, kind_id
from hubspot_ingest.outbound.lookups import batches_of
from hubspot_ingest.outbound.pair_reads import Place, read_pairs

_LIMIT_PASSED = "ASSOCIATION_LIMIT_EXCEEDED"
# How often pairs are sent whose answers are lost, or that HubSpot puts off (423, 429): each time
# what there is by then is read first. It says of neither that nothing was done ("Error handling").
TRIES = 6
_Builds = Callable[[str, str, Sequence[Pair]], Request]


@dataclass(frozen=True, slots=True)
class LinkFailure:
    """Why a pair is not as it was decided to be."""

    code: str
    message: str
    # whether what was asked for of the pair is there, and only what was to go may be too
    is_made: bool = False


@dataclass
class LinkSender:
    """Sends the decisions about the pairs of two object types; ``failures`` are by pair."""

    fetch: Fetch
    from_type: str
    to_type: str
    failures: dict[Place, LinkFailure] = field(default_factory=dict)

    def send(
        self, decisions: Mapping[Place, PairDecision], *, is_old: bool = False
    ) -> dict[Place, LinkFailure]:
        """Carry out decisions: first what is made, then what is removed; what failed.

        ``is_old``: what they were made from is to be read again before anything takes its place.
        Raises what ``Fetch`` raises where HubSpot cannot be asked any more.
        """
        self._label({place: each for place, each in decisions.items() if each.labels}, is_old)
        unlabelled = [Pair(*place) for place, each in decisions.items() if each.default]
        lost = self._send_all(unlabelled, link_requests.link_by_default, LINK_LIMIT)
        self._fail_unknown(pair for pair, there in self._read(lost) if not there)
        unmade = set(self.failures)
        self._unlabel(
            [
                Pair(*place, tuple(sorted(decision.removed_labels)))
                for place, decision in decisions.items()
                if decision.removed_labels and not decision.removes_pair and place not in unmade
            ]
        )
        for place in self.failures.keys() - unmade:
            self.failures[place] = replace(self.failures[place], is_made=True)
        self._unlink(
            {place: each for place, each in decisions.items() if each.removes_pair}, is_old
        )
        return self.failures

    def _label(self, decisions: Mapping[Place, PairDecision], is_old: bool) -> None:
        """Make labels; where an answer is lost, those are sent again that are there by then.

        Labels that are sent take the place of those there are, whoever made them meanwhile.
        """
        pairs = [
            Pair(*place, tuple(sorted(decision.labels))) for place, decision in decisions.items()
        ]
        for tries in range(TRIES):
            lost = pairs
            if tries or not is_old:
                lost = self._send_all(pairs, _after(tries, link_requests.link), LABELLED_LIMIT)
            pairs = []
            for pair, there in self._read(lost):
                decision = decisions[pair.place]
                added = {kind for kind in decision.added if kind is not None}
                if {kind_id(kind) for kind in added} - {kind_id(kind) for kind in there}:
                    labels = {kind for kind in there if kind.label} - decision.removed_labels
                    pairs.append(Pair(*pair.place, tuple(sorted(labels | added))))
            if not pairs:
                return
        self._fail_unknown(pairs)

    def _unlabel(self, pairs: Sequence[Pair]) -> None:
        """Take labels off; where an answer is lost, those again that are there by then."""
        for tries in range(TRIES):
            lost = self._remove(pairs, _after(tries, link_requests.unlabel))
            pairs = []
            for pair, there in self._read(lost):
                if {kind_id(kind) for kind in pair.kinds} & {kind_id(kind) for kind in there}:
                    pairs.append(pair)
            if not pairs:
                return
        self._fail_unknown(pairs)

    def _unlink(self, decisions: Mapping[Place, PairDecision], is_old: bool) -> None:
        """Take pairs apart; where an answer is lost, those are asked for again that are still ours.

        A pair on which somebody put a label by then is decided about by the next run.
        """
        pairs = [Pair(*place) for place in decisions]
        for tries in range(TRIES):
            lost = pairs
            if tries or not is_old:
                lost = self._remove(pairs, _after(tries, link_requests.unlink))
            pairs = []
            for pair, there in self._read(lost):
                ours = {kind_id(kind) for kind in decisions[pair.place].removed_labels}
                if any(not kind.is_automatic and kind_id(kind) not in ours for kind in there):
                    self._fail_unknown([pair])
                elif there:
                    pairs.append(pair)
            if not pairs:
                return
        self._fail_unknown(pairs)

    def _remove(self, pairs: Sequence[Pair], build: _Builds) -> list[Pair]:
        """Send removals; the pairs whose answer was lost, or says no pair of what it refuses.

        Any other that came is believed: it names no pairs that were done.
        """
        return self._send_all(pairs, build, LINK_LIMIT, names_pairs=False)

    def _send_all(
        self, pairs: Sequence[Pair], build: _Builds, limit: int, *, names_pairs: bool = True
    ) -> list[Pair]:
        """Send pairs in batches, side by side; those of which HubSpot said nothing.

        ``names_pairs``: whether an answer says which pairs it is about.
        """

        def send(part: Sequence[Pair]) -> list[Pair]:
            return self._send(part, build, names_pairs=names_pairs)

        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            return [pair for part in pool.map(send, batches_of(pairs, limit)) for pair in part]

    def _send(self, pairs: Sequence[Pair], build: _Builds, *, names_pairs: bool) -> list[Pair]:
        """Send a batch; the pairs of which HubSpot said nothing."""
        request = build(self.from_type, self.to_type, pairs)
        try:
            answer = self.fetch(request, link_requests.parse_links)
        except (AnswerLost, UnexpectedAnswer):
            return list(pairs)
        except HubSpotRefused as refused:
            if len(pairs) == 1:
                self._fail(pairs, write_responses.whole_batch(refused))
                return []
            half = len(pairs) // 2
            parts = (pairs[:half], pairs[half:])
            return [
                pair for part in parts for pair in self._send(part, build, names_pairs=names_pairs)
            ]
        left = [pair for pair in pairs if pair.place not in answer.places]
        is_believed = not names_pairs
        for refusal in answer.refusals:
            named = [pair for pair in left if set(refusal.ids) & set(pair.place)]
            is_believed = is_believed and bool(named)
            self._fail(named, refusal)
        return [pair for pair in left if not is_believed and pair.place not in self.failures]

    def _fail(self, pairs: Sequence[Pair], refusal: InputRefusal) -> None:
        code = "REFUSED"
        if _LIMIT_PASSED in " ".join((*refusal.codes, refusal.category)):
            code = "LINK_LIMIT"
        elif refusal.status == 404 or "NOT_FOUND" in refusal.category:
            code = "TARGET_NOT_FOUND"
        for pair in pairs:
            self.failures[pair.place] = LinkFailure(code, f"HubSpot: {refusal.message[:300]}")

    def _read(self, pairs: Sequence[Pair]) -> Iterator[tuple[Pair, frozenset[LinkKind]]]:
        """Some pairs, and the kinds of association that each has; those not told of fail."""
        from_ids = {pair.from_id for pair in pairs}
        held = read_pairs(self.fetch, self.from_type, self.to_type, from_ids)
        self._fail_unknown(pair for pair in pairs if pair.from_id not in held.told)
        for pair in pairs:
            if pair.from_id in held.told:
                yield pair, held.of(pair.place)

    def _fail_unknown(self, pairs: Iterable[Pair]) -> None:
        for pair in pairs:
            self.failures[pair.place] = LinkFailure(
                "OUTCOME_UNKNOWN",
                "HubSpot neither acknowledged nor shows the link; the next run tries it again",
            )


def _after(tries: int, build: _Builds) -> _Builds:
    """Builds requests that were sent before, so that each waits longer than the one before it."""
    return lambda *pairs: replace(build(*pairs), earlier_tries=tries)
