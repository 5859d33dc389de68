"""Draws a box in which several things are picked, at whatever pace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def several(
    label: str,
    options: Iterable[str],
    picked: Sequence[str],
    key: str,
    where: DeltaGenerator | None = None,
    *,
    format_func: Callable[[str], str] = str,
    **box: Any,
) -> list[str]:
    """Draw the box, ``where`` it belongs; returns what is picked in it, at first ``picked``.

    Streamlit takes a box with other options, or the same in another order, for another box, and
    what was picked meanwhile is lost: so the options stay as they were when the box was first
    drawn. What was picked before and is no option stands after them.
    """
    kept = f"{key}-first"
    if key not in st.session_state:
        st.session_state[kept] = [str(name) for name in picked]
    first: list[str] = st.session_state[kept]
    return (where or st).multiselect(
        label, list(dict.fromkeys([*options, *first])), first, key=key, format_func=format_func,
        **box,
    )  # fmt: skip
