"""The step of Set up that stores the credential and tests what it can read."""

from __future__ import annotations

from html import escape

import streamlit as st

from page import look, pressing, words
from page.calls import Answer, Calls, Row
from page.streams import MAIN, first_scopes, scopes_of

FIELD = "credential"
OAUTH = ("oauth-client", "oauth-secret", "oauth-refresh")
NO_KEY: Answer = {"response_code": "Not yet", "message": "paste the service key first"}
IN_HUBSPOT = "to the key in HubSpot (Development > Keys > Service keys > your key > Scopes)"


def show(calls: Calls) -> bool:
    """Draw the step; true when anything can be read."""
    look.heading(
        "Connection",
        "The service key is stored in a secret that only this app can read. It is never shown.",
    )
    with st.form("connection", clear_on_submit=True):
        st.text_input(
            "Service key",
            type="password",
            key=FIELD,
            placeholder="pat-na1-…",
            autocomplete="off",
            help="From HubSpot: Development > Keys > Service keys. A private app token works too.",
        )
        st.form_submit_button("Store and test", type="primary", on_click=_store, args=(calls,))
    _oauth(calls)
    stored: Answer | None = st.session_state.pop("stored", None)
    refused = stored is not None and not is_ok(stored)
    with st.container():
        if stored is not None and refused:
            look.tell(stored)
        elif stored is not None or (
            calls.streams() and pressing.pressed("Test again", "test-again")
        ):
            _test(calls)
    return result(calls, of_before=refused)


def is_ok(answer: Answer) -> bool:
    """Whether a procedure did what it was asked to."""
    return answer.get("response_code") == "OK"


def _store(calls: Calls) -> None:
    """Store the credential and empty its field, before anything is drawn."""
    token = st.session_state.get(FIELD, "")
    st.session_state[FIELD] = ""
    st.session_state["stored"] = calls.set_token(token) if token.strip() else NO_KEY


def _oauth(calls: Calls) -> None:
    """Draw the form for an OAuth grant, the other kind of credential, which renews itself."""
    with (
        st.expander("Use an OAuth app instead"),
        st.form("oauth", clear_on_submit=True, border=False),
    ):
        st.text_input("Client id", key=OAUTH[0], autocomplete="off")
        st.text_input("Client secret", type="password", key=OAUTH[1], autocomplete="off")
        st.text_input("Refresh token", type="password", key=OAUTH[2], autocomplete="off")
        st.form_submit_button("Store and test the app", on_click=_store_grant, args=(calls,))


def _store_grant(calls: Calls) -> None:
    grant = [str(st.session_state.get(field, "")) for field in OAUTH]
    for field in OAUTH:
        st.session_state[field] = ""
    st.session_state["stored"] = calls.set_oauth(*grant)


def _test(calls: Calls) -> None:
    with look.working("Asking HubSpot what this key can read"):
        tested = calls.test_connection()
    if tested.get("response_code") == "OK":
        with look.working("Reading objects, properties and counts"):
            discovery = calls.discover()
        tested = tested if discovery.get("response_code") == "OK" else discovery
    st.session_state["tested"] = tested


def result(calls: Calls, *, of_before: bool = False) -> bool:
    """Draw the result of the last test; true when anything can be read.

    ``of_before``: another key was just refused, so that it speaks of the one that stays stored.
    """
    tested: Answer | None = st.session_state.get("tested")
    if tested is not None and not is_ok(tested):
        # beside why the new key was refused, that the one before is no good either would mislead
        return False if of_before else look.tell(tested)
    streams = calls.streams()
    if not streams:
        return False
    readable = [stream for stream in streams if stream["READABLE"]]
    portal = f" to portal {escape(str(tested['portal_id']))}" if tested else ""
    unreadable = [stream for stream in streams if not stream["READABLE"]]
    lacking = [stream for stream in unreadable if stream["STREAM"] in MAIN]
    lacking.sort(key=lambda stream: MAIN.index(str(stream["STREAM"])))
    key = "the key of before" if of_before else "this key"
    begin = "The key of before stays, connected" if of_before else "Connected"
    look.note(
        f"{begin}{portal}, but {'it' if of_before else 'this key'} cannot read {_named(lacking)}."
        if lacking
        else f"{begin}{portal}.",
        f"{len(readable)} of {words.plural(len(streams), 'object')} can be read with {key} "
        f"(checked {words.time(streams[0]['CHECKED_AT'])}).",
        "warn" if lacking or not readable else "calm" if of_before else "good",
    )
    if lacking:
        st.caption(f"Add these scopes {IN_HUBSPOT}, then test again:")
        st.code("\n".join(first_scopes(lacking)), language=None, wrap_lines=True)
    show_unreadable(unreadable)
    return bool(readable)


def _named(streams: list[Row]) -> str:
    return ", ".join(words.title(str(stream["STREAM"])) for stream in streams)


def show_unreadable(streams: list[Row]) -> None:
    """Draw the streams that cannot be read and the scopes they need, ready to copy."""
    if not streams:
        return
    with st.expander(f"{words.plural(len(streams), 'object')} cannot be read yet"):
        st.caption(
            f"Add the scope {IN_HUBSPOT}, then test again. Some need a paid HubSpot edition."
        )
        look.html(
            look.table(
                ("Object", "Scope to add"),
                [
                    (
                        escape(words.title(stream["STREAM"])),
                        f"<code>{escape(' or '.join(scopes_of(stream)))}</code>",
                    )
                    for stream in streams
                ],
            )
        )
        st.caption("All of them, to copy:")
        st.code("\n".join(first_scopes(streams)), language=None, wrap_lines=True)
