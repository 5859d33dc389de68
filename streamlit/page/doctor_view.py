"""Shows DOCTOR's findings, which are asked for only on request."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

import streamlit as st

from page import approvals, look, words
from page.calls import Answer, Calls

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
    "API_VERSION": "API version",
    "SYNC": "Sync",
    "TASK": "Schedule",
    "GRANTS": "Grants",
    "TABLE": "Table",
    "LEASE": "Killed run",
    "STAGING": "Left behind",
    "HUBSPOT": "HubSpot",
}


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
        look.html(_table(bad))
    else:
        look.note("Nothing is wrong.", f"As of {words.time(at)}.", "good")
    if well:
        with st.expander(f"{words.plural(len(well), 'check')} found nothing"):
            look.html(_table(well))


def _table(findings: list[dict[str, str]]) -> str:
    with_cure = any(finding["cure"] for finding in findings)
    return look.table(
        ("", "About", "Finding", "Cure") if with_cure else ("", "About", "Finding"),
        [
            (
                look.badge(*SEVERITIES.get(finding["severity"], (finding["severity"], "calm"))),
                escape(CHECKS.get(finding["check"], words.title(finding["check"].lower()))),
                escape(look.sentence(finding["finding"])),
                *([escape(look.sentence(finding["cure"]))] if with_cure else []),
            )
            for finding in findings
        ],
    )
