"""Completeness: the comparisons of tables with HubSpot, of all syncs or of one."""

from __future__ import annotations

from html import escape

import streamlit as st

from page import comparing, completeness, dialogs, look, place, streams, words
from page.calls import Calls, Row, variant

A_PAGE = 12
HISTORY = 50
MOST = "most-completeness"


def show(syncs: list[Row], calls: Calls) -> None:
    """Draw the last comparison of each sync, those that need attention first."""
    look.heading(
        "Completeness",
        "Every record that HubSpot has and the filter takes is in the table, and no other: counted "
        "on both sides, and what differs compared record by record.",
    )
    last = {str(certificate["SYNC"]): certificate for certificate in calls.certificates()}
    rows = {str(sync["NAME"]): rows_of(sync, calls) for sync in syncs}
    _summary(syncs, last, rows)
    days = int(calls.settings().get("reconcile_every_days") or 0)
    every = (
        f" and every {words.plural(days, 'day')}; Settings changes how often"
        if days
        else "; Settings can have it done every few days too"
    )
    look.html(f'<p class="quiet small">Compared by itself whenever everything was read{every}.</p>')

    def urgency(sync: Row) -> int:
        name = str(sync["NAME"])
        return completeness.urgency(last.get(name), rows[name])

    order = sorted(syncs, key=urgency)
    comparable = [sync for sync in order if _comparable(sync)]
    most = st.session_state.get(MOST, A_PAGE)
    for sync in comparable[:most]:
        _row(sync, last.get(str(sync["NAME"])), calls)
    if len(comparable) > most:

        def more() -> None:
            st.session_state[MOST] = most + A_PAGE

        st.button("Show more", key="more-completeness", on_click=more)
    whole = [words.title(str(sync["NAME"])) for sync in order if sync not in comparable]
    if whole:
        look.html(
            f'<p class="quiet small">Read whole, so that every run compares them: '
            f"{escape(', '.join(whole))}.</p>"
        )


def _comparable(sync: Row) -> bool:
    return (sync["READER"] or "RECORDS") == "RECORDS"


def _summary(syncs: list[Row], last: dict[str, Row], rows: dict[str, int | None]) -> None:
    named = [str(sync["NAME"]) for sync in syncs if _comparable(sync)]
    if not named:
        look.empty("Nothing to compare", "These syncs are read whole: each run compares them.")
        return
    certificates = [last[name] for name in named if name in last]
    good = sum(
        certificate["RESULT"] in ("COMPLETE", "REPAIRED")
        and not completeness.is_too_fresh(certificate, rows[str(certificate["SYNC"])])
        and not completeness.outdated(certificate, rows[str(certificate["SYNC"])])
        for certificate in certificates
    )
    differed = sum(
        int(certificate[kind] or 0) for certificate in certificates for kind in completeness.KINDS
    )
    oldest = min((certificate["CHECKED_AT"] for certificate in certificates), default=None)
    look.html(
        look.facts(
            [
                ("Complete", f"{good} <small>of {words.plural(len(named), 'sync')}</small>"),
                ("Differed when last checked", f"{words.number(differed)}<small>rows</small>"),
                ("Checked", words.time(oldest) + "<small>the longest ago</small>"),
            ],
            big=True,
        )
    )


def _row(sync: Row, last: Row | None, calls: Calls) -> None:
    name = str(sync["NAME"])
    with st.container(key=f"row-complete-{name}"):
        left, middle, right = st.columns([2, 8, 2], vertical_alignment="center")
        left.button(
            f"**{words.title(name)}**", key=f"complete-{name}", type="tertiary",
            on_click=place.go, args=(place.TRUST,), kwargs={"sync": name},
            help="What differed, and earlier comparisons",
        )  # fmt: skip
        with middle:
            look.html(f"<p>{comparison_line(last, rows_of(sync, calls))}</p>")
        with right:
            _check(sync, calls)


def rows_of(sync: Row, calls: Calls) -> int | None:
    """How many rows a sync's table has."""
    table = str(sync["DESTINATION"])
    return calls.row_counts([table]).get(table)


def comparison_line(last: Row | None, rows: int | None = None) -> str:
    """HTML of the last comparison, in a line; ``rows`` are the table's."""
    badge = look.badge(*completeness.result_label(last, rows))
    if last is not None and (reason := completeness.outdated(last, rows)):
        was, _ = completeness.result_then(last)
        return (
            f"{badge} {escape(look.sentence(reason))} "
            f'<span class="quiet">{escape(was)} when checked {words.time(last["CHECKED_AT"])}.'
            "</span>"
        )
    if last is not None and completeness.is_too_fresh(last, rows):
        return (
            f'{badge} <span class="quiet">HubSpot\'s search lags a few minutes, so what just '
            f"changed is compared from the next run on: {words.plural(rows or 0, 'row')}. Checked "
            f"{words.time(last['CHECKED_AT'])}.</span>"
        )
    if last is None:
        return f'{badge} <span class="quiet">Check it to see whether anything differs.</span>'
    first, *more = completeness.sentences(last)
    rest = "".join(f" {escape(look.sentence(sentence))}" for sentence in more)
    return f"{badge} {escape(first)}, checked {words.time(last['CHECKED_AT'])}.{rest}"


def _check(sync: Row, calls: Calls, *, primary: bool = False) -> None:
    ready = sync["SETTLED_THROUGH"] is not None and str(sync["NAME"]) not in comparing.going()
    if st.button(
        "Check now",
        key=f"check-{sync['NAME']}",
        type="primary" if primary else "secondary",
        disabled=not ready,
        help=None if ready else "Once its first run has read everything, and nothing goes on",
    ):
        _ask(str(sync["NAME"]), calls)


@dialogs.asking("Compare with HubSpot, and repair?")
def _ask(name: str, calls: Calls) -> None:
    title = look.plain(words.title(name))
    st.markdown(
        f"The records of **{title}** are counted in HubSpot and in the table. Where the two "
        "differ, missing rows are fetched, old ones refreshed, and rows without a record marked; "
        "no row is removed."
    )
    st.markdown(
        "A table that agrees costs a request for each 200 rows, and above 20,000 rows ten at most; "
        "each difference costs about ten more. It goes on in the background, longer where much "
        "differs. No run of this sync begins meanwhile."
    )
    with st.container(horizontal=True):
        if st.button(
            "Compare and repair",
            type="primary",
            on_click=comparing.begin_comparison,
            args=(name, calls),
        ):
            st.rerun()
        if st.button("Cancel"):
            st.rerun()


def show_sync(sync: Row, calls: Calls) -> None:
    """Draw one sync: its last comparison, what differed, and earlier comparisons."""
    name = str(sync["NAME"])
    place.back_button("All of Trust", place.TRUST)
    certificates = calls.certificates_of(name, HISTORY)
    with st.container(horizontal=True, vertical_alignment="center"):
        look.title(f"{words.title(name)}, compared")
        _check(sync, calls, primary=True)
    if not certificates:
        look.empty("Not compared yet", "Check it now; what is found stands here from then on.")
        return
    last = certificates[0]
    look.html(f"<p>{comparison_line(last, rows_of(sync, calls))}</p>")
    look.html(
        look.facts(
            [
                ("In HubSpot", words.number(last["HUBSPOT_RECORDS"])),
                ("In the table", words.number(last["TABLE_RECORDS"])),
                ("Missing", words.number(last["MISSING"])),
                ("Too many", words.number(last["EXTRA"])),
                ("Out of date", words.number(last["STALE"])),
                ("Repaired", words.number(last["REPAIRED"])),
            ],
            big=True,
        )
        + f'<p class="quiet small">Compared were {escape(str(last["METHOD"]))}; up to what the '
        "table was complete to.</p>"
    )
    differed = next(
        (certificate for certificate in certificates if variant(certificate["DIFFERENCES"])), None
    )
    if differed is not None:
        _differences(differed, sync, calls)
    _history(certificates)


def _differences(certificate: Row, sync: Row, calls: Calls) -> None:
    differences = variant(certificate["DIFFERENCES"]) or []
    look.heading("What differed", "Each record, and what its row was like before the repair.")
    look.html(f"<p>Checked {words.time(certificate['CHECKED_AT'])}.</p>")
    portal = calls.portal_of(str(sync["DESTINATION"]))
    st.dataframe(
        [
            {
                "Record": str(difference["id"]),
                "Its row": completeness.KINDS.get(str(difference["kind"]), str(difference["kind"])),
                "In HubSpot": streams.record_url(portal, sync["OBJECT_TYPE"], difference["id"]),
            }
            for difference in differences
        ],
        hide_index=True,
        column_config={
            "In HubSpot": st.column_config.LinkColumn(display_text="open", width="small")
        },
    )


def _history(certificates: list[Row]) -> None:
    look.heading("Comparisons so far", f"The latest {HISTORY}.")
    look.html(
        look.table(
            (
                *("Checked", "Result", "In HubSpot", "In the table", "Differed", "Repaired"),
                *("Requests", "Took"),
            ),
            [
                (
                    words.time(certificate["CHECKED_AT"]),
                    look.badge(*completeness.result_then(certificate)),
                    words.number(certificate["HUBSPOT_RECORDS"]),
                    words.number(certificate["TABLE_RECORDS"]),
                    words.number(sum(int(certificate[kind] or 0) for kind in completeness.KINDS)),
                    words.number(certificate["REPAIRED"]),
                    words.number(certificate["REQUESTS"]),
                    words.duration(certificate["DURATION_SECONDS"]),
                )
                for certificate in certificates
            ],
            right=(2, 3, 4, 5, 6, 7),
        )
    )
