"""Shows who changed what: time, person, and the change in words, newest first."""

from __future__ import annotations

from html import escape

from page import audit, look, words
from page.calls import Calls

SHOWN = 50
NOBODY = (
    "Snowflake does not tell the app who presses something on this page, unless an administrator "
    "runs GRANT READ SESSION ON ACCOUNT TO APPLICATION for it."
)


def show(calls: Calls) -> None:
    """Draw the last changes."""
    rows = calls.audit_log(SHOWN)
    look.heading("Who changed what", "Settings, credentials, and what was undone or stopped.")
    if not rows:
        look.empty("Nothing was changed yet", "What people change from now on stands here.")
        return
    look.html(
        look.table(
            ("When", "Who", "Of", "What"),
            [
                (
                    words.time(row["CHANGED_AT"]),
                    escape(str(row["CHANGED_BY"] or "not told")),
                    escape(audit.subject(row)),
                    "<br>".join(escape(line) for line in audit.lines(row)),
                )
                for row in rows
            ],
        )
    )
    if any(row["CHANGED_BY"] is None for row in rows):
        look.html(f'<p class="quiet small">{escape(NOBODY)}</p>')
