"""Turns batches of records into Parquet files, with their links and past values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hubspot_ingest import times
from hubspot_ingest.database.columns import Column, nested_links
from hubspot_ingest.database.staging import parquet
from hubspot_ingest.errors import HubSpotRefused, IngestError, NotAnswered, ScopeMissing
from hubspot_ingest.hubspot import association_reads
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.requests import ASSOCIATIONS_LIMIT
from hubspot_ingest.inbound.extract import property_history
from hubspot_ingest.inbound.extract.id_ranges import RecordBatch
from hubspot_ingest.inbound.load import rows
from hubspot_ingest.inbound.plan.plan import MERGED_IDS, Plan
from hubspot_ingest.model import Record

# Rows of a file, and about how many bytes of JSON: they bound memory. The names of the properties
# stand in every record; so many bytes more are its values, on average.
FILE_ROWS = 4_000
FILE_BYTES = 32_000_000
BYTES_PER_VALUE = 20
FEWEST_ROWS = 100
# Where HubSpot's limits make pages come slowly, a file is made so often (ms) of so many rows at
# least, which leaves little to do once the last page is in.
FILE_EVERY = 2_000
PART_ROWS = 1_000
HISTORY = "HISTORY"


@dataclass(frozen=True, slots=True)
class RecordFile:
    """Rows on their way, and how far reading has come with them.

    ``parts`` are Parquet files: the records under ``""``, past values under ``HISTORY``; links, by
    their stream's name, are nested in the records and None here. ``merged_ids`` are (id, id it was
    merged into). ``nearly_last``: what is still to come is little, and takes about a second.
    """

    parts: Mapping[str, bytes | None]
    ids: Sequence[str]
    misfits: int
    merged_ids: tuple[tuple[str, str], ...]
    read_to: Mapping[int, int | str | None]
    nearly_last: bool = False

    @property
    def rows(self) -> int:
        """How many rows there are; an id may stand in several of them."""
        return len(self.ids)


def rows_per_file(properties: Sequence[str]) -> int:
    """How many rows a file has at least, whose records have these properties."""
    record = sum(len(name) + BYTES_PER_VALUE for name in properties)
    return max(FEWEST_ROWS, min(FILE_ROWS, FILE_BYTES // max(1, record)))


@dataclass(frozen=True, slots=True)
class RecordGroup:
    """Records that make one file, and how far reading has come with them."""

    records: Sequence[Record]
    read_to: Mapping[int, int | str | None]
    nearly_last: bool = False


@dataclass
class RecordFiles:
    """Makes files for a plan. ``with_links`` are the streams whose associations are read.

    However slowly HubSpot answers, what is read within ``longest_wait`` (ms) makes a file.

    A stream whose associations HubSpot does not let us read ends up in ``refused``, a record that
    HubSpot does not read in ``unread``, with the reason, one whose associations it does not tell in
    ``unread_links``, by stream.
    """

    fetch: Fetch
    plan: Plan
    clock: times.Clock
    with_links: Mapping[str, Column]
    archived: bool = False
    refused: dict[str, IngestError] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    unread_links: dict[str, list[str]] = field(default_factory=dict)
    longest_wait: float = math.inf
    _records: list[Record] = field(default_factory=list, init=False)
    _read_to: dict[int, int | str | None] = field(default_factory=dict, init=False)

    def files(self, batches: Iterator[RecordBatch]) -> Iterator[RecordFile]:
        """What was read before an error is yielded before the error is raised.

        Raises what keeps a file from being made, and yields nothing afterwards: a later file would
        tell that reading has come past rows which nobody gets.
        """
        return map(self._file, self._groups(batches))

    def _groups(self, batches: Iterator[RecordBatch]) -> Iterator[RecordGroup]:
        least_rows = rows_per_file(self.plan.properties)
        began = last_file_at = self.clock.now()
        nearly_last, rows = False, 0
        try:
            for batch in batches:
                self._records.extend(batch.records)
                rows += len(batch.records)
                self.unread.update(batch.unread)
                self._read_to[batch.key] = batch.after
                ends = batch.nearly_last and not nearly_last and self._whole
                # of few rows the last MERGE is small anyway, and one more costs
                if ends and rows >= PART_ROWS and self.clock.now() - began >= FILE_EVERY:
                    nearly_last = True
                    yield replace(self._group(), nearly_last=True)
                elif len(self._records) >= least_rows or self._late(last_file_at):
                    yield self._group()
                else:
                    continue
                last_file_at = self.clock.now()
        except Exception:
            yield self._group()
            raise
        yield self._group()

    def _late(self, last_file_at: int) -> bool:
        """Whether to make a file of less.

        It costs no more requests for associations, but where pages come very slowly.
        """
        count, waited = len(self._records), self.clock.now() - last_file_at
        early = count >= PART_ROWS and self._whole and waited >= FILE_EVERY
        return early or (count > 0 and waited >= self.longest_wait)

    @property
    def _whole(self) -> bool:
        """Whether a file of what there is costs no request for associations more."""
        return not self.with_links or len(self._records) % ASSOCIATIONS_LIMIT == 0

    def _group(self) -> RecordGroup:
        records, self._records = self._records, []
        return RecordGroup(records, dict(self._read_to))

    def _file(self, group: RecordGroup) -> RecordFile:
        records = group.records
        object_type = self.plan.stream.object_type
        ids = list(dict.fromkeys(record.id for record in records))
        parts: dict[str, bytes | None] = {}
        links: dict[str, association_reads.LinksById] = {}
        for stream in self.with_links if ids and not self.archived else ():
            if stream in self.refused:
                continue
            to_type = self.plan.linked_types[stream]
            try:
                links[stream] = association_reads.read_links(self.fetch, object_type, to_type, ids)
            except (ScopeMissing, HubSpotRefused) as error:
                # these ids stay as they are, and the run tells that they were not fetched
                self.refused[stream] = error
                continue
            except NotAnswered:
                links[stream] = {}
            if untold_ids := [id for id in ids if id not in links[stream]]:
                self.unread_links.setdefault(stream, []).extend(untold_ids)
            parts[stream] = None
        if ids and self.plan.history and not self.archived:
            try:
                changes, unread = property_history.read_history(
                    self.fetch, object_type, self.plan.history, ids
                )
            except NotAnswered as error:
                changes, unread = [], dict.fromkeys(ids, error.response_code)
            self.unread.update(unread)
            hashed_changes = self.plan.hasher.hash_changes(changes)
            parts[HISTORY] = parquet(property_history.staged_history(hashed_changes))
        hashed_records = self.plan.hasher.hash_records(records)
        columns, misfits = rows.staged_records(
            hashed_records,
            self.plan.property_columns,
            self.with_links,
            links,
            archived=self.archived,
        )
        for stream in self.with_links if not self.archived else ():
            nested = rows.nested_links_of(records, links.get(stream, {}))
            columns[nested_links(stream).name] = nested
        parts[""] = parquet(columns)
        return RecordFile(
            parts,
            [record.id for record in records],
            misfits,
            merged_ids(records),
            group.read_to,
            group.nearly_last,
        )


def merged_ids(records: Iterable[Record]) -> tuple[tuple[str, str], ...]:
    """Ids that were merged away, each with its survivor, as the survivors tell."""
    return tuple(
        (old, record.id)
        for record in records
        for old in _merged(record.properties.get(MERGED_IDS))
        if old and old != record.id
    )


def _merged(value: object) -> Sequence[str]:
    """The ids in a record's ``hs_merged_object_ids``: text, or a number where it is one id."""
    return str(value).split(";") if value else ()
