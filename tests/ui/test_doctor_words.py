"""The doctor speaks as the rest of the page does."""

from __future__ import annotations

import pytest

from page.doctor_words import in_words


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        ("contacts is HEALTHY", "contacts is healthy"),
        ("contacts is FAILED: HubSpot is away", "contacts is failed: HubSpot is away"),
        ("the push out is HELD: too much", "the push out is held: look at its plan: too much"),
        ("contacts is INCOMPLETE: more to come", "contacts continues next run: more to come"),
        ("the connection default has a credential of the kind TOKEN, stored 3 days ago",
         "the key of the first portal was stored 3 days ago"),
        ("the connection emea has a credential of the kind OAUTH; when it was stored is not known",
         "when the key of emea was stored is not known"),
        ("the connection HUBSPOT_API to api.hubapi.com is PENDING: the app cannot ask HubSpot",
         "the way to HubSpot is not approved: the app cannot ask HubSpot"),
        ("contacts was compared with HubSpot at 2026-11-30T10:00:00Z: INCOMPLETE",
         "contacts was compared with HubSpot at 2026-11-30T10:00:00Z: it did not come to its end"),
        ("contacts has a schedule, but its task is suspended",
         "contacts has a schedule that does not run"),
        ("the app has notifications, but its task SEND_ALERTS is not there",
         "the task for notifications of the app does not run"),
        ("nothing to translate", "nothing to translate"),
    ],
)  # fmt: skip
def test_a_finding_is_told_in_the_pages_words(finding: str, words: str) -> None:
    assert in_words(finding) == words
