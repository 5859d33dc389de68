"""The tables that a run fills, watched so that its state is stored for these tables alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.progress import StateWriter
from hubspot_ingest.errors import StateOutdated
from hubspot_ingest.inbound.opening import table_reading
from hubspot_ingest.inbound.opening.sync_state import SyncState, with_counts
from hubspot_ingest.inbound.opening.table_reading import TableReading


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
        self._reading = state.tables
        self._created = state.existing_table.created
        self._rows = state.tables.rows.get("", 0)
        self._touched = False
        writer.earned_on = state.earned_from(portal_id, writer.version)

    def count_merged(self, inserted: int) -> None:
        """Rows were merged, ``inserted`` of them new."""
        self._touched = True
        self._rows += inserted
        # when the first rows made the table is read after the last ones
        self._note({"": (self._created, self._rows)})

    def verify(
        self, parts: Iterable[str], *, marked: bool = False, made: bool = False
    ) -> TableReading:
        """The tables as they are after the main reading, if they are still those that were filled.

        ``parts`` are those beside the destination, in which deleted rows are ``marked``; ``made``
        says that they are there. Raises
        ``StateOutdated``, after which the next run is a backfill, where a table was dropped,
        emptied or replaced meanwhile.
        """
        if not self._touched:
            return self._reading
        filled = self._writer.earned_on.tables
        # those that earlier settings filled are as theirs as before
        beside = table_reading.beside_parts(self._table, {*parts, *filled})
        [reading] = table_reading.read_tables(
            self._database,
            [beside],
            [{part: marked and not part for part in beside if made or not part or part in filled}],
        )
        reading = with_counts(reading, filled)
        there = {**reading.created}
        if reading.existing_table.created is not None:
            there[""] = reading.existing_table.created
        counts = reading.rows
        for part, (created_then, rows) in filled.items():
            is_same = part in there and created_then in (None, there[part])
            if not is_same or counts.get(part, rows) < rows:
                self._writer.forget()
                raise StateOutdated(
                    f"{beside[part]} was dropped, emptied or replaced while {self._writer.sync} "
                    "ran; its next run reads everything again",
                    code="TABLE_CHANGED",
                )
        self._note({part: (there[part], counts.get(part, 0)) for part in there})
        return reading

    def _note(self, tables: dict[str, tuple[int | None, int]]) -> None:
        before = self._writer.earned_on
        landed = before.landed or self._rows > 0
        tables = {**before.tables, **tables}
        self._writer.earned_on = replace(before, tables=tables, landed=landed)
