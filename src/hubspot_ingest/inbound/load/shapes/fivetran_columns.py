"""Columns that many views of Fivetran's shape have, and short ways to say the others. Pure."""

from __future__ import annotations

from hubspot_ingest.inbound.load.shapes.view_spec import (
    Gap,
    Landed,
    OfProperty,
    Raw,
    Sql,
    ViewColumn,
    ViewType,
)

NUMBER = ViewType.NUMBER
FLOAT = ViewType.FLOAT
TEXT = ViewType.TEXT
BOOLEAN = ViewType.BOOLEAN
INSTANT = ViewType.INSTANT
VARIANT = ViewType.VARIANT

SYNCED = ViewColumn("_FIVETRAN_SYNCED", INSTANT, Landed("_SYNCED_AT"))
DELETED = ViewColumn("_FIVETRAN_DELETED", BOOLEAN, Sql('t."_DELETE_KIND" IS NOT NULL'))
IS_DELETED = ViewColumn("IS_DELETED", BOOLEAN, Sql('t."_DELETE_KIND" IS NOT NULL'))
PORTAL = ViewColumn("PORTAL_ID", NUMBER, Landed("_PORTAL_ID"))
ID = ViewColumn("ID", NUMBER, Landed("ID"))
# what most definitions of HubSpot have
CREATED_AND_UPDATED = (
    ViewColumn("CREATED_AT", INSTANT, Landed("CREATED_AT")),
    ViewColumn("UPDATED_AT", INSTANT, Landed("UPDATED_AT")),
)


def landed(type_: ViewType, *names: str) -> tuple[ViewColumn, ...]:
    """Columns that are called as in the landed table."""
    return tuple(ViewColumn(name, type_, Landed(name)) for name in names)


def renamed(type_: ViewType, **columns: str) -> tuple[ViewColumn, ...]:
    """Columns that are called otherwise than in the landed table: name = its name there."""
    return tuple(ViewColumn(name, type_, Landed(column)) for name, column in columns.items())


def properties(type_: ViewType, **names: str) -> tuple[ViewColumn, ...]:
    """Columns of properties that have to be there without a value too: name = property."""
    return tuple(ViewColumn(name, type_, OfProperty(prop)) for name, prop in names.items())


def raw(type_: ViewType, **paths: str) -> tuple[ViewColumn, ...]:
    """Columns that lie in the item as HubSpot sent it alone: name = path."""
    return tuple(ViewColumn(name, type_, Raw(path)) for name, path in paths.items())


def sql(type_: ViewType, **expressions: str) -> tuple[ViewColumn, ...]:
    """Columns that are computed: name = expression over the table ``t``."""
    return tuple(ViewColumn(name, type_, Sql(text)) for name, text in expressions.items())


def gaps(type_: ViewType, why: str, *names: str) -> tuple[ViewColumn, ...]:
    """Columns that are always NULL here."""
    return tuple(ViewColumn(name, type_, Gap(why)) for name in names)


def instant_of(milliseconds: str) -> str:
    """The expression for an instant in UTC, whatever the session's time zone.

    ``milliseconds`` is an expression for a number of them since 1970.
    """
    # a literal would be read by the formats of the session that queries the view;
    # BIGINT is NUMBER(38, 0) in Snowflake; the local engine adds no decimals to an instant
    added = f"CAST({milliseconds} AS BIGINT)"
    epoch = "TIMESTAMP_TZ_FROM_PARTS(1970, 1, 1, 0, 0, 0, 0, 'UTC')"
    return f"DATEADD('millisecond', {added}, {epoch})"
