"""Edits a sync's other settings: schedule, deletions, limits, destination."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from page import connections_view, days, place, words
from page.calls import Calls, Row

SCHEDULES = {
    None: "Only when I run it",
    "15 MINUTES": "Every 15 minutes",
    "60 MINUTES": "Every hour",
    "360 MINUTES": "Every 6 hours",
    "USING CRON 0 3 * * * UTC": "Once a day, at 03:00 UTC",
}
# What a choice begins with that is no schedule but the setting fresh_within.
FRESH = "FRESH WITHIN "
PROMISES = tuple(f"{FRESH}{span}" for span in ("5 MINUTES", "15 MINUTES", "1 HOUR", "1 DAY"))
PRIORITIES = ("high", "normal", "low")
MODES = {"incremental": "Only what changed", "full_refresh": "Everything, every time"}


def schedule_words(schedule: str | None, of_all: str | None = None) -> str:
    """A schedule, or a promise that begins with ``FRESH``, as a person says it.

    A sync without one follows ``of_all``, the schedule of all syncs, where there is one.
    """
    if schedule is None and of_all:
        return f"With all syncs: {schedule_words(of_all).lower()}"
    if (schedule or "").startswith(FRESH):
        return str(schedule).capitalize()
    return SCHEDULES.get(schedule) or str(schedule).removeprefix("USING CRON ").lower()


def timing(settings: Mapping[str, Any]) -> str | None:
    """The schedule of a sync, or its promise of freshness with ``FRESH`` before it."""
    promise, schedule = settings.get("fresh_within"), settings.get("schedule")
    return f"{FRESH}{str(promise).upper()}" if promise else schedule


def schedule(
    key: str,
    before: str | None,
    label: str = "Schedule",
    promises: Sequence[str] = (),
    of_all: str | None = None,
) -> str | None:
    """Draw the choice of a schedule, or of one of some promises; None for no schedule.

    A sync without one follows ``of_all``, the schedule of all syncs, where there is one.
    """
    other = "other"
    if promises and before and before.startswith(FRESH):
        promises = [*dict.fromkeys((*promises, before))]
    names: list[str | None] = [*SCHEDULES, *promises, other]
    with st.container():
        chosen = st.selectbox(
            label, names, names.index(before if before in names else other), key=f"{key}-schedule",
            format_func=lambda name: "Another …" if name == other else schedule_words(name, of_all),
            width=320,
        )  # fmt: skip
        if chosen != other:
            return chosen
        text = st.text_input(
            "Minutes, or a cron line with its zone", before or "USING CRON 0 */2 * * * UTC",
            key=f"{key}-cron", width=320,
            help="'90 MINUTES' or 'USING CRON 0 6 * * 1-5 Europe/Berlin'",
        )  # fmt: skip
        return text.strip() or None


def _set(settings: place.Settings, name: str, value: Any, default: Any) -> None:
    """Set a changed setting; remove it when it is back at its default."""
    if value == settings.get(name, default):
        return
    if value == default:
        settings.pop(name)
    else:
        settings[name] = value


def _kept(settings: place.Settings, name: str, key: str, default: Any) -> dict[str, Any]:
    """What lets a widget's change into the draft at once, whatever is pressed next."""

    def changed() -> None:
        value = st.session_state[key]
        _set(settings, name, value.strip().upper() if isinstance(value, str) else value, default)

    return {"on_change": changed}


def show(sync: Row, settings: place.Settings, calls: Calls) -> None:
    """Draw schedule, deletions and limits; changes ``settings`` in place."""
    name = str(sync["NAME"])
    key = f"{name}-{place.version(name)}"
    left, right = st.columns(2, gap="large")
    with left:
        chosen = schedule(
            key, timing(settings), promises=PROMISES, of_all=calls.settings().get("schedule")
        )
        promise = (chosen or "").removeprefix(FRESH) if (chosen or "").startswith(FRESH) else None
        _set(settings, "fresh_within", promise, None)
        _set(settings, "schedule", None if promise else chosen, None)
        mode = st.radio(
            "What a run reads", list(MODES), key=f"{key}-mode", format_func=MODES.__getitem__,
            index=list(MODES).index(settings.get("sync_mode", "incremental")),
        )  # fmt: skip
        _set(settings, "sync_mode", mode, "incremental")
        first = connections_view.FIRST
        connection = connections_view.choose_connection(
            calls, settings.get("connection", first), key
        )
        _set(settings, "connection", connection, first)
        before = settings.get("priority", "normal")
        priority = st.selectbox(
            "Priority", PRIORITIES, PRIORITIES.index(before), key=f"{key}-priority", width=320,
            format_func=str.capitalize,
            help="Of two syncs that want the same requests, each step gets twice as many",
        )  # fmt: skip
        _set(settings, "priority", priority, "normal")
        followed = st.toggle(
            "Follow deletions", settings.get("include_archived", True), key=f"{key}-archived",
            help="Records that are deleted, merged or no longer match are marked, never removed.",
            **_kept(settings, "include_archived", f"{key}-archived", True),
        )  # fmt: skip
        _set(settings, "include_archived", followed, True)
        zone = connections_view.portal_zone(settings, calls)
        at = words.utc(settings.get("updated_after"))
        day = at.astimezone(zone).date() if at else None
        after = st.date_input(
            "Nothing last changed before", day, key=f"{key}-after",
            format="YYYY-MM-DD", min_value=date(2006, 1, 1), width=320,
            help=f"The day begins in the zone {zone}; rows that are in the table stay",
        )  # fmt: skip
        if after != day:
            begins = days.written("GTE", 0, after, "datetime", zone) if after else None
            _set(settings, "updated_after", begins, None)
    with right:
        of_all = calls.settings()
        for setting, label, usual, most, help_text in (
            ("settle_minutes", "Settle, minutes", 10, 1440,
             "How long after a change HubSpot's search is trusted to know of it"),
            ("lookback_minutes", "Look back, minutes", 0, 129600,
             "How much of the last window is read again"),
            ("reserve_percent", "Keep free for other apps, percent", 20, 95,
             "Share of HubSpot's daily limit left to other apps"),
            ("deadline_minutes", "Deadline, minutes", 50, 1440,
             "A run stops cleanly after this, and the next carries on"),
        ):  # fmt: skip
            # where the sync has none of its own, that of all syncs holds
            default = int(of_all.get(setting, usual))
            before = int(settings.get(setting, default))
            value = st.number_input(
                label, 0, most, before, key=f"{key}-{setting}", help=help_text, width=320,
                **_kept(settings, setting, f"{key}-{setting}", default),
            )  # fmt: skip
            if int(value) != before:
                _set(settings, setting, int(value), default)
    _destination(key, settings)


def _destination(key: str, settings: place.Settings) -> None:
    with st.expander("Destination"):
        st.caption(
            "Writing elsewhere reads everything again into the new table; the old one stays."
        )
        destination = dict(settings.get("destination") or {})
        columns = st.columns(3)
        for column, name, default in zip(
            columns, ("database", "schema", "table"), ("HUBSPOT_DATA", "CRM", ""), strict=True
        ):
            text = column.text_input(
                words.title(name), destination.get(name, default), key=f"{key}-to-{name}",
                placeholder="the sync's name" if not default else None,
                on_change=_typed_place, args=(settings, name, f"{key}-to-{name}", default),
            ).strip().upper()  # fmt: skip
            _set(destination, name, text, default)
        _set(settings, "destination", destination, {})
        prefix = st.text_input(
            "Property columns begin with", settings.get("column_prefix", "PROPERTIES_"),
            key=f"{key}-prefix", width=320,
            **_kept(settings, "column_prefix", f"{key}-prefix", "PROPERTIES_"),
        )  # fmt: skip
        _set(settings, "column_prefix", prefix.strip().upper(), "PROPERTIES_")


def _typed_place(settings: place.Settings, part: str, key: str, default: str) -> None:
    destination = dict(settings.get("destination") or {})
    _set(destination, part, str(st.session_state[key]).strip().upper(), default)
    _set(settings, "destination", destination, {})
