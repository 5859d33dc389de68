"""Shows the plan of a push as a difference that a person can read, and starts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from page import dialogs, look, plans, push_live, push_trial_view, row_cures, words
from page.calls import Answer, Calls, Row, variant
from page.push_actions import ACTIONS, SENT, UNSENT

MOST = 200


def show(push: Row, calls: Calls) -> None:
    """Draw the newest plan; a new one is made when asked for."""
    name = str(push["NAME"])
    plans_made: dict[str, Answer] = st.session_state.setdefault("push-plans", {})
    due = bool(st.session_state.pop(f"plan-due-{name}", False))
    again = due or name in plans_made
    going = push_live.is_going(push)
    asked = st.button(
        "Look again" if again else "Look at what it would do", key=f"plan-{name}",
        type="tertiary" if again else "primary", disabled=going,
        help="Once the run has ended" if going else "Reads the source and HubSpot; writes nothing",
    )  # fmt: skip
    with st.container():
        if asked or due:
            with look.working("Comparing the source with HubSpot; nothing is written"):
                plans_made[name] = calls.plan_push(name)
    plan = plans_made.get(name)
    if plan is None:
        look.html('<p class="quiet">Nothing is sent by looking.</p>')
        return
    if plan.get("response_code") != "OK":
        look.tell(plan)
        return
    rows = calls.plan_rows(name, MOST)
    if is_replaced(plan, rows):
        look.note(
            "This plan is out of date.",
            "A run or somebody else made another one since. Look again to see what a run would "
            "do now.",
            "warn",
        )
        return
    _figures(plan)
    _verdict(push, plan, calls)
    _invalid(plan)
    _rows(rows)


def is_replaced(plan: Answer, rows: Sequence[Row]) -> bool:
    """Whether the newest plan, whose rows these are, is another than the one that was looked at."""
    if rows:
        return str(rows[0]["PLAN_HASH"]) != str(plan["plan_hash"])
    return any(plan["counts"][action] for action in SENT)


def _figures(plan: Answer) -> None:
    counts: Mapping[str, int] = plan["counts"]
    requests = sum(plan["requests"].values())
    share = plan["share_of_day_percent"]
    of_day = "" if share is None else f"{words.percent(max(share, 0.01))} of the day, "
    seconds = 60.0 * float(plan["minutes"])
    cleared = f"<small>{words.number(counts['CLEAR'])} cleared</small>" if counts["CLEAR"] else ""
    unsent = _unsent(plan)
    reasons = "<small>for the reasons below</small>" if unsent else ""
    look.html(
        look.facts(
            [
                ("Create", words.number(counts["CREATE"])),
                ("Update", f"{words.number(counts['UPDATE'] + counts['CLEAR'])}{cleared}"),
                ("Archive", words.number(counts["ARCHIVE"])),
                ("Only links", words.number(counts["LINK"])),
                ("Not sent", f"{words.number(unsent)}{reasons}"),
                (
                    "Requests",
                    f"{words.number(requests)}<small>{of_day}"
                    f"{plans.lasting(seconds, seconds)}</small>",
                ),
            ],
            big=True,
        )
    )


def _unsent(plan: Answer) -> int:
    """The rows whose changes do not go to HubSpot."""
    return sum(int(plan["counts"][action]) for action in UNSENT)


def _verdict(push: Row, plan: Answer, calls: Calls) -> None:
    name, counts = str(push["NAME"]), plan["counts"]
    held = plan["safety"]["verdict"] == "HELD"
    sent = sum(int(counts[action]) for action in SENT)
    with st.container():
        if held:
            look.note(
                "Held.",
                f"{escape(look.sentence(str(plan['safety']['reason'])))} Runs that begin "
                "by themselves write nothing until somebody who looked at the rows below sends "
                "this plan.",
                "warn",
            )
        if plan["adopt_offered"]:
            look.note(
                "Most of these records are in HubSpot already.",
                "The first run would bring them into line with your rows. Taking them over sends "
                "nothing: it only notes which record is whose. Rows that differ are sent by the "
                "next run all the same.",
                "busy",
            )
    if not sent and not plan["adopt_offered"]:
        unsent = _unsent(plan)
        # refused rows that did not change are not in the plan
        refused = int(push["ROWS_REJECTED"]) + int(push["ROWS_UNKNOWN"])
        if unsent:
            look.note(
                "Nothing to send.",
                f"{words.plural(unsent, 'row is', 'rows are')} not sent, for the reasons below.",
                "warn",
            )
        elif refused:
            look.note(
                "Nothing to send.",
                "HubSpot holds what the other rows say; "
                f"{words.plural(refused, 'row needs', 'rows need')} a look, under Rows.",
                "warn",
            )
        else:
            look.note("Nothing to send.", "HubSpot holds what the rows say.", "good")
        return
    with st.container(horizontal=True):
        if sent and st.button(
            f"Send {words.plural(sent, 'row')} to HubSpot", type="primary", key=f"send-{name}",
        ):  # fmt: skip
            _ask(push, plan, sent, calls, held=held)
        if plan["adopt_offered"]:
            st.button("Take them over", key=f"adopt-{name}", on_click=_adopt, args=(name, calls))
    with st.container():
        if sent > 1 and not held:
            push_trial_view.show(name, str(plan["plan_hash"]), calls, _ran)


@dialogs.asking("Send these changes to HubSpot?")
def _ask(push: Row, plan: Answer, sent: int, calls: Calls, *, held: bool) -> None:
    name = str(push["NAME"])
    st.markdown(question(str(push["OBJECT"]), plan["counts"], held=held))

    def send() -> Answer:
        _forget(name)
        return push_live.send(push, str(plan["plan_hash"]), sent, calls)

    dialogs.choice("Send", send, push_live.tell)


def question(object_type: str, counts: Mapping[str, int], *, held: bool) -> str:
    """Markdown of what sending a plan does, told before it is confirmed."""
    parts = [
        f"**{words.number(int(counts[action]))}** to {ACTIONS[action][0].lower()}"
        for action in SENT
        if counts.get(action)
    ]
    sentences = [
        f"{', '.join(parts)} in HubSpot’s {look.plain(words.title(object_type).lower())}.",
        "This plan is carried out and nothing else; if the source or HubSpot changed since, "
        "nothing is written.",
        "It is sent in the background; the page tells how far it is, and can stop it.",
        "Values that a run replaced are kept, so that it can be rolled back.",
    ]
    if counts.get("ARCHIVE"):
        sentences.append(
            "Archived records are not brought back by that: they can be restored in HubSpot’s own "
            "pages alone."
        )
    if held:
        sentences.append("The safety limits are passed over, this once.")
    return " ".join(sentences)


def _adopt(name: str, calls: Calls) -> None:
    look.working_on_press("Reading HubSpot; nothing is written")
    look.remember(calls.adopt(name))
    _forget(name)


def _ran(name: str, answer: Answer) -> None:
    """Show the rows of a run next; its plan is done with."""
    _forget(name)
    push_live.show_rows(name, answer.get("run_id"))


def _forget(name: str) -> None:
    st.session_state.setdefault("push-plans", {}).pop(name, None)


def _invalid(plan: Answer) -> None:
    if not plan["invalid"]:
        return
    rows = []
    for code, times in sorted(plan["invalid"].items(), key=lambda item: -int(item[1])):
        happened, cure = row_cures.cure(code)
        rows.append(
            (
                words.number(times),
                f"{escape(look.sentence(happened))}<br><code>{escape(code)}</code>",
                escape(look.sentence(cure)),
            )
        )
    look.heading("Not sent")
    look.html(look.table(("Rows", "Why", "What to do"), rows, right=(0,)))


def _rows(rows: Sequence[Row]) -> None:
    if not rows:
        return
    notes = []
    if len(rows) == MOST:
        notes.append(f"The first {MOST}; PUSH_PLAN_ROWS has all.")
    if any(variant(row["LINKS_ADDED"]) for row in rows):
        notes.append(
            "A link whose other record or label HubSpot does not have is not made; the run names "
            "it under Rows, and each plan lists it until it is there."
        )
    look.heading("Row by row", " ".join(notes))
    look.html(
        look.table(
            ("Row", "", "What changes"),
            [(escape(str(row["ROW_KEY"] or "no key")), _action(row), changes(row)) for row in rows],
        )
    )


def _action(row: Row) -> str:
    name = str(row["ACTION"])
    gone = '<div class="quiet small">gone from the source</div>' if row["IS_GONE"] else ""
    return look.badge(*ACTIONS.get(name, (name, "calm"))) + gone


def changes(row: Row) -> str:
    """HTML of what a row changes, property by property and link by link, or why it does not."""
    lines = [
        f"<div>{escape(name)}: {_value(before, 'del')} → {_value(after, 'ins')}</div>"
        for name, (before, after) in (variant(row["CHANGED"]) or {}).items()
    ]
    for sign, links in (("+", row["LINKS_ADDED"]), ("−", row["LINKS_REMOVED"])):
        lines += [f"<div>{sign} link {_link(link)}</div>" for link in variant(links) or ()]
    if row["CODE"] or row["MESSAGE"]:
        code = f" <code>{escape(str(row['CODE']))}</code>" if row["CODE"] else ""
        lines.append(f"<div>{escape(look.sentence(str(row['MESSAGE'] or '')))}{code}</div>")
    return "".join(lines)


def _value(value: Any, tag: str) -> str:
    if value in (None, ""):
        return '<span class="quiet">empty</span>'
    text = str(value)
    return f"<{tag}>{escape(text if len(text) <= 120 else text[:117] + '…')}</{tag}>"


def _link(link: Mapping[str, Any]) -> str:
    label = f" as {escape(str(link['label']))}" if link.get("label") else ""
    return f"{escape(str(link['column']).lower())}: {escape(str(link['to']))}{label}"
