"""Asks HubSpot's primary store what doubtful records are, and repairs the rows that differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hubspot_ingest.database.columns import same_type
from hubspot_ingest.database.state.certificates import LiveRows
from hubspot_ingest.database.state.syncs import SweepsState
from hubspot_ingest.errors import HubSpotRefused, IngestError
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.deletions.context import SINGLE_READS, SweepContext
from hubspot_ingest.inbound.deletions.lookup import look_up
from hubspot_ingest.inbound.extract import page_readers
from hubspot_ingest.inbound.load.batches import merged_ids
from hubspot_ingest.inbound.load.column_backfill import fill_columns
from hubspot_ingest.inbound.load.loader import Loader
from hubspot_ingest.inbound.load.table_loader import MergeResult
from hubspot_ingest.inbound.load.table_spec import record_tables
from hubspot_ingest.inbound.plan import plan
from hubspot_ingest.inbound.plan.plan import Plan, Strategy
from hubspot_ingest.model import Record

# How many are looked up at once, and how many a certificate names.
SHOWN = 1_000


@dataclass
class ComparisonResult:
    """What a comparison has come to so far; ``stopped`` is what kept it from its end.

    ``settled`` is how many rows were not as HubSpot has them, those that have changed since the
    last run among them, and ``repaired`` how many rows were changed for it. ``unread`` is how many
    records HubSpot did not read, so that nothing is known of them, ``doubled`` how many rows have
    the id of another, ``unlinked`` of how many HubSpot did not tell the associations.
    ``one_by_one``: each record was compared with its row, and none was told from counts;
    ``listed``: all of them were read from HubSpot's primary store.
    """

    hubspot_records: int = 0
    table_records: int = 0
    changed_meanwhile: int = 0
    kinds: dict[str, str] = field(default_factory=dict)
    repaired: int = 0
    settled: int = 0
    unread: int = 0
    unlinked: int = 0
    doubled: int = 0
    one_by_one: bool = False
    listed: bool = False
    stopped: IngestError | None = None

    @property
    def counted(self) -> Counter[str]:
        """How many differ, by kind: MISSING, EXTRA, STALE."""
        return Counter(self.kinds.values())

    @property
    def result(self) -> str:
        """COMPLETE, REPAIRED or INCOMPLETE."""
        if self.stopped is not None or self.unread or self.doubled:
            return "INCOMPLETE"
        if self.repaired < self.settled or self.hubspot_records != self.table_records:
            return "INCOMPLETE"
        return "REPAIRED" if self.kinds else "COMPLETE"


@dataclass
class Repairs:
    """Repairs the table of a plan, settled through ``settled``; ``log`` hears of every MERGE."""

    loader: Loader
    settled: int
    log: Callable[[MergeResult], None]
    result: ComparisonResult = field(default_factory=ComparisonResult)
    _single_reads: int = field(default=SINGLE_READS, init=False)

    def mark_foreign(self, live: LiveRows) -> Iterator[None]:
        """Mark the rows that no record of HubSpot can belong to."""
        ids = live.foreign_ids()
        if not ids:
            return
        marked = self.loader.mark_foreign()
        self.result.kinds |= dict.fromkeys(ids, "EXTRA")
        self.result.repaired += min(marked, len({*ids}))
        self.log(MergeResult(deleted=marked))
        yield

    def repair_columns(self) -> Iterator[None]:
        """Set columns that were changed by hand to what PROPERTIES gives for them."""
        loader, run_plan = self.loader.tables, self.loader.plan
        types = loader.existing_table.types
        columns = [
            column
            for column in run_plan.property_columns
            if column.name in types and same_type(column.type, types[column.name])
        ]
        tables = record_tables(run_plan, ())
        for _, ids in fill_columns(loader, tables, columns, repairing=True) if columns else ():
            self.result.kinds |= dict.fromkeys(ids, "STALE")
            self.result.settled += len(ids)
            self.result.repaired += len(ids)
            if ids:
                self.log(MergeResult(updated=len(ids)))
            yield

    def settle(self, fetch: Fetch, ids: Sequence[str], live: LiveRows) -> Iterator[None]:
        """Ask what the records of ``ids`` are, and repair what the table has otherwise."""
        numbered = sorted(ids, key=int)
        for start in range(0, len(numbered), SHOWN):
            wrong_ids = self._judge(fetch, numbered[start : start + SHOWN], live)
            self.result.settled += len(wrong_ids)
            yield from self._repair(wrong_ids)

    @property
    def listing(self) -> Plan:
        """The same records from the primary store, without their values."""
        full_plan = self.loader.plan
        fits = plan.fits_url(full_plan.stream.object_type, ("hs_object_id",), ())
        strategy = Strategy.LIST if fits else Strategy.WIDE
        return replace(full_plan, strategy=strategy, properties=("hs_object_id",))

    def _judge(self, fetch: Fetch, ids: Sequence[str], live: LiveRows) -> list[str]:
        """Which of some ids the table has otherwise than HubSpot's primary store.

        What differs since before the table was settled is a difference of the certificate; the
        others have changed meanwhile.
        """
        result, run_plan = self.result, self.loader.plan
        here = live.versions_of(ids)
        taken = {*ids}
        if run_plan.filter_groups:
            taken = page_readers.ids_matching_filters(fetch, run_plan, ids)
        read = page_readers.read_by_ids(fetch, self.listing, ids)
        self.loader.unread.update(read.unread)
        there = read.records
        missing_ids = [id for id in read.missing(ids) if id in here]
        archived = self._archived(fetch, missing_ids)
        merged_away = self._merged_away(fetch, [id for id in missing_ids if id not in archived])
        wrong_ids: list[str] = []
        for id in ids:
            if id in self.loader.unread:
                continue
            record = there.get(id)
            kind, at = "", None
            if record is None:
                kind = "EXTRA" if id in here else ""
                at = archived[id].archived_at if id in archived else None
            else:
                at = record.updated_at
                if id not in taken:
                    kind = "EXTRA" if id in here else ""
                elif id not in here:
                    kind = "MISSING" if (at or 0) >= (run_plan.earliest or 0) else ""
                elif at != here[id]:
                    kind = "STALE"
            if not kind:
                continue
            wrong_ids.append(id)
            if id in merged_away or (at is not None and at >= self.settled):
                result.changed_meanwhile += 1
            else:
                result.kinds[id] = kind
        return wrong_ids

    def _archived(self, fetch: Fetch, ids: Sequence[str]) -> Mapping[str, Record]:
        """Which of some ids are archived; none where HubSpot does not read archived records."""
        try:
            read = page_readers.read_by_ids(fetch, self.listing, ids, archived=True)
        except HubSpotRefused as error:
            if error.http_status != 400:
                raise
            return {}
        self.loader.unread.update(read.unread)
        return read.records

    def _merged_away(self, fetch: Fetch, ids: Sequence[str]) -> set[str]:
        """Which of some ids were merged into another record since: it alone tells of them."""
        if not ids:
            return set()
        anything = replace(self.loader.plan, filter_groups=())
        changed = page_readers.changed_since(fetch, anything, self.settled).records
        return {old for old, _ in merged_ids(changed)} & {*ids}

    def _repair(self, ids: Sequence[str]) -> Iterator[None]:
        def repaired(merge_result: MergeResult) -> None:
            self.result.repaired += (
                merge_result.inserted + merge_result.updated + merge_result.deleted
            )
            self.log(merge_result)

        context = SweepContext(
            self.loader,
            SweepsState(),
            lambda _: None,
            1,
            repaired,
            single_reads=self._single_reads,
        )
        yield from look_up(context, ids)
        self._single_reads = context.single_reads
