"""Which cases of a matrix are tested while one works: a few of each kind; the rest is long.

What is true of dozens of cases that differ in little is tested by ``make test`` with a few, by
``make test-long`` with those that differ most, and with all by ``make test-nightly``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

import pytest

Case = TypeVar("Case")


def few_by_day(cases: Iterable[Any], count: int = 1) -> list[Any]:
    """The cases as parameters of a test; by day the first ``count`` of them, the others are long.

    A case of several values is a tuple.
    """
    values = (case if isinstance(case, tuple) else (case,) for case in cases)
    return [
        pytest.param(*case, marks=() if place < count else pytest.mark.long)
        for place, case in enumerate(values)
    ]


def first_of_each(
    cases: Iterable[Case], kind: Callable[[Case], Hashable], by_day: int | None = None
) -> list[Any]:
    """The cases as parameters of a test; by night those that are not the first of their kind.

    Args:
        cases: all there are.
        kind: what tells them apart.
        by_day: how many kinds are tried by day, the others are long; None is all.
    """
    seen: set[Hashable] = set()
    parameters = []
    for case in cases:
        is_first = kind(case) not in seen
        seen.add(kind(case))
        is_long = by_day is not None and len(seen) > by_day
        mark = pytest.mark.long if is_long else ()
        parameters.append(pytest.param(case, marks=mark if is_first else pytest.mark.nightly))
    return parameters


def pairs(first: Sequence[Any], second: Sequence[Any]) -> list[Any]:
    """Every pair as parameters of a test; by day so many that each value stands in one."""
    fewer = min(len(first), len(second))
    return [
        pytest.param(one, other, marks=() if by_day else pytest.mark.nightly)
        for place, one in enumerate(first)
        for beside, other in enumerate(second)
        for by_day in (place % fewer == beside % fewer,)
    ]
