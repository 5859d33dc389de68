"""Settings: of the app as a whole, the day's limit, and the configuration as a file."""

from __future__ import annotations

from html import escape

import streamlit as st

from page import app_settings, configuration, look, words
from page.calls import Calls

TEXT = "configuration"


def show(calls: Calls) -> None:
    """Draw the settings."""
    app_settings.show(calls)
    st.space("small")
    limits(calls)
    st.space("small")
    _export(calls)
    st.space("small")
    _import(calls)


def limits(calls: Calls) -> None:
    """What is left of HubSpot's daily limit, and who used it."""
    look.heading(
        "Daily limit",
        "HubSpot counts the requests of all apps together; some are left to the others.",
    )
    budget = calls.budget()
    if not budget:
        look.empty("Nothing is known yet", "The first run learns the limit from HubSpot's answers.")
        return
    for one in budget:
        limit = int(one["DAILY_LIMIT"] or 0)
        used, reserved = int(one["USED"] or 0), int(one["RESERVED"] or 0)
        share = used / limit if limit else 0.0
        tone = "bad" if used > limit - reserved else "warn" if share > 0.6 else "good"
        look.html(
            look.facts(
                [
                    (
                        "Used today",
                        f"{words.number(used)}<small>{words.percent(share * 100)}</small>",
                    ),
                    ("By this app", words.number(one["USED_BY_US"])),
                    ("Left", words.number(one["REMAINING"])),
                    ("Reserved for others", words.number(reserved)),
                    ("Starts anew", words.time(one["RESETS_AT"])),
                ],
                big=True,
            )
            + f'<div style="height:.6rem"></div>{look.meter(share, tone)}'
            f'<p class="quiet">Portal {escape(str(one["PORTAL_ID"] or "unknown"))}, '
            f"{words.number(limit)} requests a day"
            + (
                f"; at this pace {words.number(one['FORECAST_USED'])} by the end of the day"
                if one["FORECAST_USED"]
                else ""
            )
            + f". Checked {words.time(one['CHECKED_AT'])}.</p>"
        )


def _export(calls: Calls) -> None:
    look.heading("Export", "The app and every sync with their settings. No credential is in it.")
    text = configuration.written(configuration.of_syncs(calls.syncs()), calls.settings())
    with st.expander("Configuration as YAML", expanded=False):
        st.code(text, language="yaml")
    st.download_button(
        "Download", text, "hubspot-ingest.yml", "application/yaml", icon=":material/download:"
    )


def _import(calls: Calls) -> None:
    look.heading("Import", "Paste a configuration; see what it would change before anything does.")
    text = st.text_area("Configuration", key=TEXT, height=180, placeholder="syncs:\n  contacts: {}")
    if not text.strip():
        return
    try:
        wanted, app = configuration.read(text)
    except ValueError as wrong:
        look.note("Not taken:", escape(look.sentence(str(wrong))), "warn")
        return
    found = configuration.changes(configuration.of_syncs(calls.syncs()), wanted)
    of_app = configuration.app_changes(calls.settings(), app)
    if not found and not of_app:
        look.note("Nothing to do.", "Everything is configured like this already.", "good")
        return
    look.html(
        look.table(
            ("Sync", "Would be"),
            [
                *([("the app", escape(f"set: {', '.join(of_app)}"))] if of_app else []),
                *((escape(one.name), escape(one.kind)) for one in found),
            ],
        )
    )
    count = len(found) + bool(of_app)
    if st.button(f"Apply {words.plural(count, 'change')}", type="primary"):
        with look.working("Checking and storing each of them"):
            if of_app:
                look.tell(calls.configure_app(of_app))
            _apply(found, calls)


def _apply(found: list[configuration.Change], calls: Calls) -> None:
    for one in found:
        answers = []
        if one.settings is not None:
            answers.append(calls.configure_sync(one.name, one.settings))
        if one.enabled is not None:
            answers.append(calls.enable_sync(one.name, one.enabled))
        for answer in answers:
            look.tell(answer)
