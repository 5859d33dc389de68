"""Collections of the items HubSpot keeps besides CRM records: owners, forms, lists and so on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hubspot_sandbox.records.table import UnknownRecord
from hubspot_sandbox.times import Clock


@dataclass(slots=True)
class Item:
    """An owner, a form, a list or the like. Times are epoch milliseconds.

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


class Collection:
    """All items of one kind, in the order they were added."""

    def __init__(self, clock: Clock, new_id: Callable[[int], str]) -> None:
        """``new_id`` makes the id of the n-th item, counted from 0."""
        self._clock = clock
        self._new_id = new_id
        self._added = 0
        self._items: dict[str, Item] = {}

    def add(
        self,
        fields: Mapping[str, Any] | None = None,
        at: int | None = None,
        *,
        id: str | None = None,
    ) -> str:
        """Add an item; returns its id."""
        key = self._new_id(self._added) if id is None else id
        self._added += 1
        moment = self._clock() if at is None else at
        self._items[key] = Item(key, moment, moment, dict(fields or {}))
        return key

    def change(self, id: str, fields: Mapping[str, Any], at: int | None = None) -> None:
        """Set some fields; the item counts as updated ``at`` (default: now)."""
        item = self._any(id)
        item.fields |= fields
        item.updated = self._clock() if at is None else at

    def archive(self, id: str, at: int | None = None) -> None:
        """Delete an item the ordinary way: shown only to those who ask for archived ones."""
        item = self._any(id)
        item.archived_at = item.updated = self._clock() if at is None else at

    def restore(self, id: str, at: int | None = None) -> None:
        """Undo `archive`."""
        item = self._any(id)
        item.archived_at = None
        item.updated = self._clock() if at is None else at

    def remove(self, id: str) -> None:
        """Delete an item for good; nothing shows that it ever existed."""
        del self._items[self._any(id).id]

    def find(self, id: str, archived: bool = False) -> Item | None:
        """The item with an id when it is (not) archived, else None."""
        item = self._items.get(id)
        return item if item is not None and item.archived is archived else None

    def all(self, archived: bool = False) -> list[Item]:
        """Every item that is (not) archived."""
        return [item for item in self._items.values() if item.archived is archived]

    def __iter__(self) -> Iterator[Item]:
        """Every item, archived or not."""
        return iter(list(self._items.values()))

    def _any(self, id: str) -> Item:
        try:
            return self._items[id]
        except KeyError:
            raise UnknownRecord(f"there is no {id!r}") from None
