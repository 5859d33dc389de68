"""What each column of a push's source is for in HubSpot. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from hubspot_ingest.model import Property
from hubspot_ingest.outbound.push_settings import (
    RECORD_ID,
    LinkMapping,
    Nulls,
    PushSettings,
    RemovedSet,
)

EMAIL = "email"
CONTACTS = "contacts"
DEFAULT_EXTERNAL_ID = "snowflake_key"
# Unique properties that may hold the key, in the order in which they are taken.
EXTERNAL_IDS = ("hs_unique_creation_key", DEFAULT_EXTERNAL_ID)


class ColumnKind(StrEnum):
    """What a source column holds, as far as HubSpot's types care."""

    TEXT = "TEXT"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    INSTANT = "INSTANT"
    JSON = "JSON"


def column_kind(data_type: str) -> ColumnKind:
    """What a column of that Snowflake type holds."""
    kind = data_type.partition("(")[0].upper()
    match kind:
        case "NUMBER" | "DECIMAL" | "FLOAT" | "REAL" | "DOUBLE":
            return ColumnKind.NUMBER
        case "BOOLEAN" | "DATE":
            return ColumnKind(kind)
        case "VARIANT" | "OBJECT" | "ARRAY" | "MAP":
            return ColumnKind.JSON
        case _:
            return ColumnKind.INSTANT if kind.startswith("TIMESTAMP") else ColumnKind.TEXT


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column of the source that the push uses."""

    name: str
    kind: ColumnKind


@dataclass(frozen=True, slots=True)
class MappedProperty:
    """A property and where its values come from; ``place`` is that of the column."""

    definition: Property
    place: int
    write: str
    nulls: Nulls
    by_label: bool

    @property
    def name(self) -> str:
        """The property's internal name."""
        return self.definition.name


@dataclass(frozen=True, slots=True)
class LinkColumn:
    """An OBJECT column that says what a record is associated with."""

    name: str
    place: int
    mapping: LinkMapping


@dataclass(frozen=True, slots=True)
class PushMapping:
    """What a push does with each row.

    ``match`` is the property by which a record is looked for, "" where rows are created without
    anything unique, ``match_place`` the column with its
    values, None where that is the row's key; ``external_id`` the unique property that gets the key.
    ``also_read`` are properties that an earlier mapping wrote.
    """

    push: str
    settings: PushSettings
    object_type: str
    columns: tuple[SourceColumn, ...]
    properties: tuple[MappedProperty, ...]
    match: str
    match_place: int | None
    external_id: str | None
    links: tuple[LinkColumn, ...]
    modified: str
    match_writable: bool
    also_read: tuple[str, ...] = ()

    @property
    def by_record_id(self) -> bool:
        """Whether the source holds HubSpot's record ids."""
        return self.match == RECORD_ID

    @property
    def kinds(self) -> tuple[ColumnKind, ...]:
        """The kinds of the columns, by place."""
        return tuple(column.kind for column in self.columns)

    @property
    def key_property(self) -> str | None:
        """A unique property that a record made by us is found by; None where there is none."""
        if self.external_id is not None:
            return self.external_id
        return self.match if self.matches_value else None

    @property
    def matches_value(self) -> bool:
        """Whether records are looked for by a property's value."""
        return self.match not in (RECORD_ID, "")

    @property
    def written(self) -> tuple[str, ...]:
        """The properties whose values the push decides."""
        return tuple(mapped.name for mapped in self.properties)

    @property
    def claimed(self) -> tuple[str, ...]:
        """The properties of which no other push may decide: what is written, and the keys."""
        names = list(self.written)
        if self.external_id is not None and self.settings.strategy in ("create", "upsert"):
            names.append(self.external_id)
        removal = self.settings.removed_rows
        names += removal.set if isinstance(removal, RemovedSet) else ()
        return tuple(dict.fromkeys(names))

    @property
    def read(self) -> tuple[str, ...]:
        """The properties that a record is read with before it is written."""
        names = [*self.written, self.modified, *self.also_read]
        removal = self.settings.removed_rows
        names += removal.set if isinstance(removal, RemovedSet) else ()
        names += [name for name in (self.match, self.external_id) if name and name != RECORD_ID]
        names += ["hs_merged_object_ids"]
        if self.match == EMAIL:
            names.append("hs_additional_emails")
        return tuple(dict.fromkeys(names))

    @property
    def fingerprint(self) -> str:
        """Another one whenever equal rows may mean other values in HubSpot."""
        settings = self.settings
        parts = [
            self.object_type,
            [column.name for column in self.columns],
            [
                [each.name, each.place, each.write, each.nulls, each.by_label]
                for each in self.properties
            ],
            [self.match, self.match_place, self.external_id, list(settings.key)],
            [[link.name, link.mapping.model_dump(mode="json")] for link in self.links],
            settings.strategy,
        ]
        if settings.conflicts != "overwrite":
            # what was kept is looked at again once it is to be overwritten
            parts.append(settings.conflicts)
        return _hash(parts)

    @property
    def definitions(self) -> str:
        """Another one whenever HubSpot may take what it refused, or we refused, before."""
        return _hash(
            [
                [
                    each.name,
                    each.definition.type,
                    each.definition.read_only,
                    each.definition.options,
                    [[rule.type, rule.arguments] for rule in each.definition.rules],
                ]
                for each in self.properties
            ]
            # a stage that was not taken back may be now
            + [[self.settings.lifecycle_backward]] * (self.settings.lifecycle_backward != "reject")
        )


def _hash(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
