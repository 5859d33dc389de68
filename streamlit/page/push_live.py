"""Sends a plan in the background, and follows the run of a push to its end."""

from __future__ import annotations

import time
from dataclasses import dataclass

import streamlit as st

from page import live, look, place, polling, words
from page.calls import Answer, Calls, Row

PLAN_CHANGED = "PLAN_CHANGED"

WITH_MESSAGE = ("FAILED", "SKIPPED", "HELD")
"""The healths of a push with which the page shows the message of its last run."""

WAITED = (
    "The page waited for it, as the app may not run tasks: Set up, Connection says how to let it"
)
"""What is added to the outcome of a plan that was not sent in the background."""


@dataclass(frozen=True)
class Followed:
    """A run of a push that the page follows to its end.

    Attributes:
        before: The push's last run before it; None where there was none, or it was found going.
        begun: When it was begun or found, in seconds of ``time.monotonic``.
        plan_hash: The plan that it is to carry out; None where it was found going.
    """

    before: str | None
    begun: float
    plan_hash: str | None = None


def followed_runs() -> dict[str, Followed]:
    """The runs that are followed, by push."""
    followed: dict[str, Followed] = st.session_state.setdefault("followed", {})
    return followed


def is_going(push: Row) -> bool:
    """Whether a run of the push goes on, or was begun and has not appeared yet."""
    return push["LAST_RUN_STATUS"] == "RUNNING" or push["NAME"] in followed_runs()


def send(push: Row, plan_hash: str, rows: int, calls: Calls) -> Answer:
    """Begin to carry out a plan in the background; where no task may run, do it at once."""
    name = str(push["NAME"])
    _note_change(name, changed=False)
    answer = calls.start_push(name, plan_hash)
    code = answer.get("response_code")
    if code == "GRANT_MISSING":
        look.working_on_press(
            f"Sending {words.plural(rows, 'row')} to HubSpot while the page waits: the app may not "
            "run tasks"
        )
        sent = calls.push_to_hubspot(name, plan_hash)
        _show_outcome(name, str(sent.get("response_code")), sent.get("run_id"))
        return {**sent, "message": f"{look.as_sentence(str(sent.get('message', '')))} {WAITED}"}
    if code == "OK":
        followed_runs()[name] = Followed(push["LAST_RUN_ID"], time.monotonic(), plan_hash)
    elif code == PLAN_CHANGED:
        _note_change(name, changed=True)
    return answer


def tell(answer: Answer) -> None:
    """Keep what came of ``send`` to be shown, unless it goes on: then how far it is is shown."""
    if answer.get("response_code") != "OK" or "task" not in answer:
        look.remember(answer)


def show_rows(name: str, run_id: str | None) -> None:
    """Open the rows of a run when the push is next drawn."""
    place.open_part(name, "Rows")
    st.session_state[f"ran-{name}"] = run_id


def show(push: Row, calls: Calls) -> None:
    """Draw the run that goes on, again and again, and what came of it; nothing where none does."""
    name = str(push["NAME"])
    with st.container():
        if is_going(push):
            polling.drawn(lambda: _drawn(name, calls), lambda: _has_just_begun(name))
            look.show_remembered()


def offer_plan(push: Row, calls: Calls) -> None:
    """Draw the button that plans again, where what was confirmed does not hold any more."""
    name = str(push["NAME"])
    with st.container():
        if st.session_state.get(_changed_key(name)) or _has_changed(push, calls):
            st.button("Plan again", key=f"plan-again-{name}", on_click=_plan_again, args=(name,))


def _has_just_begun(name: str) -> bool:
    followed = followed_runs().get(name)
    return followed is not None and time.monotonic() < followed.begun + live.SHORTLY


def _drawn(name: str, calls: Calls) -> bool:
    """Draw how far the run is, and remember its outcome once there is one; whether it goes on."""
    push = next((row for row in calls.now(calls.pushes) if row["NAME"] == name), None)
    followed = followed_runs().get(name)
    if push is None:
        followed_runs().pop(name, None)
        return False
    if push["LAST_RUN_STATUS"] == "RUNNING":
        followed_runs().setdefault(name, Followed(None, time.monotonic()))
        running = [run for run in calls.running() if run["RUN_ID"] == push["LAST_RUN_ID"]]
        for run in running:
            live.draw_run(run, calls)
        return True
    if followed is None:
        return False
    if push["LAST_RUN_ID"] != followed.before:
        del followed_runs()[name]
        _end(push, followed, calls)
        return False
    if time.monotonic() > followed.begun + live.PATIENCE:
        del followed_runs()[name]
        message = (
            f"the run of {name} has not begun yet: its task waits in Snowflake, and it shows here "
            "and under Runs once it has"
        )
        look.remember({"response_code": "TIMEOUT", "message": message})
        return False
    with st.container(border=True):
        look.html(
            "<p><b>Sending in the background</b></p>"
            '<p class="quiet">It begins in a moment; the page can be left or used meanwhile.</p>'
        )
    return True


def _end(push: Row, followed: Followed, calls: Calls) -> None:
    """Remember what came of the push's last run, and show its rows next."""
    name, run_id = str(push["NAME"]), str(push["LAST_RUN_ID"])
    run = calls.run(run_id)
    if run is None:
        return
    code, message = str(run["RESPONSE_CODE"]), str(run["MESSAGE"] or "")
    if code == "OK" and followed.plan_hash not in (None, run["PLAN_HASH"]):
        message = f"a run by itself came before the plan, which was not sent: {message}"
    if push["HEALTH"] not in WITH_MESSAGE:
        look.remember(
            {
                "response_code": code,
                "message": message,
                "rows_rejected": int(run["VALUES_MISFIT"] or 0),
                "rows_unknown": int(push["ROWS_UNKNOWN"]),
            }
        )
    _show_outcome(name, code, run_id)


def _show_outcome(name: str, code: str, run_id: str | None) -> None:
    _note_change(name, changed=code == PLAN_CHANGED)
    if code != PLAN_CHANGED:
        show_rows(name, run_id)


def _changed_key(name: str) -> str:
    return f"plan-changed-{name}"


def _note_change(name: str, *, changed: bool) -> None:
    st.session_state[_changed_key(name)] = changed


def _has_changed(push: Row, calls: Calls) -> bool:
    """Whether the last run found another plan than the one that was confirmed."""
    if push["HEALTH"] != "FAILED":
        return False
    run = calls.run(str(push["LAST_RUN_ID"]))
    return run is not None and run["RESPONSE_CODE"] == PLAN_CHANGED


def _plan_again(name: str) -> None:
    _note_change(name, changed=False)
    place.open_part(name, "Plan")
    st.session_state[f"plan-due-{name}"] = True
