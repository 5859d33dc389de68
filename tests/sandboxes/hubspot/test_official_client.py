"""HubSpot's own client, which nobody here wrote, has to agree with the local HubSpot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hubspot
import pytest
from hubspot.crm.associations import BatchInputPublicObjectId, PublicObjectId
from hubspot.crm.associations.v4 import (
    BatchInputPublicFetchAssociationsBatchRequest,
    PublicFetchAssociationsBatchRequest,
)
from hubspot.crm.contacts import (
    ApiException,
    BatchReadInputSimplePublicObjectId,
    PublicObjectSearchRequest,
    SimplePublicObjectId,
    SimplePublicObjectInputForCreate,
)

from hubspot_sandbox import Portal, Sandbox
from tests.sandboxes.hubspot.asking import BY_ID, NOW, portal_with, where


@pytest.fixture
def portal() -> Portal:
    return portal_with(contacts=250, companies=20, deals=30, machines=5)


@pytest.fixture
def client(portal: Portal) -> Iterator[Any]:
    with Sandbox(portal).serve() as server:
        api = hubspot.Client.create(access_token=portal.token)
        api.config["host"] = server.url
        yield api


def ids_of(records: Any) -> list[str]:
    return [record.id for record in records]


def test_it_lists_every_contact(client: Any, portal: Portal) -> None:
    found = client.crm.contacts.get_all(properties=["email"])
    assert [(record.id, record.properties["email"]) for record in found] == [
        (record.id, record.properties["email"]) for record in portal.records("contacts")
    ]


def test_it_lists_custom_objects(client: Any, portal: Portal) -> None:
    page = client.crm.objects.basic_api.get_page("2-3456789", limit=100)
    assert ids_of(page.results) == [record.id for record in portal.records("machines")]


def test_it_searches(client: Any, portal: Portal) -> None:
    made = portal.create("contacts", {"email": "new@example.com"}, at=NOW)
    request = PublicObjectSearchRequest(
        filter_groups=[{"filters": [where("lastmodifieddate", "GTE", NOW)]}],
        sorts=[BY_ID],
        properties=["email"],
        limit=200,
    )
    page = client.crm.contacts.search_api.do_search(request)
    assert (page.total, ids_of(page.results)) == (1, [made])
    assert page.results[0].properties["email"] == "new@example.com"


def test_it_reads_batches(client: Any, portal: Portal) -> None:
    ids = [record.id for record in portal.records("contacts")][:7]
    batch = client.crm.contacts.batch_api.read(
        BatchReadInputSimplePublicObjectId(
            properties=["free_text"],
            properties_with_history=[],
            inputs=[SimplePublicObjectId(id=id_) for id_ in ids],
        )
    )
    assert ids_of(batch.results) == ids


def test_it_reads_properties(client: Any, portal: Portal) -> None:
    rows = client.crm.properties.core_api.get_all("contacts").results
    kinds = {row.name: row.type for row in rows}
    assert kinds["lifecyclestage"] == "enumeration"
    assert len(rows) == len(portal.table("contacts").columns) - 2


def test_it_reads_schemas(client: Any) -> None:
    schemas = client.crm.schemas.core_api.get_all().results
    assert [schema.fully_qualified_name for schema in schemas] == ["p62515001_machines"]


def test_it_reads_owners(client: Any) -> None:
    assert len(client.crm.owners.get_all()) == 10
    archived = client.crm.owners.owners_api.get_page(archived=True).results
    assert [owner.user_id for owner in archived] == [None, None]


def test_it_reads_pipelines(client: Any) -> None:
    pipelines = client.crm.pipelines.pipelines_api.get_all("deals").results
    assert pipelines[0].stages[0].id == "appointmentscheduled"


def test_it_reads_associations(client: Any, portal: Portal) -> None:
    ids = [record.id for record in portal.records("deals")]
    batch = client.crm.associations.v4.batch_api.get_page(
        "deals",
        "contacts",
        BatchInputPublicFetchAssociationsBatchRequest(
            inputs=[PublicFetchAssociationsBatchRequest(id=id_) for id_ in ids]
        ),
    )
    links = {row._from.id: {link.to_object_id for link in row.to} for row in batch.results}
    assert links
    assert set(links) <= set(ids)
    first = next(iter(links))
    single = client.crm.associations.v4.basic_api.get_page("deals", first, "contacts")
    assert {link.to_object_id for link in single.results} == links[first]


def test_it_reads_associations_of_the_old_version(client: Any, portal: Portal) -> None:
    first = next(iter(portal.records("deals")))
    batch = client.crm.associations.batch_api.read(
        "deals", "contacts", BatchInputPublicObjectId(inputs=[PublicObjectId(id=first.id)])
    )
    assert {link.type for link in batch.results[0].to} == {"deal_to_contact"}


def test_it_reads_association_labels(client: Any) -> None:
    labels = client.crm.associations.v4.schema.definitions_api.get_all("contacts", "companies")
    assert 279 in {label.type_id for label in labels.results}


def test_it_creates_a_contact(client: Any, portal: Portal) -> None:
    made = client.crm.contacts.basic_api.create(
        SimplePublicObjectInputForCreate(properties={"email": "a@b.c"}, associations=[])
    )
    assert portal.record("contacts", made.id).properties["email"] == "a@b.c"


def test_it_understands_a_refusal(client: Any) -> None:
    with pytest.raises(ApiException) as raised:
        client.crm.contacts.basic_api.get_page(limit=500)
    assert raised.value.status == 400
