"""Starts comparisons with HubSpot in the background and shows their progress and result."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import streamlit as st

from page import completeness, look, polling, words
from page.calls import Calls, Row

PATIENCE = 3600.0
"""Seconds to wait for the result or the error of a comparison."""


@dataclass(frozen=True)
class Begun:
    """A comparison under way, with what is needed to recognise its end.

    Attributes:
        compared: When the sync was last compared before this; None if never.
        failed: When the sync last had an error before this; None if never.
        at: When it began, in seconds of ``time.monotonic``.
        cut_short: Its result was INCOMPLETE; an error with the reason may still follow.
    """

    compared: Any
    failed: Any
    at: float
    cut_short: bool = False


def going() -> dict[str, Begun]:
    """The comparisons under way, by sync."""
    comparisons: dict[str, Begun] = st.session_state.setdefault("comparing", {})
    return comparisons


def begin_comparison(sync: str, calls: Calls) -> None:
    """Start to compare a sync's table with HubSpot in the background."""
    compared, failed = _last(calls)
    answer = calls.start_reconcile(sync)
    if answer.get("response_code") == "OK":
        before = (compared.get(sync, {}).get("CHECKED_AT"), failed.get(sync, {}).get("LAST_AT"))
        going()[sync] = Begun(*before, time.monotonic())
    else:
        look.remember(answer)


def watch(calls: Calls) -> None:
    """Draw the comparisons under way, again and again; nothing when there are none."""
    with st.container():
        if going():
            polling.drawn(lambda: _drawn(calls))
            look.show_remembered()


def _drawn(calls: Calls) -> bool:
    """Draw what goes on, and remember what has ended; returns whether anything goes on."""
    calls.look_again()
    compared, failed = _last(calls)
    for sync, begun in list(going().items()):
        answer = _ended(sync, begun, compared, failed)
        if answer is not None:
            del going()[sync]
            look.remember(answer)
    named = [
        f"{words.title(sync)}, for {words.duration(time.monotonic() - begun.at)}"
        for sync, begun in going().items()
    ]
    if not named:
        return False
    with st.container(border=True):
        look.html(
            "<p><b>Comparing with HubSpot in the background</b></p>"
            f'<p class="quiet">{escape("; ".join(named))}. Counts come first, then the records of '
            "what differs; the page can be used meanwhile.</p>"
        )
    return True


def _last(calls: Calls) -> tuple[dict[str, Row], dict[str, Row]]:
    """Each sync's last comparison, and its last error."""
    compared = {str(certificate["SYNC"]): certificate for certificate in calls.certificates()}
    failed = {str(error["SYNC"]): error for error in reversed(calls.errors())}
    return compared, failed


def _ended(
    sync: str, begun: Begun, compared: Mapping[str, Row], failed: Mapping[str, Row]
) -> dict[str, Any] | None:
    """The message for a comparison that has ended; None while it is under way."""
    certificate, error = compared.get(sync), failed.get(sync)
    if error is not None and error["LAST_AT"] != begun.failed:
        return {"response_code": error["CODE"], "message": error["MESSAGE"]}
    if certificate is not None and certificate["CHECKED_AT"] != begun.compared:
        if certificate["RESULT"] == "INCOMPLETE" and not begun.cut_short:
            going()[sync] = replace(begun, cut_short=True)
            return None
        result = ". ".join(
            look.sentence(sentence).rstrip(".") for sentence in completeness.sentences(certificate)
        )
        return {"response_code": "OK", "message": f"{words.title(sync)} compared: {result}"}
    if time.monotonic() - begun.at > PATIENCE:
        message = f"the comparison of {sync} shows no end; look at its task, then check it again"
        return {"response_code": "TIMEOUT", "message": message}
    return None
