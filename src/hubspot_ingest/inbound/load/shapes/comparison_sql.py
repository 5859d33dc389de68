"""The statement that compares a table of another product with our view of the same shape. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubspot_ingest.database.sql import Table, name, text

# What says when a row was changed in HubSpot: the first of these that our view has.
_CHANGED = (
    *("PROPERTY_LASTMODIFIEDDATE", "PROPERTY_HS_LASTMODIFIEDDATE", "TIMESTAMP"),
    *("TIMESTAMP_INSTANT", "DATE_ENTERED", "CREATED", "ADDED_AT", "UPDATED_AT"),
)
_SYNCED, _DELETED = "_FIVETRAN_SYNCED", "_FIVETRAN_DELETED"
# what each product says for itself
_OWN = frozenset({_SYNCED, "_FIVETRAN_ID"})
_NUMBERS = frozenset({"NUMBER", "DECIMAL", "FLOAT", "DOUBLE", "INT", "BIGINT"})
# Two numbers that differ by less than this part of them were only rounded otherwise.
ROUNDING = "0.000001"
# Instants that differ by less (ms) were cut to seconds.
SECOND = 1_000
# So many patterns of differing columns are told of a table.
PATTERNS = 200


@dataclass(frozen=True, slots=True)
class Compared:
    """A table and our view, each with the types of its columns, and the key of a row."""

    theirs: Table
    ours: Table
    their_types: Mapping[str, str]
    our_types: Mapping[str, str]
    key: Sequence[str]
    ignored: frozenset[str] = frozenset()

    @property
    def columns(self) -> list[str]:
        """The columns that are compared."""
        left_out = {*self.key, *self.ignored} | _OWN
        return [column for column in self.our_types if column in self.their_types.keys() - left_out]

    def statement(self) -> str:
        """Counts rows by KIND and by the COLUMNS that differ, with an EXAMPLE key of each.

        IN_ALL counts all rows of the kind. DELETED: it is deleted on one side. LATER: HubSpot
        changed it after their last sync. ROUNDING: the numbers or instants are nearly the same.
        """
        keys = [self._pair(column, "ID") for column in self.key]
        same = " AND ".join(f"{theirs} = {ours}" for theirs, ours in keys)
        row_key = " || '/' || ".join(
            f"COALESCE(TO_VARCHAR({theirs}), TO_VARCHAR({ours}), '')" for theirs, ours in keys
        )
        here, there = (f"{side}.{name(self.key[0])} IS NOT NULL" for side in ("o", "t"))
        differing = self._listed(rounded=False)
        rounded = self._listed(rounded=True)
        return (
            "SELECT KIND, COLUMNS, COUNT(*) AS ROWS_COUNTED, MIN(ROW_KEY) AS EXAMPLE, "
            "SUM(COUNT(*)) OVER (PARTITION BY KIND) AS IN_ALL FROM (\n"
            "SELECT ROW_KEY, CASE "
            "WHEN NOT HERE THEN IFF(THEIRS_DELETED, 'DELETED', 'MISSING_HERE') "
            "WHEN NOT THERE THEN CASE WHEN LATE THEN 'LATER' WHEN OURS_DELETED THEN 'DELETED' "
            "ELSE 'MISSING_THERE' END "
            "WHEN DIFFERING = '' AND ROUNDED = '' AND THEIRS_DELETED = OURS_DELETED THEN 'EQUAL' "
            "WHEN LATE THEN 'LATER' "
            "WHEN THEIRS_DELETED <> OURS_DELETED THEN 'DELETED' "
            "WHEN DIFFERING = '' THEN 'ROUNDING' ELSE 'DIFFERENT' END AS KIND, "
            "IFF(HERE AND THERE, IFF(DIFFERING = '', ROUNDED, DIFFERING), '') AS COLUMNS FROM (\n"
            f"SELECT {row_key} AS ROW_KEY, {here} AS HERE, {there} AS THERE, "
            f"{self._deleted('t', self.their_types)} AS THEIRS_DELETED, "
            f"{self._deleted('o', self.our_types)} AS OURS_DELETED, {self._late()} AS LATE, "
            f"{differing} AS DIFFERING, {rounded} AS ROUNDED\n"
            f"FROM {self.theirs.quoted} t FULL OUTER JOIN {self.ours.quoted} o ON {same}"
            f"{self._synced()}))\n"
            f"GROUP BY KIND, COLUMNS ORDER BY KIND, ROWS_COUNTED DESC, COLUMNS LIMIT {PATTERNS}"
        )

    def _listed(self, *, rounded: bool) -> str:
        """The names of the columns that differ, each with a blank behind it."""
        parts = []
        for column in self.columns:
            condition = self._differs(column, rounded=rounded)
            if column != _DELETED and column != "IS_DELETED" and condition:
                parts.append(f"IFF({condition}, {text(column + ' ')}, '')")
        return " || ".join(parts) or "''"

    def _differs(self, column: str, *, rounded: bool) -> str:
        theirs, ours = self._pair(column)
        unlike = f"{theirs} IS DISTINCT FROM {ours}"
        apart = f"ABS({theirs} - {ours})"
        match self._kind(column):
            case "NUMBER":
                near = f"{apart} <= {ROUNDING} * GREATEST(ABS({theirs}), ABS({ours}))"
            case "INSTANT":
                near = f"{apart} < {SECOND}"
            case _:
                return "" if rounded else unlike
        # not NULL: one side may lack the value
        return f"{unlike} AND {'' if rounded else 'NOT '}COALESCE({near}, FALSE)"

    def _kind(self, column: str) -> str:
        kinds = {_kind_of(self.their_types[column]), _kind_of(self.our_types[column])}
        for kind in ("INSTANT", "NUMBER", "BOOLEAN"):
            # text on one side is read as the other's type
            if kind in kinds and kinds <= {kind, "TEXT"}:
                return kind
        return "TEXT"

    def _pair(self, column: str, number: str = "NUMBER") -> tuple[str, str]:
        """The two values of a column in one type; ``number`` is that of numbers."""
        kind = self._kind(column)
        kind = number if kind == "NUMBER" else kind
        return (
            _value(f"t.{name(column)}", _kind_of(self.their_types[column]), kind),
            _value(f"o.{name(column)}", _kind_of(self.our_types[column]), kind),
        )

    def _deleted(self, side: str, types: Mapping[str, str]) -> str:
        if _DELETED not in types:
            return "FALSE"
        return f"COALESCE({side}.{name(_DELETED)}, FALSE)"

    def _late(self) -> str:
        changed = next((column for column in _CHANGED if column in self.our_types), None)
        if changed is None or _SYNCED not in self.their_types:
            return "FALSE"
        at = f"DATE_PART('epoch_millisecond', o.{name(changed)})"
        return f"COALESCE({at} > l.LAST_SYNCED, FALSE)"

    def _synced(self) -> str:
        if self._late() == "FALSE":
            return ""
        last = f"MAX(DATE_PART('epoch_millisecond', {name(_SYNCED)}))"
        return f"\nCROSS JOIN (SELECT {last} AS LAST_SYNCED FROM {self.theirs.quoted}) l"


def _kind_of(reported: str) -> str:
    base = reported.upper().partition("(")[0]
    if base in _NUMBERS:
        return "NUMBER"
    if base == "DATE" or base.startswith("TIMESTAMP"):
        return "INSTANT"
    return "BOOLEAN" if base == "BOOLEAN" else "TEXT"


def _value(value: str, kind: str, compared_as: str) -> str:
    match kind, compared_as:
        case "NUMBER", "NUMBER":
            return f"CAST({value} AS FLOAT)"
        case "NUMBER", "ID":
            # a FLOAT does not hold the longest ids
            return f"CAST({value} AS NUMBER(38,0))"
        case "INSTANT", "INSTANT":
            return f"DATE_PART('epoch_millisecond', {value})"
        case "TEXT", "TEXT":
            # HubSpot spells a cleared value as an empty one
            return f"NULLIF({value}, '')"
        case "BOOLEAN", "BOOLEAN":
            return value
    match compared_as:
        case "ID":
            return f"TRY_TO_NUMBER(TO_VARCHAR({value}))"
        case "NUMBER":
            return f"TRY_TO_DOUBLE(TO_VARCHAR({value}))"
        case "INSTANT":
            return f"DATE_PART('epoch_millisecond', TRY_TO_TIMESTAMP_NTZ(TO_VARCHAR({value})))"
        case "BOOLEAN":
            return f"TRY_TO_BOOLEAN(TO_VARCHAR({value}))"
    return f"TO_VARCHAR({value})"
