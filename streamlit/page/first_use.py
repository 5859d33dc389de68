"""Set up: leads through six steps, from the requirements to the first run."""

from __future__ import annotations

from html import escape

import streamlit as st

from page import (
    approvals,
    connection_step,
    destination_step,
    filters,
    look,
    objects_step,
    plan_step,
    set_up_draft,
    start_step,
    words,
)
from page.calls import Calls

STEPS = ("What is needed", "Connection", "Destination", "Objects", "Plan", "Start")

SCOPES = (
    "crm.objects.contacts.read",
    "crm.objects.companies.read",
    "crm.objects.deals.read",
    "crm.objects.line_items.read",
    "crm.objects.products.read",
    "crm.objects.owners.read",
    "crm.schemas.contacts.read",
    "crm.schemas.companies.read",
    "crm.schemas.deals.read",
    "tickets",
)
"""The read scopes of the objects that most portals load first."""


def show(calls: Calls) -> None:
    """Draw the current step."""
    set_up_draft.restore(calls)
    step = min(st.session_state.get("step", 0), len(STEPS) - 1)
    _progress(step)
    st.space("small")
    draw = (
        show_needs,
        connection_step.show,
        destination_step.show,
        objects_step.show,
        plan_step.show,
        start_step.show,
    )[step]
    with st.container():
        complete = draw(calls)
    with st.container():
        if step >= STEPS.index("Objects"):
            set_up_draft.tell_lost_filters(calls)
    st.space("small")
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        if step:
            st.button("Back", on_click=_to, args=(step - 1,))
        if step < len(STEPS) - 1:
            st.button(
                "Continue",
                type="primary",
                key=f"continue-{step}",
                on_click=_forward,
                args=(step, calls),
                disabled=not complete,
            )


def _forward(step: int, calls: Calls) -> None:
    """Go on; what was typed just before the press is in the drafts by now."""
    faults = objects_step.wrong_filters(calls) if STEPS[step] == "Objects" else {}
    if not faults:
        _to(step + 1)
        return
    lacking = ", ".join(words.title(name) for name in faults if faults[name] == filters.LACKS)
    texts = [f"{words.title(name)}: {text}" for name, text in faults.items()]
    message = f"A filter lacks its value: {lacking}. Give it one, or remove it"
    look.remember({"response_code": "Not yet", "message": message if lacking else " ".join(texts)})


def _to(step: int) -> None:
    st.session_state["step"] = step


def _progress(step: int) -> None:
    items = "".join(
        f'<li class="{"done good" if n < step else "now" if n == step else ""}"'
        f"{' aria-current=step' if n == step else ''}>"
        f"<i>{'✓' if n < step else n + 1}</i>{escape(name)}</li>"
        for n, name in enumerate(STEPS)
    )
    look.html(f'<ol class="steps">{items}</ol>')


def show_needs(calls: Calls) -> bool:
    """Draw what is needed before setting up; always true."""
    look.heading(
        "What is needed",
        "About five minutes, a HubSpot service key, and a role that may create a database.",
    )
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True):
        st.markdown(
            "**In HubSpot: a service key**\n\n"
            "1. Open [app.hubspot.com](https://app.hubspot.com) as a super admin, or as a user "
            "with access to developer tools.\n"
            "2. Go to **Development > Keys > Service keys** and choose **Create service key**.\n"
            "3. Give it the read scopes of what you want to load. These are enough for a start; "
            "more can be added to the key later:"
        )
        st.code("\n".join(SCOPES), language=None, wrap_lines=True)
        st.caption("An existing private app token works as well.")
    with right, st.container(border=True):
        st.markdown(
            "**In Snowflake: two approvals**\n\n"
            "1. Let the app reach **api.hubapi.com**. On the app's page in Snowsight, open "
            "**Connections** and approve **HubSpot API**. Nothing else is ever contacted.\n"
            "2. Let the app create a database for the tables and run tasks: **Privileges** on the "
            "same page.\n\n"
            "People who only look get the application role `APP_VIEWER`, people who query the "
            "tables `DATA_READER`:"
        )
        roles = f"GRANT APPLICATION ROLE {calls.application()}"
        st.code(
            f"{roles}.APP_VIEWER TO ROLE <role>;\n{roles}.DATA_READER TO ROLE <role>;",
            language="sql",
            wrap_lines=True,
        )
        approvals.show()
        st.caption(
            "Your records stay in this account. The app sends nothing but the rows of pushes that "
            "you set up, to HubSpot."
        )
    return True
