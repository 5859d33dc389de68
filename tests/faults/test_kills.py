"""A real process killed at random moments, again and again, while HubSpot lives on."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from random import Random

import pytest

from hubspot_sandbox import Faults, Portal, Sandbox
from snowflake_sandbox import Engine
from tests.laptop.process import Laptop, served

CALL = "CALL ingest_hubspot('contacts')"
SETTINGS = (
    "CALL configure_sync('contacts', {'properties': ['email', 'free_text'], "
    "'settle_minutes': 0, 'include_archived': true})"
)
TABLE = "SELECT ID, PROPERTIES, _DELETE_KIND FROM HUBSPOT_DATA.CRM.CONTACTS"


def _change(portal: Portal, random: Random) -> None:
    live = [one.id for one in portal.records("contacts")]
    for one in random.sample(live, 20):
        portal.update("contacts", one, {"free_text": random.choice(("a", "b", "💶", ""))})
    for one in random.sample(live, 3):
        portal.archive("contacts", one)
    portal.create("contacts", {"email": f"new{random.random()}@example.com"})


def _landed(laptop: Laptop) -> dict[str, tuple[str | None, ...]]:
    with Engine(laptop.home / "engine") as engine:
        found = engine.sql(TABLE)
    landed: dict[str, tuple[str | None, ...]] = {}
    for one, text, kind in found:
        values = json.loads(text or "")
        landed[str(one)] = (values["email"], values["free_text"], kind)
    return landed


@pytest.mark.nightly
@pytest.mark.parametrize("number", range(6))
def test_a_process_killed_again_and_again_ends_in_the_truth(number: int, tmp_path: Path) -> None:
    random = Random(number)
    portal = Portal(number, records={"contacts": 2_000})
    sandbox = Sandbox(portal, faults=Faults(0.05, number))
    with served(sandbox, tmp_path / "home") as laptop:
        assert laptop.sql(SETTINGS).status == 0
        for _ in range(5):
            _change(portal, random)
            sandbox.latency_ms = 40
            with laptop.running("sql", CALL) as process:
                time.sleep(random.uniform(1.0, 4.0))
                process.end(signal.SIGKILL)
        sandbox.latency_ms = 0
        sandbox.faults = None
        for _ in range(2):
            assert laptop.sql(CALL).answer["status"] == "SUCCEEDED"

        landed = _landed(laptop)

    live = {
        one.id: (one.properties["email"], one.properties["free_text"], None)
        for one in portal.records("contacts")
    }
    assert {one: row for one, row in landed.items() if row[2] is None} == live
    archived = {one.id for one in portal.records("contacts", archived=True)}
    assert {one for one, row in landed.items() if row[2] == "ARCHIVED"} == archived
