"""All syncs are paused at once; one that cannot be is named, and keeps no other from it."""

from __future__ import annotations

from hubspot_ingest.errors import Refusal
from hubspot_ingest.operations import pausing
from tests.runs.world import World


def test_one_that_cannot_be_paused_is_named_and_the_others_are(world: World) -> None:
    for name in ("companies", "contacts", "deals"):
        world.configure(name, {"associations": []})
    paused = list[str]()

    def disable(name: str) -> None:
        if name == "contacts":
            raise Refusal("its task is not the app's")
        paused.append(name)

    answer = pausing.pause_all(world.database, pausing.SYNCS, disable)

    assert paused == ["companies", "deals"]
    assert answer["response_code"] == "INVALID_SETTINGS"
    assert answer["message"] == (
        "2 syncs are paused; 1 not: contacts; of contacts: its task is not the app's"
    )
