"""A redirect is followed to another path of the same host, and the credential goes nowhere else."""

from __future__ import annotations

import httpx
import pytest

from hubspot_ingest.errors import HubSpotRefused
from hubspot_ingest.hubspot import record_pages, requests
from hubspot_ingest.hubspot.redirects import MOST_REDIRECTS
from tests.hubspot.replies import LIST, HubSpot, ok

SEARCH = requests.search_page("contacts", [], ["email"])


def moved(status: int, location: str) -> httpx.Response:
    return httpx.Response(status, headers={"location": location})


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("location", ["/moved?after=MQ%3D%3D", "https://api.hubapi.com/moved?a=b"])
def test_a_request_is_sent_again_to_another_path_of_the_host(status: int, location: str) -> None:
    hubspot = HubSpot(moved(status, location), ok())
    client = hubspot.client()

    assert client.fetch(SEARCH, record_pages.page).records

    first, second = hubspot.seen
    assert second.url == f"https://api.hubapi.com{location.removeprefix('https://api.hubapi.com')}"
    assert (second.method, second.content) == (first.method, first.content)
    assert second.headers["authorization"] == first.headers["authorization"]
    assert client.tally.endpoints[SEARCH.endpoint].count == 2


ELSEWHERE = [
    *(
        "https://example.com/x",
        "http://api.hubapi.com/x",
        "//x.io",
        "https://api.hubapi.com:8443/x",
    ),
    *(
        "https://someone@api.hubapi.com/x",
        "https://api.hubapi.com@x.io/",
        "https://api.hubapi.com.x.io",
    ),
]


@pytest.mark.parametrize("location", ELSEWHERE)
def test_a_redirect_to_another_host_is_not_followed(location: str) -> None:
    hubspot = HubSpot(moved(307, location), ok())
    with pytest.raises(HubSpotRefused, match="is not followed"):
        hubspot.client().fetch(LIST, record_pages.page)
    assert len(hubspot.seen) == 1


def test_nor_is_one_that_comes_after_another() -> None:
    hubspot = HubSpot(moved(307, "/once"), moved(308, "https://x.io/twice"), ok())
    with pytest.raises(HubSpotRefused, match=r"to x\.io, which is not followed"):
        hubspot.client().fetch(SEARCH, record_pages.page)
    assert [request.url.host for request in hubspot.seen] == ["api.hubapi.com"] * 2


@pytest.mark.parametrize(
    "location", ["https:x.io/y", "script:x", "http://[::1", "/\\x.io", "///x.io"]
)
def test_one_that_nobody_understands_leads_to_no_other_host(location: str) -> None:
    hubspot = HubSpot(moved(307, location), ok())
    assert hubspot.client().fetch(LIST, record_pages.page).records
    assert [request.url.host for request in hubspot.seen] == ["api.hubapi.com"] * 2


@pytest.mark.parametrize("location", ["https://[/", "https://[x/y"])
def test_one_to_what_is_no_address_is_refused(location: str) -> None:
    hubspot = HubSpot(moved(307, location))
    with pytest.raises(HubSpotRefused, match="no address"):
        hubspot.client().fetch(LIST, record_pages.page)
    assert len(hubspot.seen) == 1


def test_redirects_that_go_round_end() -> None:
    hubspot = HubSpot(moved(307, "/round"))
    with pytest.raises(HubSpotRefused, match="more than 5 times"):
        hubspot.client().fetch(LIST, record_pages.page)
    assert len(hubspot.seen) == MOST_REDIRECTS + 1
