"""Lists, adds, tests and removes connections to portals, and lets a sync choose one."""

from __future__ import annotations

from datetime import tzinfo
from html import escape

import streamlit as st

from page import connection_step, days, dialogs, look, place, pressing, words
from page.calls import Answer, Calls, Row, variant

FIRST = "default"
FIELD = "connection-token"
TESTED = "connection-tested"
KINDS = {"TOKEN": "service key", "OAUTH": "OAuth app"}


def show(calls: Calls) -> None:
    """Draw the connections."""
    look.heading(
        "Connections", "The portals that can be read, up to ten. Each sync reads from one of them."
    )
    with st.container():
        for connection in calls.connections():
            _row(connection, calls)
    tested: tuple[str, Answer] | None = st.session_state.get(TESTED)
    with st.container():
        if tested is not None:
            _show_test_result(*tested)
    _add(calls)


def choose_connection(calls: Calls, before: str = FIRST, key: str = "new") -> str:
    """Draw the choice of a portal where there are several; returns the connection's name."""
    names = [str(connection["NAME"]) for connection in calls.connections()]
    names = list(dict.fromkeys([*names, before]))
    if len(names) < 2:
        return before
    return st.selectbox(
        "From the portal", names, names.index(before), key=f"{key}-connection", width=320,
        format_func=_title,
        help="Rows of two portals never share a table",
    )  # fmt: skip


def of_sync(sync: Row | None) -> str:
    """The name of the connection a sync reads from; the first where there is no sync."""
    settings = variant(sync["SETTINGS"]) if sync is not None else None
    return str((settings or {}).get("connection", FIRST))


def portal_zone(settings: place.Settings, calls: Calls) -> tzinfo:
    """The time zone of the portal that a sync reads from."""
    name = settings.get("connection", FIRST)
    zones = [row["TIME_ZONE"] for row in calls.connections() if row["NAME"] == name]
    return days.zone_named(zones[0] if zones else None)


def _title(name: str) -> str:
    return "The first portal" if name == FIRST else name


def _row(connection: Row, calls: Calls) -> None:
    name = str(connection["NAME"])
    with st.container(key=f"row-connection-{name}"):
        left, right = st.columns([8, 3], vertical_alignment="center")
        with left:
            look.html(
                f"<p><b>{escape(_title(name))}</b></p>"
                f'<p class="quiet">Portal '
                f"{escape(str(connection['PORTAL_ID'] or 'not asked yet'))}, "
                f"{escape(KINDS.get(str(connection['KIND']), str(connection['KIND']).lower()))}, "
                f"{'may write, ' if connection['WRITES'] else ''}"
                f"checked {words.time(connection['CHECKED_AT'])}</p>"
            )
        with right, st.container(horizontal=True):
            if name == FIRST:
                st.button("Change the key", key="change-first", on_click=_to_set_up)
                return
            st.button("Test", key=f"test-{name}", on_click=_ask_for, args=(name,))
            if pressing.pressed("Remove", f"remove-{name}"):
                _ask_remove(name, calls)
    if st.session_state.get("connection-due") == name:
        del st.session_state["connection-due"]
        with look.working(f"Asking HubSpot what {name} can read"):
            st.session_state[TESTED] = (name, calls.test_connection(name))
        st.rerun()


def _ask_for(name: str) -> None:
    st.session_state["connection-due"] = name


def _to_set_up() -> None:
    st.session_state["step"] = 1
    place.go(place.SET_UP)


def _show_test_result(name: str, answer: Answer) -> None:
    if answer.get("response_code") != "OK":
        look.tell(answer)
        return
    look.note(f"{name}:", escape(look.sentence(str(answer["message"]))), "good")
    connection_step.show_unreadable(
        [
            {"STREAM": stream["stream"], "SCOPES": stream["scopes"]}
            for stream in answer.get("streams") or []
            if not stream["readable"]
        ]
    )


def _add(calls: Calls) -> None:
    with (
        st.expander("Add a portal"),
        st.form("add-connection", clear_on_submit=True, border=False),
    ):
        left, right = st.columns(2)
        left.text_input("Name", key="connection-name", placeholder="emea", autocomplete="off")
        right.text_input(
            "Service key", type="password", key=FIELD, placeholder="pat-na1-…", autocomplete="off",
            help="Of the other portal. A name that is there already gets this key instead.",
        )  # fmt: skip
        st.form_submit_button("Add and test", on_click=_store, args=(calls,))


def _store(calls: Calls) -> None:
    """Store the credential and empty its field, before anything is drawn."""
    token = st.session_state.get(FIELD, "")
    st.session_state[FIELD] = ""
    name = str(st.session_state.get("connection-name", ""))
    answer = (
        calls.configure_connection(name, {"token": token})
        if token.strip()
        else connection_step.NO_KEY
    )
    if answer.get("response_code") == "OK":
        st.session_state.pop(TESTED, None)
        _ask_for(str(answer["connection"]))
    else:
        st.session_state[TESTED] = ("", answer)


@dialogs.asking("Remove this portal?")
def _ask_remove(name: str, calls: Calls) -> None:
    st.markdown(
        f"The credential of **{look.plain(name)}** is forgotten, and nothing can be read from that "
        "portal any more. Tables stay. While a sync reads from it, it cannot be removed."
    )

    def remove() -> Answer:
        return calls.drop_connection(name)

    def tell(answer: Answer) -> None:
        # beside the list: the top of the page is out of sight here
        st.session_state[TESTED] = (name, answer)

    dialogs.choice("Remove portal", remove, tell)
