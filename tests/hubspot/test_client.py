from __future__ import annotations

import logging
import traceback
from itertools import pairwise

import httpx
import pytest

from hubspot_ingest.errors import (
    CredentialError,
    DailyLimitReached,
    DeadlineReached,
    HubSpotError,
    HubSpotRefused,
    IngestError,
    ScopeMissing,
    UnexpectedAnswer,
)
from hubspot_ingest.hubspot import json_values, record_pages, requests
from hubspot_ingest.hubspot.client import TRIES_BEFORE_FIRST_ANSWER
from hubspot_ingest.hubspot.requests import Request
from hubspot_sandbox import Faults, Limits, Portal, Sandbox
from hubspot_sandbox.faults import KINDS, Planned
from tests.builders import MINUTE, NOW, FakeClock
from tests.hubspot.replies import LIST, TOKEN, HubSpot, Reply, a_client, no, ok

HTML = httpx.Response(200, html="<html>Please sign in</html>")
SEARCH = requests.search_page("contacts", [], ["email"])
BATCH = requests.batch_read("contacts", ["1"], ["email"])

# -- what is sent ---------------------------------------------------------------------------------


def test_a_request_carries_the_credential_and_the_body() -> None:
    hubspot = HubSpot(ok())
    hubspot.client().fetch(SEARCH, record_pages.page)
    [seen] = hubspot.seen
    assert seen.method == "POST"
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert seen.headers["content-type"] == "application/json"
    assert json_values.decode(seen.content) == SEARCH.body


def test_the_request_line_is_the_one_that_was_made() -> None:
    request = requests.list_page("a b/c", ["ä,b&c"], after="x+y=")
    hubspot = HubSpot(ok())
    hubspot.client().fetch(request, record_pages.page)
    assert hubspot.seen[0].url.raw_path.decode() == request.target


def test_a_token_that_no_header_can_carry_is_a_matter_of_the_credential() -> None:
    with pytest.raises(CredentialError):
        HubSpot(ok()).client(token="pat\u2011na1\u20111234").fetch(LIST, record_pages.page)


# -- asked again ----------------------------------------------------------------------------------

FAULTS: dict[str, Reply] = {
    "500": no(500),
    "502": httpx.Response(502, html="<html>Bad Gateway</html>"),
    "503": httpx.Response(503),
    "504": httpx.Response(504),
    "524": httpx.Response(524, html="<html>524</html>"),
    "423": no(423, message="Locked"),
    "477": no(477, {"Retry-After": "2"}),
    "429 of a burst": no(429, policyName="TEN_SECONDLY_ROLLING"),
    "429 of a second": no(429, message="You have reached your secondly limit."),
    "429 of a proxy": httpx.Response(429, text="error code: 1015"),
    "cut off": httpx.Response(200, content=b'{"results": [{"id": "1", "prop'),
    "empty": httpx.Response(200, content=b""),
    "html with 200": HTML,
    "reset": httpx.ReadError("reset"),
    "disconnected": httpx.RemoteProtocolError("gone"),
    "slow": httpx.ReadTimeout("slow"),
    "no way": httpx.ConnectError("refused"),
    "garbled": httpx.DecodingError("gzip"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("request_", [LIST, SEARCH, BATCH], ids=["list", "search", "batch"])
def test_every_read_is_asked_again_after_a_fault(fault: Reply, request_: Request) -> None:
    hubspot = HubSpot(fault, fault, ok())
    assert len(hubspot.client().fetch(request_, record_pages.page).records) == 1
    assert [seen.content for seen in hubspot.seen] == [hubspot.seen[0].content] * 3


@pytest.mark.parametrize("status", [429, 477, 503])
def test_the_wait_hubspot_asks_for_is_kept(status: int) -> None:
    hubspot = HubSpot(no(status, {"Retry-After": "7"}), ok())
    hubspot.client().fetch(LIST, record_pages.page)
    assert hubspot.at[1] - hubspot.at[0] >= 7_000


@pytest.mark.parametrize("status", [429, 477, 503])
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}, {"Retry-After": "nan"}])
def test_one_try_after_the_other_is_further_apart(status: int, headers: dict[str, str]) -> None:
    hubspot = HubSpot(ok(), *[no(status, headers)] * 6, ok())
    client = hubspot.client()
    client.fetch(LIST, record_pages.page)
    client.fetch(LIST, record_pages.page)
    gaps = [later - at for at, later in pairwise(hubspot.at[1:])]
    assert gaps[0] >= 200
    assert gaps[-1] >= 2_000


def test_a_throttled_bucket_holds_back_its_other_requests_too() -> None:
    hubspot = HubSpot(no(429, {"Retry-After": "5"}), ok())
    client = hubspot.client()
    client.fetch(SEARCH, record_pages.page)
    assert hubspot.at[1] - hubspot.at[0] >= 5_000


# -- given up -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", [httpx.ConnectError("no way"), httpx.Response(503), HTML], ids=["down", "503", "html"]
)
def test_a_hubspot_that_never_answered_is_given_up_after_six_tries(fault: Reply) -> None:
    hubspot = HubSpot(fault)
    with pytest.raises(HubSpotError) as down:
        hubspot.client().fetch(LIST, record_pages.page)
    assert down.value.response_code == "HUBSPOT_UNAVAILABLE"
    assert "api.hubapi.com" in down.value.message
    assert len(hubspot.seen) == TRIES_BEFORE_FIRST_ANSWER == 6


@pytest.mark.parametrize(
    "fault", [httpx.ConnectError("no way"), httpx.Response(503), HTML], ids=["down", "503", "html"]
)
def test_a_hubspot_that_has_answered_is_asked_until_the_deadline(fault: Reply) -> None:
    hubspot = HubSpot(ok(), fault)
    client = hubspot.client(minutes=20)
    client.fetch(LIST, record_pages.page)
    with pytest.raises(DeadlineReached) as stopped:
        client.fetch(LIST, record_pages.page)
    assert stopped.value.status == "STOPPED"
    assert hubspot.clock.now() <= NOW + 20 * MINUTE
    assert hubspot.clock.now() > NOW + 19 * MINUTE


def test_a_wait_beyond_the_deadline_stops_the_run_at_once() -> None:
    hubspot = HubSpot(no(477, {"Retry-After": "86400"}))
    with pytest.raises(DeadlineReached):
        hubspot.client(minutes=5).fetch(LIST, record_pages.page)
    assert hubspot.clock.now() < NOW + MINUTE


def test_nothing_is_sent_after_the_deadline() -> None:
    hubspot = HubSpot(ok())
    client = hubspot.client(minutes=1)
    hubspot.clock.advance(2 * MINUTE)
    with pytest.raises(DeadlineReached):
        client.fetch(LIST, record_pages.page)
    assert hubspot.seen == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (no(403, message="no"), ScopeMissing),
        (no(400, message="no such property"), HubSpotRefused),
        (httpx.Response(414, html="<html>414</html>"), HubSpotRefused),
        (no(429, policyName="DAILY"), DailyLimitReached),
        (ok({"results": [{"properties": {}}]}), UnexpectedAnswer),
        (ok({"status": "error"}), UnexpectedAnswer),
    ],
)
def test_what_no_retry_changes_is_asked_once(reply: Reply, error: type[IngestError]) -> None:
    hubspot = HubSpot(reply)
    with pytest.raises(error):
        hubspot.client().fetch(LIST, record_pages.page)
    assert len(hubspot.seen) == 1


def test_a_missing_scope_is_named() -> None:
    sandbox = Sandbox(Portal(seed=1, clock=lambda: NOW, records={"deals": 1}))
    sandbox.portal.grant("pat-na1-limited", ["crm.objects.contacts.read"])
    client = a_client(sandbox.respond, FakeClock(), token="pat-na1-limited")
    with pytest.raises(ScopeMissing, match=r"crm\.objects\.deals\.read") as missing:
        client.fetch(requests.list_page("deals"), record_pages.page)
    assert "crm.objects.deals.read" in missing.value.scopes


def test_a_redirect_is_refused_and_the_credential_goes_nowhere_else() -> None:
    hubspot = HubSpot(httpx.Response(302, headers={"Location": "https://elsewhere.example/"}))
    with pytest.raises(HubSpotRefused, match="302"):
        hubspot.client().fetch(LIST, record_pages.page)
    assert [seen.url.host for seen in hubspot.seen] == ["api.hubapi.com"]


def test_once_stopped_nothing_more_is_sent() -> None:
    hubspot = HubSpot(ok())
    client = hubspot.client()
    client.stop(IngestError("enough"))
    client.stop(IngestError("a second reason changes nothing"))
    with pytest.raises(IngestError, match="enough"):
        client.fetch(LIST, record_pages.page)
    assert hubspot.seen == []


# -- counted --------------------------------------------------------------------------------------


def test_requests_are_counted_for_each_endpoint() -> None:
    hubspot = HubSpot(no(500), no(429), ok())
    client = hubspot.client()
    client.fetch(LIST, record_pages.page)
    client.fetch(SEARCH, record_pages.page)
    spent = client.tally.endpoints
    assert {endpoint: usage.count for endpoint, usage in spent.items()} == {
        LIST.endpoint: 3,
        SEARCH.endpoint: 1,
    }
    listed = spent[LIST.endpoint]
    assert (listed.retries, listed.throttled) == (2, 1)
    assert listed.seconds == pytest.approx(0.3)
    assert listed.bytes > len('{"results": []}')
    assert client.tally.requests == 4


def test_a_request_that_fails_for_good_is_counted_too() -> None:
    hubspot = HubSpot(no(401))
    client = hubspot.client()
    with pytest.raises(CredentialError):
        client.fetch(LIST, record_pages.page)
    assert client.tally.requests == 2


# -- the credential -------------------------------------------------------------------------------

ECHOES: dict[str, Reply] = {
    "401": no(401, message=f"token {TOKEN} is unknown"),
    "403": no(403, message=f"This oauth-token ({TOKEN}) does not have proper permissions!"),
    "400": no(400, message=f"Bearer {TOKEN}"),
    "500": no(500, message=TOKEN),
    "429": no(429, message=f"{TOKEN} is too fast"),
    "text": httpx.Response(400, text=f"bad header Authorization: {TOKEN}"),
    "network": httpx.ConnectError(f"could not connect with {TOKEN}"),
    "shape": ok({TOKEN: TOKEN}),
    "page": ok({"results": TOKEN}),
}


@pytest.mark.parametrize("reply", ECHOES.values(), ids=ECHOES)
def test_the_credential_appears_in_no_error(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(IngestError) as failed:
        HubSpot(reply).client(minutes=3).fetch(LIST, record_pages.page)
    assert TOKEN not in failed.value.message
    assert TOKEN not in "".join(traceback.format_exception(failed.value))
    assert TOKEN not in caplog.text


# -- against a whole HubSpot ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("request_", [LIST, SEARCH], ids=["list", "search"])
def test_every_fault_of_the_local_hubspot_is_survived(kind: str, request_: Request) -> None:
    clock = FakeClock()
    sandbox = Sandbox(
        Portal(seed=1, clock=clock.now, records={"contacts": 30}),
        faults=Faults(plan=[Planned(kind, times=3)], slow_ms=200_000),
        sleep=clock.sleep,
    )
    client = a_client(sandbox.respond, clock, token=sandbox.portal.token)
    assert len(client.fetch(request_, record_pages.page).records) == 30
    assert client.tally.requests == len(sandbox.requests) == 4


def test_the_limits_of_the_local_hubspot_are_never_broken() -> None:
    clock = FakeClock()
    sandbox = Sandbox(
        Portal(seed=1, clock=clock.now, records={"contacts": 3}),
        limits=Limits(),
        latency_ms=5,
        sleep=clock.sleep,
    )
    client = a_client(sandbox.respond, clock, token=sandbox.portal.token)
    for _ in range(400):
        client.fetch(LIST, record_pages.page)
    for _ in range(30):
        client.fetch(SEARCH, record_pages.page)
    assert {seen.status for seen in sandbox.requests} == {200}
