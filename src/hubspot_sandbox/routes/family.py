"""The types that routes are written in: rows, families and their version prefixes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hubspot_sandbox.answers import Answer
from hubspot_sandbox.call import Call
from hubspot_sandbox.limits import BURST

DATED = ("2026-03", "2026-09")

Endpoint = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Row:
    """What answers a method at a path, and the limit it counts against."""

    method: str
    path: str
    answer: Endpoint
    bucket: str = BURST


@dataclass(frozen=True, slots=True)
class Family:
    """Endpoints that share their versions. ``prefixes`` are pairs of path and style."""

    prefixes: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]


def dated(
    before: str, after: str = "", dates: tuple[str, ...] = DATED
) -> tuple[tuple[str, str], ...]:
    """The prefixes of an endpoint that has its version as a date in the middle."""
    return tuple((f"{before}/{date}{after}", "dated") for date in dates)
