"""Counts what a run of a push did so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Progress:
    """What a run did so far, by outcome; ``altered_new`` are records made with another value."""

    outcomes: Counter[str] = field(default_factory=Counter)
    altered_new: int = 0
    links_added: int = 0
    links_removed: int = 0

    @property
    def created(self) -> int:
        """Records that were made, whatever HubSpot stored of their values."""
        return self.outcomes["CREATED"] + self.altered_new

    @property
    def updated(self) -> int:
        """Records that were there and were written, likewise."""
        done = sum(self.outcomes[outcome] for outcome in ("UPDATED", "ALTERED", "IGNORED"))
        return done - self.altered_new

    @property
    def sent(self) -> int:
        """Rows that HubSpot decided on."""
        done = ("CREATED", "UPDATED", "CLEARED", "ARCHIVED", "ALTERED", "IGNORED", "REJECTED")
        return sum(self.outcomes[outcome] for outcome in done)
