"""Our readers against another local HubSpot, written by others: PyPI's ``backlot``.

It holds the records of a portal of ours; pages, filters and ids are compared with the local
HubSpot's. Where the two differ, docs/BEHAVIOR.md (H174) says which evidence decides.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import httpx
import pytest

from hubspot_ingest.hubspot import record_pages, requests
from hubspot_ingest.hubspot.association_reads import read_links
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound.extract.page_readers import page_reader, read_list_page
from hubspot_ingest.model import Page, Record
from hubspot_sandbox import Portal, Sandbox
from tests.builders import a_plan, a_property
from tests.sandboxes.hubspot.asking import SetClock

Answer = TypeVar("Answer")

COUNT = 450
NAMES = ("city", "email", "jobtitle", "loyalty_points")
PROPERTIES = tuple(
    a_property(name, "number" if name == "loyalty_points" else "string") for name in NAMES
)
KEPT = ("createdate", "hs_object_id", "lastmodifieddate", *NAMES)
VALUES: tuple[Mapping[str, str | None], ...] = (
    {"city": "Boston", "jobtitle": "Head of Sales", "loyalty_points": "2"},
    {"city": "Zürich", "jobtitle": "Salvage diver", "loyalty_points": "5"},
    {"city": "Cork", "jobtitle": "Buyer", "loyalty_points": "30"},
    {"city": None, "jobtitle": None, "loyalty_points": None},
)


@pytest.fixture(scope="module")
def portal() -> Portal:
    # Ids of one length: backlot orders them as text.
    portal = Portal(7, SetClock(), {"contacts": COUNT, "companies": 40}, dense_ids=True)
    for place, id_ in enumerate(portal.table("contacts").ids):
        portal.update("contacts", str(id_), {**VALUES[place % 4], "email": f"p{place}@b.c"})
    return portal


def as_backlot_record(
    record: Record | Any, object_type: str, company_ids: Sequence[str] = ()
) -> dict[str, Any]:
    properties = {name: value for name in KEPT if (value := record.properties.get(name))}
    links = [{"to": f"companies-{id_}", "to_type": "companies"} for id_ in company_ids]
    return {
        "source_type": "hubspot",
        "object_type": object_type,
        "doc_id": f"{object_type}-{record.id}",
        "record_id": record.id,
        "title": f"contact {record.id}",
        "content": f"contact {record.id}",
        **({"associations": links} if links else {}),
        "properties": properties,
        "created": properties["createdate"],
        "visibility": "public",
        "group": "all",
        "author_email": "ada@example.com",
        "author_name": "Ada",
    }


def linked_companies(fetch: Fetch, ids: Sequence[str]) -> dict[str, list[str]]:
    links_by_id = read_links(fetch, "contacts", "companies", ids)
    return {id_: sorted({link.to_id for link in links}) for id_, links in links_by_id.items()}


def fetch_by(client: httpx.Client, rewritten: Callable[[str], str]) -> Fetch:
    def fetch(request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        url = rewritten(request.target)
        body = None if request.body is None else json.dumps(request.body)
        headers = {"Content-Type": "application/json"}
        response = client.request(request.method, url, content=body, headers=headers)
        response.raise_for_status()
        return parse(response.json())

    return fetch


@pytest.fixture(scope="module")
def ours(portal: Portal) -> Iterator[Fetch]:
    transport = httpx.MockTransport(Sandbox(portal).respond)
    headers = {"Authorization": f"Bearer {portal.token}"}
    with httpx.Client(
        transport=transport, base_url="http://hubspot.test", headers=headers
    ) as client:
        yield fetch_by(client, str)


@pytest.fixture(scope="module")
def theirs(
    portal: Portal, ours: Fetch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fetch]:
    corpus = tmp_path_factory.mktemp("backlot") / "corpus.jsonl"
    contacts = [*portal.records("contacts")]
    links = linked_companies(ours, [contact.id for contact in contacts])
    records = [
        *(as_backlot_record(record, "companies") for record in portal.records("companies")),
        *(as_backlot_record(record, "contacts", links[record.id]) for record in contacts),
    ]
    corpus.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    environment = os.environ | {
        "BACKLOT_DATA_DIR": str(corpus.parent),
        "BACKLOT_ADMIN_TOKEN": "a-token",
        "BACKLOT_TELEMETRY": "0",
    }
    command = [sys.executable, "-m", "backlot"]
    subprocess.run([*command, "import", str(corpus)], env=environment, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = [*command, "serve", "--port", str(port), "--log-level", "warning"]
    server = subprocess.Popen(serve, env=environment)
    try:
        url, headers = f"http://127.0.0.1:{port}", {"Authorization": "Bearer a-token"}
        with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
            wait_until_ready(client, server)
            yield fetch_by(client, numbered)
    finally:
        server.terminate()
        server.wait()


def wait_until_ready(client: httpx.Client, server: subprocess.Popen[bytes]) -> None:
    """Ask until it answers, on a busy machine for a minute."""
    for _ in range(600):
        assert server.poll() is None, "backlot ended"
        try:
            client.get("/hubspot/crm/v3/objects/contacts").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("backlot did not become ready")


def numbered(target: str) -> str:
    """The numbered path, all that backlot has, of one with a date."""
    return target.replace("/crm/objects/2026-09/", "/hubspot/crm/v3/objects/")


def listed(fetch: Fetch) -> list[Page]:
    plan = a_plan({"properties": list(NAMES)}, PROPERTIES)
    pages = [read_list_page(fetch, plan, None)]
    while pages[-1].after is not None:
        pages.append(read_list_page(fetch, plan, pages[-1].after))
    return pages


def rows(records: tuple[Record, ...]) -> list[tuple[str, dict[str, str | None]]]:
    return [(r.id, {name: r.properties.get(name) or None for name in NAMES}) for r in records]


def test_the_list_has_the_same_pages_and_values(ours: Fetch, theirs: Fetch) -> None:
    """H174."""
    our_pages, their_pages = listed(ours), listed(theirs)
    assert [rows(page.records) for page in our_pages] == [
        rows(page.records) for page in their_pages
    ]
    assert sum(len(page.records) for page in our_pages) == COUNT


def test_the_token_of_the_list_is_the_last_id_there_and_one_more_here(
    ours: Fetch, theirs: Fetch
) -> None:
    """H13, H174."""
    for our_page, their_page in zip(listed(ours)[:-1], listed(theirs)[:-1], strict=True):
        last = int(our_page.records[-1].id)
        assert (our_page.after, their_page.after) == (str(last + 1), str(last))


def found(fetch: Fetch, condition: Mapping[str, Any] | None) -> list[str]:
    groups = [{"filters": [condition]}] if condition else []
    settings = {"properties": list(NAMES), "updated_after": "2020-01-01"}
    plan = a_plan(settings | ({"filter_groups": groups} if groups else {}), PROPERTIES)
    read = page_reader(fetch, plan)
    page = read(0, None)
    ids = [record.id for record in page.records]
    while page.more:
        page = read(page.id, None)
        ids += [record.id for record in page.records]
    return ids


@pytest.mark.parametrize(
    ("condition", "places"),
    [
        (None, (0, 1, 2, 3)),
        (("loyalty_points", "EQ", "5"), (1,)),
        (("loyalty_points", "NEQ", "5"), (0, 2, 3)),
        (("loyalty_points", "LT", "5"), (0,)),
        (("loyalty_points", "GTE", "5"), (1, 2)),
        (("city", "EQ", "bOSTON"), (0,)),
        (("jobtitle", "CONTAINS_TOKEN", "sales"), (0,)),
        (("jobtitle", "NOT_CONTAINS_TOKEN", "sales"), (1, 2, 3)),
        (("jobtitle", "HAS_PROPERTY", None), (0, 1, 2)),
        (("jobtitle", "NOT_HAS_PROPERTY", None), (3,)),
    ],
)
def test_a_search_by_id_finds_the_same_records(
    ours: Fetch,
    theirs: Fetch,
    portal: Portal,
    condition: tuple[str, str, str | None] | None,
    places: tuple[int, ...],
) -> None:
    """H48, H174."""
    sent = None
    if condition is not None:
        name, operator, value = condition
        sent = {"propertyName": name, "operator": operator}
        sent |= {} if value is None else {"value": value}
    expected = [
        str(id_) for place, id_ in enumerate(portal.table("contacts").ids) if place % 4 in places
    ]
    assert found(ours, sent) == found(theirs, sent) == expected


def test_a_batch_read_leaves_out_what_is_not_there(
    ours: Fetch, theirs: Fetch, portal: Portal
) -> None:
    """H174."""
    ids = [str(id_) for id_ in portal.table("contacts").ids[:3]]
    request = requests.batch_read("contacts", [*ids, "123"], NAMES)
    our_page, their_page = ours(request, record_pages.page), theirs(request, record_pages.page)
    assert sorted(rows(our_page.records)) == sorted(rows(their_page.records))
    assert sorted(record.id for record in our_page.records) == ids


def one_by_one(fetch: Fetch) -> Fetch:
    """Answers a batch read of associations out of a read for each record, all that backlot has."""

    def fetch_all(request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        assert isinstance(request.body, dict)
        assert isinstance(request.body["inputs"], list)
        results = []
        for asked in request.body["inputs"]:
            assert isinstance(asked, dict)
            path = f"/hubspot/crm/v4/objects/contacts/{asked['id']}/associations/companies"
            answer = fetch(Request("GET", path, path), dict)
            if answer["results"]:
                results.append({"from": {"id": asked["id"]}, "to": answer["results"]})
        return parse({"status": "COMPLETE", "results": results})

    return fetch_all


def test_the_associations_of_records_are_the_same(
    ours: Fetch, theirs: Fetch, portal: Portal
) -> None:
    """H174."""
    ids = [str(id_) for id_ in portal.table("contacts").ids[:60]]
    our_links = linked_companies(ours, ids)
    assert our_links == linked_companies(one_by_one(theirs), ids)
    assert any(our_links.values())
    assert not all(our_links.values())
