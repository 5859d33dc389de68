"""Shows DOCTOR's findings, which are asked for only on request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

import streamlit as st

from page import approvals, look, place, words
from page.calls import Answer, Calls
from page.doctor_words import in_words

KEPT = "doctor"
SEVERITIES = {
    "ERROR": ("Wrong", "bad"),
    "WARNING": ("Look at it", "warn"),
    "NOTICE": ("Coming", "busy"),
    "OK": ("Well", "good"),
}
CHECKS = {
    "CREDENTIAL": "Key",
    "EGRESS": "Way to HubSpot",
    "SCOPES": "Scopes",
    "LIMITS": "Daily limit",
    "CLOCK": "Clocks",
    "API_VERSION": "HubSpot's version",
    "SYNC": "Sync",
    "PUSH": "Push",
    "SOURCE": "Source of a push",
    "TASK": "Schedule",
    "PRIVILEGES": "What the app may do",
    "GRANTS": "Where rows land",
    "TABLE": "Table",
    "VIEW": "View",
    "COMPLETENESS": "Completeness",
    "LEASE": "Killed run",
    "STAGING": "Left behind",
    "HUBSPOT": "HubSpot",
}


BY_ANOTHER_KEY = ("CREDENTIAL", "SCOPES")
"""Checks whose findings end when the key is replaced, or given a scope."""

APPROVED = ("EGRESS", "PRIVILEGES")
"""Checks whose findings an administrator cures by approving something."""


def show(calls: Calls) -> None:
    """Draw the last findings and a button to ask again."""
    look.heading(
        "Doctor",
        "Looks at everything that can go wrong between HubSpot and your tables: the key, scopes, "
        "limits, schedules, grants, tables. It changes nothing, and costs a few requests.",
    )
    kept: tuple[datetime, Answer] | None = st.session_state.get(KEPT)
    if st.button("Look now" if kept is None else "Look again", key="doctor-look"):
        with look.working("Looking at HubSpot, the syncs and their tables"):
            st.session_state[KEPT] = (datetime.now(UTC), calls.doctor())
        st.rerun()
    if kept is None:
        return
    at, answer = kept
    if answer.get("response_code") != "OK":
        look.tell(answer)
        return
    findings = [
        {str(name): str(value or "") for name, value in finding.items()}
        for finding in answer.get("findings") or []
    ]
    bad = [finding for finding in findings if finding["severity"] != "OK"]
    well = [finding for finding in findings if finding["severity"] == "OK"]
    if any(finding["check"] in APPROVED for finding in bad):
        approvals.show()
    if bad:
        look.html(f"<p>{words.plural(len(bad), 'finding')}, as of {words.time(at)}.</p>")
        for n, finding in enumerate(bad):
            _finding(n, finding, calls)
    else:
        look.note("Nothing is wrong.", f"As of {words.time(at)}.", "good")
    if well:
        with st.expander(f"{words.plural(len(well), 'check')} found nothing"):
            look.html(
                look.table(
                    ("", "About", "Finding"), [(_badge(f), _about(f), _text(f)) for f in well]
                )
            )


def _finding(number: int, finding: dict[str, str], calls: Calls) -> None:
    """Draw a finding with its cure, and a button that leads to where it is cured."""
    with st.container(key=f"row-finding-{number}"):
        left, right = st.columns([9, 3], vertical_alignment="center")
        with left:
            cure = finding["cure"]
            look.html(
                f"<p>{_badge(finding)} <b>{_about(finding)}</b></p><p>{_text(finding)}</p>"
                + (f"<p class=quiet>Cure: {escape(look.sentence(cure))}</p>" if cure else "")
            )
            for text in (finding["finding"], cure):
                look.show_statements(text)
        sync = sync_of(finding["finding"], [str(sync["NAME"]) for sync in calls.syncs()])
        with right:
            if finding["check"] in BY_ANOTHER_KEY:
                label = "Replace the key" if finding["check"] == "CREDENTIAL" else "Go to the key"
                st.button(label, key=f"doctor-fix-{number}", on_click=place.to_key)
            elif sync is not None:
                st.button(
                    f"Open {words.title(sync)}", key=f"doctor-fix-{number}", on_click=place.go,
                    args=(place.SYNCS,), kwargs={"sync": sync},
                )  # fmt: skip
            elif finding["check"] == "LIMITS":
                st.button(
                    "Open Settings", key=f"doctor-fix-{number}", on_click=place.go,
                    args=(place.SETTINGS,),
                )  # fmt: skip


def sync_of(text: str, names: Sequence[str]) -> str | None:
    """The sync that a finding names; the longest where one name is in another."""
    named = [name for name in names if re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text)]
    return max(named, key=len, default=None)


def _badge(finding: dict[str, str]) -> str:
    return look.badge(*SEVERITIES.get(finding["severity"], (finding["severity"], "calm")))


def _about(finding: dict[str, str]) -> str:
    return escape(CHECKS.get(finding["check"], words.title(finding["check"].lower())))


def _text(finding: dict[str, str]) -> str:
    return escape(look.sentence(in_words(finding["finding"])))
