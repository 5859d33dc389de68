"""Access tokens and OAuth grants: which are accepted, with which scopes; others are refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hubspot_sandbox.answers import Answer, Refusal, missing_scopes, unauthenticated

DEFAULT_TOKEN = "pat-na1-sandbox-0000-4000-8000-000000000001"
_STATIC = re.compile(r"pat-[a-z]{2,3}\d-[A-Za-z0-9-]+")
_OAUTH = re.compile(r"C[A-Za-z0-9_.-]{30,}")


LIFETIME_MS = 1_800_000
"""How long an access token of a grant lives (BEHAVIOR H150)."""


@dataclass(slots=True)
class Grant:
    """An app's OAuth grant on an account, exchanged for access tokens with its scopes."""

    client_id: str
    client_secret: str
    refresh_token: str
    scopes: frozenset[str] | None
    lifetime_ms: int = LIFETIME_MS
    rotates: bool = False


@dataclass(slots=True)
class Tokens:
    """The credentials a portal accepts, each with its scopes (None: all of them)."""

    scopes: dict[str, frozenset[str] | None] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)
    grants: list[Grant] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)
    issued: int = 0

    def authorize(
        self, scopes: Iterable[str] | None, lifetime_ms: int, *, rotates: bool = False
    ) -> Grant:
        """Give an app a grant; with ``rotates`` every use of it changes the refresh token."""
        self.issued += 1
        grant = Grant(
            f"00000000-0000-4000-9000-{self.issued:012x}",
            f"5ec7e700-0000-4000-9000-{self.issued:012x}",
            f"na1-0000-4000-9000-{self.issued:012x}",
            None if scopes is None else frozenset(scopes),
            lifetime_ms,
            rotates,
        )
        self.grants.append(grant)
        return grant

    def renew(self, grant: Grant, now: int) -> str:
        """A new access token of a grant; older ones live on until they expire."""
        self.issued += 1
        token = f"CSandbox{self.issued:040x}"
        self.grant(token, grant.scopes)
        self.ends[token] = now + grant.lifetime_ms
        if grant.rotates:
            grant.refresh_token = f"na1-0000-4000-9000-{self.issued:012x}"
        return token

    def grant(self, token: str, scopes: Iterable[str] | None) -> None:
        """Accept a token with these scopes."""
        self.scopes[token] = None if scopes is None else frozenset(scopes)

    def is_oauth(self, headers: Mapping[str, str]) -> bool:
        """Whether a request's token comes from an app's grant."""
        return headers.get("authorization", "").removeprefix("Bearer ") in self.ends

    def authenticate(self, headers: Mapping[str, str], now: int) -> frozenset[str] | None:
        """The scopes of a request's token.

        Raises:
            Refusal: 401 without or with an unknown token, 530 when it has not even the shape of
                one (BEHAVIOR H5, H6, H7).
        """
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            raise unauthenticated(
                "Authentication credentials not found. This API supports OAuth 2.0 authentication "
                "and you can find more details at https://developers.hubspot.com/docs/methods/auth/"
                "oauth-overview"
            )
        if token in self.expired or self.ends.get(token, now) < now:
            raise unauthenticated(
                "The OAuth token used to make this call expired.", "EXPIRED_AUTHENTICATION"
            )
        if token in self.scopes:
            return self.scopes[token]
        if not _STATIC.fullmatch(token) and not _OAUTH.fullmatch(token):
            raise Refusal(Answer(530, {"Content-Type": "text/plain"}, b"error code: 1016"))
        raise unauthenticated(
            "Authentication credentials not found. This API supports OAuth 2.0 authentication "
            "and you can find more details at https://developers.hubspot.com/docs/methods/auth/"
            "oauth-overview"
        )


def require(
    granted: frozenset[str] | None, alternatives: Iterable[str], shape: str = "errors"
) -> None:
    """Refuse with 403 unless one of the scopes is granted; ``shape`` is that of the refusal."""
    scopes = list(alternatives)
    if granted is not None and scopes and granted.isdisjoint(scopes):
        raise missing_scopes(scopes, shape)
