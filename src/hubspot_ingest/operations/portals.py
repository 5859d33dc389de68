"""The way into each portal: its credential, its governor, and its limits shared with others.

A process that holds a lease counts with the weight of its syncs' priority. Each looks every few
seconds who else is there and takes its share; one that comes to others lets its searches wait
until they must have looked. Who is alone pays one small query for that every few seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict

from hubspot_ingest import credentials, times
from hubspot_ingest.credentials import Authenticator
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.budgets import Budgets
from hubspot_ingest.database.state.connections import Connections, cure
from hubspot_ingest.database.state.runs import RunLog
from hubspot_ingest.database.state.stored_state import LeaseHolder, StoredState, usage_json
from hubspot_ingest.errors import DailyLimitReached, IngestError
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.hubspot.rate_limits import Governor
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import SyncSettings

# How often (ms) a process looks who else is there, and after how long all must have looked.
LOOK_EVERY = 5_000
NOTICED_AFTER = 6_000
# From this many requests on a run may spend one on asking when the day ends.
WORTH_ASKING = 1_000


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
        """A client for the portal that a sync reads, until ``deadline`` (epoch ms)."""
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
        """What authenticates a connection's requests; a changed refresh token is stored back."""
        if connection not in self._accesses:
            self._accesses[connection] = Authenticator(
                self._connections.credential(connection),
                self._clock,
                cure=cure(connection),
                keep=lambda credential: self._connections.update_credential(connection, credential),
            )
        return self._accesses[connection]

    def governor(self, connection: str) -> Governor:
        """The governor of a connection's portal: HubSpot counts by portal, not by connection."""
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


class QuotaShare:
    """The share of a portal's limits that the process of one run may use."""

    def __init__(
        self, context: Context, client: Client, settings: SyncSettings, stored: StoredState
    ) -> None:
        """``stored`` is what was read before the run took its lease."""
        self._database = context.database
        self._stored = stored
        self._clock = context.clock
        self._process = context.process
        self._client = client
        self._fingerprint = credentials.fingerprint(client.access.credential, context.base_url)
        self._settings = settings
        self._saved_at = 0

    @property
    def portal_id(self) -> str | None:
        """The id of the portal, as far as earlier runs asked for it."""
        return self._stored.portal_ids.get(self._fingerprint)

    def begin(self) -> None:
        """Take over what earlier runs kept of the day, and take the process's share."""
        usage = self._stored.usages.get(self._fingerprint)
        if usage is not None:
            self._saved_at = usage.checked_at
            self._client.governor.remember(usage)
        if self._client.governor.look_due(LOOK_EVERY, first=True):
            self._share(self._stored.lease_holders, first=True)

    def refresh(self) -> None:
        """Adapt the share to the processes there are, if that was done long ago."""
        if self._client.governor.look_due(LOOK_EVERY):
            self._share(Budgets(self._database).holders(self._clock.now()), first=False)

    def end(self) -> dict[str, Json] | None:
        """What is to be kept of the day, None where nothing was learnt.

        A long run asks when the day ends, if no answer told it.
        """
        if self._client.tally.requests >= WORTH_ASKING:
            self._ask()
        usage = self._client.governor.usage
        if usage is None or usage.checked_at <= self._saved_at:
            return None
        return usage_json(self._fingerprint, usage, self._settings.reserve_percent)

    def with_reset_time(self, error: DailyLimitReached) -> DailyLimitReached:
        """The same error, with the time at which HubSpot's day ends where HubSpot tells it."""
        self._ask()
        usage = self._client.governor.usage
        if usage is None or usage.resets_at is None:
            return error
        ends = times.iso(usage.resets_at)
        return DailyLimitReached(f"{error.message}; HubSpot's day ends at {ends}")

    def _ask(self) -> None:
        usage = self._client.governor.usage
        if usage is not None and usage.resets_at is None:
            with suppress(IngestError):
                self._client.learn_usage()

    def _share(self, holders: Sequence[LeaseHolder], *, first: bool) -> None:
        connection = self._settings.connection
        others = weight_of_others(holders, self._process, connection, self.portal_id)
        own = self._settings.weight
        own = max([own, *(each.weight for each in holders if each.process == self._process)])
        notice = self._clock.now() + NOTICED_AFTER if first and others else 0
        self._client.governor.share(own / (own + others), from_=notice)


def weight_of_others(
    holders: Iterable[LeaseHolder], process: str, connection: str, portal: str | None = None
) -> int:
    """The weights of all processes but one together that hold a lease.

    Only those of one connection count and of others that lead to its ``portal``, where that is
    known: HubSpot limits each portal by itself, whatever the credential.
    """
    weights: dict[str, int] = {}
    for holder in holders:
        same = holder.connection == connection or (portal is not None and holder.portal == portal)
        if same and holder.process != process:
            weights[holder.process] = max(holder.weight, weights.get(holder.process, 0))
    return sum(weights.values())


def count_requests(log: RunLog, client: Client) -> None:
    """Write into a run's row what its requests cost, in all and by endpoint."""
    spent = client.tally.endpoints
    log.requests = client.tally.requests
    log.bytes = sum(usage.bytes for usage in spent.values())
    log.endpoints = [{"endpoint": endpoint, **asdict(usage)} for endpoint, usage in spent.items()]
