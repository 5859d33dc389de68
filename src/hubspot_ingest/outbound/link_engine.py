"""Brings together what the associations of one push's rows are made by, group by group."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, wait
from dataclasses import dataclass, field

from hubspot_ingest.database.connection import Database
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.outbound.link_group import LinkGroup
from hubspot_ingest.outbound.link_ledger import LinkCounts, LinkLedger, is_mapped
from hubspot_ingest.outbound.link_targets import LinkLookup
from hubspot_ingest.outbound.opening import OpenPush
from hubspot_ingest.outbound.rows import PlannedRow
from hubspot_ingest.outbound.shared_links import OtherPushes
from hubspot_ingest.times import Clock


@dataclass
class LinkEngine:
    """Makes the associations of some rows of one push in one run.

    ``asking`` asks HubSpot, a question of each group at once, by requests side by side of ``pool``
    and others: it is none of them.
    """

    database: Database
    clock: Clock
    opened: OpenPush
    fetch: Fetch
    pool: Executor
    asking: Executor
    run_id: str
    counts: LinkCounts = field(default_factory=LinkCounts)

    def __post_init__(self) -> None:
        """Nothing is asked before there are rows whose associations change."""
        self._lookup = LinkLookup(self.opened, self.fetch, self.pool)
        self._others = OtherPushes(self.database, self.opened)

    def group(self, rows: Sequence[PlannedRow]) -> LinkGroup:
        """Rows with what the ledger says of them."""
        keys = [str(row.key) for row in rows]
        types = self.opened.link_types
        ledger = LinkLedger(self.database, self.clock, self.opened, self.run_id)
        return LinkGroup(
            *(self.opened, self.clock, self.fetch, self.asking, self._lookup, ledger),
            *(
                self._others,
                self.counts,
                rows,
                ledger.rows.record_ids(keys),
                [link for link in ledger.links.of_rows(keys) if is_mapped(link, types)],
            ),
        )

    def carry_out(self, group: LinkGroup) -> None:
        """Make the associations of some rows, as ``steps`` does, and wait for HubSpot."""
        for answer in group.steps():
            wait([answer])
