"""The types that describe a view in another product's shape as data; the views are elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ViewType(StrEnum):
    """The types of the columns of views, as Snowflake spells them."""

    NUMBER = "NUMBER(38,0)"
    FLOAT = "FLOAT"
    TEXT = "VARCHAR"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    INSTANT = "TIMESTAMP_TZ"
    VARIANT = "VARIANT"


class PropertyNames(StrEnum):
    """Whose rule spells the columns of properties."""

    FIVETRAN = "FIVETRAN"
    AIRBYTE = "AIRBYTE"


@dataclass(frozen=True, slots=True)
class OlderName:
    """A name that properties beginning with ``prefix`` have as well: another beginning and end."""

    prefix: str
    older_prefix: str
    older_suffix: str = ""


@dataclass(frozen=True, slots=True)
class Landed:
    """The value of a column of the landed table; of ``A|B`` the first that is not NULL."""

    column: str


@dataclass(frozen=True, slots=True)
class Raw:
    """The value at a path of the item as HubSpot sent it; instants are epoch milliseconds."""

    path: str


@dataclass(frozen=True, slots=True)
class OfProperty:
    """The value of the column of a HubSpot property."""

    name: str


@dataclass(frozen=True, slots=True)
class Sql:
    """An expression over the table, ``t``, that has the type of the view's column already."""

    text: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing that lands holds it: NULL."""

    why: str


Value = Landed | Raw | OfProperty | Sql | Gap


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """A column of a view."""

    name: str
    type: ViewType
    value: Value


@dataclass(frozen=True, slots=True)
class Source:
    """A landed table from which a view gets rows.

    ``part`` is empty for a stream's own table, else HISTORY or the stream of its links;
    ``history_of`` is the one property whose history it is. ``join``
    stands behind the table, ``where`` is the condition for rows; both may name tables of other
    streams in braces, ``{forms}``. ``values`` are the view's columns that this source gives another
    value than the view's other sources.
    """

    stream: str
    part: str = ""
    join: str = ""
    where: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    history_of: str = ""


@dataclass(frozen=True, slots=True)
class ViewSpec:
    """A view: the rows of all its sources, in these columns.

    ``key`` are the columns that tell its rows apart. Where there are ``properties``, every property
    of the records is a column as well, spelled by that rule, but for those in ``hidden``, and once
    more under each of its ``older_names`` that no property has.
    ``unique``: of several rows with one key the one that was landed last is shown.
    """

    name: str
    key: tuple[str, ...]
    sources: tuple[Source, ...]
    columns: tuple[ViewColumn, ...]
    properties: PropertyNames | None = None
    hidden: tuple[str, ...] = ()
    older_names: tuple[OlderName, ...] = ()
    unique: bool = False
