"""Renders the specs of views as statements over the tables that landed. Pure.

A view names tables and columns alone, no procedure and no secret: it outlives the app.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from hubspot_ingest.database.columns import OWN_NAMES, Column, Type, unique_name
from hubspot_ingest.database.sql import Table, name, text
from hubspot_ingest.database.statements.views import SIGNATURE
from hubspot_ingest.inbound.load.shapes.fivetran_columns import instant_of
from hubspot_ingest.inbound.load.shapes.property_names import (
    PREFIXES,
    property_columns,
    with_older_names,
)
from hubspot_ingest.inbound.load.shapes.view_spec import (
    Gap,
    Landed,
    OfProperty,
    PropertyNames,
    Raw,
    Source,
    Sql,
    Value,
    ViewColumn,
    ViewSpec,
    ViewType,
)

# HubSpot keeps these as text, Fivetran as numbers
_IDS = frozenset({"hubspot_owner_id", "hubspot_team_id"})
_ID_NAME = re.compile(r"(_IDS?|COMPANYID)$")
_PLACE = re.compile(r"\{([a-z0-9_:]+)\}")
_SYNCED = "_FIVETRAN_SYNCED"
# how the comment of a column begins for which nothing lands
ALWAYS_NULL = "Always NULL: "
# the label of a property that has none from HubSpot
FORMER = "not in HubSpot any more, or not read"


@dataclass(frozen=True, slots=True)
class LandedTable:
    """A table that views read, or a SELECT of no rows where nothing came yet.

    ``relation`` stands behind FROM, ``types`` are those of its columns as INFORMATION_SCHEMA
    reports them. ``properties`` maps HubSpot's properties to (column, label); the names of their
    columns begin with ``prefix``.
    """

    relation: str
    types: Mapping[str, str]
    properties: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    prefix: str = ""


LandedTables = Mapping[tuple[str, str], LandedTable]
"""What views may read, by stream and part."""


@dataclass(frozen=True, slots=True)
class ExistingView:
    """A view as it is: its columns with their types and comments, in order."""

    types: Mapping[str, str] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RenderedView:
    """A view as it is to be; the fingerprint changes when it has to be made anew."""

    columns: tuple[ViewColumn, ...]
    comments: Mapping[str, str]
    query: str

    @property
    def fingerprint(self) -> str:
        """A hash of the columns, their comments and the query."""
        parts = [self.query, *(f"{column}={about}" for column, about in self.comments.items())]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def create(self, view: Table, what: str) -> str:
        """Creates or replaces the view; the grants on it stay."""
        listed = ",\n  ".join(
            name(column.name)
            + (f" COMMENT {text(about)}" if (about := self.comments.get(column.name)) else "")
            for column in self.columns
        )
        comment = f"{what}, {SIGNATURE} ({self.fingerprint})"
        return (
            f"CREATE OR REPLACE VIEW {view.quoted} (\n  {listed}\n) "
            f"COPY GRANTS COMMENT = {text(comment)} AS\n{self.query}"
        )


def empty_table(columns: Mapping[str, str]) -> LandedTable:
    """What stands for a table of a stream of which nothing came yet; columns by name and type."""
    nulls = ", ".join(
        f"CAST(NULL AS {type_}) AS {name(column)}" for column, type_ in columns.items()
    )
    types = {column: type_.partition("(")[0] for column, type_ in columns.items()}
    return LandedTable(f"(SELECT {nulls} WHERE FALSE)", types)


def types_of(columns: tuple[Column, ...]) -> dict[str, str]:
    """The types of columns of the catalog, as ``empty_table`` takes them."""
    return {column.name: str(column.type) for column in columns}


def rendered(
    spec: ViewSpec, tables: LandedTables, others: LandedTables, existing: ExistingView
) -> RenderedView:
    """The view over those of its sources that are in ``tables``, of which there is one at least.

    ``others`` are tables that joins may name. A column of the ``existing`` view stays, without
    values where nothing has them any more.
    """
    sources = [source for source in spec.sources if (source.stream, source.part) in tables]
    columns, comments = [*spec.columns], dict[str, str]()
    for column in spec.columns:
        if isinstance(column.value, Gap):
            comments[column.name] = f"{ALWAYS_NULL}{column.value.why}"
    if spec.properties is not None:
        [source] = sources
        place = (source.stream, source.part)
        table = _with_former(tables[place], existing)
        properties = with_older_names(table.properties, spec.older_names)
        table = replace(table, properties=properties)
        tables = {**tables, place: table}
        for column in spec.columns:
            value = column.value
            if isinstance(value, OfProperty) and value.name in table.properties:
                comments[column.name] = f"{value.name}: {table.properties[value.name][1]}"
        for column, about in _property_columns(spec, spec.properties, table, existing):
            columns.append(column)
            comments[column.name] = about
    there = {column.name for column in columns}
    for former, reported in existing.types.items():
        if former not in there:
            gap = Gap("nothing of that name lands any more")
            is_id = reported.upper().startswith("NUMBER")
            type_ = ViewType.NUMBER if is_id else _reported_type(reported)
            columns.append(ViewColumn(former, type_, gap))
            comments[former] = f"{ALWAYS_NULL}{gap.why}"
    selects = [
        _select(columns, source, tables[source.stream, source.part], others) for source in sources
    ]
    query = "\nUNION ALL\n".join(selects)
    if spec.unique:
        by = ", ".join(map(name, spec.key))
        query = (
            f"SELECT * FROM (\n{query}\n) QUALIFY ROW_NUMBER() OVER "
            f"(PARTITION BY {by} ORDER BY {name(_SYNCED)} DESC) = 1"
        )
    return RenderedView(tuple(columns), comments, query)


def _with_former(table: LandedTable, existing: ExistingView) -> LandedTable:
    """The table, with properties that the view shows and of which only the column is left."""
    properties = {**table.properties}
    owners = {column: prop for prop, (column, _) in properties.items()}
    shown = {comment.partition(": ")[0] for comment in existing.comments.values()}
    for comment in existing.comments.values():
        prop, is_property, _ = comment.partition(": ")
        if not is_property or comment.startswith(ALWAYS_NULL) or prop in properties:
            continue
        others = {table.prefix + other.upper() for other in shown - {prop}}
        for column in _former_columns(prop, table):
            owner = owners.get(column)
            is_free = owner is None or properties[owner][1] == FORMER
            if is_free and column not in others:
                # the view has it as HubSpot spells it, the column's name in capitals alone
                properties.pop(owner or "", None)
                properties[prop] = (column, FORMER)
                owners[column] = prop
                break
    return replace(table, properties=properties)


def _former_columns(prop: str, table: LandedTable) -> Iterator[str]:
    """The columns in which a property may have landed, the one of its latest type first."""
    plain = table.prefix + prop.upper()
    typed = (f"{plain}_{type_.name}" for type_ in Type)
    for column in (*typed, plain, unique_name(plain, prop, {plain})):
        if column in table.types and column not in OWN_NAMES:
            yield column


def _property_columns(
    spec: ViewSpec, rule: PropertyNames, table: LandedTable, existing: ExistingView
) -> Iterator[tuple[ViewColumn, str]]:
    """The columns of all properties that have none by the spec, and what each is."""
    own = {
        column.value.name
        for column in spec.columns
        if isinstance(column.value, OfProperty) and column.name.startswith(PREFIXES[rule])
    }
    names = {*table.properties} - own - {*spec.hidden}
    before = {
        comment.partition(": ")[0]: column
        for column, comment in existing.comments.items()
        if column.startswith(PREFIXES[rule])
    }
    taken = [column.name for column in spec.columns]
    for prop, column in property_columns(names, taken, before, rule).items():
        landed_column, label = table.properties[prop]
        type_ = _type_of(prop, column, table.types[landed_column], rule)
        yield ViewColumn(column, type_, OfProperty(prop)), f"{prop}: {label}"


def _type_of(prop: str, column: str, reported: str, rule: PropertyNames) -> ViewType:
    """The type that a property's column has in a view, by that of the landed column."""
    type_ = _reported_type(reported)
    if rule is PropertyNames.AIRBYTE:
        return ViewType.DATE if reported == "DATE" else type_
    if prop in _IDS or (type_ is ViewType.FLOAT and _ID_NAME.search(column)):
        return ViewType.NUMBER
    return type_


def _reported_type(reported: str) -> ViewType:
    """The type that a view shows a column with, by the type INFORMATION_SCHEMA reports."""
    base = reported.upper().partition("(")[0]
    match base:
        case "NUMBER" | "DECIMAL" | "FLOAT" | "DOUBLE":
            return ViewType.FLOAT
        case "BOOLEAN":
            return ViewType.BOOLEAN
        case "DATE" | "TIMESTAMP_NTZ" | "TIMESTAMP_TZ":
            return ViewType.INSTANT
        case "VARIANT" | "ARRAY" | "OBJECT":
            return ViewType.VARIANT
        case _:
            return ViewType.TEXT


def _select(
    columns: list[ViewColumn],
    source: Source,
    table: LandedTable,
    others: LandedTables,
) -> str:
    """The rows that one source gives a view."""

    def placed(sql: str) -> str:
        return _PLACE.sub(lambda match: _place(match[1], table, others), sql)

    selected = ",\n  ".join(
        f"{placed(_value(column.type, source.values.get(column.name, column.value), table))} "
        f"AS {name(column.name)}"
        for column in columns
    )
    join = source.join if source.join.startswith(",") else f" {source.join}"
    where = f"\nWHERE {placed(source.where)}" if source.where else ""
    return f"SELECT\n  {selected}\nFROM {table.relation} t{placed(join).rstrip()}{where}"


def _place(place: str, table: LandedTable, others: LandedTables) -> str:
    """What stands for a place in braces: a stream's table, or the column of a property."""
    kind, _, rest = place.partition(":")
    if kind != "property":
        return others[place, ""].relation
    stream, _, prop = rest.rpartition(":")
    column = (others[stream, ""] if stream else table).properties.get(prop)
    if column is None:
        return "CAST(NULL AS VARCHAR)"
    return name(column[0]) if stream else f"t.{name(column[0])}"


def _value(type_: ViewType, value: Value, table: LandedTable) -> str:
    """The expression for a value of a row of ``t``, of the type of the view's column."""
    match value:
        case Sql(text=expression):
            return expression
        case Raw(path=path):
            json = 't."RAW":' + ".".join(map(name, path.split(".")))
            return json if type_ is ViewType.VARIANT else _cast(type_, f"{json}::VARCHAR", "TEXT")
        case OfProperty(name=prop) if prop in table.properties:
            return _of_column(type_, table.properties[prop][0], table)
        case Landed(column=listed):
            values = [
                _of_column(type_, column, table)
                for column in listed.split("|")
                if column in table.types
            ]
            if values:
                return values[0] if len(values) == 1 else f"COALESCE({', '.join(values)})"
    return f"CAST(NULL AS {type_})"


def _of_column(type_: ViewType, column: str, table: LandedTable) -> str:
    return _cast(type_, f"t.{name(column)}", table.types[column])


def _cast(type_: ViewType, value: str, reported: str) -> str:
    """Converts a value of the type ``reported``; NULL where it is text that does not fit."""
    base = reported.upper().partition("(")[0]
    is_text = base in {"TEXT", "VARCHAR", "STRING"}
    match type_:
        case ViewType.NUMBER:
            return f"TRY_TO_NUMBER({value})" if is_text else f"CAST({value} AS NUMBER(38,0))"
        case ViewType.FLOAT:
            return f"TRY_TO_DOUBLE({value})" if is_text else f"CAST({value} AS FLOAT)"
        case ViewType.BOOLEAN:
            return f"TRY_TO_BOOLEAN({value})" if is_text else value
        case ViewType.INSTANT:
            if is_text:
                return instant_of(f"TRY_TO_NUMBER({value})")
            at = f"CAST({value} AS TIMESTAMP_NTZ)" if base == "DATE" else value
            return instant_of(f"DATE_PART('epoch_millisecond', {at})")
        case ViewType.TEXT:
            return value if is_text else f"TO_VARCHAR({value})"
        case ViewType.VARIANT | ViewType.DATE:
            return value
