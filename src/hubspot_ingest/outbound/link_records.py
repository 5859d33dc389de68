"""Finds out which records the links of some rows are of now: rows go, and records are merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from hubspot_ingest.database.connection import Row
from hubspot_ingest.outbound.link_ledger import LinkLedger, entry_of
from hubspot_ingest.outbound.link_steps import Steps, asked
from hubspot_ingest.outbound.link_targets import LinkLookup
from hubspot_ingest.outbound.moved_links import move_of
from hubspot_ingest.outbound.row_plans import RECORD_MERGED
from hubspot_ingest.outbound.rows import PlannedRow

OwnLinks = tuple[Mapping[str, str], list[Row]]


@dataclass(frozen=True, slots=True)
class LinkRecords:
    """The records of some rows by the ledger, and the links that it says they have."""

    lookup: LinkLookup
    ledger: LinkLedger
    asking: Executor
    ids: Mapping[str, str]
    links: Sequence[Row]

    def found(self, rows: Sequence[PlannedRow]) -> Steps[OwnLinks]:
        """The records of the rows whose links are to be made or removed, and those they have.

        What a row that is gone made of a record that is another row's by now is that one's. Raises
        what ``Fetch`` raises.
        """
        gone = {
            str(row.key): row
            for row in rows
            if row.is_gone and row.record_id is None and str(row.key) not in self.ids
        }
        lost = [link for link in self.links if link["ROW_KEY"] in gone]
        links, left = self.ledger.inherited(lost, self.links)
        merged = [link for link in left if gone[link["ROW_KEY"]].code == RECORD_MERGED]
        ids = dict(self.ids)
        if merged:
            old_ids = {str(link["FROM_ID"]) for link in merged}
            survivors = yield from asked(self.asking, lambda: self.lookup.records(old_ids))
            links, left = self.ledger.inherited(merged, links, survivors)
            # the row that has the survivor is gone too: here its links are let go
            ids |= {
                link["ROW_KEY"]: survivors[link["FROM_ID"]].id
                for link in left
                if link["FROM_ID"] in survivors
            }
        # of a record that is not there any more HubSpot has taken them away
        self.ledger.links.delete(entry_of(link) for link in lost if link["ROW_KEY"] not in ids)
        self.ledger.rows.links_settled([key for key in gone if key not in ids])
        links = [link for link in links if link["ROW_KEY"] in ids]
        return ids, (yield from self._of_their_records(links, ids))

    def _of_their_records(self, links: Sequence[Row], ids: Mapping[str, str]) -> Steps[list[Row]]:
        """The links, without those of a record that was not merged into the one of their row.

        What that one has somebody else made; the other is not there any more.
        """
        moves = {move for move in (move_of(link, ids) for link in links) if len({*move}) > 1}
        if not moves:
            return list(links)
        lost = moves - (yield from asked(self.asking, lambda: self.lookup.merged(moves)))
        self.ledger.links.delete(entry_of(link) for link in links if move_of(link, ids) in lost)
        return [link for link in links if move_of(link, ids) not in lost]
