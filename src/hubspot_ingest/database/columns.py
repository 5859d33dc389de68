"""The columns of destination tables: their names and types, and what a table lacks. Pure.

Names are upper case; a name that is taken, or too long for Snowflake, gets a suffix computed from
the property's name, so that a property always gets the same column.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hubspot_ingest.model import Property

# Snowflake, "Identifier requirements": 255 characters.
NAME_LIMIT = 255


class Type(StrEnum):
    """The column types in use: those that every engine reads back as they were written."""

    TEXT = "VARCHAR"
    # 20 digits before the point hold any HubSpot id, 18 after it any decimal it computes
    NUMBER = "NUMBER(38,18)"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    TIMESTAMP = "TIMESTAMP_NTZ(3)"
    VARIANT = "VARIANT"
    ARRAY = "ARRAY"


TYPES: Mapping[str, Type] = {
    "number": Type.NUMBER,
    "bool": Type.BOOLEAN,
    "date": Type.DATE,
    "datetime": Type.TIMESTAMP,
    # of events, whose properties HubSpot does not describe: one that holds lists
    "list": Type.ARRAY,
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a destination table; ``property`` is None for the app's own columns."""

    name: str
    type: Type
    property: str | None = None
    comment: str = ""


KEY = "ID"
UPDATED = "UPDATED_AT"
RECORD: tuple[Column, ...] = (
    Column(KEY, Type.TEXT, comment="HubSpot's record id"),
    Column("CREATED_AT", Type.TIMESTAMP, comment="When the record was created, UTC"),
    Column(UPDATED, Type.TIMESTAMP, comment="When the record was last changed in HubSpot, UTC"),
    Column("ARCHIVED", Type.BOOLEAN, comment="Whether the record lies in HubSpot's recycle bin"),
    Column("PROPERTIES", Type.VARIANT, comment="The record's properties as HubSpot sent them"),
)
DELETED_AT = Column(
    "_DELETED_AT", Type.TIMESTAMP, comment="When the record was deleted in HubSpot, UTC"
)
DELETE_KIND = Column("_DELETE_KIND", Type.TEXT, comment="ARCHIVED, MERGED, PURGED or FILTERED_OUT")
MERGED_INTO = Column(
    "_MERGED_INTO", Type.TEXT, comment="The id of the record this one was merged into"
)
PORTAL_ID = Column("_PORTAL_ID", Type.TEXT, comment="The HubSpot account the record belongs to")
RUN_ID = Column("_RUN_ID", Type.TEXT, comment="The run that last changed this row")
SYNCED_AT = Column("_SYNCED_AT", Type.TIMESTAMP, comment="When this row was last changed here, UTC")
# What every MERGE sets in the rows it changes, in this order.
STAMPS = (PORTAL_ID, RUN_ID, SYNCED_AT)
BOOKKEEPING: tuple[Column, ...] = (*STAMPS, DELETED_AT, DELETE_KIND, MERGED_INTO)
# Snowflake, "Reserved & limited keywords": without quotes they mean something else, or nothing.
RESERVED = frozenset(
    (
        *("ACCOUNT", "ALL", "ALTER", "AND", "ANY", "AS", "BETWEEN", "BY", "CASE", "CAST"),
        *("CHECK", "COLUMN", "CONNECT", "CONNECTION", "CONSTRAINT", "CREATE", "CROSS"),
        *("CURRENT", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER"),
        *("DATABASE", "DELETE", "DISTINCT", "DROP", "ELSE", "EXISTS", "FALSE", "FOLLOWING"),
        *("FOR", "FROM", "FULL", "GRANT", "GROUP", "GSCLUSTER", "HAVING", "ILIKE", "IN"),
        *("INCREMENT", "INNER", "INSERT", "INTERSECT", "INTO", "IS", "ISSUE", "JOIN"),
        *("LATERAL", "LEFT", "LIKE", "LOCALTIME", "LOCALTIMESTAMP", "MINUS", "NATURAL"),
        *("NOT", "NULL", "OF", "ON", "OR", "ORDER", "ORGANIZATION", "QUALIFY", "REGEXP"),
        *("REVOKE", "RIGHT", "RLIKE", "ROW", "ROWS", "SAMPLE", "SCHEMA", "SELECT", "SET"),
        *("SOME", "START", "TABLE", "TABLESAMPLE", "THEN", "TO", "TRIGGER", "TRUE"),
        *("TRY_CAST", "UNION", "UNIQUE", "UPDATE", "USING", "VALUES", "VIEW", "WHEN"),
        *("WHENEVER", "WHERE", "WITH"),
    )
)
OWN_NAMES = frozenset(column.name for column in (*RECORD, *BOOKKEEPING))


def association_column(stream: str) -> Column:
    """The array of ids of the records of ``stream`` associated with a row."""
    name = f"{stream.upper().replace('-', '_')}_IDS"
    return Column(name, Type.ARRAY, comment=f"Ids of the associated {stream}; NULL: not fetched")


def property_type(prop: Property, hashed: Collection[str]) -> Type:
    """The type of a property's column; ``hashed`` are properties whose values land as hashes."""
    return Type.TEXT if prop.name in hashed else TYPES.get(prop.type, Type.TEXT)


def property_columns(
    properties: Iterable[Property],
    prefix: str,
    *,
    taken: Iterable[str] = (),
    column_names: Mapping[str, str] | None = None,
    existing: Mapping[str, str] | None = None,
    hashed: Collection[str] = (),
) -> tuple[Column, ...]:
    """A column for each property, in order of property name.

    ``column_names`` maps properties to the names their columns already have, which they keep;
    ``taken`` are further names in use; ``existing`` maps the table's column names to their types.
    A property whose type changed gets a new column with the type in its name: a column's type
    cannot change, and what it holds stays true. In a collision lower-case names, which nearly all
    are, go before others. ``hashed`` are properties whose values land as hashes, which are text.
    """
    column_names = column_names or {}
    existing = existing or {}
    used = {*OWN_NAMES, *RESERVED, *taken, *column_names.values()}
    columns = []
    for prop in sorted(properties, key=lambda prop: (prop.name != prop.name.lower(), prop.name)):
        column_type = property_type(prop, hashed)
        own = column_names.get(prop.name)
        name = own or unique_name(prefix + prop.name.upper(), prop.name, used)
        for candidate in _candidates(name, column_type, prop.name):
            fits = candidate not in existing or same_type(column_type, existing[candidate])
            if fits and (candidate == own or candidate not in used):
                break
        used.add(candidate)
        is_hashed = prop.name in hashed
        comment = f"{_comment(prop)} (hashed)".lstrip() if is_hashed else _comment(prop)
        columns.append(Column(candidate, column_type, prop.name, comment))
    return tuple(sorted(columns, key=lambda column: column.property or ""))


def _candidates(name: str, column_type: Type, source: str) -> Iterator[str]:
    yield name
    yield _with_suffix(name, f"_{column_type.name}")
    yield _with_suffix(name, _suffix(source))


def former_columns(
    columns: Sequence[Column], prefix: str, existing: Collection[str]
) -> dict[str, str]:
    """The columns that some properties had before their type changed, each with a comment.

    ``columns`` are those they have now, ``existing`` the names of the table's columns.
    """
    current_names = {column.name for column in columns}
    comments = {}
    for column in columns:
        first_name, name = prefix + (column.property or "").upper(), column.name
        while name != first_name and name.startswith(first_name):
            suffixes = (f"_{type_.name}" for type_ in Type if name.endswith(f"_{type_.name}"))
            name = name.removesuffix(next(suffixes, name))
            if name in existing and name not in current_names:
                comments[name] = f"{column.property} before its type changed; now: {column.name}"
    return comments


def unique_name(name: str, source: str, used: Collection[str]) -> str:
    """``name``, with a suffix computed from ``source`` where it is in ``used`` or too long."""
    if len(name) <= NAME_LIMIT and name not in used:
        return name
    return _with_suffix(name, _suffix(source))


def _suffix(source: str) -> str:
    return "_" + hashlib.sha256(source.encode()).hexdigest()[:8].upper()


def _with_suffix(name: str, suffix: str) -> str:
    return name[: NAME_LIMIT - len(suffix)] + suffix


def _comment(prop: Property) -> str:
    parts = [part for part in (prop.label.strip(), prop.description.strip()) if part]
    return ": ".join(parts)


def table_columns(
    properties: Sequence[Column], associations: Sequence[Column]
) -> tuple[Column, ...]:
    """All columns of a destination table, in the order people want to see them."""
    return (*RECORD, *properties, *associations, *BOOKKEEPING)


LINK: tuple[Column, ...] = (
    Column("FROM_ID", Type.TEXT, comment="The record the association is of"),
    Column("TO_ID", Type.TEXT, comment="The associated record"),
    Column("CATEGORY", Type.TEXT, comment="HUBSPOT_DEFINED, USER_DEFINED or INTEGRATOR_DEFINED"),
    Column("TYPE_ID", Type.TEXT, comment="HubSpot's number of the type of association"),
    Column("LABEL", Type.TEXT, comment="The label, where the type has one"),
)
LINK_KEY = ("FROM_ID", "TO_ID", "CATEGORY", "TYPE_ID")
LINK_SEEN: tuple[Column, ...] = (
    Column("_FIRST_SEEN_AT", Type.TIMESTAMP, comment="When this association was first read, UTC"),
    Column("_LAST_SEEN_AT", Type.TIMESTAMP, comment="When this association was last read, UTC"),
    Column("_REMOVED_AT", Type.TIMESTAMP, comment="When it was found to be gone, UTC"),
)


def nested_links(stream: str) -> Column:
    """The staged column with the links of a record to a stream: a JSON array of ``LINK`` rows.

    Each is an array too, without what all of them have in common with the record, its id.
    """
    # no column of a table has a blank in its name
    return Column(f"LINKS {stream}", Type.TEXT)


@dataclass(frozen=True, slots=True)
class TableChanges:
    """Columns that a table lacks, and columns whose comment changed."""

    added: tuple[Column, ...]
    described: tuple[Column, ...]


def table_changes(columns: Iterable[Column], existing: Mapping[str, str]) -> TableChanges:
    """What ``columns`` change in a table whose columns are ``existing``, name → comment."""
    columns = tuple(columns)
    return TableChanges(
        added=tuple(column for column in columns if column.name not in existing),
        described=tuple(
            column
            for column in columns
            if existing.get(column.name, column.comment) != column.comment
        ),
    )


_REPORTED: Mapping[Type, Collection[str]] = {
    Type.TEXT: ("TEXT", "VARCHAR", "STRING"),
    Type.NUMBER: ("NUMBER", "DECIMAL", "NUMERIC"),
    Type.BOOLEAN: ("BOOLEAN",),
    Type.DATE: ("DATE",),
    Type.TIMESTAMP: ("TIMESTAMP_NTZ",),
    Type.VARIANT: ("VARIANT",),
    Type.ARRAY: ("ARRAY", "VARIANT"),
}


def same_type(column_type: Type, reported_type: str) -> bool:
    """Whether INFORMATION_SCHEMA reports this column type as ``reported_type``."""
    return reported_type.upper().partition("(")[0].strip() in _REPORTED[column_type]
