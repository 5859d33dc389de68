"""Chooses what the OBJECT columns of a source associate records with."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from page import look, place, push_draft, words
from page.calls import Answer, Calls
from page.push_source_view import OBJECTS, object_labels

CHOICES = (
    ("cleanup", push_draft.CLEANUP, "When a link is gone from the row"),
    ("unresolved", push_draft.UNRESOLVED, "When the other record is not there"),
)


def show(key: str, settings: place.Settings, suggestion: Answer, calls: Calls) -> None:
    """Draw the associations; changes ``settings`` in place."""
    columns = [
        name
        for name, about in suggestion["columns"].items()
        if about["kind"] == "JSON" and name not in push_draft.mapped_columns(settings)
    ]
    look.heading(
        "Associations",
        "An OBJECT column says which records a row's record is linked to: their keys, each with a "
        "label, a list of labels, or null.",
    )
    if not columns:
        look.html(
            '<p class="quiet">The source has no OBJECT column. In a view: '
            "<code>OBJECT_CONSTRUCT_KEEP_NULL('acme.com', 'Employee')</code>.</p>"
        )
        return
    stored: dict[str, Any] = settings.get("associations") or {}
    associations: dict[str, Any] = {}
    by_column = {push_draft.unquoted(name): link for name, link in stored.items()}
    for column in columns:
        link = _link(key, column, dict(by_column.get(column) or {}), settings, calls)
        if link is not None:
            associations[push_draft.spelled(column)] = link
    settings["associations"] = associations


def _link(
    key: str, column: str, link: dict[str, Any], settings: place.Settings, calls: Calls
) -> dict[str, Any] | None:
    with st.container(key=f"row-link-{key}-{column}"):
        left, to, by, more = st.columns([3, 3, 3, 4], vertical_alignment="bottom")
        with left:
            look.html(f"<p><b>{escape(column)}</b></p>")
        objects = object_labels(calls)
        names: list[str | None] = [*dict.fromkeys([None, *OBJECTS, *objects, link.get("to")])]
        target = to.selectbox(
            f"{column} links to", names, names.index(link.get("to")), key=f"{key}-to-{column}",
            format_func=lambda name: (
                objects.get(name) or words.title(name) if name else "– not linked –"
            ),
        )  # fmt: skip
        if target is None:
            return None
        link["to"] = target
        with look.working("Asking HubSpot how those records can be found"):
            answer = calls.suggest_push(
                settings["source"], str(target), str(settings["connection"])
            )
        unique = list(answer.get("unique") or ["hs_object_id"])
        before = link.get("match", unique[0])
        unique = list(dict.fromkeys([*unique, before]))
        match = by.selectbox(
            f"Keys in {column} are", unique, unique.index(before),
            key=f"{key}-by-{column}-{target}",
            format_func=lambda name: "HubSpot's record ids" if name == "hs_object_id" else name,
        )  # fmt: skip
        _put(link, "match", match, "hs_object_id")
        with more, st.popover("More"):
            for name, choices, label in CHOICES:
                _choice(link, name, choices, label, f"{key}-{name}-{column}")
            labels = st.toggle(
                "Make labels that are not there", bool(link.get("create_labels", False)),
                key=f"{key}-create-{column}",
            )  # fmt: skip
            _put(link, "create_labels", labels, False)
    return link


def _choice(link: dict[str, Any], name: str, choices: dict[str, str], label: str, key: str) -> None:
    first = next(iter(choices))
    names = list(choices)
    chosen = st.selectbox(
        label, names, names.index(link.get(name, first)), key=key, format_func=choices.__getitem__
    )
    _put(link, name, chosen, first)


def _put(link: dict[str, Any], name: str, value: Any, default: Any) -> None:
    if value == default:
        link.pop(name, None)
    else:
        link[name] = value
