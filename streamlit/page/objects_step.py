"""The step of Set up that picks streams, and filters for their records."""

from __future__ import annotations

from html import escape

import streamlit as st

from page import (
    connections_view,
    filter_view,
    filters,
    look,
    object_labels,
    personal_step,
    place,
    portal_properties,
    portal_streams,
    pressing,
    streams,
    words,
)
from page.calls import Calls, Row


def chosen() -> list[str]:
    """The names of the syncs picked so far; the list may be changed."""
    picked: list[str] = st.session_state.setdefault("chosen", [])
    return picked


def new(calls: Calls) -> list[str]:
    """The picked syncs that do not exist yet."""
    there = {str(sync["NAME"]) for sync in calls.syncs()}
    return [name for name in chosen() if name not in there]


def owner(sync: str) -> str:
    """The key of the draft that holds the settings of a picked sync."""
    return f"new {sync}"


def settings_of(sync: str) -> place.Settings:
    """The draft of a picked sync's settings."""
    return place.draft(owner(sync), {})


def stream_of(sync: str) -> str:
    """The stream that a picked sync reads."""
    return str(settings_of(sync).get("stream", sync))


def has_properties(sync: str, calls: Calls) -> bool:
    """Whether properties of a picked sync can be chosen and filtered by."""
    stream = stream_of(sync)
    return portal_streams.is_custom(stream) or bool(calls.stream_properties(stream))


def to_store(sync: str, database: str, schema: str, calls: Calls) -> place.Settings:
    """The settings of a picked sync as they will be stored."""
    destination = {"database": database, "schema": schema}
    settings = filters.cleaned(settings_of(sync))
    if has_properties(sync, calls):
        settings = personal_step.applied(settings)
    return {**settings, "destination": destination}


def summary(sync: str, calls: Calls) -> str:
    """In words which records of a picked sync are kept, and what of them is not in clear."""
    personal = personal_step.summary(has_properties=has_properties(sync, calls))
    return filter_view.summary(settings_of(sync)) + personal


def show(calls: Calls) -> bool:
    """Draw the step; true when a stream is picked."""
    look.heading("Objects", "What to keep in Snowflake. You can add and remove some at any time.")
    readable = [stream for stream in calls.streams() if stream["READABLE"]]
    if not readable:
        look.empty("Nothing can be read yet", "Go back to Connection and store a service key.")
        return False
    object_labels.learn_from(calls.streams())
    there = {str(sync["NAME"]) for sync in calls.syncs()}
    connection = connections_view.choose_connection(calls)
    with st.container():
        offered = portal_streams.of(connection, calls)
    readable = [stream for stream in offered if stream["READABLE"]]
    sought = _tools(readable, there, connection, calls)
    # the main objects are listed without their scope too, and so is what is searched for
    shown = [
        stream
        for stream in offered
        if (stream["READABLE"] or sought or stream["STREAM"] in streams.MAIN)
        and sought.strip().lower() in streams.search_text(stream)
    ]
    with st.container():
        if not shown:
            look.empty("No object of that name", "Clear the search to see all of them.")
        for group, members in streams.grouped(shown).items():
            unfolded = bool(sought) or group in streams.OPEN
            with st.expander(group, expanded=unfolded), st.container(horizontal=True):
                for stream in members:
                    _box(stream, there, connection)
    picked = new(calls)
    look.html(f'<p class="quiet">{words.plural(len(picked), "object")} chosen</p>')
    _filters(picked, calls)
    return bool(picked)


def wrong_filters(calls: Calls) -> dict[str, str]:
    """Why the filters of picked syncs cannot be stored, by sync."""
    faults = {}
    for name in new(calls):
        settings = settings_of(name)
        groups = settings.get("filter_groups")
        if groups:
            names = portal_properties.names(owner(name), stream_of(name), settings, calls)
            faults[name] = filters.fault(groups, names)
    return {name: fault for name, fault in faults.items() if fault is not None}


def sync_name(stream: str, connection: str) -> str:
    """The name of a stream's sync; for a further portal it begins with the connection's name."""
    return stream if connection == connections_view.FIRST else f"{connection}_{stream}"


def _tools(readable: list[Row], there: set[str], connection: str, calls: Calls) -> str:
    names = [str(stream["STREAM"]) for stream in readable]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sought = st.text_input(
            "Search", placeholder="Label or API name", key="sought",
            width=280,
        )  # fmt: skip
        recommended = [
            name
            for name in streams.RECOMMENDED
            if name in names and sync_name(name, connection) not in there
        ]
        st.button("Recommended", on_click=add, args=(recommended, connection))
        st.button("None", on_click=_pick_none)
        if pressing.pressed(
            "Look again", "discover",
            help="Ask HubSpot what there is now",
        ):  # fmt: skip
            with look.working("Asking HubSpot for objects, properties and counts"):
                look.remember(calls.discover())
            st.rerun()
    return sought


def _box(stream: Row, there: set[str], connection: str) -> None:
    name = sync_name(str(stream["STREAM"]), connection)
    label = streams.stream_label(stream)
    # counts are the first portal's
    counted = stream["RECORDS"] is not None and connection == connections_view.FIRST
    count = f" ({words.number(stream['RECORDS'])})" if counted else ""
    help_text = f"API name {stream['STREAM']}" + (
        f"; needs {stream['TIER']}" if stream["TIER"] else ""
    )
    st.checkbox(
        f"{look.plain(label)}{count}",
        name in there or name in chosen(),
        key=f"pick-{place.version('picks')}-{name}",
        on_change=_pick,
        args=(str(stream["STREAM"]), connection),
        disabled=name in there or not stream["READABLE"],
        width=310,
        help=help_text
        + ("; loaded already" if name in there else "")
        + ("" if stream["READABLE"] else _lacks(stream)),
    )


def _lacks(stream: Row) -> str:
    scopes = " or ".join(streams.scopes_of(stream))
    return f"; the key lacks the scope {scopes}" if scopes else "; the key cannot read it"


def _pick(stream: str, connection: str) -> None:
    name = sync_name(stream, connection)
    picked = chosen()
    if name in picked:
        picked.remove(name)
    else:
        picked.append(_begun(stream, connection))


def _begun(stream: str, connection: str) -> str:
    """The name of a newly picked sync, with stream and connection set in its draft where needed."""
    name = sync_name(stream, connection)
    if connection != connections_view.FIRST:
        settings_of(name).update(stream=stream, connection=connection)
    return name


def add(picked: list[str], connection: str) -> None:
    """Choose these streams of a portal too."""
    begun = [_begun(stream, connection) for stream in picked]
    st.session_state["chosen"] = [*dict.fromkeys([*chosen(), *begun])]
    place.redraw("picks")


def _pick_none() -> None:
    st.session_state["chosen"] = []
    place.redraw("picks")


def _filters(picked: list[str], calls: Calls) -> None:
    """Draw the filters of one picked stream; without filters all records are read."""
    able = [name for name in picked if has_properties(name, calls)]
    if not able:
        return
    st.space("small")
    personal_step.show([name for name in picked if name not in able])
    st.space("small")
    look.heading("Filters", "Optional: take only some records of an object.")
    # labels that change would make another box of it, which forgets what was chosen
    name = st.selectbox("Object", able, key="filtered", width=320, format_func=words.title)
    filter_view.show(owner(name), stream_of(name), settings_of(name), calls)


def table_of(database: str, schema: str, sync: str) -> str:
    """HTML of the table a sync goes to."""
    return f"<code>{escape(f'{database}.{schema}.{sync.upper()}')}</code>"
