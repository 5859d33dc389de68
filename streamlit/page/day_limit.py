"""Shows HubSpot's daily request limit of each portal: used, left and reserved."""

from __future__ import annotations

from html import escape

from page import look, words
from page.calls import Calls, Row


def show(calls: Calls) -> None:
    """Draw the daily limit of each portal."""
    look.heading(
        "Daily limit",
        "HubSpot counts the requests of all apps together; some are left to the others.",
    )
    budget = calls.budget()
    if not budget:
        look.empty("Nothing is known yet", "The first run learns the limit from HubSpot's answers.")
    for portal in budget:
        look.html(day(portal))


def day(portal: Row) -> str:
    """HTML of one portal's daily limit."""
    limit = int(portal["DAILY_LIMIT"] or 0)
    used, reserved = int(portal["USED"] or 0), int(portal["RESERVED"] or 0)
    share = used / limit if limit else 0.0
    tone = "bad" if used > limit - reserved else "warn" if share > 0.6 else "good"
    forecast = (
        f"; at this pace {words.number(portal['FORECAST_USED'])} by the end of the day"
        if portal["FORECAST_USED"]
        else ""
    )
    return (
        look.facts(
            [
                (
                    "Used today",
                    f"{words.number(used)}<small>{words.percent(share * 100)}</small>",
                ),
                ("By runs of this app", words.number(portal["USED_BY_US"])),
                ("Left", words.number(portal["REMAINING"])),
                ("Kept free for other apps", words.number(reserved)),
                ("Starts anew", words.time(portal["RESETS_AT"])),
            ],
            big=True,
        )
        + f'<div style="height:.6rem"></div>{look.meter(share, "Daily limit used", tone)}'
        f'<p class="quiet">Portal {escape(str(portal["PORTAL_ID"] or "unknown"))}, '
        f"{words.number(limit)} requests a day{forecast}. "
        f"Checked {words.time(portal['CHECKED_AT'])}.</p>"
    )
