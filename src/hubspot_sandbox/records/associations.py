"""Associations between records: their types, and which records are linked."""

from __future__ import annotations

from base64 import b64decode, b64encode
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote
from zlib import crc32

from hubspot_sandbox.schema.object_types import ObjectType
from hubspot_sandbox.seeds import mix


@dataclass(frozen=True, slots=True, order=True)
class LinkType:
    """One type of association in one direction."""

    type_id: int
    category: str = "HUBSPOT_DEFINED"
    label: str | None = None
    name: str | None = None

    def as_json(self) -> dict[str, object]:
        """The shape of association types and labels."""
        return {"category": self.category, "typeId": self.type_id, "label": self.label}


_DEFAULTS: dict[tuple[str, str], int] = {
    ("contacts", "companies"): 279, ("companies", "contacts"): 280,
    ("contacts", "deals"): 4, ("deals", "contacts"): 3,
    ("deals", "companies"): 341, ("companies", "deals"): 342,
    ("contacts", "tickets"): 15, ("tickets", "contacts"): 16,
    ("tickets", "companies"): 339, ("companies", "tickets"): 340,
    ("deals", "tickets"): 27, ("tickets", "deals"): 28,
    ("deals", "line_items"): 19, ("line_items", "deals"): 20,
    ("deals", "quotes"): 63, ("quotes", "deals"): 64,
    ("deals", "deal_splits"): 313, ("deal_splits", "deals"): 314,
    ("notes", "contacts"): 202, ("contacts", "notes"): 201,
    ("notes", "companies"): 190, ("companies", "notes"): 189,
    ("notes", "deals"): 214, ("deals", "notes"): 213,
    ("notes", "tickets"): 228, ("tickets", "notes"): 227,
    ("calls", "contacts"): 194, ("contacts", "calls"): 193,
    ("emails", "contacts"): 198, ("contacts", "emails"): 197,
    ("meetings", "contacts"): 200, ("contacts", "meetings"): 199,
    ("tasks", "contacts"): 204, ("contacts", "tasks"): 203,
    ("contacts", "contacts"): 449, ("companies", "companies"): 450,
    ("leads", "contacts"): 608,
}  # fmt: skip
_PRIMARY: dict[tuple[str, str], int] = {
    ("contacts", "companies"): 1, ("companies", "contacts"): 2,
    ("deals", "companies"): 5, ("companies", "deals"): 6,
    ("tickets", "companies"): 26, ("companies", "tickets"): 25,
    ("leads", "contacts"): 578,
}  # fmt: skip
_LABELS: dict[tuple[str, str], tuple[LinkType, ...]] = {
    ("contacts", "companies"): (
        LinkType(36, "USER_DEFINED", "Decision maker", "decision_maker"),
        LinkType(38, "USER_DEFINED", 'Billing "A/P" & más 💶', "billing"),
    ),
    ("companies", "contacts"): (
        LinkType(37, "USER_DEFINED", "Decision maker of", "decision_maker"),
        LinkType(39, "USER_DEFINED", 'Billing "A/P" & más 💶', "billing"),
    ),
    ("companies", "companies"): (
        LinkType(13, "HUBSPOT_DEFINED", "Child Company", "parent_to_child"),
        LinkType(14, "HUBSPOT_DEFINED", "Parent Company", "child_to_parent"),
    ),
}
_SEEDED: dict[tuple[str, str], int] = {
    ("contacts", "companies"): 1, ("deals", "contacts"): 2, ("deals", "companies"): 1,
    ("deals", "line_items"): 3, ("deals", "quotes"): 1, ("deals", "deal_splits"): 2,
    ("tickets", "contacts"): 1, ("tickets", "companies"): 1, ("tickets", "deals"): 1,
    ("notes", "contacts"): 1, ("calls", "contacts"): 1, ("emails", "contacts"): 2,
    ("meetings", "contacts"): 2, ("tasks", "contacts"): 1, ("leads", "contacts"): 1,
}  # fmt: skip
"""How many records of the second type a seeded record of the first is linked to, at most."""

Links = dict[int, dict[int, tuple[LinkType, ...]]]


class Associations:
    """Every association of a portal; seeded ones are laid out when a pair is first looked at."""

    def __init__(self, seed: int, ids: Callable[[ObjectType], Iterable[int]]) -> None:
        """``ids`` returns the seeded ids of an object type."""
        self._seed = seed
        self._ids = ids
        self._links: dict[tuple[str, str], Links] = {}
        self._types: dict[tuple[str, str], list[LinkType]] = {}

    def types(self, from_type: ObjectType, to_type: ObjectType) -> list[LinkType]:
        """Types a pair may be associated by: the unlabelled one first, then primary, labels."""
        pair = (from_type.name, to_type.name)
        types = self._types.get(pair)
        if types is None:
            name = f"{from_type.singular}_to_{to_type.singular}"
            number = _DEFAULTS.get(pair)
            if number is None:
                number = 1000 + crc32("/".join(pair).encode()) % 100_000
            if from_type.custom or to_type.custom:
                types = [LinkType(number, "USER_DEFINED", None, name)]
            else:
                suffix = "_unlabeled" if pair in _PRIMARY else ""
                types = [LinkType(number, "HUBSPOT_DEFINED", None, name + suffix)]
            if pair in _PRIMARY:
                types.append(LinkType(_PRIMARY[pair], "HUBSPOT_DEFINED", "Primary", name))
            types.extend(_LABELS.get(pair, ()))
            self._types[pair] = types
        return types

    def find_type(
        self, from_type: ObjectType, to_type: ObjectType, category: str, type_id: int
    ) -> LinkType | None:
        """The type a category and number stand for, None when the pair has no such type."""
        return next(
            (
                link_type
                for link_type in self.types(from_type, to_type)
                if (link_type.category, link_type.type_id) == (category, type_id)
            ),
            None,
        )

    def label(
        self, from_type: ObjectType, to_type: ObjectType, label: str, category: str
    ) -> LinkType:
        """The type with a label, added in both directions when the pair has none."""
        for link_type in self.types(from_type, to_type):
            if link_type.label == label:
                return link_type
        taken = [
            link_type.type_id
            for pair in ((from_type, to_type), (to_type, from_type))
            for link_type in self.types(*pair)
            if link_type.category == category
        ]
        number = max([*taken, 50]) + 1
        link_type = LinkType(number, category, label, label.lower().replace(" ", "_"))
        self.types(from_type, to_type).append(link_type)
        if from_type.name != to_type.name:
            self.types(to_type, from_type).append(
                LinkType(number + 1, category, label, link_type.name)
            )
        return link_type

    def inverse(self, from_type: ObjectType, to_type: ObjectType, link: LinkType) -> LinkType:
        """The type of the same association seen from the other record."""
        forward = self.types(from_type, to_type)
        back = self.types(to_type, from_type)
        if from_type.name == to_type.name and link.type_id in (13, 14):
            return next(other for other in back if other.type_id == 27 - link.type_id)
        place = forward.index(link)
        return back[place] if place < len(back) else back[0]

    def links(self, from_type: ObjectType, to_type: ObjectType) -> Links:
        """Linked ids by id, in one direction."""
        pair = (from_type.name, to_type.name)
        if pair not in self._links:
            back = (to_type.name, from_type.name)
            self._links[pair] = {}
            self._links.setdefault(back, {})
            if pair in _SEEDED:
                self._seed_pair(from_type, to_type, _SEEDED[pair])
            elif back in _SEEDED:
                self._seed_pair(to_type, from_type, _SEEDED[back])
        return self._links[pair]

    def _seed_pair(self, from_type: ObjectType, to_type: ObjectType, most: int) -> None:
        targets = list(self._ids(to_type))
        if not targets:
            return
        forward_types = self.types(from_type, to_type)
        plain = (forward_types[0],)
        full = tuple(forward_types[:2])
        labelled = tuple(forward_types[:3])
        forward = self._links[(from_type.name, to_type.name)]
        back = self._links[(to_type.name, from_type.name)]
        mirror = {
            kinds: tuple(self.inverse(from_type, to_type, kind) for kind in kinds)
            for kinds in (plain, full, labelled)
        }
        for place, from_id in enumerate(self._ids(from_type)):
            draw = mix(self._seed + 57, place)
            for turn in range(draw % (most + 1) if place % 3 else most):
                to_id = targets[(draw >> (8 * turn)) % len(targets)]
                kinds = plain if turn else labelled if place % 10 == 0 else full
                forward.setdefault(from_id, {})[to_id] = kinds
                back.setdefault(to_id, {})[from_id] = mirror[kinds]

    def add(
        self,
        from_type: ObjectType,
        from_id: int,
        to_type: ObjectType,
        to_id: int,
        kinds: Iterable[LinkType],
    ) -> None:
        """Link two records; labels given replace those there were (BEHAVIOR H30)."""
        default = self.types(from_type, to_type)[0]
        full = tuple(dict.fromkeys((default, *kinds)))
        self.links(from_type, to_type).setdefault(from_id, {})[to_id] = full
        mirror = tuple(self.inverse(from_type, to_type, kind) for kind in full)
        self.links(to_type, from_type).setdefault(to_id, {})[from_id] = mirror

    def remove(
        self,
        from_type: ObjectType,
        from_id: int,
        to_type: ObjectType,
        to_id: int,
        kinds: Iterable[LinkType] | None = None,
    ) -> None:
        """Unlink two records; removing the unlabelled type removes all, others only themselves."""
        forward = self.links(from_type, to_type).get(from_id, {})
        back = self.links(to_type, from_type).get(to_id, {})
        present = forward.get(to_id, ())
        removed = present if kinds is None else tuple(kinds)
        remaining = tuple(kind for kind in present if kind not in removed)
        if not remaining or self.types(from_type, to_type)[0] in removed:
            forward.pop(to_id, None)
            back.pop(from_id, None)
            return
        forward[to_id] = remaining
        back[from_id] = tuple(self.inverse(from_type, to_type, kind) for kind in remaining)

    def move(
        self, object_type: ObjectType, others: Iterable[ObjectType], old: int, new: int
    ) -> None:
        """Give a record's associations to another record, as a merge does."""
        for other in others:
            for to_id, kinds in list(self.links(object_type, other).get(old, {}).items()):
                self.remove(object_type, old, other, to_id)
                if to_id != new:
                    self.add(object_type, new, other, to_id, kinds)


def token_of(object_type: ObjectType, id_: int) -> str:
    """Where a page of linked records begins: base64, percent-encoded once (BEHAVIOR H28)."""
    return quote(b64encode(f"{object_type.id}-{id_}".encode()).decode())


def id_of(object_type: ObjectType, token: str) -> int | None:
    """The record id of a `token_of`, None when the token is not one of this object type."""
    try:
        text = b64decode(unquote(token), validate=True).decode()
    except ValueError:
        return None
    kind, _, number = text.rpartition("-")
    return int(number) if kind == object_type.id and number.isdigit() else None


def page_of(
    linked: dict[int, tuple[LinkType, ...]], after: int, limit: int
) -> tuple[list[int], int]:
    """Linked ids from ``after`` on, ascending, and the id the next page starts at (0: none)."""
    ids = sorted(linked)
    start = bisect_left(ids, after)
    following = start + limit
    return ids[start:following], ids[following] if following < len(ids) else 0
