"""Updates records that turn out to be there when their rows are to create them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from hubspot_ingest.database.state.push_ledger import Ledger
from hubspot_ingest.model import Property
from hubspot_ingest.outbound import outcomes
from hubspot_ingest.outbound.lookups import RecordLookup, batches_of
from hubspot_ingest.outbound.mapping import PushMapping
from hubspot_ingest.outbound.outcomes import RowOutcome
from hubspot_ingest.outbound.row_plans import RowPlanner, has_key
from hubspot_ingest.outbound.rows import Action, PlannedRow, SourceRow
from hubspot_ingest.outbound.sending import Sender
from hubspot_ingest.times import Clock


@dataclass(frozen=True, slots=True)
class ExistingRecords:
    """Records of one push's rows that somebody else made since the plan looked for them."""

    mapping: PushMapping
    definitions: Mapping[str, Property]
    sender: Sender
    ledger: Ledger
    pool: Executor
    clock: Clock

    def may_be_updated(self, outcome: RowOutcome) -> bool:
        """Whether a row was to be created and its record may be there already."""
        is_upsert = self.mapping.settings.strategy == "upsert"
        is_there = outcome.existing_id is not None and outcome.row.action is Action.CREATE
        return is_upsert and is_there

    def with_updates(self, settled: list[RowOutcome]) -> list[RowOutcome]:
        """The outcomes of rows; those of rows whose record was there already as updates, last.

        Raises what ``Fetch`` raises.
        """
        existing = {outcome.row.n: outcome for outcome in settled if self.may_be_updated(outcome)}
        if not existing:
            return settled
        ids = [str(outcome.existing_id) for outcome in existing.values()]
        # those of this wave are not in the ledger yet
        owners = {
            outcome.record_id: str(outcome.row.key)
            for outcome in settled
            if outcome.record_id is not None
        }
        owners.update({id: keys[0] for id, keys in self.ledger.owners(ids).items()})
        lookup = RecordLookup(self.sender.fetch, self.mapping, self.definitions, self.pool)
        records = lookup.by_id(ids)
        planner = RowPlanner(self.mapping, self.definitions, self.clock.now())
        updates: list[PlannedRow] = []
        for outcome in existing.values():
            record = records.get(str(outcome.existing_id))
            row = outcome.row
            # a conflict over another property is with a record that is not the row's
            if record is None or not has_key(self.mapping, self.definitions, row, record):
                continue
            if owners.setdefault(record.id, str(row.key)) != row.key:
                continue
            source = SourceRow(row.n, False, row.key, row.hash, (), 1, 1, None)
            names = (*self.mapping.written, self.mapping.match)
            wishes = {name: row.payload.get(name) for name in names}
            updates.append(
                replace(
                    planner.plan(source, wishes, record),
                    links_added=row.links_added,
                    links_removed=row.links_removed,
                )
            )
        done = [
            result
            for batch in batches_of([row for row in updates if row.action.is_sent])
            for result in self.sender.send(Action.UPDATE, batch)
        ]
        done += [outcomes.not_sent(row) for row in updates if not row.action.is_sent]
        replaced = {outcome.row.n for outcome in done}
        # HubSpot may show a new record only after a while: the next run looks again
        hidden = {n for n, outcome in existing.items() if outcome.existing_id not in records}
        left = [
            replace(outcome, hash=None) if outcome.row.n in hidden else outcome
            for outcome in settled
            if outcome.row.n not in replaced
        ]
        return [*left, *done]
