"""Writes what becomes of associations: the ledger of links, outcomes, and what is taken away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.database.state.push_images import PushImages
from hubspot_ingest.database.state.push_ledger import Ledger
from hubspot_ingest.database.state.push_links import PushLinks
from hubspot_ingest.hubspot.link_requests import LinkKind
from hubspot_ingest.hubspot.write_responses import WrittenRecord
from hubspot_ingest.outbound.link_decisions import EXISTED, INTENDED, MADE
from hubspot_ingest.outbound.link_sending import LinkFailure
from hubspot_ingest.outbound.link_targets import LinkGoals
from hubspot_ingest.outbound.opening import OpenPush
from hubspot_ingest.outbound.record_owners import merged_ids
from hubspot_ingest.outbound.rows import Action, LinkWish, PlannedRow
from hubspot_ingest.times import Clock

WAITING, REJECTED = "WAITING", "REJECTED"
Entry = dict[str, object]
_NONE: Mapping[str, WrittenRecord] = {}
_MISSING = LinkFailure("TARGET_NOT_FOUND", "a record to link to is not there yet")


@dataclass
class LinkCounts:
    """How many links a run made and removed."""

    added: int = 0
    removed: int = 0


class LinkLedger:
    """What one run knows and writes of the links of one push."""

    def __init__(self, database: Database, clock: Clock, opened: OpenPush, run_id: str) -> None:
        """Nothing is read or written yet."""
        self.links = PushLinks(database, opened.name)
        self.rows = Ledger(database, opened.name)
        self._images = PushImages(database)
        self._clock = clock
        self._opened = opened
        self._unresolved = {link.name: link.mapping.unresolved for link in opened.mapping.links}
        self._matches = {link.name: link.mapping.match for link in opened.mapping.links}
        self._run_id = run_id
        # by row: why a link is not as it was asked for, and what was left for others' sake
        self._troubles: dict[str, LinkFailure] = {}
        self._notes: dict[str, LinkFailure] = {}
        self._waiting: set[str] = set()
        # what a rollback makes again, by row; None where the run is none that is rolled back
        self._replaced: dict[str, list[dict[str, str | None]]] | None = None

    def inherited(
        self,
        lost: Sequence[Row],
        links: Sequence[Row],
        survivors: Mapping[str, WrittenRecord] = _NONE,
    ) -> tuple[list[Row], list[Row]]:
        """Let rows have what rows made that are gone and whose records are theirs now.

        ``survivors`` are the records that those were merged into, by id. Returns ``links`` with
        those of the heirs, and those of ours that nobody has; the next run looks at the heirs
        again.
        """
        ours = [link for link in lost if link["STATE"] in (INTENDED, MADE)]
        ids = {
            str(link["FROM_ID"]): _ids_of(str(link["FROM_ID"]), survivors.get(link["FROM_ID"]))
            for link in ours
        }
        owners = self.rows.owners(sorted({id for listed in ids.values() for id in listed}))
        heirs: dict[tuple[str, LinkWish], Row] = {}
        left: list[Row] = []
        for link in ours:
            keys = [key for id in ids[str(link["FROM_ID"])] for key in owners.get(id, ())]
            if keys:
                heirs[keys[0], wish_of(link)] = {**link, "ROW_KEY": keys[0]}
            else:
                left.append(link)
        if not heirs:
            return list(links), left
        if survivors:
            # what the heir has of its own record was there before the records were merged
            own = self.links.of_rows(sorted({key for key, _ in heirs}))
            for link in own:
                if link["STATE"] in (INTENDED, MADE, EXISTED):
                    heirs.pop((link["ROW_KEY"], wish_of(link)), None)
        self.links.save(map(entry_of, heirs.values()))
        self.rows.links_unsettled(sorted({key for key, _ in heirs}))
        others = [link for link in links if (link["ROW_KEY"], wish_of(link)) not in heirs]
        return [*others, *heirs.values()], left

    def remember(self, rows: Sequence[PlannedRow]) -> None:
        """Store which links of ours go, for a rollback of the run."""
        # with an archived record they are gone for good
        removing = {
            str(row.key): row
            for row in rows
            if row.links_removed and row.action is not Action.ARCHIVE
        }
        removed: dict[str, list[dict[str, str | None]]] = {}
        for link in self.links.of_rows(list(removing)):
            wish = wish_of(link)
            if link["STATE"] == MADE and wish in removing[link["ROW_KEY"]].links_removed:
                meant = {"to_type": link["TO_TYPE"], "match": self._matches.get(wish.column)}
                removed.setdefault(link["ROW_KEY"], []).append({**wish.as_json(), **meant})
        self._replaced = removed
        self._save_replaced({key: str(removing[key].record_id) for key in removed})

    def remember_taken(self, taken: Sequence[tuple[str, str, tuple[str, str], LinkKind]]) -> None:
        """Store what goes that others made: by row, object type, pair of records and kind."""
        if self._replaced is None:
            return
        records: dict[str, str] = {}
        for key, to_type, (from_id, to_id), kind in taken:
            records[key] = from_id
            self._replaced.setdefault(key, []).append(
                {
                    "from_id": from_id,
                    "to_type": to_type,
                    "to_id": to_id,
                    "category": kind.category,
                    "type_id": kind.type_id,
                    "label": kind.label,
                }
            )
        self._save_replaced(records)

    def _save_replaced(self, records: Mapping[str, str]) -> None:
        """Store what goes of some rows; ``records`` are theirs, by key."""
        replaced, now = self._replaced or {}, self._clock.now()
        self._images.add_links(
            self._opened.name,
            self._run_id,
            (
                {"row_key": key, "record_id": id, "links": replaced[key], "created_at": now}
                for key, id in records.items()
            ),
        )

    def entry(
        self,
        row: PlannedRow,
        wish: LinkWish,
        place: tuple[str, str | None],
        state: str,
        *,
        code: str | None = None,
        kind: LinkKind | None = None,
        existed: bool | None = None,
        is_new: bool = False,
    ) -> Entry:
        """A row of the ledger of links; ``place`` are the ids of both records.

        ``existed`` says whether the pair was there before the push, ``is_new`` whether this run
        made the link.
        """
        return {
            "row_key": row.key,
            "column_name": wish.column,
            "from_id": place[0],
            "to_type": self._opened.link_types[wish.column],
            "to_key": wish.to_key,
            "to_id": place[1],
            "category": None if kind is None else kind.category,
            "type_id": None if kind is None else kind.type_id,
            "label": wish.label,
            "pair_existed_before": existed,
            "state": state,
            "code": code,
            "run_id": self._run_id if is_new else None,
        }

    def refused(
        self, row: PlannedRow, wish: LinkWish, from_id: str, goals: LinkGoals
    ) -> tuple[Entry, str]:
        """The entry of a link that cannot be sent, and why."""
        several = goals.ambiguous.get((wish.column, wish.to_key))
        state, code, reason = REJECTED, "REFUSED", "is the record itself, which links to no itself"
        if several is not None:
            code, reason = "AMBIGUOUS_MATCH", f"means several records: {', '.join(several)}"
        elif (wish.column, wish.to_key) not in goals.record_ids:
            code, reason = "TARGET_NOT_FOUND", "is not there"
            if self._unresolved[wish.column] == "wait":
                state = WAITING
        elif goals.kinds[wish.column, wish.label] is None:
            code, reason = "LABEL_UNKNOWN", f"has no label {wish.label!r}"
        return self.entry(row, wish, (from_id, None), state, code=code), reason

    def fail(self, key: str, failure: LinkFailure) -> None:
        """A link of a row is not as it was asked for; it is tried again in each run."""
        self._troubles.setdefault(key, failure)

    def note(self, key: str, failure: LinkFailure) -> None:
        """Something is to be said of a row's links, and nothing to be done."""
        self._notes[key] = failure

    def save_settled(self, settled: Sequence[Entry], intended: Sequence[Entry]) -> None:
        """Store links as they are now; ``intended`` is how some of them were just stored."""
        stored = {_identity(entry): entry for entry in intended}
        made: list[Entry] = []
        others: list[Entry] = []
        for entry in settled:
            before = stored.get(_identity(entry))
            if entry["state"] == MADE and before == {**entry, "state": INTENDED}:
                made.append(entry)
            elif entry != before:
                others.append(entry)
        self.links.save(others)
        self.links.mark(made, MADE)

    def save_unsettled(self, entries: Sequence[Entry], reasons: Mapping[int, str]) -> None:
        """Store links that could not be sent; ``reasons`` are by their place in the list."""
        self.links.save(entries)
        for n, entry in enumerate(entries):
            key, code = str(entry["row_key"]), str(entry["code"])
            if entry["state"] == WAITING:
                self._waiting.add(key)
                continue
            place = f"{entry['column_name']}: {entry['to_key']}"
            failure = LinkFailure(code, f"{place} {reasons.get(n, 'cannot be linked to')}")
            if code in ("LABEL_UNKNOWN", "AMBIGUOUS_MATCH"):
                self.fail(key, failure)
            else:
                self.note(key, failure)

    def settle(self, rows: Sequence[PlannedRow]) -> None:
        """The rows' links are done, but for those that wait for targets or were not made."""
        failed = self._troubles.keys()
        done = [str(row.key) for row in rows if str(row.key) not in self._waiting | failed]
        self.rows.links_settled(done)
        now = self._clock.now()
        outcomes: list[Entry] = []
        reasons: list[Entry] = []
        for row in rows:
            key = str(row.key)
            reason = self._troubles.get(key) or (_MISSING if key in self._waiting else None)
            outcome = "LINKED"
            if reason is not None:
                outcome = "REJECTED" if key in failed else "WAITING"
            reason = reason or self._notes.get(key)
            words = {} if reason is None else {"code": reason.code, "message": reason.message}
            if row.action is Action.LINK:
                outcomes.append(
                    {
                        "run_id": self._run_id,
                        "row_key": row.key,
                        "record_id": row.record_id,
                        "outcome": outcome,
                        "settled_at": now,
                        **words,
                    }
                )
            if reason is not None:
                reasons.append({"row_key": key, **words})
        self.rows.add_outcomes(outcomes)
        self.rows.explain_links(self._run_id, reasons)
        self._troubles.clear()
        self._notes.clear()
        self._waiting.clear()


def _ids_of(id: str, survivor: WrittenRecord | None) -> list[str]:
    """The ids by which rows may have a record: its own, and those that were merged into it."""
    return [id] if survivor is None else [survivor.id, id, *merged_ids(survivor)]


def _identity(entry: Entry) -> tuple[object, ...]:
    """What tells one link from another."""
    return tuple(entry[name] for name in ("row_key", "column_name", "to_key", "label"))


def is_mapped(link: Row, types: Mapping[str, str]) -> bool:
    """Whether a link is one of those that the settings ask for now; ``types`` are by column.

    What was made for a column that is no association any more, or leads to another object, stays.
    """
    return bool(types.get(link["COLUMN_NAME"]) == link["TO_TYPE"])


def entry_of(link: Row) -> Entry:
    """A row of the ledger of links, as it is written."""
    return {name.lower(): value for name, value in link.items()}


def wish_of(link: Row) -> LinkWish:
    """The wish that a row of the ledger of links stands for."""
    return LinkWish(link["COLUMN_NAME"], link["TO_KEY"], link["LABEL"])
