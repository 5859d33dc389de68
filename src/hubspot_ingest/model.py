"""Frozen types that all packages share. No behaviour, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True, slots=True)
class ValueRule:
    """A format rule that an admin of the portal set for a property.

    ``type`` is HubSpot's (``MAX_LENGTH``, …); ``normalises``: HubSpot brings a value into form
    before it holds it against the rule.
    """

    type: str
    arguments: tuple[str, ...] = ()
    normalises: bool = False


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an object type, as HubSpot's properties endpoint describes it.

    ``options`` are (value, label) pairs; ``type`` is HubSpot's (``string``, ``number``, …).
    """

    name: str
    type: str
    label: str = ""
    description: str = ""
    options: tuple[tuple[str, str], ...] = ()
    calculated: bool = False
    # how HubSpot shows it is no part of what a run depends on
    field_type: str = field(default="", compare=False)
    group: str = field(default="", compare=False)
    # what its values are ids of, such as OWNER; empty for none
    referenced_type: str = field(default="", compare=False)
    # nor is what matters to who writes it alone
    unique: bool = field(default=False, compare=False)
    read_only: bool = field(default=False, compare=False)
    rules: tuple[ValueRule, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Record:
    """One record as HubSpot sent it. Instants are epoch milliseconds.

    ``associations`` maps a stream name to ids; a name that is absent was not fetched, an empty
    tuple was fetched and has none: the two are never mixed up.
    """

    id: str
    created_at: int | None
    updated_at: int | None
    archived: bool
    archived_at: int | None
    properties: Mapping[str, str | None]
    associations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """Records in ascending order of id, and the token of the next page if there is one.

    ``bare``: the records have no values, as these are read apart.
    """

    records: tuple[Record, ...]
    after: str | None
    total: int | None = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What became of the ids of a batch read.

    ``arrived`` came, ``not_found`` HubSpot clearly does not have. ``refusal`` names the first error
    of another kind, such as FORBIDDEN; "" where there was none.
    """

    arrived: frozenset[str]
    not_found: frozenset[str]
    refusal: str


@dataclass(frozen=True, slots=True)
class Schema:
    """A custom object type of the portal; ``label`` is its plural, ``singular`` its singular."""

    object_type: str
    name: str
    fully_qualified_name: str
    label: str
    singular: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """One type of association from a record to the record ``to_id``."""

    to_id: str
    category: str
    type_id: str
    label: str | None


@dataclass(frozen=True, slots=True)
class Links:
    """The answer to a batch read of associations.

    ``results`` are (from id, its links, page token of its next page); ``none`` are ids that have no
    association. An id in neither was not read when some ``failed``, and has none otherwise.
    """

    results: tuple[tuple[str, tuple[Link, ...], str | None], ...]
    none: frozenset[str]
    failed: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One past value of a property; instants are epoch milliseconds."""

    record_id: str
    property: str
    value: str | None
    changed_at: int | None
    source_type: str | None
    source_id: str | None
    source_label: str | None
    user_id: str | None


@dataclass(frozen=True, slots=True)
class Usage:
    """A day of the account: its limit, what all apps used of it, and when it ends (epoch ms).

    ``apps`` are HubSpot's own figures, (name, used) for each kind of app that it tells apart.
    """

    limit: int
    used: int
    resets_at: int | None
    checked_at: int
    apps: tuple[tuple[str, int], ...] = ()
