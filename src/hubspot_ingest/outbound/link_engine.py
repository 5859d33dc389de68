"""Makes and removes the associations of a plan, once all its records are written.

For each object type that is linked to: the pairs are read, decided one by one, written, and the
ledger told. What is about to be made is written to the ledger first, so that a run that is killed
does not take its own links for somebody else's; every request may be sent twice without harm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.database.state.push_ledger import Ledger
from hubspot_ingest.database.state.push_links import PushLinks
from hubspot_ingest.database.state.push_plan_rows import PlanRows
from hubspot_ingest.hubspot import link_requests
from hubspot_ingest.hubspot.association_reads import read_links
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.link_requests import LinkKind
from hubspot_ingest.outbound.link_costs import ROWS_TOGETHER
from hubspot_ingest.outbound.link_decisions import (
    EXISTED,
    INTENDED,
    MADE,
    LedgerLink,
    OtherEnd,
    PairDecision,
    PairState,
    PairWish,
    decide,
    kind_id,
)
from hubspot_ingest.outbound.link_sending import LinkFailure, LinkSender
from hubspot_ingest.outbound.link_targets import TargetLookup
from hubspot_ingest.outbound.mapping import LinkColumn
from hubspot_ingest.outbound.opening import OpenPush
from hubspot_ingest.outbound.planning import row_from_json
from hubspot_ingest.outbound.rows import Action, LinkWish, PlannedRow
from hubspot_ingest.times import Clock

WAITING, REJECTED = "WAITING", "REJECTED"
# States of links that are there, or may be.
_HELD = (MADE, INTENDED, EXISTED)
Place = tuple[str, str]


@dataclass
class _PairState:
    """A pair of records: the columns' rows that wish for it or made it, and what it is to be."""

    wished: list[tuple[PlannedRow, LinkWish, LinkKind]] = field(default_factory=list)
    made: list[Row] = field(default_factory=list)
    existed_before: bool = False

    def wishes(self) -> list[PairWish]:
        """What each column asks for."""
        kinds: dict[tuple[str, str], set[LinkKind]] = {}
        for _, wish, kind in self.wished:
            labels = kinds.setdefault((wish.column, wish.to_key), set())
            labels.update([] if kind.label is None else [kind])
        return [PairWish(*place, frozenset(labels)) for place, labels in kinds.items()]

    def state_of(self, kind: LinkKind, decision: PairDecision) -> str:
        """The ledger's state of a wish once a decision is carried out."""
        if kind.label is None:
            return EXISTED if self.existed_before else MADE
        states = {link.state for link in decision.ledger if kind_id(link.label) == kind_id(kind)}
        return MADE if MADE in states else EXISTED


@dataclass
class LinkEngine:
    """Carries out the associations of the stored plan of one push in one run."""

    database: Database
    clock: Clock
    opened: OpenPush
    fetch: Fetch
    pool: ThreadPoolExecutor
    run_id: str
    heartbeat: Callable[[], None]
    added: int = 0
    removed: int = 0

    def __post_init__(self) -> None:
        """The kinds of association of each pair of types are asked for once."""
        self._links = PushLinks(self.database, self.opened.name)
        self._ledger = Ledger(self.database, self.opened.name)
        self._targets = TargetLookup(self.opened, self.fetch, self.pool)
        self._kinds: dict[str, tuple[LinkKind, ...]] = {}
        self._columns = {link.name: link for link in self.opened.mapping.links}
        self._mappings = {link.name: link.mapping for link in self.opened.mapping.links}
        # by row: why a link is not as it was asked for, and what was left for others' sake
        self._troubles: dict[str, LinkFailure] = {}
        self._notes: dict[str, LinkFailure] = {}

    def run(self) -> None:
        """Make and remove associations. Raises what ``Fetch`` and ``heartbeat`` raise."""
        plan_rows, after = PlanRows(self.database, self.opened.name), 0
        while stored := plan_rows.page_of_links(after, ROWS_TOGETHER):
            rows = [row_from_json(row) for row in stored]
            after = rows[-1].n
            self.carry_out(rows)
            self.heartbeat()

    def carry_out(self, rows: Sequence[PlannedRow]) -> None:
        """Make the associations of some rows as their ``links`` say; those of ours only go."""
        ids = self._ledger.record_ids([str(row.key) for row in rows])
        rows = [row for row in rows if str(row.key) in ids]
        known = self._links.of_rows([str(row.key) for row in rows])
        found = self._targets.record_ids(wish for row in rows for wish in row.links)
        unsettled: list[dict[str, object]] = []
        for to_type in sorted({self.opened.link_types[name] for name in self._columns}):
            names = {name for name in self._columns if self.opened.link_types[name] == to_type}
            pairs = self._pairs(rows, ids, names, known, found, unsettled)
            gone = {str(row.key) for row in rows if row.is_gone and row.action is Action.ARCHIVE}
            self._write_pairs(to_type, pairs, gone)
        self._links.save(unsettled)
        waiting: set[str] = set()
        for link in unsettled:
            key, code = str(link["row_key"]), str(link["code"])
            place = f"{link['column_name']}: {link['to_key']}"
            if link["state"] == WAITING:
                waiting.add(key)
            elif code == "LABEL_UNKNOWN":
                message = f"{place}: there is no label {link['label']!r}"
                self._troubles.setdefault(key, LinkFailure(code, message))
            else:
                self._notes[key] = LinkFailure(code, f"{place} cannot be linked to")
        self._settle(rows, waiting)

    def _pairs(
        self,
        rows: Sequence[PlannedRow],
        ids: Mapping[str, str],
        names: set[str],
        known: Sequence[Row],
        found: Mapping[Place, str],
        unsettled: list[dict[str, object]],
    ) -> dict[Place, _PairState]:
        """What is wished for and was made, by pair of records; what cannot be made is noted."""
        pairs: dict[Place, _PairState] = {}
        for link in known:
            if link["COLUMN_NAME"] in names and link["TO_ID"] is not None:
                place = (str(link["FROM_ID"]), str(link["TO_ID"]))
                pairs.setdefault(place, _PairState()).made.append(link)
        stale = [link for link in known if link["COLUMN_NAME"] in names and link["TO_ID"] is None]
        self._links.delete(_small(link) for link in stale)
        for row in rows:
            for wish in row.links:
                if wish.column not in names:
                    continue
                from_id, to_id = ids[str(row.key)], found.get((wish.column, wish.to_key))
                column = self._columns[wish.column]
                if to_id is None:
                    waits = column.mapping.unresolved == "wait"
                    state = WAITING if waits else REJECTED
                    unsettled.append(self._entry(row, wish, from_id, state, "TARGET_NOT_FOUND"))
                    continue
                if to_id == from_id and self._to_type(column) == self._from_type:
                    unsettled.append(self._entry(row, wish, from_id, REJECTED, "REFUSED"))
                    continue
                kind = self._kind(column, wish.label)
                if kind is None:
                    unsettled.append(self._entry(row, wish, from_id, REJECTED, "LABEL_UNKNOWN"))
                    continue
                pair = pairs.setdefault((from_id, to_id), _PairState())
                pair.wished.append((row, wish, kind))
        return pairs

    def _write_pairs(self, to_type: str, pairs: Mapping[Place, _PairState], gone: set[str]) -> None:
        """Make the pairs as they are wished; those that cross others of them come afterwards."""
        if not pairs:
            return
        crossing: dict[Place, _PairState] = {}
        live: dict[Place, _PairState] = {}
        archived: dict[Place, _PairState] = {}
        for place, pair in pairs.items():
            if pair.made and not pair.wished and str(pair.made[0]["ROW_KEY"]) in gone:
                archived[place] = pair
            elif to_type == self._from_type and (place[1], place[0]) in live:
                # one association seen from its other end: labels that are sent replace the others
                crossing[place] = pair
            else:
                live[place] = pair
        present = self._present(to_type, {from_id for from_id, _ in live})
        ends = self._other_ends(to_type, pairs)
        decisions: dict[Place, PairDecision] = {}
        intended: list[dict[str, object]] = []
        for place, pair in live.items():
            state = PairState(
                frozenset(present.get(place, ())),
                tuple(_ledger_link(link) for link in pair.made if link["STATE"] in _HELD),
                ends.get(place, OtherEnd()),
            )
            pair.existed_before = state.existed
            decision = decisions[place] = decide(pair.wishes(), state, self._mappings, place[1])
            intended += [
                self._entry(
                    row,
                    wish,
                    place[0],
                    INTENDED if pair.state_of(kind, decision) == MADE else EXISTED,
                    None,
                    place[1],
                    kind,
                    pair,
                )
                for row, wish, kind in pair.wished
            ]
        self._links.save(intended)
        failures = LinkSender(self.fetch, self._from_type, to_type).send(
            {place: decision for place, decision in decisions.items() if decision.changes}
        )
        settled: list[dict[str, object]] = []
        forgotten = [_small(link) for pair in archived.values() for link in pair.made]
        for place, pair in live.items():
            wishes = {(row.key, wish) for row, wish, _ in pair.wished}
            decision, failure = decisions[place], failures.get(place)
            for row, wish, kind in pair.wished:
                if failure is not None:
                    self._troubles.setdefault(str(row.key), failure)
                    if failure.code == "OUTCOME_UNKNOWN":
                        continue
                state_name = pair.state_of(kind, decision) if failure is None else REJECTED
                code = None if failure is None else failure.code
                settled.append(
                    self._entry(row, wish, place[0], state_name, code, place[1], kind, pair)
                )
                self.added += failure is None and wish in row.links_added
            for link in pair.made:
                wish = LinkWish(link["COLUMN_NAME"], link["TO_KEY"], link["LABEL"])
                if (link["ROW_KEY"], wish) in wishes or failure is not None:
                    continue
                forgotten.append(_small(link))
                self.removed += decision.changes and link["STATE"] in (MADE, INTENDED)
                if decision.code is not None:
                    message = f"the link to {place[1]} stays: somebody else put a label on it"
                    self._notes[link["ROW_KEY"]] = LinkFailure(decision.code, message)
        self._links.save(settled)
        self._links.delete(forgotten)
        self._write_pairs(to_type, crossing, gone)

    # -- what there is -----------------------------------------------------------------------

    def _present(self, to_type: str, from_ids: set[str]) -> dict[Place, set[LinkKind]]:
        """The kinds of association that some records have, by pair."""
        present: dict[Place, set[LinkKind]] = {}
        links_by_id = read_links(self.fetch, self._from_type, to_type, sorted(from_ids))
        for from_id, links in links_by_id.items():
            for link in links:
                kind = LinkKind(link.category, link.type_id, link.label)
                present.setdefault((from_id, link.to_id), set()).add(kind)
        return present

    def _other_ends(self, to_type: str, pairs: Mapping[Place, _PairState]) -> dict[Place, OtherEnd]:
        """Of records of one type: what other rows ask for, and made, of the same associations.

        Rows whose pairs are decided here count by what they ask for now, others by the ledger.
        """
        if to_type != self._from_type:
            return {}
        ends: dict[Place, OtherEnd] = {}
        for (from_id, to_id), pair in pairs.items():
            if pair.wished:
                kinds = frozenset(kind for _, _, kind in pair.wished if kind.label is not None)
                ends[to_id, from_id] = OtherEnd(kinds, wishes_pair=True)
        for link in self._links.to_records(sorted({from_id for from_id, _ in pairs})):
            if link["TO_TYPE"] != to_type or link["STATE"] not in _HELD:
                continue
            place = (str(link["TO_ID"]), str(link["FROM_ID"]))
            end, there = ends.get(place, OtherEnd()), _ledger_link(link)
            kinds = frozenset([] if there.label is None else [there.label])
            asks = (place[1], place[0]) not in pairs
            ends[place] = OtherEnd(
                end.labels | kinds if asks else end.labels,
                end.wishes_pair or asks,
                end.made_pair or not there.pair_existed,
                end.made_labels | kinds if there.is_ours else end.made_labels,
            )
        return ends

    def _kind(self, column: LinkColumn, label: str | None) -> LinkKind | None:
        """The kind of association that a label means; None where there is no such label."""
        to_type = self._to_type(column)
        kinds = self._kinds.get(to_type)
        if kinds is None:
            request = link_requests.link_kinds(self._from_type, to_type)
            kinds = self._kinds[to_type] = self.fetch(request, link_requests.parse_link_kinds)
        lower_label = None if label is None else label.lower()
        for kind in kinds:
            if (None if kind.label is None else kind.label.lower()) == lower_label:
                return kind
        if label is None or not column.mapping.create_labels:
            return None
        self.fetch(link_requests.create_label(self._from_type, to_type, label), _whole)
        request = link_requests.link_kinds(self._from_type, to_type)
        self._kinds[to_type] = self.fetch(request, link_requests.parse_link_kinds)
        return next(
            (kind for kind in self._kinds[to_type] if (kind.label or "").lower() == lower_label),
            None,
        )

    @property
    def _from_type(self) -> str:
        return self.opened.mapping.object_type

    def _to_type(self, column: LinkColumn) -> str:
        return self.opened.link_types[column.name]

    # -- the ledger --------------------------------------------------------------------------

    def _entry(
        self,
        row: PlannedRow,
        wish: LinkWish,
        from_id: str,
        state: str,
        code: str | None,
        to_id: str | None = None,
        kind: LinkKind | None = None,
        pair: _PairState | None = None,
    ) -> dict[str, object]:
        return {
            "row_key": row.key,
            "column_name": wish.column,
            "from_id": from_id,
            "to_type": self.opened.link_types[wish.column],
            "to_key": wish.to_key,
            "to_id": to_id,
            "category": None if kind is None else kind.category,
            "type_id": None if kind is None else kind.type_id,
            "label": wish.label,
            "pair_existed_before": None if pair is None else pair.existed_before,
            "state": state,
            "code": code,
            # of the run that made it, not of one that found it made
            "run_id": self.run_id if wish in row.links_added else None,
        }

    def _settle(self, rows: Sequence[PlannedRow], waiting: set[str]) -> None:
        """The rows' links are done, but for those that wait for targets or were not made."""
        failed = self._troubles.keys()
        done = [str(row.key) for row in rows if str(row.key) not in waiting | failed]
        self._ledger.links_settled(done)
        now = self.clock.now()
        missing = LinkFailure("TARGET_NOT_FOUND", "a record to link to is not there yet")
        outcomes: list[dict[str, object]] = []
        reasons: list[dict[str, object]] = []
        for row in rows:
            key = str(row.key)
            reason = self._troubles.get(key) or (missing if key in waiting else None)
            outcome = "LINKED"
            if reason is not None:
                outcome = "REJECTED" if key in failed else "WAITING"
            reason = reason or self._notes.get(key)
            words = {} if reason is None else {"code": reason.code, "message": reason.message}
            if row.action is Action.LINK:
                outcomes.append(
                    {
                        "run_id": self.run_id,
                        "row_key": row.key,
                        "record_id": row.record_id,
                        "outcome": outcome,
                        "settled_at": now,
                        **words,
                    }
                )
            if reason is not None:
                reasons.append({"row_key": key, **words})
        self._ledger.add_outcomes(outcomes)
        self._ledger.explain_links(self.run_id, reasons)
        self._troubles.clear()
        self._notes.clear()


def _ledger_link(link: Row) -> LedgerLink:
    kind = LinkKind(str(link["CATEGORY"]), str(link["TYPE_ID"]), link["LABEL"])
    return LedgerLink(
        link["COLUMN_NAME"],
        link["TO_KEY"],
        link["TO_ID"],
        None if kind.label is None else kind,
        bool(link["PAIR_EXISTED_BEFORE"]),
        link["STATE"],
    )


def _small(link: Row) -> dict[str, object]:
    return {name.lower(): value for name, value in link.items()}


def _whole(answer: Any) -> Any:
    return answer
