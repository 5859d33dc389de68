"""More contacts than a search can page through: whole, and then only the changes."""

from __future__ import annotations

from collections import Counter

import pytest

from hubspot_sandbox import Portal, Sandbox
from snowflake_sandbox import Engine
from tests.runs.world import SENSITIVE, Answer, World, paths

MANY, CHANGED, WIDTH = 12_000, 500, 60


def test_twelve_thousand_contacts_load_whole_and_five_hundred_changes_after_them(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = Portal(1, records={"contacts": MANY})
    sandbox = Sandbox(portal)
    known = {*next(iter(portal.records("contacts"))).properties} - {*SENSITIVE}
    wanted = sorted({"jobtitle", "city"} | {*sorted(known)[:WIDTH]})
    settings: Answer = {"properties": wanted}
    with sandbox.serve() as server, World(engine, portal=portal) as world:
        monkeypatch.setenv("HUBSPOT_BASE_URL", server.url)
        monkeypatch.setenv("HUBSPOT_TOKEN", portal.token)
        world.syncs.save("contacts", "contacts", settings, 0)
        world.only = wanted

        first = world.call("CALL ingest_hubspot('contacts')")
        assert (first["rows_read"], first["rows_inserted"]) == (MANY, MANY)
        assert world.landed() == world.truth()

        changed = [one.id for one in portal.records("contacts")][:: MANY // CHANGED][:CHANGED]
        for one in changed:
            portal.update("contacts", one, {"jobtitle": "Head of Change", "city": "Ghent"})
        sandbox.requests.clear()
        second = world.call("CALL ingest_hubspot('contacts')")

        assert (second["rows_read"], second["rows_updated"]) == (CHANGED, CHANGED)
        assert world.ids(where=f"_RUN_ID = '{second['run_id']}'") == changed
        # three pages by id, and the newest changes with the total that shows deletions
        assert Counter(paths(sandbox.requests)) == {"search": 4, "contacts": 1}
        assert world.landed() == world.truth()
