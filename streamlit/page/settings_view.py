"""Settings: of the app, connections, the daily limit, export and import."""

from __future__ import annotations

from html import escape

import streamlit as st

from page import (
    app_settings,
    configuration,
    connections_view,
    day_limit,
    fivetran_view,
    look,
    words,
)
from page.calls import Calls

TEXT = "configuration"


def show(calls: Calls) -> None:
    """Draw the settings."""
    app_settings.show(calls)
    st.space("small")
    connections_view.show(calls)
    st.space("small")
    day_limit.show(calls)
    st.space("small")
    fivetran_view.show(calls)
    st.space("small")
    _export(calls)
    st.space("small")
    _import(calls)


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
        syncs, app = configuration.read(text)
    except ValueError as wrong:
        look.note("Not taken:", escape(look.sentence(str(wrong))), "warn")
        return
    changes = configuration.changes(configuration.of_syncs(calls.syncs()), syncs)
    of_app = configuration.app_changes(calls.settings(), app)
    if not changes and not of_app:
        look.note("Nothing to do.", "Everything is configured like this already.", "good")
        return
    look.html(
        look.table(
            ("Sync", "Would be"),
            [
                *([("the app", escape(f"set: {', '.join(of_app)}"))] if of_app else []),
                *((escape(change.name), escape(change.kind)) for change in changes),
            ],
        )
    )
    count = len(changes) + bool(of_app)
    if st.button(f"Apply {words.plural(count, 'change')}", type="primary"):
        with look.working("Checking and storing each of them"):
            if of_app:
                look.tell(calls.configure_app(of_app))
            _apply(changes, calls)


def _apply(changes: list[configuration.Change], calls: Calls) -> None:
    for change in changes:
        answers = []
        if change.settings is not None:
            answers.append(calls.configure_sync(change.name, change.settings))
        if change.enabled is not None:
            answers.append(calls.enable_sync(change.name, change.enabled))
        for answer in answers:
            look.tell(answer)
