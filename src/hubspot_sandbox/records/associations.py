"""Associations between records: their types, and which records are linked."""

from __future__ import annotations

from base64 import b64decode, b64encode
from bisect import bisect_left
from collections.abc import Callable, Iterable
from urllib.parse import quote, unquote

from hubspot_sandbox.records.link_types import LinkType, LinkTypes
from hubspot_sandbox.schema.object_types import ObjectType
from hubspot_sandbox.seeds import mix

_SEEDED: dict[tuple[str, str], int] = {
    ("contacts", "companies"): 1, ("deals", "contacts"): 2, ("deals", "companies"): 1,
    ("deals", "line_items"): 3, ("deals", "quotes"): 1, ("deals", "deal_splits"): 2,
    ("tickets", "contacts"): 1, ("tickets", "companies"): 1, ("tickets", "deals"): 1,
    ("notes", "contacts"): 1, ("calls", "contacts"): 1, ("emails", "contacts"): 2,
    ("meetings", "contacts"): 2, ("tasks", "contacts"): 1, ("leads", "contacts"): 1,
}  # fmt: skip
"""How many records of the second type a seeded record of the first is linked to, at most."""

Links = dict[int, dict[int, tuple[LinkType, ...]]]


class Associations(LinkTypes):
    """Every association of a portal; seeded ones are laid out when a pair is first looked at."""

    def __init__(self, seed: int, ids: Callable[[ObjectType], Iterable[int]]) -> None:
        """``ids`` returns the seeded ids of an object type.

        ``limits`` is how many records of one type another may have, set by an admin: by pair of
        object types, and by category and number of the association type.
        """
        super().__init__()
        self._seed = seed
        self._ids = ids
        self._links: dict[tuple[str, str], Links] = {}
        self.limits: dict[tuple[str, str], dict[tuple[str, int], int]] = {}

    def rename(
        self, from_type: ObjectType, to_type: ObjectType, link: LinkType, label: str
    ) -> None:
        """Call a label otherwise, also where records are associated by it."""
        changed = self.renamed(from_type, to_type, link, label)
        for linked in self.links(from_type, to_type).values():
            for to_id, kinds in linked.items():
                if link in kinds:
                    linked[to_id] = tuple(changed if kind == link else kind for kind in kinds)

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
        """Give a record's associations to another record, as a merge does.

        What the other has stays: its labels, and its primary company (BEHAVIOR H191).
        """
        for other in others:
            primary = self.primary(object_type, other) if other.name == "companies" else None
            for to_id, kinds in list(self.links(object_type, other).get(old, {}).items()):
                self.remove(object_type, old, other, to_id)
                if to_id == new:
                    continue
                own = self.links(object_type, other).get(new, {})
                if any(primary in held for held in own.values()):
                    kinds = tuple(kind for kind in kinds if kind != primary)
                self.add(object_type, new, other, to_id, (*own.get(to_id, ()), *kinds))


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
