"""The records of one object type: seeded ones are computed, changed ones stored as versions."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hubspot_sandbox.records.columns import Column, State
from hubspot_sandbox.records.ids import Ids
from hubspot_sandbox.records.key_index import KeyIndex
from hubspot_sandbox.schema.object_types import ObjectType
from hubspot_sandbox.seeds import ANCHOR_MS, Seeded, mix
from hubspot_sandbox.times import DAY_MS

_SPAN_MS = 1000 * DAY_MS


class UnknownRecord(LookupError):
    """No such record, object type, property or item in this portal."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as a test sees it. Times are epoch milliseconds."""

    object_type: str
    id: str
    properties: dict[str, str | None]
    created_at: int
    updated_at: int
    archived: bool
    archived_at: int | None


class Table:
    """All records of an object type, with every version written since the seeding."""

    def __init__(
        self,
        object_type: ObjectType,
        columns: Iterable[Column],
        count: int,
        *,
        seed: int,
        now: int,
        per_millisecond: int = 1,
        dense_ids: bool = False,
    ) -> None:
        """Seed ``count`` records, all of them older than two days at ``now``.

        ``per_millisecond`` neighbours share their modification time to the millisecond. With
        ``dense_ids`` their ids follow one another without a gap.
        """
        self.object_type = object_type
        self.columns = {column.name: column for column in columns}
        self.keys = KeyIndex(self.columns)
        last = min(ANCHOR_MS, now - 2 * DAY_MS)
        first = max(last - _SPAN_MS, DAY_MS)
        step = max((last - first) // max(count, 1), 1)
        salt = seed * 1009 + int(object_type.id.split("-")[1])
        self._id_source = Ids(object_type, salt, dense=dense_ids)
        self.ids = self._id_source.seeded(count)
        self.created = array("q", (min(first + n * step, last) for n in range(count)))
        self.updated = array(
            "q", (self._touched(n, count, per_millisecond, last, salt + 1) for n in range(count))
        )
        self.live = array("q", self.ids)
        self.archived = array("q")
        self.versions: dict[int, list[State]] = {}
        self.merged_into: dict[int, int] = {}
        # what a batch read answers instead of a record: the category of the error, by id
        self.withheld: dict[str, str] = {}
        self.writes = array("q")
        self.revision = 0
        self._last_id = self.ids[-1] if count else 0

    def _touched(self, n: int, count: int, together: int, last: int, salt: int) -> int:
        tail = min(n - n % together + together - 1, count - 1)
        created = self.created[tail]
        return created + mix(salt, tail) % (last - created + 1)

    def new_id(self) -> int:
        """An id no record has had."""
        self._last_id = self._id_source.next_free(self._last_id)
        return self._last_id

    def seeded_state(self, position: int) -> State:
        """The n-th seeded record as it was seeded."""
        origin = Seeded(
            self.ids[position], position, self.created[position], self.updated[position]
        )
        return State(origin.id, origin.created, origin.updated, origin.updated, origin, {})

    def position(self, id_: int) -> int | None:
        """The place of a seeded id, None for others."""
        position = bisect_left(self.ids, id_)
        return position if position < len(self.ids) and self.ids[position] == id_ else None

    def find(self, id_: int) -> State | None:
        """The present version, archived or not; None when there is no such record (any more)."""
        versions = self.versions.get(id_)
        if versions is not None:
            return None if versions[-1].removed else versions[-1]
        position = self.position(id_)
        return None if position is None else self.seeded_state(position)

    def find_live(self, id_: int, archived: bool = False) -> State | None:
        """The present version when it is (not) archived."""
        state = self.find(id_)
        return state if state is not None and (state.archived_at is not None) is archived else None

    def find_by_value(self, name: str, text: str, archived: bool = False) -> State | None:
        """The (not) archived record with a value of a unique property, the lowest id first."""
        ids = self.keys.ids(name, text, lambda: [*self.states(), *self.states(archived=True)])
        states = (self.find_live(id_, archived) for id_ in ids)
        return next((state for state in states if state is not None), None)

    def as_of(self, id_: int, moment: int) -> State | None:
        """The version that was current at a moment, None when there was none."""
        versions = self.versions.get(id_)
        if versions is None:
            position = self.position(id_)
            return None if position is None else self.seeded_state(position)
        return next((state for state in reversed(versions) if state.at <= moment), None)

    def write(self, state: State) -> None:
        """Make ``state`` the present version of its record."""
        id_ = state.id
        before = self.find(id_)
        if before is not None:
            self._take(self.archived if before.archived_at is not None else self.live, id_)
        if not state.removed:
            insort(self.archived if state.archived_at is not None else self.live, id_)
        versions = self.versions.get(id_)
        if versions is None:
            position = self.position(id_)
            versions = [] if position is None else [self.seeded_state(position)]
            self.versions[id_] = versions
        versions.append(state)
        self.keys.replace(before, state)
        insort(self.writes, state.at)
        self._last_id = max(self._last_id, id_)
        self.revision += 1

    @staticmethod
    def _take(ids: array[int], id_: int) -> None:
        del ids[bisect_left(ids, id_)]

    def page(self, after: int, limit: int, archived: bool) -> tuple[list[State], int | None]:
        """Up to ``limit`` records from id ``after`` on, ascending, and where the next page begins.

        That is the last id of the page + 1 and seldom a record's; None after the last record.
        """
        ids = self.archived if archived else self.live
        start = bisect_left(ids, after)
        shown = ids[start : start + limit]
        states = [state for id_ in shown if (state := self.find(id_))]
        return states, shown[-1] + 1 if start + limit < len(ids) else None

    def settled_writes(self, moment: int) -> int:
        """How many writes an index that knows the world as of ``moment`` has seen."""
        return bisect_right(self.writes, moment)

    def states(self, archived: bool = False) -> Iterator[State]:
        """Every present record, ascending by id."""
        for id_ in list(self.archived if archived else self.live):
            state = self.find(id_)
            if state is not None:
                yield state

    def record(self, state: State) -> Record:
        """A version as tests see it, with every property."""
        return Record(
            object_type=self.object_type.name,
            id=str(state.id),
            properties={name: column.value(state) for name, column in self.columns.items()},
            created_at=state.created,
            updated_at=state.updated,
            archived=state.archived_at is not None,
            archived_at=state.archived_at,
        )
