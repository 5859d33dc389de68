"""Days of an account that four apps share: ours, and three that take what they please."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import pytest

from hubspot_ingest.errors import DailyLimitReached, DeadlineReached
from hubspot_ingest.hubspot.rate_limits import Governor
from hubspot_ingest.hubspot.requests import Bucket
from hubspot_ingest.model import Usage
from hubspot_ingest.times import DAY
from tests.builders import NOW, FakeClock

MINUTE = 60_000
LIMIT = 2_000
RESERVE_PERCENT = 20
RESERVED = LIMIT * RESERVE_PERCENT // 100
FIRST_MIDNIGHT = (NOW // DAY + 1) * DAY
RUN = 50 * MINUTE


@dataclass
class Account:
    """Counts a day's requests where HubSpot does."""

    clock: FakeClock
    used: int = 0
    refused: int = 0
    in_reserve: int = 0
    ours: int = 0
    others: int = 0
    days: list[tuple[int, int]] = field(default_factory=list)

    def ask(self) -> dict[str, str]:
        """A request of ours; the headers of its answer."""
        left = LIMIT - self.used
        self.refused += left <= 0
        self.in_reserve += left <= RESERVED
        self.used += 1
        self.ours += 1
        return {
            "x-hubspot-ratelimit-daily": str(LIMIT),
            "x-hubspot-ratelimit-daily-remaining": str(max(0, LIMIT - self.used)),
        }

    def asked_when(self) -> None:
        """The one request that may come out of the reserve: when does the day end?"""
        self.used += 1
        self.ours += 1

    def other(self) -> None:
        """A request of another app, refused or not."""
        if self.used < LIMIT:
            self.used += 1
            self.others += 1

    def usage(self) -> Usage:
        now = self.clock.now()
        return Usage(LIMIT, self.used, (now // DAY + 1) * DAY, now)

    def end_day(self) -> None:
        self.days.append((self.ours, self.others))
        self.used = self.ours = self.others = 0


def run(account: Account, clock: FakeClock, usage: Usage | None, random: Random) -> Usage | None:
    """One run of ours: list pages, whose answers tell, or searches, whose answers do not."""
    governor = Governor(clock)
    governor.reserve(RESERVE_PERCENT)
    if usage is not None:
        governor.remember(usage)
    bucket = random.choice([Bucket.BURST, Bucket.SEARCH])
    deadline = clock.now() + RUN
    try:
        while True:
            asks = governor.usage_due()
            sent = governor.admit(bucket, deadline, of_reserve=asks)
            governor.mark_sent(bucket, sent)
            headers = account.ask()
            if asks:
                governor.learn(account.usage())
            clock.advance(random.randint(1_000, 9_000))
            governor.answered(bucket, sent, headers if bucket is Bucket.BURST else {}, True)
    except (DailyLimitReached, DeadlineReached):
        usage = governor.usage
        if usage is not None and usage.resets_at is None:
            account.asked_when()
            governor.learn(account.usage())
    return governor.usage


def simulate(days: int, seed: int) -> Account:
    """Runs of ours every hour, all of them with more to read than a day allows."""
    random = Random(seed)
    clock = FakeClock(FIRST_MIDNIGHT)
    account = Account(clock)
    usage: Usage | None = None
    for day in range(days):
        begins = FIRST_MIDNIGHT + day * DAY
        for _ in range(3):
            for _ in range(random.randint(0, round(LIMIT * 0.8)) // 3):
                clock.at(begins + random.randrange(DAY - MINUTE), account.other)
        for hour in range(23):
            clock.advance(max(0, begins + hour * 60 * MINUTE - clock.now()))
            usage = run(account, clock, usage, random) or usage
        clock.advance(begins + DAY - clock.now() - 1)
        account.end_day()
        clock.advance(1)
    return account


def holds(account: Account) -> None:
    assert account.refused == 0
    # another app can take what is left between two answers: that shows with the next one
    assert account.in_reserve <= len(account.days) * 0.01 * RESERVED
    for ours, others in account.days:
        assert ours >= 0.9 * (LIMIT - RESERVED - others)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_hundred_days_beside_three_other_apps_break_no_limit_and_waste_nothing(
    seed: int,
) -> None:
    holds(simulate(100, seed))
