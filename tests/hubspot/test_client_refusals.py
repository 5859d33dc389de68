"""Refusals that pass, pages that are not HubSpot's, and answers that trickle in."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from hubspot_ingest.errors import CredentialError, DeadlineReached, HubSpotError
from hubspot_ingest.hubspot import record_pages
from hubspot_ingest.hubspot.client import TRIES_BEFORE_FIRST_ANSWER
from tests.builders import MINUTE, NOW, FakeClock
from tests.hubspot.replies import LIST, HubSpot, Reply, a_client, no, ok


@pytest.mark.parametrize("reply", [httpx.Response(401), no(401, category="INVALID_AUTHENTICATION")])
def test_a_credential_refused_once_is_sent_once_again(reply: Reply) -> None:
    hubspot = HubSpot(reply, ok())
    assert hubspot.client().fetch(LIST, record_pages.page).records
    assert len(hubspot.seen) == 2


def test_a_credential_refused_twice_is_a_matter_of_the_credential() -> None:
    hubspot = HubSpot(ok(), no(401, category="INVALID_AUTHENTICATION"))
    client = hubspot.client()
    client.fetch(LIST, record_pages.page)
    with pytest.raises(CredentialError, match="set_token"):
        client.fetch(LIST, record_pages.page)
    assert len(hubspot.seen) == 3


def test_a_530_that_never_passes_is_a_matter_of_the_credential() -> None:
    hubspot = HubSpot(httpx.Response(530, text="error code: 1016"))
    with pytest.raises(CredentialError, match=r"530.*set_token"):
        hubspot.client().fetch(LIST, record_pages.page)
    assert len(hubspot.seen) == TRIES_BEFORE_FIRST_ANSWER


def test_a_530_after_an_answer_is_waited_out() -> None:
    reply = httpx.Response(530, text="error code: 1016")
    hubspot = HubSpot(ok(), *10 * [reply], ok())
    client = hubspot.client()
    for _ in range(2):
        assert client.fetch(LIST, record_pages.page).records


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("status", [401, 403])
def test_a_page_that_is_not_hubspots_is_no_missing_scope(status: int, answered: bool) -> None:
    page = httpx.Response(status, html="<html>Sorry, you have been blocked</html>")
    hubspot = HubSpot(*answered * [ok()], page)
    client = hubspot.client()
    if answered:
        client.fetch(LIST, record_pages.page)
    with pytest.raises(HubSpotError, match="network") as refused:
        client.fetch(LIST, record_pages.page)
    assert refused.value.response_code == "HUBSPOT_UNAVAILABLE"
    assert refused.value.status == "FAILED"
    assert len(hubspot.seen) == answered + TRIES_BEFORE_FIRST_ANSWER


# -- a body that trickles in ----------------------------------------------------------------------


class Trickle:
    """A HubSpot whose answer comes byte by byte, one every ``seconds``."""

    def __init__(self, seconds: float) -> None:
        self.clock = FakeClock()
        self.seconds = seconds
        self.asked = 0

    def __call__(self, _: httpx.Request) -> httpx.Response:
        self.asked += 1
        return httpx.Response(200, content=self._bytes())

    def _bytes(self) -> Iterator[bytes]:
        for byte in ok().content:
            self.clock.sleep(self.seconds)
            yield bytes([byte])


def test_an_answer_that_trickles_in_does_not_outlive_the_deadline() -> None:
    hubspot = Trickle(60)
    with pytest.raises(DeadlineReached):
        a_client(hubspot, hubspot.clock, minutes=3).fetch(LIST, record_pages.page)
    assert hubspot.clock.now() <= NOW + 5 * MINUTE


def test_an_answer_that_trickles_in_is_asked_for_again() -> None:
    hubspot = Trickle(60)
    with pytest.raises(HubSpotError, match="ReadTimeout"):
        a_client(hubspot, hubspot.clock).fetch(LIST, record_pages.page)
    assert hubspot.asked == TRIES_BEFORE_FIRST_ANSWER


def test_a_slow_answer_is_taken() -> None:
    hubspot = Trickle(1)
    assert a_client(hubspot, hubspot.clock).fetch(LIST, record_pages.page).records
