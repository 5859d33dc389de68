"""PLAN_PUSH: what a run of a push would do, row by row; nothing is written to HubSpot."""

from __future__ import annotations

from hubspot_ingest import times
from hubspot_ingest.database.state.push_store import Push
from hubspot_ingest.errors import Held
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.hubspot.requests import Bucket
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context
from hubspot_ingest.outbound import push_runner, safety
from hubspot_ingest.outbound.planning import PlanSummary, Scope
from hubspot_ingest.outbound.push_settings import PushSettings, parse_push_settings
from hubspot_ingest.outbound.rows import Action
from hubspot_ingest.settings import sync_name

Answer = dict[str, Json]
BATCH = 100
# Of a first run, more than so many percent of the rows have a record already: ADOPT is offered.
ADOPT_FROM_PERCENT = 50


def plan_push(context: Context, name: str | None, new_settings: Json = None) -> Answer:
    """Say what a run would do, perhaps with other settings, which are not stored.

    Raises ``UnknownPush``, ``SyncBusy``, and ``Refusal`` with the code of what is wrong.
    """
    settings = None if new_settings is None else parse_push_settings(sync_name(name), new_settings)
    now = context.clock.now()
    with push_runner.opened_alone(context, name, settings) as run:
        summary = run.planner.plan(Scope(None, push_runner.retry_due(run.push, now)), now)
        return _report(run.push, run.settings, summary, run.client)


def _report(push: Push, settings: PushSettings, summary: PlanSummary, client: Client) -> Answer:
    writes = write_count(summary)
    reads = client.tally.requests
    requests = {
        Bucket.BURST: reads + writes + summary.target_reads,
        Bucket.ASSOCIATIONS: summary.link_requests,
    }
    limits = client.governor.limits()
    minutes = 0.0
    for bucket, count in requests.items():
        allowed, window = limits[bucket]
        minutes += count / allowed * window / times.MINUTE if allowed else 0.0
    usage = client.governor.usage
    share = None if usage is None else round(100 * sum(requests.values()) / usage.limit, 2)
    verdict = safety.safety_verdict(settings, summary)
    if verdict is None and push.hold is not None:
        verdict = Held(push.hold)
    counts: dict[str, Json] = {str(action): summary.actions[action] for action in Action}
    first_run = settings.strategy == "upsert" and summary.sent_rows == 0
    adopt = first_run and summary.found * 100 > ADOPT_FROM_PERCENT * summary.rows_changed
    codes: dict[str, Json] = dict(summary.codes)
    return {
        "response_code": "OK",
        "message": _message(push.name, summary, verdict, adopt=adopt),
        "plan_hash": summary.hash,
        "rows_source": summary.rows_source,
        "rows_changed": summary.rows_changed,
        "rows_unchanged": max(0, summary.rows_source - summary.rows_changed),
        "counts": counts,
        "invalid": codes,
        "requests": {
            "reads": reads,
            "writes": writes,
            "links": summary.target_reads + summary.link_requests,
        },
        "minutes": round(minutes, 2),
        "share_of_day_percent": share,
        "safety": {
            "verdict": "OK" if verdict is None else "HELD",
            "code": None if verdict is None else verdict.response_code,
            "reason": None if verdict is None else verdict.message,
        },
        "adopt_offered": adopt,
    }


def write_count(summary: PlanSummary) -> int:
    """The writes that a plan needs: each kind of action in batches of its own."""
    updates = summary.actions[Action.UPDATE] + summary.actions[Action.CLEAR]
    kinds = (summary.actions[Action.CREATE], updates, summary.actions[Action.ARCHIVE])
    return sum(-(-rows // BATCH) for rows in kinds)


def _message(name: str, summary: PlanSummary, verdict: Held | None, *, adopt: bool) -> str:
    parts = [
        f"{summary.actions[action]} {str(action).lower()}"
        for action in Action
        if summary.actions[action] and action is not Action.UNCHANGED
    ]
    message = f"{', '.join(parts) or 'nothing to send'}; PUSH_PLAN_ROWS has each row"
    if verdict is not None:
        message += f"; HELD: {verdict.message}"
    if adopt:
        message += (
            f"; most rows have a record in HubSpot: CALL reset_push('{name}', 'adopt') takes them "
            "over without writing"
        )
    return f"{message}; CALL push_to_hubspot('{name}', '{summary.hash}') does this and nothing else"
