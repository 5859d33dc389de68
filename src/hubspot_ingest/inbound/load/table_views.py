"""Creates the views beside a sync's table and keeps them up to date.

A problem with them becomes a note of the run and never ends it: the rows are in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from hubspot_ingest.catalog.stream import ItemStream, RecordStream
from hubspot_ingest.database import privileges, sql
from hubspot_ingest.database.columns import UPDATED, Type
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.statements import views
from hubspot_ingest.database.statements.views import LABEL, View, ViewContent
from hubspot_ingest.errors import DatabaseError, GrantMissing
from hubspot_ingest.inbound.load.destination import ExistingTable, run_ddl
from hubspot_ingest.model import Property
from hubspot_ingest.settings import SyncSettings

# What tells when a thing last changed, or came to be: the first of these that its stream has.
_MOMENTS = (
    *("UPDATED_AT", "OCCURRED_AT", "SUBMITTED_AT", "JOINED_AT", "CHANGED_AT", "SET_AT"),
    "CREATED_AT",
)


@dataclass
class TableViews:
    """The views beside the table of one sync; problems with them are added to a run's ``notes``.

    ``property_columns`` maps properties to their columns, ``settled_through`` is as the last run
    left it.
    """

    database: Database
    sync: str
    settings: SyncSettings
    stream: RecordStream | ItemStream
    settled_through: int | None
    properties: Sequence[Property] = ()
    property_columns: Mapping[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _kept: str | None = field(default=None, init=False)

    @property
    def _table(self) -> Table:
        return Table(*self.settings.place)

    def statements(self, existing_table: ExistingTable, *, loaded: bool) -> list[str]:
        """The statements by which ``update`` brings the views up to date; none where they are.

        A backfill looks even so (``loaded``: after rows came): somebody may have dropped one.
        """
        shown = self._shown(existing_table)
        if self._needs_nothing(shown.fingerprint, loaded=loaded):
            return []
        return [statement for _, statement in self._ddl(existing_table, [])]

    def prepare(self, existing_table: ExistingTable, has_new_columns: bool) -> None:
        """Before rows come, make views of a table that has none yet, or has new columns.

        Others are looked at when the run settles the table.
        """
        if has_new_columns or self.settled_through is None:
            self.update(existing_table)

    def update(self, existing_table: ExistingTable, *, loaded: bool = True) -> None:
        """Bring the views up to date with the table as it stands."""
        shown = self._shown(existing_table)
        fingerprint = shown.fingerprint
        if fingerprint == self._kept or not existing_table.types:
            return
        self._kept = fingerprint
        if self._needs_nothing(fingerprint, loaded=loaded):
            return
        problems: list[str] = []
        for place, statement in self._ddl(existing_table, problems):
            try:
                run_ddl(self.database, [statement])
            except DatabaseError as error:
                problems.append(self._problem(place, error))
        with suppress(DatabaseError):
            # where one could not be made the next run looks again
            binds = (*self.names, self.settled_through, None if problems else fingerprint)
            self.database.rows(views.register(self._table), binds)
        self.notes += [note for note in dict.fromkeys(problems) if note not in self.notes]

    @property
    def names(self) -> tuple[str, str]:
        """The names of the table and of its sync, by which it is registered."""
        return self._table.table, self.sync

    def fingerprint(self, existing_table: ExistingTable) -> str:
        """A hash of the views that the table as it stands is to have."""
        return self._shown(existing_table).fingerprint

    def _needs_nothing(self, fingerprint: str, *, loaded: bool) -> bool:
        if loaded and self.settled_through is None:
            return False
        try:
            return bool(
                self.database.rows(views.is_current(self._table), (*self.names, fingerprint))
            )
        except DatabaseError:
            return False

    def _shown(self, existing_table: ExistingTable) -> ViewContent:
        return ViewContent(
            table=self._table,
            what=self.stream.label or self.stream.name,
            columns={
                column: existing_table.comments.get(column, "") for column in existing_table.types
            },
            labels=views.labels(
                existing_table.types,
                self.properties,
                self.property_columns,
                self.settings.column_prefix,
            ),
            moment=modified_column(self.stream),
        )

    def _ddl(self, existing_table: ExistingTable, problems: list[str]) -> list[tuple[Table, str]]:
        """The statements, each with what it makes; ``problems`` gets a line for a name taken."""
        there = self._look() if existing_table.has_home else {}
        shown = self._shown(existing_table)
        fingerprint = shown.fingerprint
        register = views.register_of(shown.table)
        comment = "How far the tables of this schema are settled"
        statements = [(register, sql.create_table(register, views.REGISTER, comment))]
        shown = replace(shown, former=self._former(shown, there))
        for view in View:
            place = views.view_of(shown.table, view)
            if place.table in there and there[place.table] is None:
                problems.append(_taken(place))
                continue
            if there.get(place.table) != fingerprint:
                statements.append((place, views.create(shown, view, fingerprint)))
            statements.append((place, sql.grant_select(place, "VIEW")))
        return [*statements, (register, sql.grant_select(register))]

    def _look(self) -> dict[str, str | None]:
        """What has the views' names, each with its fingerprint; None where we did not make it."""
        statement, binds = views.existing_views(self._table)
        try:
            rows = self.database.rows(statement, binds)
        except DatabaseError:
            # the database is not there yet
            return {}
        return {
            row["TABLE_NAME"]: views.fingerprint_of(row["COMMENT"])
            if row["TABLE_TYPE"] == "VIEW"
            else None
            for row in rows
        }

    def _former(self, shown: ViewContent, there: Mapping[str, str | None]) -> frozenset[str]:
        """The columns whose label is a column of our view, which queries may use: it is kept."""
        columns: set[str] = set()
        for view_name, fingerprint in there.items():
            if fingerprint not in (None, shown.fingerprint):
                statement, binds = sql.columns_of(replace(shown.table, table=view_name))
                columns |= {row["COLUMN_NAME"] for row in self.database.rows(statement, binds)}
        return frozenset(
            column for column in shown.columns if f"{column}{LABEL}" in columns - {*shown.columns}
        )

    def _problem(self, place: Table, error: DatabaseError) -> str:
        if "already exists" in error.snowflake_message:
            return _taken(place)
        if isinstance(error, GrantMissing):
            error = privileges.with_grants(self.database, self._table, error)
        return f"{place} is not up to date: {error.message}"


def _taken(view: Table) -> str:
    return (
        f"the view {view} was not made: something else has that name; rename it, and the next run "
        "makes the view"
    )


def modified_column(stream: RecordStream | ItemStream) -> str | None:
    """The column with the time of a row's last change in HubSpot; None where there is none."""
    if isinstance(stream, RecordStream):
        return UPDATED
    there = {column.name for column in stream.columns if column.type is Type.TIMESTAMP}
    return next((column for column in _MOMENTS if column in there), None)


def expire_views(database: Database, sync: str, settings: SyncSettings, *, unsettle: bool) -> None:
    """Make the next run check the views.

    ``unsettle``: the table is about to get other rows, and is settled through no time until then.
    """
    table = Table(*settings.place)
    with suppress(DatabaseError):
        database.rows(views.expire(table, unsettle=unsettle), (table.table, sync))


def rewind_views(
    database: Database, sync: str, settings: SyncSettings, settled_through: int | None
) -> None:
    """Put back the time that the table is settled through, once a run was undone; None: none."""
    if settled_through is None:
        expire_views(database, sync, settings, unsettle=True)
        return
    table = Table(*settings.place)
    with suppress(DatabaseError):
        statement = views.set_settled(table)
        database.rows(statement, (settled_through, table.table, sync))


def missing_views(database: Database, sync: str, settings: SyncSettings) -> list[Table]:
    """The views that should stand beside the sync's table and are missing."""
    table = Table(*settings.place)
    try:
        noted = database.rows(views.is_registered(table), (table.table, sync))
        statement, binds = views.existing_views(table)
        rows = database.rows(statement, binds) if noted else []
    except DatabaseError:
        return []
    ours = {row["TABLE_NAME"] for row in rows if views.fingerprint_of(row["COMMENT"]) is not None}
    places = [views.view_of(table, view) for view in View]
    return [place for place in places if noted and place.table not in ours]
