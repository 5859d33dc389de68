"""How a portal takes writes where the evidence is open: the knobs of a sandbox for writing."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from hubspot_sandbox.answers import refusal

_ANY_NAME: tuple[tuple[str, ...], ...] = (("email", "firstname", "lastname"),)
REQUIRED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "contacts": _ANY_NAME,
    "companies": (("name", "domain"),),
    "deals": (("dealname",), ("dealstage",), ("pipeline",)),
    "tickets": (("subject",), ("hs_pipeline_stage",), ("hs_pipeline",)),
    "notes": (("hs_timestamp",),),
    "tasks": (("hs_timestamp",),),
    "calls": (("hs_timestamp",),),
    "meetings": (("hs_timestamp",),),
    "emails": (("hs_timestamp",),),
    "products": (("name",),),
    "quotes": (("hs_title",), ("hs_expiration_date",)),
}
"""What a new record needs, by object type: one of each group (BEHAVIOR H180)."""

PARTIAL = ("trace-ids", "always", "never")
"""When the good inputs of a batch are written though others are refused (BEHAVIOR H85)."""


@dataclass(frozen=True, slots=True)
class WriteRules:
    """What HubSpot does with writes. The defaults are what is best known; the rest can be asked.

    Attributes:
        partial: one of `PARTIAL`; ``never`` refuses a whole batch for one input, even with trace
            ids.
        keeps_before_refusal: a refused batch keeps what it wrote before the bad input.
        partial_status: the status of a partial answer; None for the version's own (H175).
        shuffles: results come in another order than the inputs (H176).
        echoes_trace_ids: a result carries the trace id of its input (H176).
        equal_values_modify: writing the values there are moves the modification time (H184).
        ignores_read_only: read-only properties are left out instead of refused (H86).
        required: what a new record needs, by object type (H180).
        dead_ids_fail_links: one id that is no record refuses a whole association batch (H190).
        primary_for: object types whose first company becomes their primary one (H191).
        most_links: how many inputs association batches take whose limit no page names (H194).
        enforcing_versions: the versions that hold writes to the admins' rules (H182, H183).
        writes_per_second: beyond so many writes a second the portal is locked (H198).
        lock_ms: how long it is locked.
        reformats_phones: phone numbers are stored in a form of HubSpot's (H181).
    """

    partial: str = "trace-ids"
    keeps_before_refusal: bool = False
    partial_status: int | None = None
    shuffles: bool = True
    echoes_trace_ids: bool = True
    equal_values_modify: bool = False
    ignores_read_only: bool = False
    required: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=lambda: REQUIRED)
    dead_ids_fail_links: bool = False
    primary_for: frozenset[str] = frozenset({"contacts", "deals", "tickets"})
    most_links: int = 1_000
    enforcing_versions: frozenset[str] = frozenset({"2026-09"})
    writes_per_second: int | None = None
    lock_ms: int = 2_000
    reformats_phones: bool = False

    def __post_init__(self) -> None:
        """Refuse an unknown word.

        Raises:
            ValueError: ``partial`` is none of `PARTIAL`.
        """
        if self.partial not in PARTIAL:
            raise ValueError(f"no partial answers {self.partial!r}; there are {', '.join(PARTIAL)}")


@dataclass(slots=True)
class WriteLock:
    """Locks a portal that is written to too quickly (BEHAVIOR H198). Times are milliseconds."""

    locked_until: int = -1
    recent: deque[int] = field(default_factory=deque)

    def admit(self, writes: int, rules: WriteRules, now: int) -> None:
        """Count writes in.

        Raises:
            Refusal: 423 while the portal is locked, or when these are too many within a second.
        """
        if rules.writes_per_second is None:
            return
        while self.recent and self.recent[0] <= now - 1_000:
            self.recent.popleft()
        if len(self.recent) + writes > rules.writes_per_second:
            self.locked_until = now + rules.lock_ms
            self.recent.clear()
        if now < self.locked_until:
            raise refusal(423, "The resource is currently locked", "LOCKED")
        self.recent.extend([now] * writes)
