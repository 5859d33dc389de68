"""Plans of runs, added up and said in words. Pure."""

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
    """What several runs take together, each of them once.

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
        """What is left of the day afterwards."""
        if self.limit is None or self.used is None:
            return None
        return max(0, self.limit - self.used - self.requests)


def good(plans: Sequence[Answer]) -> list[Answer]:
    """Those that tell something."""
    return [one for one in plans if one.get("response_code") == "OK"]


def added(plans: Sequence[Answer]) -> Total:
    """What the runs take together."""
    told = good(plans)
    seconds = [60.0 * float(one["minutes"]) for one in told]
    days: list[dict[str, Any]] = [one["daily"] for one in told if one["daily"]["limit"]]
    lacking = [scope for one in told for scope in one["scopes_missing"]]
    return Total(
        requests=sum(int(one["requests_total"]) for one in told),
        at_least=any(one["at_least"] for one in told),
        rows=sum(int(one["rows"] or 0) for one in told),
        least=max(seconds, default=0.0),
        most=sum(seconds),
        limit=days[-1]["limit"] if days else None,
        used=max(int(one["used"] or 0) for one in days) if days else None,
        tables=len({table for one in told for table in tables(one)}),
        columns=sum(len(one["columns"]) for one in told),
        scopes=tuple(dict.fromkeys(lacking)),
    )


def tables(plan: Answer) -> list[str]:
    """The tables that the run makes, those aside that the app keeps for itself."""
    found = (_TABLE.match(str(one)) for one in plan["ddl"])
    names = [one[1].replace('"', "") for one in found if one]
    return [one for one in names if not one.rpartition(".")[2].startswith("_")]


def lasting(least: float, most: float) -> str:
    """How long something takes, given the seconds of its shortest and of its longest."""
    if most < 60:
        return "under a minute"
    first, last = (words.duration(60.0 * max(1, round(one / 60))) for one in (least, most))
    return f"about {last}" if first == last else f"{first} to {last}"


def at_least(plan: Answer | Total) -> str:
    """Words before a number of requests that may become more."""
    more = plan.at_least if isinstance(plan, Total) else plan["at_least"]
    return "at least " if more else ""


def how(strategy: str | None) -> str:
    """A reading strategy in words."""
    return HOW.get(strategy or "", (strategy or words.NOTHING).lower())


def why(plan: Answer) -> str:
    """HTML of why it is read like that, as a sentence, with times as the viewer counts them."""
    said = str(plan["why"]).removeprefix(f"items are read by {plan['strategy']}").lstrip(",; ")
    told = _INSTANT.sub(lambda found: words.time(found[0]), escape(said))
    return told[:1].upper() + told[1:] + "." if told else ""


def warning(plan: Answer) -> str:
    """What may keep the run from doing it all at once: the day's limit, its deadline."""
    _, _, said = str(plan["message"]).partition("; ")
    return "" if plan["scopes_missing"] and said.startswith("the credential lacks") else said
