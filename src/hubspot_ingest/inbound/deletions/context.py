"""What all sweeps of a run share: the loader, their saved state, and how rows are marked."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from hubspot_ingest.database.state.syncs import SweepsState
from hubspot_ingest.errors import IngestError
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.extract.id_ranges import RecordBatch
from hubspot_ingest.inbound.load.loader import DeletionMark, Loader
from hubspot_ingest.inbound.load.table_loader import MergeResult
from hubspot_ingest.inbound.plan.plan import Plan, list_plan

ABOVE_ANY_ID = 10**18
# How many missing records a run reads one by one, two requests each, before they count as purged:
# a minute at three requests a second. Where more are missing, it is a mass deletion, not merges.
SINGLE_READS = 100


@dataclass
class SweepContext:
    """The sweeps of one run, after its main reading.

    ``state`` is replaced as the sweeps go on, and stored by ``save``. ``rows`` is how many rows
    the table has, ``log`` is called after every MERGE. ``refused`` are the sweeps that HubSpot's
    answers kept from being made. So many ``single_reads`` the run may still make.
    """

    loader: Loader
    state: SweepsState
    save: Callable[[SweepsState], None]
    rows: int
    log: Callable[[MergeResult], None]
    refused: dict[str, IngestError] = field(default_factory=dict)
    single_reads: int = SINGLE_READS
    now: int = field(init=False)

    def __post_init__(self) -> None:
        """All sweeps of a run share one instant."""
        self.now = self.loader.tables.clock.now()

    @property
    def plan(self) -> Plan:
        """The plan of the main reading."""
        return self.loader.plan

    @property
    def list_plan(self) -> Plan:
        """The same records, read from HubSpot's primary store."""
        return list_plan(self.plan)

    @property
    def fetch(self) -> Fetch:
        """How HubSpot is asked."""
        return self.loader.fetch

    @property
    def has_table(self) -> bool:
        """Whether there are rows that could be marked."""
        return bool(self.rows)

    def save_state(self, **changes: Any) -> None:
        """Store the state with some fields changed."""
        self.state = replace(self.state, **changes)
        self.save(self.state)

    def ids(self, statement: str, *binds: object) -> list[str]:
        """The one column of a statement about the table; nothing where there is no table."""
        if not self.has_table:
            return []
        rows = self.loader.tables.database.all_rows(statement, binds)
        return [str(value) for row in rows for value in row.values()]

    def load(
        self, batches: Iterator[RecordBatch], plan: Plan | None = None, **options: Any
    ) -> Generator[None, None, None]:
        """Load batches by ``plan`` (the list plan when None); ``options`` as ``Loader.load``."""
        loader = replace(self.loader, plan=plan or self.list_plan, overrules=True)
        for merge_result in loader.load(batches, **options):
            if merge_result is not None:
                self.log(merge_result)
            yield

    def mark(self, ids: Iterable[str], kind: str) -> None:
        """Mark the rows of ``ids`` as deleted now; ``kind`` is the ``_DELETE_KIND``."""
        self.mark_all(DeletionMark(id, kind, self.now) for id in ids)

    def mark_all(self, marks: Iterable[DeletionMark]) -> None:
        """Mark rows as deleted, and log how many were not marked before."""
        self.log(MergeResult(deleted=self.loader.mark(marks)))
