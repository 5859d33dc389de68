"""One admitted request with its parameters, body, scopes and portal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hubspot_sandbox.answers import invalid, refusal, uncategorised
from hubspot_sandbox.portal import Portal
from hubspot_sandbox.records.columns import Column, Selection
from hubspot_sandbox.records.table import Table
from hubspot_sandbox.schema.object_types import ObjectType
from hubspot_sandbox.times import parse_moment
from hubspot_sandbox.tokens import require
from hubspot_sandbox.write_rules import WriteLock, WriteRules

NAMED = "type"
_VERSION = re.compile(r"/(\d{4}-\d{2}|v\d)(?=/)")
_LATEST_OBJECTS = "/crm/objects/2026-09/"
EDITIONS = ("FREE", "STARTER", "PROFESSIONAL", "ENTERPRISE")


@dataclass(slots=True)
class Call:
    """An admitted request.

    ``style`` is how the version asked for writes: ``dated``, ``v4`` or ``v3``. ``granted`` are the
    token's scopes, None for all. ``lag_ms`` is how far the search index is behind.
    """

    portal: Portal
    style: str
    method: str
    path: str
    parameters: Mapping[str, str]
    query: Mapping[str, list[str]]
    raw_body: bytes
    granted: frozenset[str] | None
    now: int
    lag_ms: int = 0
    reads_through: bool = False
    misplaced: Mapping[str, int] = field(default_factory=dict)
    empty_for_encoded_twice: bool = False
    strict: bool = False
    writes: WriteRules = field(default_factory=WriteRules)
    write_lock: WriteLock = field(default_factory=WriteLock)
    usage: Mapping[str, object] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The version in the path: a date, or ``v3`` and the like."""
        match = _VERSION.search(self.path)
        return match.group(1) if match else ""

    @property
    def enforces_admin_rules(self) -> bool:
        """Whether writes at this version have to keep the admins' rules (BEHAVIOR H182)."""
        return self.version in self.writes.enforcing_versions

    # -- the query string ------------------------------------------------------------------------

    def query_value(self, name: str) -> str | None:
        """A query parameter given once."""
        values = self.query.get(name)
        return values[-1] if values else None

    def query_values(self, name: str) -> list[str]:
        """A query parameter holding a list: repeated, comma separated or both."""
        return [
            part.strip()
            for value in self.query.get(name, ())
            for part in value.split(",")
            if part.strip()
        ]

    def flag(self, name: str) -> bool:
        """A query parameter that is true; anything else is false, and the first one counts."""
        return next(iter(self.query.get(name, ())), "").lower() == "true"

    def number(self, name: str, default: int, most: int, least: int = 1) -> int:
        """A query parameter that is a whole number within bounds."""
        text = self.query_value(name)
        if text is None:
            return default
        if not text.isdigit():
            raise invalid(f"Unable to parse value for query parameter {name}: '{text}'")
        return within(int(text), name, most, least)

    def moment(self, name: str) -> int | None:
        """A query parameter that is a moment, in epoch milliseconds; None when absent."""
        text = self.query_value(name)
        milliseconds = None if text is None else parse_moment(text)
        if text is not None and milliseconds is None:
            raise invalid(f"Unable to parse value for query parameter {name}: '{text}'")
        return milliseconds

    # -- the body --------------------------------------------------------------------------------

    def body(self) -> dict[str, Any]:
        """The JSON object in the body.

        Raises:
            Refusal: 400 when it is none.
        """
        try:
            shape = json.loads(self.raw_body or b"{}")
        except ValueError:
            raise refusal(
                400, "Invalid input JSON: cannot parse the request body", "VALIDATION_ERROR"
            ) from None
        if not isinstance(shape, dict):
            raise invalid("Invalid input JSON: an object was expected")
        return shape

    def names(self, body: Mapping[str, Any], key: str) -> list[str]:
        """A list of property names in a body, empty when absent."""
        names = body.get(key) or []
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise invalid(f"Invalid input JSON: {key} must be a list of names")
        return names

    def inputs(self, most: int) -> list[dict[str, Any]]:
        """The ``inputs`` of a batch, at most ``most`` of them."""
        inputs = self.body().get("inputs")
        if not isinstance(inputs, list) or not all(isinstance(item, dict) for item in inputs):
            raise invalid("Some required fields were not set: [inputs]", "REQUIRED_FIELD")
        if len(inputs) > most:
            raise invalid(
                f"The maximum number of inputs supported in a batch request for this endpoint is "
                f"{most}. Got {len(inputs)}."
            )
        return inputs

    # -- object types, scopes, properties --------------------------------------------------------

    def object_type(self, parameter: str = NAMED) -> ObjectType:
        """The object type in the path.

        Raises:
            Refusal: 400 when HubSpot knows no such name.
        """
        name = self.parameters[parameter]
        kind = self.portal.object_type_in_path(name)
        if kind is None:
            if re.fullmatch(r"\d+-\d+", name):
                raise uncategorised(f"Invalid object or event type id: {name}")
            raise uncategorised(f"Unable to infer object type from: {name}")
        if self.strict and kind.name == "projects" and self.path.startswith(_LATEST_OBJECTS):
            raise refusal(404, "Not found", "OBJECT_NOT_FOUND")  # BEHAVIOR H168
        return kind

    def readable(self, parameter: str = NAMED) -> Table:
        """The records of the object type in the path, when the token may read them."""
        kind = self.object_type(parameter)
        require(self.granted, kind.read_scopes)
        return self.portal.table(kind)

    def writable(self, parameter: str = NAMED) -> Table:
        """The records of the object type in the path, when the token may write them."""
        kind = self.object_type(parameter)
        require(self.granted, kind.write_scopes)
        return self.portal.table(kind)

    def needs(self, edition: str) -> None:
        """Refuse with 403 what the account's edition does not include (BEHAVIOR H105)."""
        if EDITIONS.index(self.portal.edition) < EDITIONS.index(edition):
            raise refusal(
                403,
                f"This account does not have access to this API: it needs {edition}.",
                "USER_DOES_NOT_HAVE_PERMISSIONS",
            )

    def hidden(self, columns: Iterable[Column]) -> frozenset[str]:
        """The properties among these whose values the token may not see (BEHAVIOR H62)."""
        if self.granted is None:
            return frozenset()
        return frozenset(
            column.name
            for column in columns
            if (scope := column.property.value_scope) is not None and scope not in self.granted
        )

    def selection(self, table: Table, names: Iterable[str]) -> Selection:
        """The properties asked for plus the three constant ones; unknown names are ignored."""
        kind = table.object_type
        always = (kind.created_property, kind.modified_property, "hs_object_id")
        columns = [
            column
            for name in sorted({*names, *always})
            if (column := table.columns.get(name)) is not None
            and column.property.archived_at is None
        ]
        return Selection(columns, self.hidden(columns))


def within(number: object, name: str, most: int, least: int = 1) -> int:
    """A whole number within bounds, 400 otherwise."""
    if isinstance(number, str) and number.isdigit():
        number = int(number)
    if not isinstance(number, int) or isinstance(number, bool):
        raise invalid(f"{name} must be a whole number")
    if number > most:
        raise invalid(f"{name} must be at most {most}, got {number}", "LIMIT_EXCEEDED")
    if number < least:
        raise invalid(f"{name} must be at least {least}, got {number}")
    return number


def record_id(text: object) -> int | None:
    """The number of a record id, None when it cannot be one."""
    spelled = str(text)
    return int(spelled) if spelled.isdigit() and len(spelled) < 19 else None
