"""Messages of procedures in the page's words: buttons in place of statements."""

from __future__ import annotations

import pytest

from page.message_words import in_page_words


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            "HubSpot turned it away; store it again with CALL set_token('…')",
            "HubSpot turned it away; store it again by “Store and test” under Set up, Connection",
        ),
        (
            "the credential is stored; check it with CALL test_connection('writer')",
            "the credential is stored; check it under Settings, Connections",
        ),
        (
            "run CALL ingest_hubspot('contacts') first",
            "press “Run now” first",
        ),
        (
            "sync contacts is configured; run it with CALL ingest_hubspot('contacts')",
            "sync contacts is configured; press “Run now”",
        ),
        (
            "it runs in the background; the view RUNS tells how far it is",
            "it runs in the background; Runs tells how far it is",
        ),
        (
            "filter_groups.0.filters.0: this portal has no property 'x' here",
            "Group 1, filter 1: this portal has no property 'x' here",
        ),
        (
            "setting 'filter_groups.1.filters.2.value': must be given",
            "Group 2, filter 3: must be given",
        ),
        ("setting 'filter_groups': 6 groups", "Filters: 6 groups"),
        (
            "setting 'lookback_minutes': must be an integer",
            "Look back, minutes: must be an integer",
        ),
        (
            "sync contacts starts over: its next run is a backfill; the table stays",
            "sync contacts starts over: its next run reads everything again; the table stays",
        ),
        ("CALL ingest_hubspot('deals')", "run deals under Syncs, once step 1 has added it"),
        (
            """CALL configure_sync('deals', PARSE_JSON('{"history": ["dealstage"]}'))""",
            "change deals as step 1 says",
        ),
        (
            "this is no HubSpot credential (it must be an object); give {'token': '…'}, the "
            "service key or private app token, or {'client_id': '…', 'client_secret': '…', "
            "'refresh_token': '…'}",
            "this is no HubSpot credential (it must be an object); give the service key or "
            "private app token alone",
        ),
        (
            "another run of deals is going on; wait for it to end (see the view RUNS) or, if it "
            "was killed, for its lease to expire",
            "another run of deals is going on; wait for it to end (see Runs); one that was killed "
            "counts as going on for 15 minutes",
        ),
        (
            "5 % more than max_rejected_percent",
            "5 % more than “Stopped above: rows refused, percent”",
        ),
        (
            "this sync reads companies; explain it by the sync that reads those",
            "this sync reads companies; choose the table of those above",
        ),
        ("name it in 'connection'", "name it in “From the portal”"),
        ("nothing to say", "nothing to say"),
    ],
)
def test_a_message_names_what_is_pressed(message: str, words: str) -> None:
    assert in_page_words(message) == words
