"""OAuth: access tokens are got by a grant when they are needed, once for everybody."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest

from hubspot_ingest.credentials import Authenticator, Credential, OAuth, Token, secret_parts
from hubspot_ingest.errors import CredentialError, HubSpotError, HubSpotRefused, UnexpectedAnswer
from hubspot_ingest.hubspot import record_pages, requests, responses
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.hubspot.rate_limits import Governor
from hubspot_sandbox import Faults, Portal, Sandbox
from hubspot_sandbox.faults import Planned
from hubspot_sandbox.tokens import Grant
from tests.builders import MINUTE, NOW, FakeClock

LIST = requests.list_page("contacts")
TOKENS = "/oauth/2026-09/token"


class World:
    """A portal that let an app in, and the app's way into it."""

    def __init__(self, *, rotates: bool = False, faults: Faults | None = None) -> None:
        self.clock = FakeClock()
        self.portal = Portal(1, self.clock.now, {"contacts": 3})
        self.grant: Grant = self.portal.authorize(rotates=rotates)
        self.sandbox = Sandbox(self.portal, faults=faults, sleep=self.clock.sleep)
        self.kept: list[Credential] = []
        self.access = Authenticator(
            self.credential, self.clock, cure="CALL set_oauth(…)", keep=self.kept.append
        )

    @property
    def credential(self) -> OAuth:
        grant = self.grant
        return OAuth(grant.client_id, grant.client_secret, grant.refresh_token)

    def client(self, answer: Callable[[httpx.Request], httpx.Response] | None = None) -> Client:
        return Client(
            "https://api.hubapi.com",
            self.access,
            Governor(self.clock),
            self.clock,
            deadline=NOW + 180 * MINUTE,
            transport=httpx.MockTransport(answer or self.sandbox.respond),
        )

    def asked(self) -> list[str]:
        return [seen.path for seen in self.sandbox.requests]


def test_a_token_is_got_first_and_used_for_everything() -> None:
    world = World()
    with world.client() as client:
        for _ in range(3):
            assert len(client.fetch(LIST, record_pages.page).records) == 3
    assert world.asked() == [TOKENS, *3 * ["/crm/objects/2026-09/contacts"]]


def test_eight_threads_get_one_token() -> None:
    world = World()
    with world.client() as client, ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda _: client.fetch(LIST, record_pages.page), range(40)))
    assert len(pages) == 40
    assert world.asked().count(TOKENS) == 1


def test_a_token_is_renewed_before_it_expires() -> None:
    world = World()
    with world.client() as client:
        for _ in range(12):
            client.fetch(LIST, record_pages.page)
            world.clock.sleep(600)
    assert {seen.status for seen in world.sandbox.requests} == {200}
    assert world.asked().count(TOKENS) == 4


def test_a_token_that_hubspot_finds_too_old_is_renewed_once_for_all() -> None:
    world = World()
    with world.client() as client, ThreadPoolExecutor(8) as pool:
        client.fetch(LIST, record_pages.page)
        world.portal.tokens.expired |= set(world.portal.tokens.ends)
        pages = list(pool.map(lambda _: client.fetch(LIST, record_pages.page), range(16)))
    assert len(pages) == 16
    assert world.asked().count(TOKENS) == 2


def test_a_token_refused_although_it_is_new_is_a_matter_of_the_credential() -> None:
    world = World()
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        if request.url.path == TOKENS:
            return world.sandbox.respond(request)
        return httpx.Response(401, json={"category": "EXPIRED_AUTHENTICATION"})

    with pytest.raises(CredentialError, match="set_oauth"), world.client(answer) as client:
        client.fetch(LIST, record_pages.page)
    assert seen == 2 * [TOKENS, "/crm/objects/2026-09/contacts"]


@pytest.mark.parametrize("part", ["client_id", "client_secret", "refresh_token"])
def test_a_refused_grant_tells_the_cure_and_no_secret(
    part: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world = World()
    world.access = Authenticator(
        replace(world.credential, **{part: "wrong-5ec7e7"}), world.clock, cure="CALL set_oauth(…)"
    )
    with pytest.raises(CredentialError) as refused, world.client() as client:
        client.fetch(LIST, record_pages.page)
    assert f"BAD_{part.upper()}" in refused.value.message
    assert "CALL set_oauth(…)" in refused.value.message
    for secret in (*secret_parts(world.credential), "wrong-5ec7e7"):
        assert secret not in refused.value.message + caplog.text + repr(world.access.credential)


def test_a_revoked_grant_is_asked_for_once_and_refused_to_everybody() -> None:
    world = World()
    world.portal.revoke(world.grant)
    refused = 0
    with world.client() as client:
        for _ in range(8):
            with pytest.raises(CredentialError):
                client.fetch(LIST, record_pages.page)
            refused += 1
    assert (refused, world.asked()) == (8, [TOKENS])


def test_a_refresh_token_that_changed_is_kept() -> None:
    world = World(rotates=True)
    with world.client() as client:
        client.fetch(LIST, record_pages.page)
        assert world.kept == []
    assert world.kept == [world.credential]
    world.access.settle()
    assert len(world.kept) == 1


def test_a_refresh_token_that_changed_is_kept_when_the_run_fails_too() -> None:
    world = World(rotates=True)
    with pytest.raises(UnexpectedAnswer), world.client() as client:
        client.fetch(LIST, responses.portal)
    assert world.kept == [world.credential]


def test_faults_of_the_token_endpoint_are_waited_out() -> None:
    faults = Faults(plan=[Planned(kind, endpoint=TOKENS) for kind in ("503", "429", "not-json")])
    world = World(faults=faults)
    with world.client() as client:
        assert len(client.fetch(LIST, record_pages.page).records) == 3
    assert world.asked().count(TOKENS) == 4


def test_where_the_newest_endpoint_is_unknown_the_older_is_asked() -> None:
    world = World()

    def answer(request: httpx.Request) -> httpx.Response:
        return (
            httpx.Response(404, json={"message": "Not found"})
            if request.url.path == TOKENS
            else world.sandbox.respond(request)
        )

    with world.client(answer) as client:
        client.fetch(LIST, record_pages.page)
    assert world.asked() == ["/oauth/2026-03/token", "/crm/objects/2026-09/contacts"]


@pytest.mark.parametrize("status", [409, 422])
def test_another_refusal_repeats_nothing_of_the_answer(status: int) -> None:
    world = World()
    message = f"{world.credential.client_secret} is not welcome"
    with (
        pytest.raises(HubSpotError) as refused,
        world.client(lambda _: httpx.Response(status, json={"message": message})) as client,
    ):
        client.fetch(LIST, record_pages.page)
    assert world.credential.client_secret not in refused.value.message


@pytest.mark.parametrize("status", [302, 404, 409, 422])
def test_whatever_refuses_a_grant_is_no_refusal_of_what_was_to_be_read(status: int) -> None:
    world = World()
    with (
        pytest.raises(HubSpotError, match="set_oauth") as refused,
        world.client(lambda _: httpx.Response(status)) as client,
    ):
        client.fetch(LIST, record_pages.page)
    assert not isinstance(refused.value, HubSpotRefused)
    assert refused.value.status == "FAILED"


def test_a_page_that_is_not_hubspots_is_no_refusal_of_a_grant() -> None:
    world = World()
    pages = [httpx.Response(403, html="<html>blocked</html>")]

    def answer(request: httpx.Request) -> httpx.Response:
        return pages.pop() if pages else world.sandbox.respond(request)

    with world.client(answer) as client:
        assert len(client.fetch(LIST, record_pages.page).records) == 3


@pytest.mark.parametrize("got", [{}, {"access_token": "", "expires_in": 1800}, []])
def test_an_answer_without_a_token_is_unexpected(got: object) -> None:
    world = World()
    with (
        pytest.raises(UnexpectedAnswer),
        world.client(lambda _: httpx.Response(200, json=got)) as client,
    ):
        client.fetch(LIST, record_pages.page)


def test_an_answer_without_a_refresh_token_leaves_the_one_there_was() -> None:
    world = World()
    got = {"access_token": "C" * 40, "expires_in": 1800}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == TOKENS:
            return httpx.Response(200, json=got)
        return httpx.Response(200, json={"results": []})

    with world.client(answer) as client:
        client.fetch(LIST, record_pages.page)
    assert world.kept == []


def test_the_secrets_of_a_request_are_never_shown() -> None:
    credential = OAuth("id-1", "secret-2", "refresh-3")
    request = requests.token_renewal(credential, TOKENS)
    for secret in secret_parts(credential):
        assert secret not in f"{request!r} {credential!r} {Token('t-4')!r}"
