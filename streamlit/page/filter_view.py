"""The filter builder: widgets for filter groups beside their JSON."""

from __future__ import annotations

from datetime import date, tzinfo
from html import escape
from typing import Any

import streamlit as st

from page import (
    connections_view,
    days,
    filters,
    look,
    losses,
    picking,
    place,
    portal_names,
    portal_properties,
    pressing,
    relative_days,
    setting_words,
    words,
)
from page.calls import Calls, Row, variant
from page.filters import Filter, Group

Properties = dict[str, Row]
USUAL = ("lifecyclestage", "dealstage", "hs_pipeline_stage", "industry", "createdate")


def show(owner: str, stream: str, settings: place.Settings, calls: Calls) -> None:
    """Draw the editor of ``settings["filter_groups"]``, as widgets and as JSON.

    Args:
        owner: Whose filters these are; part of the widgets' keys.
        stream: What is filtered.
        settings: A draft; changed in place.
        calls: The way to the portal's properties, and to the records.
    """
    properties = {
        str(property_["PROPERTY"]): property_
        for property_ in portal_properties.of(owner, stream, settings, calls)
    }
    groups: list[Group] = settings.get("filter_groups") or []
    zone = connections_view.portal_zone(settings, calls)
    # conditions are long: "is more than … days ago" must be told from "is in the last … days"
    left, right = st.columns([7, 3], gap="medium")
    with left:
        with st.container():
            edited = [_group(owner, n, group, properties, zone) for n, group in enumerate(groups)]
        with st.container(horizontal=True):
            st.button(
                "Add a filter" if not groups else "Or: add a group",
                key=f"{owner}-add-group",
                disabled=len(groups) >= filters.GROUPS or not properties,
                on_click=_add_group,
                args=(owner, settings, _fresh(properties)),
            )
    _keep(settings, edited)
    with right:
        _json(owner, settings)
    names = portal_names.names_of([*properties.values()])
    takes = (
        f"Takes {'records where ' if filters.complete(edited) else ''}"
        f"<b>{escape(filters.filter_sentence(edited, names))}</b>"
        f"{escape(setting_words.unchanged_since(settings))}."
    )
    # a line in all cases: what moved under a finger would not be pressed
    wrong = filters.fault(edited, names)
    look.html(f"<p>{escape(wrong) if wrong else takes}</p>")
    _matching(owner, stream, settings, calls, is_wrong=wrong is not None)


def _matching(
    owner: str, stream: str, settings: place.Settings, calls: Calls, *, is_wrong: bool
) -> None:
    """Draw a button that counts the records that the filters take, saved or not.

    Where a filter ``is_wrong`` there is nothing to count: without its value others would match.
    """
    counted_settings = losses.counted(settings)
    kept = f"{owner}-matching"
    with st.container(horizontal=True, vertical_alignment="center"):
        if pressing.pressed("How many match now", f"{owner}-count") and not is_wrong:
            with look.working("Asking HubSpot how many records match"):
                st.session_state[kept] = (
                    counted_settings,
                    calls.count_records(stream, counted_settings),
                )
        asked, answer = st.session_state.get(kept, (None, {}))
        if is_wrong:
            return
        if asked == counted_settings and answer.get("response_code") == "OK":
            count = int(answer["records"])
            look.html(
                f"<p><b>{words.plural(count, 'record')}</b> {'matches' if count == 1 else 'match'} "
                "now</p>"
            )
    with st.container():
        if asked == counted_settings and answer.get("response_code") != "OK":
            look.tell(answer)


def _keep(settings: place.Settings, groups: list[Group]) -> None:
    if groups:
        settings["filter_groups"] = groups
    else:
        settings.pop("filter_groups", None)


def _group(owner: str, g: int, group: Group, properties: Properties, zone: tzinfo) -> Group:
    with st.container(border=True):
        if g:
            st.caption("or all of these hold")
        else:
            st.caption("Records of which all of these hold")
        edited = [
            _filter(owner, g, f, filter_, properties, zone)
            for f, filter_ in enumerate(group["filters"])
        ]
        st.button(
            "And",
            key=f"{owner}-{g}-and",
            type="tertiary",
            disabled=len(edited) >= filters.FILTERS,
            on_click=_add_filter,
            args=(owner, group, _fresh(properties)),
        )
    group["filters"] = edited
    return {"filters": edited}


def _filter(
    owner: str, g: int, f: int, filter_: Filter, properties: Properties, zone: tzinfo
) -> Filter:
    at = f"{owner}-{place.version(owner)}-{g}-{f}"
    names = list(properties)
    name = str(filter_["propertyName"])
    if name not in properties:
        names = [name, *names]
    first, second, third, last = st.columns([7, 8, 7, 3], vertical_alignment="bottom", gap="small")
    name = first.selectbox(
        "Property",
        names,
        names.index(name),
        key=f"{at}-property",
        format_func=lambda each: _property_label(each, properties),
        label_visibility="collapsed" if f else "visible",
    )
    type_ = str(properties[name]["TYPE"]) if name in properties else "string"
    if name == filter_["propertyName"]:
        filter_ = days.shown(filter_, type_)
        fitting = list(dict.fromkeys([*filters.operators(type_), str(filter_["operator"])]))
    else:
        fitting = list(filters.operators(type_))
    operator = str(filter_["operator"]) if filter_["operator"] in fitting else fitting[0]
    operator = second.selectbox(
        "Condition",
        fitting,
        fitting.index(operator),
        key=f"{at}-{name}-operator",
        format_func=lambda each: filters.operator_words(each, type_),
        label_visibility="collapsed" if f else "visible",
        help=f"Whole days, in the zone {zone}; the last 7 are today and the 7 before it"
        if type_ in filters.TIMES
        else None,
    )
    before = filters.values_of(filter_) if filter_["propertyName"] == name else []
    compared_type = filters.value_type(type_, operator)
    counted = operator in relative_days.COUNTED
    if counted != (filter_["operator"] in relative_days.COUNTED) or (counted and not before):
        # a number of days is no day, and a day no number
        before = [relative_days.DAYS] if counted else []
    if operator != filter_["operator"]:
        # "before" a day compares with its begin, "after" it with its end
        before = days.rewritten(before, operator, type_, zone)
    with third:
        values = _values(
            f"{at}-{name}-{operator}", compared_type, operator, before, properties.get(name),
            not f, zone,
            # what was just typed is in the draft before a press beside it leads elsewhere
            on_change=_typed,
            args=(owner, g, f, f"{at}-{name}-{operator}", (name, operator, type_), before, zone),
        )  # fmt: skip
    last.button(
        "Remove",
        key=f"{at}-remove",
        help="Remove this filter",
        type="tertiary",
        on_click=_remove,
        args=(owner, g, f),
    )
    return days.compared(filters.with_values(name, operator, values), type_, zone)


def _typed(
    owner: str, g: int, f: int, key: str, kind: tuple[str, str, str], before: list[Any],
    zone: tzinfo,
) -> None:  # fmt: skip
    """Put the values of a filter's widgets into the draft, before anything is drawn."""
    groups: list[Group] = place.drafts().get(owner, {}).get("filter_groups") or []
    if g >= len(groups) or f >= len(groups[g]["filters"]):
        return
    name, operator, type_ = kind
    many = st.session_state.get(f"{key}-many")
    values = (
        [*many]
        if many is not None
        else [
            _in_json(
                type_,
                operator,
                n,
                st.session_state[f"{key}-{n}"],
                before[n] if n < len(before) else None,
                zone,
            )
            for n in range(2)
            if f"{key}-{n}" in st.session_state
        ]
    )
    groups[g]["filters"][f] = days.compared(
        filters.with_values(name, operator, values), type_, zone
    )


def _in_json(
    type_: str, operator: str, position: int, chosen: Any, before: Any, zone: tzinfo
) -> Any:
    """A widget's value as HubSpot takes it; a day that was not changed keeps its time."""
    if isinstance(chosen, date):
        if chosen == days.day_in(before):
            return before
        return days.written(operator, position, chosen, type_, zone)
    return filters.json_number(chosen) if type_ == "number" else chosen


def _property_label(name: str, properties: Properties) -> str:
    return (
        f"{properties[name]['LABEL']} · {name}"
        if name in properties
        else f"{name} (not in this portal)"
    )


def _values(
    key: str,
    type_: str,
    operator: str,
    before: list[Any],
    property_: Row | None,
    labelled: bool,
    zone: tzinfo,
    **changed: Any,
) -> list[Any]:
    """Draw the widgets for a filter's values, fitting the property's type; returns the values."""
    kind = filters.values_needed(operator)
    if kind == "nothing":
        return []
    options = {
        str(pair[0]): str(pair[1])
        for pair in (variant(property_["OPTIONS"]) if property_ else []) or []
    }
    if type_ == "bool":
        options = options or {"true": "True", "false": "False"}
    if kind == "many":
        chosen = [str(value) for value in before]
        return picking.several(
            "Values",
            options,
            chosen,
            f"{key}-many",
            format_func=lambda value: options.get(value, value),
            accept_new_options=not options,
            placeholder="Choose" if options else "Type, then Enter",
            label_visibility="visible" if labelled else "collapsed",
            **changed,
        )
    count = 2 if kind == "two" else 1
    old = [before[n] if n < len(before) else None for n in range(count)]
    drawn = [
        _value(
            f"{key}-{n}", type_, old[n],
            options if operator not in ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN") else {},
            ("From", "To")[n] if count == 2 else "Value",
            labelled or count == 2, zone, **changed,
        )
        for n in range(count)
    ]  # fmt: skip
    return [_in_json(type_, operator, n, drawn[n], old[n], zone) for n in range(count)]


def _value(
    key: str,
    type_: str,
    before: Any,
    options: dict[str, str],
    label: str,
    labelled: bool,
    zone: tzinfo,
    **changed: Any,
) -> Any:
    seen: Any = "visible" if labelled else "collapsed"
    if options:
        names = list(dict.fromkeys([*options, *([str(before)] if before is not None else [])]))
        return st.selectbox(
            label,
            names,
            names.index(str(before)) if before is not None else None,
            key=key,
            format_func=lambda value: options.get(value, value),
            label_visibility=seen,
            placeholder="Choose",
            **changed,
        )
    if type_ == "number":
        return st.number_input(
            label, value=filters.as_float(before), key=key, step=1.0, format="%g",
            label_visibility=seen, **changed,
        )  # fmt: skip
    if type_ in filters.TIMES and not relative_days.is_relative(before):
        return st.date_input(
            label, days.day_in(before), key=key, label_visibility=seen, format="YYYY-MM-DD",
            help="The whole day" if type_ == "date" else f"The whole day in the zone {zone}",
            **changed,
        )  # fmt: skip
    return st.text_input(
        label, str(before) if before is not None else "", key=key, label_visibility=seen, **changed
    )


def _json(owner: str, settings: place.Settings) -> None:
    """Draw the filters as JSON, which counts once its button is pressed.

    Sent by itself, a browser's text would now and then undo what was picked meanwhile.
    """
    text = filters.as_text(settings.get("filter_groups") or [])
    key = f"{owner}-{place.version(owner)}-json-{text}"
    with st.form(f"{owner}-json", border=False):
        st.text_area(
            "As HubSpot takes it (JSON)", text, key=key, height=220,
            help="Follows the builder. What is changed here shows there once it is used.",
        )  # fmt: skip
        st.form_submit_button("Use this JSON", on_click=_from_json, args=(owner, settings, key))
    wrong = st.session_state.pop(f"{owner}-json-wrong", None)
    if wrong is not None:
        look.note("Not taken:", escape(look.sentence(wrong)), "warn")


def _from_json(owner: str, settings: place.Settings, key: str) -> None:
    try:
        groups = filters.from_text(st.session_state[key])
    except ValueError as error:
        st.session_state[f"{owner}-json-wrong"] = str(error)
        return
    _keep(settings, groups)
    place.redraw(owner)


def _add_group(owner: str, settings: place.Settings, filter_: Filter) -> None:
    settings.setdefault("filter_groups", []).append({"filters": [filter_]})
    place.redraw(owner)


def _add_filter(owner: str, group: Group, filter_: Filter) -> None:
    group["filters"].append(filter_)
    place.redraw(owner)


def _fresh(properties: Properties) -> Filter:
    """A new filter, by a property that people often filter by.

    Where options can be picked it lacks the pick; any other begins as one that most records match.
    """
    name = next((name for name in USUAL if name in properties), next(iter(properties), ""))
    if name in properties and properties[name]["TYPE"] == "enumeration":
        return filters.with_values(name, "IN", [])
    return filters.with_values(name, "HAS_PROPERTY", [])


def _remove(owner: str, g: int, f: int) -> None:
    settings = place.drafts()[owner]
    groups: list[Group] = settings.get("filter_groups") or []
    if g < len(groups) and f < len(groups[g]["filters"]):
        del groups[g]["filters"][f]
    _keep(settings, [group for group in groups if group["filters"]])
    place.redraw(owner)


def summary(settings: place.Settings) -> str:
    """The number of filters in words."""
    count = sum(len(group["filters"]) for group in settings.get("filter_groups") or [])
    return words.plural(count, "filter") if count else "all records"
