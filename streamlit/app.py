"""The app's page: sets up, watches and checks syncs without SQL.

It runs in Snowflake's warehouse runtime and, unchanged, on a laptop (``hubspot-ingest ui``). It
uses the active Snowpark session, or the session state's ``session`` where tests have set one.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from page import (
    address,
    dialogs,
    drawing,
    look,
    object_labels,
    place,
    pressing,
    style_sheet,
    tabs,
)
from page.calls import Calls


def session() -> Any:
    """The Snowpark session of this page."""
    stored_session = st.session_state.get("session")
    if stored_session is not None:
        return stored_session
    from snowflake.snowpark.context import get_active_session

    return get_active_session()


def main() -> None:
    """Draw the page; Streamlit runs this again at every interaction."""
    st.set_page_config(layout="wide")
    style_sheet.add()
    dialogs.page_begins()
    with drawing.error_boundary():
        calls = Calls(session(), st.session_state.setdefault("kept", {}))
        address.follow()
        if st.session_state.pop("moved", False):
            calls.look_again()
        object_labels.learn((str(sync["STREAM"]) for sync in calls.syncs()), calls)
        if place.part() is None:
            place.begin(place.SYNCS if calls.syncs() else place.SET_UP)
        # Snowsight shows a title of its own
        st.set_page_config(f"{place.part()} · HubSpot Ingest")
        way_back = drawing.top(calls)
        look.show_remembered()
        tabs.none_yet()
        # a question in a dialog would move what follows it: it stands behind all of this
        with st.container():
            drawing.show(place.part() or place.SET_UP, calls)
        address.write()
        with way_back:
            address.draw_back()
        pressing.forget()


main()
