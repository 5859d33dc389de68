"""What every procedure works with: the database, the clock and HubSpot, passed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from secrets import token_hex

from hubspot_ingest import times
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.audit_log import AuditEntry, Changed
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.model import Json
from hubspot_ingest.settings import SyncSettings


@dataclass(frozen=True, slots=True)
class Context:
    """The database, the clock and HubSpot, passed in so that tests replace them.

    ``client`` opens HubSpot with the connection a sync's settings name, until a deadline (epoch
    ms). Raises ``CredentialMissing``, and ``CredentialError`` where what is stored is no
    credential. ``process`` names this process to others of the app that share HubSpot's limits.
    ``changes`` is what the call has changed so far.
    """

    database: Database
    clock: times.Clock
    client: Callable[[SyncSettings, int], Client]
    base_url: str
    process: str = field(default_factory=partial(token_hex, 16))
    changes: list[AuditEntry] = field(default_factory=list)

    def note_change(self, kind: Changed, name: str, before: Json, after: Json) -> None:
        """Note for AUDIT_LOG what the call changed, unless it is as it was before."""
        if before != after:
            self.changes.append(AuditEntry(kind, name, before, after))
