"""What HubSpot keeps besides CRM records: things with an id, two times and fields of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hubspot_sandbox.records import UnknownRecord
from hubspot_sandbox.times import Clock


@dataclass(slots=True)
class Document:
    """One thing: an owner, a form, a list. Times are epoch milliseconds.

    ``fields`` is what HubSpot shows besides id, times and whether it is archived.
    """

    id: str
    created: int
    updated: int
    fields: dict[str, Any]
    archived_at: int | None = None

    @property
    def archived(self) -> bool:
        """Whether it was deleted the ordinary way."""
        return self.archived_at is not None


class Documents:
    """All things of one kind, in the order they were made."""

    def __init__(self, clock: Clock, new_id: Callable[[int], str]) -> None:
        """``new_id`` makes the id of the n-th thing, counted from 0."""
        self._clock = clock
        self._new_id = new_id
        self._made = 0
        self._kept: dict[str, Document] = {}

    def add(
        self,
        fields: Mapping[str, Any] | None = None,
        at: int | None = None,
        *,
        id: str | None = None,
    ) -> str:
        """A new thing; answers its id."""
        key = self._new_id(self._made) if id is None else id
        self._made += 1
        moment = self._clock() if at is None else at
        self._kept[key] = Document(key, moment, moment, dict(fields or {}))
        return key

    def change(self, id: str, fields: Mapping[str, Any], at: int | None = None) -> None:
        """Set some fields; it counts as updated ``at`` (default: now)."""
        found = self._any(id)
        found.fields |= fields
        found.updated = self._clock() if at is None else at

    def archive(self, id: str, at: int | None = None) -> None:
        """Delete a thing the ordinary way: answered only to those who ask for archived ones."""
        found = self._any(id)
        found.archived_at = found.updated = self._clock() if at is None else at

    def restore(self, id: str, at: int | None = None) -> None:
        """Undo `archive`."""
        found = self._any(id)
        found.archived_at = None
        found.updated = self._clock() if at is None else at

    def remove(self, id: str) -> None:
        """Delete a thing for good: nothing tells that it ever was."""
        del self._kept[self._any(id).id]

    def find(self, id: str, archived: bool = False) -> Document | None:
        """The thing with an id when it is (not) archived."""
        found = self._kept.get(id)
        return found if found is not None and found.archived is archived else None

    def all(self, archived: bool = False) -> list[Document]:
        """Everything that is (not) archived."""
        return [document for document in self._kept.values() if document.archived is archived]

    def __iter__(self) -> Iterator[Document]:
        """Everything there is, archived or not."""
        return iter(list(self._kept.values()))

    def _any(self, id: str) -> Document:
        try:
            return self._kept[id]
        except KeyError:
            raise UnknownRecord(f"there is no {id!r}") from None
