"""A HubSpot account: its records, properties, associations and credentials.

What a test does to a portal happens here, without HTTP; what an app does goes through `Sandbox`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from threading import RLock
from typing import Any

from hubspot_sandbox.items import people
from hubspot_sandbox.items.campaigns import Campaigns
from hubspot_sandbox.items.event_attendance import EventAttendance
from hubspot_sandbox.items.events import Events
from hubspot_sandbox.items.forms import Forms
from hubspot_sandbox.items.lists import Lists
from hubspot_sandbox.items.mail import Mail
from hubspot_sandbox.items.pipelines import Pipelines
from hubspot_sandbox.items.seed_data import DEMO, ITEM_NAMES, seed_items
from hubspot_sandbox.items.subscriptions import Subscriptions
from hubspot_sandbox.items.workflows import Workflows
from hubspot_sandbox.records.associations import Associations, LinkType
from hubspot_sandbox.records.columns import Column, State
from hubspot_sandbox.records.merging import merged_values
from hubspot_sandbox.records.table import Record, Table, UnknownRecord
from hubspot_sandbox.schema.catalog import definitions
from hubspot_sandbox.schema.object_types import STANDARD, ObjectType, custom_object_type, names_of
from hubspot_sandbox.schema.properties import Option, define
from hubspot_sandbox.search.index import Index
from hubspot_sandbox.times import Clock, wall_clock
from hubspot_sandbox.tokens import DEFAULT_TOKEN, LIFETIME_MS, Grant, Tokens

PORTAL_ID = 62_515_001


class Portal:
    """One account. Every id is text, every time epoch milliseconds, UTC."""

    def __init__(
        self,
        seed: int = 1,
        clock: Clock = wall_clock,
        records: Mapping[str, int] | None = None,
        *,
        records_per_millisecond: int = 1,
        dense_ids: bool = False,
        portal_id: int = PORTAL_ID,
        time_zone: str = "US/Eastern",
        utc_offset_ms: int = -18_000_000,
    ) -> None:
        """``records`` says how many of which object type are seeded; others have none.

        It also takes the names in `ITEM_NAMES`: lists, forms, email events and the like.

        All of them were created and modified more than a day before the clock's present.
        ``records_per_millisecond`` neighbours share one modification time. Ids are sparse and
        come in clumps unless ``dense_ids`` asks for ids without a gap (BEHAVIOR H160).
        """
        self.seed = seed
        self.clock = clock
        self.id = portal_id
        self.time_zone = time_zone
        self.utc_offset_ms = utc_offset_ms
        self.lock = RLock()
        self.edition = "ENTERPRISE"
        self.token = DEFAULT_TOKEN
        self.tokens = Tokens({DEFAULT_TOKEN: None})
        self.owners = people.owners(clock)
        self.users = people.users(clock)
        self.teams = people.teams(clock)
        self.pipelines = Pipelines(clock)
        self.object_types: list[ObjectType] = list(STANDARD)
        self.object_types.append(
            custom_object_type("machines", 3_456_789, portal_id, "Machine", "Machines")
        )
        self._names = {name: kind for kind in self.object_types for name in names_of(kind)}
        counts = dict(records or {})
        item_counts = {name: counts.pop(name) for name in ITEM_NAMES if name in counts}
        self._seeding = {self.object_type(name).name: n for name, n in counts.items()}
        self._together = records_per_millisecond
        self._dense_ids = dense_ids
        self._opened = clock()
        self._tables: dict[str, Table] = {}
        self._indexes: dict[str, Index] = {}
        self.associations = Associations(seed, lambda kind: self.table(kind).ids)
        self.lists = Lists(clock, self.table)
        self.forms = Forms(clock, seed)
        self.mail = Mail(clock, seed)
        self.subscriptions = Subscriptions(clock)
        self.campaigns = Campaigns(clock, seed)
        self.workflows = Workflows(clock, seed)
        self.participations = EventAttendance(clock, self.table)
        self.events = Events(clock, seed, portal_id, self.table)
        seed_items(self, item_counts)

    @classmethod
    def demo(cls, seed: int = 1, clock: Clock = wall_clock) -> Portal:
        """A lively mixed portal: some of everything, some archived, one merge."""
        counts = {kind.name: 40 for kind in STANDARD}
        counts |= {"contacts": 1200, "companies": 150, "deals": 300, "tickets": 120}
        counts |= {"calls": 200, "emails": 250, "notes": 180, "tasks": 90, "line_items": 400}
        counts |= {"users": 12, "machines": 60, **DEMO}
        portal = cls(seed, clock, counts)
        ids = [str(id_) for id_ in portal.table("contacts").ids]
        for id_ in ids[10:15]:
            portal.archive("contacts", id_)
        portal.merge("contacts", ids[20], ids[21])
        return portal

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
            self._tables[kind.name] = table
        return table

    def search_index(self, table: Table) -> Index:
        """The search index over the records of one object type."""
        name = table.object_type.name
        if name not in self._indexes:
            self._indexes[name] = Index(table)
        return self._indexes[name]

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

    def grant(self, token: str, scopes: Iterable[str] | None) -> None:
        """Accept another token, with these scopes only (None: all)."""
        self.tokens.grant(token, scopes)

    def expire(self, token: str) -> None:
        """Answer this token as an expired OAuth one from now on."""
        self.tokens.expired.add(token)

    def authorize(
        self,
        scopes: Iterable[str] | None = None,
        lifetime_ms: int = LIFETIME_MS,
        *,
        rotates: bool = False,
    ) -> Grant:
        """Give an app an OAuth grant, with these scopes only (None: all)."""
        return self.tokens.authorize(scopes, lifetime_ms, rotates=rotates)

    def revoke(self, grant: Grant) -> None:
        """Revoke a grant: it gets no new tokens, and those from grants have expired."""
        self.tokens.grants.remove(grant)
        self.tokens.expired |= set(self.tokens.ends)

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
            values = merged_values(table, first, second, moment)
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

    # -- properties ------------------------------------------------------------------------------

    def add_property(
        self,
        object_type: str,
        name: str,
        type: str,
        field_type: str | None = None,
        label: str | None = None,
        description: str = "",
        options: Iterable[str | Option] = (),
        calculated: bool = False,
        *,
        pool: Iterable[str | None] = (),
        **more: Any,
    ) -> None:
        """Add a property, or change the definition of one. Records have no value for it yet.

        With a ``pool`` the seeded records draw their values from it.
        """
        with self.lock:
            table = self.table(object_type)
            moment = self.clock()
            choices = tuple(
                option if isinstance(option, Option) else Option(option, option)
                for option in options
            )
            row = define(
                name,
                type,
                choices=choices,
                pool=tuple(pool) or (None,),
                field_type=field_type,
                label=label,
                description=description,
                calculated=calculated,
                **({"hubspot_defined": False, "created_at": moment, "updated_at": moment} | more),
            )
            kind = table.object_type
            key = f"{self.seed}/{kind.id}"
            column = Column(row, key, kind.created_property, kind.modified_property)
            table.columns[name] = column
            table.revision += 1

    def archive_property(self, object_type: str, name: str) -> None:
        """Delete a property: its values are no longer shown, its definition stays 90 days."""
        self._set_property(object_type, name, self.clock())

    def restore_property(self, object_type: str, name: str) -> None:
        """Undo `archive_property`; the values are back."""
        self._set_property(object_type, name, None)

    def _set_property(self, object_type: str, name: str, archived_at: int | None) -> None:
        with self.lock:
            table = self.table(object_type)
            column = table.columns.get(name)
            if column is None:
                raise UnknownRecord(f"no property {name!r} on {object_type}")
            column.property = replace(column.property, archived_at=archived_at)
            table.revision += 1
