"""A portal with known faults: what befell each record, and so the reason its row must be told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.runs.world import CONTACTS, DAY_AND_MORE, HOUR, MINUTE, World

Expected = dict[str, str]
TITLED = {"filters": [{"propertyName": "jobtitle", "operator": "HAS_PROPERTY"}]}
LAG = 30_000


@dataclass
class Faulty:
    """Contacts of which the sync takes those with a job title, and what is to be said of each."""

    world: World
    random: Random
    expected: Expected = field(default_factory=dict)
    _untouched: list[str] = field(default_factory=list)

    def happen(self) -> None:
        """Let everything happen that can befall a record, before, between and after the runs."""
        portal, world = self.world.portal, self.world
        titled = [one.id for one in portal.records("contacts") if one.properties["jobtitle"]]
        self._untouched = self.random.sample(titled, len(titled))
        for one in portal.records("contacts"):
            self.expected[one.id] = "PRESENT" if one.properties["jobtitle"] else "FILTERED_OUT"
        self._befall("ARCHIVED", lambda one: portal.archive("contacts", one))
        self._befall("NEVER_EXISTED", lambda one: portal.purge("contacts", one))
        self._befall("MISFIT", lambda one: self._set(one, loyalty_points="plenty"))
        self._merge()
        world.clock.advance(HOUR)
        world.run()

        world.clock.advance(HOUR)
        self._befall("ARCHIVED", lambda one: portal.archive("contacts", one))
        self._befall("PURGED", lambda one: portal.purge("contacts", one))
        self._befall("FILTERED_OUT", lambda one: self._set(one, jobtitle=""))
        self._befall("PRESENT", lambda one: self._set(one, jobtitle="Changed"))
        self._befall("PRESENT", self._archive_and_restore)
        self._merge()
        world.clock.advance(DAY_AND_MORE)
        world.run()

        world.clock.advance(HOUR)
        self._befall("ARCHIVED", lambda one: portal.archive("contacts", one))
        self._befall("PURGED", lambda one: portal.gdpr_delete("contacts", one))
        self._befall("FILTERED_OUT", lambda one: self._set(one, jobtitle=""))
        self._befall("NOT_SETTLED", lambda one: self._set(one, jobtitle="Changed"))
        self._merge(survivors="NOT_SETTLED")
        self._create("NOT_SETTLED", jobtitle="New")
        self._create("FILTERED_OUT", jobtitle="")
        world.clock.advance(MINUTE)
        # what nobody should do, by hand
        self._befall("NOT_LOADED", lambda one: self._by_hand("DELETE FROM {} WHERE ID = ?", one))
        older = "UPDATE {} SET UPDATED_AT = DATEADD(DAY, -9, UPDATED_AT) WHERE ID = ?"
        self._befall("STALE", lambda one: self._by_hand(older, one))
        for _ in range(max(3, len(titled) // 25)):
            self.expected[str(self.random.randrange(10**11, 10**12))] = "NEVER_EXISTED"

    def sample(self, count: int) -> Sequence[str]:
        """So many ids, with some of every reason."""
        by_reason: dict[str, list[str]] = {}
        for one, reason in self.expected.items():
            by_reason.setdefault(reason, []).append(one)
        few = [one for ids in by_reason.values() for one in ids[:8]]
        others = sorted({*self.expected} - {*few})
        return [*few, *self.random.sample(others, max(0, min(len(others), count - len(few))))]

    def _befall(self, reason: str, happen: Callable[[str], object]) -> None:
        for _ in range(max(2, len(self.expected) // 40)):
            one = self._untouched.pop()
            happen(one)
            self.expected[one] = reason

    def _merge(self, survivors: str = "PRESENT") -> None:
        for _ in range(max(2, len(self.expected) // 60)):
            first, second = self._untouched.pop(), self._untouched.pop()
            survivor = self.world.portal.merge("contacts", first, second)
            self.expected |= {first: "MERGED", second: "MERGED", survivor: survivors}

    def _create(self, reason: str, **values: str) -> None:
        for _ in range(3):
            self.expected[self.world.portal.create("contacts", values)] = reason

    def _archive_and_restore(self, one: str) -> None:
        self.world.portal.archive("contacts", one)
        self.world.portal.restore("contacts", one)

    def _set(self, one: str, **values: str) -> None:
        self.world.portal.update("contacts", one, values)

    def _by_hand(self, statement: str, one: str) -> None:
        self.world.rows(statement.format(CONTACTS), (one,))


def faulty(world: World) -> Faulty:
    """What befell the contacts of a portal whose search is half a minute behind."""
    world.slim(filter_groups=[TITLED], include_archived=True)
    world.sandbox.search_lag_ms = LAG
    made = Faulty(world, Random(7))
    made.happen()
    return made
