"""The CRM records of an account: object types, tables, and what changes records and links."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from threading import RLock

from hubspot_sandbox.records.associations import Associations
from hubspot_sandbox.records.columns import Column, State
from hubspot_sandbox.records.link_types import LinkType
from hubspot_sandbox.records.merging import merged_values
from hubspot_sandbox.records.table import Record, Table, UnknownRecord
from hubspot_sandbox.schema.catalog import definitions
from hubspot_sandbox.schema.object_types import STANDARD, ObjectType, custom_object_type, names_of
from hubspot_sandbox.times import Clock


class RecordStore:
    """Every record of an account. Ids are text, times epoch milliseconds, UTC."""

    def __init__(
        self,
        seed: int,
        clock: Clock,
        counts: Mapping[str, int],
        portal_id: int,
        *,
        records_per_millisecond: int,
        dense_ids: bool,
    ) -> None:
        """Seed ``counts`` records by object type, as `Portal` describes."""
        self.seed = seed
        self.clock = clock
        self.lock = RLock()
        self.object_types: list[ObjectType] = list(STANDARD)
        self.object_types.append(
            custom_object_type("machines", 3_456_789, portal_id, "Machine", "Machines")
        )
        self._names = {name: kind for kind in self.object_types for name in names_of(kind)}
        self._seeding = {self.object_type(name).name: n for name, n in counts.items()}
        self._together = records_per_millisecond
        self._dense_ids = dense_ids
        self._opened = clock()
        self._case_counts = False
        self.lists_chained_merges = True
        self._tables: dict[str, Table] = {}
        self.associations = Associations(seed, lambda kind: self.table(kind).ids)

    # -- reading ---------------------------------------------------------------------------------

    def object_type(self, name: str) -> ObjectType:
        """The object type of a name, a singular, an id or a fully qualified name."""
        object_type = self._names.get(name) or self._names.get(name.lower())
        if object_type is None:
            object_type = next((kind for kind in self.object_types if kind.name == name), None)
        if object_type is None:
            raise UnknownRecord(f"no object type {name!r}")
        return object_type

    def object_type_in_path(self, name: str) -> ObjectType | None:
        """Like `object_type`, but only the spellings HubSpot takes in a path (BEHAVIOR H3)."""
        return self._names.get(name) or self._names.get(name.lower())

    def table(self, object_type: str | ObjectType) -> Table:
        """The records of an object type."""
        kind = self.object_type(object_type) if isinstance(object_type, str) else object_type
        table = self._tables.get(kind.name)
        if table is None:
            key = f"{self.seed}/{kind.id}"
            columns = (
                Column(row, key, kind.created_property, kind.modified_property)
                for row in definitions(kind)
            )
            table = Table(
                kind,
                columns,
                self._seeding.get(kind.name, 0),
                seed=self.seed,
                now=self._opened,
                per_millisecond=self._together,
                dense_ids=self._dense_ids,
            )
            if self._case_counts:
                table.keys.heed_case()
            self._tables[kind.name] = table
        return table

    def heed_case_of_keys(self) -> None:
        """Let unique values differ by letter case alone; addresses never do (BEHAVIOR H187)."""
        with self.lock:
            self._case_counts = True
            for table in self._tables.values():
                table.keys.heed_case()

    def record(self, object_type: str, id: str) -> Record:
        """One record, archived or not.

        Raises:
            UnknownRecord: it never was, or is gone for good.
        """
        with self.lock:
            table = self.table(object_type)
            return table.record(self._state(table, id))

    def records(self, object_type: str, archived: bool = False) -> Iterator[Record]:
        """Every record, ascending by id; only the archived ones on request."""
        with self.lock:
            table = self.table(object_type)
            states = list(table.states(archived))
        return (table.record(state) for state in states)

    # -- changing records ------------------------------------------------------------------------

    def create(
        self,
        object_type: str,
        properties: Mapping[str, str | None],
        at: int | None = None,
        *,
        id: str | None = None,
        source: str = "CRM_UI",
    ) -> str:
        """A new record; returns its id (the next free one unless ``id`` is given)."""
        with self.lock:
            table = self.table(object_type)
            moment = self.clock() if at is None else at
            number = table.new_id() if id is None else int(id)
            changes = dict(properties)
            table.write(State(number, moment, moment, moment, None, changes, source=source))
            return str(number)

    def update(
        self,
        object_type: str,
        id: str,
        properties: Mapping[str, str | None],
        at: int | None = None,
        *,
        source: str = "CRM_UI",
    ) -> None:
        """Set properties; the record's modification time becomes ``at`` (default: now)."""
        moment = self.clock() if at is None else at

        def change(state: State) -> State:
            changes = state.changes | dict(properties)
            return replace(state, updated=moment, at=moment, changes=changes, source=source)

        self._change(object_type, id, change)

    def recalculate(
        self,
        object_type: str,
        id: str,
        properties: Mapping[str, str | None],
        at: int | None = None,
    ) -> None:
        """Set calculated properties: the modification time stays (BEHAVIOR H63)."""
        moment = self.clock() if at is None else at

        def change(state: State) -> State:
            changes = state.changes | dict(properties)
            return replace(state, at=moment, changes=changes, source="CALCULATED")

        self._change(object_type, id, change)

    def archive(self, object_type: str, id: str, at: int | None = None) -> None:
        """Delete a record the ordinary way: 90 days in the recycle bin (BEHAVIOR H55)."""
        moment = self.clock() if at is None else at
        self._change(object_type, id, lambda state: replace(state, at=moment, archived_at=moment))

    def restore(self, object_type: str, id: str, at: int | None = None) -> None:
        """Bring an archived record back; its modification time stays (BEHAVIOR H56)."""
        moment = self.clock() if at is None else at
        self._change(object_type, id, lambda state: replace(state, at=moment, archived_at=None))

    def purge(self, object_type: str, id: str, at: int | None = None) -> None:
        """Remove a record for good, as HubSpot does 90 days after archiving (BEHAVIOR H58)."""
        moment = self.clock() if at is None else at
        self._change(object_type, id, lambda state: replace(state, at=moment, removed=True))

    def gdpr_delete(self, object_type: str, id: str, at: int | None = None) -> None:
        """Remove a record for good at once: it never is in the recycle bin (BEHAVIOR H58)."""
        self.purge(object_type, id, at)

    def merge(self, object_type: str, primary: str, other: str, at: int | None = None) -> str:
        """Merge two records into one with a new id; both old ids vanish (BEHAVIOR H57)."""
        with self.lock:
            table = self.table(object_type)
            kind = table.object_type
            moment = self.clock() if at is None else at
            first, second = self._state(table, primary), self._state(table, other)
            number = table.new_id()
            values = merged_values(
                table, first, second, moment, lists_chains=self.lists_chained_merges
            )
            created = min(first.created, second.created)
            table.write(State(number, created, moment, moment, None, values, source="MERGE"))
            for state in (first, second):
                table.write(replace(state, at=moment, removed=True))
                table.merged_into[state.id] = number
                self.associations.move(kind, self.object_types, state.id, number)
            return str(number)

    def _state(self, table: Table, id: str) -> State:
        state = table.find(int(id)) if id.isdigit() else None
        if state is None:
            raise UnknownRecord(f"no {table.object_type.singular} {id}")
        return state

    def _change(self, object_type: str, id: str, change: Callable[[State], State]) -> None:
        with self.lock:
            table = self.table(object_type)
            table.write(change(self._state(table, id)))

    # -- associations ----------------------------------------------------------------------------

    def associate(
        self,
        from_type: str,
        from_id: str,
        to_type: str,
        to_id: str,
        type_id: int | None = None,
        category: str = "HUBSPOT_DEFINED",
        label: str | None = None,
    ) -> None:
        """Link two records, unlabelled or by a type; a new ``label`` is made for the pair."""
        with self.lock:
            source, target = self.object_type(from_type), self.object_type(to_type)
            kinds: list[LinkType] = []
            if label is not None:
                own_category = "USER_DEFINED" if category == "HUBSPOT_DEFINED" else category
                kinds.append(self.associations.label(source, target, label, own_category))
            elif type_id is not None:
                link_type = self.associations.find_type(source, target, category, type_id)
                if link_type is None:
                    raise UnknownRecord(f"no association type {category} {type_id}")
                kinds.append(link_type)
            self.associations.add(source, int(from_id), target, int(to_id), kinds)

    def disassociate(
        self,
        from_type: str,
        from_id: str,
        to_type: str,
        to_id: str,
        type_id: int | None = None,
        category: str = "HUBSPOT_DEFINED",
    ) -> None:
        """Unlink two records, altogether or by one type."""
        with self.lock:
            source, target = self.object_type(from_type), self.object_type(to_type)
            kinds: list[LinkType] | None = None
            if type_id is not None:
                link_type = self.associations.find_type(source, target, category, type_id)
                kinds = [] if link_type is None else [link_type]
            self.associations.remove(source, int(from_id), target, int(to_id), kinds)
