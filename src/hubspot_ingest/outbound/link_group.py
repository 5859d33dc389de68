"""Makes and removes the associations of some rows whose records are written.

For each object type that is linked to: the pairs are read, decided one by one, written, and the
ledger told. What is about to be made is written to the ledger first, so that a run that is killed
does not take its own links for somebody else's; every request may be sent twice without harm.

The steps between two questions to HubSpot are made by the thread that has the database, which does
other things until an answer is there: what waits for HubSpot is a generator of what it waits for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from hubspot_ingest.database.connection import Row
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.link_requests import LinkKind
from hubspot_ingest.hubspot.requests import READING_LASTS
from hubspot_ingest.outbound.link_decisions import (
    EXISTED,
    INTENDED,
    MADE,
    OtherEnd,
    PairDecision,
    decide,
)
from hubspot_ingest.outbound.link_ledger import (
    REJECTED,
    Entry,
    LinkCounts,
    LinkLedger,
    entry_of,
    wish_of,
)
from hubspot_ingest.outbound.link_pairs import (
    PairRows,
    WantedLinks,
    losing,
    lost_labels,
    other_ends,
)
from hubspot_ingest.outbound.link_records import LinkRecords
from hubspot_ingest.outbound.link_sending import LinkFailure, LinkSender
from hubspot_ingest.outbound.link_steps import Steps, T, asked
from hubspot_ingest.outbound.link_targets import LinkLookup
from hubspot_ingest.outbound.moved_links import (
    at_survivors,
    leads_elsewhere,
    lost_places,
    made_pairs,
)
from hubspot_ingest.outbound.opening import OpenPush
from hubspot_ingest.outbound.pair_reads import HeldPairs, Place, read_pairs
from hubspot_ingest.outbound.push_settings import LinkMapping
from hubspot_ingest.outbound.rows import Action, PlannedRow
from hubspot_ingest.outbound.shared_links import OtherPushes, with_shared
from hubspot_ingest.times import Clock

UNTOLD = LinkFailure(
    "OUTCOME_UNKNOWN",
    "HubSpot does not tell what the record is linked to: nothing was sent; the next run tries it",
)


@dataclass
class LinkGroup:
    """Rows whose links are made together, the ids of their records, and the links they have.

    ``asking`` asks HubSpot while the thread that has the database does other things. Several groups
    may be under way, of rows with other records each.
    """

    opened: OpenPush
    clock: Clock
    fetch: Fetch
    asking: Executor
    lookup: LinkLookup
    ledger: LinkLedger
    others: OtherPushes
    counts: LinkCounts
    rows: Sequence[PlannedRow]
    ids: Mapping[str, str]
    links: Sequence[Row]

    @property
    def records(self) -> set[str]:
        """The ids of its rows' records, and of those that rows which are gone had."""
        return {*self.ids.values(), *(str(link["FROM_ID"]) for link in self.links)}

    def remember(self) -> None:
        """Store which links of ours go, for a rollback of the run."""
        self.ledger.remember(self.rows)

    def steps(self) -> Steps[None]:
        """Make the associations as the rows' ``links`` say; those of ours only go.

        Raises what ``Fetch`` raises.
        """
        records = LinkRecords(self.lookup, self.ledger, self.asking, self.ids, self.links)
        ids, links = yield from records.found(self.rows)
        rows = [row for row in self.rows if str(row.key) in ids]
        wishes = [wish for row in rows for wish in row.links]
        goals = yield from self._asked(lambda: self.lookup.goals(wishes))
        elsewhere = [link for link in links if leads_elsewhere(link, goals.record_ids)]
        if elsewhere:
            yield from self._asked(lambda: self.lookup.follow(elsewhere))
        unsettled: list[Entry] = []
        reasons: dict[int, str] = {}
        types = self.opened.link_types
        for to_type in sorted({types[name] for name in self._mappings}):
            names = {name for name in self._mappings if types[name] == to_type}
            made = [link for link in links if link["COLUMN_NAME"] in names]
            pairs = made_pairs(made, ids, self.lookup.survivor)
            self.ledger.links.delete(entry_of(link) for link in made if link["TO_ID"] is None)
            for row in rows:
                for wish in row.links:
                    if wish.column in names:
                        from_id = ids[str(row.key)]
                        to_id = goals.record_ids.get((wish.column, wish.to_key))
                        kind = goals.kinds.get((wish.column, wish.label))
                        if (
                            to_id is not None
                            and kind is not None
                            and not (from_id == to_id and to_type == self._from_type)
                        ):
                            pair = pairs.setdefault((from_id, to_id), PairRows())
                            pair.wished.append((row, wish, kind))
                            continue
                        entry, reason = self.ledger.refused(row, wish, from_id, goals)
                        reasons[len(unsettled)] = reason
                        unsettled.append(entry)
            wished = {(row.key, wish) for pair in pairs.values() for row, wish, _ in pair.wished}
            gone = {str(row.key) for row in rows if row.is_gone and row.action is Action.ARCHIVE}
            wanted = WantedLinks(ids.keys(), wished, gone, types)
            # a link whose target is another record now: first it leaves the old one
            moved = {
                place: pair
                for place, pair in pairs.items()
                if not pair.wished
                and any((link["ROW_KEY"], wish_of(link)) in wished for link in pair.made)
            }
            failed = yield from self._write_pairs(to_type, moved, wanted)
            # one that could not leave is that link still
            stuck = {
                (link["ROW_KEY"], wish_of(link))
                for place in failed & moved.keys()
                for link in moved[place].made
            }
            for pair in pairs.values():
                pair.wished = [part for part in pair.wished if (part[0].key, part[1]) not in stuck]
            others = {place: pair for place, pair in pairs.items() if place not in moved}
            yield from self._write_pairs(to_type, others, wanted)
        self.ledger.save_unsettled(unsettled, reasons)
        self.ledger.settle(rows)

    def _write_pairs(
        self, to_type: str, pairs: Mapping[Place, PairRows], wanted: WantedLinks
    ) -> Steps[set[Place]]:
        """Make the pairs as they are wished; those that cross others of them come afterwards.

        The pairs that failed are returned.
        """
        if not pairs:
            return set()
        crossing: dict[Place, PairRows] = {}
        live: dict[Place, PairRows] = {}
        archived: dict[Place, PairRows] = {}
        for place, pair in pairs.items():
            if pair.made and not pair.wished and str(pair.made[0]["ROW_KEY"]) in wanted.gone:
                archived[place] = pair
            elif to_type == self._from_type and (place[1], place[0]) in live:
                # one association seen from its other end: labels that are sent replace the others
                crossing[place] = pair
            else:
                live[place] = pair
        held, read_at = yield from self._held_now(to_type, {from_id for from_id, _ in live})
        untold = {place: pair for place, pair in live.items() if place[0] not in held.told}
        for key in {key for pair in untold.values() for key in pair.keys}:
            self.ledger.fail(key, UNTOLD)
        live = {place: pair for place, pair in live.items() if place not in untold}
        live = yield from self._with_survivors(live, held)
        ends = self._other_ends(to_type, pairs, wanted)
        places = losing(live, self._mappings, ends)
        survivors: Mapping[Place, str] = {}
        if places and self.others.may_have(to_type):
            survivors = yield from self._asked(lambda: self.lookup.survivors_of(places, to_type))
        shared = self.others.links(places, to_type, survivors)
        ends = with_shared(ends, shared, held.kinds)
        if to_type == self._from_type:
            ends = yield from self._shown_ends(to_type, ends, live, held)
        decisions: dict[Place, PairDecision] = {}
        intended: list[Entry] = []
        taken: list[tuple[PairRows, Place, LinkKind]] = []
        for place, pair in live.items():
            state = pair.state(held.of(place), ends.get(place, OtherEnd()))
            decision = decisions[place] = decide(pair.wishes(), state, self._mappings, place[1])
            taken += [(pair, place, kind) for kind in decision.taken(state)]
            intended += [
                self.ledger.entry(
                    row,
                    wish,
                    place,
                    INTENDED if pair.state_of(kind, decision) == MADE else EXISTED,
                    kind=kind,
                    existed=pair.existed_before,
                    is_new=pair.is_new(row, wish),
                )
                for row, wish, kind in pair.wished
            ]
        self.ledger.links.save(intended)
        self.ledger.remember_taken(
            [(min(pair.keys), to_type, place, kind) for pair, place, kind in taken]
        )
        failures = yield from self._send(to_type, decisions, read_at)
        settled: list[Entry] = []
        forgotten = [entry_of(link) for pair in archived.values() for link in pair.made]
        for place, pair in live.items():
            decision, failure = decisions[place], failures.get(place)
            if failure is not None:
                for key in pair.keys:
                    self.ledger.fail(key, failure)
                # nothing was taken away: what was there is
                before = [link for link in pair.made if link["STATE"] in (MADE, EXISTED)]
                settled += map(entry_of, before)
                kept = {(link["ROW_KEY"], wish_of(link)) for link in before}
            unmade = None if failure is None or failure.is_made else failure
            for row, wish, kind in pair.wished:
                if failure is not None and (row.key, wish) in kept:
                    continue
                if unmade is not None and unmade.code == "OUTCOME_UNKNOWN":
                    continue
                settled.append(
                    self.ledger.entry(
                        row,
                        wish,
                        place,
                        pair.state_of(kind, decision) if unmade is None else REJECTED,
                        code=None if unmade is None else unmade.code,
                        kind=kind,
                        existed=pair.existed_before,
                        is_new=pair.is_new(row, wish),
                    )
                )
                self.counts.added += unmade is None and wish in row.links_added
            wishes = {(row.key, wish) for row, wish, _ in pair.wished}
            for link in pair.made:
                key, wish = link["ROW_KEY"], wish_of(link)
                if (key, wish) in wishes or failure is not None:
                    continue
                self.counts.removed += decision.changes and link["STATE"] in (MADE, INTENDED)
                if not wanted.lets_go(link):
                    # of another pair now, by which its row of the ledger is written
                    continue
                forgotten.append(entry_of(link))
                if decision.code is not None:
                    message = f"the link to {place[1]} stays: somebody else put a label on it"
                    self.ledger.note(key, LinkFailure(decision.code, message))
        self.ledger.save_settled(settled, intended)
        written = {place: pair for place, pair in live.items() if place not in failures}
        self.others.hand_over(shared, written)
        crossed = yield from self._write_pairs(to_type, crossing, wanted)
        poorer = {
            place: pair
            for place, pair in written.items()
            if place[::-1] not in crossing
            and pair.lacks(held.of(place) - decisions[place].removed_labels)
        }
        robbing = yield from self._restore(to_type, poorer, ends)
        # not before: what one row made and lets go is ours where another asks for it from its end
        self.ledger.links.delete(
            link for link in forgotten if (link["from_id"], link["to_id"]) not in robbing
        )
        return {*untold, *failures, *crossed, *robbing}

    def _restore(
        self, to_type: str, pairs: Mapping[Place, PairRows], ends: Mapping[Place, OtherEnd]
    ) -> Steps[set[Place]]:
        """Make labels again that others ask for from the other end of pairs that lack some.

        Where a pair has both types of a paired label at both ends, nothing shows which of them
        belong together: the wrong one may have gone. Returns where HubSpot refused it.
        """
        seen = pairs.keys() & ends.keys()
        labels = {place[::-1]: ends[place].labels for place in seen if ends[place].labels}
        if to_type != self._from_type or not labels:
            return set()
        held, read_at = yield from self._held_now(to_type, {from_id for from_id, _ in labels})
        failures = {place: UNTOLD for place in labels if place[0] not in held.told}
        failures |= yield from self._send(to_type, lost_labels(labels, held), read_at)
        for place, failure in failures.items():
            for key in pairs[place[::-1]].keys:
                self.ledger.fail(key, failure)
        return {place[::-1] for place in failures}

    def _send(
        self, to_type: str, decisions: Mapping[Place, PairDecision], read_at: int
    ) -> Steps[dict[Place, LinkFailure]]:
        """Send what is to change; returns what failed."""
        changes = {place: decision for place, decision in decisions.items() if decision.changes}
        if not changes:
            return {}
        sender = LinkSender(self.fetch, self._from_type, to_type)
        # the thread that has the database may have been busy with other things
        is_old = self.clock.now() - read_at > READING_LASTS
        return (yield from self._asked(lambda: sender.send(changes, is_old=is_old)))

    def _asked(self, question: Callable[[], T]) -> Steps[T]:
        """What HubSpot answers to a question, which another thread asks."""
        return (yield from asked(self.asking, question))

    def _with_survivors(
        self, pairs: Mapping[Place, PairRows], held: HeldPairs
    ) -> Steps[dict[Place, PairRows]]:
        """The pairs, where what was linked to is looked up anew that HubSpot has no pair of.

        It may have been merged: then the record that its key leads to now has the link.
        """
        lost = lost_places(pairs, held)
        if not lost:
            return dict(pairs)
        made = [link for place in lost for link in pairs[place].made]
        yield from self._asked(lambda: self.lookup.follow(made))
        return at_survivors(pairs, lost, held, self.lookup.survivor)

    # -- what there is -----------------------------------------------------------------------

    def _held_now(self, to_type: str, from_ids: set[str]) -> Steps[tuple[HeldPairs, int]]:
        """The pairs, and when (epoch ms) the answer was there."""
        return (yield from self._asked(lambda: (self._held(to_type, from_ids), self.clock.now())))

    def _held(self, to_type: str, from_ids: set[str]) -> HeldPairs:
        return read_pairs(self.fetch, self._from_type, to_type, from_ids)

    def _other_ends(
        self, to_type: str, pairs: Mapping[Place, PairRows], wanted: WantedLinks
    ) -> dict[Place, OtherEnd]:
        """Of records of one type: what other rows ask for, and made, of the same associations."""
        if to_type != self._from_type:
            return {}
        links = self.ledger.links.to_records(sorted({from_id for from_id, _ in pairs}))
        return other_ends(pairs, [link for link in links if link["TO_TYPE"] == to_type], wanted)

    def _shown_ends(
        self,
        to_type: str,
        ends: Mapping[Place, OtherEnd],
        pairs: Mapping[Place, PairRows],
        held: HeldPairs,
    ) -> Steps[dict[Place, OtherEnd]]:
        """The other ends of pairs, as HubSpot shows those that may have one of a paired label."""
        doubtful = [
            place
            for place, pair in pairs.items()
            if place in ends and ends[place].may_be_paired(held.of(place), pair.labels)
        ]
        unread = {to_id for _, to_id in doubtful} - {from_id for from_id, _ in pairs}
        kinds_by_pair = dict(held.kinds)
        if unread:
            there = yield from self._asked(lambda: self._held(to_type, unread))
            kinds_by_pair |= there.kinds
        shown = dict(ends)
        for from_id, to_id in doubtful:
            if kinds := kinds_by_pair.get((to_id, from_id)):
                shown[from_id, to_id] = replace(ends[from_id, to_id], present=kinds)
        return shown

    @property
    def _from_type(self) -> str:
        return self.opened.mapping.object_type

    @property
    def _mappings(self) -> dict[str, LinkMapping]:
        return {link.name: link.mapping for link in self.opened.mapping.links}
