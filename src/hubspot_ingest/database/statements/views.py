"""The two views beside each table, and the table ``_FRESHNESS`` that the views read. Pure.

``<TABLE>_CURRENT`` leaves out deleted records, ``<TABLE>_SETTLED`` also those changed after the
instant through which the table is settled. That instant is a row of ``_FRESHNESS`` in the same
schema: it moves with every run, and the view need not be created anew for it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from hubspot_ingest.database.columns import DELETE_KIND, Column, Type, same_type, unique_name
from hubspot_ingest.database.sql import INSTANT, Table, name, table_beside, text
from hubspot_ingest.model import Property

LABEL = "__LABEL"
# Snowflake takes statements of 1 MB; names and comments need room beside the labels.
LABELS_LIMIT = 600_000
# Raise it when ``create`` renders the same content otherwise: then all views are made anew, each by
# the next run of its sync that does more than to find nothing.
RENDERING = 1
SIGNATURE = "kept by hubspot-ingest"
_FINGERPRINT = re.compile(rf"{SIGNATURE} \((\w+)\)$")


class View(StrEnum):
    """The views of a table, by the suffix of their names."""

    CURRENT = "CURRENT"
    SETTLED = "SETTLED"


_DESCRIPTIONS: Mapping[View, str] = {
    View.CURRENT: "what is not deleted",
    View.SETTLED: "what is settled and not deleted",
}

REGISTER: tuple[Column, ...] = (
    Column("TABLE_NAME", Type.TEXT, comment="A table of this schema"),
    Column("SYNC", Type.TEXT, comment="The sync that fills it"),
    Column(
        "SETTLED_THROUGH",
        Type.TIMESTAMP,
        comment="Everything changed in HubSpot before it is in the table, UTC",
    ),
    Column("VIEWS", Type.TEXT, comment="A fingerprint of the table's views as they are"),
)


REGISTER_NAME = "_FRESHNESS"


def register_of(table: Table) -> Table:
    """The table that holds how far the tables of a schema are settled."""
    return replace(table, table=REGISTER_NAME)


def view_of(table: Table, view: View) -> Table:
    """The name of a view of a table."""
    return table_beside(table, view)


@dataclass(frozen=True, slots=True)
class ViewContent:
    """What the views of a table show.

    Attributes:
        what: what the rows are, for a comment.
        columns: the table's columns with their comments, in their order.
        labels: the enumeration property of a column, by column.
        moment: the column with the time of the last change in HubSpot, if there is one.
        former: columns that keep their label column though no enumeration is behind them any more.
    """

    table: Table
    what: str
    columns: Mapping[str, str]
    labels: Mapping[str, Property]
    moment: str | None
    former: Collection[str] = field(default=())

    @property
    def fingerprint(self) -> str:
        """A hash that changes when the views have to be created anew."""
        labels = sorted(
            (column, prop.name, prop.options, prop.field_type)
            for column, prop in self.labels.items()
        )
        columns, former = [*self.columns.items()], sorted(self.former)
        seen = (RENDERING, str(self.table), columns, labels, self.moment, former)
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:16]


def labels(
    types: Mapping[str, str],
    properties: Iterable[Property],
    column_names: Mapping[str, str],
    prefix: str,
) -> dict[str, Property]:
    """The enumeration property of each text column that has one, by column.

    Args:
        types: the types of the table's columns, by name.
        properties: all of the portal, selected or not: a column may exist from before.
        column_names: the names of the columns that properties have.
        prefix: the prefix of the columns of properties.
    """
    enumerations: dict[str, Property] = {}
    others = {*column_names.values()}
    for prop in properties:
        guessed = prefix + prop.name.upper()
        column = column_names.get(prop.name) or ("" if guessed in others else guessed)
        text_column = column in types and same_type(Type.TEXT, types[column])
        if prop.type == "enumeration" and text_column:
            enumerations.setdefault(column, prop)
    return enumerations


def create(content: ViewContent, view: View, fingerprint: str) -> str:
    """Creates or replaces a view; the grants on it stay."""
    comment = f"HubSpot {content.what}: {_DESCRIPTIONS[view]}, {SIGNATURE} ({fingerprint})"
    listed, query = _body(content, view)
    return (
        f"CREATE OR REPLACE VIEW {view_of(content.table, view).quoted} (\n  {listed}\n) "
        f"COPY GRANTS COMMENT = {text(comment)} AS\n{query}"
    )


def fingerprint_of(comment: str | None) -> str | None:
    """The fingerprint in the comment of one of our views; None of any other."""
    match = _FINGERPRINT.search(comment or "")
    return None if match is None else match[1]


def existing_views(table: Table) -> tuple[str, tuple[str, ...]]:
    """Selects what has the names of a table's views; with the binds of the statement."""
    return (
        "SELECT TABLE_NAME, TABLE_TYPE, COMMENT "
        f"FROM {name(table.database)}.INFORMATION_SCHEMA.TABLES "
        "WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?, ?)",
        (table.schema, *(view_of(table, view).table for view in View)),
    )


def is_current(table: Table) -> str:
    """Selects a row if a sync's views are up to date; binds: table name, sync, fingerprint."""
    return (
        f"SELECT 1 AS KEPT FROM {register_of(table).quoted} "
        'WHERE "TABLE_NAME" = ? AND "SYNC" = ? AND "VIEWS" = ?'
    )


def is_registered(table: Table) -> str:
    """Selects a row if a run of the sync filled the table; binds: table name, sync."""
    register = register_of(table).quoted
    return f'SELECT 1 AS NOTED FROM {register} WHERE "TABLE_NAME" = ? AND "SYNC" = ?'


def register(table: Table) -> str:
    """Stores the views' fingerprint; binds: table name, sync, settled through, fingerprint.

    Settled through is stored only with a new row, else it stays.
    """
    return (
        f"MERGE INTO {register_of(table).quoted} t USING (SELECT CAST(? AS VARCHAR) AS "
        f'"TABLE_NAME", CAST(? AS VARCHAR) AS "SYNC", {INSTANT} AS "SETTLED_THROUGH", '
        'CAST(? AS VARCHAR) AS "VIEWS") s '
        'ON t."TABLE_NAME" = s."TABLE_NAME" '
        'WHEN MATCHED THEN UPDATE SET "VIEWS" = s."VIEWS", "SETTLED_THROUGH" = IFF('
        't."SYNC" = s."SYNC", t."SETTLED_THROUGH", s."SETTLED_THROUGH"), "SYNC" = s."SYNC" '
        'WHEN NOT MATCHED THEN INSERT ("TABLE_NAME", "SYNC", "SETTLED_THROUGH", "VIEWS") '
        'VALUES (s."TABLE_NAME", s."SYNC", s."SETTLED_THROUGH", s."VIEWS")'
    )


def set_settled(table: Table) -> str:
    """Sets settled through; binds: settled through, table name, sync."""
    return (
        f'UPDATE {register_of(table).quoted} SET "SETTLED_THROUGH" = {INSTANT} '
        'WHERE "TABLE_NAME" = ? AND "SYNC" = ?'
    )


def expire(table: Table, *, unsettle: bool) -> str:
    """Makes the next run check the views; binds: table name, sync.

    With ``unsettle`` nothing counts as settled until then.
    """
    also = ', "SETTLED_THROUGH" = NULL' if unsettle else ""
    return (
        f'UPDATE {register_of(table).quoted} SET "VIEWS" = NULL{also} '
        'WHERE "TABLE_NAME" = ? AND "SYNC" = ?'
    )


def _body(content: ViewContent, view: View) -> tuple[str, str]:
    """The column list with comments, and the query."""
    columns = [*_columns(content)]
    listed = ",\n  ".join(
        f"{name(title)} COMMENT {text(comment)}" if comment else name(title)
        for title, comment, _ in columns
    )
    selected = ",\n  ".join(f"{value} AS {name(title)}" for title, _, value in columns)
    conditions = []
    if DELETE_KIND.name in content.columns:
        conditions.append(f"t.{name(DELETE_KIND.name)} IS NULL")
    settled = ""
    if view is View.SETTLED:
        # nothing, until all is that the row of an earlier version may still tell of
        settled = (
            '\nCROSS JOIN (SELECT MIN("SETTLED_THROUGH") AS "THROUGH" '
            f"FROM {register_of(content.table).quoted} "
            f'WHERE "TABLE_NAME" = {text(content.table.table)} '
            'HAVING MIN("SETTLED_THROUGH") IS NOT NULL AND COUNT(*) = COUNT("SETTLED_THROUGH")) s'
        )
        if content.moment is not None:
            at = f"t.{name(content.moment)}"
            conditions.append(f'({at} IS NULL OR {at} < s."THROUGH")')
    where = f"\nWHERE {' AND '.join(conditions)}" if conditions else ""
    return listed, f"SELECT\n  {selected}\nFROM {content.table.quoted} t{settled}{where}"


def _columns(content: ViewContent) -> Iterator[tuple[str, str, str]]:
    """Name, comment and value of each column of the views."""
    used = {*content.columns}
    texts = {column: _label(column, prop) for column, prop in content.labels.items()}
    fitting = _fitting_columns(texts)
    for column, comment in content.columns.items():
        plain = f"t.{name(column)}"
        yield column, comment, plain
        prop = content.labels.get(column)
        if prop is not None or column in content.former:
            title = unique_name(f"{column}{LABEL}", prop.name if prop else column, used)
            used.add(title)
            label_comment = f"What people see in HubSpot for {column}"
            if prop is not None and column not in fitting:
                label_comment += ": too many options for a view, so the value itself"
            yield title, label_comment, texts[column] if column in fitting else plain


def _fitting_columns(texts: Mapping[str, str]) -> set[str]:
    """The columns whose labels fit into ``LABELS_LIMIT``, those with few options first."""
    room = LABELS_LIMIT
    fitting = set()
    for column in sorted(texts, key=lambda column: (len(texts[column]), column)):
        room -= len(texts[column].encode())
        if room >= 0:
            fitting.add(column)
    return fitting


def _label(column: str, prop: Property) -> str:
    value = f"t.{name(column)}"
    if not prop.options:
        return value
    if prop.field_type and prop.field_type != "checkbox":
        return _label_case(value, prop)
    # several values in one text; also where it is unknown whether people may choose several
    case = _label_case("one", prop)
    return f"ARRAY_TO_STRING(TRANSFORM(SPLIT({value}, ';'), one VARCHAR -> {case}), ';')"


def _label_case(value: str, prop: Property) -> str:
    labels_by_value = dict(reversed(prop.options))
    whens = " ".join(
        f"WHEN {text(option)} THEN {text(labels_by_value[option] or option)}"
        for option in dict.fromkeys(option for option, _ in prop.options)
    )
    return f"CASE {value} {whens} ELSE {value} END"
