"""The two views beside a table, and the table that tells how far each table is settled. Pure.

``<TABLE>_CURRENT`` leaves out what is deleted in HubSpot, ``<TABLE>_SETTLED`` also what is newer
than what the runs have settled. How far that is stands in ``_FRESHNESS`` in the same schema, which
the view looks up: it moves with every run, and no view has to be made anew for it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from hubspot_ingest.database.columns import DELETE_KIND, Column, Type, same_type, unique_name
from hubspot_ingest.database.sql import INSTANT, Table, name, text
from hubspot_ingest.model import Property

LABEL = "__LABEL"
# Snowflake takes statements of 1 MB; names and comments need room beside the labels.
LABELS_LIMIT = 600_000
_KEPT = "kept by hubspot-ingest"
_MARK = re.compile(rf"{_KEPT} \((\w+)\)$")


class View(StrEnum):
    """The views there are, as they end."""

    CURRENT = "CURRENT"
    SETTLED = "SETTLED"


_SHOWS: Mapping[View, str] = {
    View.CURRENT: "what is not deleted",
    View.SETTLED: "what is settled and not deleted",
}

REGISTER: tuple[Column, ...] = (
    Column("TABLE_NAME", Type.TEXT, comment="A table of this schema"),
    Column("SYNC", Type.TEXT, comment="A sync that fills it"),
    Column(
        "SETTLED_THROUGH",
        Type.TIMESTAMP,
        comment="Everything changed in HubSpot before it is in the table, UTC",
    ),
    Column("VIEWS", Type.TEXT, comment="A fingerprint of the table's views as they are"),
)


def register_of(table: Table) -> Table:
    """Where it is told how far the tables of a schema are settled."""
    return replace(table, table="_FRESHNESS")


def view_of(table: Table, view: View) -> Table:
    """A view beside a table."""
    return replace(table, table=unique_name(f"{table.table}_{view}", f"{table.table}_{view}", ()))


@dataclass(frozen=True, slots=True)
class ViewContent:
    """What the views of a table show.

    Attributes:
        what: what the rows are, for a comment.
        columns: the table's columns with their comments, in their order.
        labels: the enumeration behind a column.
        moment: the column that says when a row's thing last changed in HubSpot, if one does.
        former: columns whose label is a column of the views though no property tells it any more.
    """

    table: Table
    what: str
    columns: Mapping[str, str]
    labels: Mapping[str, Property]
    moment: str | None
    former: Collection[str] = field(default=())

    @property
    def fingerprint(self) -> str:
        """Changes when the views have to be made anew."""
        told = [part for view in View for part in _body(self, view)]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def labels(
    types: Mapping[str, str],
    properties: Iterable[Property],
    known: Mapping[str, str],
    prefix: str,
) -> dict[str, Property]:
    """The enumeration behind each column of text that has one.

    Args:
        types: the table's columns.
        properties: those of the portal, selected or not: their column may be there from before.
        known: the columns that properties are known to have.
        prefix: what columns of properties begin with.
    """
    found: dict[str, Property] = {}
    others = {*known.values()}
    for one in properties:
        guessed = prefix + one.name.upper()
        column = known.get(one.name) or ("" if guessed in others else guessed)
        text_column = column in types and same_type(Type.TEXT, types[column])
        if one.type == "enumeration" and text_column:
            found.setdefault(column, one)
    return found


def create(shown: ViewContent, view: View, fingerprint: str) -> str:
    """Make the view, or make it anew; who may read it may go on reading it."""
    comment = f"HubSpot {shown.what}: {_SHOWS[view]}, {_KEPT} ({fingerprint})"
    listed, query = _body(shown, view)
    return (
        f"CREATE OR REPLACE VIEW {view_of(shown.table, view).quoted} (\n  {listed}\n) "
        f"COPY GRANTS COMMENT = {text(comment)} AS\n{query}"
    )


def fingerprint_of(comment: str | None) -> str | None:
    """The fingerprint in the comment of a view that is ours; None of any other."""
    found = _MARK.search(comment or "")
    return None if found is None else found[1]


def existing_views(table: Table) -> tuple[str, tuple[str, ...]]:
    """What goes by the names of a table's views, with the binds of the statement."""
    return (
        "SELECT TABLE_NAME, TABLE_TYPE, COMMENT "
        f"FROM {name(table.database)}.INFORMATION_SCHEMA.TABLES "
        "WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?, ?)",
        (table.schema, *(view_of(table, view).table for view in View)),
    )


def is_current(table: Table) -> str:
    """A row where a sync's views are up to date; binds: table name, sync, fingerprint."""
    return (
        f"SELECT 1 AS KEPT FROM {register_of(table).quoted} "
        'WHERE "TABLE_NAME" = ? AND "SYNC" = ? AND "VIEWS" = ?'
    )


def is_registered(table: Table) -> str:
    """A row where a run of the sync filled the table; binds: table name, sync."""
    register = register_of(table).quoted
    return f'SELECT 1 AS NOTED FROM {register} WHERE "TABLE_NAME" = ? AND "SYNC" = ?'


def register(table: Table) -> str:
    """Note the fingerprint; binds: table name, sync, settled through, fingerprint.

    How far the table is settled is taken where nothing was noted before, else left alone.
    """
    return (
        f"MERGE INTO {register_of(table).quoted} t USING (SELECT CAST(? AS VARCHAR) AS "
        f'"TABLE_NAME", CAST(? AS VARCHAR) AS "SYNC", {INSTANT} AS "SETTLED_THROUGH", '
        'CAST(? AS VARCHAR) AS "VIEWS") s '
        'ON t."TABLE_NAME" = s."TABLE_NAME" AND t."SYNC" = s."SYNC" '
        'WHEN MATCHED THEN UPDATE SET "VIEWS" = s."VIEWS" '
        'WHEN NOT MATCHED THEN INSERT ("TABLE_NAME", "SYNC", "SETTLED_THROUGH", "VIEWS") '
        'VALUES (s."TABLE_NAME", s."SYNC", s."SETTLED_THROUGH", s."VIEWS")'
    )


def set_settled(table: Table, *, only_current: bool) -> str:
    """Move what is settled; binds: settled through, table name, sync (and a fingerprint).

    With ``only_current`` it moves only where the views have that fingerprint.
    """
    only = ' AND "VIEWS" = ?' if only_current else ""
    return (
        f'UPDATE {register_of(table).quoted} SET "SETTLED_THROUGH" = {INSTANT} '
        f'WHERE "TABLE_NAME" = ? AND "SYNC" = ?{only}'
    )


def expire(table: Table, *, unsettle: bool) -> str:
    """Let the next run look at the views; binds: table name, sync. ``unsettle``: nothing is."""
    also = ', "SETTLED_THROUGH" = NULL' if unsettle else ""
    return (
        f'UPDATE {register_of(table).quoted} SET "VIEWS" = NULL{also} '
        'WHERE "TABLE_NAME" = ? AND "SYNC" = ?'
    )


def unregister(table: Table) -> str:
    """Forget a sync where others fill the same table; binds: table name, sync, table name.

    A table that no sync fills any more stays settled through what it was.
    """
    register = register_of(table).quoted
    return (
        f'DELETE FROM {register} WHERE "TABLE_NAME" = ? AND "SYNC" = ? AND '
        f'(SELECT COUNT(*) FROM {register} WHERE "TABLE_NAME" = ?) > 1'
    )


def _body(shown: ViewContent, view: View) -> tuple[str, str]:
    """The columns with their comments, and the query."""
    told = [*_columns(shown)]
    listed = ",\n  ".join(
        f"{name(title)} COMMENT {text(comment)}" if comment else name(title)
        for title, comment, _ in told
    )
    selected = ",\n  ".join(f"{value} AS {name(title)}" for title, _, value in told)
    conditions = []
    if DELETE_KIND.name in shown.columns:
        conditions.append(f"t.{name(DELETE_KIND.name)} IS NULL")
    settled = ""
    if view is View.SETTLED:
        # with several syncs in one table, what all of them have settled
        settled = (
            '\nCROSS JOIN (SELECT MIN("SETTLED_THROUGH") AS "THROUGH" '
            f"FROM {register_of(shown.table).quoted} "
            f'WHERE "TABLE_NAME" = {text(shown.table.table)} '
            'HAVING MIN("SETTLED_THROUGH") IS NOT NULL AND COUNT(*) = COUNT("SETTLED_THROUGH")) s'
        )
        if shown.moment is not None:
            at = f"t.{name(shown.moment)}"
            conditions.append(f'({at} IS NULL OR {at} < s."THROUGH")')
    where = f"\nWHERE {' AND '.join(conditions)}" if conditions else ""
    return listed, f"SELECT\n  {selected}\nFROM {shown.table.quoted} t{settled}{where}"


def _columns(shown: ViewContent) -> Iterator[tuple[str, str, str]]:
    """Name, comment and value of each column of the views."""
    used = {*shown.columns}
    texts = {column: _label(column, one) for column, one in shown.labels.items()}
    fitting = _fitting(texts)
    for column, comment in shown.columns.items():
        plain = f"t.{name(column)}"
        yield column, comment, plain
        one = shown.labels.get(column)
        if one is not None or column in shown.former:
            title = unique_name(f"{column}{LABEL}", one.name if one else column, used)
            used.add(title)
            told = f"What people see in HubSpot for {column}"
            if one is not None and column not in fitting:
                told += ": too many options for a view, so the value itself"
            yield title, told, texts[column] if column in fitting else plain


def _fitting(texts: Mapping[str, str]) -> set[str]:
    """Those with few options first, as far as there is room."""
    room = LABELS_LIMIT
    found = set()
    for column in sorted(texts, key=lambda one: (len(texts[one]), one)):
        room -= len(texts[column].encode())
        if room >= 0:
            found.add(column)
    return found


def _label(column: str, one: Property) -> str:
    value = f"t.{name(column)}"
    if not one.options:
        return value
    if one.field_type and one.field_type != "checkbox":
        return _chosen(value, one)
    # several values in one text, and so where it is not known how people choose
    return (
        f"ARRAY_TO_STRING(TRANSFORM(SPLIT({value}, ';'), one VARCHAR -> {_chosen('one', one)}), "
        "';')"
    )


def _chosen(value: str, one: Property) -> str:
    told = dict(reversed(one.options))
    whens = " ".join(
        f"WHEN {text(option)} THEN {text(told[option] or option)}"
        for option in dict.fromkeys(option for option, _ in one.options)
    )
    return f"CASE {value} {whens} ELSE {value} END"
