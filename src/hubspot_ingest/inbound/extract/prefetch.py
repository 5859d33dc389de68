"""Passes items from threads that produce them to the one that uses them, in bounded memory."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Item = TypeVar("Item")


class PrefetchQueue(Generic[Item]):
    """A bounded queue that carries errors along, and ends the makers when the user stops."""

    def __init__(self, depth: int) -> None:
        """At most ``depth`` items wait; makers wait when there are more."""
        self._queue: queue.Queue[tuple[Item] | BaseException | None] = queue.Queue(depth)
        self._ended = threading.Event()

    @contextmanager
    def producing(self) -> Iterator[Callable[[], bool]]:
        """Around a maker's work; yields a test whether items are still wanted."""
        try:
            yield lambda: not self._ended.is_set()
        except BaseException as error:
            # whatever ended the maker, it is not the end of the items
            self._put(error)
        finally:
            self._put(None)

    def end(self) -> None:
        """Nobody wants items any more."""
        self._ended.set()

    def put(self, item: Item) -> None:
        """Hand over an item; returns without it when nobody wants items any more."""
        self._put((item,))

    def _put(self, item: tuple[Item] | BaseException | None) -> None:
        while not self._ended.is_set():
            try:
                self._queue.put(item, timeout=0.2)
            except queue.Full:
                continue
            break

    def items(self, of: int) -> Iterator[Item]:
        """The items of ``of`` makers; raises the first error, after what came before it."""
        for item in self.items_or_ticks(of, tick=None):
            if item is not None:
                yield item[0]

    def items_or_ticks(
        self, of: int, tick: float | None
    ) -> Generator[tuple[Item] | None, None, None]:
        """As ``items``, each in a tuple, with None whenever none came for ``tick`` seconds."""
        try:
            while of:
                try:
                    item = self._queue.get(timeout=tick)
                except queue.Empty:
                    yield None
                    continue
                if item is None:
                    of -= 1
                elif isinstance(item, BaseException):
                    raise item
                else:
                    yield item
        finally:
            self._ended.set()


def prefetched(
    items: Iterator[Item], depth: int, tick: float
) -> Generator[tuple[Item] | None, None, None]:
    """``items`` made in a thread of their own, at most ``depth`` ahead, each in a tuple.

    To be closed by whoever may leave before the end, which ends the thread.
    Yields None whenever nothing came for ``tick`` seconds, so that the caller can show life.
    Raises what ``items`` raises, after everything that came before it.
    """
    return _start_producer(items, depth).items_or_ticks(1, tick)


def prefetched_in_order(works: Iterator[Iterator[Item]], width: int) -> Iterator[Iterator[Item]]:
    """The ``works`` in their order, while up to ``width`` of them are done side by side.

    Each is to be gone through before the next is asked for, and raises what it raises.
    """
    queues: deque[PrefetchQueue[Item]] = deque()
    current_queue: PrefetchQueue[Item] | None = None
    try:
        while True:
            while len(queues) < width and (work := next(works, None)) is not None:
                queues.append(_start_producer(work, 2))
            if not queues:
                return
            current_queue = queues.popleft()
            yield current_queue.items(of=1)
    finally:
        for prefetch_queue in (current_queue, *queues):
            if prefetch_queue is not None:
                prefetch_queue.end()


def _start_producer(items: Iterator[Item], depth: int) -> PrefetchQueue[Item]:
    prefetch_queue: PrefetchQueue[Item] = PrefetchQueue(depth)

    def work() -> None:
        with prefetch_queue.producing() as active:
            for item in items:
                prefetch_queue.put(item)
                if not active():
                    break

    threading.Thread(target=work, name="ahead", daemon=True).start()
    return prefetch_queue
