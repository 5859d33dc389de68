"""The page's style sheet.

Lines are mixed from the current text colour. Quiet text and tones come in a light and a dark shade
each, which can be read on the white and the near black of any theme (4.5 to 1, WCAG 2.2, 1.4.3).
Nothing is loaded from anywhere.
"""

from __future__ import annotations

import streamlit as st

TONES = {
    "good": ("#0b6b3a", "#6ee7a8"),
    "busy": ("#1d4ed8", "#93c5fd"),
    "warn": ("#8a5300", "#fbbf5c"),
    "bad": ("#b42318", "#fda29b"),
    "calm": ("#4b5565", "#a8b3c4"),
}

_STYLE = """<style>
:root { --quiet: light-dark(#4b5565, #a8b3c4); --strong: light-dark(#1d4ed8, #a9c8fb); }
.stMainBlockContainer { max-width: 72rem; padding: 3.4rem 1.25rem 5rem; }
[data-testid="stHeader"] { background: transparent; pointer-events: none; }
[data-testid="stHeader"] button { pointer-events: auto; }
.hi, .hi * { box-sizing: border-box; }
.hi { font-size: .93rem; line-height: 1.5; overflow-wrap: anywhere; }
.hi p { margin: 0; }
.hi h1, .hi h2 { letter-spacing: -.01em; margin: 0; padding: 0; }
.hi h2 { font-size: 1.22rem; font-weight: 650; margin: 0 0 .1rem; padding: .5rem 0 0; }
.hi .title { display: flex; flex-wrap: wrap; align-items: center; gap: .2rem 1rem; }
.hi .title h2 { font-size: 1.7rem; padding: 0; }
.hi .unseen { position: absolute; clip-path: inset(50%); white-space: nowrap; }
.hi time { border-bottom: 1px dotted color-mix(in srgb, currentColor 35%, transparent); }
.hi .quiet { color: var(--quiet); }
.hi .badge { display: inline-flex; align-items: center; gap: .4em; font-size: .8rem;
  font-weight: 600;
  padding: .1rem .6rem; border-radius: 99px; white-space: nowrap; color: var(--tone);
  background: color-mix(in srgb, var(--tone) 12%, transparent); }
.hi .badge::before { content: ""; width: .5em; height: .5em; border-radius: 50%;
  background: var(--tone); }
.hi .brand { display: flex; gap: .6rem; align-items: center; font-size: .93rem; font-weight: 700;
  line-height: 1.5; }
.hi .brand::before { content: ""; width: 1.15rem; height: 1.15rem; border-radius: .36rem;
  background: linear-gradient(135deg, #ff7a59 0 46%, #2f6fed 54%); }
@keyframes unmoved { from, to { pointer-events: none; } }
/* a list that grows lies under the pointer for a moment: Enter would take what is there */
[data-baseweb="popover"] [role="option"] { animation: unmoved 200ms; }
[data-baseweb="tag"] { color: inherit !important;
  background: color-mix(in srgb, #2f6fed 17%, transparent) !important; }
.stTextArea textarea { font-family: ui-monospace, SFMono-Regular, Menlo, monospace;
  font-size: .84rem; line-height: 1.5; }
.stTextInput button { display: none; }
/* Streamlit's own quiet colours, of 2.7 to 4.4 to 1 in its themes */
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p { color: var(--quiet);
  opacity: 1; }
.stApp input::placeholder, .stApp textarea::placeholder { color: var(--quiet); opacity: 1; }
.stMultiSelect [data-baseweb="select"] div:not(:has(*)) { color: var(--quiet); }
[data-testid="stBaseButton-segmented_controlActive"] p,
[data-testid="stBaseButton-pillsActive"] p { color: var(--strong); }
.stCode .token { color: inherit !important; }
.stCode .keyword, .stCode .property { color: var(--strong) !important; }
.stCode .string { color: light-dark(#0b6b3a, #6ee7a8) !important; }
/* what has no name: the steppers of numbers (keys do it), the menu of a chart */
[data-testid="stNumberInputStepDown"], [data-testid="stNumberInputStepUp"] { display: none; }
.stVegaLiteChart details { display: none; }
.stGraphVizChart text { fill: var(--quiet); }
/* an icon of Streamlit's is the name of a letter shape, which is read aloud */
summary [data-testid="stIconMaterial"] { visibility: hidden; position: relative; }
summary [data-testid="stIconMaterial"]::after { content: "\\203A" / ""; visibility: visible;
  position: absolute; inset: 0; text-align: center; font: 1.2rem/1 sans-serif; }
details[open] > summary [data-testid="stIconMaterial"]::after { transform: rotate(90deg); }
.st-key-back p::before { content: "\\2190  " / ""; }
.stApp :focus-visible, .stApp label:has(input:focus-visible) { outline-offset: 2px;
  outline: 2px solid var(--strong) !important; }
.stApp :is(input, textarea, [data-testid="stMain"]):focus-visible { outline-offset: -2px; }
.stApp [data-baseweb="select"]:has(input:focus-visible) { outline: 2px solid var(--strong);
  border-radius: 8px; }
.stApp [data-baseweb="select"] input:focus-visible { outline: none !important; }
/* nothing that comes or goes above moves it under a finger; what it tells makes it grow upwards */
.st-key-save-bar { position: fixed; inset: auto 0 0 0; z-index: 9; max-height: 75vh;
  overflow-y: auto; padding: .6rem max(1.25rem, 50% - 34.75rem);
  border-top: 1px solid color-mix(in srgb, currentColor 13%, transparent); }
/* the page's own background, whatever the theme, from the app down to the bar */
.stApp :has(.st-key-save-bar), .st-key-save-bar { background: inherit; }
.stMainBlockContainer:has(.st-key-save-bar) { padding-bottom: 11rem; }
/* nor does the bar hide what is scrolled to, by Tab or by a search */
[data-testid="stMain"]:has(.st-key-save-bar) { scroll-padding-bottom: 9rem; }
.hi .key { display: flex; gap: 1rem; font-size: .78rem; }
.hi .key span::before { content: ""; display: inline-block; width: .6rem; height: .6rem;
  border-radius: .15rem; margin-right: .35rem; background: var(--c); }
.hi .facts { display: grid; gap: .35rem 1.5rem; margin: 0;
  grid-template-columns: repeat(auto-fit, minmax(8.2rem, 1fr)); }
.hi .facts dt { font-size: .76rem; color: var(--quiet); }
.hi .small { font-size: .78rem; }
.st-key-heads { margin-bottom: -.6rem; }
.hi .facts dd { margin: 0; font-variant-numeric: tabular-nums; }
.hi .big { border: 1px solid color-mix(in srgb, currentColor 13%, transparent); border-radius: 12px;
  padding: 1rem 1.2rem; gap: 1rem 1.5rem; }
.hi .big dd { font-size: 1.28rem; font-weight: 650; letter-spacing: -.01em; }
.hi .big dd small { display: block; font-size: .78rem; font-weight: 400; letter-spacing: 0;
  color: var(--quiet); }
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
  color: var(--quiet); }
.hi .steps i { font-style: normal; font-size: .76rem; font-weight: 700; width: 1.5rem;
  height: 1.5rem;
  border-radius: 50%; display: grid; place-items: center;
  border: 1px solid color-mix(in srgb, currentColor 40%, transparent); }
.hi .steps .done i { color: var(--tone); border-color: var(--tone); }
.hi .steps .now { color: inherit; font-weight: 650; }
.hi .steps .now i { background: #2563eb; border-color: #2563eb; color: #fff; }
.hi .table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
.hi .table th { text-align: left; font-weight: 500; font-size: .78rem; padding: .3rem .9rem .3rem 0;
  color: var(--quiet); }
.hi .table td { padding: .5rem .9rem .5rem 0; vertical-align: top;
  border-top: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
.hi .table .n { text-align: right; }
/* the last column has the long texts: those before it keep their words whole, but for long code */
.hi .table :is(th, td):not(:last-child, :has(code)) { overflow-wrap: break-word; }
/* changes are a table each, beside its button: their columns stand in one line */
@media (min-width: 641px) {
  .st-key-changes .table { table-layout: fixed; }
  .st-key-changes .table :is(th, td) { width: 19%; }
  .st-key-changes .table :is(th, td):nth-child(-n+2) { width: 12%; }
  .st-key-changes .table.again th { padding-block: 0; font-size: 0; line-height: 0; }
}
.st-key-changes .table tbody tr:first-child td { border-top: 0; }
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
.hi code.name { font-size: .82em; padding: 0; background: none; color: var(--quiet); }
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
  .st-key-heads, .st-key-diagram { display: none; }
  .hi .table.cards, .hi .table.cards tbody, .hi .table.cards tr, .hi .table.cards td {
    display: block; }
  .hi .table.cards thead { display: none; }
  .hi .table.cards tr { padding: .5rem 0;
    border-top: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
  .hi .table.cards td:empty { display: none; }
  .st-key-changes .hi .table.cards tbody tr:first-child { border-top: 0; padding-top: 0; }
  .hi .table.cards td { border: 0; padding: .1rem 0; text-align: left !important; }
  .hi .table.cards td.n { display: inline-block; margin-right: 1.1rem; }
  .hi .table.cards td[data-h]:not([data-h=""])::before { content: attr(data-h) "  ";
    font-size: .78rem;
    color: var(--quiet); }
  .hi .facts { grid-template-columns: repeat(auto-fit, minmax(7.2rem, 1fr)); }
  .hi .big dd { font-size: 1.1rem; }
}
TONES
</style>"""


def add() -> None:
    """Add the style sheet; call once per drawing of the page."""
    tones = "\n".join(
        f".{name} {{ --tone: light-dark({light}, {dark}); }}"
        for name, (light, dark) in TONES.items()
    )
    st.html(_STYLE.replace("TONES", tones))
