"""Sends waves of planned rows, one after the other, and hands over what becomes of their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from queue import SimpleQueue

from hubspot_ingest.errors import IngestError
from hubspot_ingest.outbound.outcomes import RowOutcome
from hubspot_ingest.outbound.pace import Pace
from hubspot_ingest.outbound.rows import Action, PlannedRow

Batch = tuple[Action, Sequence[PlannedRow]]


@dataclass
class Wave:
    """Rows that are on their way, and what becomes of them.

    ``answers`` are outcomes as they come, and None once there are no more; ``stored`` the numbers
    of rows whose outcomes are stored, ``settled`` the other outcomes.
    """

    rows: Sequence[PlannedRow]
    sent: Future[None] = field(default_factory=Future)
    answers: SimpleQueue[list[RowOutcome] | None] = field(default_factory=SimpleQueue)
    error: IngestError | None = None
    settled: list[RowOutcome] = field(default_factory=list)
    stored: set[int] = field(default_factory=set)
    is_over: bool = False
    _prefix: int = 0

    @property
    def stored_to(self) -> int:
        """The number up to which the outcomes of all its rows are stored."""
        while self._prefix < len(self.rows) and self.rows[self._prefix].n in self.stored:
            self._prefix += 1
        return self.rows[self._prefix - 1].n if self._prefix else self.rows[0].n - 1


class WaveSender:
    """Sends the waves of one run in a thread of its own, several batches side by side.

    The first error ends them all: what is under way is answered, nothing more is sent.
    """

    def __init__(
        self,
        send: Callable[[Action, Sequence[PlannedRow]], list[RowOutcome]],
        pool: Executor,
        pace: Pace,
        check: Callable[[Counter[str]], None],
    ) -> None:
        """``send`` is called in ``pool``; ``check`` after each wave, and may end the run.

        It is given how many outcomes of each kind there were so far.
        """
        self._send_batch = send
        self._pool = pool
        self._pace = pace
        self._check = check
        self._counts: Counter[str] = Counter()
        self._error: IngestError | None = None
        self._thread = ThreadPoolExecutor(1)

    def begin(self, rows: Sequence[PlannedRow], batches: Sequence[Batch]) -> Wave:
        """Send a wave once those before it are sent."""
        wave = Wave(rows)
        wave.sent = self._thread.submit(self._send, batches, wave)
        return wave

    def close(self) -> None:
        """Wait until the wave that is on its way is over; those behind it are not begun."""
        self._thread.shutdown(cancel_futures=True)

    def stop(self, error: IngestError) -> None:
        """Send nothing more."""
        self._error = self._error or error

    def _send(self, batches: Sequence[Batch], wave: Wave) -> None:
        try:
            self._send_batches(iter(batches), wave)
            self._check(self._counts)
        except IngestError as raised:
            self.stop(raised)
        finally:
            wave.answers.put(None)

    def _send_batches(self, batches: Iterator[Batch], wave: Wave) -> None:
        going: set[Future[list[RowOutcome]]] = set()
        while True:
            while len(going) < self._pace.in_flight:
                batch = next(batches, None)
                if batch is None:
                    break
                if self._error is not None:
                    wave.error = self._error
                    break
                going.add(self._pool.submit(self._send_batch, *batch))
            if not going:
                return
            done, going = wait(going, return_when=FIRST_COMPLETED)
            for future in done:
                try:
                    self._take(future.result(), wave)
                except IngestError as raised:
                    self.stop(raised)
                    wave.error = wave.error or self._error
                self._pace.answered()

    def _take(self, answer: list[RowOutcome], wave: Wave) -> None:
        wave.answers.put(answer)
        # a record that is there already is updated once the wave is sent
        self._counts.update(
            outcome.outcome if outcome.existing_id is None else "UPDATED" for outcome in answer
        )
