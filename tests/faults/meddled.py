"""A sync's life in which people change it, its tables and its portal, between and during runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies

from hubspot_ingest.errors import IngestError
from hubspot_ingest.inbound import configure
from hubspot_sandbox import Portal
from snowflake_sandbox import Engine
from tests.runs.conftest import as_installed
from tests.runs.meddling import Meddling
from tests.runs.world import DAY_AND_MORE, HOUR, SLIM, HandClock, World

RECORDS = 24
LEADS = [{"filters": [{"propertyName": "lifecyclestage", "operator": "EQ", "value": "lead"}]}]
SETTINGS: dict[str, dict[str, Any]] = {
    "all": SLIM,
    "leads": {**SLIM, "filter_groups": LEADS},
    "people": {**SLIM, "destination": {"table": "PEOPLE"}},
    "few": {"properties": ["email"], "associations": []},
    "prefixed": {**SLIM, "column_prefix": "P_"},
    "linked": {**SLIM, "associations": ["companies"], "history": ["lifecyclestage"]},
}
EDITS = {
    "drop": ["DROP TABLE {table}"],
    "empty": ["TRUNCATE TABLE {table}"],
    "rename": ["ALTER TABLE {table} RENAME TO {table}_{n}"],
    "replace": ["CREATE OR REPLACE TABLE {table} AS SELECT * FROM {table} LIMIT 3"],
}
# What somebody does, between two runs or at a statement of one.
CHANGES = (
    *(f"configure {name}" for name in SETTINGS),
    *(f"edit {name}" for name in EDITS),
    *("reset", "drop sync", "records", "clock ahead", "clock right", "other portal"),
)
# Answers that say that the table is not what HubSpot has.
HONEST = {"OTHER_PORTAL", "TABLE_TAKEN", "GRANT_MISSING"}


@dataclass(frozen=True)
class Step:
    """A change, and the statement of the next run at which it comes (None: before it)."""

    change: str
    at: int | None


@dataclass(frozen=True)
class Life:
    """What happens to a sync; ``seed`` draws the records that change."""

    steps: tuple[Step, ...]
    seed: int


lives = strategies.builds(
    Life,
    strategies.lists(
        strategies.builds(
            Step,
            strategies.sampled_from(CHANGES),
            strategies.none() | strategies.integers(min_value=1, max_value=45),
        ),
        min_size=2,
        max_size=5,
    ).map(tuple),
    strategies.integers(min_value=0, max_value=999),
)


class LivedLife:
    """Plays a life and looks at what came of it."""

    def __init__(self, engine: Engine, life: Life, stack: ExitStack) -> None:
        self.random = Random(life.seed)
        self.hubspot = HandClock()
        self.portals = [
            Portal(1, self.hubspot.now, {"contacts": RECORDS}),
            Portal(2, self.hubspot.now, {"contacts": RECORDS // 2}, portal_id=222222),
        ]
        self.clock = HandClock(self.hubspot.now())
        self.worlds = []
        for number, portal in enumerate(self.portals):
            token = f"pat-of-portal-{number}"
            portal.grant(token, None)
            world = World(engine, portal=portal, clock=self.clock, token=token)
            self.worlds.append(stack.enter_context(world))
        person = World(engine, portal=self.portals[0], clock=self.clock)
        self.person = stack.enter_context(person)
        self.world = self.worlds[0]
        self.settings = "all"
        self.edits = 0
        self.world.configure("contacts", SETTINGS["all"])

    @property
    def table(self) -> str:
        name = "PEOPLE" if self.settings == "people" else "CONTACTS"
        return f"HUBSPOT_DATA.CRM.{name}"

    def change(self, change: str) -> None:
        """Do what a person does; what is refused changes nothing."""
        kind, _, name = change.partition(" ")
        with suppress(IngestError):
            match kind:
                case "configure":
                    configure.configure(self.person.context, "contacts", SETTINGS[name])
                    self.settings = name
                case "edit":
                    self._edit(name)
                case "reset":
                    configure.reset(self.person.context, "contacts")
                case "drop":
                    configure.drop(self.person.context, "contacts")
                    configure.configure(self.person.context, "contacts", SETTINGS[self.settings])
                case "records":
                    self._change_records()
                case "clock":
                    ahead = 2 * DAY_AND_MORE if name == "ahead" else 0
                    self.clock.advance(self.hubspot.now() + ahead - self.clock.now())
                case "other":
                    self.world = self.worlds[1 - self.worlds.index(self.world)]

    def _edit(self, name: str) -> None:
        self.edits += 1
        with suppress(Exception):
            for statement in EDITS[name]:
                table = self.table
                # by the app's own role, so that it may go on using what it finds
                self.person.handlers.sql(statement.format(table=table, n=self.edits)).collect()

    def _change_records(self) -> None:
        for portal in self.portals:
            ids = sorted(record.id for record in portal.records("contacts"))
            portal.update("contacts", self.random.choice(ids), {"firstname": "Ada"})
            portal.archive("contacts", self.random.choice(ids))
            portal.create("contacts", {"email": f"new{self.edits}@example.com"})

    def pass_time(self, ms: int) -> None:
        self.hubspot.advance(ms)
        self.clock.advance(ms)

    def run(self, step: Step | None = None) -> dict[str, Any]:
        """Run the sync, with the change in its midst if that is when it comes."""
        if step is None or step.at is None:
            return self._ingest()
        world, at = self.world, step.at
        quiet = world.database
        world.database = Meddling(quiet, _at(at), lambda: self.change(step.change))
        try:
            return self._ingest()
        finally:
            world.database = quiet

    def _ingest(self) -> dict[str, Any]:
        try:
            return self.world.ingest()
        except IngestError as error:
            return {"status": "FAILED", "response_code": error.response_code}

    def differences(self) -> list[str]:
        """What the table says wrongly after a run that says it succeeded."""
        live = '"_DELETE_KIND" IS NULL'
        found = {
            id: properties.get("firstname") if self.settings != "few" else None
            for id, properties in self._landed(live).items()
        }
        truth = {
            record.id: record.properties.get("firstname") if self.settings != "few" else None
            for record in self.world.portal.records("contacts")
            if self.settings != "leads" or record.properties.get("lifecyclestage") == "lead"
        }
        return [
            f"{id}: {found.get(id, 'no row')} and not {truth.get(id, 'no record')}"
            for id in sorted({*found, *truth})
            if found.get(id, "no row") != truth.get(id, "no row")
        ]

    def _landed(self, where: str) -> dict[str, dict[str, Any]]:
        if not self.world.exists(self.table):
            return {}
        rows = self.world.table("ID, PROPERTIES", self.table, where=where)
        return {id: json.loads(properties) for id, properties in rows}


def _at(number: int) -> Callable[[str, int], bool]:
    return lambda _, count: count == number


def outcome(installed: Engine, life: Life) -> list[str]:
    """What the table says wrongly at the end of a life, though the answers do not say so."""
    with ExitStack() as stack:
        lived = LivedLife(as_installed(installed), life, stack)
        lived.run()
        for step in life.steps:
            lived.pass_time(HOUR)
            if step.at is None:
                lived.change(step.change)
            lived.run(step)
        lived.change("clock right")
        for _ in range(3):
            # the first may stop for a change in its midst; the last sweeps
            lived.pass_time(DAY_AND_MORE)
            answer = lived.run()
        if answer["status"] == "SUCCEEDED":
            return lived.differences()
        return [] if answer["response_code"] in HONEST else [str(answer)]
