"""Associations that other pushes to the same portal ask for too.

What one push made and lets go stays where another asks for it, which takes it over: it goes when
that one lets it go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.database.state.push_links import PushLinks
from hubspot_ingest.database.state.push_store import Push, Pushes
from hubspot_ingest.hubspot.link_requests import LinkKind
from hubspot_ingest.outbound.link_decisions import MADE, LedgerLink, OtherEnd, kind_id
from hubspot_ingest.outbound.link_ledger import entry_of
from hubspot_ingest.outbound.link_pairs import HELD, PairRows, ledger_link
from hubspot_ingest.outbound.opening import OpenPush
from hubspot_ingest.outbound.pair_reads import Place


@dataclass(frozen=True, slots=True)
class SharedLink:
    """A link in the ledger of another push; ``is_reversed`` where its row is the other record."""

    push: str
    row: Row
    is_reversed: bool

    @property
    def link(self) -> LedgerLink:
        """As decisions take it."""
        return ledger_link(self.row)


Shared = Mapping[Place, list[SharedLink]]
# The survivors of merges by the object type and id of the records that were merged away.
Survivors = Mapping[tuple[str, str], str]


class OtherPushes:
    """The other pushes to the portal of a push; they are looked up when first needed."""

    def __init__(self, database: Database, opened: OpenPush) -> None:
        self._database = database
        self._opened = opened
        self._links = PushLinks(database, opened.name)

    @cached_property
    def _pushes(self) -> dict[str, Push]:
        """Those to the portal, by name; one that never ran has no links."""
        return {
            push.name: push
            for push in Pushes(self._database).all()
            if push.name != self._opened.name and push.portal_id == self._opened.portal_id
        }

    def may_have(self, to_type: str) -> bool:
        """Whether one of them makes associations of the push's records or those of ``to_type``."""
        types = (self._opened.mapping.object_type, to_type)
        return any(
            push.object_type in types
            and isinstance(push.settings, dict)
            and push.settings.get("associations")
            for push in self._pushes.values()
        )

    def links(self, places: Collection[Place], to_type: str, survivors: Survivors) -> Shared:
        """Their links of some pairs of the push's records and records of ``to_type``.

        ``survivors`` are the records of the pairs into which others were merged, by the type and
        old id of those: links of those are theirs now.
        """
        if not places or not self._pushes:
            return {}
        ids = sorted({id for place in places for id in place} | {id for _, id in survivors})
        shared: dict[Place, list[SharedLink]] = {}
        from_type = self._opened.mapping.object_type
        for row in self._links.from_records(ids, sorted(self._pushes)):
            types = (self._pushes[row["PUSH"]].object_type, str(row["TO_TYPE"]))
            old = (types[0], str(row["FROM_ID"])), (types[1], str(row["TO_ID"]))
            place = (survivors.get(old[0], old[0][1]), survivors.get(old[1], old[1][1]))
            if row["STATE"] not in HELD:
                continue
            if types == (from_type, to_type) and place in places:
                link = SharedLink(row["PUSH"], row, is_reversed=False)
                shared.setdefault(place, []).append(link)
            if types == (to_type, from_type) and place[::-1] in places:
                link = SharedLink(row["PUSH"], row, is_reversed=True)
                shared.setdefault(place[::-1], []).append(link)
        return shared

    def hand_over(self, shared: Shared, pairs: Mapping[Place, PairRows]) -> None:
        """Let others have what the push made of these pairs and lets go."""
        changed: dict[str, list[dict[str, object]]] = {}
        for place, links in shared.items():
            pair = pairs.get(place)
            if pair is None:
                continue
            ours = (link for link in map(ledger_link, pair.made) if link.is_ours)
            made = {kind_id(link.label) for link in ours}
            for each in links:
                link = each.link
                existed = link.pair_existed and pair.existed_before
                is_theirs = not existed if link.label is None else kind_id(link.label) in made
                state = MADE if is_theirs else link.state
                if (state, existed) != (link.state, link.pair_existed):
                    row = entry_of(each.row)
                    row |= {"state": state, "pair_existed_before": existed}
                    changed.setdefault(each.push, []).append(row)
        for push, rows in changed.items():
            PushLinks(self._database, push).save(rows)


def with_shared(
    ends: Mapping[Place, OtherEnd], shared: Shared, present: Mapping[Place, Collection[LinkKind]]
) -> dict[Place, OtherEnd]:
    """What is asked for of pairs, with what other pushes ask for."""
    merged = dict(ends)
    for place, links in shared.items():
        end = merged.get(place, OtherEnd())
        labels = end.labels | _asked(links, present.get(place, ()))
        merged[place] = replace(end, labels=labels, wishes_pair=True)
    return merged


def _asked(links: Iterable[SharedLink], present: Collection[LinkKind]) -> frozenset[LinkKind]:
    """The labels asked for; from the same record only those that are there can be taken away."""
    there = {kind_id(kind) for kind in present}
    labels = ((each.link.label, each.is_reversed) for each in links)
    return frozenset(
        label
        for label, is_reversed in labels
        if label is not None and (is_reversed or kind_id(label) in there)
    )
