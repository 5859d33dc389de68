"""The page's statements about what landed: the destination tables and their columns."""

from __future__ import annotations

from collections.abc import Sequence

from page.statements import MINUTES, Row, Statements, dotted, quoted

_CHANGED = ("UPDATED_AT", "OCCURRED_AT", "SUBMITTED_AT", "CHANGED_AT", "CREATED_AT", "_SYNCED_AT")

_MARKS = ("_DELETED_AT", "_DELETE_KIND", "_MERGED_INTO")


class TableCalls(Statements):
    """What the page asks the destination tables. Names are ``DATABASE.SCHEMA.TABLE``."""

    def row_counts(self, tables: Sequence[str]) -> dict[str, int]:
        """The row counts of those tables that exist, by ``DATABASE.SCHEMA.TABLE``."""
        counts: dict[str, int] = {}
        for database in sorted({table.split(".", 1)[0] for table in tables}):
            rows = self.rows_there(
                "SELECT TABLE_SCHEMA, TABLE_NAME, ROW_COUNT "
                f"FROM {quoted(database)}.INFORMATION_SCHEMA.TABLES WHERE TABLE_TYPE = 'BASE TABLE'"
            )
            for row in rows:
                name = f"{database}.{row['TABLE_SCHEMA']}.{row['TABLE_NAME']}"
                counts[name] = int(row["ROW_COUNT"] or 0)
        return counts

    def columns(self, table: str) -> list[Row]:
        """The columns of a table, in order; empty when it does not exist."""
        if table.count(".") != 2:
            return []
        database, schema, name = table.split(".")
        return self.rows_there(
            "SELECT COLUMN_NAME, DATA_TYPE, COMMENT "
            f"FROM {quoted(database)}.INFORMATION_SCHEMA.COLUMNS "
            "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION",
            (schema, name),
            MINUTES,
        )

    def fill(self, table: str) -> dict[str, float]:
        """The share of the rows that have a value, by column; empty while there are no rows."""
        names = [str(column["COLUMN_NAME"]) for column in self.columns(table)]
        if not names:
            return {}
        counts = ", ".join(f"COUNT({quoted(name)}) AS C{n}" for n, name in enumerate(names))
        [row] = self.rows(
            f"SELECT COUNT(*) AS EVERY_ROW, {counts} FROM {dotted(table)}", fresh_for=MINUTES
        )
        every = int(row["EVERY_ROW"])
        return {name: int(row[f"C{n}"]) / every for n, name in enumerate(names)} if every else {}

    def preview(self, table: str, columns: Sequence[str], most: int) -> list[Row]:
        """The latest rows of a table by `latest_by`, with the portal they came from.

        Those that are marked as gone only where a column of the marks is asked for.
        """
        there = {str(column["COLUMN_NAME"]) for column in self.columns(table)}
        names = [name for name in (*columns, "ID", "_PORTAL_ID") if name in there]
        order = self.latest_by(table)
        live_only = "_DELETED_AT" in there and not {*_MARKS} & {*columns}
        return self.rows(
            f"SELECT {', '.join(map(quoted, dict.fromkeys(names)))} FROM {dotted(table)} "
            + ("WHERE _DELETED_AT IS NULL " if live_only else "")
            + (f"ORDER BY {quoted(order)} DESC " if order else "")
            + f"LIMIT {int(most)}",
            fresh_for=60.0,
        )

    def latest_by(self, table: str) -> str | None:
        """The column that says when a row last changed, or happened, in HubSpot."""
        there = [str(column["COLUMN_NAME"]) for column in self.columns(table)]
        return next((name for name in (*_CHANGED, "ID") if name in there), None)

    def id_columns(self, tables: Sequence[str], ends: Sequence[str]) -> dict[str, list[str]]:
        """The columns of ids of each table: arrays ``…_IDS``, and names that end as ``ends``."""
        more = "".join(f" OR ENDSWITH(COLUMN_NAME, '{end}')" for end in ends)
        return self._having(
            tables,
            f"DATA_TYPE = 'ARRAY' AND ENDSWITH(COLUMN_NAME, '_IDS'){more}",
            "ORDINAL_POSITION",
        )

    def deletions(self, tables: Sequence[str]) -> list[Row]:
        """The count and latest time of deleted records, by table and kind."""
        marked = self._marked(tables, "_DELETE_KIND")
        if not marked:
            return []
        return self.rows(
            " UNION ALL ".join(
                f"SELECT ? AS NAME, _DELETE_KIND AS KIND, COUNT(*) AS TIMES, "
                f"MAX(_DELETED_AT) AS LAST_AT FROM {dotted(table)} WHERE _DELETED_AT IS NOT NULL "
                "GROUP BY _DELETE_KIND"
                for table in marked
            ),
            marked,
            60.0,
        )

    def live_counts(self, tables: Sequence[str]) -> dict[str, int]:
        """The counts of the rows that are not marked as deleted, of those tables that exist."""
        counts = self.row_counts(tables)
        for row in self.deletions([table for table in tables if table in counts]):
            counts[str(row["NAME"])] -= int(row["TIMES"])
        return {table: counts[table] for table in tables if table in counts}

    def merges(self, tables: Sequence[str], most: int) -> list[Row]:
        """The latest records that were merged into another."""
        marked = self._marked(tables, "_MERGED_INTO")
        if not marked:
            return []
        union = " UNION ALL ".join(
            "SELECT ? AS NAME, ID, _MERGED_INTO AS SURVIVOR, _DELETED_AT AS MERGED_AT, "
            f"_PORTAL_ID AS PORTAL FROM {dotted(table)} WHERE _MERGED_INTO IS NOT NULL"
            for table in marked
        )
        return self.rows(
            f"SELECT * FROM ({union}) ORDER BY MERGED_AT DESC, ID LIMIT {int(most)}", marked, 60.0
        )

    def portal_of(self, table: str) -> str | None:
        """The portal that the rows of a table came from."""
        if not self._having([table], "COLUMN_NAME = '_PORTAL_ID'"):
            return None
        [row] = self.rows(
            f"SELECT MAX(_PORTAL_ID) AS PORTAL_ID FROM {dotted(table)}", fresh_for=MINUTES
        )
        return None if row["PORTAL_ID"] is None else str(row["PORTAL_ID"])

    def event_types(self, table: str) -> list[str]:
        """The types of events in a table of the stream ``event_types``; none where it is not."""
        if not self.columns(table):
            return []
        found = self.rows(f"SELECT NAME FROM {dotted(table)} ORDER BY NAME", fresh_for=MINUTES)
        return [str(row["NAME"]) for row in found]

    def people(self, table: str) -> list[tuple[str, str]]:
        """Id and name of the owners in a table of the stream ``owners``, by name."""
        if not self.columns(table):
            return []
        rows = self.rows(
            "SELECT ID, TRIM(CONCAT(IFNULL(FIRST_NAME, ''), ' ', IFNULL(LAST_NAME, ''))) AS NAME, "
            f"EMAIL FROM {dotted(table)} ORDER BY NAME, EMAIL",
            fresh_for=MINUTES,
        )
        return [(str(row["ID"]), str(row["NAME"] or row["EMAIL"] or row["ID"])) for row in rows]

    def _marked(self, tables: Sequence[str], column: str) -> list[str]:
        """The tables that have one of the columns of marks; one statement serves them all."""
        marks = self._having(tables, "COLUMN_NAME IN ('_DELETE_KIND', '_MERGED_INTO')")
        return [table for table, columns in marks.items() if column in columns]

    def _having(
        self, tables: Sequence[str], which: str, order: str = "COLUMN_NAME"
    ) -> dict[str, list[str]]:
        """The columns that match ``which``, by table; tables without one are left out.

        Sends one statement for each database.
        """
        columns: dict[str, list[str]] = {}
        for database in sorted({table.split(".", 1)[0] for table in tables}):
            rows = self.rows_there(
                "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME "
                f"FROM {quoted(database)}.INFORMATION_SCHEMA.COLUMNS WHERE {which} "
                f"ORDER BY TABLE_SCHEMA, TABLE_NAME, {order}",
                fresh_for=MINUTES,
            )
            for row in rows:
                name = f"{database}.{row['TABLE_SCHEMA']}.{row['TABLE_NAME']}"
                if name in tables:
                    columns.setdefault(name, []).append(str(row["COLUMN_NAME"]))
        return columns
