"""HubSpot's own client writes to the local HubSpot and agrees with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hubspot
import pytest
from hubspot.crm.associations.v4 import (
    AssociationSpec,
    BatchInputPublicAssociationMultiArchive,
    BatchInputPublicAssociationMultiPost,
    BatchInputPublicDefaultAssociationMultiPost,
    PublicAssociationMultiArchive,
    PublicAssociationMultiPost,
    PublicDefaultAssociationMultiPost,
    PublicObjectId,
)
from hubspot.crm.associations.v4.schema import (
    BatchInputPublicAssociationDefinitionConfigurationCreateRequest,
    PublicAssociationDefinitionConfigurationCreateRequest,
    PublicAssociationDefinitionCreateRequest,
    PublicAssociationDefinitionUpdateRequest,
)
from hubspot.crm.contacts import (
    ApiException,
    BatchInputSimplePublicObjectBatchInput,
    BatchInputSimplePublicObjectBatchInputForCreate,
    BatchInputSimplePublicObjectBatchInputUpsert,
    BatchInputSimplePublicObjectId,
    BatchReadInputSimplePublicObjectId,
    SimplePublicObjectBatchInput,
    SimplePublicObjectBatchInputForCreate,
    SimplePublicObjectBatchInputUpsert,
    SimplePublicObjectId,
)
from hubspot.crm.properties import PropertyCreate, PropertyUpdate

from hubspot_sandbox import Portal, Sandbox
from tests.sandboxes.hubspot.asking import portal_with


@pytest.fixture
def portal() -> Portal:
    return portal_with(contacts=3, companies=2)


@pytest.fixture
def client(portal: Portal) -> Iterator[Any]:
    with Sandbox(portal).serve() as server:
        api = hubspot.Client.create(access_token=portal.token)
        api.config["host"] = server.url
        yield api


def ids(portal: Portal, object_type: str = "contacts") -> list[str]:
    return [record.id for record in portal.records(object_type)]


def new_contacts(*emails: str) -> BatchInputSimplePublicObjectBatchInputForCreate:
    return BatchInputSimplePublicObjectBatchInputForCreate(
        inputs=[
            SimplePublicObjectBatchInputForCreate(
                properties={"email": email}, associations=[], object_write_trace_id=email
            )
            for email in emails
        ]
    )


def test_it_creates_in_batches(client: Any, portal: Portal) -> None:
    batch = client.crm.contacts.batch_api.create(new_contacts("a@b.c", "d@e.f"))
    emails = {record.id: record.properties["email"] for record in batch.results}
    assert sorted(emails.values()) == ["a@b.c", "d@e.f"]
    assert {portal.record("contacts", id_).properties["email"] for id_ in emails} == {
        "a@b.c",
        "d@e.f",
    }


def test_it_reads_what_went_wrong_with_which_row(client: Any) -> None:
    batch = client.crm.contacts.batch_api.create(new_contacts("a@b.c", "nobody"))
    assert (len(batch.results), batch.num_errors) == (1, 1)
    (error,) = batch.errors
    assert error.category == "VALIDATION_ERROR"
    assert error.context["objectWriteTraceId"] == ["nobody"]
    assert error.errors[0].code == "INVALID_EMAIL"


def test_it_updates_in_batches(client: Any, portal: Portal) -> None:
    inputs = [
        SimplePublicObjectBatchInput(id=id_, properties={"city": f"City of {id_}"})
        for id_ in ids(portal)
    ]
    batch = client.crm.contacts.batch_api.update(
        BatchInputSimplePublicObjectBatchInput(inputs=inputs)
    )
    assert {record.id: record.properties["city"] for record in batch.results} == {
        id_: f"City of {id_}" for id_ in ids(portal)
    }


def test_it_is_told_which_records_are_not_there(client: Any, portal: Portal) -> None:
    inputs = [
        SimplePublicObjectBatchInput(id=id_, properties={"city": "Cork"})
        for id_ in ("17", ids(portal)[0])
    ]
    batch = client.crm.contacts.batch_api.update(
        BatchInputSimplePublicObjectBatchInput(inputs=inputs)
    )
    assert (len(batch.results), batch.errors[0].context["ids"]) == (1, ["17"])


def test_it_upserts_in_batches(client: Any, portal: Portal) -> None:
    known = portal.create("contacts", {"email": "a@b.c"})
    inputs = [
        SimplePublicObjectBatchInputUpsert(
            id=email, id_property="email", properties={"city": "Cork"}
        )
        for email in ("a@b.c", "new@b.c")
    ]
    batch = client.crm.contacts.batch_api.upsert(
        BatchInputSimplePublicObjectBatchInputUpsert(inputs=inputs)
    )
    new = {record.id: record.new for record in batch.results}
    assert (len(new), new[known], sum(new.values())) == (2, False, 1)


def test_it_reads_back_by_a_unique_property(client: Any, portal: Portal) -> None:
    made = portal.create("contacts", {"customer_number": "c-1"})
    batch = client.crm.contacts.batch_api.read(
        BatchReadInputSimplePublicObjectId(
            properties=["customer_number"],
            properties_with_history=[],
            id_property="customer_number",
            inputs=[SimplePublicObjectId(id="c-1")],
        )
    )
    assert [record.id for record in batch.results] == [made]


def test_it_archives_in_batches(client: Any, portal: Portal) -> None:
    first, second, third = ids(portal)
    inputs = [SimplePublicObjectId(id=id_) for id_ in (first, second, "17")]
    client.crm.contacts.batch_api.archive(BatchInputSimplePublicObjectId(inputs=inputs))
    assert ids(portal) == [third]


def test_it_understands_a_conflict(client: Any, portal: Portal) -> None:
    known = portal.create("contacts", {"email": "a@b.c"})
    inputs = new_contacts("a@b.c")
    inputs.inputs[0].object_write_trace_id = None
    with pytest.raises(ApiException) as raised:
        client.crm.contacts.batch_api.create(inputs)
    assert raised.value.status == 409
    assert f"Existing ID: {known}" in raised.value.body


def labelled(source: str, target: str, *type_ids: int) -> BatchInputPublicAssociationMultiPost:
    types = [
        AssociationSpec(association_category="USER_DEFINED", association_type_id=type_id)
        for type_id in type_ids
    ]
    return BatchInputPublicAssociationMultiPost(
        inputs=[
            PublicAssociationMultiPost(
                _from=PublicObjectId(id=source), to=PublicObjectId(id=target), types=types
            )
        ]
    )


def labels_of(client: Any, contact: str) -> set[str | None]:
    page = client.crm.associations.v4.basic_api.get_page("contacts", contact, "companies")
    return {kind.label for row in page.results for kind in row.association_types}


def test_it_associates_labels_and_ends_associations(client: Any, portal: Portal) -> None:
    api = client.crm.associations.v4.batch_api
    contact = portal.create("contacts", {"email": "a@b.c"})
    company = ids(portal, "companies")[0]
    pair = ("contacts", "companies")
    api.create_default(
        *pair,
        BatchInputPublicDefaultAssociationMultiPost(
            inputs=[
                PublicDefaultAssociationMultiPost(
                    _from=PublicObjectId(id=contact), to=PublicObjectId(id=company)
                )
            ]
        ),
    )
    assert labels_of(client, contact) == {None, "Primary"}
    batch = api.create(*pair, labelled(contact, company, 36, 38))
    assert batch.results[0].labels == ["Decision maker", 'Billing "A/P" & más 💶']
    api.archive_labels(*pair, labelled(contact, company, 38))
    assert labels_of(client, contact) == {None, "Decision maker"}
    everything = PublicAssociationMultiArchive(
        _from=PublicObjectId(id=contact), to=[PublicObjectId(id=company)]
    )
    api.archive(*pair, BatchInputPublicAssociationMultiArchive(inputs=[everything]))
    assert labels_of(client, contact) == set()


def test_it_associates_one_pair(client: Any, portal: Portal) -> None:
    api = client.crm.associations.v4.basic_api
    contact = portal.create("contacts", {"email": "a@b.c"})
    company = ids(portal, "companies")[0]
    ends = ("contacts", contact, "companies", company)
    api.create_default(*ends)
    pair = api.create(
        *ends, [AssociationSpec(association_category="USER_DEFINED", association_type_id=36)]
    )
    assert pair.labels == ["Decision maker"]
    api.archive(*ends)
    assert labels_of(client, contact) == set()


def test_it_makes_renames_and_deletes_labels(client: Any) -> None:
    api = client.crm.associations.v4.schema.definitions_api
    pair = ("contacts", "deals")
    rows = api.create(
        *pair, PublicAssociationDefinitionCreateRequest(label="Champion", name="champion")
    ).results
    (number,) = {row.type_id for row in rows}
    api.update(
        *pair,
        PublicAssociationDefinitionUpdateRequest(association_type_id=number, label="Sponsor"),
    )
    assert {row.label for row in api.get_all(*pair).results} == {None, "Sponsor"}
    api.remove(*pair, number)
    assert {row.label for row in api.get_all(*pair).results} == {None}


def test_it_limits_associations(client: Any) -> None:
    api = client.crm.associations.v4.schema.definition_configurations_api
    limit = PublicAssociationDefinitionConfigurationCreateRequest(
        category="HUBSPOT_DEFINED", type_id=4, max_to_object_ids=2
    )
    api.batch_create(
        "contacts",
        "deals",
        BatchInputPublicAssociationDefinitionConfigurationCreateRequest(inputs=[limit]),
    )
    (row,) = api.get_all().results
    assert (row.type_id, row.user_enforced_max_to_object_ids) == (4, 2)


def test_it_makes_properties(client: Any, portal: Portal) -> None:
    api = client.crm.properties.core_api
    row = api.create(
        "contacts",
        PropertyCreate(
            name="snowflake_key",
            label="Snowflake key",
            type="string",
            field_type="text",
            group_name="contactinformation",
            has_unique_value=True,
        ),
    )
    assert (row.name, row.has_unique_value) == ("snowflake_key", True)
    changed = api.update("contacts", "snowflake_key", PropertyUpdate(label="Key"))
    assert (changed.label, changed.has_unique_value) == ("Key", True)
    api.archive("contacts", "snowflake_key")
    assert portal.table("contacts").columns["snowflake_key"].property.archived_at is not None
