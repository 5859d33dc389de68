"""Which portal a sync is read from, checked before anything is read for its table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

from hubspot_ingest import credentials
from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.connections import Connections
from hubspot_ingest.database.state.properties import PortalSchema
from hubspot_ingest.errors import Refusal
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.operations.context import Context


@contextmanager
def checked_portal(
    context: Context, state: SyncState, client: Client
) -> Iterator[Callable[[], str]]:
    """The portal's id, asked beside everything else, once per credential and address.

    It raises ``Refusal`` (``OTHER_PORTAL``) where the tables hold rows of another portal.
    """
    credential = client.access.credential
    fingerprint = credentials.fingerprint(credential, context.base_url)
    known_id = state.stored.portal_ids.get(fingerprint)

    def checked(portal_id: str) -> str:
        check_portal(context.database, state, portal_id)
        return portal_id

    if known_id is not None:
        yield cache(lambda: checked(known_id))
        return

    def save() -> str:
        portal_id = answer.result()
        PortalSchema(context.database).save_portal_id(fingerprint, portal_id)
        Connections(context.database).save_portal(
            state.settings.connection, credential, portal_id, context.clock.now()
        )
        return checked(portal_id)

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.fetch, requests.account(), responses.portal)
        yield cache(save)


def check_known_portal(context: Context, state: SyncState, client: Client) -> None:
    """As ``checked_portal`` as far as no request and no write is needed for it."""
    fingerprint = credentials.fingerprint(client.access.credential, context.base_url)
    portal_id = state.stored.portal_ids.get(fingerprint)
    if portal_id is not None:
        check_portal(context.database, state, portal_id)


def check_portal(
    database: Database, state: SyncState, portal_id: str, *, ask_rows: bool = False
) -> None:
    """Refuse to mix portals: an id is one record's within a portal only.

    The rows themselves are asked where the state does not say whose they are, or ``ask_rows``.
    Raises ``Refusal`` (``OTHER_PORTAL``) where the table, or one beside it, holds rows of another.
    """
    if state.is_filled_from(portal_id) and not ask_rows:
        return
    table, earned_on = state.table, state.earned_on
    other = destination.other_portal(database, table, portal_id, state.existing_table)
    places = [table]
    if other is None and earned_on.portal_id not in (None, portal_id):
        # those beside the table do not say whose they are
        places = [sql.table_beside(table, part) for part in state.tables.created]
        other = earned_on.portal_id if places else None
    if other is not None:
        named = ", ".join(map(str, places))
        raise Refusal(
            f"{named} holds rows of portal {other}, and the connection "
            f"{state.settings.connection!r} leads to portal {portal_id}; give the sync a "
            "destination table of its own, or drop the table, then run again",
            code="OTHER_PORTAL",
        )
