"""Makes and removes the associations of a plan, once all its records are written.

For each object type that is linked to: the pairs are read, decided one by one, written, and the
ledger told. What is about to be made is written to the ledger first, so that a run that is killed
does not take its own links for somebody else's; every request may be sent twice without harm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.database.state.push_ledger import Ledger
from hubspot_ingest.database.state.push_links import PushLinks
from hubspot_ingest.database.state.push_plan_rows import PlanRows
from hubspot_ingest.errors import HubSpotRefused
from hubspot_ingest.hubspot import link_requests, requests, responses, write_responses
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.link_requests import LINK_LIMIT, LinkKind, Pair
from hubspot_ingest.hubspot.requests import ASSOCIATIONS_LIMIT, Request
from hubspot_ingest.outbound.link_targets import TargetLookup
from hubspot_ingest.outbound.links import PairDecision, decide
from hubspot_ingest.outbound.lookups import batches_of
from hubspot_ingest.outbound.mapping import LinkColumn
from hubspot_ingest.outbound.opening import OpenPush
from hubspot_ingest.outbound.planning import row_from_json
from hubspot_ingest.outbound.rows import Action, LinkWish, PlannedRow
from hubspot_ingest.times import Clock

# Rows whose associations are read and written together: one request reads theirs to one type.
ROWS = 1_000
MADE, INTENDED, WAITING, REJECTED = "MADE", "INTENDED", "WAITING", "REJECTED"
Place = tuple[str, str]


@dataclass
class _PairState:
    """A pair of records: the columns' rows that wish for it or made it, and what it is to be."""

    column: LinkColumn
    wished: list[tuple[PlannedRow, LinkWish, LinkKind]] = field(default_factory=list)
    made: list[Row] = field(default_factory=list)
    existed_before: bool = False


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

    def run(self) -> None:
        """Make and remove associations. Raises what ``Fetch`` and ``heartbeat`` raise."""
        plan_rows, after = PlanRows(self.database, self.opened.name), 0
        while stored := plan_rows.page_of_links(after, ROWS):
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
        waiting = {str(link["row_key"]) for link in unsettled if link["state"] == WAITING}
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
                pair = pairs.setdefault(place, _PairState(self._columns[link["COLUMN_NAME"]]))
                pair.made.append(link)
                pair.existed_before = pair.existed_before or bool(link["PAIR_EXISTED_BEFORE"])
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
                pair = pairs.setdefault((from_id, to_id), _PairState(column))
                pair.wished.append((row, wish, kind))
        return pairs

    def _write_pairs(self, to_type: str, pairs: Mapping[Place, _PairState], gone: set[str]) -> None:
        if not pairs:
            return
        archived = {
            place
            for place, pair in pairs.items()
            if pair.made and not pair.wished and str(pair.made[0]["ROW_KEY"]) in gone
        }
        live = {place: pair for place, pair in pairs.items() if place not in archived}
        present = self._present(to_type, {from_id for from_id, _ in live})
        shared = self._wished_from_the_other_end(to_type, live)
        decisions: dict[Place, PairDecision] = {}
        intended: list[dict[str, object]] = []
        for place, pair in live.items():
            there = present.get(place, set())
            if not pair.made:
                pair.existed_before = bool(there)
            ours = {_kind_of(link) for link in pair.made}
            wished = {kind for _, _, kind in pair.wished} | (
                shared.get(place, set()) if not pair.wished else set()
            )
            decisions[place] = decide(
                there, wished, ours, pair.column.mapping, existed_before=pair.existed_before
            )
            intended += [
                self._entry(row, wish, place[0], INTENDED, None, place[1], kind, pair)
                for row, wish, kind in pair.wished
            ]
        self._links.save(intended)
        failures = self._send(to_type, decisions)
        settled: list[dict[str, object]] = []
        forgotten: list[dict[str, object]] = []
        for place, pair in pairs.items():
            wishes = {(row.key, wish) for row, wish, _ in pair.wished}
            code = failures.get(place)
            for row, wish, kind in pair.wished:
                state = REJECTED if code else MADE
                settled.append(self._entry(row, wish, place[0], state, code, place[1], kind, pair))
                self.added += not code and wish in row.links_added
            for link in pair.made:
                wish = LinkWish(link["COLUMN_NAME"], link["TO_KEY"], link["LABEL"])
                if (link["ROW_KEY"], wish) not in wishes and code is None:
                    forgotten.append(_small(link))
                    self.removed += 1
        self._links.save(settled)
        self._links.delete(forgotten)

    def _send(self, to_type: str, decisions: Mapping[Place, PairDecision]) -> dict[Place, str]:
        """Send what was decided; the codes of the pairs that HubSpot refused."""
        failures: dict[Place, str] = {}
        for build, pairs in (
            (
                link_requests.link,
                [Pair(*place, each.kinds) for place, each in decisions.items() if each.kinds],
            ),
            (
                link_requests.unlabel,
                [
                    Pair(*place, each.unlabelled)
                    for place, each in decisions.items()
                    if each.unlabelled and not each.kinds
                ],
            ),
            (
                link_requests.unlink,
                [Pair(*place) for place, each in decisions.items() if each.unlinks],
            ),
        ):
            for batch in batches_of(pairs, LINK_LIMIT):
                failures |= self._send_batch(build, to_type, batch)
        return failures

    def _send_batch(
        self,
        build: Callable[[str, str, Iterable[Pair]], Request],
        to_type: str,
        pairs: Sequence[Pair],
    ) -> dict[Place, str]:
        """Send one batch; it is cut until the pairs at fault are alone."""
        try:
            answer: Any = self.fetch(build(self._from_type, to_type, pairs), _whole)
            if not link_requests.has_errors(answer):
                return {}
            refusal = write_responses.refusal(answer["errors"][0])
        except HubSpotRefused as refused:
            refusal = write_responses.whole_batch(refused)
        if len(pairs) == 1:
            said = " ".join((*refusal.codes, refusal.category, refusal.message)).upper()
            return {(pairs[0].from_id, pairs[0].to_id): _link_code(refusal.status, said)}
        half = len(pairs) // 2
        return self._send_batch(build, to_type, pairs[:half]) | self._send_batch(
            build, to_type, pairs[half:]
        )

    # -- what there is -----------------------------------------------------------------------

    def _present(self, to_type: str, from_ids: set[str]) -> dict[Place, set[LinkKind]]:
        """The kinds of association that some records have, by pair."""
        present: dict[Place, set[LinkKind]] = {}
        for batch in batches_of(sorted(from_ids), ASSOCIATIONS_LIMIT):
            self._read(to_type, [(id, None) for id in batch], present)
        return present

    def _read(
        self,
        to_type: str,
        inputs: Sequence[tuple[str, str | None]],
        present: dict[Place, set[LinkKind]],
    ) -> None:
        request = requests.associations(self._from_type, to_type, inputs)
        try:
            answer = self.fetch(request, responses.links)
        except HubSpotRefused:
            # one record that is gone fails the whole request; alone it has no associations
            if len(inputs) > 1:
                half = len(inputs) // 2
                self._read(to_type, inputs[:half], present)
                self._read(to_type, inputs[half:], present)
            return
        following: list[tuple[str, str | None]] = []
        for from_id, links, after in answer.results:
            for link in links:
                kind = LinkKind(link.category, link.type_id, link.label)
                present.setdefault((from_id, link.to_id), set()).add(kind)
            if after is not None:
                following.append((from_id, after))
        if following:
            self._read(to_type, following, present)

    def _wished_from_the_other_end(
        self, to_type: str, pairs: Mapping[Place, _PairState]
    ) -> dict[Place, set[LinkKind]]:
        """Of records of one type: what the row of the target made of the same association."""
        if to_type != self._from_type:
            return {}
        ends = sorted({from_id for (from_id, _), pair in pairs.items() if not pair.wished})
        shared: dict[Place, set[LinkKind]] = {}
        for link in self._links.to_records(ends):
            if link["TO_TYPE"] == to_type and link["STATE"] in (MADE, INTENDED):
                place = (str(link["TO_ID"]), str(link["FROM_ID"]))
                shared.setdefault(place, set()).add(_kind_of(link))
        return shared

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
        """The rows' links are done, but for those that wait for their targets."""
        self._ledger.links_settled([str(row.key) for row in rows if str(row.key) not in waiting])
        now = self.clock.now()
        self._ledger.add_outcomes(
            {
                "run_id": self.run_id,
                "row_key": row.key,
                "record_id": row.record_id,
                "outcome": "WAITING" if str(row.key) in waiting else "LINKED",
                "code": "TARGET_NOT_FOUND" if str(row.key) in waiting else None,
                "settled_at": now,
            }
            for row in rows
            if row.action is Action.LINK
        )


def _link_code(status: int, said: str) -> str:
    """The code of a link that HubSpot refused, by its status and its words in capitals."""
    if "LIMIT" in said:
        return "LINK_LIMIT"
    return "TARGET_NOT_FOUND" if status == 404 or "NOT_FOUND" in said else "REFUSED"


def _kind_of(link: Row) -> LinkKind:
    return LinkKind(str(link["CATEGORY"]), str(link["TYPE_ID"]), link["LABEL"])


def _small(link: Row) -> dict[str, object]:
    return {name.lower(): value for name, value in link.items()}


def _whole(answer: Any) -> Any:
    return answer
