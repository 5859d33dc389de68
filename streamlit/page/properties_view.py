"""Edits which properties a sync takes, and lists them with their share of filled rows."""

from __future__ import annotations

import streamlit as st

from page import globs, look, picking, place, portal_properties, words
from page.calls import Calls, Row


def show(sync: Row, settings: place.Settings, calls: Calls) -> None:
    """Draw the choice and the list of properties; changes ``settings`` in place."""
    name = str(sync["NAME"])
    properties = portal_properties.of(name, str(sync["STREAM"]), settings, calls)
    if not properties:
        look.empty(
            "This object has no properties to choose", "Its table has fixed columns; see Data."
        )
        return
    choose_properties(name, settings, properties)
    _leave_out_personal(name, settings)
    taken = settings.get("properties") or ["*"]
    fill = calls.fill(str(sync["DESTINATION"] or ""))
    columns = {
        str(property_["PROPERTY"]): str(property_["COLUMN_NAME"])
        for property_ in calls.properties(name)
    }
    _listed(
        name,
        properties,
        taken,
        {property_name: fill.get(column) for property_name, column in columns.items()},
    )


def choose_properties(owner: str, settings: place.Settings, properties: list[Row]) -> None:
    """Draw the choice of properties, or a field for globs; changes ``settings`` in place."""
    labels = {str(property_["PROPERTY"]): str(property_["LABEL"]) for property_ in properties}
    before = list(settings.get("properties") or ["*"])
    key = f"{owner}-{place.version(owner)}"
    way = st.segmented_control(
        "Properties to take", globs.WAYS, default=globs.way(before), key=f"{key}-way"
    ) or globs.way(before)
    if way == globs.OTHER:
        text = st.text_input(
            "Globs, with ! for what is left out", " ".join(before), key=f"{key}-globs",
            help="For example: * !hs_email_*",
        )  # fmt: skip
        chosen = text.split() or ["*"]
    elif way == globs.ALL:
        chosen = ["*"]
    else:
        names = globs.names_in(before) if globs.way(before) == way else []
        chosen = globs.globs_for(
            way,
            picking.several(
                "Take" if way == globs.ONLY else "Leave out",
                labels,
                names,
                f"{key}-{way}-names",
                format_func=lambda name: f"{labels[name]} · {name}" if name in labels else name,
                accept_new_options=True,
                placeholder="Search by label or name, or type a glob such as hs_email_*",
            ),
        )
    if chosen == ["*"]:
        settings.pop("properties", None)
    else:
        settings["properties"] = chosen


def _leave_out_personal(name: str, settings: place.Settings) -> None:
    """Draw the button that leaves e-mail addresses and phone numbers in HubSpot."""
    before = [str(glob) for glob in settings.get("properties") or ["*"]]
    after = globs.without_personal(before)

    def leave_out() -> None:
        settings["properties"] = after
        place.redraw(name)

    st.button(
        "Leave out e-mail and phone", on_click=leave_out,
        disabled=before == after,
        help="Also properties of that kind that are made later. Columns that are there already "
        "keep what they hold: drop them, or the table, in Snowflake",
    )  # fmt: skip


def _listed(
    owner: str, properties: list[Row], taken: list[str], fill: dict[str, float | None]
) -> None:
    sought = st.text_input(
        "Search properties", key=f"{owner}-sought", placeholder="Label or name", width=280,
        label_visibility="collapsed",
    ).lower()  # fmt: skip
    shown = [
        property_
        for property_ in properties
        if sought in f"{property_['LABEL']} {property_['PROPERTY']}".lower()
    ]
    count = sum(1 for property_ in properties if globs.takes(taken, str(property_["PROPERTY"])))
    look.html(
        f'<p class="quiet">{words.number(count)} of {words.number(len(properties))} properties '
        "taken</p>"
    )
    st.dataframe(
        [
            {
                "Taken": globs.takes(taken, str(property_["PROPERTY"])),
                "Label": property_["LABEL"],
                "Property": property_["PROPERTY"],
                "Type": property_["TYPE"],
                "Filled": fill.get(str(property_["PROPERTY"])),
                "Calculated": bool(property_["CALCULATED"]),
                "Description": property_["DESCRIPTION"],
            }
            for property_ in shown
        ],
        hide_index=True,
        height=420,
        column_config={
            "Filled": st.column_config.ProgressColumn(
                "Filled", format="percent", min_value=0, max_value=1,
                help="Share of the rows that have a value; known once the table has rows",
            ),
            "Label": st.column_config.TextColumn(width="medium"),
            "Description": st.column_config.TextColumn(width="large"),
        },
    )  # fmt: skip
