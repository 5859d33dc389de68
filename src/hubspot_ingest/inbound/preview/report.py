"""What plans of runs of all streams share: limits, pace and the day as they are, the answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubspot_ingest import credentials, schedules, times
from hubspot_ingest.catalog.stream import Stream
from hubspot_ingest.database.columns import Column
from hubspot_ingest.database.state.budgets import Budgets
from hubspot_ingest.database.state.properties import PortalSchema
from hubspot_ingest.database.state.runs import Runs
from hubspot_ingest.errors import ScopeMissing
from hubspot_ingest.hubspot import requests
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.hubspot.requests import Bucket
from hubspot_ingest.inbound.preview import estimate
from hubspot_ingest.inbound.preview.estimate import Limit, Part
from hubspot_ingest.model import Json, Usage
from hubspot_ingest.operations import credits, portals
from hubspot_ingest.operations.context import Context
from hubspot_ingest.operations.credits import DailyWork
from hubspot_ingest.settings import SyncSettings

# Seconds an answer takes where nothing was measured.
PACE = credits.REQUEST
# Runs within this time tell what a sync takes as the days go by.
MEASURED = 7 * times.DAY


@dataclass(frozen=True, slots=True)
class Planned:
    """The estimated outcome of a run.

    Attributes:
        parts: what it asks, one part after the other.
        rows: how many records its main reading finds; None where HubSpot does not tell.
        at_least: whether more requests may follow than can be known beforehand.
        columns: those the table is about to get, with their labels.
        limits: what HubSpot allows now.
        pace: seconds an answer of an endpoint takes.
        usage: the account's day, None where HubSpot does not tell.
        work: what the sync takes as the days go by.
    """

    sync: str
    stream: str
    strategy: str | None
    why: str
    settings: SyncSettings
    filter_groups: Sequence[Json]
    parts: Sequence[Part]
    rows: int | None
    ddl: Sequence[str]
    columns: Sequence[tuple[Column, str]]
    scopes_missing: Sequence[str]
    plan_hash: str | None
    limits: Mapping[Bucket, Limit]
    pace: Mapping[str, float]
    usage: Usage | None
    work: DailyWork
    at_least: bool = False

    @property
    def requests(self) -> int:
        """How many requests the run sends."""
        return sum(step.count for step in estimate.steps(self.parts))

    @property
    def seconds(self) -> float:
        """How long the run takes by itself."""
        return estimate.seconds(self.parts, self.limits, self.pace, self.rows or 0)


@dataclass(frozen=True, slots=True)
class Prospect:
    """The sync to plan for, and a client of the plan's own; its requests are not the run's."""

    context: Context
    client: Client
    name: str
    settings: SyncSettings
    now: int

    def limits(self) -> dict[Bucket, Limit]:
        """What HubSpot's headers said, less the share of runs that are going on."""
        holders = Budgets(self.context.database).holders(self.now)
        others = portals.weight_of_others(holders, self.context.process, self.settings.connection)
        own = self.settings.weight
        self.client.governor.share(own / (own + others))
        return {
            bucket: Limit(allowed, window / 1000)
            for bucket, (allowed, window) in self.client.governor.limits().items()
        }

    def pace(self, parts: Sequence[Part]) -> dict[str, float]:
        """Seconds an answer takes: as just now, else as in the sync's last runs."""
        measured = {
            endpoint: spent.seconds / spent.count
            for endpoint, spent in self.client.tally.endpoints.items()
        }
        endpoints = {step.endpoint for step in estimate.steps(parts)}
        earlier = {}
        if endpoints - {*measured}:
            earlier = Runs(self.context.database).seconds_per_request(self.name)
        typical = sum(measured.values()) / len(measured) if measured else PACE
        return {
            endpoint: measured.get(endpoint, earlier.get(endpoint, typical))
            for endpoint in endpoints
        }

    def seconds_per_page(self, endpoint: str) -> float:
        """How long a page took that was just read."""
        spent = self.client.tally.endpoints.get(endpoint)
        return PACE if spent is None else spent.seconds / spent.count

    def work(self, parts: Sequence[Part], rows: int | None) -> DailyWork:
        """What the sync took in the last days; else what a daily rotation of ``rows`` would."""
        runs = Runs(self.context.database)
        measured = runs.measured_work(self.name, self.now - MEASURED, self.now)
        if measured is not None:
            statements = credits.IDLE_STATEMENTS
            return DailyWork(
                measured.idle_seconds, statements, measured.seconds_a_day, measured=True
            )
        asked = sum(step.count for step in estimate.steps(parts))
        # everything is read again once a day: about what the first run asks
        seconds_a_day = asked * PACE + (rows or 0) / estimate.ROWS_PER_SECOND
        return credits.assumed_work(1 if parts else 0, seconds_a_day)

    def beginning(self) -> list[Part]:
        """What a run asks before it knows its stream: the portal's id, once per credential."""
        fingerprint = credentials.fingerprint(self.client.access.credential, self.context.base_url)
        portal_id = PortalSchema(self.context.database).portal_id(fingerprint)
        return [] if portal_id is not None else [estimate.once(requests.account())]

    def end(self, parts: Sequence[Part]) -> list[Part]:
        """A long run asks when the day ends, unless an earlier one left that behind."""
        fingerprint = credentials.fingerprint(self.client.access.credential, self.context.base_url)
        usage = Budgets(self.context.database).find(fingerprint)
        remembered = usage is not None and (usage.resets_at or 0) > self.now
        long = sum(step.count for step in estimate.steps(parts)) >= portals.WORTH_ASKING
        asks = long and not remembered and self.client.governor.usage is not None
        return [estimate.once(requests.usage())] if asks else []

    def refused(self, stream: Stream, error: ScopeMissing) -> Planned:
        """The plan of a run that would be SKIPPED."""
        return Planned(
            sync=self.name,
            stream=stream.name,
            strategy=None,
            why=error.message,
            settings=self.settings,
            filter_groups=(),
            parts=(),
            rows=0,
            ddl=(),
            columns=(),
            scopes_missing=error.scopes or stream.scopes,
            plan_hash=None,
            limits=self.limits(),
            pace={},
            usage=self.client.governor.usage,
            work=self.work((), 0),
        )


def answer(planned: Planned) -> dict[str, Json]:
    """What ``PLAN_INGEST`` returns."""
    columns: list[Json] = [
        {
            "column": column.name,
            "type": str(column.type),
            "property": column.property,
            "label": label,
        }
        for column, label in planned.columns
    ]
    seconds = planned.seconds
    return {
        "response_code": "OK",
        "message": _message(planned),
        "sync": planned.sync,
        "stream": planned.stream,
        "strategy": planned.strategy,
        "why": planned.why,
        "filter_groups": [*planned.filter_groups],
        "requests": {**estimate.per_endpoint(planned.parts)},
        "requests_total": planned.requests,
        "at_least": planned.at_least,
        "minutes": round(seconds / 60, 3),
        "rows": planned.rows,
        "daily": _daily(planned.usage, planned.requests),
        "ddl": [*planned.ddl],
        "columns": columns,
        "scopes_missing": [*planned.scopes_missing],
        # a warehouse is held from the run's beginning to its end, waiting included
        "warehouse_seconds": math.ceil(seconds),
        "credits": {
            "run": round(credits.serverless(seconds, credits.IDLE_STATEMENTS), 4),
            **planned.work.answer(),
            "as_configured": _as_configured(planned),
        },
        "plan_hash": planned.plan_hash,
    }


def combined_answer(planned: Sequence[Planned], answers: list[Json]) -> dict[str, Json]:
    """What ``PLAN_INGEST_ALL`` returns: the runs go on side by side under the same limits."""
    parts = [part for plan in planned for part in plan.parts]
    pace = {endpoint: seconds for plan in planned for endpoint, seconds in plan.pace.items()}
    limits = {bucket: limit for plan in planned for bucket, limit in plan.limits.items()}
    seconds = max(
        [
            *(plan.seconds for plan in planned),
            *(estimate.held_up(parts, bucket, limit, pace) for bucket, limit in limits.items()),
        ],
        default=0.0,
    )
    count = sum(plan.requests for plan in planned)
    rows = sum(plan.rows for plan in planned if plan.rows is not None)
    message = (
        f"{len(answers)} enabled syncs: about {rows} rows, {count} requests, {_minutes(seconds)}"
        if answers
        else "no sync is enabled; configure one first"
    )
    return {
        "response_code": "OK",
        "message": message,
        "plans": answers,
        "requests_total": count,
        "minutes": round(seconds / 60, 3),
        "rows": rows,
        "credits": {
            "run": round(credits.serverless(seconds, credits.IDLE_PASS_STATEMENTS), 4),
            **credits.together([plan.work for plan in planned]).answer(),
        },
    }


def _as_configured(planned: Planned) -> float | None:
    """Credits a day as the sync's own schedule or promise says; None where it has none."""
    settings = planned.settings
    promise = settings.fresh_minutes
    # a sync is asked at the last look before its promise ends
    every = schedules.longest_gap(settings.schedule) if promise is None else promise - 1
    return None if every is None else round(planned.work.on_serverless(every), 4)


def _daily(usage: Usage | None, asked: int) -> dict[str, Json]:
    """The account's day; ``remaining`` is what the run leaves to others."""
    if usage is None:
        return {"limit": None, "used": None, "remaining": None, "share_percent": None}
    return {
        "limit": usage.limit,
        "used": usage.used,
        "remaining": max(0, usage.limit - usage.used - asked),
        "share_percent": round(100 * asked / usage.limit, 3),
    }


def _message(planned: Planned) -> str:
    if planned.strategy is None:
        return f"a run of {planned.sync} would be skipped: {planned.why}"
    rows = "an unknown number of" if planned.rows is None else f"about {planned.rows}"
    least = "at least " if planned.at_least else ""
    message = (
        f"a run of {planned.sync} would read {rows} {planned.stream} by {planned.strategy} with "
        f"{least}{planned.requests} requests in {least}{_minutes(planned.seconds)}"
    )
    usage = planned.usage
    if usage is not None:
        free = usage.limit * (1 - planned.settings.reserve_percent / 100) - usage.used
        if planned.requests > free:
            message += (
                f"; {max(0, round(free))} requests are left today before the reserve for other "
                "apps begins: it would stop there, and the next run carry on"
            )
    if planned.seconds > planned.settings.deadline_minutes * 60:
        runs = math.ceil(planned.seconds / (planned.settings.deadline_minutes * 60))
        message += f"; its deadline parts it into about {runs} runs"
    if planned.scopes_missing:
        message += f"; the credential lacks {', '.join(planned.scopes_missing)}"
    return message


def _minutes(seconds: float) -> str:
    return "less than a minute" if seconds < 60 else f"{seconds / 60:.1f} minutes"
