"""Shows one sync: its health, settings and runs, and actions on it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape

import streamlit as st

from page import (
    charts,
    conflicts,
    connections_view,
    cures,
    filter_view,
    filters,
    live,
    look,
    losses,
    options_view,
    place,
    plan_view,
    portal_properties,
    properties_view,
    related_view,
    run_list,
    saving,
    setting_words,
    sync_actions,
    tabs,
    words,
)
from page.calls import Calls, Row, variant
from page.portal_names import PortalNames

Part = Callable[[Row, place.Settings, Calls], None]


def show(sync: Row, calls: Calls) -> None:
    """Draw the sync."""
    name = str(sync["NAME"])
    place.back_button("All syncs", place.SYNCS)
    head = st.container()
    live.show(calls, name)
    # asked again: a run may have ended while those under way were looked for
    sync = next((row for row in calls.syncs() if row["NAME"] == name), sync)
    with head:
        look.title(words.title(name), look.health(sync))
        sync_actions.show(sync, calls)
    destination = str(sync["DESTINATION"] or "")
    look.html(
        look.facts(
            [
                ("Data complete until", _complete_until(sync)),
                ("Rows", _rows(destination, calls)),
                ("Last run", words.time(sync["LAST_RUN_AT"])),
                ("Next run", next_run(sync, calls)),
            ],
            big=True,
        )
    )
    with st.container():
        _trouble(sync, calls)
    stored: place.Settings = variant(sync["SETTINGS"]) or {}
    conflicts.follow(name, stored)
    settings = place.draft(name, stored)
    with st.container():
        if conflicts.is_open(name, stored):
            conflicts.show(name, stored, _names(sync, stored, calls))
    part = tabs.opened("Part", PARTS, f"part-{name}")
    with st.container():
        PARTS[part](sync, settings, calls)
    if part in EDITING or (part == "Overview" and _is_changed(settings, stored)):
        _save(sync, stored, settings, calls)


def trouble(sync: Row) -> str:
    """Why a sync needs a look, in a sentence; empty where no run told."""
    if _is_not_compared(sync):
        return (
            "The last run brought in all that was new, but the comparison with HubSpot did not "
            "come to its end. A run an hour later compares again, and “Check now” under Trust "
            "does at once"
        )
    return str(sync["LAST_MESSAGE"] or "")


def _is_not_compared(sync: Row) -> bool:
    """Whether nothing but an unfinished comparison is wrong with a sync."""
    return (sync["HEALTH"], sync["LAST_RUN_STATUS"]) == ("INCOMPLETE", "SUCCEEDED")


def _trouble(sync: Row, calls: Calls) -> None:
    """Draw why a sync needs a look, its cure and its last run; nothing where all is well."""
    message = trouble(sync)
    if not message or sync["HEALTH"] in ("HEALTHY", "PENDING", "DELAYED"):
        return
    label, tone = look.HEALTH.get(str(sync["HEALTH"]), ("", "warn"))
    look.note(f"{label}:", escape(look.sentence(message)), tone)
    look.show_statements(message)
    last_run_id = str(sync["LAST_RUN_ID"])
    if _is_not_compared(sync):
        st.button(
            "Compare the table with HubSpot", on_click=place.go, args=(place.TRUST,),
            kwargs={"sync": str(sync["NAME"])},
        )  # fmt: skip
        return
    runs = calls.runs(str(sync["NAME"]), most=CHARTED)
    with st.container(horizontal=True):
        if any(
            str(run["RUN_ID"]) == last_run_id and run["RESPONSE_CODE"] in cures.BY_ANOTHER_KEY
            for run in runs
        ):
            st.button(
                "Replace the key", on_click=place.to_key, args=(connections_view.of_sync(sync),)
            )
        st.button(
            "Open the last run", on_click=place.go, args=(place.RUNS,),
            kwargs={"run": last_run_id},
        )  # fmt: skip


def _complete_until(sync: Row) -> str:
    """HTML of the time to which nothing is missing, and why it is not now."""
    at = words.time(sync["SETTLED_THROUGH"])
    minutes = int((variant(sync["SETTINGS"]) or {}).get("settle_minutes", 10))
    if sync["SETTLED_THROUGH"] is None:
        return f"{at}<small>the next run reads everything</small>"
    if not minutes:
        return at
    behind = words.plural(minutes, "minute")
    return f"{at}<small>{behind} behind on purpose: HubSpot's search lags</small>"


def _rows(table: str, calls: Calls) -> str:
    """The live rows of a table as HTML, and beside them those that are marked as gone."""
    tables = [table] if table else []
    counts, live = calls.row_counts(tables), calls.live_counts(tables)
    gone = counts.get(table, 0) - live.get(table, 0)
    return words.number(live.get(table)) + (
        f"<small>and {words.number(gone)} deleted or filtered out</small>" if gone else ""
    )


def _names(sync: Row, settings: place.Settings, calls: Calls) -> PortalNames:
    return portal_properties.names(str(sync["NAME"]), str(sync["STREAM"]), settings, calls)


def _overview(sync: Row, _draft: place.Settings, calls: Calls) -> None:
    settings: place.Settings = variant(sync["SETTINGS"]) or {}
    names = _names(sync, settings, calls)
    look.html(
        look.facts(
            [
                ("Reads", f"<code>{escape(str(sync['STREAM']))}</code>"),
                ("Takes", escape(setting_words.taken_records(settings, names))),
                ("Table", f"<code>{escape(str(sync['DESTINATION'] or 'not made yet'))}</code>"),
                *(
                    [("Last run", escape(look.sentence(str(sync["LAST_MESSAGE"] or "none yet"))))]
                    if sync["HEALTH"] in ("HEALTHY", "PENDING")
                    and sync["LAST_RUN_STATUS"] != "RUNNING"
                    else []
                ),
            ]
        )
    )
    charts.show_sync(calls.runs(str(sync["NAME"]), most=CHARTED))
    with st.expander("Settings as they are stored; everything else has its default"):
        look.html(
            look.table(
                ("Setting", "As stored"),
                [
                    (escape(label), escape(value))
                    for label, _, value in setting_words.differences({}, settings, names)
                ],
            )
        )


def _filters(sync: Row, settings: place.Settings, calls: Calls) -> None:
    name, stream = str(sync["NAME"]), str(sync["STREAM"])
    if not portal_properties.of(name, stream, settings, calls):
        look.empty(
            "No properties are known", "Read them from HubSpot: Set up > Connection > Test again."
        )
        return
    filter_view.show(name, stream, settings, calls)


def _runs(sync: Row, _settings: place.Settings, calls: Calls) -> None:
    run_list.show_history(calls, str(sync["NAME"]))


PARTS: dict[str, Part] = {
    "Overview": _overview,
    "Filters": _filters,
    "Properties": properties_view.show,
    "Related": related_view.show,
    "Schedule and more": options_view.show,
    "Next run": plan_view.of_sync,
    "Runs": _runs,
}
CHARTED = 30
"""So many of the latest runs are drawn."""
EDITING = ("Filters", "Properties", "Related", "Schedule and more")
SAVING = (
    "Saving checks everything against HubSpot first. Where other records or properties are read "
    "than before, the next run reads everything again; the table stays."
)


def _is_changed(settings: place.Settings, stored: place.Settings) -> bool:
    """Whether a draft differs from what is stored; one that lacks a value does."""
    return filters.any_lacks(settings.get("filter_groups") or []) or (
        filters.cleaned(settings) != filters.cleaned(stored)
    )


def _save(sync: Row, stored: place.Settings, settings: place.Settings, calls: Calls) -> None:
    """Draw the bar that saves the draft."""
    name = str(sync["NAME"])
    complete_settings = filters.cleaned(settings)
    # Save takes presses though a value lacks: one may be typed at this moment
    save_pressed, outcome = saving.bar(
        "Save changes", f"save-{name}", SAVING,
        is_changed=_is_changed(settings, stored),
        discard=partial(place.discard, name), disabled=conflicts.is_open(name, stored),
    )  # fmt: skip
    if not save_pressed:
        return
    groups = settings.get("filter_groups")
    wrong = filters.fault(groups, _names(sync, settings, calls)) if groups else None
    if wrong is not None:
        with outcome:
            look.note("Not saved:", escape(wrong), "warn")
        return
    if conflicts.is_stored_meanwhile(name, calls):
        st.rerun()
    with outcome, look.working("Asking HubSpot how many records match"):
        rows = losses.lost(name, stored, complete_settings, calls)
    if rows is not None:
        losses.ask(name, rows, complete_settings, calls)
        return
    with outcome, look.working("Checking the settings against HubSpot"):
        answer = calls.configure_sync(name, complete_settings)
    if answer.get("response_code") == "OK":
        place.discard(name)
        look.remember(answer)
        st.rerun()
    with outcome:
        look.tell(answer)


def next_run(sync: Row, calls: Calls) -> str:
    """When the sync runs by itself again, as HTML."""
    if not sync["ENABLED"]:
        return "paused"
    if sync["NEXT_RUN_AT"]:
        return words.time(sync["NEXT_RUN_AT"])
    timing = options_view.timing(variant(sync["SETTINGS"]) or {})
    return escape(options_view.schedule_words(timing, calls.settings().get("schedule")))
