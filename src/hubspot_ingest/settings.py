"""The settings of a sync: what ``CONFIGURE_SYNC`` accepts, checked whole before it is stored.

Checks here need no network; what only the portal knows (property names, types, options) is
checked by ``inbound.plan.filters``. Limits of a search are HubSpot's ("CRM search").
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo

from hubspot_ingest import schedules, times
from hubspot_ingest.errors import InvalidFilter, Refusal
from hubspot_ingest.model import Json

DATABASE = "HUBSPOT_DATA"
SCHEMA = "CRM"

# Snowflake, "Identifier requirements"; upper case without $, so that nobody must quote.
IDENTIFIER = re.compile(r"[A-Z_][A-Z0-9_]{0,254}")
SYNC_NAME = re.compile(r"[a-z0-9_][a-z0-9_.-]{0,99}")
DEFAULT_CONNECTION = "default"
CONNECTION_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")

# Fewer digits are a year or a day without its dashes, not milliseconds: 2001 has 12 already.
SHORTEST_MILLISECONDS = 12

# HubSpot takes 5 groups of 6 filters, 18 in all. Two of each group are ours: the window and the
# id range that replaces paging.
GROUPS = 5
OWN_FILTERS = 2
FILTERS_PER_GROUP = 6 - OWN_FILTERS
FILTERS = 18

Operator = Literal[
    "EQ",
    "NEQ",
    "LT",
    "LTE",
    "GT",
    "GTE",
    "BETWEEN",
    "IN",
    "NOT_IN",
    "HAS_PROPERTY",
    "NOT_HAS_PROPERTY",
    "CONTAINS_TOKEN",
    "NOT_CONTAINS_TOKEN",
]
Value = str | int | float | bool


class Strict(BaseModel):
    """Settings that take no unknown names."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Filter(BaseModel):
    """One of HubSpot's search filters, spelled as HubSpot spells it; values keep their spaces."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    property_name: str = Field(alias="propertyName", min_length=1)
    operator: Operator
    value: Value | None = None
    high_value: Value | None = Field(None, alias="highValue")
    values: tuple[Value, ...] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needs = {
            "BETWEEN": ("value", "highValue"),
            "IN": ("values",),
            "NOT_IN": ("values",),
            "HAS_PROPERTY": (),
            "NOT_HAS_PROPERTY": (),
        }.get(self.operator, ("value",))
        present = {
            "value": self.value is not None,
            "highValue": self.high_value is not None,
            "values": bool(self.values),
        }
        if {name for name, is_present in present.items() if is_present} != set(needs):
            operands = " and ".join(needs) if needs else "neither value nor values"
            raise ValueError(f"{self.operator} takes {operands}")
        return self


class FilterGroup(Strict):
    """Filters that must all hold; a record matches when any group does."""

    filters: tuple[Filter, ...] = Field(min_length=1)

    @field_validator("filters")
    @classmethod
    def _not_too_many(cls, filters: tuple[Filter, ...]) -> tuple[Filter, ...]:
        if len(filters) > FILTERS_PER_GROUP:
            raise ValueError(
                f"{len(filters)} filters in one group; HubSpot takes 6, of which the window and "
                f"the id range use {OWN_FILTERS}: at most {FILTERS_PER_GROUP}"
            )
        return filters


class Destination(Strict):
    """The table a sync fills; names are upper-cased, the table defaults to the sync's name."""

    database: str = DATABASE
    schema_name: str = Field(SCHEMA, alias="schema")
    table: str | None = None

    @field_validator("database", "schema_name", "table")
    @classmethod
    def _identifier(cls, name: str | None) -> str | None:
        if name is None:
            return None
        if not IDENTIFIER.fullmatch(name.upper()):
            raise ValueError(
                f"{name!r} is no name for it: letters, digits and _, at most 255, not starting "
                "with a digit, for example HUBSPOT_CONTACTS"
            )
        return name.upper()


class Effect(IntEnum):
    """What a change of a setting means for a sync that has run before; a greater one wins."""

    # it holds from the next run on
    NONE = 0
    # what was read before lacks rows or columns: the next run reads everything
    BACKFILL = 1
    # a backfill, and the rows in the table are not those it is to hold
    TAKES_OTHER_ROWS = 2


class SyncSettings(Strict):
    """All settings of a sync, their defaults, and what a change of each means."""

    stream: Annotated[str, Effect.TAKES_OTHER_ROWS] = Field(min_length=1)
    connection: Annotated[str, Effect.TAKES_OTHER_ROWS] = DEFAULT_CONNECTION
    filter_groups: Annotated[tuple[FilterGroup, ...], Effect.TAKES_OTHER_ROWS] = ()
    updated_after: Annotated[str | None, Effect.TAKES_OTHER_ROWS] = None
    properties: Annotated[tuple[str, ...], Effect.BACKFILL] = ("*",)
    hash: Annotated[tuple[str, ...], Effect.BACKFILL] = ()
    new_properties: Annotated[Literal["add", "ignore"], Effect.NONE] = "add"
    associations: Annotated[tuple[str, ...] | None, Effect.BACKFILL] = None
    history: Annotated[tuple[str, ...], Effect.BACKFILL] = ()
    event_types: Annotated[tuple[str, ...], Effect.TAKES_OTHER_ROWS] = ()
    sync_mode: Annotated[Literal["incremental", "full_refresh"], Effect.NONE] = "incremental"
    lookback_minutes: Annotated[int, Effect.NONE] = Field(0, ge=0, le=90 * 24 * 60)
    settle_minutes: Annotated[int, Effect.NONE] = Field(10, ge=0, le=24 * 60)
    include_archived: Annotated[bool, Effect.NONE] = True
    destination: Annotated[Destination, Effect.BACKFILL] = Destination.model_validate({})
    column_prefix: Annotated[str, Effect.BACKFILL] = "PROPERTIES_"
    schedule: Annotated[str | None, Effect.NONE] = None
    fresh_within: Annotated[str | None, Effect.NONE] = None
    reserve_percent: Annotated[int, Effect.NONE] = Field(20, ge=0, le=95)
    priority: Annotated[Literal["high", "normal", "low"], Effect.NONE] = "normal"
    deadline_minutes: Annotated[float, Effect.NONE] = Field(50, gt=0, le=24 * 60)

    @field_validator("filter_groups")
    @classmethod
    def _not_too_many(cls, groups: tuple[FilterGroup, ...]) -> tuple[FilterGroup, ...]:
        if len(groups) > GROUPS:
            raise ValueError(f"{len(groups)} groups; HubSpot takes at most {GROUPS}")
        count = sum(len(group.filters) for group in groups)
        room = FILTERS - OWN_FILTERS * len(groups)
        if count > room:
            raise ValueError(
                f"{count} filters in {len(groups)} groups; HubSpot takes {FILTERS} in all, of "
                f"which the window and the id range use {OWN_FILTERS} a group: at most {room}"
            )
        return groups

    @field_validator("updated_after")
    @classmethod
    def _instant(cls, text: str | None) -> str | None:
        if text is None:
            return None
        value = times.milliseconds(text)
        if value is None or (text.isdecimal() and len(text) < SHORTEST_MILLISECONDS):
            raise ValueError(f"{text!r} is not an ISO 8601 time, for example 2026-01-31T00:00:00Z")
        return times.iso(value)

    @field_validator("properties", "history", "hash")
    @classmethod
    def _globs(cls, globs: tuple[str, ...]) -> tuple[str, ...]:
        if any(not glob.lstrip("!") for glob in globs):
            raise ValueError('an empty name; globs look like ["*", "!hs_email_*"]')
        return globs

    @field_validator("column_prefix")
    @classmethod
    def _prefix(cls, prefix: str) -> str:
        if prefix and not IDENTIFIER.fullmatch(prefix.upper()):
            raise ValueError(f"{prefix!r} cannot begin a column name; use letters, digits and _")
        return prefix.upper()

    @field_validator("connection")
    @classmethod
    def _connection(cls, connection: str) -> str:
        return connection_name(connection)

    @field_validator("schedule")
    @classmethod
    def _schedule(cls, schedule: str | None) -> str | None:
        return schedules.checked_schedule(schedule)

    @field_validator("fresh_within")
    @classmethod
    def _fresh_within(cls, promise: str | None, others: ValidationInfo) -> str | None:
        if promise is not None and others.data.get("schedule") is not None:
            raise ValueError("it takes the place of schedule; name one of them")
        return schedules.checked_promise(promise)

    @property
    def fresh_minutes(self) -> int | None:
        """``fresh_within`` in minutes."""
        return schedules.minutes_of(self.fresh_within)

    @property
    def weight(self) -> int:
        """How much of a portal's limits its process takes beside others, by its priority."""
        return {"high": 4, "normal": 2, "low": 1}[self.priority]

    @property
    def place(self) -> tuple[str, str, str]:
        """The destination's database, schema and table."""
        home = self.destination
        return home.database, home.schema_name, home.table or default_table(self.stream)

    @property
    def updated_after_ms(self) -> int | None:
        """``updated_after`` in epoch milliseconds."""
        return None if self.updated_after is None else times.milliseconds(self.updated_after)

    def dump(self) -> dict[str, Json]:
        """The settings as JSON, spelled as the user spells them."""
        dumped: dict[str, Json] = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return dumped


def change_effect(before: SyncSettings, after: SyncSettings) -> Effect:
    """What it means for a sync to get other settings: the greatest effect of those that differ."""
    return max(
        (
            field_effect(field)
            for name, field in SyncSettings.model_fields.items()
            if getattr(before, name) != getattr(after, name)
        ),
        default=Effect.NONE,
    )


def field_effect(field: FieldInfo) -> Effect:
    """The effect that stands on a setting."""
    [effect] = [mark for mark in field.metadata if isinstance(mark, Effect)]
    return effect


def sync_name(name: str | None) -> str:
    """The name of a sync as it is stored. Raises ``Refusal`` for one that cannot be."""
    stored_name = (name or "").strip().lower()
    if not SYNC_NAME.fullmatch(stored_name):
        raise Refusal(
            f"{name!r} is no name for a sync; use letters, digits, _, - and ., at most 100",
            code="INVALID_NAME",
        )
    return stored_name


def connection_name(name: str | None) -> str:
    """The name of a connection as it is stored. Raises ``Refusal`` for one that cannot be."""
    stored_name = (name or "").strip().lower()
    if not CONNECTION_NAME.fullmatch(stored_name):
        raise Refusal(
            # not quoted: given the other way round it is the credential
            "that is no name for a connection, which comes first; use letters, digits and _, at "
            "most 30, beginning with a letter",
            code="INVALID_NAME",
        )
    return stored_name


def inherited(app: Strict) -> dict[str, Json]:
    """The settings of the whole app that hold for syncs which do not set them."""
    return app.model_dump(include={"deadline_minutes", "reserve_percent"})


def parse_settings(
    name: str, settings: Json, defaults: Mapping[str, Json] | None = None
) -> SyncSettings:
    """The settings of the sync ``name``, valid and whole: ``defaults`` stand in for missing ones.

    Raises ``InvalidFilter`` when the fault is in ``filter_groups``, else ``Refusal``; the message
    names what is wrong and what would be right.
    """
    if settings is None:
        settings = {}
    if not isinstance(settings, Mapping):
        raise Refusal(
            "settings must be an object, for example "
            'PARSE_JSON(\'{"stream": "contacts", "schedule": "60 MINUTES"}\')'
        )
    try:
        parsed = SyncSettings.model_validate({**(defaults or {}), "stream": name, **settings})
    except ValidationError as error:
        path, message = describe_fault(error, SyncSettings)
        error_class = InvalidFilter if path[:1] == ["filter_groups"] else Refusal
        raise error_class(message) from None
    if parsed.destination.table is not None:
        return parsed
    place = parsed.destination.model_copy(update={"table": default_table(name)})
    return parsed.model_copy(update={"destination": place})


def default_table(name: str) -> str:
    """The table of a sync of that name that was given none."""
    table = re.sub(r"[^A-Z0-9_]", "_", name.upper())
    return table if IDENTIFIER.fullmatch(table) else f"OBJECT_{table}"


def describe_fault(error: ValidationError, root: type[BaseModel]) -> tuple[list[str], str]:
    """The path of the first fault in some settings, and one line about it.

    ``root`` is the model that refused them.
    """
    first = error.errors(include_url=False)[0]
    path, model = list[str](), root
    unknown = first["type"] == "extra_forbidden"
    for part in first["loc"]:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if part in fields:
            model = next(_models(fields[str(part)].annotation), model)
        # a union tells the name of its member too, which is not a place in what was given
        elif not (unknown or isinstance(part, int)):
            continue
        path.append(str(part))
    return path, _explain(first, path, model)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field holds, alone or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


# pydantic's faults of shape, in the words of JSON
_IN_JSON = {
    "tuple_type": 'must be a list, for example ["a", "b"]',
    "model_type": 'must be an object, for example {"name": "value"}',
    "model_attributes_type": 'must be an object, for example {"name": "value"}',
    "missing": "must be given",
    "string_type": "must be a text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be an integer",
    "int_parsing": "must be an integer",
    "int_from_float": "must be an integer",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
}


def _explain(fault: Any, path: list[str], model: type[BaseModel]) -> str:
    """One line for a pydantic fault, with the known names when a name is unknown."""
    place = ".".join(path)
    if fault["type"] == "extra_forbidden":
        known_names = sorted(field.alias or name for name, field in model.model_fields.items())
        hint = did_you_mean(path[-1], known_names)
        return f"unknown setting {place!r}{hint}; known: {', '.join(known_names)}"
    text = fault["msg"].removeprefix("Value error, ")
    if fault["type"] != "value_error":
        text = _IN_JSON.get(fault["type"], text[:1].lower() + text[1:])
    return f"setting {place!r}: {text}" if place else text


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` for the known word nearest to ``word``, or nothing."""
    spelled = {known_word.lower(): known_word for known_word in words}
    near = difflib.get_close_matches(word.lower(), list(spelled), n=1)
    return f" (did you mean {spelled[near[0]]!r}?)" if near else ""
