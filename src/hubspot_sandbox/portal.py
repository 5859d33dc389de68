"""A HubSpot account: its records, properties, associations and credentials.

What a test does to a portal happens here, without HTTP; what an app does goes through `Sandbox`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
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
from hubspot_sandbox.records.columns import Column
from hubspot_sandbox.records.store import RecordStore
from hubspot_sandbox.records.table import Table, UnknownRecord
from hubspot_sandbox.schema.admin_rules import AdminRules
from hubspot_sandbox.schema.object_types import STANDARD
from hubspot_sandbox.schema.properties import Option, define
from hubspot_sandbox.search.index import Index
from hubspot_sandbox.times import Clock, wall_clock
from hubspot_sandbox.tokens import DEFAULT_TOKEN, LIFETIME_MS, Grant, Tokens

PORTAL_ID = 62_515_001


class Portal(RecordStore):
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
        Attributes a test may set: ``edition``; ``links_companies_by_domain``, whether a new contact
        gets the company of its e-mail domain (BEHAVIOR H196); ``lists_chained_merges``, whether the
        survivor of a merge names what had been merged into the two before (BEHAVIOR H57).
        ``records_per_millisecond`` neighbours share one modification time. Ids are sparse and
        come in clumps unless ``dense_ids`` asks for ids without a gap (BEHAVIOR H160).
        """
        counts = dict(records or {})
        item_counts = {name: counts.pop(name) for name in ITEM_NAMES if name in counts}
        super().__init__(
            seed,
            clock,
            counts,
            portal_id,
            records_per_millisecond=records_per_millisecond,
            dense_ids=dense_ids,
        )
        self.id = portal_id
        self.time_zone = time_zone
        self.utc_offset_ms = utc_offset_ms
        self.edition = "ENTERPRISE"
        self.token = DEFAULT_TOKEN
        self.tokens = Tokens({DEFAULT_TOKEN: None})
        self.owners = people.owners(clock)
        self.users = people.users(clock)
        self.teams = people.teams(clock)
        self.pipelines = Pipelines(clock)
        self.admin_rules = AdminRules()
        self.links_companies_by_domain = False
        self._indexes: dict[str, Index] = {}
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

    def search_index(self, table: Table) -> Index:
        """The search index over the records of one object type."""
        name = table.object_type.name
        if name not in self._indexes:
            self._indexes[name] = Index(table)
        return self._indexes[name]

    # -- credentials ----------------------------------------------------------------------------

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
            table.keys.forget(name)
            table.revision += 1

    def change_property(self, object_type: str, name: str, **fields: Any) -> None:
        """Set fields of a property's definition, such as ``read_only`` or ``unique``."""
        with self.lock:
            table = self.table(object_type)
            column = table.columns.get(name)
            if column is None:
                raise UnknownRecord(f"no property {name!r} on {object_type}")
            column.property = replace(column.property, **fields)
            table.revision += 1

    def archive_property(self, object_type: str, name: str) -> None:
        """Delete a property: its values are no longer shown, its definition stays 90 days."""
        self.change_property(object_type, name, archived_at=self.clock())

    def restore_property(self, object_type: str, name: str) -> None:
        """Undo `archive_property`; the values are back."""
        self.change_property(object_type, name, archived_at=None)
