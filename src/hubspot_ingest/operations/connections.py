"""Connections to portals: their credentials stored, tried and dropped."""

from __future__ import annotations

from hubspot_ingest import credentials
from hubspot_ingest.credentials import Authenticator, Credential
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.audit_log import Changed
from hubspot_ingest.database.state.connections import Connections, cure
from hubspot_ingest.database.state.push_store import Pushes
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.errors import CredentialError, IngestError, Refusal, ScopeMissing
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.hubspot.rate_limits import Governor
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import (
    DEFAULT_CONNECTION,
    connection_name,
    did_you_mean,
)

Answer = dict[str, Json]

PATIENCE = 20_000
"""Milliseconds in which HubSpot must have answered before a credential replaces another."""


def set_token(context: Context, token: str | None) -> Answer:
    """Store a service key or private app token where only procedures bound to it can read it."""
    return configure(context, DEFAULT_CONNECTION, {"token": token})


def set_oauth(
    context: Context, client_id: str | None, client_secret: str | None, refresh_token: str | None
) -> Answer:
    """Store an OAuth grant; runs get access tokens with it when they need one."""
    grant: Json = {
        "client_id": client_id,
        "client_secret": client_secret,
        "refresh_token": refresh_token,
    }
    return configure(context, DEFAULT_CONNECTION, grant)


def configure(context: Context, name: str | None, credential_parts: Json) -> Answer:
    """Store the credential of a connection once HubSpot has accepted it.

    The first of ``default`` is stored as it is, and that of a further connection also where HubSpot
    cannot be asked: an installation can be prepared before its network is approved.

    Raises ``Refusal``, without quoting the credential; then nothing was stored.
    """
    name = connection_name(name)
    writes, credential_parts = _writes(credential_parts)
    credential = credentials.parse_credential(credential_parts)
    connections = Connections(context.database)
    stored = connections.all().get(name)
    if writes is None:
        # another key for the same use: whoever renews one that may write need not say so again
        writes = stored is not None and stored.writes
    if stored is not None or name != DEFAULT_CONNECTION:
        credential = _accepted(context, name, credential, is_new=stored is None)
    connections.save(name, credential, context.clock.now(), writes=writes)
    kind: Json = str(credentials.credential_kind(credential))
    before: Json = None if stored is None else {"kind": str(stored.kind), "writes": stored.writes}
    # that another one is stored, never which
    after: Json = {"kind": kind, "writes": writes, "credential": "stored anew"}
    context.note_change(Changed.CONNECTION, name, before, after)
    argument = "" if name == DEFAULT_CONNECTION else f"'{name}'"
    return {
        "response_code": "OK",
        "message": f"the credential is stored; check it with CALL test_connection({argument})",
        "connection": name,
        "kind": kind,
    }


def _accepted(context: Context, name: str, credential: Credential, *, is_new: bool) -> Credential:
    """The credential once HubSpot has taken it, with the refresh token that it holds by then."""
    clock = context.clock
    try:
        access = Authenticator(credential, clock, cure=cure(name))
        deadline = clock.now() + PATIENCE
        with Client(context.base_url, access, Governor(clock), clock, deadline=deadline) as client:
            client.fetch(requests.account(), responses.portal)
    except ScopeMissing:
        pass  # HubSpot knows the credential, whatever it may read
    except IngestError as error:
        if is_new and not isinstance(error, CredentialError):
            return access.credential
        kept = "stored" if is_new else "changed, the credential stored before stays"
        raise Refusal(f"nothing was {kept}: {error.message}", code=error.code) from error
    return access.credential


def _writes(credential_parts: Json) -> tuple[bool | None, Json]:
    """Whether pushes may write with a credential, and its other parts. Raises ``Refusal``.

    None where that is not said.
    """
    if not isinstance(credential_parts, dict) or "writes" not in credential_parts:
        return None, credential_parts
    parts = dict(credential_parts)
    writes = parts.pop("writes")
    if not isinstance(writes, bool):
        raise Refusal("'writes' must be true or false", code="INVALID_CREDENTIAL")
    return writes, parts


def check_known(database: Database, name: str) -> None:
    """Raises ``Refusal`` (``UNKNOWN_CONNECTION``) for a connection nobody configured."""
    if name == DEFAULT_CONNECTION:
        return
    names = list(Connections(database).all())
    if name not in names:
        there = ", ".join(names) or "none yet"
        raise Refusal(
            f"there is no connection {name!r}{did_you_mean(name, names)}; there are: {there}; make "
            f"it with {cure(name)}",
            code="UNKNOWN_CONNECTION",
        )


def drop(context: Context, name: str | None) -> Answer:
    """Forget a connection and its credential. Raises ``Refusal`` while a sync uses it."""
    name = connection_name(name)
    check_known(context.database, name)
    # read as stored: settings that a later version refuses still say which connection they use
    using = [
        sync.name
        for sync in Syncs(context.database).all()
        if isinstance(sync.settings, dict)
        and sync.settings.get("connection", DEFAULT_CONNECTION) == name
    ]
    using += [
        push.name
        for push in Pushes(context.database).all()
        if isinstance(push.settings, dict)
        and push.settings.get("connection", DEFAULT_CONNECTION) == name
    ]
    if using:
        raise Refusal(
            f"the connection {name!r} is used by {', '.join(using)}; drop these syncs and pushes, "
            "or give them another connection, first",
            code="CONNECTION_IN_USE",
        )
    connections = Connections(context.database)
    stored = connections.all().get(name)
    connections.drop(name)
    if stored is not None:
        before: Json = {"kind": str(stored.kind), "writes": stored.writes}
        context.note_change(Changed.CONNECTION, name, before, None)
    return {
        "response_code": "OK",
        "message": f"connection {name} is forgotten and its credential removed",
    }
