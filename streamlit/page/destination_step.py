"""The step of Set up that chooses database and schema, and checks the grants."""

from __future__ import annotations

import re

import streamlit as st

from page import look
from page.calls import Calls

NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,254}")

FIELDS = ("target-database", "target-schema")
TARGET = "target"


def target() -> tuple[str, str]:
    """Database and schema for new syncs."""
    chosen_target: tuple[str, str] = st.session_state.get(TARGET, ("HUBSPOT_DATA", "CRM"))
    return chosen_target


def _in_fields() -> tuple[str, str]:
    database, schema = (str(st.session_state[field]).strip().upper() for field in FIELDS)
    return database, schema


def _typed() -> None:
    choose(*_in_fields())


def choose(*names: str) -> None:
    """Take database and schema for new syncs; nothing where they are no two names."""
    if len(names) == 2 and all(map(NAME.fullmatch, names)):
        st.session_state[TARGET] = names


def show(calls: Calls) -> bool:
    """Draw the step; true when the app may write there."""
    look.heading(
        "Destination",
        "One table for each object, made with its first rows. The defaults suit most accounts.",
    )
    database, schema = target()
    left, right = st.columns(2)
    # what was just typed counts also where the same press leads to another step
    left.text_input("Database", database, key=FIELDS[0], on_change=_typed)
    right.text_input("Schema", schema, key=FIELDS[1], on_change=_typed)
    database, schema = _in_fields()
    if not all(NAME.fullmatch(name) for name in (database, schema)):
        look.note(
            "Not a name.", "Use letters, digits and underscores, and begin with a letter.", "warn"
        )
        return False
    with look.working("Looking whether the app may write there"):
        answer = calls.check_destination(database, schema)
    if answer.get("response_code") != "OK":
        return look.tell(answer)
    grants = answer.get("grants") or []
    if grants:
        look.note(
            "Grants are missing.",
            f"<code>{database}</code> belongs to somebody else. Its owner runs these statements; "
            "then come back to this step.",
            "warn",
        )
        st.code(";\n".join(grants) + ";", language="sql", wrap_lines=True)
        st.button("Look again", on_click=calls.forget)
        return False
    exists = answer.get("exists")
    look.html(
        f'<p class="quiet">Contacts will be in <code>{database}.{schema}.CONTACTS</code>. '
        + ("The app may write there.</p>" if exists else "The app makes the database itself.</p>")
    )
    others = answer.get("grants_if_it_exists") or []
    if others and not exists:
        with st.expander(f"If there is a database {database} already"):
            st.caption("The app cannot see it. Its owner lets the app in with these statements.")
            st.code(";\n".join(others) + ";", language="sql", wrap_lines=True)
    return True
