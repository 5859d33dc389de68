"""What every procedure works with: the database, the clock and HubSpot, passed in."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from hubspot_ingest import times
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.connections import Connections, cure
from hubspot_ingest.hubspot.auth import Authenticator
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.hubspot.rate_limits import Governor
from hubspot_ingest.settings import SyncSettings


@dataclass(frozen=True, slots=True)
class Context:
    """The database, the clock and HubSpot, passed in so that tests replace them.

    ``client`` opens HubSpot with the connection a sync's settings name, until a deadline (epoch
    ms). Raises ``CredentialMissing``, and ``CredentialError`` where what is stored is no
    credential. ``process`` names this process to others of the app that share HubSpot's limits.
    """

    database: Database
    clock: times.Clock
    client: Callable[[SyncSettings, int], Client]
    base_url: str
    process: str = field(default_factory=lambda: uuid.uuid4().hex)


class Portals:
    """The credential and the governor of each connection, shared by all runs of a process."""

    def __init__(self, database: Database, clock: times.Clock, base_url: str) -> None:
        """Nothing is read before a connection is asked for."""
        self._connections = Connections(database)
        self._clock = clock
        self._base_url = base_url
        self._accesses: dict[str, Authenticator] = {}
        self._governors: dict[str, Governor] = {}

    def client(self, settings: SyncSettings, deadline: int) -> Client:
        """See ``Context``."""
        governor = self.governor(settings.connection)
        governor.reserve(settings.reserve_percent)
        return Client(
            self._base_url,
            self.access(settings.connection),
            governor,
            self._clock,
            deadline=deadline,
            weight=settings.weight,
        )

    def access(self, connection: str) -> Authenticator:
        """The way into the portal of a connection; a changed refresh token is stored back."""
        if connection not in self._accesses:
            self._accesses[connection] = Authenticator(
                self._connections.credential(connection),
                self._clock,
                cure=cure(connection),
                keep=lambda credential: self._connections.update_credential(connection, credential),
            )
        return self._accesses[connection]

    def governor(self, connection: str) -> Governor:
        """HubSpot counts by portal: connections to one portal have one governor."""
        if connection not in self._governors:
            stored = self._connections.all() if self._governors else {}
            portal = stored[connection].portal_id if connection in stored else None
            same = [
                governor
                for name, governor in self._governors.items()
                if portal is not None and name in stored and stored[name].portal_id == portal
            ]
            self._governors[connection] = same[0] if same else Governor(self._clock)
        return self._governors[connection]
