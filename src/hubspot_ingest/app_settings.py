"""The settings of the whole app: what ``CONFIGURE_APP`` accepts, checked before it is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, get_args

from pydantic import Field, ValidationError, ValidationInfo, field_validator

from hubspot_ingest.errors import Refusal
from hubspot_ingest.model import Json
from hubspot_ingest.schedules import checked_schedule
from hubspot_ingest.settings import IDENTIFIER, Strict, describe_fault

AlertKind = Literal["FAILED", "DELAYED", "INCOMPLETE", "NEW_PROPERTIES"]
ALERTS: tuple[AlertKind, ...] = get_args(AlertKind)

# One @ and no blanks; whether Snowflake may write to it, Snowflake says.
ADDRESS = re.compile(r"[^@\s,\"\\]+@[^@\s,\"\\]+")
YEAR = 366


class Notifications(Strict):
    """Which alerts go to whom, through a notification integration of the account."""

    integration: str
    recipients: tuple[str, ...] = Field((), max_length=50)
    on: tuple[AlertKind, ...] = ALERTS

    @field_validator("integration")
    @classmethod
    def _identifier(cls, name: str) -> str:
        if not IDENTIFIER.fullmatch(name.upper()):
            raise ValueError(f"{name!r} is no name of an integration, for example HUBSPOT_ALERTS")
        return name.upper()

    @field_validator("recipients")
    @classmethod
    def _addresses(cls, recipients: tuple[str, ...]) -> tuple[str, ...]:
        for address in recipients:
            if not ADDRESS.fullmatch(address):
                raise ValueError(f"{address!r} is no e-mail address")
        return recipients


class AppSettings(Strict):
    """All settings of the app, with their defaults."""

    schedule: str | None = None
    deadline_minutes: float = Field(50, gt=0, le=24 * 60)
    reserve_percent: int = Field(20, ge=0, le=95)
    keep_pages_days: int = Field(0, ge=0, le=YEAR)
    keep_runs_days: int = Field(400, ge=1, le=10 * YEAR)
    keep_requests_days: int = Field(30, ge=1, le=10 * YEAR)
    reconcile_every_days: int = Field(0, ge=0, le=YEAR)
    notifications: Notifications | None = None

    @field_validator("schedule")
    @classmethod
    def _schedule(cls, schedule: str | None) -> str | None:
        return checked_schedule(schedule)

    @field_validator("keep_runs_days")
    @classmethod
    def _as_long_as_pages(cls, days: int, others: ValidationInfo) -> int:
        pages = others.data.get("keep_pages_days", 0)
        if days < pages:
            raise ValueError(
                f"pages are kept for {pages} days, and nothing can be made of them without their "
                f"runs; use {pages} or more"
            )
        return days

    def dump(self) -> dict[str, Json]:
        """The settings as JSON, spelled as the user spells them."""
        dumped: dict[str, Json] = self.model_dump(mode="json")
        return dumped


def parse_app_settings(stored: Mapping[str, Json]) -> AppSettings:
    """The settings as stored, whole and valid. Raises ``Refusal`` naming what is wrong."""
    try:
        return AppSettings.model_validate(stored)
    except ValidationError as error:
        raise Refusal(describe_fault(error, AppSettings)[1]) from None


def merge_settings(stored: Mapping[str, Json], changes: Json) -> dict[str, Json]:
    """The stored settings with some ``changes``; null takes one back to its default.

    Raises ``Refusal`` for what is no object.
    """
    if not isinstance(changes, Mapping):
        raise Refusal(
            "settings must be an object, for example "
            'PARSE_JSON(\'{"schedule": "60 MINUTES", "deadline_minutes": 50}\')'
        )
    settings = dict(stored)
    for name, value in changes.items():
        before = settings.get(name)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            value = merge_settings(before, value)
        settings[name] = value
    return {name: value for name, value in settings.items() if value is not None}
