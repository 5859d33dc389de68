"""The longest gap between two runs, by which a sync is late."""

from __future__ import annotations

import pytest

from hubspot_ingest.schedules import longest_gap

HOUR = 60
DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("schedule", "minutes"),
    [
        ("60 MINUTES", HOUR),
        ("1 MINUTE", 1),
        ("USING CRON 0 * * * * UTC", HOUR),
        ("USING CRON */15 * * * * UTC", 15),
        ("USING CRON 5/20 * * * * UTC", 20),
        ("USING CRON 0 6,18 * * * UTC", 12 * HOUR),
        ("USING CRON 30 9-17 * * * UTC", 16 * HOUR),
        ("USING CRON 0 9 * * MON-FRI Europe/Berlin", 3 * DAY),
        ("USING CRON 0 0 1 * * UTC", 31 * DAY),
        ("USING CRON 0 0 L * * UTC", 31 * DAY),
        ("USING CRON 0 0 * * 0L UTC", 35 * DAY),
        ("USING CRON 0 0 1 * MON UTC", 7 * DAY),
        ("USING CRON 0 0 1 JAN,JUL * UTC", 184 * DAY),
        ("USING CRON 0 0 31 2 * UTC", None),
        ("USING CRON a b c d e UTC", None),
        (None, None),
    ],
)
def test_the_longest_gap_of_a_schedule(schedule: str | None, minutes: int | None) -> None:
    assert longest_gap(schedule) == minutes
