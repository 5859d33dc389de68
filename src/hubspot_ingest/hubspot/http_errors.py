"""Turns an HTTP error status into a wait before the next try, or into an error for the user.

Pure. Sources: HubSpot "Error handling" and "API usage guidelines"; every field of the error body
is optional, so no decision rests on one of them alone (docs/BEHAVIOR.md, "Refusals").
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hubspot_ingest.errors import (
    AnswerLost,
    CredentialError,
    DailyLimitReached,
    DeadlineReached,
    HubSpotError,
    HubSpotRefused,
    IngestError,
    NotAnswered,
    ScopeMissing,
)
from hubspot_ingest.hubspot.json_values import decode
from hubspot_ingest.times import http_date

# 423 locked, 477 portal moving between data centres, 429 throttled, 408/5xx and Cloudflare's
# 52x and 530. A 530 passes as a rule, and lasts where the token has an impossible shape.
RETRIED = frozenset({408, 423, 429, 477, *range(500, 600)})
# What is no answer of HubSpot's about the credential when it comes as a page instead of JSON:
# Cloudflare, or a proxy of the network, did not let the request through.
BLOCKED = frozenset({401, 403})
# What was answered before HubSpot did anything, so that a write may be sent again.
NOT_DONE = frozenset({401, 403, 423, 429, 477})
# A Retry-After above ten minutes is taken for milliseconds, as HubSpot's workflow calls send it,
# except with 477, where a data-centre move may really take hours.
LONGEST_SECONDS = 600.0


# Where the context of a 403 names scopes.
SCOPE_LISTS = ("requiredGranularScopes", "requiredScopes", "missingScopes")


class RetryReason(StrEnum):
    """Why to wait: a limit is everybody's business, a fault is this request's alone."""

    THROTTLED = "THROTTLED"
    FAULT = "FAULT"


@dataclass(frozen=True, slots=True)
class Retry:
    """Ask again; ``seconds`` is what HubSpot asked for, None when it did not say."""

    reason: RetryReason
    seconds: float | None
    message: str
    status: int = 0
    never_sent: bool = False

    @property
    def not_done(self) -> bool:
        """Whether HubSpot cannot have done what the request asked for."""
        return self.never_sent or self.status in NOT_DONE


def retry_or_raise(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    endpoint: str,
    credential: str = "",
    cure: str = "CALL set_token('…')",
    *,
    of_grant: bool = False,
) -> Retry:
    """The wait before the next try, its message without the ``credential`` that was sent.

    ``cure`` is the statement that stores another credential; ``of_grant`` says that the one sent
    was got by an OAuth grant.

    Raises ``DailyLimitReached``, ``CredentialError``,
    ``ScopeMissing`` or ``HubSpotRefused`` when asking again changes nothing.
    """
    answer = _answer(body)
    message = _message(answer, body, credential)
    if status == 429 and _daily(answer, message):
        raise DailyLimitReached(
            "HubSpot's daily request limit of this account is used up; the next run after "
            "midnight in the account's time zone carries on where this one stopped"
        )
    if status in RETRIED or blocked(status, body):
        reason = RetryReason.THROTTLED if status == 429 else RetryReason.FAULT
        return Retry(reason, retry_after(status, headers), f"{status} {message}".strip(), status)
    if status == 401:
        raise _unauthorized(cure, of_grant)
    raise _error(status, answer, message, endpoint)


def blocked(status: int, body: bytes) -> bool:
    """Whether a refusal is the page of something before HubSpot, whose own refusals are JSON."""
    return status in BLOCKED and bool(body.strip()) and not _is_json(body)


def _is_json(body: bytes) -> bool:
    try:
        decode(body)
    except ValueError:
        return False
    return True


def answer_lost(retry: Retry, endpoint: str) -> AnswerLost:
    """The error for a write that may have been done, and must not be done twice."""
    return AnswerLost(
        f"HubSpot's answer to {endpoint} was lost ({retry.message}): it may have been done; the "
        "rows are looked up before anything is sent again"
    )


def refused_once(endpoint: str) -> AnswerLost:
    """The error for a write that is to be decided anew after its credential was refused (401)."""
    return answer_lost(Retry(RetryReason.FAULT, None, "the credential was refused", 401), endpoint)


def too_late(retry: Retry) -> DeadlineReached:
    """The error for a request that cannot be sent again before the run's deadline."""
    return DeadlineReached(
        f"the run's deadline came while HubSpot was failing ({retry.message}); "
        "the next run carries on where this one stopped"
    )


def not_answered(retry: Retry, path: str, tries: int) -> NotAnswered:
    """The error for a request that is left out, as HubSpot answers others."""
    return NotAnswered(
        f"HubSpot did not answer {path} in {tries} tries ({retry.message}), while it answered "
        "others; the next run asks again, and if it stays ask HubSpot's support"
    )


def given_up(retry: Retry, host: str, endpoint: str, tries: int, cure: str) -> IngestError:
    """The error for a request that failed ``tries`` times, and is not sent again."""
    if retry.status == 530:
        return CredentialError(
            f"HubSpot's proxy answered {endpoint} with 530 {tries} times, as it does to a "
            "credential that is none of HubSpot's, or while HubSpot is down; if it stays, copy the "
            f"service key (or private app token) again from HubSpot and store it with {cure}"
        )
    if retry.status in BLOCKED:
        return HubSpotError(
            f"{retry.status} came {tries} times for {endpoint}, with a page that is not HubSpot's: "
            f"its firewall (Cloudflare) or a proxy of your network does not let requests to {host} "
            "through; it is no missing scope. Run again later, and if it stays ask who runs the "
            "network, or HubSpot's support, to let them through"
        )
    return HubSpotError(
        f"HubSpot at {host} did not answer {endpoint} in {tries} tries ({retry.message}); check "
        "that its address is approved and that it is up, then run again"
    )


def retry_after(status: int, headers: Mapping[str, str]) -> float | None:
    """Seconds HubSpot asks us to wait, None when it does not say.

    A date (RFC 9110, "Retry-After") is told against the answer's own, so that our clock does not
    matter.
    """
    value = headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        until, answered_at = http_date(value), http_date(headers.get("date", ""))
        if until is None or answered_at is None or until <= answered_at:
            return None
        return (until - answered_at) / 1000
    # 0, and what only Python reads as a number, say as little as nothing
    if not 0 < seconds < math.inf:
        return None
    return seconds if seconds <= LONGEST_SECONDS or status == 477 else seconds / 1000


def _answer(body: bytes) -> dict[str, Any]:
    try:
        answer = decode(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _message(answer: dict[str, Any], body: bytes, credential: str) -> str:
    """HubSpot's own words, short, with anything that looks like a credential taken out."""
    message = answer.get("message")
    if not isinstance(message, str) or not message:
        message = "" if body.lstrip()[:1] == b"<" else body[:200].decode("utf-8", "replace")
    return redacted(" ".join(message.split())[:300], credential)


# Service keys and private app tokens, bearer headers, JSON web tokens, and OAuth tokens, which
# are long and mix digits, capitals and small letters as no property name or id of a request does.
_CREDENTIALS = (
    re.compile(r"\bpat-[a-z0-9-]{6,}", re.IGNORECASE),
    re.compile(r"\bbearer\s+\S+", re.IGNORECASE),
    re.compile(r"\b[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"),
    re.compile(r"(?=[\w-]*[0-9])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{32,}"),
)


def redacted(text: str, credential: str = "") -> str:
    """``text`` without ``credential`` and without anything shaped like one."""
    if credential:
        text = text.replace(credential, "[credential]")
    for shape in _CREDENTIALS:
        text = shape.sub("[credential]", text)
    return text


def _daily(answer: dict[str, Any], message: str) -> bool:
    return str(answer.get("policyName", "")).upper() == "DAILY" or "daily" in message.lower()


def _scopes(answer: dict[str, Any]) -> tuple[str, ...]:
    """The scopes an answer asks for: in its errors, at its top, or in its sentence alone.

    Recorded: ``errors[].context.requiredGranularScopes`` (2026-10), ``context`` at the top
    (2025-11), ``requiredScopes`` (2022-11); the specification has ``missingScopes``.
    """
    errors = answer.get("errors")
    places = [answer, *(errors if isinstance(errors, list) else ())]
    contexts = [place.get("context") for place in places if isinstance(place, dict)]
    scopes = [
        scope
        for context in contexts
        if isinstance(context, dict)
        for name in SCOPE_LISTS
        for scope in _list(context.get(name))
    ]
    message = str(answer.get("message", ""))
    scopes += re.findall(r"required '([\w.-]+)' scope", message)
    for listed in re.findall(r"following scopes are required: *([\w., -]+)", message):
        scopes += re.findall(r"[\w-]+(?:\.[\w-]+)*", listed)
    return tuple(dict.fromkeys(map(str, scopes)))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def grant_refused(status: int, body: bytes, cure: str) -> CredentialError:
    """The error for a refused OAuth grant; of HubSpot's answer it has only the error code."""
    answer = _answer(body)
    code = str(answer.get("status") or answer.get("error") or status)
    shown_code = code if re.fullmatch(r"[A-Za-z_]{1,40}", code) else str(status)
    return CredentialError(
        f"HubSpot gives no access token for the OAuth grant ({shown_code}): it was revoked, or the "
        "app's id or secret changed; install the HubSpot app in the account again and store "
        f"client_id, client_secret and the new refresh_token with {cure}"
    )


def _unauthorized(cure: str, of_grant: bool) -> CredentialError:
    advice = (
        "install the HubSpot app in the account again and store client_id, client_secret and the "
        "new refresh_token"
        if of_grant
        else "copy the service key (or private app token) again from HubSpot and store it"
    )
    return CredentialError(
        f"HubSpot does not accept the credential (401); {advice} with {cure}", may_pass=True
    )


def _error(status: int, answer: dict[str, Any], message: str, endpoint: str) -> IngestError:
    if status == 403:
        scopes = _scopes(answer)
        if scopes:
            return ScopeMissing(
                f"the credential lacks a scope for {endpoint}: add {' or '.join(scopes)} to the "
                "service key in HubSpot, then run again",
                scopes,
            )
        return ScopeMissing(
            f"HubSpot does not allow this credential to read {endpoint}"
            f"{f' ({message})' if message else ''}: give it the scope in HubSpot, then run again"
        )
    return HubSpotRefused(
        f"HubSpot refused {endpoint} with {status}{f': {message}' if message else ''}; "
        "see docs/ERRORS.md, HUBSPOT_REFUSED",
        status,
        answer,
    )
