"""What people do in HubSpot while it is being read: everything that can befall a record."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hubspot_sandbox import Portal
from tests.faults.portals import LENGTHENED, NOTE, RANK, VALUES

LABELS = (None, None, "Champion", "Payer")
EXTRA = ("f_extra_one", "f_extra_two")


class Life:
    """Changes a portal, drawn from a seed. ``changing`` are the object types that change.

    ``schema`` lets properties come and go too.
    """

    def __init__(
        self,
        portal: Portal,
        seed: int,
        changing: Sequence[str],
        linked: Sequence[str],
        *,
        wide: bool = False,
        schema: bool = True,
    ) -> None:
        self._portal = portal
        self._random = Random(seed)
        self._changing = changing
        self._linked = linked
        self._tail = LENGTHENED if wide else ""
        self._schema = schema
        self._happenings = [
            (self._update, 30),
            (self._mass_update, 3),
            (self._recalculate, 8),
            (self._create, 8),
            (self._archive, 7),
            (self._restore, 5),
            (self._merge, 5),
            (self._purge, 5),
            (self._purge_archived, 2),
            (self._associate, 12),
            (self._disassociate, 10),
            (self._lose_a_linked_record, 3),
            (self._change_a_property, 2 if schema else 0),
        ]

    def goes_on(self, times: int) -> None:
        """Let this many things happen."""
        happenings, weights = zip(*self._happenings, strict=True)
        for happening in self._random.choices(happenings, weights, k=times):
            happening(self._random.choice(self._changing))

    # -- records -----------------------------------------------------------------------------

    def _some(self, object_type: str, *, archived: bool = False) -> str | None:
        table = self._portal.table(object_type)
        ids = table.archived if archived else table.live
        return str(self._random.choice(ids)) if ids else None

    def _values(self, names: Sequence[str]) -> dict[str, str | None]:
        return {name + self._tail: self._random.choice(VALUES[name][1]) for name in names}

    def _settable(self) -> list[str]:
        names = [name for name in VALUES if name != RANK]
        return self._random.sample(names, self._random.randint(1, 3))

    def _update(self, object_type: str) -> None:
        if one := self._some(object_type):
            self._portal.update(object_type, one, self._values(self._settable()))

    def _mass_update(self, object_type: str) -> None:
        """Many records get one modification time."""
        live = list(self._portal.table(object_type).live)
        for one in self._random.sample(live, min(len(live), 60)):
            self._portal.update(object_type, str(one), self._values([NOTE]))

    def _recalculate(self, object_type: str) -> None:
        if one := self._some(object_type):
            self._portal.recalculate(object_type, one, self._values([RANK]))

    def _create(self, object_type: str) -> None:
        made = self._portal.create(object_type, self._values(list(VALUES)))
        for to_type in self._linked:
            if to_type != object_type and (other := self._some(to_type)):
                self._portal.associate(object_type, made, to_type, other)

    def _archive(self, object_type: str) -> None:
        if one := self._some(object_type):
            self._portal.archive(object_type, one)

    def _restore(self, object_type: str) -> None:
        if one := self._some(object_type, archived=True):
            self._portal.restore(object_type, one)

    def _merge(self, object_type: str) -> None:
        live = self._portal.table(object_type).live
        if len(live) >= 2:
            first, second = self._random.sample(list(live), 2)
            self._portal.merge(object_type, str(first), str(second))

    def _purge(self, object_type: str) -> None:
        if one := self._some(object_type):
            self._portal.gdpr_delete(object_type, one)

    def _purge_archived(self, object_type: str) -> None:
        if one := self._some(object_type, archived=True):
            self._portal.purge(object_type, one)

    # -- associations ------------------------------------------------------------------------

    def _associate(self, object_type: str) -> None:
        for to_type in self._linked:
            one, other = self._some(object_type), self._some(to_type)
            if to_type != object_type and one and other:
                label = self._random.choice(LABELS)
                self._portal.associate(object_type, one, to_type, other, label=label)

    def _disassociate(self, object_type: str) -> None:
        for to_type in self._linked:
            kinds = (self._portal.object_type(object_type), self._portal.object_type(to_type))
            links = self._portal.associations.links(*kinds)
            having = sorted(one for one, found in links.items() if found)
            if having and to_type != object_type:
                one = self._random.choice(having)
                other = self._random.choice(sorted(links[one]))
                self._portal.disassociate(object_type, str(one), to_type, str(other))

    def _lose_a_linked_record(self, object_type: str) -> None:
        for to_type in self._linked:
            if to_type != object_type and (other := self._some(to_type)):
                self._portal.archive(to_type, other)

    # -- properties --------------------------------------------------------------------------

    def _change_a_property(self, object_type: str) -> None:
        """One comes, goes, comes back, or becomes another type."""
        columns = self._portal.table(object_type).columns
        name = self._random.choice(EXTRA)
        if name not in columns:
            pool = self._random.choice(((None,), ("7", "8.5", None)))
            self._portal.add_property(object_type, name, "string", pool=pool)
        elif columns[name].property.archived_at is not None:
            self._portal.restore_property(object_type, name)
        elif self._random.random() < 0.3:
            kind = self._random.choice(("number", "string"))
            self._portal.add_property(object_type, name, kind, pool=("9", None))
        elif self._random.random() < 0.5:
            self._portal.archive_property(object_type, name)
        elif one := self._some(object_type):
            self._portal.update(object_type, one, {name: self._random.choice(("1", "2.5", "x"))})
