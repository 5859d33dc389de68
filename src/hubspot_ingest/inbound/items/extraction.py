"""Reading the partitions of a stream: several side by side, in order, resumable at any page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.catalog.stream import ItemStream
from hubspot_ingest.errors import (
    HubSpotError,
    HubSpotRefused,
    IngestError,
    NotAnswered,
    ScopeMissing,
    UnexpectedAnswer,
)
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.extract.prefetch import prefetched_in_order
from hubspot_ingest.inbound.items.item_requests import ItemPage, Partition
from hubspot_ingest.inbound.items.json_paths import Item, getter, key, text
from hubspot_ingest.inbound.items.partitions import pages
from hubspot_ingest.model import Json

SIDE_BY_SIDE = 8
REFUSED = 400
# A parent that no longer exists: HubSpot answers 404, and 410 means the same.
GONE = frozenset({404, 410})
# After this many parents were refused or unknown and none was answered, the stream is taken to be
# refused as a whole.
REFUSED_ALONE = 3
# After this many unanswered partitions of one parent its other partitions are not asked for.
UNANSWERED = 2
# After this many unanswered parents, and none answered, the endpoint is taken to be out of order:
# each of the others would be waited for.
NONE_ANSWERED = 2 * SIDE_BY_SIDE


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
    place to resume at, with the scopes before it that HubSpot refused: they are asked for again.
    ``whole`` are the scopes read from beginning to end, ``refused`` the errors of others, which
    HubSpot refused or did not answer, or whose answer cannot be read. ``gone`` are scopes that
    HubSpot knows no more, or for a moment: only the next list of parents tells whether they are
    gone. ``endless`` are scopes of which no page showed where they end.
    """

    fetch: Fetch
    stream: ItemStream
    partitions: Sequence[Partition]
    since: int | None = None
    checkpoint: Mapping[str, Any] | None = None
    behind: Mapping[str, int | None] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set, init=False)
    refused: dict[str, IngestError] = field(default_factory=dict, init=False)
    gone: dict[str, IngestError] = field(default_factory=dict, init=False)
    endless: set[str] = field(default_factory=set, init=False)
    _unanswered: Counter[str] = field(default_factory=Counter, init=False)
    _partial: set[str] = field(default_factory=set, init=False)
    _answered: bool = field(default=False, init=False)
    _refused_before: set[str] = field(default_factory=set, init=False)
    _resumed_at: list[Json] = field(default_factory=list, init=False)
    _token: str | None = field(default=None, init=False)

    def batches(self) -> Iterator[ItemBatch]:
        """All items of the partitions.

        Raises the refusal of a stream without parents, or of all parents.
        """
        remaining = self._remaining()
        readings = (self._pages(partition, self._token_of(partition)) for partition in remaining)
        keys: set[tuple[str, ...]] = set()
        for n, partition_pages in enumerate(prefetched_in_order(readings, SIDE_BY_SIDE)):
            partition = remaining[n]
            following = remaining[n + 1] if n + 1 < len(remaining) else None
            if partition.variant == 0:
                keys = set()
            try:
                for page in partition_pages:
                    self._answered = self._answered or page.answered > 0
                    if not page.ends:
                        self.endless.add(partition.scope)
                    if page.refusal:
                        error = UnexpectedAnswer(f"{page.refusal}; run again")
                        self.refused.setdefault(partition.scope, error)
                    items = self._new(page, keys)
                    yield ItemBatch(items, self._place(partition, page.token, following))
            except (ScopeMissing, HubSpotRefused, NotAnswered, UnexpectedAnswer) as error:
                self._note(partition, error)
            if following is None or following.scope != partition.scope:
                self._refused_before.discard(partition.scope)
                self._answered = self._answered or partition.scope not in self.unread
                self.whole |= {partition.scope} - self.unread - self._partial
                yield ItemBatch((), self._place(partition, None, following))
        failed = self.refused or len(self.gone) >= REFUSED_ALONE
        if failed and not self._answered:
            raise next(iter((self.refused | self.gone).values()))

    @property
    def unread(self) -> set[str]:
        """The scopes that were to be read and were not, or not to an end that showed."""
        return {*self.refused, *self.gone, *self.endless}

    def _remaining(self) -> list[Partition]:
        """The partitions still to be read."""
        if self.checkpoint is None:
            return [*self.partitions]
        # stored by earlier versions too: the place of a partition is called "piece" there
        place = self._resumed_at = list(self.checkpoint["piece"])
        self._token = self.checkpoint.get("token")
        self._refused_before = {*self.checkpoint.get("refused", ())}
        remaining = []
        for partition in self.partitions:
            if partition.place >= place or partition.scope in self._refused_before:
                remaining.append(partition)
            else:
                self._answered = True
            if self._token_of(partition) is not None:
                self._partial.add(partition.scope)
                self._answered = True
        return remaining

    def _token_of(self, partition: Partition) -> str | None:
        """The page token that the reading of a partition goes on with."""
        return self._token if partition.place == self._resumed_at else None

    def _place(
        self, partition: Partition, token: str | None, following: Partition | None
    ) -> Mapping[str, Json] | None:
        """Where to go on once ``partition`` is read up to ``token``, or whole."""
        if following is None and token is None:
            return None
        place, place_token = self._following_place(partition, token, following)
        if place < self._resumed_at:
            # what was refused before the stop is asked for first
            place, place_token = self._resumed_at, self._token
        refused = sorted(self._refused_before | self.unread)
        kept: dict[str, Json] = {"refused": [*refused]} if refused else {}
        return {"piece": place, "token": place_token, **kept}

    def _following_place(
        self, partition: Partition, token: str | None, following: Partition | None
    ) -> tuple[list[Json], str | None]:
        if len(self.stream.variants) > 1 and (
            token is not None or (following is not None and following.variant)
        ):
            # the keys of the variants before are not stored: those variants are read again
            return [partition.scope, partition.start or 0, 0], None
        if token is not None or following is None:
            return partition.place, token
        return following.place, None

    def _pages(self, partition: Partition, token: str | None) -> Iterator[ItemPage]:
        if self._unanswered[partition.scope] >= UNANSWERED:
            return
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
        if token is None and len(partition.parents) > 1:
            yield self._together(partition)
            return
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

    def _together(self, partition: Partition) -> ItemPage:
        """What is read of several parents at once, past those that HubSpot refuses.

        One that it minds, or cannot answer, costs all of them: they are halved until it stands
        alone. Raises the refusal where it does not mind single ones.
        """
        pending, pages_read, refused = [partition], list[ItemPage](), list[HubSpotError]()
        while pending:
            part = pending.pop(0)
            try:
                pages_read += pages(self.fetch, self.stream, part)
            except (HubSpotRefused, NotAnswered) as refusal:
                if isinstance(refusal, HubSpotRefused) and refusal.http_status != REFUSED:
                    raise
                middle = len(part.parents) // 2
                if middle:
                    halves = part.parents[:middle], part.parents[middle:]
                    pending = [*(replace(part, parents=half) for half in halves), *pending]
                    continue
                refused.append(refusal)
                if len(refused) >= REFUSED_ALONE and not pages_read:
                    raise
        reasons = [page.refusal for page in pages_read if page.refusal]
        if refused:
            count = f"{len(refused)} of {len(partition.parents)}"
            reasons.append(f"HubSpot did not read {count}: {refused[0].message}")
        items = [item for page in pages_read for item in page.items]
        return ItemPage(
            tuple(items),
            None,
            ends=all(page.ends for page in pages_read),
            answered=sum(page.answered for page in pages_read),
            refusal="; ".join(reasons),
        )

    def _new(self, page: ItemPage, keys: set[tuple[str, ...]]) -> tuple[Item, ...]:
        """The items whose keys no variant before had; their keys are added to ``keys``."""
        if len(self.stream.variants) == 1:
            return page.items
        key_of = key(self.stream)
        new_items = [item for item in page.items if key_of(item) not in keys]
        keys.update(map(key_of, new_items))
        return tuple(new_items)

    def _note(self, partition: Partition, error: IngestError) -> None:
        if not partition.scope:
            raise error
        if isinstance(error, NotAnswered):
            self._unanswered[partition.scope] += 1
            if len(self._unanswered) >= NONE_ANSWERED and not self._answered:
                raise error
        if partition.variant and isinstance(error, ScopeMissing):
            # a variant that needs further scopes, such as sensitive properties, is left out
            self._partial.add(partition.scope)
            return
        gone = isinstance(error, HubSpotRefused) and error.http_status in GONE
        (self.gone if gone else self.refused).setdefault(partition.scope, error)


def _newest_first(instants: Sequence[int | None]) -> bool:
    """Whether these instants fall, which equal ones do not show.

    HubSpot says of memberships that they come oldest first, and sends them newest first ("Lists",
    and connectors in production): each answer is judged by itself.
    """
    known = [instant for instant in instants if instant is not None]
    if len(known) < len(instants) or len({*known}) < 2:
        return False
    return known == sorted(known, reverse=True)
