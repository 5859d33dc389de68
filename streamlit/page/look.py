"""The page's building blocks of HTML; their style sheet stands in ``style_sheet``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from html import escape
from typing import Any

import streamlit as st

from page import cures, message_statements, words
from page.calls import Answer, Row
from page.message_words import in_page_words

HEALTH = {
    "HEALTHY": ("Healthy", "good"),
    "FAILED": ("Failed", "bad"),
    "INCOMPLETE": ("Continues next run", "warn"),
    "DELAYED": ("Delayed", "warn"),
    "PENDING": ("Not run yet", "calm"),
    "SKIPPED": ("Scope missing", "warn"),
    "HELD": ("Held: look at its plan", "warn"),
}

STATUS = {
    "RUNNING": ("Running", "busy"),
    "SUCCEEDED": ("Succeeded", "good"),
    "STOPPED": ("Stopped, continues", "warn"),
    "SKIPPED": ("Skipped", "warn"),
    "HELD": ("Held", "warn"),
    "FAILED": ("Failed", "bad"),
}


def brand(part: str) -> None:
    """The product's name, which with the open part is the page's heading, and how new it all is."""
    html(
        f'<h1 class="brand">HubSpot Ingest<span class="unseen">: {escape(part)}</span></h1>'
        f'<p class="quiet small">As of {words.time(datetime.now(UTC))}</p>'
    )


def html(body: str) -> None:
    """HTML in the page's own type. What is put in must be escaped already."""
    st.html(f'<div class="hi">{body}</div>')


def badge(label: str, tone: str) -> str:
    """A small coloured label; colour is never the only sign."""
    return f'<span class="badge {tone}">{escape(label)}</span>'


def health(sync: Row) -> str:
    """The badge of a sync's health."""
    if sync["LAST_RUN_STATUS"] == "RUNNING":
        return badge("Running", "busy")
    if not sync["ENABLED"]:
        return badge("Paused", "calm")
    name = str(sync["HEALTH"])
    if name == "PENDING" and sync["LAST_RUN_AT"]:
        return badge("Reads everything next", "calm")
    return badge(*HEALTH.get(name, (name, "calm")))


def status(name: str | None) -> str:
    """The badge of a run's status."""
    return badge(*STATUS.get(name or "", (name or "Unknown", "calm")))


def facts(pairs: Sequence[tuple[str, str]], *, big: bool = False) -> str:
    """Labelled values side by side. Values are HTML."""
    inner = "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in pairs)
    return f'<dl class="facts{" big" if big else ""}">{inner}</dl>'


def heads(names: Sequence[str]) -> None:
    """Draw column heads over rows of facts; a narrow screen shows them in each row instead."""
    with st.container(key="heads"):
        _, right = st.columns([3, 9])
        with right:
            st.html(
                '<div class="hi"><div class="facts quiet small">'
                + "".join(f"<span>{escape(name)}</span>" for name in names)
                + "</div></div>"
            )


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[int] = (),
    style: str = "",
) -> str:
    """A table that becomes cards on a narrow screen. Cells are HTML.

    ``right`` are the columns of numbers; ``style`` is a class of the style sheet.
    """
    head = "".join(
        f'<th scope="col"{_right(n, right)}>{escape(name)}</th>' for n, name in enumerate(heads)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td data-h="{escape(heads[n])}"{_right(n, right)}>{cell}</td>'
            for n, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    inner = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<table class="table cards {style}">{inner}</table>'


def _right(position: int, right: Sequence[int]) -> str:
    return ' class="n"' if position in right else ""


def meter(share: float, label: str, tone: str = "busy") -> str:
    """A bar of ``share`` (0 to 1); ``label`` says of what."""
    width = max(0.0, min(1.0, share)) * 100
    return (
        f'<div class="meter {tone}" role="progressbar" aria-label="{escape(label)}" '
        f'aria-valuenow="{width:.0f}" '
        f'aria-valuemin="0" aria-valuemax="100"><i style="width:{width:.1f}%"></i></div>'
    )


def note(title: str, text: str, tone: str = "calm") -> None:
    """A remark that matters. ``text`` is HTML."""
    html(f'<div class="note {tone}"><b>{escape(title)}</b> <p>{text}</p></div>')


def empty(title: str, text: str) -> None:
    """Draw a placeholder: why there is nothing yet, and what to do."""
    html(f'<div class="empty"><b>{escape(title)}</b><p class="quiet">{escape(text)}</p></div>')


def heading(title: str, text: str = "") -> None:
    """A part's title with one sentence below."""
    subtitle = f'<p class="quiet">{escape(text)}</p>' if text else ""
    html(f"<h2>{escape(title)}</h2>{subtitle}")


def title(name: str, badges: str = "") -> None:
    """The name of what is opened; ``badges`` are HTML."""
    html(f'<div class="title"><h2>{escape(name)}</h2>{badges}</div>')


def plain(text: str) -> str:
    """A text with Markdown's special characters escaped."""
    return re.sub(r"([\\`*_{}\[\]()#+!|~:$<>])", r"\\\1", text)


# an instant that something is said of, and none that is an example to write one by
_INSTANT = re.compile(r"(?<!example )(?<!')\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z")


def sentence(text: str) -> str:
    """A procedure's message as a sentence; its instants stand in the viewer's time."""
    text = in_page_words(text.strip())
    return as_sentence(_INSTANT.sub(lambda found: words.clock(found[0]), text))


def as_sentence(text: str) -> str:
    """A text that begins with a capital letter and ends with a mark."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".")


# What an answer names that is not in HubSpot as it was asked for, though the rest is.
_NOT_AS_ASKED = (
    *("rows_invalid", "rows_rejected", "rows_unknown", "rows_failed"),
    *("links_missing", "not_restorable"),
)


def tell(answer: Answer, *, in_words: bool = True) -> bool:
    """Draw a procedure's answer; true when it is OK.

    ``in_words``: settings bear the names of the page, not those that are written in a text.
    """
    code, message = str(answer.get("response_code", "")), str(answer.get("message", ""))
    text = escape(sentence(message) if in_words else as_sentence(message))
    if code in cures.NO_FAULTS:
        note("Stopped.", text, "warn")
    elif code == "OK" and any(answer.get(name) for name in _NOT_AS_ASKED):
        note("Done in part.", text, "warn")
    else:
        note("Done." if code == "OK" else code, text, "good" if code == "OK" else "bad")
    show_statements(answer)
    return code == "OK"


def show_statements(answer: Answer | str) -> None:
    """Draw the statements of a message that the page cannot carry out, ready to copy."""
    message = answer if isinstance(answer, str) else str(answer.get("message", ""))
    _, statements = message_statements.apart(message.strip())
    if statements:
        st.caption("To copy into a SQL worksheet:")
        st.code(message_statements.as_code(statements), language="sql", wrap_lines=True)


def remember(answer: Answer) -> bool:
    """Keep an answer for `show_remembered`; true when it is OK."""
    st.session_state["remembered"] = answer
    return answer.get("response_code") == "OK"


def show_remembered() -> None:
    """Draw the answer that `remember` kept, once."""
    answer: Any = st.session_state.pop("remembered", None)
    with st.container():
        if answer is not None:
            tell(answer)


def working_on_press(text: str) -> None:
    """Say what a press has begun, where it is done before anything is drawn.

    A spinner would be the first thing on the page then, and move all of it while it is there.
    """
    st.toast(plain(text), duration="long")


@contextmanager
def working(text: str) -> Iterator[None]:
    """Show a spinner with a text while the block runs."""
    with st.spinner(text, show_time=True):
        yield
