"""The choice of a push's source, object and connection, and how a row finds its record."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from page import connection_step, look, place, push_draft, streams, words
from page.calls import Answer, Calls

OBJECTS = (
    *("contacts", "companies", "deals", "tickets", "products", "line_items", "quotes", "notes"),
)
FIELD = "writer-token"
SUGGESTED = "push-suggested"


def show(
    owner: str, key: str, settings: place.Settings, calls: Calls, *, is_new: bool
) -> Answer | None:
    """Draw source, object and connection; what could fill what, None while that is not known."""
    connection = _connection(key, settings, calls)
    if connection is None:
        return None
    source = _source(key, settings)
    _object(key, settings, calls, is_new=is_new)
    if source is None:
        look.html(
            '<p class="quiet">Name a table or view that the app may read, in full: '
            "<code>DATABASE.SCHEMA.NAME</code>.</p>"
        )
        return None
    with look.working("Looking at the source and at the object's properties"):
        suggestion = calls.suggest_push(source, str(settings["object"]), connection)
    if suggestion.get("response_code") != "OK":
        look.tell(suggestion)
        st.button("Look again", on_click=calls.forget)
        return None
    if is_new and st.session_state.get(SUGGESTED) != _what(settings):
        st.session_state[SUGGESTED] = _what(settings)
        _begin(settings, suggestion)
        place.redraw(owner)
        st.rerun()
    return suggestion


def remember(settings: place.Settings) -> None:
    """Note that what has the same names was mapped already."""
    st.session_state[SUGGESTED] = _what(settings)


def _what(settings: place.Settings) -> str:
    return f"{settings.get('source')} {settings.get('object', OBJECTS[0])}"


def _begin(settings: place.Settings, suggestion: Answer) -> None:
    """Map what has the same names, once for each source and object."""
    for name in ("properties", "associations", "match", "key"):
        settings.pop(name, None)
    for name, column in suggestion["suggested"].items():
        if name != suggestion["external_id"]:
            push_draft.map_column(settings, column, name)
    if suggestion["key"]:
        settings["key"] = push_draft.spelled(suggestion["key"])
    if suggestion["match"]:
        [(name, column)] = suggestion["match"].items()
        settings["match"] = {name: push_draft.spelled(column)}


def _connection(key: str, settings: place.Settings, calls: Calls) -> str | None:
    writers = calls.writers()
    if not writers:
        look.note(
            "A key that may write.",
            "The key that syncs read with stays read-only. Make a second service key in HubSpot "
            "with the read and write scopes of what you send (for contacts "
            "<code>crm.objects.contacts.read</code> and <code>.write</code>), and store it here.",
            "busy",
        )
        with st.form("add-writer", clear_on_submit=True, border=False):
            st.text_input(
                "Service key that may write", type="password", key=FIELD, placeholder="pat-na1-…",
                autocomplete="off", width=420,
            )  # fmt: skip
            st.form_submit_button("Store it as “writer”", on_click=_store, args=(calls,))
        return None
    before = settings.get("connection", writers[0])
    names = list(dict.fromkeys([*writers, before]))
    chosen = before
    if len(names) > 1:
        chosen = st.selectbox(
            "With the key", names, names.index(before), key=f"{key}-connection", width=320
        )
    settings["connection"] = chosen
    return str(chosen)


def _store(calls: Calls) -> None:
    """Store the credential and empty its field, before anything is drawn."""
    token = st.session_state.get(FIELD, "")
    st.session_state[FIELD] = ""
    writer: dict[str, Any] = {"token": token, "writes": True}
    look.remember(
        calls.configure_connection("writer", writer) if token.strip() else connection_step.NO_KEY
    )


def _source(key: str, settings: place.Settings) -> dict[str, str] | None:
    before: dict[str, str] = settings.get("source") or {}
    kind_before = "View" if "view" in before else "Table"
    name_before = before.get("table") or before.get("view")
    text_before = f"{before['database']}.{before['schema']}.{name_before}" if before else ""
    left, right = st.columns([5, 2])
    text = left.text_input(
        "Table or view in Snowflake", text_before, key=f"{key}-source",
        placeholder="DATABASE.SCHEMA.NAME",
    )  # fmt: skip
    kind = right.selectbox(
        "It is a", ("Table", "View"), ("Table", "View").index(kind_before), key=f"{key}-kind"
    )
    source = push_draft.source_of(text, kind)
    if source is not None:
        settings["source"] = source
    return source


def object_labels(calls: Calls) -> dict[str, str]:
    """The objects of the portal that can be read, custom ones too, with their labels."""
    return {
        str(stream["STREAM"]): streams.stream_label(stream)
        for stream in calls.streams()
        if stream["READER"] == "RECORDS" and stream["READABLE"]
    }


def _object(key: str, settings: place.Settings, calls: Calls, *, is_new: bool) -> None:
    labels = object_labels(calls)
    before = settings.get("object", OBJECTS[0])
    names = list(dict.fromkeys([*OBJECTS, *labels, before]))
    settings["object"] = st.selectbox(
        "Records in HubSpot", names, names.index(before), key=f"{key}-object", width=320,
        format_func=lambda name: labels.get(name) or words.title(name), disabled=not is_new,
    )  # fmt: skip


def key_and_match(key: str, settings: place.Settings, suggestion: Answer, calls: Calls) -> None:
    """Draw the key of a row, what is done with records, and how they are found."""
    look.heading("Rows and records", "How a row is told from others, and how it finds its record.")
    columns = [name for name, about in suggestion["columns"].items() if about["kind"] != "JSON"]
    left, right = st.columns(2, gap="large")
    with left:
        before = settings.get("key")
        chosen_before = [before] if isinstance(before, str) else list(before or [])
        chosen = st.multiselect(
            "Key: the columns that tell rows apart", columns,
            [push_draft.unquoted(name) for name in chosen_before], key=f"{key}-key",
        )  # fmt: skip
        spelled = [push_draft.spelled(name) for name in chosen]
        settings["key"] = spelled[0] if len(spelled) == 1 else spelled
        strategy = push_draft.value_of(settings, "strategy")
        chosen_strategy = st.selectbox(
            "What is done", list(push_draft.STRATEGIES),
            list(push_draft.STRATEGIES).index(strategy), key=f"{key}-strategy",
            format_func=push_draft.STRATEGIES.__getitem__,
        )  # fmt: skip
        push_draft.put(settings, "strategy", chosen_strategy)
    with right:
        _match(key, settings, suggestion, columns)
    _external_id(key, settings, suggestion, calls)


def _match(key: str, settings: place.Settings, suggestion: Answer, columns: list[str]) -> None:
    labels = {prop["name"]: prop["label"] for prop in suggestion["properties"]}
    labels["hs_object_id"] = "HubSpot's record id"
    by_key = ""
    match: dict[str, str] = settings.get("match") or {}
    before = next(iter(match), by_key)
    names = list(dict.fromkeys([by_key, *suggestion["unique"], before]))
    chosen = st.selectbox(
        "A record is found by", names, names.index(before), key=f"{key}-match",
        format_func=lambda name: (
            f"{labels.get(name, name)} · {name}" if name else "The property that holds the key"
        ),
        help="Only properties whose values are unique in HubSpot can tell records apart",
    )  # fmt: skip
    if not chosen:
        settings.pop("match", None)
        return
    column_before = push_draft.unquoted(match[chosen]) if chosen in match else None
    known = columns.index(column_before) if column_before in columns else None
    column = st.selectbox(
        f"{labels.get(chosen, chosen)} is in the column", columns, known,
        key=f"{key}-match-{chosen}", placeholder="Choose a column",
    )  # fmt: skip
    if column is not None:
        settings["match"] = {chosen: push_draft.spelled(column)}
    else:
        settings.pop("match", None)


def _external_id(key: str, settings: place.Settings, suggestion: Answer, calls: Calls) -> None:
    """Offer to make the property for the key, where there is none and one is needed."""
    strategy = push_draft.value_of(settings, "strategy")
    if suggestion["external_id"] or (strategy in ("update", "archive") and settings.get("match")):
        return
    needed = strategy == "create" or not settings.get("match")
    name = escape(words.title(str(settings["object"])).lower())
    look.note(
        "A property for the key:" if needed else "Advised: a property for the key.",
        f"HubSpot's {name} have no property that holds a row's key. With one, a record is found "
        "again though its e-mail address or HubSpot's answer was lost.",
        "warn" if needed else "calm",
    )
    if st.button("Make snowflake_key in HubSpot", key=f"{key}-external-id"):
        with look.working("Making the property in HubSpot"):
            look.remember(
                calls.create_external_id(str(settings["object"]), str(settings["connection"]))
            )
        st.rerun()
