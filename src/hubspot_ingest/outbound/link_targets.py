"""Finds what associations lead to: records, by id or a unique property, and what labels mean."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from threading import Lock

from hubspot_ingest.database.connection import Row
from hubspot_ingest.hubspot import write_requests, write_responses
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.link_requests import LinkKind
from hubspot_ingest.hubspot.write_responses import BatchAnswer, WrittenRecord
from hubspot_ingest.outbound.link_kinds import LinkKinds
from hubspot_ingest.outbound.lookups import RecordLookup, Survivors, batches_of, check_refusals
from hubspot_ingest.outbound.opening import OpenPush
from hubspot_ingest.outbound.push_settings import RECORD_ID, RECORD_ID_FORM
from hubspot_ingest.outbound.record_owners import merged_ids
from hubspot_ingest.outbound.rows import LinkWish
from hubspot_ingest.outbound.values import plain_number

Place = tuple[str, str]


class TargetLookup:
    """Resolves the keys in the columns of associations; what was found once is not asked again."""

    def __init__(self, opened: OpenPush, fetch: Fetch, pool: Executor) -> None:
        """Requests are sent side by side by ``pool``."""
        self._fetch = fetch
        self._pool = pool
        self._columns = {link.name: link.mapping for link in opened.mapping.links}
        self._types = opened.link_types
        self._ids: dict[Place, list[str]] = {}
        self._survivors = Survivors(fetch, pool)
        # by object type and id of records that were merged away: the records that they survive in
        self._merged: dict[tuple[str, str], str] = {}

    def survivor(self, column: str, id: str) -> str | None:
        """The record that one of those that a column leads to was merged into, as far as known."""
        return self._merged.get((self._types[column], id))

    def follow(self, object_type: str, ids: Iterable[str]) -> None:
        """Ask where records are that may have been merged away.

        A record may not name what came by several merges: each of them is read alone.
        """
        unknown = sorted(id for id in {*ids} if (object_type, id) not in self._merged)
        for id, record in self._survivors.find(object_type, unknown).items():
            if record.id != id:
                self._merged[object_type, id] = record.id

    def record_ids(self, wishes: Iterable[LinkWish]) -> dict[Place, str]:
        """The ids of the records there are, by column and key; no key means several records."""
        asked = {(wish.column, wish.to_key) for wish in wishes}
        for column in sorted({column for column, _ in asked}):
            keys = sorted(key for name, key in asked if name == column)
            self._look_up(column, [key for key in keys if (column, key) not in self._ids])
        return {place: self._ids[place][0] for place in asked if len(self._ids.get(place, ())) == 1}

    @property
    def ambiguous(self) -> dict[Place, list[str]]:
        """The keys that mean several records, with their ids."""
        return {place: sorted(ids) for place, ids in self._ids.items() if len(ids) > 1}

    def _look_up(self, column: str, keys: list[str]) -> None:
        match, object_type = self._columns[column].match, self._types[column]
        by_id = match == RECORD_ID
        usable = [key for key in keys if key and (not by_id or RECORD_ID_FORM.fullmatch(key))]

        def read(batch: list[str]) -> BatchAnswer:
            properties = ["hs_merged_object_ids"]
            properties += [] if by_id else [match, "hs_additional_emails"]
            request = write_requests.batch_find(
                object_type, "" if by_id else match, batch, properties
            )
            return self._fetch(request, write_responses.batch_answer)

        records: dict[str, WrittenRecord] = {}
        left = usable
        # HubSpot names what is not there: keys that it says nothing of are asked for once more
        for _ in range(2):
            refused: set[str] = set()
            for answer in self._pool.map(read, [list(batch) for batch in batches_of(left)]):
                check_refusals(answer)
                records.update({record.id: record for record in answer.records})
                refused.update(id for refusal in answer.refusals for id in refusal.ids)
            self._keep(column, usable, records)
            left = [key for key in left if (column, key) not in self._ids and key not in refused]
        for record in records.values():
            ids = dict.fromkeys(((object_type, id) for id in merged_ids(record)), record.id)
            self._merged.update(ids)
        if by_id:
            missing = [key for key in usable if (column, key) not in self._ids]
            self.follow(object_type, missing)
            found = {(column, key): self.survivor(column, key) for key in missing}
            self._ids.update({place: [id] for place, id in found.items() if id is not None})

    def _keep(self, column: str, keys: Sequence[str], records: Mapping[str, WrittenRecord]) -> None:
        """Remember which records some keys lead to."""
        match = self._columns[column].match
        by_id = match == RECORD_ID
        exact: dict[str, list[str]] = {}
        similar: dict[str, list[str]] = {}
        for record in records.values():
            values = record.properties
            value = record.id if by_id else values.get(match) or ""
            further = values.get("hs_merged_object_ids" if by_id else "hs_additional_emails") or ""
            exact.setdefault(value, []).append(record.id)
            for spelling in {_plain(value), *map(_plain, further.split(";"))}:
                similar.setdefault(spelling, []).append(record.id)
        for key in keys:
            ids = exact.get(key) or similar.get(_plain(key))
            if ids:
                self._ids[column, key] = ids


@dataclass(frozen=True, slots=True)
class LinkGoals:
    """What wishes lead to: records by column and key, kinds of association by column and label.

    A key of ``ambiguous`` means several records, which are its ids; a label that there is none of
    has the kind None, one of keys without a record has none.
    """

    record_ids: Mapping[Place, str]
    ambiguous: Mapping[Place, Sequence[str]]
    kinds: Mapping[tuple[str, str | None], LinkKind | None]


class LinkLookup:
    """Finds what the wishes of one push lead to; thread-safe: nothing is asked twice."""

    def __init__(self, opened: OpenPush, fetch: Fetch, pool: Executor) -> None:
        """Nothing is asked before there are wishes."""
        self._targets = TargetLookup(opened, fetch, pool)
        self._fetch = fetch
        self._from_type = opened.mapping.object_type
        definitions = {prop.name: prop for prop in opened.properties}
        self._records = RecordLookup(fetch, opened.mapping, definitions, pool)
        self._kinds = LinkKinds(fetch, self._from_type)
        self._columns = {link.name: link.mapping for link in opened.mapping.links}
        self._types = opened.link_types
        self._lock = Lock()

    def survivor(self, link: Row) -> str | None:
        """The record that what a link led to was merged into, if it was and is ``followed``."""
        return self._targets.survivor(link["COLUMN_NAME"], str(link["TO_ID"]))

    def follow(self, links: Collection[Row]) -> None:
        """Find out which records survive those that links lead to, if they were merged away.

        By what their keys lead to, 100 a request, then one by one. Raises what ``Fetch`` raises.
        """
        wishes = [LinkWish(each["COLUMN_NAME"], each["TO_KEY"], each["LABEL"]) for each in links]
        with self._lock:
            targets = self._targets.record_ids(wishes)
            left: dict[str, set[str]] = {}
            for link, wish in zip(links, wishes, strict=True):
                to_id = str(link["TO_ID"])
                leads_there = targets.get((wish.column, wish.to_key)) == to_id
                if not leads_there and self.survivor(link) is None:
                    left.setdefault(self._types[wish.column], set()).add(to_id)
            for object_type, ids in sorted(left.items()):
                self._targets.follow(object_type, ids)

    def records(self, ids: Collection[str]) -> dict[str, WrittenRecord]:
        """The records that old ids of the push's lead to, by id. Raises what ``Fetch`` raises."""
        with self._lock:
            return self._records.survivors(sorted(ids))

    def merged(self, moves: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of some pairs of the push's records of which the first is merged into the second.

        A record may not name what came by several merges: old ids that none names are read alone.
        Raises what ``Fetch`` raises.
        """
        merged = {*self._survivors(self._from_type, {new_id for _, new_id in moves}).items()}
        left = sorted({old_id for old_id, _ in {*moves} - merged})
        alone = self.records(left)
        return merged | {(old_id, record.id) for old_id, record in alone.items()}

    def survivors_of(self, places: Collection[Place], to_type: str) -> dict[tuple[str, str], str]:
        """Which records of pairs others were merged into, by object type and id of those.

        Raises what ``Fetch`` raises.
        """
        ends = {(self._from_type, id) for id, _ in places} | {(to_type, id) for _, id in places}
        return {
            (object_type, old_id): id
            for object_type in {self._from_type, to_type}
            for old_id, id in self._survivors(
                object_type, {id for of_type, id in ends if of_type == object_type}
            ).items()
        }

    def _survivors(self, object_type: str, ids: Collection[str]) -> dict[str, str]:
        """Which of some records others were merged into, by the ids of those."""
        survivors: dict[str, str] = {}
        left = sorted(ids)
        # as in ``TargetLookup``
        for _ in range(2):
            told: set[str] = set()
            for batch in batches_of(left):
                request = write_requests.batch_find(
                    object_type, "", batch, ["hs_merged_object_ids"]
                )
                answer = self._fetch(request, write_responses.batch_answer)
                check_refusals(answer)
                for record in answer.records:
                    survivors |= dict.fromkeys(merged_ids(record), record.id)
                told.update(record.id for record in answer.records)
                told.update(id for refusal in answer.refusals for id in refusal.ids)
            left = [id for id in left if id not in told]
        return survivors

    def goals(self, wishes: Collection[LinkWish]) -> LinkGoals:
        """What wishes lead to; labels that may be created are. Raises what ``Fetch`` raises."""
        with self._lock:
            ids = self._targets.record_ids(wishes)
            labels = {
                (wish.column, wish.label) for wish in wishes if (wish.column, wish.to_key) in ids
            }
            kinds = {
                (column, label): self._kinds.kind(
                    self._types[column], label, create=self._columns[column].create_labels
                )
                for column, label in sorted(labels, key=lambda place: (place[0], place[1] or ""))
            }
            return LinkGoals(ids, self._targets.ambiguous, kinds)


def _plain(value: str) -> str:
    """A value in the form in which HubSpot takes several spellings for one."""
    return plain_number(value) or value.strip().lower()
