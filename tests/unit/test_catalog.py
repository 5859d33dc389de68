from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar, cast

import pytest

from hubspot_ingest import settings
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.registry import BY_NAME, CRM, RECORD_STREAMS, STREAMS
from hubspot_ingest.catalog.stream import RecordStream, Stream
from hubspot_ingest.errors import HubSpotRefused, ScopeMissing, UnknownStream
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound import discovery
from hubspot_ingest.model import Schema
from tests.builders import NOW

Answer = TypeVar("Answer")

CARS = Schema("2-12345", "Car", "p6789_Car", "Cars")


def portal_with(*schemas: Schema) -> Fetch:
    """A portal that has these custom objects."""

    def fetch(_request: Request, _parse: Callable[[Any], Answer], /) -> Answer:
        answer: Any = schemas
        return cast("Answer", answer)

    return fetch


def test_every_stream_has_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(STREAMS)


def test_every_stream_of_records_reads_an_object_type_of_its_own() -> None:
    assert len({stream.object_type for stream in CRM}) == len(CRM)
    assert [
        stream.name for stream in STREAMS if isinstance(stream, RecordStream) != (stream in CRM)
    ] == []


def test_no_name_is_the_object_type_of_another_stream() -> None:
    taken = {stream.object_type: stream.name for stream in CRM}
    assert [
        stream.name for stream in STREAMS if taken.get(stream.name, stream.name) != stream.name
    ] == []


@pytest.mark.parametrize("stream", CRM, ids=lambda stream: stream.name)
def test_a_stream_is_associated_with_streams_of_the_catalog(stream: RecordStream) -> None:
    assert set(stream.associations) <= set(BY_NAME) - {stream.name}
    assert len(set(stream.associations)) == len(stream.associations)


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_a_stream_has_a_name_a_sync_may_have(stream: Stream) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", stream.name)
    assert settings.sync_name(stream.name) == stream.name


def test_contacts_are_searched_by_their_own_modified_date() -> None:
    assert RECORD_STREAMS["contacts"].updated == "lastmodifieddate"
    assert {stream.updated for stream in CRM if stream.name != "contacts"} == {
        "hs_lastmodifieddate"
    }


@pytest.mark.parametrize("name", ["contacts", "Contacts", " CONTACTS "])
def test_a_stream_is_found_however_its_name_is_written(name: str) -> None:
    assert lookup.standard(name) == BY_NAME["contacts"]


def test_a_stream_is_found_by_its_object_type_too() -> None:
    assert lookup.standard("goal_targets") == BY_NAME["goals"]


@pytest.mark.parametrize("name", ["2-12345", "p_car", "p6789_Car"])
def test_a_name_that_may_be_a_custom_object_is_left_to_the_portal(name: str) -> None:
    assert lookup.standard(name) is None


def test_an_unknown_stream_is_refused_with_the_nearest_and_all_known() -> None:
    with pytest.raises(
        UnknownStream, match=r"'contcts'.*did you mean 'contacts'.*companies, "
    ) as e:
        lookup.standard("contcts")
    assert e.value.response_code == "UNKNOWN_STREAM"


@pytest.mark.parametrize("name", ["2-12345", "p_car", "P_Car", "p6789_car"])
def test_a_custom_object_is_found_by_each_of_its_names(name: str) -> None:
    assert lookup.find_schema(name, portal_with(CARS)).object_type == "2-12345"


def test_an_unknown_custom_object_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownStream, match=r"'p_cat'.*2-12345 \(p6789_Car\)"):
        lookup.find_schema("p_cat", portal_with(CARS))


def test_a_portal_without_custom_objects_says_so() -> None:
    with pytest.raises(UnknownStream, match="none that we may read"):
        lookup.find_schema("p_cat", portal_with())


class Portal:
    """Answers every list but those it refuses; has the custom object CARS."""

    def __init__(self, **refused: Exception) -> None:
        self.refused = {f"/crm/objects/2026-09/{path}": error for path, error in refused.items()}

    def fetch(self, request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        if request.path in self.refused:
            raise self.refused[request.path]
        if "schemas" in request.path:
            name, own = CARS.fully_qualified_name, CARS.object_type
            return parse({"results": [{"objectTypeId": own, "name": name}]})
        lists = ("results", "hubspotDefinedObjectTypes", "lists", "campaigns")
        return parse({name: [] for name in lists})


def test_access_tells_of_every_stream_and_custom_object_whether_it_can_be_read() -> None:
    portal = Portal(deals=ScopeMissing("no", ("crm.objects.deals.read",)), fees=HubSpotRefused(""))
    access = {stream.stream: stream for stream in discovery.stream_accesses(portal.fetch, NOW)}
    assert set(access) == {*BY_NAME, "p6789_Car"}
    refused = {name for name, stream in access.items() if not stream.readable}
    assert refused == {"deals", "fees", "deals_archived"}
    assert access["deals"].scopes == ("crm.objects.deals.read",)
    assert access["deals_archived"].scopes == ("crm.objects.deals.read",)


@pytest.mark.parametrize("error", [ScopeMissing("no"), HubSpotRefused("no")])
def test_a_portal_that_shows_no_schemas_has_no_custom_objects(error: Exception) -> None:
    def fetch(_request: Request, _parse: Callable[[Any], Answer], /) -> Answer:
        raise error

    assert lookup.schemas(fetch) == ()
