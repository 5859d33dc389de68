"""The search index of an object type: which records match, in which order, as of which moment."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from itertools import compress
from typing import Any

from hubspot_sandbox.records.columns import Column, State
from hubspot_sandbox.records.table import Table
from hubspot_sandbox.search.filters import Group, comparable

_REMEMBERED = 24


class Index:
    """Answers searches over one table and remembers the latest ones until a record changes.

    Paging by ``hs_object_id`` asks the same question many times over with another lower bound, so
    what matches apart from the id is found once and cut to size by bisection.
    """

    def __init__(self, table: Table) -> None:
        """An index over the records of a table."""
        self._table = table
        self._cache: OrderedDict[tuple[object, ...], Sequence[int]] = OrderedDict()
        self._youngest_seed = max(table.updated, default=0)

    def seen(self, id_: int, moment: int | None) -> State | None:
        """The version the index knows: the present one, or the one of ``moment``."""
        if moment is None:
            return self._table.find_live(id_)
        state = self._table.as_of(id_, moment)
        return None if state is None or state.removed or state.archived_at is not None else state

    def ids(
        self, groups: Sequence[Group], sort: Column | None, descending: bool, moment: int | None
    ) -> Sequence[int]:
        """Ids of the records that match any group, in the order asked for."""
        if len(groups) == 1:
            matching = self._within(groups[0], moment)
        else:
            matching = sorted({id_ for group in groups for id_ in self._within(group, moment)})
        if sort is not None and sort.name == "hs_object_id":
            return matching[::-1] if descending else matching
        return self._sorted(matching, sort, descending, moment)

    def _within(self, group: Group, moment: int | None) -> Sequence[int]:
        matching = self._matching(group, moment)
        start = bisect_left(matching, group.first_id)
        end = bisect_right(matching, group.last_id)
        return matching[start:end]

    def _matching(self, group: Group, moment: int | None) -> Sequence[int]:
        writes = -1 if moment is None else self._table.settled_writes(moment)
        key = (self._table.revision, writes, group.since, group.until, *group.key)
        ids = self._cache.get(key)
        if ids is None:
            ids = self._scan(group, moment)
            self._cache[key] = ids
            if len(self._cache) > _REMEMBERED:
                self._cache.popitem(last=False)
        return ids

    def _scan(self, group: Group, moment: int | None) -> Sequence[int]:
        table, tests = self._table, group.tests
        since, until = group.since, group.until
        matching: list[int] = []
        if since <= self._youngest_seed:
            hits = [since <= updated <= until for updated in table.updated]
            matching = list(compress(table.ids, hits))
            if table.versions:
                changed = table.versions
                matching = [id_ for id_ in matching if id_ not in changed]
            if tests:
                matching = [id_ for id_ in matching if self._passes(id_, group, moment)]
        others = [id_ for id_ in table.versions if self._passes(id_, group, moment)]
        return sorted(matching + others) if others else matching

    def _passes(self, id_: int, group: Group, moment: int | None) -> bool:
        state = self.seen(id_, moment)
        if state is not None and group.bounded:
            # a record without the time lies in no window
            modified = self._table.object_type.modified_property
            if state.changes.get(modified, "") is None:
                return False
        return (
            state is not None
            and group.since <= state.updated <= group.until
            and all(test(state) for test in group.tests)
        )

    def _sorted(
        self, ids: Sequence[int], sort: Column | None, descending: bool, moment: int | None
    ) -> Sequence[int]:
        key: tuple[object, ...] = (
            "sorted", self._table.revision, moment, sort and sort.name, descending, len(ids),
            hash(tuple(ids)),
        )  # fmt: skip
        ordered = self._cache.get(key)
        if ordered is not None:
            return ordered
        if sort is not None and sort.name == self._table.object_type.modified_property:
            keyed: list[tuple[Any, int]] = self._by_change(ids, moment)
        else:
            states = ((id_, self.seen(id_, moment)) for id_ in ids)
            keyed = [(_order(sort, state), id_) for id_, state in states if state is not None]
        keyed.sort(reverse=descending)
        ordered = [id_ for _, id_ in keyed]
        self._cache[key] = ordered
        if len(self._cache) > _REMEMBERED:
            self._cache.popitem(last=False)
        return ordered

    def _by_change(self, ids: Sequence[int], moment: int | None) -> list[tuple[int, int]]:
        """When each record changed (0: it does not tell), without the text that says so."""
        table = self._table
        modified = table.object_type.modified_property
        seeded = dict(zip(table.ids, table.updated, strict=True))
        keyed: list[tuple[int, int]] = []
        for id_ in ids:
            if id_ not in table.versions:
                keyed.append((seeded[id_], id_))
            elif (state := self.seen(id_, moment)) is not None:
                tells = state.changes.get(modified, "") is not None
                keyed.append((state.updated if tells else 0, id_))
        return keyed


def _order(sort: Column | None, state: State) -> tuple[object, ...]:
    """Where a record stands: without a value first; ties by id follow from the caller."""
    if sort is None:
        return (state.created,)
    text = sort.value(state)
    value = None if text in (None, "") else comparable(str(text), sort.property.type)
    return (0,) if value is None else (1, value)
