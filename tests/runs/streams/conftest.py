from __future__ import annotations

from collections.abc import Iterator

import pytest

from hubspot_ingest.catalog.registry import CRM
from hubspot_sandbox import Portal
from hubspot_sandbox.items.seed_data import DEMO
from snowflake_sandbox import Engine
from tests.runs.conftest import as_installed
from tests.runs.streams.changes import ANALYTICS, CHANGES
from tests.runs.world import HOUR, HandClock, World

POWERLESS = "pat-na1-powerless-0001"


@pytest.fixture(scope="module")
def busy(installed: Engine) -> Iterator[World]:
    """A portal with some of everything."""
    as_installed(installed)
    clock = HandClock()
    records = {stream.object_type: 3 for stream in CRM}
    records |= {"contacts": 20, "marketing_events": 4}
    portal = Portal(1, clock.now, {**records, **DEMO})
    for name in ANALYTICS:
        CHANGES[name](portal)
    clock.advance(HOUR)
    portal.grant(POWERLESS, ["none.of.these"])
    with World(installed, clock=clock, portal=portal) as world:
        yield world
