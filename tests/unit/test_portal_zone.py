"""What is made of HubSpot's answer about the zone of a portal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hubspot_ingest import times
from hubspot_ingest.errors import UnexpectedAnswer
from hubspot_ingest.inbound.extract.portal_calendar import portal_zone

EAST = 5 * 60 * times.MINUTE + 30 * times.MINUTE


def test_a_zone_whose_name_is_unknown_is_its_present_distance_from_utc() -> None:
    zone = portal_zone({"timeZone": "Sea/Nowhere", "utcOffsetMilliseconds": EAST})

    assert zone.utcoffset(None) == timedelta(milliseconds=EAST)


@pytest.mark.parametrize(
    "answer",
    [
        [],
        None,
        "US/Eastern",
        {},
        {"timeZone": None, "utcOffsetMilliseconds": None},
        {"timeZone": "Sea/Nowhere", "utcOffsetMilliseconds": 10**30},
        {"timeZone": "Sea/Nowhere", "utcOffsetMilliseconds": 48 * 60 * times.MINUTE},
    ],
)
def test_an_answer_without_a_zone_is_refused(answer: Any) -> None:
    with pytest.raises(UnexpectedAnswer, match="names no time zone"):
        portal_zone(answer)
