"""Labels that HubSpot does not take."""

from __future__ import annotations

from typing import Any

from hubspot_ingest.errors import HubSpotRefused
from hubspot_ingest.hubspot.link_requests import create_label
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.outbound.link_kinds import LinkKinds


def test_a_label_that_hubspot_refuses_is_no_label_and_asked_for_once() -> None:
    made: list[Request] = []

    def fetch(request: Request, parse: Any) -> Any:
        if request.method == "POST":
            made.append(request)
            raise HubSpotRefused("no", 400, {})
        return parse({"results": []})

    kinds = LinkKinds(fetch, "contacts")
    assert [kinds.kind("companies", "Pal", create=True) for _ in range(2)] == [None, None]
    assert len(made) == 1


def test_labels_that_differ_have_names_that_differ() -> None:
    names = set()
    for label in ("Pen-pal", "Pen pal", "pen_pal", "\u4e16", "\u754c"):
        body = create_label("contacts", "companies", label).body
        assert isinstance(body, dict)
        names.add(body["name"])
    assert len(names) == 5
