"""Says before other settings are saved how many rows of the table they would let go."""

from __future__ import annotations

import streamlit as st

from page import dialogs, filters, look, place, words
from page.calls import Answer, Calls

SINCE = "updated_after"
COUNTED = ("connection", "filter_groups", SINCE)
"""Settings that decide which records are taken."""


def counted(settings: place.Settings) -> place.Settings:
    """The settings that decide which records are taken, without unfinished filters."""
    return {key: value for key, value in filters.cleaned(settings).items() if key in COUNTED}


def lost(
    name: str, stored: place.Settings, settings: place.Settings, calls: Calls
) -> tuple[int, int] | None:
    """The live rows of a sync's table and the fewer records that HubSpot counts for new settings.

    None where no row is lost, or HubSpot cannot be asked.
    """
    before, after = counted(stored), counted(settings)
    if before.get(SINCE) != after.get(SINCE):
        # another day lets no row go: what is in the table stays
        before.pop(SINCE, None)
        after.pop(SINCE, None)
    if before == after:
        return None
    [sync] = [sync for sync in calls.syncs() if sync["NAME"] == name]
    table = str(sync["DESTINATION"] or "")
    live = calls.live_counts([table] if table else []).get(table, 0)
    if not live:
        return None
    answer = calls.count_records(str(sync["STREAM"]), after)
    if answer.get("response_code") != "OK" or int(answer["records"]) >= live:
        return None
    return live, int(answer["records"])


def words_of(name: str, rows: tuple[int, int]) -> str:
    """What becomes of a table that has more live rows than records match, as Markdown."""
    live, matching = rows
    return (
        f"**You lose {words.plural(live - matching, 'row')}.** The table of "
        f"{look.plain(words.title(name))} has {words.plural(live, 'live row')}, and "
        f"{words.plural(matching, 'record')} of HubSpot "
        f"{'matches' if matching == 1 else 'match'} the new settings. The next run marks the other "
        "rows as filtered out: they stay in the table, and leave its view of current rows."
    )


@dialogs.asking("Let rows go?")
def ask(name: str, rows: tuple[int, int], settings: place.Settings, calls: Calls) -> None:
    """Ask whether settings are saved that let rows go."""
    st.markdown(words_of(name, rows))

    def save() -> Answer:
        answer = calls.configure_sync(name, settings)
        if answer.get("response_code") == "OK":
            place.discard(name)
        return answer

    dialogs.choice("Save all the same", save)
