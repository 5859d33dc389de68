"""Sends waves of planned rows, one after the other, and hands over what becomes of their rows."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Event

from hubspot_ingest.errors import TooManyRejected
from hubspot_ingest.outbound.outcomes import RowOutcome
from hubspot_ingest.outbound.pace import Pace
from hubspot_ingest.outbound.rows import Action, PlannedRow

Batch = tuple[Action, Sequence[PlannedRow]]


@dataclass
class Wave:
    """Rows that are on their way, and what becomes of them.

    ``answers`` are outcomes as they come, and None once there are no more; ``unsent`` the rows that
    were kept from being sent by ``error``. ``stored`` are the numbers of rows whose outcomes are
    stored while others are awaited, ``settled`` the other outcomes.
    """

    rows: Sequence[PlannedRow]
    answers: SimpleQueue[list[RowOutcome] | None] = field(default_factory=SimpleQueue)
    error: BaseException | None = None
    unsent: Sequence[PlannedRow] = ()
    settled: list[RowOutcome] = field(default_factory=list)
    stored: set[int] = field(default_factory=set)
    # that so many of its rows were refused is no reason to end the run, or the run ends anyhow
    is_judged: Event = field(default_factory=Event)
    is_over: bool = False
    is_stored: bool = False
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
        """``send`` is called in ``pool``, ``check`` after each wave.

        It is given how many outcomes of each kind there were so far; where it raises
        ``TooManyRejected`` nothing is sent until the wave ``is_judged``.
        """
        self._send_batch = send
        self._pool = pool
        self._pace = pace
        self._check = check
        self._counts: Counter[str] = Counter()
        self._error: BaseException | None = None
        self._thread = ThreadPoolExecutor(1)

    def begin(self, rows: Sequence[PlannedRow], batches: Sequence[Batch]) -> Wave:
        """Send a wave once those before it are sent."""
        wave = Wave(rows)
        self._thread.submit(self._send, batches, wave)
        return wave

    def stop(self, error: BaseException, waves: Iterable[Wave] = ()) -> None:
        """Send nothing more, whatever is to be judged of some waves."""
        self._error = self._error or error
        for wave in waves:
            wave.is_judged.set()

    def close(self) -> None:
        """Wait until the wave that is on its way is over; those behind it are not begun."""
        self._thread.shutdown(cancel_futures=True)

    def _send(self, batches: Sequence[Batch], wave: Wave) -> None:
        try:
            self._send_batches(deque(batches), wave)
        except BaseException as raised:
            self.stop(raised)
            wave.error = self._error
        finally:
            wave.answers.put(None)
        try:
            self._check(self._counts)
        except TooManyRejected:
            # of these some may be updated yet, by whoever has the database
            wave.is_judged.wait()

    def _send_batches(self, batches: deque[Batch], wave: Wave) -> None:
        going: set[Future[list[RowOutcome]]] = set()
        while True:
            while batches and self._error is None and len(going) < self._pace.in_flight:
                going.add(self._pool.submit(self._send_batch, *batches.popleft()))
            if not going:
                break
            done, going = wait(going, return_when=FIRST_COMPLETED)
            for future in done:
                try:
                    answer = future.result()
                except BaseException as raised:
                    self.stop(raised)
                    wave.error = self._error
                else:
                    wave.answers.put(answer)
                    self._counts.update(outcome.outcome for outcome in answer)
                self._pace.answered()
        if batches:
            wave.error = self._error
            wave.unsent = [row for _, rows in batches for row in rows]
