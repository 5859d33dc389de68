"""Pushes to two portals: what one writes is no business of the other."""

from __future__ import annotations

import pytest

from hubspot_ingest.errors import Refusal
from hubspot_sandbox import Portal
from snowflake_sandbox import Engine
from tests.push.push_world import PushWorld

OTHER_TOKEN = "pat-of-the-second-portal"


def test_pushes_to_two_portals_write_the_same_property(
    push_world: PushWorld, engine: Engine
) -> None:
    push_world.configure_push()
    push_world.pushed()
    portal = Portal(2, push_world.clock.now, {}, portal_id=222222)
    portal.grant(OTHER_TOKEN, None)
    with PushWorld(engine, portal=portal, clock=push_world.clock, token=OTHER_TOKEN) as other:
        other.connect("second", writes=True)
        other.configure_push("second_out", connection="second")
        other.pushed("second_out")
        assert len(other.truth()) == len(push_world.truth()) == 3
        with pytest.raises(Refusal, match="second_out writes the property 'firstname'"):
            other.configure_push("third_out", connection="second")
