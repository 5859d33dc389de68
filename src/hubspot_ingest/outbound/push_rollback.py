"""ROLLBACK_RUN for the run of a push: puts back what it wrote, where nobody changed it since.

A property goes back only while HubSpot holds what the run wrote. Records that the run created are
archived, associations that it made are removed and those that it removed made again; what it
archived can be restored in HubSpot's own pages alone. The next run is held until it is confirmed:
it would send the same again. A rollback that was killed is called again, and carries on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hubspot_ingest.database.connection import Row
from hubspot_ingest.database.state.audit_log import Changed
from hubspot_ingest.database.state.push_images import PushImages
from hubspot_ingest.database.state.push_links import PushLinks
from hubspot_ingest.database.state.push_store import Pushes
from hubspot_ingest.errors import Refusal, finishing
from hubspot_ingest.hubspot.write_responses import WrittenRecord
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context
from hubspot_ingest.outbound import outcomes, push_runner, recovery
from hubspot_ingest.outbound.link_costs import ROWS_TOGETHER
from hubspot_ingest.outbound.link_decisions import EXISTED, MADE
from hubspot_ingest.outbound.link_ledger import is_mapped, wish_of
from hubspot_ingest.outbound.lookups import RecordLookup, batches_of
from hubspot_ingest.outbound.outcomes import RowOutcome
from hubspot_ingest.outbound.planning import WAVE
from hubspot_ingest.outbound.push_runner import PushRun
from hubspot_ingest.outbound.rows import Action, LinkWish, PlannedRow
from hubspot_ingest.outbound.taken_links import give_back, is_taken
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
    with push_runner.opened_alone(context, name) as run:
        # what a run that was killed sent is known only afterwards
        recovery.recover(run.engine)
        if images.was_rolled_back(run_id):
            raise Refusal(f"the run {run_id} was rolled back before", code="ALREADY_ROLLED_BACK")
        if later := images.later_runs(name, run_id):
            raise Refusal(
                f"later runs of {name} wrote to HubSpot: roll back {', '.join(later)} first",
                code="LATER_RUN_NOT_KEPT",
            )
        if not images.has_any(name, run_id):
            raise Refusal(
                f"nothing is remembered of what the run {run_id} replaced: it wrote nothing, did "
                "not read before it wrote, or is longer ago than keep_images_days",
                code=NOT_RESTORABLE,
            )
        # first the hold: should this end here, the next run sends nothing without being confirmed
        reason = f"the run {run_id} was rolled back: a run would send the same again"
        Pushes(context.database).hold(name, reason)
        context.note_change(Changed.PUSH, name, None, {"run_id": run_id})
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
        self._failed: list[str] = []
        self._missing_links: list[str] = []
        self._links = run.links

    def undo(self) -> dict[str, Json]:
        self._undo_links()
        push, after = self._run.push.name, ""
        while images := self._images.page(push, self._run_id, after, WAVE):
            after = str(images[-1]["ROW_KEY"])
            self._undo_rows([image for image in images if image["ACTION"] != Action.LINK])
            self._run.heartbeat()
        if not self._failed:
            self._images.mark_rolled_back(self._run_id, self._run.context.clock.now())
        counts, links = self._counts, self._links.counts
        message = (
            f"{_counted(counts['ROLLED_BACK'], 'record is as it was', 'records are as they were')} "
            f"before {self._run_id}"
        )
        if kept := counts["KEPT"]:
            kept_words = _counted(kept, "property was", "properties were")
            message += f", {kept_words} kept, as changed by others since"
        for number, done in ((links.removed, "removed"), (links.added, "made again")):
            if number:
                message += f", {_counted(number, 'association is', 'associations are')} {done}"
        if self._missing_links:
            named = ", ".join(self._missing_links[:MOST_NAMED])
            message += f", {len(self._missing_links)} could not be restored ({named})"
        if self._failed:
            named = ", ".join(self._failed[:MOST_NAMED])
            message += (
                f"; {_counted(len(self._failed), 'row', 'rows')} failed ({named}): "
                "PUSH_OUTCOMES has the reasons, mend them and call this again"
            )
        if self._lost:
            lost = _counted(len(self._lost), "archived record", "archived records")
            message += (
                f"; NOT_RESTORABLE by HubSpot's API: {lost}, to be "
                f"restored in HubSpot's recycle bin: {', '.join(self._lost[:MOST_NAMED])}"
            )
        return {
            "response_code": "OK",
            "message": f"{message}; the next run is held until its plan is confirmed",
            "rows_rolled_back": counts["ROLLED_BACK"],
            "rows_failed": list[Json](self._failed),
            "properties_kept": counts["KEPT"],
            "links_removed": links.removed,
            "links_restored": links.added,
            "links_missing": list[Json](self._missing_links),
            "not_restorable": list[Json](self._lost),
        }

    def _undo_links(self) -> None:
        """Remove the associations that the run made, and make those again that it removed."""
        pages = [
            *batches_of(self._images.links_of(self._run.push.name, self._run_id), ROWS_TOGETHER)
        ]
        if not pages:
            return
        turns = self._run.turns
        turns.wait(self._run.heartbeat)
        with finishing(turns.give_back):
            for keys in pages:
                self._undo_links_of(keys)
                self._run.heartbeat()
                turns.renew()

    def _undo_links_of(self, keys: Sequence[str]) -> None:
        push = self._run.push.name
        types = self._run.opened.link_types
        removed = self._images.removed_links(push, self._run_id, keys)
        restored = {
            key: [LinkWish.from_json(link) for link in removed.get(key, ()) if not is_taken(link)]
            for key in keys
        }
        wishes = {
            key: [
                LinkWish.from_json(link)
                for link in removed.get(key, ())
                if not is_taken(link) and self._means_the_same(link)
            ]
            for key in keys
        }
        for link in self._ledger_links(keys):
            is_undone = self._is_undone(link)
            if is_undone and not is_mapped(link, types):
                # what its keys are is not known any more
                self._missing_links.append(_named(link["ROW_KEY"], wish_of(link)))
            elif link["STATE"] in (MADE, EXISTED) and is_mapped(link, types):
                wishes[link["ROW_KEY"]] += [] if is_undone else [wish_of(link)]
        rows = [
            PlannedRow(
                n,
                key,
                Action.UNCHANGED,
                links=tuple(dict.fromkeys(wishes[key])),
                links_added=tuple(restored[key]),
            )
            for n, key in enumerate(keys)
        ]
        self._links.carry_out(self._links.group(rows))
        taken = [link for links in removed.values() for link in links if is_taken(link)]
        object_type = self._run.opened.mapping.object_type
        given, missing = give_back(self._run.client.fetch, object_type, taken)
        self._links.counts.added += given
        self._missing_links += missing
        # what they ask for is planned afresh
        self._images.put_back(push, {key: {} for key in keys})
        links = [link for link in self._ledger_links(keys) if is_mapped(link, types)]
        links = [link for link in links if link["STATE"] in (MADE, EXISTED)]
        there = {(link["ROW_KEY"], wish_of(link)) for link in links}
        # those that were not taken away, of records that are there
        left = {str(link["ROW_KEY"]) for link in links if self._is_undone(link)}
        self._failed += sorted(self._engine.ledger.record_ids(sorted(left)))
        self._missing_links += [
            _named(key, wish)
            for key in keys
            for wish in restored[key]
            if (key, wish) not in there or wish not in wishes[key]
        ]

    def _means_the_same(self, removed: Mapping[str, Any]) -> bool:
        """Whether the key of a link that was removed leads to the record that it led to then."""
        columns = {link.name: link.mapping.match for link in self._run.opened.mapping.links}
        name = removed["column"]
        now = {"to_type": self._run.opened.link_types.get(name), "match": columns.get(name)}
        # what was removed long ago says of neither
        return name in columns and all(removed.get(each, now[each]) == now[each] for each in now)

    def _is_undone(self, link: Row) -> bool:
        """Whether the run made a link, which is to go."""
        return bool(link["STATE"] == MADE and link["RUN_ID"] == self._run_id)

    def _ledger_links(self, keys: Sequence[str]) -> list[Row]:
        return PushLinks(self._run.context.database, self._run.push.name).of_rows(keys)

    def _undo_rows(self, images: Sequence[Row]) -> None:
        # the mapping may have changed since
        names = {name for image in images for name in image["WRITTEN"]}
        mapping = replace(self._run.opened.mapping, also_read=tuple(sorted(names)))
        fetch, pool = self._run.client.fetch, self._run.pool
        lookup = RecordLookup(fetch, mapping, self._definitions, pool)
        records = lookup.by_id(str(image["RECORD_ID"]) for image in images)
        rows: list[PlannedRow] = []
        undone: list[PlannedRow] = []
        for n, image in enumerate(images):
            key, record = str(image["ROW_KEY"]), records.get(str(image["RECORD_ID"]))
            if image["ACTION"] == Action.ARCHIVE:
                self._lost.append(str(image["RECORD_ID"]))
            elif record is None and image["ACTION"] == Action.CREATE:
                # archived by a rollback that was killed, or by somebody
                undone.append(PlannedRow(n, key, Action.ARCHIVE, record_id=image["RECORD_ID"]))
            elif record is not None and record.id != image["RECORD_ID"]:
                # merged into another record, whose values are as much somebody else's
                self._counts["KEPT"] += len(image["WRITTEN"])
            elif record is not None:
                row = self._undoing(n, image, record)
                (rows if row.payload or row.action is Action.ARCHIVE else undone).append(row)
        sender = replace(self._engine.sender, mapping=mapping, moves_stages_back=True)
        for action in (Action.UPDATE, Action.ARCHIVE):
            for batch in batches_of([row for row in rows if row.action is action]):
                self._store(sender.send(action, batch))
        self._store([outcomes.written_before(row) for row in undone])
        self._store_lost(images)

    def _undoing(self, n: int, image: Row, record: WrittenRecord) -> PlannedRow:
        """What undoes one row's write; ``sent`` holds what the record has of it already."""
        key = str(image["ROW_KEY"])
        if image["ACTION"] == Action.CREATE:
            return PlannedRow(n, key, Action.ARCHIVE, record_id=record.id)
        payload: dict[str, str] = {}
        sent: dict[str, str] = {}
        for name, value in image["WRITTEN"].items():
            definition, held = self._definitions.get(name), record.properties.get(name)
            before = image["BEFORE"].get(name) or ""
            if same_value(definition, before, held):
                sent[name] = held or ""
            elif same_value(definition, value, held):
                payload[name] = before
            else:
                self._counts["KEPT"] += 1
        action = Action.UPDATE if payload or sent else Action.KEPT
        held_before = {name: record.properties.get(name) for name in payload}
        return PlannedRow(
            n, key, action, record_id=record.id, payload=payload, before=held_before, sent=sent
        )

    def _store(self, settled: Sequence[RowOutcome]) -> None:
        """Tell the ledger: what is undone is planned afresh, by the record where there is one."""
        run, now = self._run, self._run.context.clock.now()
        undone = [outcome for outcome in settled if outcome.wrote]
        archived = [outcome for outcome in undone if outcome.row.action is Action.ARCHIVE]
        updated = [outcome for outcome in undone if outcome.row.action is not Action.ARCHIVE]
        ledger = self._engine.ledger
        ledger.forget_rows([str(outcome.row.key) for outcome in archived])
        self._images.put_back(
            run.push.name,
            {
                str(outcome.row.key): {
                    name: value or "" for name, value in (outcome.sent or {}).items()
                }
                for outcome in updated
            },
        )
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
        self._failed += [
            str(outcome.row.key) for outcome in settled if outcome.state in ("REJECTED", "UNKNOWN")
        ]

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


def _named(key: str, wish: LinkWish) -> str:
    return f"{key} {wish.column}: {wish.to_key}"


def _counted(number: int, one: str, several: str) -> str:
    """A number with what is said of one, or of several."""
    return f"{number} {one if number == 1 else several}"
