from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from hubspot_sandbox import Faults, Planned, Sandbox
from hubspot_sandbox.faults import KINDS
from tests.sandboxes.hubspot.asking import CONTACTS, App, portal_with

DETAILS = "/account-info/2026-09/details"


def faulty(faults: Faults) -> App:
    return App(Sandbox(portal_with(contacts=3), faults=faults))


def always(kind: str) -> App:
    return faulty(Faults(plan=[Planned(kind, times=100)]))


def client(app: App, sleep: Callable[[float], None] | None = None) -> httpx.Client:
    waits: list[float] = []
    app.sandbox = Sandbox(app.portal, faults=app.sandbox.faults, sleep=sleep or waits.append)
    return httpx.Client(
        transport=httpx.MockTransport(app.sandbox.respond),
        base_url="https://api.hubapi.com",
        headers={"Authorization": f"Bearer {app.token}"},
        timeout=5,
    )


@pytest.mark.parametrize("kind", ["500", "502", "503", "504", "524", "423", "477", "429"])
def test_a_fault_can_be_a_status(kind: str) -> None:
    """H95."""
    assert always(kind).get(DETAILS).status == int(kind)


def test_a_search_page_can_be_short_or_empty_with_a_token() -> None:
    """H171."""
    for kind, count in (("short-page", 1), ("empty-page", 0)):
        page = always(kind).post(f"{CONTACTS}/search", {"limit": 3})
        assert (page.status, len(page.ids)) == (200, count)
        assert page.json["total"] == 3
        assert page.json["paging"]["next"]["after"] == str(count)


def test_a_portal_that_moves_says_how_long() -> None:
    """H96."""
    assert always("477").get(DETAILS).headers["Retry-After"] == "1"


def test_a_refusal_for_rate_may_or_may_not_say_how_long() -> None:
    """H96."""
    assert "Retry-After" not in always("429").get(DETAILS).headers
    assert always("429-retry-after").get(DETAILS).headers["Retry-After"] == "1"


def test_a_proxy_answers_in_html() -> None:
    """H97."""
    for kind in ("html", "502"):
        reply = always(kind).get(DETAILS)
        assert reply.body.startswith(b"<html>")
        assert reply.headers["Content-Type"].startswith("text/html")


def test_a_body_can_be_cut_short() -> None:
    """H97."""
    reply = always("truncated").get(CONTACTS)
    assert reply.status == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        _ = reply.json


def test_a_body_can_be_no_json_though_it_says_so() -> None:
    """H97."""
    reply = always("not-json").get(CONTACTS)
    assert (reply.status, reply.headers["Content-Type"][:16]) == (200, "application/json")
    with pytest.raises(ValueError, match="Expecting"):
        _ = reply.json


def test_a_connection_can_be_dropped_after_the_write_was_done() -> None:
    """H98."""
    app = always("dropped")
    with client(app) as http, pytest.raises(httpx.TransportError):
        http.post(CONTACTS, json={"properties": {"email": "late@example.com"}})
    assert "late@example.com" in {
        record.properties["email"] for record in app.portal.records("contacts")
    }
    assert app.sandbox.requests[-1].status == 0


def test_a_slow_answer_takes_its_time() -> None:
    """H98."""
    waits: list[float] = []
    with client(faulty(Faults(plan=[Planned("slow")], slow_ms=1500)), waits.append) as http:
        assert http.get(DETAILS).status_code == 200
    assert waits == [1.5]


def test_a_client_that_will_not_wait_for_a_slow_answer_times_out() -> None:
    """H98."""
    app = faulty(Faults(plan=[Planned("slow")], slow_ms=9000))
    with client(app) as http, pytest.raises(httpx.ReadTimeout):
        http.get(DETAILS)


def outcomes(seed: int) -> list[int]:
    app = faulty(Faults(rate=0.3, seed=seed, kinds=["500", "429"]))
    return [app.get(CONTACTS, after=n).status for n in range(60)]


def test_faults_by_chance_are_the_same_for_the_same_seed() -> None:
    """H99."""
    assert outcomes(4) == outcomes(4) != outcomes(5)


def test_a_client_that_repeats_a_request_gets_through() -> None:
    """H99."""
    app = faulty(Faults(rate=1.0, kinds=["500"], most_in_a_row=3))
    assert [app.get(DETAILS).status for _ in range(8)] == [500, 500, 500, 200] * 2


def test_faults_can_be_planned_for_a_request_or_an_endpoint() -> None:
    """H99."""
    plan = [Planned("503", request=2), Planned("500", endpoint="/search", times=2)]
    app = faulty(Faults(plan=plan))
    assert [app.get(DETAILS).status for _ in range(3)] == [200, 503, 200]
    assert [app.search().status for _ in range(3)] == [500, 500, 200]


def test_an_unknown_kind_of_fault_is_refused() -> None:
    """H99."""
    with pytest.raises(ValueError, match="unknown faults"):
        Faults(kinds=["earthquake"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fault_passes(kind: str) -> None:
    """H99."""
    app = faulty(Faults(plan=[Planned(kind)]))
    app.get(CONTACTS)
    assert app.get(CONTACTS).status == 200
