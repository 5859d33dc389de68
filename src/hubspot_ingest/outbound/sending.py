"""Sends one batch and finds out what became of each of its rows.

Nothing is sent twice that could be done twice: when the answer to a create is lost, its rows are
looked up by their unique property first. A batch that is refused whole is cut in halves until the
rows at fault are alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from hubspot_ingest.errors import AnswerLost, HubSpotRefused, UnexpectedAnswer
from hubspot_ingest.hubspot import write_requests, write_responses
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.hubspot.write_requests import RecordInput
from hubspot_ingest.hubspot.write_responses import BatchAnswer, InputRefusal, WrittenRecord
from hubspot_ingest.model import Property
from hubspot_ingest.outbound import outcomes
from hubspot_ingest.outbound.mapping import EMAIL, PushMapping
from hubspot_ingest.outbound.outcomes import RowOutcome
from hubspot_ingest.outbound.push_settings import RECORD_ID
from hubspot_ingest.outbound.row_plans import LIFECYCLE
from hubspot_ingest.outbound.rows import Action, PlannedRow
from hubspot_ingest.outbound.values import same_value

# How often rows are sent whose answer was lost, each time after they were looked up in vain.
TRIES = 3
Rows = Sequence[PlannedRow]
_FindsRow = Callable[[WrittenRecord], PlannedRow | None]
_Sends = Callable[[Rows, int], list[RowOutcome]]


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends the rows of one run; thread-safe.

    ``moves_stages_back`` takes lifecycle stages back where HubSpot ignores that.
    """

    fetch: Fetch
    mapping: PushMapping
    definitions: Mapping[str, Property]
    run_id: str
    moves_stages_back: bool = False

    def send(self, action: Action, rows: Rows) -> list[RowOutcome]:
        """Send up to 100 rows with one action; the outcome of each of them.

        Raises what ``Fetch`` raises where HubSpot cannot be asked any more.
        """
        match action:
            case Action.CREATE if self.by_upsert:
                return self._upsert(rows)
            case Action.CREATE:
                return self._create(rows, TRIES)
            case Action.ARCHIVE:
                return self._archive(rows)
            case _:
                return self._with_stages(self._update(rows, TRIES))

    @property
    def by_upsert(self) -> bool:
        """Whether nobody looked which records there are: HubSpot is to find that out."""
        return not self.mapping.settings.read_before_write and not self.mapping.by_record_id

    def trace_id(self, row: PlannedRow) -> str:
        """What HubSpot's answers call the input of a row."""
        return f"{self.run_id}-{row.n}"

    def _inputs(self, rows: Rows, id_property: str | None = None) -> list[RecordInput]:
        return [
            RecordInput(
                self.trace_id(row),
                row.payload if id_property is None else self._beside_id(row.payload),
                row.record_id or "" if id_property is None else self._key_value(row, id_property),
            )
            for row in rows
        ]

    def _beside_id(self, payload: Mapping[str, str]) -> dict[str, str]:
        """What an upsert sends beside the id: not the address, which may be a contact's second."""
        return {
            name: value
            for name, value in payload.items()
            if name != EMAIL or self.mapping.match != EMAIL
        }

    # -- updates -----------------------------------------------------------------------------

    def _update(self, rows: Rows, tries: int) -> list[RowOutcome]:
        if not rows:
            return []
        request = write_requests.batch_update(self.mapping.object_type, self._inputs(rows))
        by_id = {row.record_id: row for row in rows}

        def row_of(record: WrittenRecord) -> PlannedRow | None:
            return by_id.get(record.id)

        done, left = self._answered(request, rows, row_of, self._update, tries)
        if left and tries > 1:
            # an update may be sent again: it does nothing twice
            return [*done, *self._update(left, tries - 1)]
        return [*done, *self._as_they_are(left)]

    def _as_they_are(self, rows: Rows) -> list[RowOutcome]:
        """The outcomes of rows that HubSpot says nothing of, by what their records hold."""
        records = self._read("", [str(row.record_id) for row in rows]) if rows else []
        by_id = {record.id: record for record in records}
        settled: list[RowOutcome] = []
        for row in rows:
            record = by_id.get(str(row.record_id))
            # silence is no consent: a value that is not there may never have been looked at
            if record is not None and outcomes.holds(self.definitions, row.payload, record):
                settled.append(self._written(row, record))
            else:
                settled.append(outcomes.unknown(row, "HubSpot answered nothing about this row"))
        return settled

    def _with_stages(self, done: list[RowOutcome]) -> list[RowOutcome]:
        """The outcomes, once stages that HubSpot did not take back are cleared and set again.

        It takes a stage back only from an empty one ("Lifecycle stages"): what refuses a row's
        other values does so before its stage is touched, and a stage that is not taken then is put
        back.
        """
        if not self.moves_stages_back:
            return done
        stuck = {outcome.row.n: outcome for outcome in done if _is_stuck(outcome)}
        rows = [outcome.row for outcome in stuck.values()]
        cleared = self._update([replace(row, payload={LIFECYCLE: ""}) for row in rows], TRIES)
        empty = {outcome.row.n for outcome in cleared if outcome.wrote}
        moved = self._update([row for row in rows if row.n in empty], TRIES)
        again = {outcome.row.n: outcome for outcome in moved if _holds_stage(outcome)}
        back = [row for row in rows if row.n in empty and row.n not in again]
        self._update(
            [replace(row, payload={LIFECYCLE: row.before.get(LIFECYCLE) or ""}) for row in back],
            TRIES,
        )
        return [again.get(outcome.row.n, outcome) for outcome in done]

    # -- creates -----------------------------------------------------------------------------

    def _create(self, rows: Rows, tries: int) -> list[RowOutcome]:
        request = write_requests.batch_create(self.mapping.object_type, self._inputs(rows))
        done, left = self._answered(request, rows, self._row_finder(rows), self._create, tries)
        done = self._with_existing(done)
        if not left:
            return done
        name = self.mapping.key_property
        if name is None:
            lost = (
                "HubSpot's answer was lost, or does not say which record is the row's, and the row "
                "has no external id to look it up by"
            )
            return [*done, *(outcomes.unknown(row, lost) for row in left)]
        row_of = self._row_finder(left)
        found = {
            row.n: self._adopted(row, record)
            for record in self._read(name, [self._key_value(row, name) for row in left])
            if (row := row_of(record)) is not None
        }
        missing = [row for row in left if row.n not in found]
        done = [*done, *found.values()]
        if missing and tries > 1:
            return [*done, *self._create(missing, tries - 1)]
        lost = "HubSpot neither answered nor shows the record; it is looked up in the next run"
        return [*done, *(outcomes.unknown(row, lost) for row in missing)]

    def _with_existing(self, done: list[RowOutcome]) -> list[RowOutcome]:
        """The same outcomes; of conflicts that name no record, with the record that has the key."""
        name = self.mapping.key_property
        nameless = [
            outcome.row
            for outcome in done
            if outcome.code == outcomes.EXISTS and outcome.existing_id is None
        ]
        if name is None or not nameless:
            return done
        row_of = self._row_finder(nameless)
        found = {
            row.n: self._adopted(row, record)
            for record in self._read(name, [self._key_value(row, name) for row in nameless])
            if (row := row_of(record)) is not None
        }
        return [found.get(outcome.row.n, outcome) for outcome in done]

    def _upsert(self, rows: Rows) -> list[RowOutcome]:
        name = self.mapping.match
        request = write_requests.batch_upsert(
            self.mapping.object_type, name, self._inputs(rows, name)
        )
        done, left = self._answered(
            request, rows, self._row_finder(rows), lambda part, _: self._upsert(part), 1
        )
        return [
            *done,
            *(outcomes.unknown(row, "HubSpot answered nothing about this row") for row in left),
        ]

    def _key_value(self, row: PlannedRow, name: str) -> str:
        return str(row.payload.get(name) or row.key)

    def _row_finder(self, rows: Rows) -> _RowFinder:
        return _RowFinder(self, rows)

    # -- archives ----------------------------------------------------------------------------

    def _archive(self, rows: Rows) -> list[RowOutcome]:
        request = write_requests.batch_archive(
            self.mapping.object_type, [str(row.record_id) for row in rows]
        )
        try:
            self.fetch(request, write_responses.nothing)
        except HubSpotRefused as refused:
            if len(rows) > 1:
                half = len(rows) // 2
                return [*self._archive(rows[:half]), *self._archive(rows[half:])]
            return [outcomes.refused(rows[0], write_responses.whole_batch(refused))]
        return [outcomes.archived(row) for row in rows]

    # -- answers -----------------------------------------------------------------------------

    def _answered(
        self,
        request: Request,
        rows: Rows,
        row_of: _FindsRow,
        again: _Sends,
        tries: int,
    ) -> tuple[list[RowOutcome], list[PlannedRow]]:
        """Send a batch: the outcomes that are certain, and the rows that nobody knows of."""
        try:
            answer = self.fetch(request, write_responses.batch_answer)
        except (AnswerLost, UnexpectedAnswer):
            return [], list(rows)
        except HubSpotRefused as refused:
            return self._cut(rows, write_responses.whole_batch(refused), again, tries)
        done = {row.n: record for record in answer.records if (row := row_of(record)) is not None}
        by_n = {row.n: row for row in rows}
        settled = self._verified([(by_n[n], record) for n, record in done.items()])
        failures = self._refusals(answer, [row for row in rows if row.n not in done])
        settled += [outcomes.refused(by_n[n], refusal) for n, refusal in failures.items()]
        left = [row for row in rows if row.n not in done and row.n not in failures]
        untold = [each for each in answer.refusals if each not in failures.values()]
        if left and untold:
            # some of them are refused: which ones is told once they are sent apart
            apart, left = self._cut(left, untold[0], again, tries)
            settled += apart
        return settled, left

    def _cut(
        self, rows: Rows, refusal: InputRefusal, again: _Sends, tries: int
    ) -> tuple[list[RowOutcome], list[PlannedRow]]:
        """A batch was refused whole: send its halves; what may be written already is looked up."""
        if len(rows) == 1:
            return [outcomes.refused(rows[0], refusal)], []
        first = rows[0]
        if first.action is Action.CREATE and not self.by_upsert:
            name = self.mapping.key_property
            if name is None:
                return [], list(rows)
            row_of = self._row_finder(rows)
            found = {
                row.n: self._adopted(row, record)
                for record in self._read(name, [self._key_value(row, name) for row in rows])
                if (row := row_of(record)) is not None
            }
            rows = [row for row in rows if row.n not in found]
            settled = list(found.values())
        else:
            settled = []
        half = (len(rows) + 1) // 2
        for part in (rows[:half], rows[half:]):
            if part:
                settled += again(part, tries)
        return settled, []

    def _refusals(self, answer: BatchAnswer, rows: Rows) -> dict[int, InputRefusal]:
        """Which of the rows without a result an answer refuses, by number."""
        by_trace = {self.trace_id(row): row.n for row in rows}
        by_id = {row.record_id: row.n for row in rows if row.record_id}
        refusals: dict[int, InputRefusal] = {}
        for refusal in answer.refusals:
            places = [by_trace[trace] for trace in refusal.trace_ids if trace in by_trace]
            places = places or [by_id[id] for id in refusal.ids if id in by_id]
            if not places and len(rows) == 1:
                places = [rows[0].n]
            refusals.update(dict.fromkeys(places, refusal))
        return refusals

    def _verified(self, pairs: Sequence[tuple[PlannedRow, WrittenRecord]]) -> list[RowOutcome]:
        """The outcomes of answered rows; what an answer leaves out is read."""
        open_ids = [record.id for row, record in pairs if outcomes.unverified(row, record)]
        by_id = {record.id: record for record in self._read("", open_ids)} if open_ids else {}
        return [
            self._written(row, by_id.get(record.id, record), is_new=record.is_new)
            for row, record in pairs
        ]

    def _written(
        self, row: PlannedRow, record: WrittenRecord, *, is_new: bool | None = None
    ) -> RowOutcome:
        action = Action.UPDATE if is_new is False else row.action
        if self.by_upsert and row.action is Action.CREATE:
            row = replace(row, payload=self._beside_id(row.payload))
        return outcomes.written(row, record, self.definitions, self.trace_id(row), action=action)

    def _adopted(self, row: PlannedRow, record: WrittenRecord) -> RowOutcome:
        return outcomes.adopted(row, record, self.definitions, self.trace_id(row))

    def _read(self, id_property: str, values: Sequence[str]) -> tuple[WrittenRecord, ...]:
        request = write_requests.batch_find(
            self.mapping.object_type,
            "" if id_property == RECORD_ID else id_property,
            values,
            self.mapping.read,
        )
        return self.fetch(request, write_responses.batch_answer).records


def _is_stuck(outcome: RowOutcome) -> bool:
    """Whether HubSpot took a stage back without storing it."""
    before, sent, returned = outcome.changed.get(LIFECYCLE) or (None, None, None)
    return outcome.wrote and bool(sent) and returned == before and returned != sent


def _holds_stage(outcome: RowOutcome) -> bool:
    """Whether HubSpot stored the stage that was sent."""
    _, sent, returned = outcome.changed.get(LIFECYCLE) or (None, None, None)
    return outcome.wrote and returned == sent


class _RowFinder:
    """Finds the row that a record was made for: by trace id, else by a unique property.

    Where there is neither, by all its values: rows that are equal are each told of one record.
    """

    def __init__(self, sender: Sender, rows: Rows) -> None:
        self._sender = sender
        self._rows = rows
        self._by_trace = {sender.trace_id(row): row for row in rows}
        # those of more values first: another one's record may hold the few of one
        self._unfound = sorted(rows, key=lambda row: -len(row.payload))

    def __call__(self, record: WrittenRecord) -> PlannedRow | None:
        row = self._by_trace.get(record.trace_id or "")
        if row is not None:
            return row
        mapping = self._sender.mapping
        if mapping.key_property is None:
            return self._by_values(record)
        names = [name for name in (mapping.external_id, mapping.match) if name]
        for name in names:
            definition = self._sender.definitions.get(name)
            for row in self._rows:
                value = row.payload.get(name)
                if value and same_value(definition, value, record.properties.get(name)):
                    return row
        return None

    def _by_values(self, record: WrittenRecord) -> PlannedRow | None:
        for place, row in enumerate(self._unfound):
            definitions = self._sender.definitions
            if len(self._rows) == 1 or outcomes.holds(definitions, row.payload, record):
                return self._unfound.pop(place)
        return None
