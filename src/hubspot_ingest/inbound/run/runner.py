"""Runs one sync, or all enabled syncs side by side."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace

from hubspot_ingest import telemetry, times
from hubspot_ingest.database import privileges
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.leases import Leases
from hubspot_ingest.database.state.runs import RunLog, Runs
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.errors import GrantMissing, SyncBusy
from hubspot_ingest.inbound.opening.opening import open_sync, remembered_sync
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.inbound.run.records import Run
from hubspot_ingest.model import Json
from hubspot_ingest.operations import alerts, task_schedules
from hubspot_ingest.operations.context import Context
from hubspot_ingest.operations.freshness import fresh_syncs
from hubspot_ingest.operations.internal_errors import fail_run, reportable_error
from hubspot_ingest.operations.run_cost import RunCost

# Runs within this time tell when a sync was read last, and how long that takes: the longest promise
# is a day.
RECENT = 2 * times.DAY
# The worst status comes first.
WORST_FIRST = ("FAILED", "SKIPPED", "STOPPED", "SUCCEEDED")


def ingest(name: str, context: Context) -> dict[str, Json]:
    """Run a sync now, and answer how it went.

    Raises only what forbids a run to begin at all: ``Refusal``, ``UnknownStream``, ``SyncBusy``.
    """
    log, steps = begin(name, context)
    for _ in steps:
        pass
    alerts.after_runs(context)
    return answer(log)


def ingest_all(context: Context, *, scheduled: bool = True) -> dict[str, Json]:
    """Run every enabled sync, side by side in one process under one governor.

    Without those ``scheduled`` on their own where those run by themselves.
    """
    syncs = [sync for sync in Syncs(context.database).all() if sync.enabled]
    names = [sync.name for sync in syncs if scheduled or task_schedules.runs_with_app(sync)]
    side_by_side = _SideBySide(context)
    side_by_side.begin(names)
    while side_by_side.going:
        side_by_side.step()
    alerts.after_runs(context)
    return _together({name: side_by_side.answers[name] for name in names})


def ingest_fresh(context: Context) -> dict[str, Json]:
    """Run the syncs with ``fresh_within`` whose promise asks for it, side by side.

    While one of them takes long, those that are due meanwhile are run as well, until the task of
    all of them is to end; a run ends before that in any case.
    """
    database, clock = context.database, context.clock
    side_by_side = _SideBySide(context)
    ends_at, look_at = None, clock.now()
    while True:
        now = clock.now()
        if now >= look_at and (ends_at is None or now < ends_at):
            promised = fresh_syncs(Syncs(database).all(), AppState(database).settings())
            due = promised.due(Runs(database).recent(now - RECENT), now)
            if due and ends_at is None:
                ends_at = now + round(promised.longest_deadline * times.MINUTE)
            side_by_side.begin([name for name in due if name not in side_by_side.going], ends_at)
            look_at = now + times.MINUTE
        if not side_by_side.going:
            break
        side_by_side.step()
    if not side_by_side.answers:
        return {"response_code": "OK", "message": "no sync is due", "runs": []}
    alerts.after_runs(context)
    return _together(side_by_side.answers)


class _SideBySide:
    """Runs that take turns in one process, and the answers of those that ended."""

    def __init__(self, context: Context) -> None:
        """No run goes on at first."""
        self._context = context
        self._run_cost = RunCost(context.clock)
        self.answers: dict[str, dict[str, Json]] = {}
        self.going: dict[str, tuple[RunLog, Iterator[None]]] = {}

    def begin(self, names: Sequence[str], ends_at: int | None = None) -> None:
        """Begin runs of some syncs, which end before an instant (epoch ms) if there is one."""
        patient = len(names) == 1 and ends_at is None
        for name in names:
            try:
                self.going[name] = begin(
                    name, self._context, self._run_cost, patient=patient, ends_at=ends_at
                )
            except Exception as error:
                self._fail(name, error)

    def step(self) -> None:
        """Let each run take its turn."""
        for name, (log, steps) in list(self.going.items()):
            try:
                if next(steps, True) is None:
                    continue
                self.answers[name] = answer(log)
            except Exception as error:
                self._fail(name, error)
            del self.going[name]

    def _fail(self, name: str, raised: Exception) -> None:
        """Answer of a run that could not begin, or whose end could not be written."""
        database, now = self._context.database, self._context.clock.now()
        self.answers[name] = reportable_error(database, raised, now, sync=name).as_answer


def begin(
    name: str,
    context: Context,
    shared_cost: RunCost | None = None,
    *,
    patient: bool = True,
    ends_at: int | None = None,
) -> tuple[RunLog, Iterator[None]]:
    """The log of a run and its steps; going through them runs it.

    ``patient`` steps wait for HubSpot, others come back soon so that other runs get their turn;
    those share the cost. The run stops at ``ends_at`` (epoch ms), where its deadline is later.
    """
    run_cost = shared_cost or RunCost(context.clock)
    now = context.clock.now()
    run_id = f"{times.iso(now)[:10]}-{uuid.uuid4().hex[:12]}"
    state, lease = open_sync(context, name, run_id, remember=True)
    if ends_at is not None:
        state = _ending(state, now, ends_at)
    name, settings = state.name, state.settings
    log = RunLog(run_id, name, settings.stream, now)

    def steps() -> Iterator[None]:
        try:
            run_cost.begin(log.run_id)
            log.warehouse_seconds = lambda: run_cost.seconds(log.run_id)
            telemetry.info("run began", sync=name, stream=settings.stream, run_id=log.run_id)
            Runs(context.database).begin(log)
            try:
                try:
                    yield from Run(state, lease, context, log, patient=patient).steps()
                except GrantMissing as error:
                    raise privileges.with_grants(context.database, state.table, error) from error
            except Exception as error:
                fail_run(context.database, log, error, context.clock.now())
            _report_end(log)
        finally:
            lease.release()
            run_cost.end(log.run_id)

    return log, steps()


def _ending(state: SyncState, now: int, ends_at: int) -> SyncState:
    """A sync of which a run ends before ``ends_at``, and early enough to keep its promise.

    Sweeps of a run that is to keep one stop after half of its time: they keep their place.
    """
    settings = state.settings
    minutes = min(settings.deadline_minutes, max(ends_at - now, 1) / times.MINUTE)
    if state.settled_through is not None and settings.fresh_minutes is not None:
        minutes = min(minutes, settings.fresh_minutes / 2)
    return replace(state, settings=settings.model_copy(update={"deadline_minutes": minutes}))


def _report_end(log: RunLog) -> None:
    """Tell the event table how a run ended."""
    facts: dict[str, telemetry.Fact] = {
        "sync": log.sync,
        "stream": log.stream,
        "run_id": log.run_id,
        "status": log.status,
        "response_code": log.response_code,
        "rows_read": log.rows_read,
        "rows_inserted": log.rows_inserted,
        "rows_updated": log.rows_updated,
        "rows_deleted": log.rows_deleted,
        "requests": log.requests,
        "warehouse_seconds": round(log.warehouse_seconds(), 3),
    }
    report = {"FAILED": telemetry.error, "SKIPPED": telemetry.warning}.get(
        log.status, telemetry.info
    )
    report("run ended", **facts)
    telemetry.event("run", **facts)


def start(name: str, context: Context) -> dict[str, Json]:
    """Begin a run of a sync in the background, through its task.

    Raises ``SyncBusy`` when one is going on, and what forbids a run to begin.
    """
    state = remembered_sync(context, name)
    name = state.name
    if Leases(context.database).held(name, context.clock.now()):
        raise SyncBusy(f"a run of {name} is going on already; see the view RUNS")
    task = task_schedules.start(context.database, name, state.settings)
    return {
        "response_code": "OK",
        "message": f"{name} runs in the background; the view RUNS tells how far it is",
        "task": task,
    }


def answer(run: RunLog) -> dict[str, Json]:
    """What ``INGEST_HUBSPOT`` returns of a run."""

    def iso_or_none(instant: int | None) -> str | None:
        return None if instant is None else times.iso(instant)

    return {
        "response_code": run.response_code,
        "message": run.message,
        "run_id": run.run_id,
        "status": run.status,
        "destination": run.destination,
        "rows_read": run.rows_read,
        "rows_inserted": run.rows_inserted,
        "rows_updated": run.rows_updated,
        "rows_deleted": run.rows_deleted,
        "requests": run.requests,
        "duration_seconds": ((run.finished_at or run.started_at) - run.started_at) / 1000,
        "since": iso_or_none(run.since),
        "until": iso_or_none(run.until),
        "settled_through": iso_or_none(run.settled_through),
    }


def _together(answers: dict[str, dict[str, Json]]) -> dict[str, Json]:
    """One answer for many: the code of the worst, and all of them."""
    bad = [run_answer for run_answer in answers.values() if run_answer["response_code"] != "OK"]
    bad.sort(key=lambda run_answer: WORST_FIRST.index(str(run_answer.get("status", "FAILED"))))
    names = [name for name, run_answer in answers.items() if run_answer["response_code"] != "OK"]
    message = f"{len(answers) - len(bad)} of {len(answers)} syncs ran well"
    if bad:
        message += f"; not so {', '.join(names)}: {bad[0]['message']}"
    return {
        "response_code": bad[0]["response_code"] if bad else "OK",
        "message": message if answers else "no sync is enabled; configure one first",
        "runs": [{"sync": name, **run_answer} for name, run_answer in answers.items()],
    }
