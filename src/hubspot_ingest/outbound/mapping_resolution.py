"""Resolves a push's settings against its source and the portal.

Everything that can be wrong with a mapping is refused here, before anything is read or sent. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hubspot_ingest.errors import Refusal
from hubspot_ingest.model import Property
from hubspot_ingest.outbound.mapping import (
    CONTACTS,
    EMAIL,
    EXTERNAL_IDS,
    ColumnKind,
    LinkColumn,
    MappedProperty,
    PushMapping,
    SourceColumn,
    column_kind,
)
from hubspot_ingest.outbound.push_settings import (
    ALL_PROPERTIES,
    RECORD_ID,
    LinkMapping,
    PropertyMapping,
    PushSettings,
    RemovedSet,
)
from hubspot_ingest.outbound.values import RowFault, scalar_text, wire_value
from hubspot_ingest.settings import did_you_mean

_ANY = frozenset(ColumnKind)
# Which columns can fill a property of a type; any text may turn out to hold such values.
_FILLED_BY: Mapping[str, frozenset[ColumnKind]] = {
    "number": frozenset({ColumnKind.TEXT, ColumnKind.NUMBER, ColumnKind.JSON}),
    "bool": frozenset({ColumnKind.TEXT, ColumnKind.BOOLEAN, ColumnKind.JSON}),
    "date": frozenset({ColumnKind.TEXT, ColumnKind.DATE, ColumnKind.INSTANT, ColumnKind.JSON}),
    "datetime": _ANY - {ColumnKind.BOOLEAN},
    "enumeration": _ANY - {ColumnKind.DATE, ColumnKind.INSTANT},
}


def fills(kind: ColumnKind, property_type: str) -> bool:
    """Whether a column of a kind can fill a property of a type, as far as the types tell."""
    return kind in _FILLED_BY.get(property_type, _ANY)


def resolve(
    push: str,
    settings: PushSettings,
    object_type: str,
    modified: str,
    columns: Mapping[str, str],
    properties: Sequence[Property],
) -> PushMapping:
    """The mapping of a push.

    Args:
        push: its name.
        settings: its settings.
        object_type: the object type as HubSpot's paths name it.
        modified: the property that holds when a record was last modified.
        columns: the source's columns with their types.
        properties: the portal's properties of that type.

    Raises:
        Refusal: with the code of what is wrong, and what to do.
    """
    return _Resolution(push, settings, object_type, modified, columns, properties).mapping()


def identity(
    settings: PushSettings,
    object_type: str,
    columns: Mapping[str, str],
    properties: Sequence[Property],
) -> dict[str, str]:
    """What tells a push's rows and their records apart, by setting; arguments as ``resolve``'s."""
    portal = {prop.name: prop for prop in properties}
    external_id = settings.external_id
    if "external_id" not in settings.model_fields_set:
        usable = (name for name in EXTERNAL_IDS if _holds_keys(portal.get(name)))
        external_id = next(usable, None)
    if settings.match is not None:
        [match] = settings.match
    else:
        every = settings.writes_all and EMAIL.upper() in columns
        by_email = object_type == CONTACTS and (every or EMAIL in settings.properties)
        match = EMAIL if by_email and settings.strategy != "create" else str(external_id)
    return {"key": ", ".join(settings.key), "match": match, "external_id": str(external_id)}


class _Resolution:
    """One look at settings, source and portal together."""

    def __init__(
        self,
        push: str,
        settings: PushSettings,
        object_type: str,
        modified: str,
        columns: Mapping[str, str],
        properties: Sequence[Property],
    ) -> None:
        self.push = push
        self.settings = settings
        self.object_type = object_type
        self.modified = modified
        self.types = columns
        self.portal = {prop.name: prop for prop in properties}
        self.columns: list[SourceColumn] = []

    def mapping(self) -> PushMapping:
        settings = self.settings
        for column in settings.key:
            if column not in self.types:
                raise Refusal(
                    f"setting 'key': {settings.source} has no column {column!r}"
                    f"{did_you_mean(column, self.types)}; it has {', '.join(self.types)}",
                    code="KEY_MISSING",
                )
        mapped = tuple(self._mapped(name, mapping) for name, mapping in self._mappings().items())
        external_id = self._external_id()
        if external_id in self.settings.properties:
            raise Refusal(
                f"setting 'properties.{external_id}': this property holds the row's key, take it "
                "out; or name another one in 'external_id'"
            )
        match, match_place = self._match(mapped, external_id)
        places = {each.name: each.place for each in mapped}
        if match in settings.properties and places[match] != match_place:
            raise Refusal(
                f"setting 'properties.{match}': records are matched by this property with the "
                f"column {self.columns[match_place or 0].name}, and cannot get another one's "
                "values; take it out, or match by another property"
            )
        removal = self.settings.removed_rows
        if isinstance(removal, RemovedSet):
            for name, value in removal.set.items():
                self._check_value(name, scalar_text(value))
        links = tuple(self._link(name, link) for name, link in settings.associations.items())
        match_property = self.portal.get(match)
        return PushMapping(
            push=self.push,
            settings=settings,
            object_type=self.object_type,
            columns=tuple(self.columns),
            properties=tuple(each for each in mapped if each.name not in (match, external_id)),
            match=match,
            match_place=match_place,
            external_id=external_id,
            links=links,
            modified=self.modified,
            match_writable=match_property is not None and not match_property.read_only,
        )

    def _mappings(self) -> dict[str, PropertyMapping]:
        mappings = {
            name: mapping
            for name, mapping in self.settings.properties.items()
            if name != ALL_PROPERTIES
        }
        if self.settings.writes_all:
            for column in self.types:
                prop = self.portal.get(column.lower())
                if prop is not None and is_writable(prop) and prop.name not in mappings:
                    mappings[prop.name] = PropertyMapping(column=f'"{column}"')
            if not mappings:
                raise Refusal(
                    f"no column of {self.settings.source} has the name of a property of "
                    f"{self.object_type} that can be written",
                    code="PROPERTY_UNKNOWN",
                )
        return mappings

    def _place(self, column: str, setting: str) -> int:
        """The place of a column among those that are used."""
        if column not in self.types:
            raise Refusal(
                f"setting {setting!r}: {self.settings.source} has no column {column!r}"
                f"{did_you_mean(column, self.types)}; it has {', '.join(self.types)}"
            )
        source_column = SourceColumn(column, column_kind(self.types[column]))
        if source_column not in self.columns:
            self.columns.append(source_column)
        return self.columns.index(source_column)

    def _property(self, name: str) -> Property:
        prop = self.portal.get(name)
        if prop is None:
            raise Refusal(
                f"{self.object_type} have no property {name!r}{did_you_mean(name, self.portal)}; "
                "properties are meant by their internal names, see the view STREAM_PROPERTIES",
                code="PROPERTY_UNKNOWN",
            )
        return prop

    def _writable(self, name: str) -> Property:
        prop = self._property(name)
        if not is_writable(prop):
            raise Refusal(
                f"HubSpot sets the property {name!r} of {self.object_type} itself: it cannot be "
                "written; take it out of 'properties'",
                code="PROPERTY_READ_ONLY",
            )
        return prop

    def _check_value(self, name: str, text: str) -> None:
        """Check a value that settings give a property. Raises ``Refusal``."""
        mapped = MappedProperty(self._writable(name), 0, "set", "keep", by_label=False)
        try:
            wire_value(mapped, ColumnKind.TEXT, text)
        except RowFault as fault:
            raise Refusal(f"setting 'removed_rows.set.{name}': {fault.message}") from None

    def _mapped(self, name: str, mapping: PropertyMapping) -> MappedProperty:
        prop = self._writable(name)
        place = self._place(mapping.column, f"properties.{name}")
        kind = self.columns[place].kind
        if not fills(kind, prop.type):
            raise Refusal(
                f"setting 'properties.{name}': the column {mapping.column} is a "
                f"{self.types[mapping.column]}, which cannot fill a property of the type "
                f"{prop.type}; cast it in a view"
            )
        if (mapping.write == "append" or mapping.by == "label") and prop.type != "enumeration":
            raise Refusal(
                f"setting 'properties.{name}': only an enumeration is appended to or chosen by "
                f"label; {name} is a {prop.type}"
            )
        nulls = mapping.nulls or self.settings.nulls
        return MappedProperty(prop, place, mapping.write, nulls, mapping.by == "label")

    def _external_id(self) -> str | None:
        settings = self.settings
        if "external_id" in settings.model_fields_set:
            name = settings.external_id
            if name is None:
                return None
            prop = self.portal.get(name)
            if not _holds_keys(prop):
                raise self._no_external_id(f"{name!r} is no unique property that can be written")
            return name
        for name in EXTERNAL_IDS:
            if _holds_keys(self.portal.get(name)):
                return name
        return None

    def _match(
        self, mapped: Sequence[MappedProperty], external_id: str | None
    ) -> tuple[str, int | None]:
        """The property a record is looked for by, and the column with its values."""
        settings = self.settings
        keyless = external_id is None and not settings.duplicates_possible
        if settings.strategy == "create" and keyless:
            raise self._no_external_id("the strategy create needs one")
        if settings.match is not None:
            [(name, column)] = settings.match.items()
            if name != RECORD_ID and not self._property(name).unique:
                unique = sorted(prop.name for prop in self.portal.values() if prop.unique)
                raise Refusal(
                    f"setting 'match': {name!r} is not unique among {self.object_type}; match by "
                    f"{', '.join([RECORD_ID, *unique])}, or make a property for it with CALL "
                    f"create_external_id('{settings.object}')",
                    code="MATCH_NOT_UNIQUE",
                )
            return name, self._place(column, "match")
        emails = [each.place for each in mapped if each.name == EMAIL and each.definition.unique]
        if self.object_type == CONTACTS and emails and settings.strategy != "create":
            return EMAIL, emails[0]
        if external_id is None and settings.strategy == "create":
            return "", None
        if external_id is None:
            raise self._no_external_id("there is nothing to tell records apart by")
        return external_id, None

    def _no_external_id(self, reason: str) -> Refusal:
        return Refusal(
            f"{self.object_type} have no property for the row's key ({reason}); make one with CALL "
            f"create_external_id('{self.settings.object}'), or name a unique property in "
            "'external_id' or 'match'",
            code="EXTERNAL_ID_MISSING",
        )

    def _link(self, name: str, mapping: LinkMapping) -> LinkColumn:
        place = self._place(name, "associations")
        if self.columns[place].kind is not ColumnKind.JSON:
            raise Refusal(
                f"setting 'associations': the column {name} is a {self.types[name]}; it must be an "
                "OBJECT of keys and labels, for example OBJECT_CONSTRUCT('acme.com', 'Employee')"
            )
        return LinkColumn(name, place, mapping)


def _holds_keys(prop: Property | None) -> bool:
    return prop is not None and prop.unique and is_writable(prop)


def is_writable(prop: Property) -> bool:
    """Whether a property takes values from outside."""
    return not (prop.read_only or prop.calculated)
