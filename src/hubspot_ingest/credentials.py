"""Credentials of a portal: a token that stays, or an OAuth grant that gets access tokens.

A secret holds either the token itself or the grant as a JSON object. No part of a credential is
ever shown, not by ``repr`` either.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from hubspot_ingest.errors import Refusal
from hubspot_ingest.model import Json

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
