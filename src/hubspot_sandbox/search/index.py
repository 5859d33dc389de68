"""The search index of an object type: which records match, in which order, as of when."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from itertools import compress

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
        self._known: OrderedDict[tuple[object, ...], Sequence[int]] = OrderedDict()
        self._youngest_seed = max(table.updated, default=0)

    def seen(self, id_: int, moment: int | None) -> State | None:
        """The version the index knows: the present one, or the one of ``moment``."""
        if moment is None:
            return self._table.find_live(id_)
        state = self._table.as_of(id_, moment)
        return None if state is None or state.gone or state.archived_at is not None else state

    def ids(
        self, groups: Sequence[Group], sort: Column | None, descending: bool, moment: int | None
    ) -> Sequence[int]:
        """Ids of the records that match any group, in the order asked for."""
        if len(groups) == 1:
            found = self._within(groups[0], moment)
        else:
            found = sorted({id_ for group in groups for id_ in self._within(group, moment)})
        if sort is not None and sort.name == "hs_object_id":
            return found[::-1] if descending else found
        return self._sorted(found, sort, descending, moment)

    def _within(self, group: Group, moment: int | None) -> Sequence[int]:
        matching = self._matching(group, moment)
        start = bisect_left(matching, group.first_id)
        end = bisect_right(matching, group.last_id)
        return matching[start:end]

    def _matching(self, group: Group, moment: int | None) -> Sequence[int]:
        writes = -1 if moment is None else self._table.settled_writes(moment)
        key = (self._table.revision, writes, group.since, group.until, *group.key)
        known = self._known.get(key)
        if known is None:
            known = self._scan(group, moment)
            self._known[key] = known
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return known

    def _scan(self, group: Group, moment: int | None) -> Sequence[int]:
        table, tests = self._table, group.tests
        since, until = group.since, group.until
        found: list[int] = []
        if since <= self._youngest_seed:
            hits = [since <= updated <= until for updated in table.updated]
            found = list(compress(table.ids, hits))
            if table.versions:
                changed = table.versions
                found = [id_ for id_ in found if id_ not in changed]
            if tests:
                found = [id_ for id_ in found if self._passes(id_, group, moment)]
        others = [id_ for id_ in table.versions if self._passes(id_, group, moment)]
        return sorted(found + others) if others else found

    def _passes(self, id_: int, group: Group, moment: int | None) -> bool:
        state = self.seen(id_, moment)
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
        known = self._known.get(key)
        if known is not None:
            return known
        keyed: list[tuple[tuple[object, ...], int]] = []
        for id_ in ids:
            state = self.seen(id_, moment)
            if state is not None:
                keyed.append((_order(sort, state), id_))
        keyed.sort(reverse=descending)
        known = [id_ for _, id_ in keyed]
        self._known[key] = known
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return known


def _order(sort: Column | None, state: State) -> tuple[object, ...]:
    """Where a record stands: without a value first; ties by id follow from the caller."""
    if sort is None:
        return (state.created,)
    text = sort.value(state)
    value = None if text in (None, "") else comparable(str(text), sort.property.type)
    return (0,) if value is None else (1, value)
