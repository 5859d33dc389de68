"""Finds the records that associations lead to, by record id or by a unique property."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor

from hubspot_ingest.hubspot import write_requests, write_responses
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.write_responses import BatchAnswer
from hubspot_ingest.outbound.lookups import batches_of
from hubspot_ingest.outbound.opening import OpenPush
from hubspot_ingest.outbound.push_settings import RECORD_ID
from hubspot_ingest.outbound.rows import LinkWish


class TargetLookup:
    """Resolves the keys in the columns of associations; what was found once is not asked again."""

    def __init__(self, opened: OpenPush, fetch: Fetch, pool: Executor) -> None:
        """Requests are sent side by side by ``pool``."""
        self._fetch = fetch
        self._pool = pool
        self._columns = {link.name: link.mapping for link in opened.mapping.links}
        self._types = opened.link_types
        self._found: dict[tuple[str, str], str] = {}

    def record_ids(self, wishes: Iterable[LinkWish]) -> dict[tuple[str, str], str]:
        """The ids of the records there are, by column and key."""
        asked = {(wish.column, wish.to_key) for wish in wishes}
        for column in {column for column, _ in asked}:
            keys = sorted(key for name, key in asked if name == column)
            new_keys = [key for key in keys if (column, key) not in self._found]
            self._look_up(column, new_keys)
        return {place: self._found[place] for place in asked if place in self._found}

    def _look_up(self, column: str, keys: list[str]) -> None:
        match, object_type = self._columns[column].match, self._types[column]
        by_id = match == RECORD_ID
        usable = [key for key in keys if key and (key.isdecimal() or not by_id)]

        def read(batch: list[str]) -> BatchAnswer:
            properties = ["hs_merged_object_ids"] if by_id else [match, "hs_additional_emails"]
            request = write_requests.batch_find(
                object_type, "" if by_id else match, batch, properties
            )
            return self._fetch(request, write_responses.batch_answer)

        for answer in self._pool.map(read, [list(batch) for batch in batches_of(usable)]):
            for record in answer.records:
                self._found[column, record.id] = record.id
                others = ";".join(
                    record.properties.get(name) or ""
                    for name in (match, "hs_additional_emails", "hs_merged_object_ids")
                )
                for value in others.split(";"):
                    key = value.lower() if match == "email" else value
                    if key in usable:
                        self._found[column, key] = record.id
