"""Maps columns to properties side by side, and checks types and options meanwhile."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from page import look, mapping_checks, place, push_draft, words
from page.calls import Answer, Calls

SAMPLE = 50
TONES = {"good": "Fits", "warn": "Look", "bad": "Does not fit"}
WIDTHS = [3, 4, 2, 4]


def show(owner: str, key: str, settings: place.Settings, suggestion: Answer, calls: Calls) -> None:
    """Draw the mapping; changes ``settings`` in place."""
    look.heading(
        "Mapping", "Each column of the source, and the property of HubSpot that it fills, if any."
    )
    columns = {
        name: about for name, about in suggestion["columns"].items() if about["kind"] != "JSON"
    }
    columns |= {name: about for name, about in suggestion["columns"].items() if name not in columns}
    mapped = push_draft.mapped_columns(settings)
    missing = {
        name: column
        for name, column in suggestion["suggested"].items()
        if column not in mapped and name not in (settings.get("properties") or {})
    }
    with st.container(horizontal=True, vertical_alignment="center"):
        look.html(
            f'<p class="quiet">{words.plural(len(mapped), "column")} of {len(columns)} mapped</p>'
        )
        if missing:
            st.button(
                "Map what has the same name", key=f"{key}-suggest", on_click=_suggest,
                args=(owner, settings, missing),
            )  # fmt: skip
    values = calls.source_values(
        settings["source"],
        [name for name, about in columns.items() if about["kind"] != "JSON"],
        SAMPLE,
    )
    properties = {prop["name"]: prop for prop in suggestion["properties"]}
    for column, about in columns.items():
        if about["kind"] == "JSON" and about["type"] == "OBJECT":
            continue
        _row(owner, key, settings, column, about, properties, suggestion, values.get(column, []))


def _suggest(owner: str, settings: place.Settings, missing: dict[str, str]) -> None:
    for name, column in missing.items():
        push_draft.map_column(settings, column, name)
    place.redraw(owner)


def _take(owner: str, key: str, settings: place.Settings, column: str) -> None:
    """Let a column fill the property just chosen for it, in place of the column that did."""
    chosen: str | None = st.session_state.get(f"{key}-map-{column}")
    before = push_draft.filling(settings, chosen)
    _taken().pop((owner, column), None)
    if chosen is None or before in (None, column):
        return
    push_draft.map_column(settings, column, chosen)
    _taken()[owner, str(before)] = chosen
    # the other column's box has to show that nothing is chosen there any more
    place.redraw(owner)


def _taken() -> dict[tuple[str, str], str]:
    """The properties that columns filled until another column was given them."""
    by_column: dict[tuple[str, str], str] = st.session_state.setdefault("taken-properties", {})
    return by_column


def _row(
    owner: str,
    key: str,
    settings: place.Settings,
    column: str,
    about: dict[str, str],
    properties: dict[str, dict[str, Any]],
    suggestion: Answer,
    values: list[str],
) -> None:
    before = push_draft.mapped_columns(settings).get(column)
    names: list[str | None] = [None, *properties]
    if before not in names:
        names.append(before)
    with st.container(key=f"row-map-{key}-{column}"):
        left, middle, how, right = st.columns(WIDTHS, vertical_alignment="center")
        with left:
            look.html(
                f"<p><b>{escape(column)}</b></p>"
                f'<p class="quiet small">{escape(about["type"].lower())}'
                f"{escape(_example(values))}</p>"
            )
        chosen = middle.selectbox(
            f"Property for {column}", names, names.index(before), key=f"{key}-map-{column}",
            format_func=lambda name: _title(name, properties), label_visibility="collapsed",
            placeholder="Not sent", on_change=_take, args=(owner, key, settings, column),
        )  # fmt: skip
        if chosen is None:
            taken = _taken().get((owner, column))
            by = push_draft.filling(settings, taken)
            if by is not None:
                with right:
                    look.html(
                        f'<p class="small">{escape(str(taken))} is filled by {escape(by)} now</p>'
                    )
            if before is not None:
                push_draft.map_column(settings, column, None)
            return
        prop = properties.get(chosen)
        if prop is None:
            with right:
                look.html(f"{look.badge('Does not fit', 'bad')} no property that can be written")
            return
        write = _write(key, settings, column, prop, how)
        result = mapping_checks.check(prop, about["kind"], suggestion["fills"], values)
        push_draft.map_column(settings, column, chosen, write, by_label=result.by_label)
        with right:
            look.html(
                f"<p>{look.badge(TONES[result.tone], result.tone)} "
                f'<span class="small">{escape(result.text)}</span></p>'
            )


def _example(values: list[str]) -> str:
    return f" · {values[0][:40]}" if values else ""


def _title(name: str | None, properties: dict[str, dict[str, Any]]) -> str:
    if name is None:
        return "– not sent –"
    return f"{properties[name]['label']} · {name}" if name in properties else name


def _write(
    key: str, settings: place.Settings, column: str, prop: dict[str, Any], place_of_it: Any
) -> str:
    """Draw when the property is written; returns the choice."""
    stored = (settings.get("properties") or {}).get(prop["name"])
    before = stored.get("write", "set") if isinstance(stored, dict) else "set"
    several = _takes_several(prop) or before == "append"
    ways = [way for way in push_draft.WRITES if way != "append" or several]
    return str(
        place_of_it.selectbox(
            f"When {column} is written", ways, ways.index(before) if before in ways else 0,
            key=f"{key}-write-{column}", format_func=push_draft.WRITES.__getitem__,
            label_visibility="collapsed",
        )
    )  # fmt: skip


def _takes_several(prop: dict[str, Any]) -> bool:
    return bool(prop["type"] == "enumeration" and prop["field_type"] == "checkbox")
