"""The settings of a push: what ``CONFIGURE_PUSH`` accepts, checked whole before it is stored.

Checks here need neither Snowflake nor HubSpot; ``mapping`` checks what those two know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from hubspot_ingest import schedules
from hubspot_ingest.errors import Refusal
from hubspot_ingest.model import Json
from hubspot_ingest.settings import (
    DEFAULT_CONNECTION,
    Strict,
    SyncSettings,
    connection_name,
    describe_fault,
)

# The form of HubSpot's record ids: a batch that holds anything else is refused whole.
RECORD_ID_FORM = re.compile(r"[1-9][0-9]{0,18}")
RECORD_ID = "hs_object_id"
ALL_PROPERTIES = "*"
# Snowflake, "Identifier requirements".
LONGEST_IDENTIFIER = 255
# HubSpot's internal names of properties ("Properties").
PROPERTY_NAME = re.compile(r"[a-z][a-z0-9_]{0,249}")

Nulls = Literal["clear_ours", "keep", "clear"]
Scalar = str | int | float | bool


def _identifier(name: str) -> str:
    """A name as Snowflake stores it: upper case, unless it stands in double quotes."""
    quoted = len(name) > 2 and name[0] == name[-1] == '"'
    stored = name[1:-1].replace('""', '"') if quoted else name.upper()
    if not 0 < len(stored) <= LONGEST_IDENTIFIER:
        raise ValueError(f"{name!r} is no name of a table or column")
    return stored


Identifier = Annotated[str, AfterValidator(_identifier)]


class PushSource(Strict):
    """The table or view whose rows go to HubSpot."""

    database: Identifier
    schema_name: Identifier = Field(alias="schema")
    table: Identifier | None = None
    view: Identifier | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.table is None) == (self.view is None):
            raise ValueError("give either 'table' or 'view'")
        return self

    @property
    def name(self) -> str:
        """The name of the table or view."""
        return self.table or self.view or ""

    def __str__(self) -> str:
        """The full name without quotes, for messages."""
        return f"{self.database}.{self.schema_name}.{self.name}"


class PropertyMapping(Strict):
    """The column a property is filled from, and how."""

    column: Identifier
    write: Literal["set", "set_if_empty", "append"] = "set"
    nulls: Nulls | None = None
    by: Literal["value", "label"] = "value"


class LinkMapping(Strict):
    """What the keys and labels of an OBJECT column link a record to, and how."""

    to: str = Field(min_length=1)
    match: str = Field(RECORD_ID, min_length=1)
    labels: Literal["merge", "replace"] = "merge"
    create_labels: bool = False
    cleanup: Literal["never", "ours", "always"] = "ours"
    unresolved: Literal["reject", "skip", "wait"] = "wait"


class RemovedSet(Strict):
    """The values that a record gets when its row is gone from the source."""

    set: dict[str, Scalar] = Field(min_length=1)


class PushSettings(Strict):
    """All settings of a push and their defaults."""

    source: PushSource
    key: tuple[Identifier, ...] = Field(min_length=1)
    object: str = Field(min_length=1)
    strategy: Literal["create", "update", "upsert", "archive"] = "upsert"
    match: dict[str, Identifier] | None = None
    external_id: str | None = None
    duplicates_possible: bool = False
    properties: dict[str, PropertyMapping] = Field(default_factory=dict)
    nulls: Nulls = "clear_ours"
    associations: dict[Identifier, LinkMapping] = Field(default_factory=dict)
    removed_rows: Literal["nothing", "clear", "archive"] | RemovedSet = "nothing"
    conflicts: Literal["overwrite", "keep", "reject"] = "overwrite"
    read_before_write: bool = True
    max_change_percent: float = Field(30, ge=0, le=100)
    max_archive_percent: float = Field(1, ge=0, le=100)
    max_archive_rows: int = Field(100, ge=0)
    max_rejected_percent: float = Field(20, gt=0, le=100)
    retry_rejected: Literal["changed", "always", "never"] = "changed"
    lifecycle_backward: Literal["reject", "clear_first"] = "reject"
    keep_images_days: int = Field(30, ge=0, le=365)
    connection: str = DEFAULT_CONNECTION
    schedule: str | None = None
    priority: Literal["high", "normal", "low"] = "normal"
    reserve_percent: int = Field(20, ge=0, le=95)
    deadline_minutes: float = Field(50, gt=0, le=24 * 60)

    @field_validator("key", mode="before")
    @classmethod
    def _one_key_column(cls, key: Any) -> Any:
        return [key] if isinstance(key, str) else key

    @field_validator("properties", mode="before")
    @classmethod
    def _bare_columns(cls, properties: Any) -> Any:
        if properties == ALL_PROPERTIES:
            return {ALL_PROPERTIES: {"column": ALL_PROPERTIES}}
        if not isinstance(properties, Mapping):
            return properties
        return {
            name: {"column": column} if isinstance(column, str) else column
            for name, column in properties.items()
        }

    @field_validator("match")
    @classmethod
    def _one_match(cls, match: dict[str, str] | None) -> dict[str, str] | None:
        if match is not None and len(match) != 1:
            raise ValueError('one property and its column, for example {"email": "EMAIL"}')
        return match

    @field_validator("properties")
    @classmethod
    def _property_names(cls, properties: dict[str, PropertyMapping]) -> dict[str, PropertyMapping]:
        for name, mapped in properties.items():
            if name == RECORD_ID:
                raise ValueError(f"{RECORD_ID} is HubSpot's own; it can only be in 'match'")
            both = {name, mapped.column} == {ALL_PROPERTIES}
            if not both and not PROPERTY_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no internal name of a property")
        return properties

    @field_validator("connection")
    @classmethod
    def _connection_name(cls, connection: str) -> str:
        return connection_name(connection)

    @field_validator("schedule")
    @classmethod
    def _task_schedule(cls, schedule: str | None) -> str | None:
        return schedules.checked_schedule(schedule)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if len(set(self.key)) != len(self.key):
            raise ValueError("setting 'key': a column is named twice")
        if self.strategy == "archive":
            if self.properties or self.associations:
                raise ValueError("the strategy archive takes neither properties nor associations")
            if self.removed_rows != "nothing":
                raise ValueError("the strategy archive takes no 'removed_rows'")
        elif not (self.properties or self.associations):
            raise ValueError("setting 'properties': must be given")
        if self.strategy == "create" and self.matches_by_id:
            raise ValueError(f"the strategy create cannot match by {RECORD_ID}")
        if "external_id" in self.model_fields_set and self.external_id is None:
            if not self.duplicates_possible:
                raise ValueError(
                    "without an external id a lost answer of HubSpot's can make duplicates; "
                    'leave external_id out, or say "duplicates_possible": true'
                )
            if self.match is None and self.strategy != "create":
                raise ValueError("without an external id 'match' must be given")
        if not self.read_before_write:
            self._check_unread()
        return self

    def _check_unread(self) -> None:
        """Refuse what cannot be done for records that nobody looks at. Raises ``ValueError``."""
        finds_records = self.strategy in ("create", "update", "archive")
        writes = {mapped.write for mapped in self.properties.values()} - {"set"}
        nulls = {self.nulls, *(mapped.nulls for mapped in self.properties.values())}
        for setting, breaks in (
            ("'conflicts' other than overwrite", self.conflicts != "overwrite"),
            (f"the strategy {self.strategy}", finds_records and not self.matches_by_id),
            (f"'write': {', '.join(sorted(writes))}", bool(writes)),
            ("'nulls': clear", "clear" in nulls),
            ("'lifecycle_backward': clear_first", self.lifecycle_backward == "clear_first"),
        ):
            if breaks:
                raise ValueError(
                    f"setting 'read_before_write': {setting} needs the records as they are"
                )

    @property
    def matches_by_id(self) -> bool:
        """Whether the source holds HubSpot's record ids."""
        return self.match is not None and RECORD_ID in self.match

    @property
    def writes_all(self) -> bool:
        """Whether columns go to the properties of the same names."""
        return ALL_PROPERTIES in self.properties

    def as_sync(self) -> SyncSettings:
        """What operations need to know, which are the same for both directions."""
        return SyncSettings(
            stream=self.object,
            connection=self.connection,
            schedule=self.schedule,
            reserve_percent=self.reserve_percent,
            priority=self.priority,
            deadline_minutes=self.deadline_minutes,
        )

    def dump(self) -> dict[str, Json]:
        """The settings as JSON, spelled as the user spells them."""
        dumped: dict[str, Json] = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return dumped


def parse_push_settings(name: str, settings: Json) -> PushSettings:
    """The settings of the push ``name``, valid and whole; the object defaults to the name.

    Raises ``Refusal``; the message names what is wrong and what would be right.
    """
    if not isinstance(settings, Mapping):
        raise Refusal(
            'settings must be an object, for example PARSE_JSON(\'{"source": {"database": '
            '"MARTS", "schema": "CRM", "view": "CUSTOMERS"}, "key": "CUSTOMER_ID", "object": '
            '"contacts", "properties": {"firstname": "FIRST_NAME"}}\')'
        )
    try:
        return PushSettings.model_validate({"object": name, **settings})
    except ValidationError as error:
        _, message = describe_fault(error, PushSettings)
        raise Refusal(message) from None
