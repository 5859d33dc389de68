"""A scenario of several syncs that run side by side, as INGEST_ALL runs them."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hubspot_ingest.inbound.run.runner import ingest_all
from snowflake_sandbox import Engine
from tests.faults.life import Life
from tests.faults.scenarios import MINUTE, PATIENCE, Killed, Mortal, Played, Scenario, Step, drawn
from tests.runs.world import on_an_empty_stack

STREAMS = ("contacts", "companies", "deals")


def drawn_together(random: Random) -> list[Scenario]:
    """One scenario for each stream; what concerns the portal is the same in all of them."""
    first = replace(drawn(random), stream=STREAMS[0], wide=False)
    others = [replace(drawn(random), stream=stream, wide=False) for stream in STREAMS[1:]]
    return [first, *(_beside(first, other) for other in others)]


def _beside(first: Scenario, other: Scenario) -> Scenario:
    linked = {"companies": ("contacts",), "deals": ("contacts", "companies")}[other.stream]
    return replace(
        other,
        seed=first.seed,
        associations=() if other.associations == () else linked,
        happens=first.happens,
        takes_ms=first.takes_ms,
        faults=first.faults,
        lag_minutes=first.lag_minutes,
        steps=first.steps,
    )


class Together(Played):
    """Several scenarios over one portal; the first one's steps are taken."""

    def __init__(self, engine: Engine, scenarios: list[Scenario]) -> None:
        super().__init__(engine, scenarios[0])
        self.scenarios = scenarios
        self.life = Life(self.portal, scenarios[0].seed, STREAMS, STREAMS)
        for one in scenarios[1:]:
            self.world.configure(one.stream, one.settings)

    def _all(self) -> dict[str, str]:
        """Run every sync; how each ended."""
        answer = on_an_empty_stack(lambda: dict(ingest_all(self.world.context)))
        runs: list[dict[str, str]] = answer["runs"]
        return {one["sync"]: one.get("status") or one["response_code"] for one in runs}

    def settle(self) -> None:
        for _ in range(PATIENCE):
            ended = self._all()
            if "STOPPED" not in ended.values():
                break
            self.clock.advance(MINUTE)
        assert set(ended.values()) == {"SUCCEEDED"}, ended

    def _run(self, step: Step) -> None:
        alive = self.world.database
        if step.killed_at is not None:
            self.world.database = Mortal(alive, 3 * step.killed_at, after=step.killed_after)
        try:
            ended = self._all()
            assert set(ended.values()) <= {"SUCCEEDED", "STOPPED", "SYNC_BUSY"}, ended
        except Killed:
            self.statuses.append("KILLED")
        finally:
            self.world.database = alive
            self.world.leases.recover(self.clock.now())

    def differences(self) -> list[str]:
        found = []
        for one in self.scenarios:
            self.scenario, self.object_type, self.sync = one, one.stream, one.stream
            found += [f"{one.stream} {said}" for said in super().differences()]
        return found


def outcome_together(engine: Engine, scenarios: list[Scenario]) -> list[str]:
    """Play to the end; returns the differences that are left in any table."""
    played = Together(engine, scenarios)
    with played.world:
        played.play()
        return played.differences()
