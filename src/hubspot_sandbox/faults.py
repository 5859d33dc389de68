"""Faults injected on purpose: what networks, proxies and busy servers do to a request."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from hubspot_sandbox.answers import CORRELATION, Answer, html, json_answer

KINDS = (
    "429", "429-retry-after", "500", "502", "503", "504", "524", "423", "477", "dropped",
    "truncated", "not-json", "html", "slow",
)  # fmt: skip
"""Every kind of fault (BEHAVIOR H95-H99)."""

ON_REQUEST = ("short-page", "empty-page")
"""Faults that only a plan brings about: short and empty pages of a search (BEHAVIOR H171)."""

WRITE_KINDS = ("502-done", "silent", "half", "nothing", "409")
"""Faults of batches that write, to be asked for by name (BEHAVIOR H199).

The work is done and a proxy answers 502, or nobody for a minute; half of the inputs are written
and the answer is 500; none are and the answer is 2xx without results and errors; the whole batch is
refused with 409.
"""

AFTER_THE_WORK = frozenset(
    {"dropped", "truncated", "slow", *ON_REQUEST, "502-done", "silent", "half", "nothing"}
)
"""Faults that strike when the server has done its work already: a write may have happened."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault of a script.

    It strikes ``times`` requests, beginning with the ``request``-th (from 1; default: the first),
    and only those whose endpoint ends with ``endpoint`` when that is given.
    """

    kind: str
    request: int | None = None
    endpoint: str | None = None
    times: int = 1


class Faults:
    """Decides which requests go wrong: by chance, drawn from a seed, or by a script.

    The same request, repeated, never goes wrong by chance more than ``most_in_a_row`` times in
    succession, so that a client that retries gets through.
    """

    def __init__(
        self,
        rate: float = 0.0,
        seed: int = 1,
        kinds: Sequence[str] = KINDS,
        *,
        most_in_a_row: int = 3,
        slow_ms: int = 2_000,
        silence_ms: int = 60_000,
        retry_after_seconds: int = 1,
        plan: Iterable[Planned] = (),
    ) -> None:
        """``rate`` is the share of requests that go wrong; ``plan`` adds scripted faults."""
        self._plan = list(plan)
        every_kind = (*KINDS, *ON_REQUEST, *WRITE_KINDS)
        unknown = {*kinds, *(planned.kind for planned in self._plan)} - {*every_kind}
        if unknown:
            every = ", ".join(every_kind)
            raise ValueError(f"unknown faults {sorted(unknown)}; there are {every}")
        self.rate = rate
        self.slow_ms = slow_ms
        self.silence_ms = silence_ms
        self.retry_after_seconds = retry_after_seconds
        self._seed = seed
        self._kinds = tuple(kinds)
        self._most = most_in_a_row
        self._struck = [0] * len(self._plan)
        self._in_a_row: dict[int, int] = {}

    def draw(self, number: int, endpoint: str, request: tuple[str, str, str, bytes]) -> str | None:
        """The fault of the ``number``-th request, None for most."""
        for place, planned in enumerate(self._plan):
            if self._struck[place] >= planned.times:
                continue
            if planned.endpoint is not None and not endpoint.endswith(planned.endpoint):
                continue
            if planned.request is not None and number < planned.request:
                continue
            if planned.kind in WRITE_KINDS and not _writes_a_batch(endpoint):
                continue
            self._struck[place] += 1
            return planned.kind
        if self.rate <= 0 or not self._kinds:
            return None
        random = Random(f"{self._seed}/{number}")
        key = hash(request)
        before = self._in_a_row.get(key, 0)
        if random.random() >= self.rate or before >= self._most:
            self._in_a_row.pop(key, None)
            return None
        kinds = self._kinds
        if not _writes_a_batch(endpoint):
            kinds = tuple(kind for kind in kinds if kind not in WRITE_KINDS)
        if not kinds:
            return None
        self._in_a_row[key] = before + 1
        return random.choice(kinds)

    def instead(self, kind: str, search: bool) -> Answer:
        """The answer a fault gives instead of HubSpot's own."""
        if kind.startswith("429"):
            period = "secondly" if search else "ten_secondly_rolling"
            shape = {
                "status": "error",
                "message": f"You have reached your {period} limit.",
                "correlationId": CORRELATION,
                "category": "RATE_LIMITS",
            }
            if not search:
                shape |= {"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}
            answer = json_answer(shape, 429)
            if kind == "429-retry-after":
                answer.headers["Retry-After"] = str(self.retry_after_seconds)
            return answer
        if kind == "not-json":
            return Answer(200, body=b"upstream connect error or disconnect/reset before headers")
        if kind == "html":
            return html(200, "Just a moment...")
        if kind in ("502", "504", "524"):
            title = {"502": "Bad Gateway", "504": "Gateway Time-out", "524": "A timeout occurred"}
            return html(int(kind), title[kind])
        messages = {
            "409": ("The batch conflicts with existing objects", "CONFLICT"),
            "423": ("The resource is currently locked", "LOCKED"),
            "477": ("The account is being moved to another data center", "MIGRATION_IN_PROGRESS"),
            "500": ("internal error", "INTERNAL_ERROR"),
            "503": ("Service temporarily unavailable", "SERVICE_UNAVAILABLE"),
        }
        message, category = messages[kind]
        shape = {"status": "error", "message": message, "correlationId": CORRELATION}
        answer = json_answer(shape | {"category": category}, int(kind))
        if kind == "477":
            answer.headers["Retry-After"] = str(self.retry_after_seconds)
        return answer

    def cut(self, kind: str, body: bytes) -> bytes:
        """What HubSpot does of a batch before a fault: all of it, half or nothing."""
        if kind not in ("half", "nothing"):
            return body
        shape = json.loads(body)
        inputs = shape.get("inputs") or []
        shape["inputs"] = inputs[: len(inputs) // 2] if kind == "half" else []
        return json.dumps(shape).encode()

    def spoil(self, kind: str, answer: Answer) -> Answer:
        """HubSpot's own answer as it arrives through a fault."""
        if kind in ("half", "502-done") and answer.status < 400:
            return self.instead("500" if kind == "half" else "502", search=False)
        if kind in ("half", "502-done", "nothing"):
            return answer
        if kind == "truncated":
            answer.body = answer.body[: len(answer.body) * 2 // 3]
        elif kind in ON_REQUEST:
            _shorten(answer, keep_half=kind == "short-page")
        elif kind in ("slow", "silent"):
            answer.delay_ms += self.slow_ms if kind == "slow" else self.silence_ms
        else:
            answer.dropped = True
        return answer


def _writes_a_batch(endpoint: str) -> bool:
    return "/batch/" in endpoint and not endpoint.endswith("/batch/read")


def _shorten(answer: Answer, *, keep_half: bool) -> None:
    """Take records off the end of a page; ``after`` leads on to them."""
    shape = json.loads(answer.body)
    records = shape.get("results")
    if not records:
        return
    kept = len(records) // 2 if keep_half else 0
    shape["results"] = records[:kept]
    shape.setdefault("paging", {"next": {"after": str(kept)}})
    answer.body = json_answer(shape).body
