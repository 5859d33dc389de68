"""Edits which properties a sync takes, and lists them with their share of filled rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import streamlit as st

from page import globs, look, picking, place, portal_properties, words
from page.calls import Calls, Row

CHOICES = TAKEN, HASHED, LEFT_OUT = "Taken", "Hashed", "Left out"
FEW = 8
"""So many properties that are searched for are shown with a choice each."""


def show(sync: Row, settings: place.Settings, calls: Calls) -> None:
    """Draw the choice and the list of properties; changes ``settings`` in place."""
    name = str(sync["NAME"])
    properties = portal_properties.of(name, str(sync["STREAM"]), settings, calls)
    if not properties:
        look.empty(
            "This object has no properties to choose", "Its table has fixed columns; see Data."
        )
        return
    with st.container():
        choose_properties(name, settings, properties)
    _personal(name, settings)
    _policy(name, settings)
    seen = calls.properties(name)
    left_out = _later(properties, seen) if settings.get("new_properties") == "ignore" else set()
    fill = calls.fill(str(sync["DESTINATION"] or ""))
    columns = {str(property_["PROPERTY"]): str(property_["COLUMN_NAME"]) for property_ in seen}
    _listed(
        name,
        settings,
        properties,
        left_out,
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
            "Patterns, with ! for what is left out", " ".join(before), key=f"{key}-globs",
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
                placeholder="Search by label or name, or type a pattern such as hs_email_*",
            ),
        )
    if chosen == ["*"]:
        settings.pop("properties", None)
    else:
        settings["properties"] = chosen


def _personal(name: str, settings: place.Settings) -> None:
    """Draw the buttons that leave e-mail addresses and phone numbers in HubSpot, or hash them."""
    taken, hashed = _taken(settings), _hashed(settings)
    left_out = globs.without_personal(taken)
    all_hashed = globs.with_personal(hashed)
    read = globs.without_denials(taken, globs.PERSONAL)

    def leave_out() -> None:
        _store(settings, left_out, [glob for glob in hashed if glob not in globs.PERSONAL])
        place.redraw(name)

    def hash_them() -> None:
        _store(settings, read, all_hashed)
        place.redraw(name)

    with st.container(horizontal=True):
        st.button(
            "Leave out e-mail and phone", on_click=leave_out,
            disabled=taken == left_out,
            help="Also properties of that kind that are made later. Columns that are there already "
            "keep what they hold: drop them, or the table, in Snowflake",
        )  # fmt: skip
        st.button(
            "Hash e-mail and phone", on_click=hash_them,
            disabled=hashed == all_hashed and taken == read,
            help="Also properties of that kind that are made later. Equal values have equal "
            "hashes, which can be joined and counted and not read; what the table holds "
            "already is hashed by the next run",
        )  # fmt: skip


def _policy(name: str, settings: place.Settings) -> None:
    """Draw the switch that says what happens with properties that appear in HubSpot later."""
    takes_new = st.toggle(
        "Take properties that are made later",
        settings.get("new_properties", "add") == "add",
        key=f"{name}-{place.version(name)}-new",
        help="Without it they are left out until you name them; notifications tell of them "
        "either way",
    )
    if takes_new:
        settings.pop("new_properties", None)
    else:
        settings["new_properties"] = "ignore"


def _later(properties: list[Row], seen: list[Row]) -> set[str]:
    """The names of those made after the first run that no run took, by what the last one saw.

    One that was made after the last run is among them; before the first run none is.
    """
    taken = {str(row["PROPERTY"]) for row in seen if not row["IGNORED"]}
    return {str(row["PROPERTY"]) for row in properties} - taken if seen else set()


def _taken(settings: place.Settings) -> list[str]:
    return [str(glob) for glob in settings.get("properties") or ["*"]]


def _hashed(settings: place.Settings) -> list[str]:
    return [str(glob) for glob in settings.get("hash") or []]


def _store(settings: place.Settings, taken: list[str], hashed: list[str]) -> None:
    """Put the choice into the settings; what is the default is left out of them."""
    for setting, chosen, default in (("properties", taken, ["*"]), ("hash", hashed, [])):
        # denials alone would hash everything else
        if chosen == default or (setting == "hash" and all(glob[0] == "!" for glob in chosen)):
            settings.pop(setting, None)
        else:
            settings[setting] = chosen


def _one_by_one(
    owner: str,
    settings: place.Settings,
    shown: list[Row],
    properties: list[Row],
    left_out: Collection[str],
) -> None:
    """Draw a choice for each property that was searched for: taken, hashed or left out."""
    names = [str(property_["PROPERTY"]) for property_ in properties]

    def choose(name: str, key: str) -> None:
        choice = st.session_state[key]
        if choice is None:
            return
        taken = globs.with_choice(_taken(settings), name, taken=choice != LEFT_OUT, names=names)
        if choice != LEFT_OUT and name in left_out:
            taken = globs.with_name(taken, name)
        _store(
            settings,
            taken,
            globs.with_choice(_hashed(settings), name, taken=choice == HASHED, names=names),
        )
        place.redraw(owner)

    for property_ in shown:
        name = str(property_["PROPERTY"])
        key = f"{owner}-{place.version(owner)}-as-{name}"
        st.segmented_control(
            f"{property_['LABEL']} · {name}", CHOICES, key=key,
            default=_choice(settings, name, left_out),
            on_change=choose, args=(name, key),
        )  # fmt: skip


def _choice(settings: place.Settings, name: str, left_out: Collection[str]) -> str:
    """How a property lands; those ``left_out`` do where the settings name them."""
    taken = _taken(settings)
    if not globs.is_among(taken, name) or (name in left_out and name not in taken):
        return LEFT_OUT
    return HASHED if globs.is_among(_hashed(settings), name) else TAKEN


def _listed(
    owner: str,
    settings: place.Settings,
    properties: list[Row],
    left_out: Collection[str],
    fill: dict[str, float | None],
) -> None:
    sought = st.text_input(
        "Search properties", key=f"{owner}-sought", width=280,
        placeholder="Label or name", label_visibility="collapsed",
        help=f"Of up to {FEW} that are found each can be taken, hashed or left out by a press",
    ).lower()  # fmt: skip
    shown = [
        property_
        for property_ in properties
        if sought in f"{property_['LABEL']} {property_['PROPERTY']}".lower()
    ]
    if sought and len(shown) <= FEW:
        _one_by_one(owner, settings, shown, properties, left_out)
    choices = {
        str(property_["PROPERTY"]): _choice(settings, str(property_["PROPERTY"]), left_out)
        for property_ in properties
    }
    counts = Counter(choices.values())
    hashed = f", {words.number(counts[HASHED])} of them hashed" if counts[HASHED] else ""
    look.html(
        f'<p class="quiet">{words.number(len(properties) - counts[LEFT_OUT])} of '
        f"{words.plural(len(properties), 'property', 'properties')} taken{hashed}</p>"
    )
    st.dataframe(
        [
            {
                "Lands": choices[str(property_["PROPERTY"])],
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
