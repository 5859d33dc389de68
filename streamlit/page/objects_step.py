"""Where the rows go, and which streams are loaded."""

from __future__ import annotations

import re

import streamlit as st

from page import look, words
from page.calls import Calls, Row

RECOMMENDED = ("contacts", "companies", "deals", "tickets", "line_items", "products")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")

Chosen = dict[str, dict[str, object]]


def chosen() -> Chosen:
    """The streams picked so far, each with the settings given to it."""
    picked: Chosen = st.session_state.setdefault("chosen", {})
    return picked


def target() -> tuple[str, str]:
    """Database and schema for new syncs."""
    given: tuple[str, str] = st.session_state.get("target", ("HUBSPOT_DATA", "CRM"))
    return given


def destination(_calls: Calls) -> bool:
    """Draw the step for the destination; whether the names can be used."""
    look.heading(
        "Destination",
        "One table for each stream, made on its first rows. The defaults suit most accounts.",
    )
    database, schema = target()
    left, right = st.columns(2)
    database = left.text_input("Database", database, key="target-database").strip().upper()
    schema = right.text_input("Schema", schema, key="target-schema").strip().upper()
    wrong = [one for one in (database, schema) if not NAME.fullmatch(one)]
    if wrong:
        look.note(
            "Not a name.",
            "Use letters, digits and underscores, and begin with a letter.",
            "warn",
        )
        return False
    st.session_state["target"] = (database, schema)
    look.html(
        f'<p class="quiet">Contacts will be in <code>{database}.{schema}.CONTACTS</code>. The app '
        "creates the database and the schema if they are not there.</p>"
    )
    return True


def show(calls: Calls) -> bool:
    """Draw the step for the streams; whether any was picked."""
    look.heading("Objects", "What to keep in Snowflake. You can add and remove some at any time.")
    streams = [one for one in calls.streams() if one["READABLE"]]
    if not streams:
        look.empty("Nothing can be read yet", "Go back to Connection and store a service key.")
        return False
    picked = chosen()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sought = st.text_input(
            "Search", placeholder="By name", key="sought", icon=":material/search:", width=280
        )
        for label, names in _sets(streams).items():
            st.button(label, on_click=_pick_all, args=(names,))
    shown = [one for one in streams if sought.lower() in _spelled(one)]
    if not shown:
        look.empty("No stream of that name", "Clear the search to see all of them.")
    columns = st.columns(3)
    version = st.session_state.get("picks", 0)
    for n, one in enumerate(shown):
        name = str(one["STREAM"])
        columns[n % 3].checkbox(
            f"**{words.title(name)}** :gray[{name}]",
            name in picked,
            key=f"pick-{version}-{name}",
            on_change=_pick,
            args=(name,),
        )
    look.html(f'<p class="quiet">{words.plural(len(picked), "stream")} chosen</p>')
    return bool(picked)


def _spelled(stream: Row) -> str:
    return (
        f"{words.title(str(stream['STREAM']))} {stream['STREAM']} {stream['OBJECT_TYPE']}".lower()
    )


def _sets(streams: list[Row]) -> dict[str, list[str]]:
    names = [str(one["STREAM"]) for one in streams]
    return {
        "Recommended": [one for one in names if one in RECOMMENDED],
        "All": names,
        "None": [],
    }


def _pick(name: str) -> None:
    picked = chosen()
    if picked.pop(name, None) is None:
        picked[name] = {}


def _pick_all(names: list[str]) -> None:
    before = chosen()
    st.session_state["chosen"] = {name: before.get(name, {}) for name in names}
    st.session_state["picks"] = st.session_state.get("picks", 0) + 1
