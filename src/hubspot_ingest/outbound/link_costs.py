"""Counts the requests that the associations of a plan take. Pure.

As ``link_group`` carries them out: so many rows at a time, and for each object type one reading of
their pairs and a batch of each kind of change. What a pair needs is taken from the ledger alone:
whether somebody else made it before is seen when it is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hubspot_ingest.hubspot.link_requests import LABELLED_LIMIT, LINK_LIMIT
from hubspot_ingest.hubspot.write_requests import WRITE_LIMIT
from hubspot_ingest.outbound.push_settings import LinkMapping
from hubspot_ingest.outbound.rows import LinkWish, PlannedRow

# Rows whose associations are read and written together: as many as fill a request of labels.
ROWS_TOGETHER = LABELLED_LIMIT
_LIMITS = {
    "label": LABELLED_LIMIT,
    "default": LINK_LIMIT,
    "unlabel": LINK_LIMIT,
    "unlink": LINK_LIMIT,
}
_Pair = tuple[str, str]


@dataclass
class LinkCosts:
    """Counts as planned rows come by, in their order.

    ``types`` are the object types that columns link to, by name; ``target_reads`` count against
    the limit of records, ``requests`` against that of associations.
    """

    mappings: Mapping[str, LinkMapping]
    types: Mapping[str, str]
    target_reads: int = 0
    _requests: int = 0
    _rows: list[PlannedRow] = field(default_factory=list)
    _seen: set[_Pair] = field(default_factory=set)
    _typed: set[str] = field(default_factory=set)

    def add(self, row: PlannedRow) -> None:
        """Count a row, if its associations change."""
        if row.changes_links:
            self._rows.append(row)
            if len(self._rows) == ROWS_TOGETHER:
                self._count()

    @property
    def requests(self) -> int:
        """The requests of all rows so far."""
        self._count()
        return self._requests

    def _count(self) -> None:
        targets: Counter[str] = Counter()
        for row in self._rows:
            for wish in row.links:
                if (wish.column, wish.to_key) not in self._seen:
                    self._seen.add((wish.column, wish.to_key))
                    targets[wish.column] += 1
        self.target_reads += sum(-(-keys // WRITE_LIMIT) for keys in targets.values())
        for to_type in {self.types[wish.column] for row in self._rows for wish in _all(row)}:
            names = {name for name in self.mappings if self.types[name] == to_type}
            changes: Counter[str] = Counter()
            read = 0
            for row in self._rows:
                changes.update(self._changes(row, names))
                read += any(wish.column in names for wish in _all(row))
            self._requests += -(-read // LINK_LIMIT)
            self._requests += sum(-(-n // _LIMITS[kind]) for kind, n in changes.items())
            # the kinds of association there are, once
            self._requests += to_type not in self._typed
            self._typed.add(to_type)
        self._rows.clear()

    def _changes(self, row: PlannedRow, names: set[str]) -> Iterator[str]:
        """What is sent for each pair of a row with records of one type."""
        asked, added = _by_pair(row.links, names), _by_pair(row.links_added, names)
        for labels in added.values():
            yield "label" if any(labels) else "default"
        for pair, labels in _by_pair(row.links_removed, names).items():
            if pair in asked:
                # labels that are sent take the place of those there are
                if any(labels) and pair not in added:
                    yield "unlabel"
            elif any(labels) and self.mappings[pair[0]].cleanup == "never":
                yield "unlabel"
            else:
                yield "unlink"


def _all(row: PlannedRow) -> tuple[LinkWish, ...]:
    return (*row.links, *row.links_removed)


def _by_pair(wishes: Sequence[LinkWish], names: set[str]) -> dict[_Pair, list[str | None]]:
    pairs: dict[_Pair, list[str | None]] = {}
    for wish in wishes:
        if wish.column in names:
            pairs.setdefault((wish.column, wish.to_key), []).append(wish.label)
    return pairs
