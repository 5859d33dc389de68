"""The lists of a portal and their members."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hubspot_sandbox.items.collections import Collection, Item
from hubspot_sandbox.records.table import Table, UnknownRecord
from hubspot_sandbox.schema.object_types import ObjectType
from hubspot_sandbox.seeds import mix
from hubspot_sandbox.times import DAY_MS, Clock, iso

_NAMES = ("Newsletter", "Customers 🎉", "Left without buying", "VIP; hand picked", "Webinar 2025")
_KINDS = ("MANUAL", "DYNAMIC", "SNAPSHOT")
_TYPES = ("contacts", "contacts", "companies", "contacts", "deals")


@dataclass(slots=True)
class Membership:
    """A record on a list. Times are epoch milliseconds."""

    record: int
    first: int
    last: int


class Lists:
    """Lists, their members, and when records joined and left."""

    def __init__(self, clock: Clock, table: Callable[[str], Table]) -> None:
        """``table`` returns the records of an object type."""
        self._clock = clock
        self._table = table
        self.kept = Collection(clock, lambda n: str(n + 1))
        self._members: dict[str, dict[int, Membership]] = {}
        self._moved: dict[str, tuple[int | None, int | None]] = {}

    def add(
        self,
        name: str,
        object_type: str = "contacts",
        processing_type: str = "MANUAL",
        at: int | None = None,
    ) -> str:
        """A new list, empty; returns its id. Kinds: MANUAL, DYNAMIC, SNAPSHOT."""
        fields = {
            "name": name,
            "objectTypeId": self._table(object_type).object_type.id,
            "processingType": processing_type,
            "processingStatus": "COMPLETE",
            "listVersion": 1,
            "createdById": "5000000",
            "updatedById": "5000001",
        }
        moment = self._clock() if at is None else at
        if processing_type != "MANUAL":
            fields["filtersUpdatedAt"] = iso(moment)
        key = self.kept.add(fields, moment)
        self._members[key] = {}
        self._moved[key] = (None, None)
        return key

    def rename(self, id: str, name: str, at: int | None = None) -> None:
        """Give a list another name."""
        version = self._list(id).fields["listVersion"] + 1
        self.kept.change(id, {"name": name, "listVersion": version}, at)

    def delete(self, id: str, at: int | None = None) -> None:
        """Delete a list: it is no longer found, and can be restored for 90 days."""
        self.kept.archive(id, at)

    def restore(self, id: str, at: int | None = None) -> None:
        """Undo `delete`; the members are back."""
        self.kept.restore(id, at)

    def join(self, id: str, record: str, at: int | None = None) -> None:
        """Put a record on a list: neither the list nor the record counts as modified."""
        moment = self._clock() if at is None else at
        kind = self._list(id).fields["objectTypeId"]
        number = int(record)
        if self._table(kind).find_live(number) is None:
            raise UnknownRecord(f"no record {record} of object type {kind}")
        before = self._members[id].get(number)
        first = moment if before is None else before.first
        self._members[id][number] = Membership(number, first, moment)
        self._moved[id] = (moment, self._moved[id][1])

    def leave(self, id: str, record: str, at: int | None = None) -> None:
        """Take a record off a list: nothing is left of its membership."""
        moment = self._clock() if at is None else at
        self._list(id)
        del self._members[id][int(record)]
        self._moved[id] = (self._moved[id][0], moment)

    def members(self, id: str) -> list[Membership]:
        """Who is on a list, ascending by id; archived records are on none."""
        table = self._table(self._list(id).fields["objectTypeId"])
        return [
            member
            for _, member in sorted(self._members[id].items())
            if table.find_live(member.record) is not None
        ]

    def lists_of(self, kind: ObjectType, record: int) -> list[tuple[Item, Membership]]:
        """The lists a record is on."""
        return [
            (item, self._members[item.id][record])
            for item in self.kept.all()
            if item.fields["objectTypeId"] == kind.id and record in self._members[item.id]
        ]

    def moved(self, id: str) -> tuple[int | None, int | None]:
        """When a record last joined, and when one last left."""
        return self._moved[id]

    def _list(self, id: str) -> Item:
        item = self.kept.find(id)
        if item is None:
            raise UnknownRecord(f"no list {id!r}")
        return item

    def seed(self, lists: int, memberships: int, last: int) -> None:
        """A fresh portal's lists; everything happened before ``last``."""
        for n in range(lists):
            name = _NAMES[n % len(_NAMES)] + (f" {n}" if n >= len(_NAMES) else "")
            at = last - (lists - n) * DAY_MS
            id_ = self.add(name, _TYPES[n % len(_TYPES)], _KINDS[n % len(_KINDS)], at)
            self.kept.change(id_, {}, at + DAY_MS // 2)
        for n in range(memberships if lists else 0):
            id_ = str(n % lists + 1)
            ids = self._table(self._list(id_).fields["objectTypeId"]).live
            if ids:
                record = ids[mix(31, n) % len(ids)]
                self.join(id_, str(record), last - mix(37, n) % (30 * DAY_MS))
