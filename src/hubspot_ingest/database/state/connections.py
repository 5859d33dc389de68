"""The connections to portals: a row of ``STATE.CONNECTIONS`` and a secret for each.

Secrets are bound to procedures when the application is installed, and none can be bound later: the
first connection has a secret of its own, further ones take one of nine spare secrets
(docs/decisions/0006-connections.md).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from hubspot_ingest import credentials
from hubspot_ingest.credentials import Credential, Kind, OAuth
from hubspot_ingest.database.connection import Database, secret, store_secret
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.errors import CredentialError, CredentialMissing, Refusal
from hubspot_ingest.settings import DEFAULT_CONNECTION

SECRETS: Mapping[int, tuple[str, str]] = {
    0: ("token", "HUBSPOT_TOKEN"),
    **{slot: (f"credential_{slot}", f"HUBSPOT_CREDENTIAL_{slot}") for slot in range(1, 10)},
}
"""Alias and name of each secret, as ``app/sql/egress.sql`` creates and binds them, by slot."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A portal that can be read; its id is None until HubSpot was asked for it.

    ``writes`` says whether pushes may write with its credential.
    """

    name: str
    kind: Kind
    portal_id: str | None = None
    writes: bool = False


class Connections:
    """The table CONNECTIONS, which has a row for each slot, and the secrets behind it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._table = database.in_application("STATE.CONNECTIONS")
        # when the credentials that were read had been stored, by connection
        self._read: dict[str, str] = {}

    def all(self) -> dict[str, Connection]:
        """Every connection that has a credential, by name."""
        rows = self._database.rows(
            f"SELECT NAME, KIND, PORTAL_ID, WRITES FROM {self._table} WHERE KIND IS NOT NULL "
            "ORDER BY SLOT"
        )
        return {
            row["NAME"]: Connection(
                row["NAME"], Kind(row["KIND"]), row["PORTAL_ID"], bool(row["WRITES"])
            )
            for row in rows
        }

    def save(self, name: str, credential: Credential, now: int, *, writes: bool = False) -> None:
        """Store a credential under a name, replacing the previous one and what it may do.

        Raises ``Refusal`` (``TOO_MANY_CONNECTIONS``) when every slot is taken.
        """
        slot = self._slot(name)
        if slot is None:
            slot = self._claim_slot(name)
        store_secret(self._database, SECRETS[slot][1], credentials.secret_text(credential))
        self._database.rows(
            f"UPDATE {self._table} SET KIND = ?, PORTAL_ID = NULL, CHECKED_AT = NULL, "
            f"WRITES = ?, CREATED_AT = {INSTANT} WHERE SLOT = ?",
            (str(credentials.credential_kind(credential)), writes, now, slot),
        )

    def _slot(self, name: str) -> int | None:
        if name == DEFAULT_CONNECTION:
            return 0
        rows = self._database.rows(f"SELECT SLOT FROM {self._table} WHERE NAME = ?", (name,))
        return int(rows[0]["SLOT"]) if rows else None

    def _claim_slot(self, name: str) -> int:
        """Claim a free slot by an update, which only one of two processes can make."""
        while True:
            free = self._database.rows(
                f"SELECT MIN(SLOT) AS SLOT FROM {self._table} WHERE NAME IS NULL"
            )[0]["SLOT"]
            if free is None:
                raise Refusal(
                    f"there are {len(SECRETS)} connections already, as many as an installation "
                    "takes; drop one first with CALL drop_connection('…')",
                    code="TOO_MANY_CONNECTIONS",
                )
            self._database.rows(
                f"UPDATE {self._table} SET NAME = ? WHERE SLOT = ? AND NAME IS NULL",
                (name, int(free)),
            )
            slot = self._slot(name)
            if slot is not None:
                return slot

    def update_credential(self, name: str, credential: Credential) -> None:
        """Store a credential that HubSpot changed, such as a new refresh token.

        Nothing is stored where somebody stored another one since this one was read.
        """
        slot = self._slot(name)
        if slot is not None and self._stored_at(slot) == self._read.get(name):
            store_secret(self._database, SECRETS[slot][1], credentials.secret_text(credential))

    def _stored_at(self, slot: int) -> str:
        """When somebody stored the credential of a slot; a new refresh token does not count."""
        rows = self._database.rows(
            "SELECT DATE_PART(EPOCH_MILLISECOND, CREATED_AT) AS STORED_AT "
            f"FROM {self._table} WHERE SLOT = ?",
            (slot,),
        )
        return str(rows[0]["STORED_AT"]) if rows else ""

    def drop(self, name: str) -> None:
        """Delete a connection and empty its secret; the slot is free again."""
        slot = self._slot(name)
        if slot is None:
            return
        store_secret(self._database, SECRETS[slot][1], "")
        freed = "" if name == DEFAULT_CONNECTION else "NAME = NULL, "
        self._database.rows(
            f"UPDATE {self._table} SET {freed}KIND = NULL, PORTAL_ID = NULL, CREATED_AT = NULL, "
            "CHECKED_AT = NULL, WRITES = NULL, TIME_ZONE = NULL WHERE SLOT = ?",
            (slot,),
        )

    def save_time_zone(self, name: str, zone: str) -> None:
        """Store the time zone of the portal that a connection reads."""
        self._database.rows(
            f"UPDATE {self._table} SET TIME_ZONE = ? WHERE NAME = ? "
            "AND TIME_ZONE IS DISTINCT FROM ?",
            (zone, name, zone),
        )

    def save_portal(self, name: str, credential: Credential, portal_id: str, now: int) -> None:
        """Store the id of the portal that a connection reads."""
        self._database.rows(
            f"UPDATE {self._table} SET KIND = ?, PORTAL_ID = ?, CHECKED_AT = {INSTANT} "
            "WHERE NAME = ?",
            (str(credentials.credential_kind(credential)), portal_id, now, name),
        )

    def credential(self, name: str) -> Credential:
        """The credential of a connection, where the running procedure is bound to its secret.

        The environment variable ``HUBSPOT_TOKEN`` is the fallback of the first connection: it can
        be set on a laptop and never inside Snowflake. Raises ``CredentialMissing``.
        """
        slot = self._slot(name)
        stored = "" if slot is None else secret(SECRETS[slot][0])
        if not stored and name == DEFAULT_CONNECTION:
            stored = os.environ.get("HUBSPOT_TOKEN", "").strip()
        if not stored:
            raise CredentialMissing(_missing(name))
        try:
            credential = credentials.read_secret(stored)
        except Refusal as error:
            raise CredentialError(f"{error.message}; store it again with {cure(name)}") from error
        if slot is not None and isinstance(credential, OAuth):
            self._read[name] = self._stored_at(slot)
        return credential


def cure(name: str) -> str:
    """The statement that stores another credential for a connection."""
    return (
        "CALL set_token('…')"
        if name == DEFAULT_CONNECTION
        else f"CALL configure_connection('{name}', …)"
    )


def _missing(name: str) -> str:
    """The message for a connection without a credential."""
    connection = "" if name == DEFAULT_CONNECTION else f" for the connection {name!r}"
    return (
        f"no HubSpot credential is set{connection}; make a service key in HubSpot (Development > "
        f"Keys > Service keys) and store it with {cure(name)}"
    )
