"""What the work needs from outside, passed in."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from hubspot_ingest import times
from hubspot_ingest.database.connection import Database
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.settings import SyncSettings


@dataclass(frozen=True, slots=True)
class Outside:
    """What a run needs from outside, passed in: the database, the time, and HubSpot.

    ``client`` opens HubSpot for a credential, the sync's settings and a deadline (epoch ms).
    ``process`` names this process to others of ours that share HubSpot's limits.
    """

    database: Database
    clock: times.Clock
    credential: Callable[[], str]
    client: Callable[[str, SyncSettings, int], Client]
    base_url: str
    process: str = field(default_factory=lambda: uuid.uuid4().hex)
