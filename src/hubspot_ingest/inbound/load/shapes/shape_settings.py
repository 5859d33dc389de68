"""The settings that views in another product's shape are made with."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, ValidationError, field_validator

from hubspot_ingest.errors import Refusal
from hubspot_ingest.model import Json
from hubspot_ingest.settings import (
    DEFAULT_CONNECTION,
    IDENTIFIER,
    Strict,
    connection_name,
    describe_fault,
)


class ShapeSettings(Strict):
    """Where views are made, of which portal, and which sync stands for which stream."""

    database: str | None = None
    schema_name: str | None = Field(None, alias="schema")
    connection: str = DEFAULT_CONNECTION
    streams: dict[str, str] = Field(default_factory=dict)

    @field_validator("database", "schema_name")
    @classmethod
    def _identifier(cls, name: str | None) -> str | None:
        if name is not None and not IDENTIFIER.fullmatch(name.upper()):
            raise ValueError(f"{name!r} is no name for it: letters, digits and _, at most 255")
        return None if name is None else name.upper()

    @field_validator("connection")
    @classmethod
    def _connection(cls, connection: str) -> str:
        return connection_name(connection)


def parse_shape_settings(settings: Json) -> ShapeSettings:
    """The settings as given, whole and valid. Raises ``Refusal`` naming what is wrong."""
    if settings is not None and not isinstance(settings, Mapping):
        raise Refusal(
            'settings must be an object, for example PARSE_JSON(\'{"schema": "HUBSPOT"}\')'
        )
    try:
        return ShapeSettings.model_validate(settings or {})
    except ValidationError as error:
        raise Refusal(describe_fault(error, ShapeSettings)[1]) from None
