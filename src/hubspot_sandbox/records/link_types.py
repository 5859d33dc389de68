"""The types of associations: which a pair of object types may have, and their inverses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from zlib import crc32

from hubspot_sandbox.schema.object_types import ObjectType


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


MOST_LABELS = 50
"""Labels a pair of object types may have (BEHAVIOR H193)."""


class LinkTypes:
    """The association types of a portal by pair of object types; labels can be added."""

    def __init__(self) -> None:
        """The types that HubSpot defines and some labels."""
        self._types: dict[tuple[str, str], list[LinkType]] = {}
        self._inverses: dict[tuple[str, str], dict[LinkType, LinkType]] = {}
        self.most_labels = MOST_LABELS

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

    def primary(self, from_type: ObjectType, to_type: ObjectType) -> LinkType | None:
        """The type of the primary one of many, None when the pair has no such type."""
        number = _PRIMARY.get((from_type.name, to_type.name))
        if number is None:
            return None
        return self.find_type(from_type, to_type, "HUBSPOT_DEFINED", number)

    def label(
        self, from_type: ObjectType, to_type: ObjectType, label: str, category: str
    ) -> LinkType:
        """The type with a label, added in both directions when the pair has none."""
        for link_type in self.types(from_type, to_type):
            if link_type.label == label:
                return link_type
        return self.add_label(from_type, to_type, label, category=category)

    def add_label(
        self,
        from_type: ObjectType,
        to_type: ObjectType,
        label: str,
        inverse_label: str | None = None,
        name: str | None = None,
        category: str = "USER_DEFINED",
    ) -> LinkType:
        """A new label in both directions, which may be called differently seen from the other."""
        same = from_type.name == to_type.name
        taken = [
            link_type.type_id
            for pair in ((from_type, to_type), (to_type, from_type))
            for link_type in self.types(*pair)
            if link_type.category == category
        ]
        number = max([*taken, 50]) + 1
        link_type = LinkType(number, category, label, name or label.lower().replace(" ", "_"))
        self.types(from_type, to_type).append(link_type)
        back = link_type
        if not same or inverse_label is not None:
            back = LinkType(number + 1, category, inverse_label or label, link_type.name)
            self.types(to_type, from_type).append(back)
        self._inverses.setdefault((from_type.name, to_type.name), {})[link_type] = back
        self._inverses.setdefault((to_type.name, from_type.name), {})[back] = link_type
        return link_type

    def renamed(
        self, from_type: ObjectType, to_type: ObjectType, link: LinkType, label: str
    ) -> LinkType:
        """Call a type of a pair, in this direction, otherwise; returns what it has become."""
        changed = replace(link, label=label)
        types = self.types(from_type, to_type)
        back = self.inverse(from_type, to_type, link)
        types[types.index(link)] = changed
        forward_inverses = self._inverses.setdefault((from_type.name, to_type.name), {})
        forward_inverses.pop(link, None)
        symmetric = from_type.name == to_type.name and back == link
        forward_inverses[changed] = changed if symmetric else back
        if not symmetric:
            self._inverses.setdefault((to_type.name, from_type.name), {})[back] = changed
        return changed

    def drop_label(self, from_type: ObjectType, to_type: ObjectType, link: LinkType) -> None:
        """Remove a label in both directions."""
        back = self.inverse(from_type, to_type, link)
        for pair, dropped in (((from_type, to_type), link), ((to_type, from_type), back)):
            self._inverses.get((pair[0].name, pair[1].name), {}).pop(dropped, None)
            types = self.types(*pair)
            if dropped in types:
                types.remove(dropped)

    def labels(self) -> Iterator[tuple[str, str, LinkType]]:
        """Every label with the names of its pair."""
        for (source, target), types in self._types.items():
            for link_type in types:
                if link_type.label is not None and link_type.category == "USER_DEFINED":
                    yield source, target, link_type

    def inverse(self, from_type: ObjectType, to_type: ObjectType, link: LinkType) -> LinkType:
        """The type of the same association seen from the other record."""
        forward = self.types(from_type, to_type)
        back = self.types(to_type, from_type)
        if from_type.name == to_type.name and link.type_id in (13, 14):
            return next(other for other in back if other.type_id == 27 - link.type_id)
        paired = self._inverses.get((from_type.name, to_type.name), {}).get(link)
        if paired is not None:
            return paired
        place = forward.index(link)
        return back[place] if place < len(back) else back[0]
