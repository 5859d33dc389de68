"""The tables that a run fills, watched so that its state is stored for these tables alone."""

from __future__ import annotations

from collections.abc import Iterable

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.syncs import EarnedOn, StateWriter
from hubspot_ingest.errors import StateOutdated
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.load.destination import ExistingTable
from hubspot_ingest.inbound.opening.sync_state import SyncState


class FilledTables:
    """The destination of one run and the tables beside it.

    Runs insert, update and mark rows and never take one away: a table with fewer rows than there
    were and came in, or another table of its name, was changed by somebody else.
    """

    def __init__(
        self, database: Database, state: SyncState, writer: StateWriter, portal_id: str
    ) -> None:
        """From now on state is written as earned on these tables, filled from that portal."""
        self._database = database
        self._table = state.table
        self._writer = writer
        self._created = state.existing_table.created
        self._rows = state.rows.get("", 0)
        self._touched = False
        tables = {
            part: (created, state.rows.get(part, 0)) for part, created in state.created.items()
        }
        if self._created is not None:
            tables[""] = (self._created, self._rows)
        landed = self._rows > 0
        writer.earned_on = EarnedOn(writer.version, portal_id, str(state.table), tables, landed)

    def count_merged(self, inserted: int) -> None:
        """Rows were merged, ``inserted`` of them new."""
        self._touched = True
        self._rows += inserted
        if self._created is None:
            # the first rows made the table
            self._created = destination.read_table(self._database, self._table).created
        self._note({"": (self._created, self._rows)})

    def verify(self, parts: Iterable[str]) -> ExistingTable:
        """The destination as it is after the main reading, if it is still the one that was filled.

        ``parts`` are those beside it. Raises ``StateOutdated``, after which the next run is a
        backfill, where a table was dropped, emptied or replaced meanwhile.
        """
        beside = {part: sql.table_beside(self._table, part) for part in parts}
        existing_table, created = destination.read_tables(
            self._database, self._table, [table.table for table in beside.values()]
        )
        if not self._touched:
            return existing_table
        filled = self._writer.earned_on.tables
        there = {
            part: created[table.table] for part, table in beside.items() if table.table in created
        }
        if existing_table.created is not None:
            there[""] = existing_table.created
        counts = destination.count_rows(
            self._database, {part: {"": self._table, **beside}[part] for part in there}
        )
        for part, (created_then, rows) in filled.items():
            if there.get(part) != created_then or counts.get(part, rows) < rows:
                self._writer.forget()
                place = beside.get(part, self._table)
                raise StateOutdated(
                    f"{place} was dropped, emptied or replaced while {self._writer.sync} ran; its "
                    "next run reads everything again",
                    code="TABLE_CHANGED",
                )
        self._note({part: (there[part], counts.get(part, 0)) for part in there})
        return existing_table

    def _note(self, tables: dict[str, tuple[int | None, int]]) -> None:
        earned_on = self._writer.earned_on
        self._writer.earned_on = EarnedOn(
            earned_on.version,
            earned_on.portal_id,
            earned_on.table,
            {**earned_on.tables, **tables},
            landed=earned_on.landed or self._rows > 0,
        )
