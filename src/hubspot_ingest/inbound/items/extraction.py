"""Reading the pieces of a stream: several side by side, told in order, to be taken up anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.catalog.stream import Stream
from hubspot_ingest.errors import HubSpotRefused, IngestError, ScopeMissing
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.extract.prefetch import prefetched_in_order
from hubspot_ingest.inbound.items.item_requests import Page, Piece
from hubspot_ingest.inbound.items.json_paths import Item, key, look, text
from hubspot_ingest.inbound.items.partitions import pages
from hubspot_ingest.model import Json

SIDE_BY_SIDE = 8
NOT_THERE = 404


@dataclass(frozen=True, slots=True)
class Batch:
    """Items, and the place reading stands at once they are merged (None: everything is read)."""

    items: tuple[Item, ...]
    place: Mapping[str, Json] | None


@dataclass
class Reading:
    """Reads ``pieces``, which are in ascending order of their places.

    ``since`` lets what comes newest first stop early, unless its scope is ``behind``, which tells
    since when (None: from the beginning); ``checkpoint`` is the place to begin at.
    ``whole`` are the scopes read from beginning to end; ``refused`` why others were not.
    """

    fetch: Fetch
    stream: Stream
    pieces: Sequence[Piece]
    since: int | None = None
    checkpoint: Mapping[str, Any] | None = None
    behind: Mapping[str, int | None] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set, init=False)
    refused: dict[str, IngestError] = field(default_factory=dict, init=False)
    _partly: set[str] = field(default_factory=set, init=False)
    _answered: bool = field(default=False, init=False)

    def batches(self) -> Iterator[Batch]:
        """All items of the pieces. Raises what refused a stream without parents, or all of them."""
        left, token = self._left()
        if token is not None:
            self._partly.add(left[0].scope)
        readings = (self._pages(piece, token if n == 0 else None) for n, piece in enumerate(left))
        told: set[tuple[str, ...]] = set()
        for n, found in enumerate(prefetched_in_order(readings, SIDE_BY_SIDE)):
            piece = left[n]
            following = left[n + 1] if n + 1 < len(left) else None
            if piece.variant == 0:
                told = set()
            try:
                for page in found:
                    self._answered = True
                    items = self._new(page, told)
                    yield Batch(items, self._place(piece, page.token, following))
            except (ScopeMissing, HubSpotRefused) as error:
                self._note(piece, error)
            if following is None or following.scope != piece.scope:
                self.whole |= {piece.scope} - {*self.refused} - self._partly
                yield Batch((), self._place(piece, None, following))
        if self.refused and not self._answered:
            raise next(iter(self.refused.values()))

    def _left(self) -> tuple[list[Piece], str | None]:
        """The pieces still to be read, and the token of the first one's next page."""
        if self.checkpoint is None:
            return [*self.pieces], None
        place = list(self.checkpoint["piece"])
        left = [one for one in self.pieces if one.place >= place]
        token = self.checkpoint.get("token") if left and left[0].place == place else None
        return left, token

    def _place(
        self, piece: Piece, token: str | None, following: Piece | None
    ) -> Mapping[str, Json] | None:
        if len(self.stream.variants) > 1 and (
            token is not None or (following is not None and following.variant)
        ):
            # what the variants before told would be forgotten: they are read again
            return {"piece": [piece.scope, piece.start or 0, 0], "token": None}
        if token is not None:
            return {"piece": piece.place, "token": token}
        return None if following is None else {"piece": following.place, "token": None}

    def _pages(self, piece: Piece, token: str | None) -> Iterator[Page]:
        since = self.behind.get(piece.scope, self.since)
        if not self.stream.newest or since is None:
            yield from self._from(piece, token)
            return
        came = look(self.stream.newest)
        last: int | None = None
        for page in self._from(piece, token):
            instants = [times.milliseconds(text(came(one)) or "") for one in page.items]
            fresh = [
                one
                for one, instant in zip(page.items, instants, strict=True)
                if instant is None or instant >= since
            ]
            yield Page(tuple(fresh), page.token)
            known = [last, *instants] if last is not None else instants
            if None in known or known != sorted(known, key=lambda one: -(one or 0)):
                # not newest first after all: nothing may be left out
                continue
            if instants:
                last = instants[-1]
                if last is not None and last < since:
                    return

    def _from(self, piece: Piece, token: str | None) -> Iterator[Page]:
        """The pages from a token on, or all of them where the token is good no longer."""
        if token is None:
            yield from pages(self.fetch, self.stream, piece)
            return
        found = pages(self.fetch, self.stream, piece, token)
        try:
            first = next(found)
        except HubSpotRefused:
            yield from pages(self.fetch, self.stream, piece)
            return
        yield first
        yield from found

    def _new(self, page: Page, told: set[tuple[str, ...]]) -> tuple[Item, ...]:
        """The items that no variant before told of."""
        if len(self.stream.variants) == 1:
            return page.items
        own = key(self.stream)
        fresh = [one for one in page.items if own(one) not in told]
        told.update(map(own, fresh))
        return tuple(fresh)

    def _note(self, piece: Piece, error: ScopeMissing | HubSpotRefused) -> None:
        if not piece.scope:
            raise error
        if piece.variant and isinstance(error, ScopeMissing):
            # what needs further scopes, such as sensitive properties, is as if it were not there
            self._partly.add(piece.scope)
            return
        gone = isinstance(error, HubSpotRefused) and error.http_status == NOT_THERE
        if gone:
            self._answered = True
        else:
            self.refused.setdefault(piece.scope, error)
