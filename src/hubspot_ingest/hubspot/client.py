"""Sends requests to HubSpot: the only module that uses the network.

Every request goes through the governor, is retried while that can help, and is counted. POST
reads (search, batch read, associations) are retried like any other: they change nothing.
"""

from __future__ import annotations

import random
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any, Self, TypeVar

import httpx

from hubspot_ingest import telemetry
from hubspot_ingest.credentials import AccessToken, Authenticator, OAuth
from hubspot_ingest.errors import (
    CredentialError,
    HubSpotError,
    HubSpotRefused,
    IngestError,
    ScopeMissing,
    UnexpectedAnswer,
)
from hubspot_ingest.hubspot import http_errors, record_pages, redirects, requests, responses
from hubspot_ingest.hubspot.json_values import decode
from hubspot_ingest.hubspot.rate_limits import WEIGHT, ExchangeTrace, Governor
from hubspot_ingest.hubspot.requests import Repeat, Request
from hubspot_ingest.model import Usage
from hubspot_ingest.stopwatch import Activity, Stopwatch
from hubspot_ingest.times import MINUTE, Clock, http_date

Answer = TypeVar("Answer")

CONNECTIONS = 16
# 524 is HubSpot's proxy giving up on HubSpot after 100 s: we wait a little longer than it does.
TIMEOUT = 110.0
CONNECT_TIMEOUT = 10.0
# A HubSpot that has not answered once in this many tries is down, or out of our reach.
TRIES_BEFORE_FIRST_ANSWER = 6
LONGEST_BACKOFF = 30.0
# An answer that is still coming after this long comes too slowly: a page takes seconds.
LONGEST_ANSWER = 5 * MINUTE
# A credential that is good is refused now and then: it is sent once again, after this long.
REFUSED_ONCE_SECONDS = 1.0
# There was no connection that the request could have gone through.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
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


@cache
def _tls() -> ssl.SSLContext:
    """The certificates that HubSpot is checked by; to read them takes as long as an idle run."""
    return httpx.create_ssl_context(trust_env=False)


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
        """``deadline`` (epoch ms) bounds waits and retries; ``weight`` is the run's in queues."""
        # before each path here, and not in httpx, which would parse a long URL twice
        self._base_url = base_url.rstrip("/")
        self._http = httpx.Client(
            headers={"Accept": "application/json"},
            timeout=httpx.Timeout(TIMEOUT, connect=CONNECT_TIMEOUT),
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            verify=_tls(),
            transport=transport,
            follow_redirects=False,
            trust_env=False,
        )
        self.access = access
        self.governor = governor
        self._clock = clock
        self._deadline = deadline
        self._weight = weight
        self._lock = threading.Lock()
        self._answers = 0
        self._stopped: IngestError | None = None
        self._jitter = random.Random(deadline)
        self.tally = Tally()
        self.watch = Stopwatch(clock)
        # how far HubSpot's clock is ahead of ours, in ms, by its newest answer
        self.skew: int | None = None
        self._first_answer: tuple[int, int] | None = None

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

    def clock_ahead(self, began: int) -> int:
        """How much later than HubSpot's clock ours was at ``began`` (ms); 0 where it was not.

        The first answer tells, by whole seconds. Call it once there was one.
        """
        if self._first_answer is None:
            return 0
        answered_at, skew = self._first_answer
        return max(0, began - min(began + skew, answered_at) - 1_000)

    def stop(self, error: IngestError) -> None:
        """Make every thread's next request fail with ``error``."""
        with self._lock:
            self._stopped = self._stopped or error

    def learn_usage(self) -> None:
        """Ask how much of the account's day is used and when it ends; one request.

        It is sent though nothing but the reserve is left.
        Not every credential may ask (OAuth apps have no daily limit); then nothing is learnt.
        """

        def parse(answer: Any) -> Usage:
            return responses.usage(answer, self._clock.now())

        try:
            self.governor.learn(self._fetch_with_token(requests.usage(), parse, of_reserve=True))
        except (ScopeMissing, HubSpotRefused, UnexpectedAnswer):
            self.governor.learn(None)

    def fetch(self, request: Request, parse: Callable[[Any], Answer]) -> Answer:
        """Send ``request`` until it is answered, and ``parse`` the answer's JSON.

        Raises ``HubSpotError`` when HubSpot cannot be reached at all, ``DeadlineReached`` when it
        was reached before but the run's time is used up, what ``retry_or_raise`` raises when
        HubSpot says no, and ``UnexpectedAnswer`` when the JSON has the wrong shape.
        """
        if self.governor.usage_due():
            self.learn_usage()
        return self._fetch_with_token(request, parse)

    def _fetch_with_token(
        self, request: Request, parse: Callable[[Any], Answer], *, of_reserve: bool = False
    ) -> Answer:
        refused = False
        while True:
            bearer = self.access.bearer(self._renew)
            try:
                return self._send_until_answered(request, parse, bearer, of_reserve=of_reserve)
            except CredentialError as error:
                if refused or not error.may_pass:
                    raise
                refused = True
                # HubSpot may find a token of a grant too old before we do
                if not self.access.expired(bearer):
                    with self.watch.during(Activity.WAITING):
                        self._clock.sleep(REFUSED_ONCE_SECONDS)
                if request.repeat is Repeat.NEVER:
                    raise http_errors.refused_once(request.endpoint) from error

    def _renew(self, grant: OAuth) -> AccessToken:
        """A new access token. Raises ``CredentialError`` when the grant is good no more."""
        newest, oldest = (requests.token_renewal(grant, path) for path in requests.TOKENS)
        try:
            try:
                got = self._send_until_answered(newest, responses.access_token)
            except HubSpotRefused as refused:
                if refused.http_status != httpx.codes.NOT_FOUND:
                    raise
                got = self._send_until_answered(oldest, responses.access_token)
        except HubSpotRefused as refused:
            # said of the grant, not of what was to be read: nobody is to skip that and go on
            raise HubSpotError(
                f"{refused.message}; if it stays, store another grant with {self.access.cure}",
                code=refused.response_code,
            ) from refused
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
        tries, redirect_count, answers_before = request.earlier_tries, 0, self._answers
        while self._stopped is None:
            tries += 1
            outcome = self._send(request, bearer, retry=tries > 1, of_reserve=of_reserve)
            if isinstance(outcome, Request):
                redirect_count += 1
                if redirect_count > redirects.MOST_REDIRECTS:
                    raise redirects.goes_round(request)
                request, tries = outcome, 0
                continue
            if isinstance(outcome, _ResponseBody):
                try:
                    decoded = record_pages.decode if request.of_records else decode
                    answer = decoded(outcome.content)
                except ValueError:
                    # a proxy's page with status 200, or a body cut off on its way
                    fault = http_errors.RetryReason.FAULT
                    outcome = http_errors.Retry(fault, None, "an answer that is not JSON")
                else:
                    self._answers += 1
                    return parse(answer)
            if not (request.repeat is Repeat.ALWAYS or outcome.not_done):
                raise http_errors.answer_lost(outcome, request.endpoint)
            if self._stopped is None:
                others = partial(self._answers_others, answers_before, bearer)
                self._wait_before_retry(request, outcome, tries, others)
            if request.repeat is Repeat.NEVER:
                # what it takes the place of is to be read again, now that the wait is over
                raise http_errors.answer_lost(outcome, request.endpoint)
        raise self._stopped

    def _send(
        self, request: Request, bearer: str, *, retry: bool, of_reserve: bool
    ) -> _ResponseBody | Request | http_errors.Retry:
        """The body, the request to send instead, or why to wait before the next try."""
        with self.watch.during(Activity.WAITING):
            sent = self.governor.admit(
                request.bucket, self._deadline, self._weight, request.lasts, of_reserve=of_reserve
            )
        started = self._clock.now()
        headers = httpx.Headers()
        ok, throttled, size = False, False, 0
        trace = ExchangeTrace(self._clock, partial(self.governor.mark_sent, request.bucket, sent))
        try:
            with self.watch.during(Activity.REQUESTS):
                response, content = self._exchange(request, bearer, trace)
            size, ok, status = len(content), response.is_success, response.status_code
            # what is said of limits to a credential that is refused is of no portal
            headers = httpx.Headers() if status == httpx.codes.UNAUTHORIZED else response.headers
            answered_at = http_date(headers.get("date", ""))
            if answered_at is not None:
                self.skew = answered_at - self._clock.now()
                self._first_answer = self._first_answer or (answered_at, self.skew)
            if ok:
                # 204 has no body at all: it is JSON's null to who parses it
                return _ResponseBody(b"null" if status == httpx.codes.NO_CONTENT else content)
            if elsewhere := redirects.redirected(request, status, headers, self._base_url):
                return elsewhere
            blocked = http_errors.blocked(status, content)
            if request.form:
                if status in REFUSED_GRANT and not blocked:
                    raise http_errors.grant_refused(status, content, self.access.cure)
                # nothing of such an answer is repeated
                content = b"<" if blocked else b""
            verdict = http_errors.retry_or_raise(
                status,
                headers,
                content,
                request.endpoint,
                bearer,
                self.access.cure,
                of_grant=isinstance(self.access.credential, OAuth),
            )
            throttled = verdict.reason is http_errors.RetryReason.THROTTLED
            return verdict
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # httpx reads where a redirect leads, followed or not, and may not understand it
            never_sent = isinstance(error, NEVER_SENT)
            return http_errors.Retry(
                http_errors.RetryReason.FAULT, None, type(error).__name__, never_sent=never_sent
            )
        finally:
            trace.notify_sent()
            self.governor.answered(request.bucket, sent, headers, ok, trace.answer_began)
            with self._lock:
                spent = self.tally.endpoints.setdefault(request.endpoint, EndpointUsage())
                spent.count += 1
                spent.retries += retry
                spent.throttled += throttled
                spent.bytes += size
                spent.seconds += (self._clock.now() - started) / 1000

    def _exchange(
        self, request: Request, bearer: str, trace: ExchangeTrace
    ) -> tuple[httpx.Response, bytes]:
        """The answer and its body. Raises ``httpx.ReadTimeout`` where it comes too slowly.

        The timeouts of httpx are for one read each: a body that trickles in never meets them.
        """
        body, kind = request.content
        started = self._clock.now()
        until = min(self._deadline, started + LONGEST_ANSWER)
        left = max(1.0, (self._deadline - started) / 1000)
        parts: list[bytes] = []
        with self._http.stream(
            request.method,
            f"{self._base_url}{request.target}",
            content=body,
            headers=_headers(bearer, kind),
            timeout=httpx.Timeout(min(TIMEOUT, left), connect=min(CONNECT_TIMEOUT, left)),
            extensions={"trace": trace.trace},
        ) as response:
            for part in response.iter_bytes():
                # what is there is taken, however late: it need not be asked for again
                if parts and self._clock.now() > until:
                    raise httpx.ReadTimeout("the answer comes too slowly")
                parts.append(part)
        return response, b"".join(parts)

    def _answers_others(self, answers_before: int, bearer: str) -> bool:
        """Whether HubSpot gave answers since; a small request tells where it was not asked."""
        if self._answers > answers_before:
            return True
        try:
            outcome = self._send(requests.account(), bearer, retry=False, of_reserve=False)
        except (ScopeMissing, HubSpotRefused):
            return True
        return isinstance(outcome, _ResponseBody) and outcome.content.startswith(b"{")

    def _wait_before_retry(
        self, request: Request, retry: http_errors.Retry, tries: int, others: Callable[[], bool]
    ) -> None:
        """Wait before the next try, or raise when there is none; ``others`` are answered or not."""
        throttled = retry.reason is http_errors.RetryReason.THROTTLED
        # a page that is not HubSpot's may stand before one request for good
        hopeless = not self._answers or retry.status in http_errors.BLOCKED
        seconds = retry.seconds
        if seconds is None:
            seconds = min(LONGEST_BACKOFF, 0.25 * 2 ** min(tries - 1, 10))
            seconds *= 0.75 + self._jitter.random() / 2
        too_late = self._clock.now() + seconds * 1000 > self._deadline
        few = hopeless or (too_late and request.dispensable == requests.FEW_TRIES)
        most_tries = TRIES_BEFORE_FIRST_ANSWER if few else request.dispensable
        if not throttled and 0 < most_tries <= tries:
            if request.dispensable and others():
                raise http_errors.not_answered(retry, request.path, tries)
            if hopeless:
                host, cure = httpx.URL(self._base_url).host, self.access.cure
                raise http_errors.given_up(retry, host, request.endpoint, tries, cure)
        if too_late:
            raise http_errors.too_late(retry)
        telemetry.warning(
            "request to be sent again",
            endpoint=request.endpoint,
            reason=retry.reason.name,
            tries=tries,
            seconds=round(seconds, 3),
        )
        if throttled:
            self.governor.throttled(request.bucket, seconds)
        else:
            with self.watch.during(Activity.WAITING):
                self._clock.sleep(seconds)


def _headers(bearer: str, kind: str) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {bearer}" if bearer else "", "Content-Type": kind}
    return {name: value for name, value in headers.items() if value}


@dataclass(frozen=True, slots=True)
class _ResponseBody:
    content: bytes
