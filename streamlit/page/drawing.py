"""The page's frame: navigation, the open part, and errors while drawing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from page import (
    first_use,
    look,
    place,
    push_list,
    run_list,
    settings_view,
    sync_list,
    tables_view,
    traces,
    trust_view,
)
from page.calls import Calls, Failed

SHOWN = {
    place.SET_UP: first_use.show,
    place.SYNCS: sync_list.show,
    place.PUSHES: push_list.show,
    place.RUNS: run_list.show,
    place.TRUST: trust_view.show,
    place.DATA: tables_view.show,
    place.SETTINGS: settings_view.show,
}


def top(calls: Calls) -> DeltaGenerator:
    """The product's name, the parts of the page, and what asks Snowflake again.

    Returns the place for the way back.
    """
    with st.container(
        key="top", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        look.brand(place.part() or place.SET_UP)
        back = st.container(key="way-back", width="content")
        with st.container(key="nav", horizontal=True, width="content"):
            for part in SHOWN:
                st.button(
                    part,
                    key=f"nav-{part}",
                    type="primary" if part == place.part() else "tertiary",
                    on_click=place.go,
                    args=(part,),
                )
            st.button("Refresh", key="refresh", type="tertiary", on_click=calls.forget)
    return back


def show(part: str, calls: Calls) -> None:
    """Draw a part of the page."""
    SHOWN[part](calls)


@contextmanager
def error_boundary() -> Iterator[None]:
    """Show any error while drawing as one line instead of a stack trace."""
    try:
        yield
    except Failed as failed:
        look.note(
            failed.code,
            f"{escape(look.sentence(failed.message))} Reload the page to try again.",
            "bad",
        )
    except Exception as error:
        error_id, trace = traces.internal_error(error)
        look.note(
            "INTERNAL_ERROR",
            f"This part of the page cannot be shown: unexpected internal error {error_id}. "
            "The syncs are not affected. Reload the page; if it stays, report the id with this, "
            f"which are places in the code, none of your data: {escape(trace)}",
            "bad",
        )
