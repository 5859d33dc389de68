"""Shows one run: counts, outcome, window, time and requests."""

from __future__ import annotations

from html import escape

import streamlit as st

from page import cures, look, place, plans, run_time, undo, words
from page.calls import Calls, Row


def show(run: Row, calls: Calls) -> None:
    """Draw the run."""
    with st.container(horizontal=True):
        place.back_button("All runs", place.RUNS)
        part, kind = (place.PUSHES, "push") if run["DIRECTION"] == "OUT" else (place.SYNCS, "sync")
        st.button(
            f"Open {run['SYNC']}", type="tertiary", on_click=place.go, args=(part,),
            kwargs={kind: str(run["SYNC"])},
        )  # fmt: skip
    look.title(
        f"{words.title(str(run['SYNC']))}, {words.clock(run['STARTED_AT'])}",
        look.status(run["STATUS"]),
    )
    look.html(
        look.facts(
            [
                ("Rows read", words.number(run["ROWS_READ"])),
                ("Inserted", words.number(run["ROWS_INSERTED"])),
                ("Updated", words.number(run["ROWS_UPDATED"])),
                ("Marked deleted", words.number(run["ROWS_DELETED"])),
                ("Requests", words.number(run["REQUESTS"])),
                ("Took", words.duration(run["DURATION_SECONDS"])),
            ],
            big=True,
        )
    )
    undo.of_run(run, calls)
    _explained(run)
    run_time.show(run, calls)
    _requests(calls.requests(str(run["RUN_ID"])))


def _explained(run: Row) -> None:
    code = str(run["RESPONSE_CODE"] or "")
    message = escape(look.sentence(str(run["MESSAGE"] or "")))
    if code and code != "OK":
        look.note(
            code,
            f"{message}<br><span class=quiet>{escape(cures.sentences(code))}</span>",
            "bad" if run["STATUS"] == "FAILED" else "warn",
        )
        look.show_statements(str(run["MESSAGE"] or ""))
    window = (
        f"{words.time(run['SINCE'])} to {words.time(run['UNTIL'])}"
        if run["SINCE"]
        else f"everything up to {words.time(run['UNTIL'])}"
    )
    look.html(
        look.facts(
            [
                ("Read", window),
                ("How", escape(plans.how(run["STRATEGY"]))),
                ("Data complete until", words.time(run["SETTLED_THROUGH"])),
                ("Table", f"<code>{escape(str(run['DESTINATION'] or words.NOTHING))}</code>"),
                ("Values that did not fit", words.number(run["VALUES_MISFIT"])),
                ("Bytes read", words.size(run["BYTES"])),
                ("Bytes staged", words.size(run["STAGED_BYTES"])),
                ("Compute", words.duration(run["WAREHOUSE_SECONDS"])),
                ("Run", f"<code>{escape(str(run['RUN_ID']))}</code>"),
            ]
        )
    )


def _requests(requests: list[Row]) -> None:
    look.heading("Requests to HubSpot")
    if not requests:
        look.empty("None on record", "A run writes its requests down when it ends.")
        return
    look.html(
        look.table(
            ("Endpoint", "Requests", "Retries", "Throttled", "Time of answers", "Bytes"),
            [
                (
                    f"<code>{escape(str(request['ENDPOINT']))}</code>",
                    words.number(request["COUNT"]),
                    words.number(request["RETRIES"]),
                    words.number(request["THROTTLED"]),
                    words.duration(request["SECONDS"]),
                    words.size(request["BYTES"]),
                )
                for request in requests
            ],
            right=(1, 2, 3, 4, 5),
        )
    )
