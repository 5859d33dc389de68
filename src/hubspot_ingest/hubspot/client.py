"""Sends requests to HubSpot: the only module that uses the network.

Every request goes through the governor, is retried while that can help, and is counted. POST
reads (search, batch read, associations) are retried like any other: they change nothing.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

import httpx

from hubspot_ingest import telemetry
from hubspot_ingest.credentials import OAuth
from hubspot_ingest.errors import (
    CredentialError,
    DeadlineReached,
    HubSpotError,
    HubSpotRefused,
    IngestError,
    ScopeMissing,
    UnexpectedAnswer,
)
from hubspot_ingest.hubspot import http_errors, requests, responses
from hubspot_ingest.hubspot.auth import AccessToken, Authenticator
from hubspot_ingest.hubspot.rate_limits import WEIGHT, Governor
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.model import Usage
from hubspot_ingest.stopwatch import Activity, Stopwatch
from hubspot_ingest.times import Clock

Answer = TypeVar("Answer")

CONNECTIONS = 16
# 524 is HubSpot's proxy giving up on HubSpot after 100 s: we wait a little longer than it does.
TIMEOUT = httpx.Timeout(110, connect=10)
# A HubSpot that has not answered once in this many tries is down, or out of our reach.
TRIES_BEFORE_FIRST_ANSWER = 6
LONGEST_BACKOFF = 30.0
# How HubSpot says that a grant, or the app it was given to, is good no more ("OAuth tokens").
REFUSED_GRANT = frozenset({400, 401, 403})


@dataclass
class EndpointUsage:
    """A run's requests to one endpoint. ``seconds`` is how long answers took, without waiting."""

    count: int = 0
    retries: int = 0
    throttled: int = 0
    seconds: float = 0.0
    bytes: int = 0


@dataclass
class Tally:
    """The requests of a run, by endpoint. Thread-safe through the client's lock."""

    endpoints: dict[str, EndpointUsage] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        """Requests sent, retries included: what counts against HubSpot's limits."""
        return sum(spent.count for spent in self.endpoints.values())


class Client:
    """HubSpot, for one run. Use as a context manager; ``fetch`` may be called by many threads."""

    def __init__(
        self,
        base_url: str,
        access: Authenticator,
        governor: Governor,
        clock: Clock,
        *,
        deadline: int,
        weight: int = WEIGHT,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """``deadline`` in epoch milliseconds bounds every wait and every retry; ``weight`` is this
        run's among those that wait for the same limit.
        """
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Accept": "application/json"},
            timeout=TIMEOUT,
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            transport=transport,
            follow_redirects=False,
            trust_env=False,
        )
        self.access = access
        self._governor = governor
        self._clock = clock
        self._deadline = deadline
        self._weight = weight
        self._lock = threading.Lock()
        self._answered = False
        self._stopped: IngestError | None = None
        self._jitter = random.Random(deadline)
        self.tally = Tally()
        self.watch = Stopwatch(clock)
        # how far HubSpot's clock is ahead of ours, in ms, by its newest answer
        self.skew: int | None = None

    def __enter__(self) -> Self:
        """Open connections are kept until the run ends."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close the connections, and store a refresh token that HubSpot changed."""
        self._http.close()
        if kind is None:
            self.access.settle()
        else:
            # the error that ended the run matters more than one about the credential
            with suppress(IngestError):
                self.access.settle()

    def stop(self, error: IngestError) -> None:
        """Make every thread's next request fail with ``error``."""
        with self._lock:
            self._stopped = self._stopped or error

    @property
    def governor(self) -> Governor:
        """What grants this client's requests, and knows what is left of the limits."""
        return self._governor

    def learn_usage(self) -> None:
        """Ask how much of the account's day is used and when it ends; one request.

        It is sent though nothing but the reserve is left.
        Not every credential may ask (OAuth apps have no daily limit); then nothing is learnt.
        """

        def parse(answer: Any) -> Usage:
            return responses.usage(answer, self._clock.now())

        try:
            self._governor.learn(self._fetch_with_token(requests.usage(), parse, of_reserve=True))
        except (ScopeMissing, HubSpotRefused, UnexpectedAnswer):
            self._governor.learn(None)

    def fetch(self, request: Request, parse: Callable[[Any], Answer]) -> Answer:
        """Send ``request`` until it is answered, and ``parse`` the answer's JSON.

        Raises ``HubSpotError`` when HubSpot cannot be reached at all, ``DeadlineReached`` when it
        was reached before but the run's time is used up, what ``retry_or_raise`` raises when
        HubSpot says no, and ``UnexpectedAnswer`` when the JSON has the wrong shape.
        """
        if self._governor.usage_due():
            self.learn_usage()
        return self._fetch_with_token(request, parse)

    def _fetch_with_token(
        self, request: Request, parse: Callable[[Any], Answer], *, of_reserve: bool = False
    ) -> Answer:
        renewed = False
        while True:
            bearer = self.access.bearer(self._renew)
            try:
                return self._send_until_answered(request, parse, bearer, of_reserve=of_reserve)
            except CredentialError:
                # HubSpot may find a token of a grant too old before we do
                if renewed or not self.access.expired(bearer):
                    raise
                renewed = True

    def _renew(self, grant: OAuth) -> AccessToken:
        """A new access token. Raises ``CredentialError`` when the grant is good no more."""
        newest, oldest = (requests.token_renewal(grant, path) for path in requests.TOKENS)
        try:
            got = self._send_until_answered(newest, responses.access_token)
        except HubSpotRefused as refused:
            if refused.http_status != httpx.codes.NOT_FOUND:
                raise
            got = self._send_until_answered(oldest, responses.access_token)
        return got if got.refresh_token else replace(got, refresh_token=grant.refresh_token)

    def _send_until_answered(
        self,
        request: Request,
        parse: Callable[[Any], Answer],
        bearer: str = "",
        *,
        of_reserve: bool = False,
    ) -> Answer:
        """Send ``request`` with ``bearer``, empty for none, until it is answered."""
        tries = 0
        while True:
            if self._stopped is not None:
                raise self._stopped
            tries += 1
            outcome = self._send(request, bearer, retry=tries > 1, of_reserve=of_reserve)
            if isinstance(outcome, _ResponseBody):
                try:
                    answer = responses.decode(outcome.content)
                except ValueError:
                    # a proxy's page with status 200, or a body cut off on its way
                    outcome = http_errors.Retry(
                        http_errors.RetryReason.FAULT, None, "an answer that is not JSON"
                    )
                else:
                    self._answered = True
                    return parse(answer)
            self._wait_before_retry(request, outcome, tries)

    def _send(
        self, request: Request, bearer: str, *, retry: bool, of_reserve: bool
    ) -> _ResponseBody | http_errors.Retry:
        with self.watch.during(Activity.WAITING):
            sent = self._governor.admit(
                request.bucket, self._deadline, self._weight, of_reserve=of_reserve
            )
        started = self._clock.now()
        body, kind = _body(request)
        headers = httpx.Headers()
        ok = False
        throttled = False
        size = 0
        notice = _SentNotice(lambda: self._governor.mark_sent(request.bucket, sent))
        try:
            with self.watch.during(Activity.REQUESTS):
                response = self._http.request(
                    request.method,
                    request.target,
                    content=body,
                    headers=_headers(bearer, kind),
                    extensions={"trace": notice.trace},
                )
            headers, size, ok = response.headers, len(response.content), response.is_success
            answered_at = responses.date(headers)
            self.skew = None if answered_at is None else answered_at - self._clock.now()
            if ok:
                return _ResponseBody(response.content)
            if request.form and response.status_code in REFUSED_GRANT:
                raise http_errors.grant_refused(
                    response.status_code, response.content, self.access.cure
                )
            verdict = http_errors.retry_or_raise(
                response.status_code,
                headers,
                b"" if request.form else response.content,
                request.endpoint,
                bearer,
                self.access.cure,
            )
            throttled = verdict.reason is http_errors.RetryReason.THROTTLED
            return verdict
        except httpx.HTTPError as error:
            return http_errors.Retry(http_errors.RetryReason.FAULT, None, type(error).__name__)
        finally:
            notice.notify()
            self._governor.answered(request.bucket, sent, headers, ok)
            with self._lock:
                spent = self.tally.endpoints.setdefault(request.endpoint, EndpointUsage())
                spent.count += 1
                spent.retries += retry
                spent.throttled += throttled
                spent.bytes += size
                spent.seconds += (self._clock.now() - started) / 1000

    def _wait_before_retry(self, request: Request, retry: http_errors.Retry, tries: int) -> None:
        """Wait before the next try, or raise when there is none."""
        throttled = retry.reason is http_errors.RetryReason.THROTTLED
        if not throttled and not self._answered and tries >= TRIES_BEFORE_FIRST_ANSWER:
            raise HubSpotError(
                f"HubSpot at {self._http.base_url.host} did not answer {request.endpoint} in "
                f"{tries} tries ({retry.message}); check that its address is approved and that "
                "it is up, then run again"
            )
        seconds = retry.seconds
        if seconds is None:
            seconds = min(LONGEST_BACKOFF, 0.25 * 2 ** min(tries - 1, 10))
            seconds *= 0.75 + self._jitter.random() / 2
        if self._clock.now() + seconds * 1000 > self._deadline:
            raise DeadlineReached(
                f"the run's deadline came while HubSpot was failing ({retry.message}); "
                "the next run carries on where this one stopped"
            )
        telemetry.warning(
            "request to be sent again",
            endpoint=request.endpoint,
            reason=retry.reason.name,
            tries=tries,
            seconds=round(seconds, 3),
        )
        if throttled:
            self._governor.throttled(request.bucket, seconds)
        else:
            with self.watch.during(Activity.WAITING):
                self._clock.sleep(seconds)


def _body(request: Request) -> tuple[bytes | None, str]:
    """The body of a request and its content type."""
    if request.form:
        return urlencode(request.form).encode(), "application/x-www-form-urlencoded"
    if request.body is not None:
        return json.dumps(request.body).encode(), "application/json"
    return None, ""


def _headers(bearer: str, kind: str) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {bearer}" if bearer else "", "Content-Type": kind}
    return {name: value for name, value in headers.items() if value}


class _SentNotice:
    """Calls ``on_sent`` once: when the transport traces that the request left, or when it ended."""

    def __init__(self, on_sent: Callable[[], None]) -> None:
        self._on_sent = on_sent
        self._notified = False

    def trace(self, event: str, _about: object) -> None:
        """Called by httpcore, whose event names begin with the protocol's."""
        if event.endswith("send_request_body.complete"):
            self.notify()

    def notify(self) -> None:
        if not self._notified:
            self._notified = True
            self._on_sent()


@dataclass(frozen=True, slots=True)
class _ResponseBody:
    content: bytes
