"""Reads by id in batches; what HubSpot did not read is asked for again, never taken for gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hubspot_ingest.model import BatchOutcome

# How often an id is asked for that HubSpot refuses to read.
ATTEMPTS = 3


def read_batches(
    ids: Sequence[str], size: int, ask: Callable[[Sequence[str]], BatchOutcome]
) -> dict[str, str]:
    """Ask for ``ids``, ``size`` at a time; returns those that were not read, each with the reason.

    An id that did not come counts as read where HubSpot named it as not found, or left it out of
    two answers without errors of another kind.
    """
    unread: dict[str, str] = {}
    for start in range(0, len(ids), size):
        pending = ids[start : start + size]
        left_out: set[str] = set()
        for _ in range(ATTEMPTS):
            outcome = ask(pending)
            clear = outcome.arrived | outcome.not_found
            if not outcome.refusal:
                clear |= left_out
                left_out |= {*pending}
            pending = [id for id in pending if id not in clear]
            if not pending:
                break
        unread |= dict.fromkeys(pending, outcome.refusal or "LEFT_OUT")
    return unread
