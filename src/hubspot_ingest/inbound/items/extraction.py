"""Reading the partitions of a stream: several side by side, in order, resumable at any page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.catalog.stream import ItemStream
from hubspot_ingest.errors import HubSpotRefused, IngestError, ScopeMissing
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.extract.prefetch import prefetched_in_order
from hubspot_ingest.inbound.items.item_requests import ItemPage, Partition
from hubspot_ingest.inbound.items.json_paths import Item, getter, key, text
from hubspot_ingest.inbound.items.partitions import pages
from hubspot_ingest.model import Json

SIDE_BY_SIDE = 8
NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class ItemBatch:
    """Items, and the place to resume at once they are merged (None: everything is read)."""

    items: tuple[Item, ...]
    place: Mapping[str, Json] | None


@dataclass
class ItemExtraction:
    """Reads ``partitions``, which are in ascending order of their places.

    ``since`` (epoch milliseconds) lets a partition that comes newest first stop early, unless its
    scope is ``behind``, which has its own time (None: from the beginning). ``checkpoint`` is the
    place to resume at. ``whole`` are the scopes read from beginning to end, ``refused`` the errors
    by which HubSpot refused others.
    """

    fetch: Fetch
    stream: ItemStream
    partitions: Sequence[Partition]
    since: int | None = None
    checkpoint: Mapping[str, Any] | None = None
    behind: Mapping[str, int | None] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set, init=False)
    refused: dict[str, IngestError] = field(default_factory=dict, init=False)
    _partial: set[str] = field(default_factory=set, init=False)
    _answered: bool = field(default=False, init=False)

    def batches(self) -> Iterator[ItemBatch]:
        """All items of the partitions.

        Raises the refusal of a stream without parents, or of all parents.
        """
        remaining, token = self._remaining()
        if token is not None:
            self._partial.add(remaining[0].scope)
        readings = (
            self._pages(partition, token if n == 0 else None)
            for n, partition in enumerate(remaining)
        )
        keys: set[tuple[str, ...]] = set()
        for n, partition_pages in enumerate(prefetched_in_order(readings, SIDE_BY_SIDE)):
            partition = remaining[n]
            following = remaining[n + 1] if n + 1 < len(remaining) else None
            if partition.variant == 0:
                keys = set()
            try:
                for page in partition_pages:
                    self._answered = True
                    if not page.ends:
                        self._partial.add(partition.scope)
                    items = self._new(page, keys)
                    yield ItemBatch(items, self._place(partition, page.token, following))
            except (ScopeMissing, HubSpotRefused) as error:
                self._note(partition, error)
            if following is None or following.scope != partition.scope:
                self.whole |= {partition.scope} - {*self.refused} - self._partial
                yield ItemBatch((), self._place(partition, None, following))
        if self.refused and not self._answered:
            raise next(iter(self.refused.values()))

    def _remaining(self) -> tuple[list[Partition], str | None]:
        """The partitions still to be read, and the token of the first one's next page."""
        if self.checkpoint is None:
            return [*self.partitions], None
        # stored by earlier versions too: the place of a partition is called "piece" there
        place = list(self.checkpoint["piece"])
        remaining = [partition for partition in self.partitions if partition.place >= place]
        resumes = bool(remaining) and remaining[0].place == place
        return remaining, self.checkpoint.get("token") if resumes else None

    def _place(
        self, partition: Partition, token: str | None, following: Partition | None
    ) -> Mapping[str, Json] | None:
        if len(self.stream.variants) > 1 and (
            token is not None or (following is not None and following.variant)
        ):
            # the keys of the variants before are not stored: those variants are read again
            return {"piece": [partition.scope, partition.start or 0, 0], "token": None}
        if token is not None:
            return {"piece": partition.place, "token": token}
        return None if following is None else {"piece": following.place, "token": None}

    def _pages(self, partition: Partition, token: str | None) -> Iterator[ItemPage]:
        since = self.behind.get(partition.scope, self.since)
        if not self.stream.newest_by or since is None:
            yield from self._from(partition, token)
            return
        instant_of = getter(self.stream.newest_by)
        seen: list[int | None] = []
        for page in self._from(partition, token):
            instants = [times.milliseconds(text(instant_of(item)) or "") for item in page.items]
            new_items = [
                item
                for item, instant in zip(page.items, instants, strict=True)
                if instant is None or instant >= since
            ]
            yield replace(page, items=tuple(new_items))
            seen.extend(instants)
            if not _newest_first(seen):
                # nothing may be left out
                continue
            if instants and instants[-1] is not None and instants[-1] < since:
                return

    def _from(self, partition: Partition, token: str | None) -> Iterator[ItemPage]:
        """The pages from a token on, or all of them where HubSpot refuses the token by now."""
        if token is None:
            yield from pages(self.fetch, self.stream, partition)
            return
        rest = pages(self.fetch, self.stream, partition, token)
        try:
            first = next(rest)
        except HubSpotRefused:
            yield from pages(self.fetch, self.stream, partition)
            return
        yield first
        yield from rest

    def _new(self, page: ItemPage, keys: set[tuple[str, ...]]) -> tuple[Item, ...]:
        """The items whose keys no variant before had; their keys are added to ``keys``."""
        if len(self.stream.variants) == 1:
            return page.items
        key_of = key(self.stream)
        new_items = [item for item in page.items if key_of(item) not in keys]
        keys.update(map(key_of, new_items))
        return tuple(new_items)

    def _note(self, partition: Partition, error: ScopeMissing | HubSpotRefused) -> None:
        if not partition.scope:
            raise error
        if partition.variant and isinstance(error, ScopeMissing):
            # a variant that needs further scopes, such as sensitive properties, is left out
            self._partial.add(partition.scope)
            return
        if isinstance(error, HubSpotRefused) and error.http_status == NOT_FOUND:
            self._answered = True
        else:
            self.refused.setdefault(partition.scope, error)


def _newest_first(instants: Sequence[int | None]) -> bool:
    """Whether these instants fall, which equal ones do not show.

    HubSpot says of memberships that they come oldest first, and sends them newest first ("Lists",
    and connectors in production): each answer is judged by itself.
    """
    known = [instant for instant in instants if instant is not None]
    if len(known) < len(instants) or len({*known}) < 2:
        return False
    return known == sorted(known, reverse=True)
