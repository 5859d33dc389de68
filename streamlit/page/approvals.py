"""Opens Snowflake's own dialogs for what an administrator has to approve: the address, privileges.

On a laptop Snowflake's stub stands in for its permission SDK: it knows no specification, and
nothing is to be approved there.
"""

from __future__ import annotations

from html import escape

import snowflake.permissions as permissions
import streamlit as st

from page import look

PRIVILEGES = (
    "CREATE EXTERNAL ACCESS INTEGRATION",
    "EXECUTE TASK",
    "EXECUTE MANAGED TASK",
    "CREATE DATABASE",
    "READ SESSION",
)
"""Those of the manifest."""


def show() -> None:
    """Draw what is not approved yet, with buttons that open Snowflake's dialogs; else nothing."""
    specifications = permissions.get_application_specifications()
    if not specifications:
        return
    unapproved = [
        str(specification["name"])
        for specification in specifications
        if str(specification["status"]).upper() != "APPROVED"
    ]
    missing = list(permissions.get_missing_account_privileges([*PRIVILEGES]))
    if not (unapproved or missing):
        look.note("Approved.", "The app may reach HubSpot, make databases and run tasks.", "good")
        return
    where = "Open this page in Snowsight to approve it." if permissions.is_viewer_mode() else ""
    if unapproved:
        look.note("Not approved yet:", f"the connection to api.hubapi.com. {where}", "warn")
    if missing:
        look.note("Not granted yet:", f"{escape(', '.join(missing))}. {where}", "warn")
    if where:
        return
    with st.container(horizontal=True):
        if unapproved and st.button("Review the connection", key="review-connection"):
            permissions.request_application_specification_review(unapproved)
        if missing and st.button("Review the privileges", key="review-privileges"):
            permissions.request_account_privileges(missing)
