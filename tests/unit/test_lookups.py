"""How far merged records are followed."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.outbound.lookups import MOST_ALONE, RecordLookup
from tests.unit.push_builders import DEFINITIONS, a_mapping, a_pool

IDS = [str(n) for n in range(1, MOST_ALONE + 11)]


def fetch(request: Request, parse: Any) -> Any:
    """All of them were merged away: a batch finds none."""
    if request.path.endswith("/batch/read"):
        return parse({"results": []})
    return parse({"id": "1000", "properties": {}})


@pytest.mark.parametrize(("of_source", "count"), [(False, len(IDS)), (True, MOST_ALONE)])
def test_every_id_that_was_a_record_once_is_followed(of_source: bool, count: int) -> None:
    """A source may have any number of ids that never were."""
    with a_pool() as pool:
        lookup = RecordLookup(fetch, a_mapping(), DEFINITIONS, pool)
        records = lookup.by_property("hs_object_id", IDS) if of_source else lookup.by_id(IDS)
    assert len(records) == count
