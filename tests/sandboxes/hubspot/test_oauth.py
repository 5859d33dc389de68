from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from hubspot_sandbox import Portal, Sandbox, Several
from hubspot_sandbox.tokens import Grant
from tests.sandboxes.hubspot.asking import CONTACTS, MINUTE, App, SetClock, app_with

TOKEN = "/oauth/2026-09/token"


def form_of(grant: Grant, **changed: str) -> dict[str, str]:
    form = {
        "grant_type": "refresh_token",
        "client_id": grant.client_id,
        "client_secret": grant.client_secret,
        "refresh_token": grant.refresh_token,
    }
    return form | changed


def renew(app: App, grant: Grant, path: str = TOKEN, **changed: str) -> tuple[int, Any]:
    body = urlencode(form_of(grant, **changed)).encode()
    answer = app.sandbox.handle("POST", path, "", {}, body)
    return answer.status, json.loads(answer.body)


@pytest.mark.parametrize(
    "path", [TOKEN, "/oauth/2026-03/token", "/oauth/v3/token", "/oauth/v1/token"]
)
def test_a_token_of_a_grant_lives_half_an_hour(path: str) -> None:
    """H150."""
    clock = SetClock()
    app = app_with(clock, contacts=1)
    status, got = renew(app, app.portal.authorize(["crm.objects.contacts.read"]), path)
    assert (status, got["expires_in"], got["hub_id"]) == (200, 1800, app.portal.id)
    app.token = got["access_token"]
    clock.advance(30 * MINUTE)
    assert app.get(CONTACTS).status == 200
    clock.advance(1)
    assert app.get(CONTACTS).json["category"] == "EXPIRED_AUTHENTICATION"


def test_a_token_has_the_scopes_of_its_grant() -> None:
    app = app_with(contacts=1)
    app.token = renew(app, app.portal.authorize(["forms"]))[1]["access_token"]
    assert app.get(CONTACTS).status == 403


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("refresh_token", "BAD_REFRESH_TOKEN"),
        ("client_id", "BAD_CLIENT_ID"),
        ("client_secret", "BAD_CLIENT_SECRET"),
        ("grant_type", "BAD_GRANT_TYPE"),
    ],
)
def test_a_grant_that_is_wrong_is_refused_by_a_code(part: str, code: str) -> None:
    """H151."""
    app = app_with()
    status, got = renew(app, app.portal.authorize(), **{part: "wrong"})
    assert (status, got["status"]) == (400, code)


def test_a_revoked_grant_gives_nothing_and_its_tokens_end() -> None:
    """H151."""
    app = app_with(contacts=1)
    grant = app.portal.authorize()
    app.token = renew(app, grant)[1]["access_token"]
    app.portal.revoke(grant)
    assert renew(app, grant)[0] == 400
    assert app.get(CONTACTS).status == 401


def test_a_refresh_token_may_change_with_its_use() -> None:
    """H151."""
    app = app_with()
    grant = app.portal.authorize(rotates=True)
    before = grant.refresh_token
    after = renew(app, grant)[1]["refresh_token"]
    assert after != before
    assert renew(app, grant, refresh_token=before)[0] == 400
    assert renew(app, grant, refresh_token=after)[0] == 200


def test_one_address_serves_several_accounts() -> None:
    """H152."""
    first, second = (Portal(n, SetClock(), {"contacts": n}, portal_id=n) for n in (1, 2))
    second.grant("pat-eu1-second", None)
    grant = second.authorize()
    several = Several([Sandbox(first), Sandbox(second)])
    found = several.handle("POST", TOKEN, "", {}, urlencode(form_of(grant)).encode())
    assert b'"hub_id": 2' in found.body
    for token, count in ((first.token, 1), ("pat-eu1-second", 2)):
        headers = {"Authorization": f"Bearer {token}"}
        assert several.handle("GET", CONTACTS, "", headers).body.count(b'"archived"') == count
