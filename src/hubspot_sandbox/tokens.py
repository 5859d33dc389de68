"""Credentials: their shapes, what they may read, and how HubSpot turns them away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hubspot_sandbox.answers import Answer, Refusal, missing_scopes, unauthenticated

DEFAULT_TOKEN = "pat-na1-sandbox-0000-4000-8000-000000000001"
_STATIC = re.compile(r"pat-[a-z]{2,3}\d-[A-Za-z0-9-]+")
_OAUTH = re.compile(r"C[A-Za-z0-9_.-]{30,}")


@dataclass(slots=True)
class Tokens:
    """The credentials a portal accepts, each with its scopes (None: all of them)."""

    scopes: dict[str, frozenset[str] | None] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)

    def grant(self, token: str, scopes: Iterable[str] | None) -> None:
        """Accept a token with these scopes."""
        self.scopes[token] = None if scopes is None else frozenset(scopes)

    def authenticate(self, headers: Mapping[str, str]) -> frozenset[str] | None:
        """The scopes of a request's token.

        Raises:
            Refusal: 401 without or with an unknown token, 530 when it has not even the shape of
                one (BEHAVIOR H5, H6, H7).
        """
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated(
                "Authentication credentials not found. This API supports OAuth 2.0 authentication "
                "and you can find more details at https://developers.hubspot.com/docs/methods/auth/"
                "oauth-overview"
            )
        if token in self.expired:
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


def require(granted: frozenset[str] | None, alternatives: Iterable[str]) -> None:
    """Refuse with 403 unless one of the scopes is granted."""
    wanted = list(alternatives)
    if granted is not None and wanted and granted.isdisjoint(wanted):
        raise missing_scopes(wanted)
