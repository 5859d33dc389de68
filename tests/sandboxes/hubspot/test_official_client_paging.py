"""HubSpot's own client goes from page to page of every endpoint it has, by the tokens it gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import hubspot
import pytest

from hubspot_sandbox import Portal, Sandbox
from tests.sandboxes.hubspot.asking import SetClock

ReadPage = Callable[..., Any]

RECORDS = (
    "companies", "contacts", "deals", "line_items", "products", "quotes", "tickets",
    "objects.calls", "objects.communications", "objects.emails", "objects.feedback_submissions",
    "objects.goals", "objects.leads", "objects.meetings", "objects.notes", "objects.postal_mail",
    "objects.tasks", "objects.taxes", "commerce.invoices",
)  # fmt: skip
"""Where the client has a page of records of one object type."""


@pytest.fixture(scope="module")
def portal() -> Portal:
    portal = Portal.demo(clock=SetClock())
    (company, *_) = portal.table("companies").ids
    for contact in portal.table("contacts").live[:25]:
        portal.associate("companies", str(company), "contacts", str(contact))
    return portal


@pytest.fixture(scope="module")
def client(portal: Portal) -> Iterator[Any]:
    with Sandbox(portal).serve() as server:
        api = hubspot.Client.create(access_token=portal.token)
        api.config["host"] = server.url
        yield api


def pages(read: ReadPage, **more: Any) -> list[list[Any]]:
    """Every page of an endpoint, by the tokens its answers give."""
    found: list[list[Any]] = []
    after: dict[str, str] = {}
    while True:
        page = read(**more, **after)
        found.append(page.results)
        if page.paging is None or page.paging.next is None:
            return found
        assert {"after": page.paging.next.after} != after
        after = {"after": page.paging.next.after}


def check_pages(read: ReadPage, key: Callable[[Any], Any], **more: Any) -> None:
    """Several pages without a gap and without anything twice: as all at once."""
    found = pages(read, **more)
    assert len(found) > 1
    keys = [key(row) for page in found for row in page]
    everything = [key(row) for page in pages(read, **(more | {"limit": 100})) for row in page]
    assert keys == everything
    assert len(set(keys)) == len(keys)


def an_id(row: Any) -> str:
    return str(row.id)


@pytest.mark.parametrize("place", RECORDS)
def test_it_pages_records(client: Any, place: str) -> None:
    api = client.crm
    for name in place.split("."):
        api = getattr(api, name)
    check_pages(api.basic_api.get_page, an_id, limit=30)


@pytest.mark.parametrize(
    "object_type", ["0-162", "orders", "marketing_events", "p62515001_machines"]
)
def test_it_pages_records_of_any_object_type(client: Any, object_type: str) -> None:
    check_pages(client.crm.objects.basic_api.get_page, an_id, object_type=object_type, limit=30)


def test_it_pages_archived_records(client: Any) -> None:
    check_pages(client.crm.contacts.basic_api.get_page, an_id, archived=True, limit=2)


def test_it_pages_a_search(client: Any) -> None:
    search = client.crm.deals.search_api.do_search

    def read(limit: int, after: str = "0") -> Any:
        sorts = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
        return search({"limit": limit, "after": after, "sorts": sorts})

    check_pages(read, an_id, limit=90)


def test_it_pages_linked_records(client: Any, portal: Portal) -> None:
    (company, *_) = portal.table("companies").ids

    def read(**more: Any) -> Any:
        return client.crm.associations.v4.basic_api.get_page(
            "companies", str(company), "contacts", **more
        )

    check_pages(read, lambda row: row.to_object_id, limit=10)


def test_it_pages_owners(client: Any) -> None:
    check_pages(client.crm.owners.owners_api.get_page, an_id, limit=3)


def test_it_pages_members_of_a_list_in_both_orders(client: Any) -> None:
    api = client.crm.lists.memberships_api
    for read in (api.get_page, api.get_page_ordered_by_added_to_list_date):
        check_pages(read, lambda row: row.record_id, list_id="1", limit=20)


def test_it_pages_users(client: Any) -> None:
    check_pages(client.settings.users.users_api.get_page, an_id, limit=3)


def test_it_pages_forms(client: Any) -> None:
    check_pages(client.marketing.forms.forms_api.get_page, an_id, form_types=["all"], limit=2)


def test_it_pages_marketing_emails(client: Any) -> None:
    check_pages(client.marketing.emails.marketing_emails_api.get_page, an_id, limit=4)


def test_it_pages_marketing_events(client: Any) -> None:
    check_pages(client.marketing.events.basic_api.get_all, lambda row: row.object_id, limit=15)


def test_it_pages_who_took_part_in_a_marketing_event(client: Any, portal: Portal) -> None:
    (event, *_) = portal.table("marketing_events").ids
    api = client.marketing.events.retrieve_participant_state_api

    def read(**more: Any) -> Any:
        return api.get_participations_breakdown_by_marketing_event_id(int(event), **more)

    check_pages(read, an_id, limit=2)


def test_it_pages_events(client: Any) -> None:
    read = client.events.events_api.get_page
    check_pages(read, an_id, event_type="e_visited_page", limit=40)
