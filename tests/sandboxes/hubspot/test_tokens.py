from __future__ import annotations

from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from hubspot_sandbox import Portal, Sandbox
from tests.sandboxes.hubspot.asking import App, SetClock

FORMS, EMAILS = "/marketing/v3/forms", "/marketing/emails/2026-09"
CAMPAIGNS = "/marketing/campaigns/2026-09"
MARKETING_EVENTS = "/marketing/marketing-events/2026-09"
EVENTS = "/events/event-occurrences/2026-09"
LINKS = "/crm/associations/2026-09/companies/contacts/batch/read"


def app_with_items(empty_for_encoded_twice: bool = False, **records: int) -> App:
    portal = Portal(7, SetClock(), records)
    return App(Sandbox(portal, empty_for_encoded_twice=empty_for_encoded_twice))


def next_page(page: Any) -> Any:
    return page.json["paging"]["next"]


def plain(token: str) -> str:
    """What a percent-encoded token of base64 stands for."""
    return b64decode(unquote(token)).decode()


@pytest.mark.parametrize(
    ("path", "name"),
    [(FORMS, "forms"), (EMAILS, "marketing_emails"), (CAMPAIGNS, "campaigns")],
)
@pytest.mark.parametrize(("limit", "token"), [(1, "MQ%3D%3D"), (2, "Mg%3D%3D"), (3, "Mw%3D%3D")])
def test_some_tokens_are_how_many_rows_to_skip(
    path: str, name: str, limit: int, token: str
) -> None:
    """H161."""
    app = App(Sandbox(Portal(7, SetClock(), {name: 5})))
    more = {"formTypes": "all"} if name == "forms" else {}
    first = app.get(path, limit=limit, **more)
    assert next_page(first)["after"] == token
    assert next_page(first)["link"].endswith(f"after={token}")
    second = app.get(path, limit=limit, after=unquote(token), **more)
    assert not set(first.ids) & set(second.ids)


def test_a_link_leads_to_the_next_page_as_it_is() -> None:
    """H161."""
    app = app_with_items(forms=5)
    first = app.get(FORMS, limit=2, formTypes="all")
    query = parse_qs(urlsplit(next_page(first)["link"]).query)
    second = app.get(FORMS, **{name: values[0] for name, values in query.items()})
    third = app.get(FORMS, limit=2, formTypes="all", after=unquote(next_page(second)["after"]))
    assert len({*first.ids, *second.ids, *third.ids}) == 5
    assert "paging" not in third.json


def test_a_token_encoded_twice_is_taken_or_leads_to_an_empty_page() -> None:
    """H162."""
    patient = app_with_items(forms=5)
    first = patient.get(FORMS, limit=2, formTypes="all")
    second = patient.get(FORMS, limit=2, formTypes="all", after=next_page(first)["after"])
    assert len(second.ids) == 2
    strict = app_with_items(forms=5, empty_for_encoded_twice=True)
    second = strict.get(FORMS, limit=2, formTypes="all", after=next_page(first)["after"])
    assert (second.status, second.json) == (200, {"results": []})


def test_a_form_deleted_between_two_pages_hides_another() -> None:
    """H163."""
    app = app_with_items(forms=6)
    everything = app.get(FORMS, formTypes="all").ids
    first = app.get(FORMS, limit=2, formTypes="all")
    app.portal.forms.kept.archive(first.ids[0])
    second = app.get(FORMS, limit=4, formTypes="all", after=unquote(next_page(first)["after"]))
    assert set(everything) - {*first.ids, *second.ids} == {everything[2]}


def test_the_token_of_marketing_events_is_the_last_id_plus_one_in_base64() -> None:
    """H164."""
    app = app_with_items(marketing_events=5)
    first = app.get(MARKETING_EVENTS, limit=2)
    ids = [event["objectId"] for event in first.json["results"]]
    assert plain(next_page(first)["after"]) == str(int(ids[-1]) + 1)
    second = app.get(MARKETING_EVENTS, limit=100, after=unquote(next_page(first)["after"])).json
    assert [event["objectId"] for event in second["results"]] == app.seeded("marketing_events")[2:]


def test_the_token_of_events_is_a_place_in_time() -> None:
    """H165."""
    app = app_with_items(contacts=5, events=40)
    first = app.get(EVENTS, eventType="e_visited_page", limit=3)
    last = first.json["results"][-1]
    place, *_ = plain(next_page(first)["after"]).split("|")
    assert last["occurredAt"].startswith("20")
    assert abs(int(place)) > 10**12
    app.portal.events.add("e_visited_page", app.seeded()[0])
    after = unquote(next_page(first)["after"])
    second = app.get(EVENTS, eventType="e_visited_page", limit=3, after=after)
    assert not set(first.ids) & set(second.ids)


def a_company_with_many_contacts() -> tuple[App, str]:
    app = app_with_items(contacts=600, companies=1)
    (company,) = app.seeded("companies")
    for contact in app.seeded():
        app.portal.associate("companies", company, "contacts", contact)
    return app, company


def test_the_token_of_linked_ids_is_object_type_and_id() -> None:
    """H28."""
    app, company = a_company_with_many_contacts()
    (first,) = app.post(LINKS, {"inputs": [{"id": company}]}).json["results"]
    assert plain(first["paging"]["next"]["after"]) == f"0-1-{app.seeded()[500]}"


def test_a_body_takes_the_token_of_linked_ids_as_it_was_given_out() -> None:
    """H28."""
    app, company = a_company_with_many_contacts()
    (first,) = app.post(LINKS, {"inputs": [{"id": company}]}).json["results"]
    after = first["paging"]["next"]["after"]
    (second,) = app.post(LINKS, {"inputs": [{"id": company, "after": after}]}).json["results"]
    assert [link["toObjectId"] for link in second["to"]] == app.seeded()[500:]
    for changed in ("0", after + "%20", unquote(after) + " "):
        body = {"inputs": [{"id": company, "after": changed}]}
        assert app.post(LINKS, body).status == 400
