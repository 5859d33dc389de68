"""ROLLBACK_RUN for the run of a push: puts back what it wrote, where nobody changed it since.

A property goes back only while HubSpot holds what the run wrote. Records that the run created are
archived, associations that it made are removed; what it archived can be restored in HubSpot's own
pages alone. The next run is held until it is confirmed: it would send the same again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from hubspot_ingest.database.connection import Row
from hubspot_ingest.database.state.push_images import PushImages
from hubspot_ingest.database.state.push_links import PushLinks
from hubspot_ingest.database.state.push_store import Pushes
from hubspot_ingest.errors import Refusal
from hubspot_ingest.hubspot.write_responses import WrittenRecord
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context
from hubspot_ingest.outbound import opening, push_runner
from hubspot_ingest.outbound.link_costs import ROWS_TOGETHER
from hubspot_ingest.outbound.link_decisions import EXISTED, MADE
from hubspot_ingest.outbound.link_engine import LinkEngine
from hubspot_ingest.outbound.lookups import RecordLookup, batches_of
from hubspot_ingest.outbound.outcomes import RowOutcome
from hubspot_ingest.outbound.planning import WAVE
from hubspot_ingest.outbound.push_runner import PushRun
from hubspot_ingest.outbound.rows import Action, LinkWish, PlannedRow
from hubspot_ingest.outbound.values import same_value

# How many ids of records that cannot be restored an answer names; PUSH_OUTCOMES has them all.
MOST_NAMED = 20
# HubSpot restores records in its own pages alone ("Restore deleted records").
NOT_RESTORABLE = "NOT_RESTORABLE"


def rollback_push(context: Context, name: str, run_id: str) -> dict[str, Json]:
    """Undo what one run of a push wrote, newest run first.

    Raises ``Refusal`` for a run that was rolled back before, or that a later one built upon.
    """
    images = PushImages(context.database)
    push = opening.existing_push(Pushes(context.database), name)
    if images.was_rolled_back(run_id):
        raise Refusal(f"the run {run_id} was rolled back before", code="ALREADY_ROLLED_BACK")
    if later := images.later_runs(push.name, run_id):
        raise Refusal(
            f"later runs of {push.name} wrote to HubSpot: roll back {', '.join(later)} first",
            code="LATER_RUN_NOT_KEPT",
        )
    settings = opening.stored_settings(push)
    with push_runner.opened_alone(context, push, settings) as run:
        # first the hold: should this end here, the next run sends nothing without being confirmed
        reason = f"the run {run_id} was rolled back: a run would send the same again"
        Pushes(context.database).hold(push.name, reason)
        return _Rollback(run, run_id).undo()


class _Rollback:
    """One run being undone."""

    def __init__(self, run: PushRun, run_id: str) -> None:
        self._run = run
        self._run_id = run_id
        self._images = PushImages(run.context.database)
        self._engine = run.engine
        self._definitions = self._engine.definitions
        self._counts: Counter[str] = Counter()
        self._lost: list[str] = []

    def undo(self) -> dict[str, Json]:
        links = self._undo_links()
        push, after = self._run.push.name, ""
        while images := self._images.page(push, self._run_id, after, WAVE):
            after = str(images[-1]["ROW_KEY"])
            self._undo_rows(images)
            self._run.heartbeat()
        self._images.mark_rolled_back(self._run_id, self._run.context.clock.now())
        counts = self._counts
        message = (
            f"{counts['ROLLED_BACK']} records are as they were before {self._run_id}, "
            f"{counts['KEPT']} properties were kept as others changed them since, {links} "
            "associations are removed"
        )
        if self._lost:
            message += (
                f"; NOT_RESTORABLE by HubSpot's API: {len(self._lost)} archived records, to be "
                f"restored in HubSpot's recycle bin: {', '.join(self._lost[:MOST_NAMED])}"
            )
        return {
            "response_code": "OK",
            "message": f"{message}; the next run is held until its plan is confirmed",
            "rows_rolled_back": counts["ROLLED_BACK"],
            "properties_kept": counts["KEPT"],
            "links_removed": links,
            "not_restorable": list[Json](self._lost),
        }

    def _undo_links(self) -> int:
        """Remove the associations that the run made; how many."""
        if not self._run.opened.mapping.links:
            return 0
        database, push = self._run.context.database, self._run.push.name
        engine = LinkEngine(
            database,
            self._run.context.clock,
            self._run.opened,
            self._run.client.fetch,
            self._run.pool,
            self._run.run_id,
            self._run.heartbeat,
        )
        for keys in batches_of(self._images.links_of(push, self._run_id), ROWS_TOGETHER):
            kept: dict[str, list[LinkWish]] = {key: [] for key in keys}
            for link in PushLinks(database, push).of_rows(keys):
                is_undone = link["STATE"] == MADE and link["RUN_ID"] == self._run_id
                if link["STATE"] in (MADE, EXISTED) and not is_undone:
                    wish = LinkWish(link["COLUMN_NAME"], link["TO_KEY"], link["LABEL"])
                    kept[link["ROW_KEY"]].append(wish)
            engine.carry_out(
                [
                    PlannedRow(n, key, Action.UNCHANGED, links=tuple(kept[key]))
                    for n, key in enumerate(keys)
                ]
            )
        return engine.removed

    def _undo_rows(self, images: Sequence[Row]) -> None:
        lookup = RecordLookup(
            self._run.client.fetch,
            self._run.opened.mapping,
            self._definitions,
            self._run.pool,
        )
        records = lookup.by_id(str(image["RECORD_ID"]) for image in images)
        rows: list[PlannedRow] = []
        for n, image in enumerate(images):
            record = records.get(str(image["RECORD_ID"]))
            if image["ACTION"] == Action.ARCHIVE:
                self._lost.append(str(image["RECORD_ID"]))
            elif record is not None:
                rows.append(self._undoing(n, image, record))
        for action in (Action.UPDATE, Action.ARCHIVE):
            for batch in batches_of([row for row in rows if row.action is action]):
                self._store(self._engine.sender.send(action, batch), action)
        self._store_lost(images)

    def _undoing(self, n: int, image: Row, record: WrittenRecord) -> PlannedRow:
        """What undoes one row's write; an update without properties where all was kept."""
        key = str(image["ROW_KEY"])
        if image["ACTION"] == Action.CREATE:
            return PlannedRow(n, key, Action.ARCHIVE, record_id=record.id)
        written: Mapping[str, Any] = image["WRITTEN"]
        payload: dict[str, str] = {}
        for name, value in written.items():
            if same_value(self._definitions.get(name), value, record.properties.get(name)):
                payload[name] = image["BEFORE"].get(name) or ""
            else:
                self._counts["KEPT"] += 1
        before = {name: record.properties.get(name) for name in payload}
        action = Action.UPDATE if payload else Action.KEPT
        return PlannedRow(
            n, key, action, record_id=record.id, payload=payload, before=before, sent=payload
        )

    def _store(self, settled: Sequence[RowOutcome], action: Action) -> None:
        """Tell the ledger: what is undone is planned afresh, by the record where there is one."""
        run, now = self._run, self._run.context.clock.now()
        undone = [outcome for outcome in settled if outcome.wrote]
        ledger = self._engine.ledger
        if action is Action.ARCHIVE:
            ledger.forget_rows([str(outcome.row.key) for outcome in undone])
        else:
            ledger.put_back({str(outcome.row.key): dict(outcome.row.payload) for outcome in undone})
        ledger.add_outcomes(
            {
                "run_id": run.run_id,
                "row_key": outcome.row.key,
                "record_id": outcome.record_id,
                "outcome": "ROLLED_BACK" if outcome.wrote else outcome.outcome,
                "code": outcome.code,
                "message": outcome.message,
                "changed": dict(outcome.changed),
                "settled_at": now,
            }
            for outcome in settled
        )
        self._counts["ROLLED_BACK"] += len(undone)

    def _store_lost(self, images: Sequence[Row]) -> None:
        now = self._run.context.clock.now()
        self._engine.ledger.add_outcomes(
            {
                "run_id": self._run.run_id,
                "row_key": image["ROW_KEY"],
                "record_id": image["RECORD_ID"],
                "outcome": "SKIPPED",
                "code": NOT_RESTORABLE,
                "message": "restore the record in HubSpot's recycle bin",
                "settled_at": now,
            }
            for image in images
            if image["ACTION"] == Action.ARCHIVE
        )
