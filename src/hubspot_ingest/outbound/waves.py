"""Carries out a plan in waves: intents stored, rows sent, outcomes stored, intents removed.

While a wave is on its way, what became of the one before is stored, and the next one is prepared.
Of the last wave outcomes are stored as they come, as nothing else is left to do; of the others
while HubSpot's limit keeps the rest of the wave from being sent.

The database is used by the one thread that holds the session, HubSpot by several: that thread never
waits for HubSpot while there is something to store. A process may be killed between any two lines:
what is an intent then is looked up by ``recovery`` before anything is sent again. Associations of a
wave's rows are written once its records are stored, which have ids then: beside the waves that
follow (``link_run``).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from queue import Empty
from typing import Protocol

from hubspot_ingest import times
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.push_deferrals import DEFERRED_MESSAGE, Deferrals
from hubspot_ingest.database.state.push_ledger import Ledger
from hubspot_ingest.database.state.push_plan_rows import PlanRows
from hubspot_ingest.errors import TooManyRejected
from hubspot_ingest.model import Property
from hubspot_ingest.outbound import outcomes
from hubspot_ingest.outbound.existing_records import ExistingRecords
from hubspot_ingest.outbound.lookups import batches_of
from hubspot_ingest.outbound.mapping import PushMapping
from hubspot_ingest.outbound.outcomes import RowOutcome
from hubspot_ingest.outbound.pace import Pace
from hubspot_ingest.outbound.planning import FIRST_WAVE, OTHER_ACTIONS, SENT_ACTIONS, WAVE
from hubspot_ingest.outbound.push_progress import Progress
from hubspot_ingest.outbound.row_json import row_from_json
from hubspot_ingest.outbound.rows import Action, PlannedRow
from hubspot_ingest.outbound.sending import Sender
from hubspot_ingest.outbound.wave_sending import Batch, Wave, WaveSender
from hubspot_ingest.times import Clock

# A share of refused rows says nothing while there are fewer.
REFUSED_FROM = 500
# How often (ms) a wave that takes long shows life, and hears whether it is to stop.
HEARTBEAT_EVERY = times.MINUTE // 6
# Outcomes of a wave that is under way are stored so many at a time at least, to save statements.
STORED_TOGETHER = 1_000
# How often it is looked whether something can be done beside a wave.
LOOK_SECONDS = 0.05
# After so many looks in vain HubSpot's limit keeps rows from being sent: there is time to store.
IDLE_LOOKS = 10


class Beside(Protocol):
    """Does what can be done while rows are on their way, without waiting; whether it did."""

    def __call__(self, plan_hash: str, stored_to: int, /) -> bool:
        """Rows of the plan up to a number are in the ledger."""


@dataclass
class WaveEngine:
    """Carries out the stored plan of one push in one run.

    ``heartbeat`` is called after each wave, and now and then while one is sent. It may raise;
    ``pushed_back`` is as for ``Pace``.
    """

    database: Database
    clock: Clock
    push: str
    mapping: PushMapping
    definitions: Mapping[str, Property]
    sender: Sender
    pool: ThreadPoolExecutor
    heartbeat: Callable[[], None]
    pushed_back: Callable[[], int]
    progress: Progress = field(default_factory=Progress)
    _beat_at: int = field(default=0, init=False)

    @property
    def ledger(self) -> Ledger:
        """The push's ledger."""
        return Ledger(self.database, self.push)

    @property
    def existing(self) -> ExistingRecords:
        """What becomes of rows whose record is there when it is to be created."""
        return ExistingRecords(
            self.mapping, self.definitions, self.sender, self.ledger, self.pool, self.clock
        )

    def run(self, plan_hash: str, beside: Beside | None = None) -> None:
        """Carry out the whole plan of that hash.

        What was done when an error ends it is in the ledger. While waves are on their way,
        ``beside`` is called again and again, as ``LinkRun.go_on``.

        Raises ``TooManyRejected``, and what ``Fetch`` and ``heartbeat`` raise.
        """
        for rows in self._pages(plan_hash, OTHER_ACTIONS):
            self.store([outcomes.not_sent(row) for row in rows], intended=False)
            self.heartbeat()
        self._beat_at = self.clock.now()
        pages = self._pages(plan_hash, SENT_ACTIONS, first=FIRST_WAVE)
        sending = WaveSender(self.sender.send, self.pool, Pace(self.pushed_back), self._check)
        waves: deque[Wave] = deque()
        try:
            self._begin(pages, plan_hash, sending, waves, most=1)
            while waves:
                wave = waves[0]
                self._begin(pages, plan_hash, sending, waves, most=2)
                is_last = len(waves) == 1
                go_on = partial(beside or _nothing, plan_hash)
                self._settle(wave, go_on, is_last=is_last)
                # HubSpot has the next ones before the database is busy with this one
                self._begin(pages, plan_hash, sending, waves, most=3)
                go_on(wave.stored_to)
                self._store(wave)
                waves.popleft()
        except BaseException as error:
            sending.stop(error, waves)
            if isinstance(error, Exception):
                self._store_rest(waves, error)
            raise
        finally:
            sending.close()

    def _store_rest(self, waves: Iterable[Wave], error: Exception) -> None:
        """Store what becomes of waves that are under way when an error ends the run."""
        for wave in waves:
            with suppress(Exception):
                if not wave.is_over:
                    wave.error = wave.error or error
                    self._settle(wave)
                if not wave.is_stored:
                    self._store(wave)

    def _begin(
        self,
        pages: Iterator[list[PlannedRow]],
        plan_hash: str,
        sending: WaveSender,
        waves: deque[Wave],
        *,
        most: int,
    ) -> None:
        """Store the intents of the next wave, and send it, where there are not so ``most`` yet."""
        rows = next(pages, None) if len(waves) < most else None
        if rows is None:
            return
        batches = self._in_batches(rows)
        numbers, now = (rows[0].n, rows[-1].n), self.clock.now()
        self.ledger.intend(self.sender.run_id, plan_hash, SENT_ACTIONS, numbers, now)
        waves.append(sending.begin(rows, batches))

    def _settle(
        self, wave: Wave, beside: Callable[[int], bool] = lambda _: False, *, is_last: bool = False
    ) -> None:
        """Wait until a wave is sent. Raises what ended it, once what is settled of it is stored."""
        while (answer := _next_answer(wave, beside)) is not None:
            wave.settled += answer
            if wave.error is None:
                self._show_life()
            if (is_last or not answer) and wave.answers.empty():
                self._store_part(wave)
        wave.is_over = True
        existing = self.existing
        certain = [outcome for outcome in wave.settled if not existing.may_be_updated(outcome)]
        try:
            if wave.error is not None:
                raise wave.error
            certain = wave.settled = existing.with_updates(wave.settled)
            self._check_refused(certain)
        except Exception:
            wave.settled = certain
            self.store(certain, defer=[row for row in wave.rows if row.n not in wave.stored])
            # these were never sent: there is nothing to look up
            unsent = [str(row.key) for row in wave.unsent]
            self.ledger.close_intents(self.sender.run_id, unsent)
            wave.is_stored = True
            raise
        wave.is_judged.set()

    def _show_life(self) -> None:
        """Call ``heartbeat`` where it was not for a while."""
        now = self.clock.now()
        if now - self._beat_at >= HEARTBEAT_EVERY:
            self._beat_at = now
            self.heartbeat()

    def _store_part(self, wave: Wave) -> None:
        """Store what is certain of a wave that is under way; updates of records there are wait."""
        certain = [outcome for outcome in wave.settled if outcome.existing_id is None]
        if len(certain) >= STORED_TOGETHER:
            self.store(certain)
            wave.stored |= {outcome.row.n for outcome in certain}
            wave.settled = [outcome for outcome in wave.settled if outcome.row.n not in wave.stored]

    def _store(self, wave: Wave) -> None:
        self.store(wave.settled)
        wave.is_stored = True
        self.heartbeat()

    def _pages(
        self, plan_hash: str, actions: Sequence[str], *, first: int = WAVE
    ) -> Iterator[list[PlannedRow]]:
        plan_rows, after, size = PlanRows(self.database, self.push), 0, first
        while stored := plan_rows.page(plan_hash, actions, after, size):
            rows = [row_from_json(row) for row in stored]
            after, size = rows[-1].n, WAVE
            yield rows

    def _in_batches(self, rows: Sequence[PlannedRow]) -> list[Batch]:
        return [
            (kind, batch)
            for kind, actions in _TOGETHER
            for batch in self._batches([row for row in rows if row.action in actions])
        ]

    def _batches(self, rows: Sequence[PlannedRow]) -> list[Sequence[PlannedRow]]:
        """The rows, a request each; what was created in vain goes alone where there is no key.

        A batch that HubSpot refuses for one of them leaves all of them in doubt.
        """
        creates = [str(row.key) for row in rows if row.action is Action.CREATE]
        if self.mapping.key_property is not None or not creates:
            return list(batches_of(rows))
        alone = self.ledger.sent_before(creates)
        together = [row for row in rows if row.key not in alone]
        return [*batches_of(together), *([row] for row in rows if row.key in alone)]

    def store(
        self,
        settled: Sequence[RowOutcome],
        *,
        defer: Sequence[PlannedRow] = (),
        run_id: str | None = None,
        intended: bool = True,
    ) -> None:
        """Store outcomes: the ledger first, the intents last, where they were ``intended``.

        Rows of ``defer`` that are not settled stay intents: the next run looks them up, and says
        by ``run_id`` which run's they are.
        """
        recovered = run_id is not None
        run_id, now = run_id or self.sender.run_id, self.clock.now()
        keyed = [outcome for outcome in settled if outcome.row.key is not None]
        of_run = {"definitions": self.mapping.definitions, "run_id": run_id, "settled_at": now}
        self.ledger.settle(
            {**self._ledger_row(outcome, recovered=recovered), **of_run} for outcome in keyed
        )
        if self.mapping.settings.read_before_write:
            written = [outcome for outcome in keyed if outcome.wrote]
            self.ledger.add_images([_image(outcome, run_id, now) for outcome in written])
        reported = [outcome for outcome in settled if outcome.row.action is not Action.LINK]
        if recovered:
            Deferrals(self.database, self.push).forget(
                run_id, [str(outcome.row.key) for outcome in keyed]
            )
        self.ledger.add_outcomes([_outcome(outcome, run_id, now) for outcome in reported])
        done = {outcome.row.n for outcome in settled}
        self.ledger.add_outcomes(
            {
                "run_id": run_id,
                "row_key": row.key,
                "record_id": row.record_id,
                "outcome": "DEFERRED",
                "message": DEFERRED_MESSAGE,
                "settled_at": now,
            }
            for row in defer
            if row.n not in done
        )
        if intended:
            self.ledger.close_intents(run_id, [str(outcome.row.key) for outcome in keyed])
        self.progress.outcomes.update(outcome.outcome for outcome in reported)
        self.progress.altered_new += sum(
            outcome.is_new and outcome.outcome != "CREATED" for outcome in reported
        )

    def _ledger_row(self, outcome: RowOutcome, *, recovered: bool) -> dict[str, object]:
        # nobody looks it up: it is looked for anew
        is_dead = not self.mapping.settings.read_before_write and outcome.code in outcomes.LOST
        links_change = outcome.row.changes_links and outcome.state != "REJECTED"
        return {
            "row_key": outcome.row.key,
            "record_id": None if is_dead else outcome.record_id,
            "state": outcome.state,
            "sent": None if outcome.sent is None else dict(outcome.sent),
            "altered": None if outcome.altered is None else dict(outcome.altered),
            "sent_hash": outcome.hash,
            "hubspot_modified_at": outcome.modified_at,
            "trace_id": outcome.trace_id,
            "code": outcome.code,
            "message": outcome.message,
            "property": outcome.property_name,
            # until the run has made them: a run that is killed before leaves the row to the next
            "links_waiting": links_change or (recovered and bool(self.mapping.links)),
            "was_sent": outcome.row.action.is_sent,
        }

    def _check_refused(self, settled: Sequence[RowOutcome]) -> None:
        """Raises ``TooManyRejected``; ``settled`` counts too, which is not stored yet."""
        now = Counter(outcome.outcome for outcome in settled)
        self._check(self.progress.outcomes + now)

    def _check(self, counts: Counter[str]) -> None:
        """Raises ``TooManyRejected`` for so many outcomes of each kind."""
        sent, refused = Progress(counts).sent, counts["REJECTED"]
        most = self.mapping.settings.max_rejected_percent
        if sent >= REFUSED_FROM and refused * 100 > most * sent:
            raise TooManyRejected(
                f"HubSpot refused {refused} of {sent} rows, more than max_rejected_percent "
                f"({most:g}): the run stopped; see PUSH_OUTCOMES for the reasons, mend them, then "
                "run again"
            )


def _nothing(_plan_hash: str, _stored_to: int) -> bool:
    return False


def _next_answer(wave: Wave, beside: Callable[[int], bool]) -> list[RowOutcome] | None:
    """The next outcomes of a wave, none where they are long in coming; None where that was all.

    Until they come, what can be done beside it is.
    """
    looks = 0
    while looks < IDLE_LOOKS:
        is_busy = beside(wave.stored_to)
        looks += not is_busy
        with suppress(Empty):
            return wave.answers.get(timeout=0 if is_busy else LOOK_SECONDS)
    return []


# What one batch may hold; creates, which are not repeatable, come first.
_TOGETHER = (
    (Action.CREATE, (Action.CREATE,)),
    (Action.UPDATE, (Action.UPDATE, Action.CLEAR)),
    (Action.ARCHIVE, (Action.ARCHIVE,)),
)


def _outcome(outcome: RowOutcome, run_id: str, now: int) -> dict[str, object]:
    return {
        "run_id": run_id,
        "row_key": outcome.row.key,
        "record_id": outcome.record_id,
        "outcome": outcome.outcome,
        "code": outcome.code,
        "message": outcome.message,
        "property": outcome.property_name,
        "changed": dict(outcome.changed),
        "request_id": outcome.request_id,
        "settled_at": now,
    }


def _image(outcome: RowOutcome, run_id: str, now: int) -> dict[str, object]:
    return {
        "run_id": run_id,
        "row_key": outcome.row.key,
        "record_id": outcome.record_id,
        "action": str(outcome.row.action),
        "before": dict(outcome.row.before),
        "written": {name: values[-1] for name, values in outcome.changed.items()},
        "created_at": now,
    }
