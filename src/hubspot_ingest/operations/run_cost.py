"""What runs cost: requests, and a procedure's time, shared among those that go on side by side."""

from __future__ import annotations

from dataclasses import asdict

from hubspot_ingest.database.state.runs import RunLog
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.times import Clock


def count_requests(log: RunLog, client: Client) -> None:
    """Say in the row of a run what its requests cost, altogether and by endpoint."""
    spent = client.tally.endpoints
    log.requests = client.tally.requests
    log.bytes = sum(usage.bytes for usage in spent.values())
    log.endpoints = [{"endpoint": endpoint, **asdict(usage)} for endpoint, usage in spent.items()]


class RunCost:
    """Shares out the seconds of a procedure, so that the runs' shares add up to what is billed.

    A warehouse bills the procedure's seconds however many runs go on in it, waiting included.
    """

    def __init__(self, clock: Clock) -> None:
        """The time before the first run begins counts for none."""
        self._clock = clock
        self._at = clock.now()
        self._going: dict[str, float] = {}

    def begin(self, run_id: str) -> None:
        """From now on a run has its share."""
        self._share()
        self._going[run_id] = 0.0

    def seconds(self, run_id: str) -> float:
        """A run's share so far; nothing once it has ended."""
        self._share()
        return self._going.get(run_id, 0.0)

    def end(self, run_id: str) -> None:
        """From now on the others share without it."""
        self._share()
        self._going.pop(run_id, None)

    def _share(self) -> None:
        now = self._clock.now()
        for run_id in self._going:
            self._going[run_id] += (now - self._at) / 1000 / len(self._going)
        self._at = now
