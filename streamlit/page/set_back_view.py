"""Sets a change back that somebody made: shows what would change, asks, and does it."""

from __future__ import annotations

from html import escape

import streamlit as st

from page import (
    app_settings,
    audit,
    dialogs,
    look,
    losses,
    place,
    pressing,
    set_back,
    words,
)
from page.calls import Answer, Calls, Row, variant
from page.portal_names import PortalNames
from page.set_back import Standing, WayBack
from page.setting_words import Change

TOLD = "set-back"
CHECKED = (
    "Everything is checked first. Where other records or properties are read than now, the next "
    "run reads everything again; the table stays."
)
MEANWHILE: Answer = {
    "response_code": "Not set back",
    "message": "Somebody changed it meanwhile; nothing was set back. Look at it again",
}


def show(row: Row, id: str, names: PortalNames, calls: Calls) -> None:
    """Draw the button that sets a change back, or why it cannot be.

    Args:
        row: The change.
        id: What tells it from other changes.
        names: What the portal calls its properties.
        calls: The way to Snowflake.
    """
    way = set_back.way_back(row, _standing(row, calls))
    if isinstance(way, str):
        look.html(f'<p class="quiet small">{escape(way)}</p>')
    elif pressing.pressed("Set back", f"set-back-{id}"):
        _ask(row, id, way, names, calls)


def tell(id: str) -> None:
    """Draw what came of setting a change back, once."""
    told: tuple[str, Answer] | None = st.session_state.get(TOLD)
    if told is not None and told[0] == id:
        del st.session_state[TOLD]
        look.tell(told[1])


def _standing(row: Row, calls: Calls) -> Standing | None:
    """How what a change is of is now; None where it is gone."""
    kind = str(row["KIND"])
    if kind == "APP":
        return Standing(calls.settings())
    if kind not in ("SYNC", "PUSH"):
        return None
    rows = calls.syncs() if kind == "SYNC" else calls.pushes()
    stored = next((each for each in rows if each["NAME"] == row["NAME"]), None)
    if stored is None:
        return None
    return Standing(variant(stored["SETTINGS"]) or {}, bool(stored["ENABLED"]))


@dialogs.asking("Set this change back?")
def _ask(row: Row, id: str, way: WayBack, names: PortalNames, calls: Calls) -> None:
    of_sync = row["KIND"] == "SYNC"
    who = f" by {row['CHANGED_BY']}" if row["CHANGED_BY"] else ""
    subject = audit.subject(row)
    st.markdown(
        f"**{look.plain(subject[:1].upper() + subject[1:])}** goes back to how it was before the "
        f"change of {look.plain(words.clock(row['CHANGED_AT']))}{look.plain(who)}."
    )
    _table(("Setting", "Now", "Then"), way.lines(names, of_sync=of_sync))
    if way.since:
        look.note("Changed again since:", "this stays as it is now.", "warn")
        since = set_back.since_lines(row, way, names, of_sync=of_sync)
        _table(("Setting", "After this change", "Now"), since)
    for text in _consequences(row, way, calls):
        st.markdown(text)
    dialogs.choice("Set it back", lambda: _set_back(row, way, calls), lambda a: _note(id, a))


def _table(heads: tuple[str, ...], lines: list[Change]) -> None:
    look.html(look.table(heads, [tuple(map(escape, line)) for line in lines]))


def _consequences(row: Row, way: WayBack, calls: Calls) -> list[str]:
    """What else comes of it, as Markdown."""
    if way.then is None:
        return []
    if row["KIND"] == "APP":
        kept, stays = ((each or {}).get("keep_pages_days", 0) for each in (way.now, way.then))
        if int(stays or 0) >= int(kept or 0):
            return []
        days = words.plural(int(stays or 0), "day")
        return [f"What runs kept of HubSpot’s answers is deleted, but for the last {days}."]
    if row["KIND"] == "PUSH":
        return ["Everything is checked first; nothing is sent before its next run."]
    if way.now is None:
        return ["Its next run reads everything; past runs and its table are as they were."]
    rows = losses.lost(str(row["NAME"]), dict(way.now), dict(way.then), calls)
    return [CHECKED] if rows is None else [losses.words_of(str(row["NAME"]), rows), CHECKED]


def _set_back(row: Row, way: WayBack, calls: Calls) -> Answer:
    """Do what was shown, unless something is another way by now."""
    calls.forget()
    if set_back.way_back(row, _standing(row, calls)) != way:
        return MEANWHILE
    kind, name = str(row["KIND"]), str(row["NAME"])
    if way.enabled is not None:
        switch = calls.enable_sync if kind == "SYNC" else calls.enable_push
        return switch(name, way.enabled)
    settings = dict(way.then or {})
    if kind == "SYNC":
        return calls.configure_sync(name, settings)
    if kind == "PUSH":
        answer = calls.configure_push(name, settings)
        if answer.get("response_code") == "OK" and place.base(name) == place.drafts().get(name):
            place.discard(name)
        return answer
    answer = calls.configure_app(way.app_changes)
    if answer.get("response_code") == "OK":
        # a field keeps what it had, and would offer to save that over what was set back
        place.redraw(app_settings.OWNER)
    return answer


def _note(id: str, answer: Answer) -> None:
    st.session_state[TOLD] = (id, answer)
