"""Credentials of a portal: a token that stays, or an OAuth grant that gets access tokens.

A secret holds either the token itself or the grant as a JSON object. No part of a credential is
ever shown, not by ``repr`` either.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum

from hubspot_ingest.errors import CredentialError, Refusal
from hubspot_ingest.model import Json
from hubspot_ingest.times import MINUTE, Clock

# Longer than any credential HubSpot gives, and short enough for a request.
LONGEST = 4_000


class Kind(StrEnum):
    """How a connection proves who it is, as the view CONNECTIONS tells it."""

    TOKEN = "TOKEN"
    OAUTH = "OAUTH"


@dataclass(frozen=True, slots=True)
class Token:
    """A service key or private app token: it does not expire."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OAuth:
    """A HubSpot app's grant: access tokens of half an hour are got by it ("OAuth tokens")."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


Credential = Token | OAuth


def credential_kind(credential: Credential) -> Kind:
    """Whether it is a token or a grant."""
    return Kind.TOKEN if isinstance(credential, Token) else Kind.OAUTH


def secret_parts(credential: Credential) -> tuple[str, ...]:
    """All its parts, each of them secret."""
    return tuple(str(part) for part in asdict(credential).values())


def fingerprint(credential: Credential, base_url: str) -> str:
    """A hash that tells credentials apart and cannot be read back into one."""
    seen = "\n".join((base_url, *secret_parts(credential)))
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


def parse_credential(parts: Json) -> Credential:
    """A credential as a person passes it: ``{"token"}``, or the three parts of a grant.

    Raises ``Refusal`` (``INVALID_CREDENTIAL``) that says what is wrong without quoting it.
    """
    if not isinstance(parts, dict):
        raise _refused("it must be an object")
    for shape in (Token, OAuth):
        names = list(shape.__dataclass_fields__)
        if set(parts) == set(names):
            return shape(**{name: _part(name, parts[name]) for name in names})
    raise _refused("unknown or missing keys")


def _part(name: str, value: Json) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text or len(text) > LONGEST:
        raise _refused(f"{name} is empty, too long or no text")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise _refused(f"{name} must be copied alone, without spaces or line breaks")
    return text


def _refused(why: str) -> Refusal:
    return Refusal(
        f"this is no HubSpot credential ({why}); give {{'token': '…'}}, the service key or private "
        "app token, or {'client_id': '…', 'client_secret': '…', 'refresh_token': '…'}",
        code="INVALID_CREDENTIAL",
    )


def secret_text(credential: Credential) -> str:
    """The text that a secret keeps it as."""
    return credential.token if isinstance(credential, Token) else json.dumps(asdict(credential))


def read_secret(stored: str) -> Credential:
    """The credential that a secret keeps. Raises ``Refusal`` when it is none."""
    if not stored.startswith("{"):
        return Token(stored)
    try:
        parts: Json = json.loads(stored)
    except ValueError:
        raise _refused("what is stored is broken") from None
    return parse_credential(parts)


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
    """Gives each request its bearer token, and gets a new one before the old one expires.

    There is one for each connection, shared by every thread and run of a process: the thread that
    finds the access token too old gets a new one, and the others wait for it. Thread-safe, except
    for ``settle``.
    """

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
        """The token to send now; where a grant's token is too old, a new one from ``renew``.

        Raises what ``renew`` raises. A ``CredentialError`` is raised again by every later call.
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
        """Note that HubSpot refused ``bearer``; returns whether another token can be had."""
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
