from __future__ import annotations

import pytest

from hubspot_sandbox import Sandbox
from tests.sandboxes.hubspot.asking import CONTACTS, App, app_with, portal_with

DETAILS = "/account-info/2026-09/details"


def test_a_request_without_a_token_is_unauthenticated() -> None:
    """H5."""
    answer = Sandbox(portal_with()).handle("GET", DETAILS)
    assert (answer.status, b"INVALID_AUTHENTICATION" in answer.body) == (401, True)


def test_an_unknown_token_is_unauthenticated() -> None:
    """H5."""
    app = App(Sandbox(portal_with()), "pat-eu1-11111111-2222-3333-4444-555555555555")
    reply = app.get(DETAILS)
    assert (reply.status, reply.json["category"]) == (401, "INVALID_AUTHENTICATION")


def test_a_token_without_the_shape_of_one_is_stopped_at_the_door() -> None:
    """H6."""
    reply = App(Sandbox(portal_with()), "my-secret").get(DETAILS)
    assert (reply.status, reply.headers["Content-Type"]) == (530, "text/plain")


def test_an_expired_token_says_so() -> None:
    """H7."""
    portal = portal_with()
    portal.grant("C" + "a" * 40, None)
    portal.expire("C" + "a" * 40)
    reply = App(Sandbox(portal), "C" + "a" * 40).get(DETAILS)
    assert (reply.status, reply.json["category"]) == (401, "EXPIRED_AUTHENTICATION")


def test_a_missing_scope_is_named() -> None:
    """H8."""
    portal = portal_with()
    portal.grant("pat-na1-limited", ["crm.objects.companies.read"])
    reply = App(Sandbox(portal), "pat-na1-limited").get(CONTACTS)
    assert (reply.status, reply.json["category"]) == (403, "MISSING_SCOPES")
    assert reply.json["errors"][0]["context"]["requiredGranularScopes"] == [
        "crm.objects.contacts.read"
    ]


@pytest.mark.parametrize("shape", ["errors", "top", "old", "generic", "sentence"])
def test_every_shape_of_a_missing_scope_can_be_asked_for(shape: str) -> None:
    """H166."""
    portal = portal_with()
    portal.grant("pat-na1-limited", ["crm.objects.companies.read"])
    reply = App(Sandbox(portal, scope_refusals=shape), "pat-na1-limited").get(CONTACTS)
    assert reply.status == 403
    assert "crm.objects.contacts.read" in reply.body.decode()
    assert reply.json["correlationId"] == reply.headers["X-HubSpot-Correlation-Id"]


def test_a_missing_scope_can_be_an_empty_object() -> None:
    """H166."""
    portal = portal_with()
    portal.grant("pat-na1-limited", ["crm.objects.companies.read"])
    reply = App(Sandbox(portal, scope_refusals="empty"), "pat-na1-limited").get(CONTACTS)
    assert (reply.status, reply.json) == (403, {})


def test_schemas_name_their_scope_at_the_top_and_by_an_inner_name() -> None:
    """H166."""
    portal = portal_with()
    portal.grant("pat-na1-limited", ["crm.objects.companies.read"])
    reply = App(Sandbox(portal), "pat-na1-limited").get("/crm-object-schemas/2026-09/schemas")
    assert reply.json["context"]["requiredGranularScopes"] == ["custom-object-read"]
    assert "errors" not in reply.json


def test_the_scheme_of_a_token_is_spelled_with_a_capital() -> None:
    """H5."""
    app = app_with()
    answer = app.sandbox.handle("GET", DETAILS, "", {"Authorization": f"bearer {app.token}"})
    assert answer.status == 401


def test_another_method_is_not_allowed_and_another_format_not_acceptable() -> None:
    """H11."""
    app = app_with()
    reply = app.ask("DELETE", DETAILS)
    assert (reply.status, reply.headers["Content-Type"]) == (405, "text/html; charset=UTF-8")
    headers = {"Authorization": f"Bearer {app.token}", "Accept": "text/html"}
    assert app.sandbox.handle("GET", DETAILS, "", headers).status == 406


def test_one_of_several_alternative_scopes_is_enough() -> None:
    """H8."""
    portal = portal_with(products=2)
    portal.grant("pat-na1-limited", ["e-commerce"])
    app = App(Sandbox(portal), "pat-na1-limited")
    assert app.get("/crm/objects/2026-09/products").status == 200


def test_a_refusal_carries_message_category_and_correlation_id() -> None:
    """H9."""
    reply = app_with().get(CONTACTS, limit=101)
    assert (reply.status, reply.json["category"]) == (400, "VALIDATION_ERROR")
    assert reply.json["correlationId"] == reply.headers["X-HubSpot-Correlation-Id"]
    assert reply.json["errors"][0]["message"] == reply.json["message"]


def test_a_long_url_is_refused_by_a_proxy_in_html() -> None:
    """H10."""
    names = ",".join(f"property_{n}" for n in range(1500))
    reply = app_with(contacts=1).get(CONTACTS, properties=names)
    assert (reply.status, reply.headers["Content-Type"]) == (414, "text/html; charset=UTF-8")


def test_a_url_of_fifteen_thousand_characters_passes() -> None:
    """H10."""
    names = ",".join(f"property_{n:05d}" for n in range(850))
    reply = app_with(contacts=1).get(CONTACTS, properties=names)
    assert reply.status == 200


def test_a_path_hubspot_does_not_have_is_not_found() -> None:
    """H11."""
    assert app_with().get("/crm/objects/2025-01/contacts").status == 404


def test_a_body_that_is_no_json_is_refused() -> None:
    """H9."""
    app = app_with()
    headers = {"Authorization": f"Bearer {app.token}"}
    answer = app.sandbox.handle("POST", f"{CONTACTS}/search", "", headers, b"{")
    assert answer.status == 400
