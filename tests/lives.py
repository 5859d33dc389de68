"""What is too long for every change but not for the taking of one: most of all, random lives.

A few lives of each kind are lived at every change, the rest by night.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

BOUND = int(os.environ.get("LIVES") or 0)
"""At most this many of each kind by night, as ``make test-nightly LIVES=10`` says; 0 is all."""

BY_NIGHT = (pytest.mark.nightly, pytest.mark.lives)
"""The marks of a test, or of a case of one, that every night has, the bounded one too."""


def bounded(count: int, one_in: int = 1) -> int:
    """How many of a kind's lives are lived by night.

    Args:
        count: all there are.
        one_in: what one of them costs, in lives of the other kinds; a bound is divided by it.
    """
    return min(count, BOUND // one_in) if BOUND else count


def by_night(test: Any) -> Any:
    """Mark a test as one of random lives that are too many for every change."""
    for mark in BY_NIGHT:
        test = mark(test)
    return test
