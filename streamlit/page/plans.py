"""Adds up the plans of several runs and describes plans in words. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from page import words
from page.calls import Answer

_TABLE = re.compile(r'CREATE TABLE IF NOT EXISTS ("[^"]+"\."[^"]+"\."[^"]+")')
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")

HOW = {
    "LIST": "all records, page by page",
    "WIDE": "all records, their values in batches",
    "SEARCH": "by search",
    "SINGLE": "all of it in one answer",
    "PAGES": "everything, page by page",
    "NEWEST": "page by page, the newest first, until what is known",
    "WINDOWS": "by spans of time",
    "CHILDREN": "for each thing it belongs to, one by one",
    "VIEW": "a view over other tables",
}
"""Reading strategies in words."""


@dataclass(frozen=True)
class Total:
    """What several runs take together.

    Attributes:
        requests: How many are sent; ``at_least`` where HubSpot does not tell beforehand.
        rows: How many records are read, of the streams that HubSpot counts.
        least, most: Seconds, when all run side by side, and one after the other.
        limit, used: Of the portal's day; None where HubSpot does not tell.
        tables, columns: That come.
        scopes: That the credential lacks.
    """

    requests: int
    at_least: bool
    rows: int
    least: float
    most: float
    limit: int | None
    used: int | None
    tables: int
    columns: int
    scopes: tuple[str, ...]

    @property
    def share(self) -> float | None:
        """Percent of the daily limit."""
        return 100 * self.requests / self.limit if self.limit else None

    @property
    def left(self) -> int | None:
        """Requests of the daily limit that are left afterwards."""
        if self.limit is None or self.used is None:
            return None
        return max(0, self.limit - self.used - self.requests)


def good(plans: Sequence[Answer]) -> list[Answer]:
    """The plans that could be made."""
    return [plan for plan in plans if plan.get("response_code") == "OK"]


def added(plans: Sequence[Answer]) -> Total:
    """What the runs take together."""
    good_plans = good(plans)
    seconds = [60.0 * float(plan["minutes"]) for plan in good_plans]
    days: list[dict[str, Any]] = [plan["daily"] for plan in good_plans if plan["daily"]["limit"]]
    lacking = [scope for plan in good_plans for scope in plan["scopes_missing"]]
    return Total(
        requests=sum(int(plan["requests_total"]) for plan in good_plans),
        at_least=any(plan["at_least"] for plan in good_plans),
        rows=sum(int(plan["rows"] or 0) for plan in good_plans),
        least=max(seconds, default=0.0),
        most=sum(seconds),
        limit=days[-1]["limit"] if days else None,
        used=max(int(day["used"] or 0) for day in days) if days else None,
        tables=len({table for plan in good_plans for table in tables(plan)}),
        columns=sum(len(plan["columns"]) for plan in good_plans),
        scopes=tuple(dict.fromkeys(lacking)),
    )


def credits_a_day(plans: Sequence[Answer]) -> dict[str, float]:
    """Credits that a day of the syncs costs, by how often they run: each in a task of its own."""
    days: list[dict[str, float]] = [plan["credits"]["day"] for plan in good(plans)]
    return {every: sum(day[every] for day in days) for every in (days[0] if days else ())}


def basis(plans: Sequence[Answer]) -> str:
    """What the credits are estimated from."""
    bases = {str(plan["credits"]["basis"]) for plan in good(plans)}
    return bases.pop() if len(bases) == 1 else "runs of the last days, and assumptions"


def tables(plan: Answer) -> list[str]:
    """The tables that the run creates, without the app's own (``_…``)."""
    matches = (_TABLE.match(str(statement)) for statement in plan["ddl"])
    names = [match[1].replace('"', "") for match in matches if match]
    return [name for name in names if not name.rpartition(".")[2].startswith("_")]


def lasting(least: float, most: float) -> str:
    """A duration in words, from its least and most seconds."""
    if most < 60:
        return "under a minute"
    first, last = (words.duration(60.0 * max(1, round(seconds / 60))) for seconds in (least, most))
    return f"about {last}" if first == last else f"{first} to {last}"


def at_least(plan: Answer | Total) -> str:
    """``at least `` where the number of requests may grow; else empty."""
    more = plan.at_least if isinstance(plan, Total) else plan["at_least"]
    return "at least " if more else ""


def how(strategy: str | None) -> str:
    """A reading strategy in words."""
    return HOW.get(strategy or "", (strategy or words.NOTHING).lower())


def why(plan: Answer) -> str:
    """HTML of why the strategy was picked, as a sentence, with times in the viewer's zone."""
    reason = str(plan["why"]).removeprefix(f"items are read by {plan['strategy']}").lstrip(",; ")
    text = _INSTANT.sub(lambda match: words.time(match[0]), escape(reason))
    return text[:1].upper() + text[1:] + "." if text else ""


def warning(plan: Answer) -> str:
    """Why the run may not finish at once (daily limit, deadline); empty if it may."""
    _, _, message = str(plan["message"]).partition("; ")
    return "" if plan["scopes_missing"] and message.startswith("the credential lacks") else message
