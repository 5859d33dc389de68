"""Gives each request its bearer token, and gets a new access token before the old one expires.

There is one authenticator for each connection, shared by every thread and run of a process: the
thread that finds the access token too old gets a new one, and the others wait for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hubspot_ingest.credentials import Credential, OAuth, Token
from hubspot_ingest.errors import CredentialError
from hubspot_ingest.times import MINUTE, Clock

# An access token is renewed this long before it expires, or at half of a shorter life: a request
# may wait in the queue for a while.
EARLY = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What HubSpot answers to an OAuth grant. ``seconds`` is how long the access token lives."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    seconds: float


RequestToken = Callable[[OAuth], AccessToken]


class Authenticator:
    """The credential of one portal. Thread-safe, except for ``settle``."""

    def __init__(
        self,
        credential: Credential,
        clock: Clock,
        *,
        cure: str = "CALL set_token('…')",
        keep: Callable[[Credential], None] | None = None,
    ) -> None:
        """``cure`` is the statement that stores another credential; ``keep`` stores a changed one.

        Raises ``CredentialError`` for a token that cannot stand in a header.
        """
        self.credential = credential
        self.cure = cure
        self._clock = clock
        self._keep = keep
        self._lock = threading.Lock()
        self._bearer = ""
        self._renew_at = 0
        self._kept = credential
        self._refused: CredentialError | None = None
        if isinstance(credential, Token):
            if not credential.token.isascii() or not credential.token.isprintable():
                raise CredentialError(
                    "the credential has a character that no credential has, perhaps a dash from a "
                    f"web page; copy it again from HubSpot and store it with {cure}"
                )
            self._bearer = credential.token

    def bearer(self, renew: RequestToken) -> str:
        """The token to send now; got by ``renew`` where it is one of a grant and too old.

        Raises what ``renew`` does, and ``CredentialError`` to everybody once it did.
        """
        if isinstance(self.credential, Token):
            return self._bearer
        with self._lock:
            if self._refused is not None:
                raise self._refused
            if not self._bearer or self._clock.now() >= self._renew_at:
                try:
                    self._renew(renew(self.credential))
                except CredentialError as error:
                    self._refused = error
                    raise
            return self._bearer

    def _renew(self, got: AccessToken) -> None:
        life = round(got.seconds * 1000)
        self._bearer = got.access_token
        self._renew_at = self._clock.now() + life - min(EARLY, life // 2)
        if isinstance(self.credential, OAuth):
            self.credential = replace(self.credential, refresh_token=got.refresh_token)

    def expired(self, bearer: str) -> bool:
        """HubSpot turned ``bearer`` away: whether another can be had."""
        if isinstance(self.credential, Token):
            return False
        with self._lock:
            if bearer == self._bearer:
                self._bearer = ""
        return True

    def settle(self) -> None:
        """Store a refresh token that changed; only from the thread that has the database."""
        if self._keep is not None and self.credential != self._kept:
            self._keep(self.credential)
            self._kept = self.credential
