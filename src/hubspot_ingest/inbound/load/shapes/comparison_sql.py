"""The statement that compares a table of another product with our view of the same shape. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hubspot_ingest.database.sql import Table, name, text

# What says when a row was changed in HubSpot: the first of these that our view has.
_CHANGED = (
    *("PROPERTY_LASTMODIFIEDDATE", "PROPERTY_HS_LASTMODIFIEDDATE", "TIMESTAMP"),
    *("TIMESTAMP_INSTANT", "DATE_ENTERED", "CREATED", "ADDED_AT", "UPDATED_AT"),
)
_SYNCED, _DELETED, _END = "_FIVETRAN_SYNCED", "_FIVETRAN_DELETED", "_FIVETRAN_END"
# what each product computes for itself: never compared
_OWN = frozenset({_SYNCED, "_FIVETRAN_ID"})
_FLOATS = frozenset({"FLOAT", "DOUBLE"})
_NUMBERS = frozenset({"NUMBER", "DECIMAL", "INT", "BIGINT"}) | _FLOATS
_JSON = frozenset({"VARIANT", "OBJECT", "ARRAY"})
# Two numbers that differ by at most this part of the larger one were only rounded otherwise.
ROUNDING = "0.000001"
# Whole numbers below this that differ were not rounded: a FLOAT holds each of them.
HELD = "1e15"
# Instants that differ by less (ms) were cut to seconds.
SECOND = 1_000
# A span of history that no change has ended ends no earlier than this (epoch ms).
FOREVER = 253_402_300_799_000
# How many combinations of differing columns are listed of each kind, the most frequent first.
PATTERNS = 50
# The number of a row among those of its key on that side; NULL where that side has none.
_THERE, _HERE = 't."#ROW"', 'o."#ROW"'
# Stands for NULL in a key, by kind of value; no key of HubSpot is equal to it.
_NO_VALUE = {"ID": "-1", "INSTANT": "-1", "BOOLEAN": "FALSE", "TEXT": "''", "JSON": "''"}


@dataclass(frozen=True, slots=True)
class Compared:
    """A table and our view, each with the types of its columns, and the key of a row.

    A part of the key may be several columns with ``|`` between: the first that has a value.
    ``grouped``: several rows may have one key; one of them stands for all, on both sides.
    """

    theirs: Table
    ours: Table
    their_types: Mapping[str, str]
    our_types: Mapping[str, str]
    key: Sequence[str]
    ignored: frozenset[str] = frozenset()
    grouped: bool = False

    @property
    def columns(self) -> list[str]:
        """The columns that are compared."""
        in_key = {column for part in self.key for column in part.split("|")}
        left_out = {*in_key, *self.ignored} | _OWN
        return [column for column in self.our_types if column in self.their_types.keys() - left_out]

    def statement(self) -> str:
        """Counts rows by KIND and by the COLUMNS that differ, with an EXAMPLE key of each.

        IN_ALL counts all rows of the kind. DELETED_HERE and DELETED_THERE: deleted on that side,
        live on the other. DELETED: on one side alone, and deleted. LATER: HubSpot changed it after
        their last sync, EARLIER: after our last run. ROUNDING: the numbers or instants are nearly
        the same.
        """
        keys = [self._pair(column, "ID") for part in self.key for column in part.split("|")]
        pairs = [*map(self._key_pair, self.key), (_THERE, _HERE)]
        same = " AND ".join(f"{theirs} = {ours}" for theirs, ours in pairs)
        row_key = " || '/' || ".join(
            f"COALESCE(TO_VARCHAR({theirs}), TO_VARCHAR({ours}), '')" for theirs, ours in keys
        )
        return (
            "SELECT KIND, COLUMNS, COUNT(*) AS ROWS_COUNTED, MIN(ROW_KEY) AS EXAMPLE, "
            "SUM(COUNT(*)) OVER (PARTITION BY KIND) AS IN_ALL FROM (\n"
            "SELECT ROW_KEY, CASE "
            "WHEN NOT HERE THEN CASE WHEN THEIRS_DELETED THEN 'DELETED' "
            "WHEN EARLY THEN 'EARLIER' ELSE 'MISSING_HERE' END "
            "WHEN NOT THERE THEN CASE WHEN LATE THEN 'LATER' WHEN OURS_DELETED THEN 'DELETED' "
            "ELSE 'MISSING_THERE' END "
            "WHEN DIFFERING = '' AND ROUNDED = '' AND THEIRS_DELETED = OURS_DELETED THEN 'EQUAL' "
            "WHEN LATE THEN 'LATER' WHEN EARLY THEN 'EARLIER' "
            "WHEN OURS_DELETED AND NOT THEIRS_DELETED THEN 'DELETED_HERE' "
            "WHEN THEIRS_DELETED AND NOT OURS_DELETED THEN 'DELETED_THERE' "
            "WHEN DIFFERING = '' THEN 'ROUNDING' ELSE 'DIFFERENT' END AS KIND, "
            "IFF(HERE AND THERE, IFF(DIFFERING = '', ROUNDED, DIFFERING), '') AS COLUMNS FROM (\n"
            f"SELECT {row_key} AS ROW_KEY, "
            f"{_HERE} IS NOT NULL AS HERE, {_THERE} IS NOT NULL AS THERE, "
            f"{_deleted('t', self.their_types)} AS THEIRS_DELETED, "
            f"{_deleted('o', self.our_types)} AS OURS_DELETED, "
            f"{_after('o', self.our_types, 'their_sync')} AS LATE, "
            f"{_after('t', self.their_types, 'our_sync')} AS EARLY, "
            f"{self._listed(rounded=False)} AS DIFFERING, {self._listed(rounded=True)} AS ROUNDED\n"
            f"FROM {self._rows(self.theirs, 't')} FULL OUTER JOIN {self._rows(self.ours, 'o')} "
            f"ON {same}"
            f"{_last_synced(self.theirs, self.their_types, 'their_sync')}"
            f"{_last_synced(self.ours, self.our_types, 'our_sync')}))\n"
            "GROUP BY KIND, COLUMNS QUALIFY ROW_NUMBER() OVER "
            f"(PARTITION BY KIND ORDER BY COUNT(*) DESC, COLUMNS) <= {PATTERNS}\n"
            "ORDER BY KIND, ROWS_COUNTED DESC, COLUMNS"
        )

    def _rows(self, table: Table, side: str) -> str:
        """The rows of one side, numbered within their key, live ones first."""
        place = 0 if side == "t" else 1
        types = self.their_types if side == "t" else self.our_types
        keys = ", ".join(self._key_pair(part)[place] for part in self.key)
        values = (self._pair(column)[place] for column in self.columns)
        order = ", ".join([_deleted(side, types), *values])
        number = f"ROW_NUMBER() OVER (PARTITION BY {keys} ORDER BY {order})"
        once = f" QUALIFY {number} = 1" if self.grouped else ""
        return f'(SELECT {side}.*, {number} AS "#ROW" FROM {table.quoted} {side}{once}) {side}'

    def _listed(self, *, rounded: bool) -> str:
        """The expression for the names of the columns that differ, each with a blank behind it."""
        parts = []
        for column in self.columns:
            condition = self._differs(column, rounded=rounded)
            if column not in {_DELETED, "IS_DELETED"} and condition:
                parts.append(f"IFF({condition}, {text(column + ' ')}, '')")
        return " || ".join(parts) or "''"

    def _differs(self, column: str, *, rounded: bool) -> str:
        kind = self._kind(column)
        is_whole = kind == "NUMBER" and _base(self.our_types[column]) not in _FLOATS
        theirs, ours = self._pair(column, "ID" if is_whole else "NUMBER")
        unlike = f"{theirs} IS DISTINCT FROM {ours}"
        apart = f"ABS({theirs} - {ours})"
        match kind:
            # ids and counts
            case "NUMBER" if is_whole:
                near = "FALSE"
            case "NUMBER":
                larger = f"GREATEST(ABS({theirs}), ABS({ours}))"
                parts = f"{theirs} <> TRUNC({theirs}) OR {ours} <> TRUNC({ours})"
                near = f"{apart} <= {ROUNDING} * {larger} AND ({larger} >= {HELD} OR {parts})"
            case "INSTANT":
                near = f"{apart} < {SECOND}"
            case _:
                near = "FALSE"
        if kind in {"TEXT", "JSON"}:
            return "" if rounded else self._differs_as_json(column, theirs, ours)
        if rounded:
            # not NULL: one side may lack the value
            return "" if near == "FALSE" else f"{unlike} AND COALESCE({near}, FALSE)"
        return " OR ".join(
            (f"({unlike} AND NOT COALESCE({near}, FALSE))", *self._unreadable(column, theirs, ours))
        )

    def _differs_as_json(self, column: str, theirs: str, ours: str) -> str:
        """The condition that two texts differ, other than as two spellings of the same JSON.

        Text on both sides is taken for JSON where both begin as an object or a list does.
        """
        unlike = f"{theirs} IS DISTINCT FROM {ours}"
        if self._kind(column) == "TEXT":
            begins = (f"LEFT({value}, 1) IN ('{{', '[')" for value in (theirs, ours))
            is_json = " AND ".join([unlike, *begins])
        else:
            is_json = unlike
        same = f"TRY_PARSE_JSON({theirs}) = TRY_PARSE_JSON({ours})"
        # only where it is needed: to parse every value of every column takes its time
        return f"IFF({is_json}, NOT COALESCE({same}, FALSE), {unlike})"

    def _unreadable(self, column: str, theirs: str, ours: str) -> Iterator[str]:
        """Conditions for text that cannot be read as the other side's type, which is no NULL."""
        for side, types, value in (("t", self.their_types, theirs), ("o", self.our_types, ours)):
            if _kind_of(types[column]) == "TEXT" != self._kind(column):
                yield f"(NULLIF({side}.{name(column)}, '') IS NOT NULL AND {value} IS NULL)"

    def _kind(self, column: str) -> str:
        kinds = {_kind_of(self.their_types[column]), _kind_of(self.our_types[column])}
        if "JSON" in kinds:
            return "JSON"
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

    def _key_pair(self, part: str) -> tuple[str, str]:
        """The two values of a part of the key as they are joined: no value equals no value."""
        column, *others = part.split("|")
        if others:
            pairs = [self._pair(name_, "ID") for name_ in (column, *others)]
            theirs, ours = (
                ", ".join(f"TO_VARCHAR({value})" for value in side)
                for side in zip(*pairs, strict=True)
            )
            return f"COALESCE({theirs}, '')", f"COALESCE({ours}, '')"
        theirs, ours = self._pair(column, "ID")
        if _kind_of(self.their_types[column]) == _kind_of(self.our_types[column]):
            kind = self._kind(column)
            nothing = _NO_VALUE["ID" if kind == "NUMBER" else kind]
            return f"COALESCE({theirs}, {nothing})", f"COALESCE({ours}, {nothing})"
        # what cannot be read as the other side's type stays the text it is
        return (
            f"COALESCE(TO_VARCHAR({theirs}), TO_VARCHAR(t.{name(column)}), '')",
            f"COALESCE(TO_VARCHAR({ours}), TO_VARCHAR(o.{name(column)}), '')",
        )


def _deleted(side: str, types: Mapping[str, str]) -> str:
    """Whether a row is deleted on a side, by either of the columns that say it."""
    conditions = [
        f"COALESCE({_value(f'{side}.{name(column)}', _kind_of(types[column]), 'BOOLEAN')}, FALSE)"
        for column in (_DELETED, "IS_DELETED")
        if column in types
    ]
    return f"({' OR '.join(conditions)})" if conditions else "FALSE"


def _after(side: str, types: Mapping[str, str], other: str) -> str:
    """Whether HubSpot changed the row of a side after the last sync of the other."""
    changed = next((column for column in _CHANGED if column in types), None)
    conditions = []
    if changed is not None:
        at = _value(f"{side}.{name(changed)}", _kind_of(types[changed]), "INSTANT")
        conditions.append(f"COALESCE({at} > {other}.LAST_SYNCED, FALSE)")
    if _END in types:
        # the change after this one ended its span
        end = _value(f"{side}.{name(_END)}", _kind_of(types[_END]), "INSTANT")
        conditions.append(f"COALESCE({end} >= {other}.LAST_SYNCED AND {end} < {FOREVER}, FALSE)")
    return f"({' OR '.join(conditions)})" if conditions else "FALSE"


def _last_synced(table: Table, types: Mapping[str, str], alias: str) -> str:
    """The epoch milliseconds at which a side was synced last; NULL where it does not say."""
    last, source = "NULL", ""
    if _SYNCED in types:
        synced = _value(name(_SYNCED), _kind_of(types[_SYNCED]), "INSTANT")
        last, source = f"MAX({synced})", f" FROM {table.quoted}"
    return f"\nCROSS JOIN (SELECT CAST({last} AS NUMBER(38,0)) AS LAST_SYNCED{source}) {alias}"


def _base(reported: str) -> str:
    return reported.upper().partition("(")[0]


def _kind_of(reported: str) -> str:
    base = _base(reported)
    if base in _NUMBERS:
        return "NUMBER"
    if base in _JSON:
        return "JSON"
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
        case "TEXT", "TEXT" | "JSON":
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
            # without AUTO the caller's TIMESTAMP_INPUT_FORMAT would count
            read = f"TRY_TO_TIMESTAMP_NTZ(TO_VARCHAR({value}), 'AUTO')"
            return f"DATE_PART('epoch_millisecond', {read})"
        case "BOOLEAN":
            return f"TRY_TO_BOOLEAN(TO_VARCHAR({value}))"
        case "JSON":
            return f"NULLIF(TO_VARCHAR({value}), '')"
    return f"TO_VARCHAR({value})"
