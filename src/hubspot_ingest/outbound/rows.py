"""Rows on their way to HubSpot: as the source has them, and as they are planned. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hubspot_ingest.hubspot.write_responses import WrittenRecord


@dataclass(frozen=True, slots=True, order=True)
class LinkWish:
    """One association that a row asks for: the column, the target's key, and the label or None."""

    column: str
    to_key: str
    label: str | None

    def as_json(self) -> dict[str, str | None]:
        """As PUSH_PLAN_ROWS shows it."""
        return {"column": self.column, "to": self.to_key, "label": self.label}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> LinkWish:
        """What ``as_json`` made."""
        return cls(stored["column"], stored["to"], stored.get("label"))


class Action(StrEnum):
    """What is done for a row."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    CLEAR = "CLEAR"
    ARCHIVE = "ARCHIVE"
    LINK = "LINK"
    UNCHANGED = "UNCHANGED"
    INVALID = "INVALID"
    KEPT = "KEPT"
    SKIPPED = "SKIPPED"
    WAITING = "WAITING"

    @property
    def is_sent(self) -> bool:
        """Whether HubSpot hears of it."""
        return self in (Action.CREATE, Action.UPDATE, Action.CLEAR, Action.ARCHIVE)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """What is known of a row from earlier runs."""

    state: str
    record_id: str | None
    sent: Mapping[str, str]
    altered: Mapping[str, str]

    def has(self, record: WrittenRecord) -> bool:
        """Whether a record was written, or taken over, by the push."""
        merged = (record.properties.get("hs_merged_object_ids") or "").split(";")
        if self.record_id not in (record.id, *merged):
            return False
        return bool(self.sent) or self.state not in ("SKIPPED", "INVALID")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A changed row of the source, or a row that is gone from it (``is_gone``)."""

    n: int
    is_gone: bool
    key: str | None
    hash: str
    values: tuple[str | None, ...]
    copies: int
    twins: int
    ledger: LedgerRow | None


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """What is done for one row.

    ``payload`` are the properties to send, ``before`` what HubSpot holds of them, ``sent`` all that
    the ledger says of the record once that is done, ``altered`` the push's own value where
    HubSpot holds another one (``own_values``).
    """

    n: int
    key: str | None
    action: Action
    record_id: str | None = None
    payload: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str | None] = field(default_factory=dict)
    sent: Mapping[str, str] = field(default_factory=dict)
    altered: Mapping[str, str] = field(default_factory=dict)
    hash: str = ""
    code: str | None = None
    message: str | None = None
    property_name: str | None = None
    is_gone: bool = False
    links: tuple[LinkWish, ...] = ()
    links_added: tuple[LinkWish, ...] = ()
    links_removed: tuple[LinkWish, ...] = ()
    # whether its links were all asked for by an earlier run, which could not make some
    retries_links: bool = False

    @property
    def changes_links(self) -> bool:
        """Whether associations are to be made or removed."""
        return bool(self.links_added or self.links_removed)

    @property
    def changed(self) -> dict[str, list[str | None]]:
        """By property: the value before and after."""
        return {name: [self.before.get(name), value] for name, value in self.payload.items()}
