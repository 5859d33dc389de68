"""The page's style sheet and its building blocks of HTML.

Colours follow the theme: lines and quiet text are mixed from the current text colour, tones come
in a light and a dark shade. Nothing is loaded from anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any

import streamlit as st

from page.calls import Answer, Row

TONES = {
    "good": ("#0b6b3a", "#6ee7a8"),
    "busy": ("#1d4ed8", "#93c5fd"),
    "warn": ("#8a5300", "#fbbf5c"),
    "bad": ("#b42318", "#fda29b"),
    "calm": ("#4b5565", "#a8b3c4"),
}

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

_STYLE = """<style>
:root { --line: color-mix(in srgb, currentColor 14%, transparent); }
.stMainBlockContainer { max-width: 72rem; padding: 3.4rem 1.25rem 5rem; }
[data-testid="stHeader"] { background: transparent; pointer-events: none; }
[data-testid="stHeader"] button { pointer-events: auto; }
.hi, .hi * { box-sizing: border-box; }
.hi { font-size: .93rem; line-height: 1.5; overflow-wrap: anywhere; }
.hi p { margin: 0; }
.hi h3 { font-size: 1.22rem; font-weight: 650; letter-spacing: -.01em; margin: 0 0 .1rem;
  padding: .5rem 0 0; }
.hi time { border-bottom: 1px dotted color-mix(in srgb, currentColor 35%, transparent); }
.hi .quiet { color: color-mix(in srgb, currentColor 66%, transparent); }
.hi .badge { display: inline-flex; align-items: center; gap: .4em; font-size: .8rem;
  font-weight: 600;
  padding: .1rem .6rem; border-radius: 99px; white-space: nowrap; color: var(--tone);
  background: color-mix(in srgb, var(--tone) 12%, transparent); }
.hi .badge::before { content: ""; width: .5em; height: .5em; border-radius: 50%;
  background: var(--tone); }
.brand { display: flex; gap: .6rem; align-items: center; font-weight: 700; letter-spacing: -.01em; }
.brand::before { content: ""; width: 1.15rem; height: 1.15rem; border-radius: .36rem;
  background: linear-gradient(135deg, #ff7a59 0 46%, #2f6fed 54%); }
@keyframes unmoved { from, to { pointer-events: none; } }
/* a list that grows lies under the pointer for a moment: Enter would take what is there */
[data-baseweb="popover"] [role="option"] { animation: unmoved 200ms; }
[data-baseweb="tag"] { color: inherit !important;
  background: color-mix(in srgb, #2f6fed 17%, transparent) !important; }
.stTextArea textarea { font-family: ui-monospace, SFMono-Regular, Menlo, monospace;
  font-size: .84rem; line-height: 1.5; }
.stTextInput button { display: none; }
.hi .key { display: flex; gap: 1rem; font-size: .78rem; }
.hi .key span::before { content: ""; display: inline-block; width: .6rem; height: .6rem;
  border-radius: .15rem; margin-right: .35rem; background: var(--c); }
.hi .facts { display: grid; gap: .35rem 1.5rem; margin: 0;
  grid-template-columns: repeat(auto-fit, minmax(8.2rem, 1fr)); }
.hi .facts dt { font-size: .76rem; color: color-mix(in srgb, currentColor 62%, transparent); }
.hi .small { font-size: .78rem; }
.st-key-heads { margin-bottom: -.6rem; }
.hi .facts dd { margin: 0; font-variant-numeric: tabular-nums; }
.hi .big { border: 1px solid color-mix(in srgb, currentColor 13%, transparent); border-radius: 12px;
  padding: 1rem 1.2rem; gap: 1rem 1.5rem; }
.hi .big dd { font-size: 1.28rem; font-weight: 650; letter-spacing: -.01em; }
.hi .big dd small { display: block; font-size: .78rem; font-weight: 400; letter-spacing: 0;
  color: color-mix(in srgb, currentColor 62%, transparent); }
.hi .empty { border: 1px dashed color-mix(in srgb, currentColor 26%, transparent);
  border-radius: 12px;
  padding: 2.2rem 1.5rem; text-align: center; }
.hi .empty b { display: block; font-size: 1.08rem; margin-bottom: .3rem; }
.hi .note { border-left: 3px solid var(--tone); border-radius: 4px; padding: .65rem 1rem;
  background: color-mix(in srgb, var(--tone) 9%, transparent); }
.hi .note b { color: var(--tone); }
.hi .steps { display: flex; flex-wrap: wrap; gap: .4rem 1.4rem; margin: 0; padding: 0;
  list-style: none; }
.hi .steps li { display: flex; gap: .5rem; align-items: center; margin: 0;
  color: color-mix(in srgb, currentColor 58%, transparent); }
.hi .steps i { font-style: normal; font-size: .76rem; font-weight: 700; width: 1.5rem;
  height: 1.5rem;
  border-radius: 50%; display: grid; place-items: center;
  border: 1px solid color-mix(in srgb, currentColor 40%, transparent); }
.hi .steps .done i { color: var(--tone); border-color: var(--tone); }
.hi .steps .now { color: inherit; font-weight: 650; }
.hi .steps .now i { background: #2563eb; border-color: #2563eb; color: #fff; }
.hi .table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
.hi .table th { text-align: left; font-weight: 500; font-size: .78rem; padding: .3rem .9rem .3rem 0;
  color: color-mix(in srgb, currentColor 62%, transparent); }
.hi .table td { padding: .5rem .9rem .5rem 0; vertical-align: top;
  border-top: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
.hi .table .n { text-align: right; }
.hi .meter { height: .5rem; border-radius: 99px; overflow: hidden; min-width: 4rem;
  background: color-mix(in srgb, currentColor 13%, transparent); }
.hi .meter > i { display: block; height: 100%; border-radius: 99px; background: var(--tone); }
.hi .split { display: flex; height: .9rem; border-radius: 99px; overflow: hidden; margin: .5rem 0; }
.hi .split > i { display: block; height: 100%; }
.hi .parts { list-style: none; margin: 0; padding: 0; display: grid; gap: .4rem 1.5rem;
  grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); }
.hi .parts li { margin: 0; }
.hi .parts b { font-weight: 600; }
.hi .parts b::before { content: ""; display: inline-block; width: .65rem; height: .65rem;
  border-radius: .15rem; margin-right: .4rem; background: var(--c); }
.hi .parts span { display: block; }
.hi a { color: light-dark(#1d4ed8, #93c5fd); }
.hi .facts div:has(> dd > code) { grid-column: span 2; }
.hi code.name { font-size: .82em; padding: 0; background: none; color: inherit; opacity: .72; }
[class*="st-key-row-"] { padding: .3rem 0 0;
  border-top: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
[class*="st-key-row-"] [data-testid="stVerticalBlock"] { gap: .2rem; }
.st-key-top { border-bottom: 1px solid color-mix(in srgb, currentColor 13%, transparent);
  padding-bottom: .1rem; margin-bottom: .6rem; }
.st-key-top button { border-radius: 0; padding: .35rem .1rem .55rem; border: 0; background: none;
  min-height: 0; }
.st-key-nav { column-gap: 1.35rem !important; row-gap: 0 !important; }
.st-key-nav button p { font-size: .95rem; }
.st-key-nav button[kind="primary"], .st-key-nav button[kind="primary"]:hover { background: none;
  color: inherit; box-shadow: inset 0 -2px #2f6fed; }
.st-key-nav button[kind="primary"] p { font-weight: 650; }
[class*="st-key-row-"] [data-testid="stColumn"] > div { gap: 0; }
@media (min-width: 641px) {
  [class*="st-key-row-"] dt { position: absolute; clip-path: inset(50%); }
  [class*="st-key-row-"] .facts, .st-key-heads .facts { grid-template-columns: repeat(5, 1fr); }
}
@media (max-width: 640px) {
  .stMainBlockContainer { padding: 2.6rem .9rem 4rem; }
  .st-key-heads { display: none; }
  .hi .table.cards, .hi .table.cards tbody, .hi .table.cards tr, .hi .table.cards td {
    display: block; }
  .hi .table.cards thead { display: none; }
  .hi .table.cards tr { padding: .5rem 0;
    border-top: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
  .hi .table.cards td { border: 0; padding: .1rem 0; text-align: left !important; }
  .hi .table.cards td.n { display: inline-block; margin-right: 1.1rem; }
  .hi .table.cards td[data-h]:not([data-h=""])::before { content: attr(data-h) "  ";
    font-size: .78rem;
    color: color-mix(in srgb, currentColor 62%, transparent); }
  .hi .facts { grid-template-columns: repeat(auto-fit, minmax(7.2rem, 1fr)); }
  .hi .big dd { font-size: 1.1rem; }
}
TONES
</style>"""


def style() -> None:
    """Add the style sheet; call once per drawing of the page."""
    tones = "\n".join(
        f".{name} {{ --tone: light-dark({light}, {dark}); }}"
        for name, (light, dark) in TONES.items()
    )
    st.html(_STYLE.replace("TONES", tones))


def brand() -> None:
    """The product's name."""
    st.html('<div class="hi brand">HubSpot Ingest</div>')


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


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """A table that becomes cards on a narrow screen. Cells are HTML."""
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
    return f'<table class="table cards"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _right(position: int, right: Sequence[int]) -> str:
    return ' class="n"' if position in right else ""


def meter(share: float, tone: str = "busy") -> str:
    """A bar of ``share`` (0 to 1)."""
    width = max(0.0, min(1.0, share)) * 100
    return (
        f'<div class="meter {tone}" role="progressbar" aria-valuenow="{width:.0f}" '
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
    html(f"<h3>{escape(title)}</h3>{subtitle}")


def plain(text: str) -> str:
    """A text with Markdown's special characters escaped."""
    return re.sub(r"([\\`*_{}\[\]()#+!|~:$<>])", r"\\\1", text)


def sentence(text: str) -> str:
    """A procedure's message as a sentence."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".")


def tell(answer: Answer) -> bool:
    """Draw a procedure's answer; true when it is OK."""
    code = str(answer.get("response_code", ""))
    text = escape(sentence(str(answer.get("message", ""))))
    if code == "OK":
        note("Done.", text, "good")
        return True
    note(code, text, "bad")
    return False


def remember(answer: Answer) -> bool:
    """Keep an answer for `show_remembered`; true when it is OK."""
    st.session_state["remembered"] = answer
    return answer.get("response_code") == "OK"


def show_remembered() -> None:
    """Draw the answer that `remember` kept, once."""
    answer: Any = st.session_state.pop("remembered", None)
    if answer is not None:
        tell(answer)


@contextmanager
def working(text: str) -> Iterator[None]:
    """Show a spinner with a text while the block runs."""
    with st.spinner(text, show_time=True):
        yield
