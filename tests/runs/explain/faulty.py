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
        titled = [
            record.id for record in portal.records("contacts") if record.properties["jobtitle"]
        ]
        self._untouched = self.random.sample(titled, len(titled))
        for record in portal.records("contacts"):
            self.expected[record.id] = (
                "PRESENT" if record.properties["jobtitle"] else "FILTERED_OUT"
            )
        self._befall("ARCHIVED", lambda id_: portal.archive("contacts", id_))
        self._befall("NEVER_EXISTED", lambda id_: portal.purge("contacts", id_))
        self._befall("MISFIT", lambda id_: self._set(id_, loyalty_points="plenty"))
        self._merge()
        world.clock.advance(HOUR)
        world.run()

        world.clock.advance(HOUR)
        self._befall("ARCHIVED", lambda id_: portal.archive("contacts", id_))
        self._befall("PURGED", lambda id_: portal.purge("contacts", id_))
        self._befall("FILTERED_OUT", lambda id_: self._set(id_, jobtitle=""))
        self._befall("PRESENT", lambda id_: self._set(id_, jobtitle="Changed"))
        self._befall("PRESENT", self._archive_and_restore)
        self._merge()
        world.clock.advance(DAY_AND_MORE)
        world.run()

        world.clock.advance(HOUR)
        self._befall("ARCHIVED", lambda id_: portal.archive("contacts", id_))
        self._befall("PURGED", lambda id_: portal.gdpr_delete("contacts", id_))
        self._befall("FILTERED_OUT", lambda id_: self._set(id_, jobtitle=""))
        self._befall("NOT_SETTLED", lambda id_: self._set(id_, jobtitle="Changed"))
        self._merge(survivors="NOT_SETTLED")
        self._create("NOT_SETTLED", jobtitle="New")
        self._create("FILTERED_OUT", jobtitle="")
        world.clock.advance(MINUTE)
        # what nobody should do, by hand
        self._befall("NOT_LOADED", lambda id_: self._by_hand("DELETE FROM {} WHERE ID = ?", id_))
        older = "UPDATE {} SET UPDATED_AT = DATEADD(DAY, -9, UPDATED_AT) WHERE ID = ?"
        self._befall("STALE", lambda id_: self._by_hand(older, id_))
        for _ in range(max(3, len(titled) // 25)):
            self.expected[str(self.random.randrange(10**11, 10**12))] = "NEVER_EXISTED"

    def sample(self, count: int) -> Sequence[str]:
        """So many ids, with some of every reason."""
        by_reason: dict[str, list[str]] = {}
        for id_, reason in self.expected.items():
            by_reason.setdefault(reason, []).append(id_)
        few = [id_ for ids in by_reason.values() for id_ in ids[:8]]
        others = sorted({*self.expected} - {*few})
        return [*few, *self.random.sample(others, max(0, min(len(others), count - len(few))))]

    def _befall(self, reason: str, happen: Callable[[str], object]) -> None:
        for _ in range(max(2, len(self.expected) // 40)):
            id_ = self._untouched.pop()
            happen(id_)
            self.expected[id_] = reason

    def _merge(self, survivors: str = "PRESENT") -> None:
        for _ in range(max(2, len(self.expected) // 60)):
            first, second = self._untouched.pop(), self._untouched.pop()
            survivor = self.world.portal.merge("contacts", first, second)
            self.expected |= {first: "MERGED", second: "MERGED", survivor: survivors}

    def _create(self, reason: str, **values: str) -> None:
        for _ in range(3):
            self.expected[self.world.portal.create("contacts", values)] = reason

    def _archive_and_restore(self, id_: str) -> None:
        self.world.portal.archive("contacts", id_)
        self.world.portal.restore("contacts", id_)

    def _set(self, id_: str, **values: str) -> None:
        self.world.portal.update("contacts", id_, values)

    def _by_hand(self, statement: str, id_: str) -> None:
        self.world.rows(statement.format(CONTACTS), (id_,))


def faulty(world: World) -> Faulty:
    """What befell the contacts of a portal whose search is half a minute behind."""
    world.slim(filter_groups=[TITLED], include_archived=True)
    world.sandbox.search_lag_ms = LAG
    life = Faulty(world, Random(7))
    life.happen()
    return life
