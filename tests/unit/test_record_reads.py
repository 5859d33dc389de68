"""A record read alone, whatever has become of it."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest.errors import HubSpotRefused
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound.extract import single_reads
from tests.readings import LIST


def read(live: int, archived: int) -> object:
    def fetch(request: Request, _parse: Any, /) -> Any:
        is_archived = dict(request.query).get("archived") == "true"
        raise HubSpotRefused("no", archived if is_archived else live)

    return single_reads.read_record(fetch, LIST, "7", ("hs_object_id",))


@pytest.mark.parametrize("archived", [404, 400])
def test_of_a_type_whose_archived_records_are_not_read_one_that_is_not_live_is_none(
    archived: int,
) -> None:
    assert read(live=404, archived=archived) is None


@pytest.mark.parametrize(("live", "archived"), [(400, 404), (404, 403)])
def test_another_refusal_does_not_tell_that_there_is_no_record(live: int, archived: int) -> None:
    with pytest.raises(HubSpotRefused):
        read(live, archived)
