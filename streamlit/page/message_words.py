"""Puts the answers of procedures into the page's words: buttons in place of statements. Pure."""

from __future__ import annotations

import re

_CALLED = r"(?:with )?CALL {}\([^)]*\)"
_KEY = "“Replace the key” under Set up, Connection"
# What the page does in place of a statement, or shows in place of a view; the first that fits wins.
_WORDS: tuple[tuple[str, str], ...] = (
    (r"with CALL set_token\([^)]*\)", f"by {_KEY}"),
    (_CALLED.format("set_token"), _KEY),
    (_CALLED.format("configure_connection"), "under Settings, Connections"),
    (r"drop one first " + _CALLED.format("drop_connection"), "remove one first under Settings"),
    (r"check it " + _CALLED.format("test_connection"), "check it under Settings, Connections"),
    (_CALLED.format("(?:drop|test)_connection"), "Settings, Connections"),
    (r"run (?:it )?(?:with )?" + _CALLED.format("ingest_hubspot"), "press “Run now”"),
    (_CALLED.format("ingest_hubspot"), "“Run now”"),
    (_CALLED.format("(?:start_)?reconcile"), "“Check now” under Trust"),
    (_CALLED.format("reset_sync"), "“Reload everything”"),
    (_CALLED.format("enable_(?:sync|push)"), "“Resume”"),
    (_CALLED.format("plan_ingest"), "“Next run”"),
    (_CALLED.format("plan_push"), "“Plan”"),
    (_CALLED.format("push_to_hubspot"), "“Send”"),
    (_CALLED.format("explain_row"), "“Explain a row” under Data"),
    (_CALLED.format("send_test_notification"), "“Send a test message” under Settings"),
    (r"the view RUNS\b", "Runs"),
    (r"the view ERRORS\b", "Runs"),
    (r"the view COMPLETENESS\b", "Trust"),
    (r"the view SYNCS\b", "Syncs"),
    (r"the view CONNECTIONS\b", "Settings"),
    (r"the views STREAMS and STREAM_PROPERTIES", "Set up, Objects"),
    (r"(the|its) next run is a backfill", r"\1 next run reads everything again"),
    (r"\ba backfill\b", "a run that reads everything"),
)
_FILTER = re.compile(r"(?:setting ')?[Ff]ilter_groups\.(\d+)(?:\.filters\.(\d+))?(\.\w+)?'?")
_SETTINGS = {
    "stream": "Object",
    "connection": "From the portal",
    "filter_groups": "Filters",
    "updated_after": "Nothing last changed before",
    "properties": "Properties to take",
    "hash": "Hashed properties",
    "new_properties": "Take properties that are made later",
    "associations": "Associated with",
    "history": "Keep the history of",
    "event_types": "Event types",
    "sync_mode": "What a run reads",
    "lookback_minutes": "Look back, minutes",
    "settle_minutes": "Settle, minutes",
    "include_archived": "Follow deletions",
    "destination": "Destination",
    "column_prefix": "Property columns begin with",
    "schedule": "Schedule",
    "fresh_within": "Schedule",
    "reserve_percent": "Keep free for other apps",
    "deadline_minutes": "Deadline, minutes",
}
_SETTING = re.compile(r"[Ss]etting '([a-z_]+)'")


def in_page_words(message: str) -> str:
    """A message without statements, views and places in JSON; buttons stand in quotes.

    What the page has no word for stays as it is.
    """
    message = _FILTER.sub(_filter, message)
    message = _SETTING.sub(lambda found: _SETTINGS.get(found[1], found[0]), message)
    for pattern, words in _WORDS:
        message = re.sub(pattern, words, message)
    return message


def _filter(found: re.Match[str]) -> str:
    group = f"Group {int(found[1]) + 1}"
    return group if found[2] is None else f"{group}, filter {int(found[2]) + 1}"
