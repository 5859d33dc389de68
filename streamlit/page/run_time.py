"""Shows where a run's time went, as a bar and in words."""

from __future__ import annotations

from html import escape

from page import look, words
from page.calls import Calls, Row

PARTS = {
    "requests": ("HubSpot answering", "while at least one request was under way", "#2f6fed"),
    "waiting": ("Waiting for limits", "until HubSpot's limits, or a fault, let it ask", "#e0803a"),
    "loading": ("Snowflake loading", "while nothing but statements went on", "#12a594"),
    "other": ("The rest", "turning answers into rows, and the turns of other syncs", "#8b95a7"),
}
"""The parts of EXPLAIN_RUN's ``seconds``: title, meaning, colour."""


def show(run: Row, calls: Calls) -> None:
    """Draw where a run's time went; nothing while it is running."""
    if run["STATUS"] == "RUNNING":
        return
    look.heading("Where the time went", "Each moment counts once, though much goes on at once.")
    with look.working("Asking where the time of this run went"):
        answer = calls.explain_run(str(run["RUN_ID"]))
    if answer.get("response_code") != "OK":
        look.tell(answer)
        return
    seconds = {name: float((answer.get("seconds") or {}).get(name) or 0) for name in PARTS}
    look.html(drawn(seconds))


def drawn(seconds: dict[str, float]) -> str:
    """HTML of the parts of a run's time, in seconds."""
    whole = sum(seconds.values())
    if not whole:
        return "<p>It took no time worth telling.</p>"
    longest = max(seconds, key=lambda part: seconds[part])
    bar = "".join(
        f'<i style="width:{took / whole * 100:.2f}%;background:{PARTS[part][2]}"></i>'
        for part, took in seconds.items()
        if took
    )
    parts = "".join(
        f'<li><b style="--c:{PARTS[part][2]}">{escape(PARTS[part][0])}</b> '
        f"{words.duration(took)}, {words.percent(took / whole * 100)}"
        f'<span class="quiet small">{escape(PARTS[part][1])}</span></li>'
        for part, took in seconds.items()
    )
    return (
        f"<p>Most of it, {words.duration(seconds[longest])} of {words.duration(whole)}, was "
        f"{escape(PARTS[longest][0])}.</p>"
        f'<div class="split" aria-hidden="true">{bar}</div><ul class="parts">{parts}</ul>'
    )
