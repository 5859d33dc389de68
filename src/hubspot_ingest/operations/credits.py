"""Estimates what runs cost in Snowflake's credits, from their seconds and statements. Pure.

Sources: Snowflake, "Understanding compute cost": compute-hours are counted by the second, rounded
up; a warehouse bills at least a minute each time it is resumed; cloud services are charged where
they exceed 10 % of the day's warehouse credits, which serverless compute does not take part in. The
rates: Snowflake's Service Consumption Table as of 13 January 2026, tables 1(a) and 5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hubspot_ingest.model import Json
from hubspot_ingest.schedules import MINUTES_A_DAY

HOUR = 3600
# Credits an hour: an XSMALL warehouse, a serverless task of that size, cloud services.
WAREHOUSE = 1.0
SERVERLESS = 0.9
CLOUD_SERVICES = 4.4
INCLUDED = 0.1
# Seconds that a warehouse with AUTO_SUSPEND = 60 goes on after the last statement: more than the
# minute that is billed at least.
SUSPENDED_AFTER = 60
# Assumptions, not measured in an account: the seconds that a small statement takes, that of it in
# cloud services, and those that HubSpot takes for an answer.
STATEMENT = 0.15
CLOUD_STATEMENT = 0.01
REQUEST = 0.3
# Statements of a run that finds nothing, and of a pass over many syncs that finds nothing.
IDLE_STATEMENTS = 8
IDLE_PASS_STATEMENTS = 8
COMPARED_MINUTES = (5, 15, 60)


def cloud_services(statements: float) -> float:
    """Credits of some statements in the cloud services layer."""
    return statements * CLOUD_STATEMENT * CLOUD_SERVICES / HOUR


def serverless(seconds: float, statements: float = 0) -> float:
    """Credits of one procedure in a serverless task."""
    return math.ceil(seconds) * SERVERLESS / HOUR + cloud_services(statements)


def warehouse(seconds: float, statements: float = 0) -> float:
    """Credits of one procedure that wakes an XSMALL warehouse up and is the last on it."""
    compute = (seconds + SUSPENDED_AFTER) * WAREHOUSE / HOUR
    return compute + max(0.0, cloud_services(statements) - INCLUDED * compute)


@dataclass(frozen=True, slots=True)
class DailyWork:
    """What syncs that run together take as the days go by, in seconds of their procedure.

    ``idle_seconds`` is of a run that finds nothing, ``idle_statements`` what it sends;
    ``seconds_a_day`` are what changes, sweeps and comparisons take beside that. ``measured``: by
    runs of the last days.
    """

    idle_seconds: float
    idle_statements: int
    seconds_a_day: float
    measured: bool

    def on_serverless(self, every_minutes: float) -> float:
        """Credits a day of a serverless task that comes every so many minutes."""
        runs = MINUTES_A_DAY / every_minutes
        idle = runs * serverless(self.idle_seconds, self.idle_statements)
        return idle + self.seconds_a_day * SERVERLESS / HOUR

    def on_warehouse(self, every_minutes: float) -> float:
        """Credits a day of an XSMALL warehouse that is woken up every so many minutes.

        It runs no longer than the day.
        """
        runs = MINUTES_A_DAY / every_minutes
        idle = runs * warehouse(self.idle_seconds, self.idle_statements)
        return min(24 * WAREHOUSE, idle + self.seconds_a_day * WAREHOUSE / HOUR)

    def answer(self) -> dict[str, Json]:
        """Credits a day by how often the syncs run."""
        return {
            "estimate": True,
            "basis": "runs of the last days" if self.measured else "assumptions",
            "day": {
                f"{minutes} MINUTES": round(self.on_serverless(minutes), 4)
                for minutes in COMPARED_MINUTES
            },
            "day_on_warehouse": {
                f"{minutes} MINUTES": round(self.on_warehouse(minutes), 4)
                for minutes in COMPARED_MINUTES
            },
        }


def assumed_work(requests: int, seconds_a_day: float) -> DailyWork:
    """Of a sync that has not run: an idle run of so many requests, and a day's work."""
    idle = IDLE_STATEMENTS * STATEMENT + requests * REQUEST
    return DailyWork(idle, IDLE_STATEMENTS, seconds_a_day, measured=False)


def together(works: Sequence[DailyWork]) -> DailyWork:
    """Of syncs that run in one pass, which sends some statements for all of them."""
    alone = IDLE_STATEMENTS * STATEMENT
    shared = IDLE_PASS_STATEMENTS * STATEMENT if works else 0.0
    return DailyWork(
        shared + sum(max(0.0, work.idle_seconds - alone) for work in works),
        IDLE_PASS_STATEMENTS if works else 0,
        sum(work.seconds_a_day for work in works),
        measured=bool(works) and all(work.measured for work in works),
    )
