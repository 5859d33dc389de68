"""Which cases of a matrix are tested at every change: one of each kind; the rest is for the night.

What is true of dozens of cases that differ in little is tested with a few while one works, and with
all by ``make test-nightly``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

import pytest

Case = TypeVar("Case")


def first_of_each(cases: Iterable[Case], kind: Callable[[Case], Hashable]) -> list[Any]:
    """The cases as parameters of a test; by day the first one of each kind."""
    seen: set[Hashable] = set()
    parameters = []
    for case in cases:
        parameters.append(_parameter(case, by_day=kind(case) not in seen))
        seen.add(kind(case))
    return parameters


def pairs(first: Sequence[Any], second: Sequence[Any]) -> list[Any]:
    """Every pair as parameters of a test; by day so many that each value stands in one."""
    fewer = min(len(first), len(second))
    return [
        _parameter(one, other, by_day=place % fewer == beside % fewer)
        for place, one in enumerate(first)
        for beside, other in enumerate(second)
    ]


def _parameter(*values: Any, by_day: bool) -> Any:
    return pytest.param(*values, marks=() if by_day else pytest.mark.nightly)
