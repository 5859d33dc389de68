"""Somebody who edits records by hand while an app writes: a hook between any two requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from hubspot_sandbox.portal import Portal
from hubspot_sandbox.records.columns import Column
from hubspot_sandbox.records.link_types import LinkType
from hubspot_sandbox.schema.object_types import ObjectType

ACTIONS = ("change", "link", "label", "unlink", "archive", "merge")
"""What a person does."""
_LABEL = "By hand"


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing that was done: ``to_id`` is the other record, ``value`` what was typed.

    ``request`` is the number of the request it came before. A merge leaves ``survivor``.
    """

    request: int
    action: str
    object_type: str
    id: str
    property: str | None = None
    value: str | None = None
    to_type: str | None = None
    to_id: str | None = None
    survivor: str | None = None


class Person:
    """Pass it as ``before_each`` of a `Sandbox`; ``edits`` is what was done, in order."""

    def __init__(
        self,
        seed: int,
        object_types: Sequence[str] = ("contacts", "companies"),
        *,
        share: float = 0.3,
        actions: Sequence[str] = ACTIONS,
        properties: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Edit before a ``share`` of the requests, the same ones for the same seed.

        ``properties`` says by object type which are changed; any writable text by default.

        Raises:
            ValueError: ``actions`` names something that a person does not do.
        """
        unknown = sorted(set(actions) - set(ACTIONS))
        if unknown:
            raise ValueError(f"unknown actions {unknown}; there are {', '.join(ACTIONS)}")
        self.edits: list[Edit] = []
        self._random = Random(seed)
        self._object_types = tuple(object_types)
        self._share = share
        self._actions = tuple(actions)
        self._properties = dict(properties or {})

    def __call__(self, portal: Portal, request: int) -> None:
        """Perhaps do something before a request."""
        if self._random.random() < self._share:
            self.act(portal, self._random.choice(self._actions), request)

    def act(self, portal: Portal, action: str, request: int = 0) -> Edit | None:
        """Do something to records drawn at random; None when there are too few records."""
        do: Mapping[str, Callable[[Portal, int], Edit | None]] = {
            "change": self._change,
            "link": lambda portal, request: self._link(portal, request, "link"),
            "label": lambda portal, request: self._link(portal, request, "label"),
            "unlink": self._unlink,
            "archive": self._archive,
            "merge": self._merge,
        }
        with portal.lock:
            edit = do[action](portal, request)
        if edit is not None:
            self.edits.append(edit)
        return edit

    def _drawn(self, portal: Portal, count: int, object_type: str) -> list[str]:
        live = portal.table(object_type).live
        if len(live) < count:
            return []
        return [str(live[place]) for place in self._random.sample(range(len(live)), count)]

    def _change(self, portal: Portal, request: int) -> Edit | None:
        name = self._random.choice(self._object_types)
        ids = self._drawn(portal, 1, name)
        if not ids:
            return None
        columns = portal.table(name).columns.values()
        texts = self._properties.get(name) or [c.name for c in columns if _is_plain_text(c)]
        property_ = self._random.choice(texts)
        value = f"typed {len(self.edits)}"
        portal.update(name, ids[0], {property_: value})
        return Edit(request, "change", name, ids[0], property_, value)

    def _link(self, portal: Portal, request: int, action: str) -> Edit | None:
        source, target = (
            portal.object_type(self._random.choice(self._object_types)) for _ in range(2)
        )
        ids = self._pair(portal, source, target)
        if ids is None:
            return None
        links = portal.associations
        present = links.links(source, target).get(int(ids[0]), {}).get(int(ids[1]), ())
        kinds: tuple[LinkType, ...] = present
        if action == "label":
            kinds += (links.label(source, target, _LABEL, "USER_DEFINED"),)
        links.add(source, int(ids[0]), target, int(ids[1]), kinds)
        label = _LABEL if action == "label" else None
        return Edit(
            request, action, source.name, ids[0], value=label, to_type=target.name, to_id=ids[1]
        )

    def _pair(
        self, portal: Portal, source: ObjectType, target: ObjectType
    ) -> tuple[str, str] | None:
        if source.name == target.name:
            ids = self._drawn(portal, 2, source.name)
        else:
            ids = self._drawn(portal, 1, source.name) + self._drawn(portal, 1, target.name)
        return (ids[0], ids[1]) if len(ids) == 2 else None

    def _unlink(self, portal: Portal, request: int) -> Edit | None:
        name = self._random.choice(self._object_types)
        source = portal.object_type(name)
        for other in self._random.sample(self._object_types, len(self._object_types)):
            target = portal.object_type(other)
            linked = {
                id_: to_ids
                for id_, to_ids in portal.associations.links(source, target).items()
                if to_ids
            }
            if linked:
                id_ = self._random.choice(sorted(linked))
                to_id = self._random.choice(sorted(linked[id_]))
                portal.disassociate(name, str(id_), other, str(to_id))
                return Edit(request, "unlink", name, str(id_), to_type=other, to_id=str(to_id))
        return None

    def _archive(self, portal: Portal, request: int) -> Edit | None:
        name = self._random.choice(self._object_types)
        ids = self._drawn(portal, 1, name)
        if not ids:
            return None
        portal.archive(name, ids[0])
        return Edit(request, "archive", name, ids[0])

    def _merge(self, portal: Portal, request: int) -> Edit | None:
        name = self._random.choice(self._object_types)
        ids = self._drawn(portal, 2, name)
        if not ids:
            return None
        survivor = portal.merge(name, ids[0], ids[1])
        return Edit(request, "merge", name, ids[0], to_type=name, to_id=ids[1], survivor=survivor)


def _is_plain_text(column: Column) -> bool:
    row = column.property
    return row.type == "string" and not (row.read_only or row.calculated or row.unique)
