from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_ingest.inbound.extract.prefetch import PrefetchQueue, prefetched


class Spilt(Exception):
    """What a maker of these tests dies of."""


def counting(up_to: int, produced: list[int] | None = None) -> Iterator[int]:
    for n in range(up_to):
        if produced is not None:
            produced.append(n)
        yield n


def failing_after(count: int) -> Iterator[int]:
    yield from range(count)
    raise Spilt


def values(items: Iterator[tuple[int] | None]) -> list[int]:
    return [item[0] for item in items if item is not None]


@given(st.integers(0, 30), st.integers(1, 5))
@settings(max_examples=30)
def test_items_come_whole_and_in_order(count: int, depth: int) -> None:
    assert values(prefetched(counting(count), depth, tick=5)) == list(range(count))


def test_an_error_comes_after_everything_before_it() -> None:
    items = prefetched(failing_after(3), 1, tick=5)
    assert [next(items), next(items), next(items)] == [(0,), (1,), (2,)]
    with pytest.raises(Spilt):
        next(items)


def test_no_more_than_the_depth_is_made_ahead() -> None:
    produced: list[int] = []
    items = prefetched(counting(100, produced), 3, tick=0.05)
    assert next(items) == (0,)
    # once nothing moves any more: 3 wait, one is on its way into the queue, one was taken
    seen = -1
    while seen != len(produced):
        seen = len(produced)
        threading.Event().wait(0.02)
    assert len(produced) <= 5


def test_a_maker_ends_when_nobody_wants_items_any_more() -> None:
    items_queue: PrefetchQueue[int] = PrefetchQueue(1)

    def make() -> None:
        with items_queue.producing() as active:
            while active():
                items_queue.put(1)

    maker = threading.Thread(target=make)
    maker.start()
    for _ in items_queue.items(of=1):
        break
    maker.join(timeout=5)
    assert not maker.is_alive()


def test_while_nothing_comes_the_caller_gets_none_to_show_life() -> None:
    go_on = threading.Event()

    def slow() -> Iterator[int]:
        go_on.wait(5)
        yield 1

    items = prefetched(slow(), 1, tick=0.01)
    assert next(items) is None
    go_on.set()
    assert values(items) == [1]


def test_several_makers_are_all_waited_for() -> None:
    items_queue: PrefetchQueue[int] = PrefetchQueue(2)

    def make(number: int) -> None:
        with items_queue.producing():
            for n in range(10):
                items_queue.put(10 * number + n)

    for number in range(3):
        threading.Thread(target=make, args=(number,)).start()
    assert sorted(items_queue.items(of=3)) == list(range(30))


def test_one_maker_that_dies_ends_the_others() -> None:
    items_queue: PrefetchQueue[int] = PrefetchQueue(2)

    def make() -> None:
        with items_queue.producing() as active:
            while active():
                items_queue.put(1)

    def die() -> None:
        with items_queue.producing():
            raise Spilt

    makers = [threading.Thread(target=make), threading.Thread(target=die)]
    for maker in makers:
        maker.start()
    with pytest.raises(Spilt):
        list(items_queue.items(of=2))
    for maker in makers:
        maker.join(timeout=5)
    assert not any(maker.is_alive() for maker in makers)
