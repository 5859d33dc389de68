"""Shows what became of a push's rows, those that need a look first, each with its cure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape

import streamlit as st

from page import look, row_cures, words
from page.calls import Answer, Calls, Row, variant
from page.push_plan_view import changes

MOST = 100
STATES = {
    "REJECTED": ("HubSpot refused", "bad"),
    "INVALID": ("Not sent", "bad"),
    "UNKNOWN": ("Not known", "warn"),
    "WAITING": ("Waits", "warn"),
    "KEPT": ("Kept as in HubSpot", "calm"),
    "SKIPPED": ("Left out", "calm"),
    "SYNCED": ("Sent, with a remark", "busy"),
    "REMOVED": ("Removed", "calm"),
}
OUTCOMES = {
    "CREATED": "good", "UPDATED": "good", "CLEARED": "good", "ARCHIVED": "good", "LINKED": "good",
    "ALTERED": "warn", "IGNORED": "warn", "INVALID": "bad", "REJECTED": "bad", "UNKNOWN": "warn",
}  # fmt: skip
UNWRITTEN = ("INVALID", "REJECTED")
RETRIED = ("REJECTED", "INVALID", "KEPT", "SKIPPED")
THERE, NOT_THERE = "It is there", "It is not there: make it"
NO_RECORD_ID: Answer = {
    "response_code": "RECORD_ID_MISSING",
    "message": "type the id of its record in HubSpot, or say that it is not there",
}
LATER = {"A day": 1, "A week": 7, "For good": None}


def show(push: Row, calls: Calls) -> None:
    """Draw the rows that need a look, and the outcomes of the last run."""
    name = str(push["NAME"])
    troubles = calls.troubles(name)
    if not troubles:
        look.note("All is well.", "Every row that was sent is in HubSpot as it should be.", "good")
    else:
        look.heading("Rows that need a look")
        _summary(name, troubles, calls)
    run_id = st.session_state.get(f"ran-{name}") or push["LAST_RUN_ID"]
    if run_id:
        _outcomes(name, str(run_id), calls)


def _summary(name: str, troubles: list[Row], calls: Calls) -> None:
    names = [f"{row['STATE']} {row['CODE'] or ''}".strip() for row in troubles]
    titles = {
        name: f"{STATES.get(str(row['STATE']), (str(row['STATE']), ''))[0]}: "
        f"{row_cures.cure(row['CODE'])[0]}"
        for name, row in zip(names, troubles, strict=True)
    }
    look.html(
        look.table(
            ("Rows", "", "Why", "What to do"),
            [
                (
                    words.number(int(row["TIMES"])),
                    look.badge(*STATES.get(str(row["STATE"]), (str(row["STATE"]), "calm"))),
                    escape(look.sentence(row_cures.cure(row["CODE"])[0])),
                    escape(look.sentence(row_cures.cure(row["CODE"])[1])),
                )
                for row in troubles
            ],
            right=(0,),
        )
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Look at", names, key=f"trouble-{name}", width=420, format_func=titles.__getitem__
        )
        if any(row["STATE"] in RETRIED for row in troubles):
            st.button(
                "Send all refused again", key=f"retry-all-{name}",
                on_click=_retry_all, args=(name, calls),
            )  # fmt: skip
    trouble = troubles[names.index(chosen)] if chosen in names else troubles[0]
    _rows(name, trouble, calls)


def _rows(name: str, trouble: Row, calls: Calls) -> None:
    state = str(trouble["STATE"])
    rows = calls.troubled_rows(name, trouble["CODE"], state, MOST)
    look.html(
        look.table(
            ("Row", "Record", "Property", "In words"),
            [
                (
                    escape(str(row["ROW_KEY"])),
                    escape(str(row["RECORD_ID"] or words.NOTHING)),
                    escape(str(row["PROPERTY"] or words.NOTHING)),
                    escape(look.sentence(str(row["MESSAGE"] or ""))) + _left_alone(row),
                )
                for row in rows
            ],
        )
    )
    keys = [str(row["ROW_KEY"]) for row in rows]
    if not keys:
        return
    if state == "UNKNOWN":
        st.caption(
            "What can be looked up is, by the next run; a new record without anything unique by "
            "the first run that begins a quarter of an hour later. Settle by hand what stays."
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect(
            "Rows", keys, keys[:1] if len(keys) == 1 else [], key=f"keys-{name}-{state}",
            placeholder="Choose rows by their keys", width=320,
        )  # fmt: skip
        if state == "UNKNOWN":
            _resolve(name, chosen, calls)
            return
        if state in RETRIED and st.button("Send again", key=f"retry-{name}", disabled=not chosen):
            _done(name, calls.retry_push(name, chosen))
        span = st.selectbox("Leave alone for", list(LATER), key=f"skip-for-{name}", width=140)
        if st.button("Leave alone", key=f"skip-{name}", disabled=not chosen):
            days = LATER[str(span)]
            until = None
            if days is not None:
                until = f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
            _done(name, calls.skip_push_rows(name, chosen, until))


def _left_alone(row: Row) -> str:
    """Until when a row is left alone, as HTML; nothing where it is not."""
    until = words.utc(row["SKIP_UNTIL"])
    if until is None:
        return ""
    if until.year == datetime.max.year:
        return " Left alone for good."
    return f" Left alone until {words.time(until)}."


def _resolve(name: str, chosen: list[str], calls: Calls) -> None:
    # which of the two is said in so many words: taken for absent, a record is made a second time
    there = st.selectbox("In HubSpot", [THERE, NOT_THERE], key=f"is-there-{name}", width=260)
    record = ""
    if there == THERE:
        record = st.text_input(
            "Id of its record in HubSpot", key=f"resolve-{name}", placeholder="digits", width=240
        ).strip()
    if st.button("Settle", key=f"settle-{name}", disabled=len(chosen) != 1):
        if there == THERE and not record:
            _done(name, NO_RECORD_ID)
        _done(name, calls.resolve_push_row(name, chosen[0], record or None))


def _retry_all(name: str, calls: Calls) -> None:
    look.working_on_press("Sending the refused rows again")
    _remember(name, calls.retry_push(name, None))


def _remember(name: str, answer: Answer) -> None:
    look.remember(answer)
    if answer.get("run_id"):
        st.session_state[f"ran-{name}"] = answer["run_id"]


def _done(name: str, answer: Answer) -> None:
    _remember(name, answer)
    st.rerun()


def _outcomes(name: str, run_id: str, calls: Calls) -> None:
    rows = calls.outcomes(name, run_id, MOST)
    if not rows:
        return
    look.heading(
        "The last run, row by row",
        f"The first {MOST}; PUSH_OUTCOMES has all." if len(rows) == MOST else "",
    )
    look.html(
        look.table(
            ("Row", "", "What changed"),
            [
                (
                    escape(str(row["ROW_KEY"] or "no key")),
                    look.badge(
                        words.title(str(row["OUTCOME"]).lower()),
                        OUTCOMES.get(str(row["OUTCOME"]), "calm"),
                    ),
                    _changed(row),
                )
                for row in rows
            ],
        )
    )


def _changed(row: Row) -> str:
    """What was before and what HubSpot holds now; what was sent where that is something else.

    Of a row that was not written, why.
    """
    changed = {
        name: (before, sent if returned is None else returned)
        for name, (before, sent, returned) in (variant(row["CHANGED"]) or {}).items()
        if row["OUTCOME"] not in UNWRITTEN
    }
    return changes({**row, "CHANGED": changed, "LINKS_ADDED": None, "LINKS_REMOVED": None})
