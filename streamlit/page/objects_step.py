"""Which streams are loaded, and which records of them."""

from __future__ import annotations

from html import escape

import streamlit as st

from page import filter_view, look, place, streams, words
from page.calls import Calls, Row


def chosen() -> list[str]:
    """The streams picked so far."""
    picked: list[str] = st.session_state.setdefault("chosen", [])
    return picked


def owner(stream: str) -> str:
    """Under which name the settings of a stream that is being set up are drafted."""
    return f"new {stream}"


def settings_of(stream: str) -> place.Settings:
    """The settings given so far to a stream that was picked."""
    return place.draft(owner(stream), {})


def show(calls: Calls) -> bool:
    """Draw the step; whether any stream was picked."""
    look.heading("Objects", "What to keep in Snowflake. You can add and remove some at any time.")
    readable = [one for one in calls.streams() if one["READABLE"]]
    if not readable:
        look.empty("Nothing can be read yet", "Go back to Connection and store a service key.")
        return False
    there = {str(one["NAME"]) for one in calls.syncs()}
    sought = _tools(readable, there, calls)
    shown = [one for one in readable if sought.strip().lower() in streams.spelled(one)]
    if not shown:
        look.empty("No stream of that name", "Clear the search to see all of them.")
    for group, members in streams.grouped(shown).items():
        with st.expander(group, expanded=bool(sought) or group in streams.OPEN):
            columns = st.columns(3)
            for n, one in enumerate(members):
                with columns[n % 3]:
                    _box(one, there)
    picked = [one for one in chosen() if one not in there]
    look.html(f'<p class="quiet">{words.plural(len(picked), "stream")} chosen</p>')
    _filters(picked, calls)
    return bool(picked)


def _tools(readable: list[Row], there: set[str], calls: Calls) -> str:
    names = [str(one["STREAM"]) for one in readable if str(one["STREAM"]) not in there]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sought = st.text_input(
            "Search", placeholder="Label or API name", key="sought", icon=":material/search:",
            width=280,
        )  # fmt: skip
        recommended = [one for one in names if one in streams.RECOMMENDED]
        st.button("Recommended", on_click=_pick_all, args=(recommended,))
        st.button("None", on_click=_pick_all, args=([],))
        if st.button("Look again", icon=":material/refresh:", help="Ask HubSpot what there is now"):
            with look.working("Asking HubSpot for objects, properties and counts"):
                look.remember(calls.discover())
            st.rerun()
    return sought


def _box(stream: Row, there: set[str]) -> None:
    name = str(stream["STREAM"])
    label = streams.label(stream)
    count = "" if stream["RECORDS"] is None else f" :gray[{words.number(stream['RECORDS'])}]"
    told = f"API name {name}" + (f"; needs {stream['TIER']}" if stream["TIER"] else "")
    st.checkbox(
        f"{look.plain(label)}{count}",
        name in there or name in chosen(),
        key=f"pick-{place.version('picks')}-{name}",
        on_change=_pick,
        args=(name,),
        disabled=name in there,
        help=told + ("; loaded already" if name in there else ""),
    )


def _pick(name: str) -> None:
    picked = chosen()
    if name in picked:
        picked.remove(name)
    else:
        picked.append(name)


def _pick_all(names: list[str]) -> None:
    st.session_state["chosen"] = list(names)
    place.redraw("picks")


def _filters(picked: list[str], calls: Calls) -> None:
    """Which records of the streams that were picked; all of them when nothing is said."""
    able = [one for one in picked if calls.stream_properties(one)]
    if not able:
        return
    st.space("small")
    look.heading("Filters", "Optional: take only some records of an object.")
    # labels that change would make another box of it, which forgets what was chosen
    name = st.selectbox("Object", able, key="filtered", width=320, format_func=words.title)
    filter_view.show(owner(name), settings_of(name), calls.stream_properties(name))


def table_of(database: str, schema: str, stream: str) -> str:
    """HTML of the table a stream goes to."""
    return f"<code>{escape(f'{database}.{schema}.{stream.upper()}')}</code>"
