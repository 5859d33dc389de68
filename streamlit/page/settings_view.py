"""Settings: of the app, connections, the daily limit, export and import."""

from __future__ import annotations

from html import escape

import streamlit as st

from page import (
    app_settings,
    audit_view,
    configuration,
    connections_view,
    day_limit,
    fivetran_view,
    look,
    place,
    portal_properties,
    pressing,
    words,
)
from page.calls import Answer, Calls
from page.portal_names import PortalNames

TEXT, IMPORTED = "configuration", "imported"


def show(calls: Calls) -> None:
    """Draw the settings."""
    sections = (
        *(app_settings.show, connections_view.show, day_limit.show, fivetran_view.show),
        *(_export, _import, audit_view.show),
    )
    for n, section in enumerate(sections):
        if n:
            st.space("small")
        with st.container():
            section(calls)


def _export(calls: Calls) -> None:
    look.heading("Export", "The app and every sync with their settings. No credential is in it.")
    text = configuration.written(configuration.of_syncs(calls.syncs()), calls.settings())
    with st.expander("Configuration as YAML", expanded=False):
        st.code(text, language="yaml", wrap_lines=True)
    st.download_button("Download", text, "hubspot-ingest.yml", "application/yaml")


def _import(calls: Calls) -> None:
    look.heading("Import", "Paste a configuration; see what it would change before anything does.")
    text = st.text_area("Configuration", key=TEXT, height=180, placeholder="syncs:\n  contacts: {}")
    if not text.strip():
        return
    imported: Answer | None = st.session_state.pop(IMPORTED, None)
    if imported is not None and look.tell(imported, in_words=False):
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
    stored = configuration.of_syncs(calls.syncs())

    def names(name: str, settings: configuration.Settings) -> PortalNames:
        return portal_properties.names(name, str(settings.get("stream") or name), settings, calls)

    lines = configuration.differences(stored, changes, calls.settings(), of_app, names)
    look.html(
        look.table(
            ("Of", "Setting", "Now", "Then"),
            [tuple(map(escape, line)) for line in lines],
        )
    )
    whole = configuration.to_send(stored, changes, of_app)
    with look.working("Checking everything against HubSpot"):
        checked = calls.check_all(whole)
    good = checked.get("response_code") == "OK"
    if not good:
        look.tell(checked, in_words=False)
    label = f"Apply {words.plural(len(lines), 'change')}"
    if pressing.pressed(label, "import", type="primary", disabled=not good):
        with look.working("Storing all of it"):
            answer = calls.configure_all(whole)
        st.session_state[IMPORTED] = answer
        if answer.get("response_code") == "OK":
            # a field keeps what it had, and would offer to save that over what was imported
            place.redraw(app_settings.OWNER)
        st.rerun()
