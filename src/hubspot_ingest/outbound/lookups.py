"""Looks for the records of rows before they are written: 100 rows a request, several at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from typing import TypeVar

from hubspot_ingest.errors import HubSpotRefused, UnexpectedAnswer
from hubspot_ingest.hubspot import requests, write_requests, write_responses
from hubspot_ingest.hubspot.client import CONNECTIONS
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.record_pages import NOT_FOUND
from hubspot_ingest.hubspot.write_requests import WRITE_LIMIT
from hubspot_ingest.hubspot.write_responses import BatchAnswer, WrittenRecord
from hubspot_ingest.model import Property
from hubspot_ingest.outbound.mapping import EMAIL, PushMapping
from hubspot_ingest.outbound.push_settings import RECORD_ID
from hubspot_ingest.outbound.values import same_value

Item = TypeVar("Item")
# Requests that are under way at once while records are looked for: one a connection.
READS_IN_FLIGHT = CONNECTIONS
# Ids that no batch finds are asked for one by one, in case they were merged away. Ids from a source
# may never have existed: once so many of a push lead nowhere, no more of them are asked for.
MOST_IN_VAIN = 100
ABSENT, UNREADABLE = 404, 400


def batches_of(items: Sequence[Item], size: int = WRITE_LIMIT) -> Iterator[Sequence[Item]]:
    """The items in order, so many at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def check_refusals(answer: BatchAnswer) -> None:
    """Raises ``UnexpectedAnswer`` where it is not known whether some records exist.

    Nothing may be made of those, and nothing in their place.
    """
    for refusal in answer.refusals:
        if refusal.category != NOT_FOUND and "NOT_FOUND" not in refusal.category:
            raise UnexpectedAnswer(
                f"HubSpot did not say which records are there ({refusal.category}: "
                f"{refusal.message}); nothing was written for these rows, run again"
            )


def record_by_id(
    fetch: Fetch, object_type: str, id: str, properties: Sequence[str] = ()
) -> WrittenRecord | None:
    """The live record that an id leads to, of one that was merged away the survivor.

    Raises what ``Fetch`` raises.
    """
    try:
        return fetch(requests.record(object_type, id, properties), write_responses.record)
    except HubSpotRefused as refused:
        if refused.http_status != ABSENT:
            raise
        return None


def is_archived(fetch: Fetch, object_type: str, id: str) -> bool:
    """Whether HubSpot shows a record among the archived ones. Raises what ``Fetch`` raises."""
    try:
        fetch(requests.record(object_type, id, (), archived=True), write_responses.record)
    except HubSpotRefused as refused:
        # of some object types archived records are not read
        if refused.http_status not in (ABSENT, UNREADABLE):
            raise
        return False
    return True


class Survivors:
    """Follows ids of records that may have been merged away, which batches do not find.

    They are asked for one by one, in order, until ``MOST_IN_VAIN`` of all calls led nowhere.
    Raises what ``Fetch`` raises.
    """

    def __init__(self, fetch: Fetch, pool: Executor) -> None:
        """Requests are sent side by side by ``pool``."""
        self._fetch = fetch
        self._pool = pool
        self._in_vain = 0

    def find(
        self, object_type: str, ids: Iterable[str], properties: Sequence[str] = ()
    ) -> dict[str, WrittenRecord]:
        """The records that ids lead to, by id, with some properties.

        Which ids are asked for is the same however many come together.
        """
        records: dict[str, WrittenRecord] = {}
        waiting = list(dict.fromkeys(ids))
        while waiting and self._in_vain < MOST_IN_VAIN:
            count = MOST_IN_VAIN - self._in_vain
            asked, waiting = waiting[:count], waiting[count:]
            found = self.find_all(object_type, asked, properties)
            self._in_vain += len(asked) - len(found)
            records |= found
        return records

    def find_all(
        self, object_type: str, ids: Sequence[str], properties: Sequence[str] = ()
    ) -> dict[str, WrittenRecord]:
        """As ``find``, however many lead nowhere."""

        def read(id: str) -> WrittenRecord | None:
            return record_by_id(self._fetch, object_type, id, properties)

        records = zip(ids, self._pool.map(read, ids), strict=True)
        return {id: record for id, record in records if record is not None}


class RecordLookup:
    """Finds records by id and by unique property. Raises what ``Fetch`` raises."""

    def __init__(
        self,
        fetch: Fetch,
        mapping: PushMapping,
        definitions: Mapping[str, Property],
        pool: Executor,
    ) -> None:
        """Requests of one call are sent side by side by ``pool``."""
        self._fetch = fetch
        self._mapping = mapping
        self._definitions = definitions
        self._pool = pool
        self._survivors = Survivors(fetch, pool)

    def by_id(self, ids: Iterable[str]) -> dict[str, WrittenRecord]:
        """The records of ids that HubSpot gave; one that was merged away leads to the survivor."""
        asked = list(dict.fromkeys(ids))
        records = self._by_id(asked)
        missing = [id for id in asked if id not in records]
        mapping = self._mapping
        return records | self._survivors.find_all(mapping.object_type, missing, mapping.read)

    def survivors(self, ids: Iterable[str]) -> dict[str, WrittenRecord]:
        """The records that ids of a source lead to which no batch finds, by id."""
        return self._survivors.find(self._mapping.object_type, ids, self._mapping.read)

    def _by_id(self, ids: Iterable[str]) -> dict[str, WrittenRecord]:
        records: dict[str, WrittenRecord] = {}
        asked = list(dict.fromkeys(ids))
        for record in self._read("", asked):
            records[record.id] = record
            for old_id in (record.properties.get("hs_merged_object_ids") or "").split(";"):
                records.setdefault(old_id, record)
        return {id: records[id] for id in asked if id in records}

    def by_property(self, name: str, values: Iterable[str]) -> dict[str, WrittenRecord]:
        """The records whose unique property, or id, has some values, by value.

        Ids that were merged away are left to ``survivors``.
        """
        if name == RECORD_ID:
            return self._by_id(values)
        if not name:
            return {}
        asked = list(dict.fromkeys(values))
        definition = self._definitions.get(name)
        unclaimed = {value: value for value in asked}
        records: dict[str, WrittenRecord] = {}
        strays: list[WrittenRecord] = []
        for record in self._read(name, asked):
            value = record.properties.get(name)
            if value in unclaimed:
                records[str(value)] = record
            else:
                strays.append(record)
        for record in strays:
            for value in asked:
                if value not in records and self._answers(name, definition, value, record):
                    records[value] = record
        return records

    def _answers(
        self, name: str, definition: Property | None, value: str, record: WrittenRecord
    ) -> bool:
        """Whether a record that has the value in another form is the one that was asked for."""
        if same_value(definition, record.properties.get(name), value):
            return True
        others = (record.properties.get("hs_additional_emails") or "").lower().split(";")
        return name == EMAIL and value in others

    def _read(self, id_property: str, values: Sequence[str]) -> Iterator[WrittenRecord]:
        def read(batch: Sequence[str]) -> BatchAnswer:
            request = write_requests.batch_find(
                self._mapping.object_type, id_property, batch, self._mapping.read
            )
            return self._fetch(request, write_responses.batch_answer)

        for answer in self._pool.map(read, batches_of(values)):
            check_refusals(answer)
            yield from answer.records
