"""Finds out which portal a run reads, and refuses to mix two portals in a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

from hubspot_ingest import credentials
from hubspot_ingest.database.state.connections import Connections
from hubspot_ingest.database.state.properties import PortalSchema
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import SyncSettings


@contextmanager
def checked_portal(
    context: Context, settings: SyncSettings, client: Client, now: int
) -> Iterator[Callable[[], str]]:
    """The portal's id, asked beside everything else, once per credential and address.

    It raises ``Refusal`` where the destination holds rows of another portal.
    """
    metadata = PortalSchema(context.database)
    credential = client.access.credential
    fingerprint = credentials.fingerprint(credential, context.base_url)
    known_id = metadata.portal_id(fingerprint)

    def checked(portal_id: str) -> str:
        destination.check_portal(context.database, settings, portal_id)
        return portal_id

    if known_id is not None:
        yield cache(lambda: checked(known_id))
        return

    def save() -> str:
        portal_id = asked.result()
        metadata.save_portal_id(fingerprint, portal_id)
        Connections(context.database).save_portal(settings.connection, credential, portal_id, now)
        return checked(portal_id)

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(client.fetch, requests.account(), responses.portal)
        yield cache(save)
