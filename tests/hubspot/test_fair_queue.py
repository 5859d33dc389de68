from __future__ import annotations

from collections import Counter

from hubspot_ingest.hubspot.fair_queue import FairQueue


def grants(turns: FairQueue, weights: list[int], count: int) -> Counter[int]:
    """Who gets ``count`` grants while all of ``weights`` wait all the time."""
    grants: Counter[int] = Counter()
    for weight in weights:
        turns.join(weight)
    for _ in range(count):
        next_ = next(weight for weight in weights if turns.is_next(weight))
        turns.leave(next_, granted=True)
        turns.join(next_)
        grants[next_] += 1
    for weight in weights:
        turns.leave(weight, granted=False)
    return grants


def test_who_waits_alone_is_always_next() -> None:
    assert grants(FairQueue(), [1], 10) == {1: 10}


def test_twice_the_weight_is_twice_the_turns() -> None:
    assert grants(FairQueue(), [1, 2, 4], 700) == {1: 100, 2: 200, 4: 400}


def test_who_was_away_does_not_bring_back_the_turns_missed() -> None:
    turns = FairQueue()
    grants(turns, [4], 400)
    assert grants(turns, [1, 4], 50)[1] <= 11


def test_who_gives_up_holds_nobody_back() -> None:
    turns = FairQueue()
    turns.join(4)
    turns.join(1)
    turns.leave(4, granted=False)
    assert turns.is_next(1)
