from __future__ import annotations

from collections import Counter

from hubspot_ingest.hubspot.rate_limits import FairQueue


def grants(queue: FairQueue, weights: list[int], count: int) -> Counter[int]:
    """Who gets ``count`` grants while all of ``weights`` wait all the time."""
    grants: Counter[int] = Counter()
    waiting = [queue.join(weight) for weight in weights]
    for _ in range(count):
        turn = next(turn for turn in waiting if queue.is_next(turn))
        queue.leave(turn, granted=True)
        waiting.remove(turn)
        waiting.append(queue.join(turn.weight))
        grants[turn.weight] += 1
    for turn in waiting:
        queue.leave(turn, granted=False)
    return grants


def test_who_waits_alone_is_always_next() -> None:
    assert grants(FairQueue(), [1], 10) == {1: 10}


def test_twice_the_weight_is_twice_the_turns() -> None:
    assert grants(FairQueue(), [1, 2, 4], 700) == {1: 100, 2: 200, 4: 400}


def test_who_was_away_does_not_bring_back_the_turns_missed() -> None:
    queue = FairQueue()
    grants(queue, [4], 400)
    assert grants(queue, [1, 4], 50)[1] <= 11


def test_who_gives_up_holds_nobody_back() -> None:
    queue = FairQueue()
    impatient, patient = queue.join(4), queue.join(1)
    queue.leave(impatient, granted=False)
    assert queue.is_next(patient)


def test_of_one_weight_who_came_first_is_next() -> None:
    queue = FairQueue()
    first, second = queue.join(2), queue.join(2)
    assert queue.is_next(first)
    assert not queue.is_next(second)


def test_nobody_waits_for_one_that_the_machine_does_not_wake() -> None:
    queue = FairQueue()
    queue.join(2)
    second = queue.join(2)
    assert queue.is_next(second, first_is_late=True)
