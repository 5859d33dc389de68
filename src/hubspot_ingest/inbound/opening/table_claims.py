"""Whose a table is: the names a sync needs, and refusing those that are taken."""

from __future__ import annotations

from contextlib import suppress

from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.stream import RecordStream, ViewStream
from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.tables import RegisteredTable, TableRegister
from hubspot_ingest.database.statements import views
from hubspot_ingest.database.statements.views import View
from hubspot_ingest.errors import Refusal, UnknownStream
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.load.batches import HISTORY
from hubspot_ingest.settings import SyncSettings

WAY_OUT = "give the sync a table of its own: {'destination': {'table': '…'}}"


def names_of(settings: SyncSettings) -> dict[str, Table]:
    """Every name that a sync's table, its links, its history and its views take, by part."""
    table = Table(*settings.place)
    stream = lookup.known(settings.stream)
    names = {"": table}
    if isinstance(stream, ViewStream):
        return names
    associations = settings.associations
    if associations is None:
        associations = stream.associations if isinstance(stream, RecordStream) else ()
    parts = (*associations, *([HISTORY] if settings.history else ()))
    names |= {part: sql.table_beside(table, part) for part in parts}
    return names | {f"VIEW {view}": views.view_of(table, view) for view in View}


def check_names(database: Database, sync: str, settings: SyncSettings) -> set[Table]:
    """The names that are the sync's already.

    Raises ``Refusal`` where a name that it needs is taken (``TABLE_TAKEN``), or nobody's.
    """
    names = names_of(settings)
    table, stream = names[""], _named(settings.stream)
    destination.check_place(database, table)
    own = set[Table]()
    for registered in TableRegister(database).named(table, names):
        if registered.sync == sync:
            own.add(registered.table)
        elif registered.sync is not None:
            raise Refusal(
                f"{registered.table} belongs to the sync {registered.sync}"
                f"{_what(registered)}; {WAY_OUT}",
                code="TABLE_TAKEN",
            )
        holds_others = registered.part == "" and _named(registered.stream) != stream
        if holds_others and destination.read_table(database, registered.table).types:
            raise Refusal(
                f"{registered.table} holds {registered.stream}; drop it, or {WAY_OUT}",
                code="TABLE_TAKEN",
            )
    return own


def claim_names(
    database: Database, sync: str, settings: SyncSettings, *, is_new: bool = False
) -> Table:
    """Register the names that a sync needs as its own, which has none if it ``is_new``.

    Returns its table. Raises as ``check_names``.
    """
    names = names_of(settings)
    register = TableRegister(database)
    stream = _named(settings.stream)
    if is_new:
        destination.check_place(database, names[""])
        if register.claim_new(sync, stream, names):
            return names[""]
    own = check_names(database, sync, settings)
    if not register.claim(sync, stream, names, own, had_others=not is_new):
        # who was faster is told
        check_names(database, sync, settings)
        raise Refusal(f"{names['']} was just taken by another sync; {WAY_OUT}", code="TABLE_TAKEN")
    return names[""]


def _named(stream: str) -> str:
    """A stream by its name in the catalog, however it was spelled."""
    with suppress(UnknownStream):
        found = lookup.standard(stream)
        return stream if found is None else found.name
    return stream


def _what(registered: RegisteredTable) -> str:
    if not registered.part:
        return ""
    kind, _, view = registered.part.partition(" ")
    return f" as its view {view}" if view else f" as its table of {kind.lower()}"
