"""How far merged records are followed."""

from __future__ import annotations

from typing import Any

from hubspot_ingest.errors import HubSpotRefused
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.outbound.lookups import MOST_IN_VAIN, RecordLookup, batches_of
from tests.unit.push_builders import DEFINITIONS, a_mapping, a_pool

IDS = [str(n) for n in range(1, MOST_IN_VAIN + 11)]


class MergedAway:
    """HubSpot as it answers ids of which a batch finds none; those below 1 never were."""

    def __init__(self) -> None:
        self.alone: list[str] = []

    def __call__(self, request: Request, parse: Any) -> Any:
        if request.path.endswith("/batch/read"):
            return parse({"results": []})
        id = request.path.rsplit("/", 1)[-1]
        self.alone.append(id)
        if int(id) < 1:
            raise HubSpotRefused("no such record", http_status=404)
        return parse({"id": "1000", "properties": {}})


def test_every_id_that_was_a_record_once_is_followed() -> None:
    with a_pool() as pool:
        lookup = RecordLookup(MergedAway(), a_mapping(), DEFINITIONS, pool)
        assert list(lookup.by_id(IDS)) == list(lookup.survivors(IDS)) == IDS


def test_ids_of_a_source_are_followed_until_so_many_led_nowhere() -> None:
    """Whichever come together: a source may have any number of ids that never were."""
    dead = [str(-n) for n in range(MOST_IN_VAIN + 50)]
    ids = [*IDS, *dead[:70], "500", *dead[70:], "501"]
    for size in (1, 7, len(ids)):
        hubspot = MergedAway()
        with a_pool() as pool:
            lookup = RecordLookup(hubspot, a_mapping(), DEFINITIONS, pool)
            found = [id for part in batches_of(ids, size) for id in lookup.survivors(part)]
        assert found == [*IDS, "500"]
        assert len(hubspot.alone) == len(found) + MOST_IN_VAIN
