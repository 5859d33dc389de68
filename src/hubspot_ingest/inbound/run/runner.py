"""Runs one sync, or all enabled syncs side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from hubspot_ingest import telemetry, times
from hubspot_ingest.database import privileges
from hubspot_ingest.database.state import retention
from hubspot_ingest.database.state.audit_log import Changed
from hubspot_ingest.database.state.runs import RunLog, Runs, new_run_id
from hubspot_ingest.database.state.stored_state import StoredState, read_stored_state
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.errors import GrantMissing, IngestError, SyncBusy
from hubspot_ingest.inbound.load.shapes import shape_views
from hubspot_ingest.inbound.opening.closing import EndingRun, close_runs
from hubspot_ingest.inbound.opening.opening import (
    OpenedSync,
    existing_sync,
    open_sync,
    open_syncs,
    read_sync,
)
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.inbound.run.records import PROGRESS_EVERY, Run
from hubspot_ingest.model import Json
from hubspot_ingest.operations import alerts, stopping, task_schedules
from hubspot_ingest.operations.context import Context
from hubspot_ingest.operations.freshness import fresh_syncs
from hubspot_ingest.operations.internal_errors import reportable_error
from hubspot_ingest.stopwatch import RunCost

# How far back (ms) runs show when a sync was last read and how long its runs take. The longest
# fresh_within is a day.
RECENT = 2 * times.DAY
# How long (ms) a run that has ended waits for others, to be closed together with them.
CLOSED_AFTER = times.MINUTE // 2
# How long (ms) it may take to make views in another shape, after the time that is stored for it.
SHAPES_TAKE = 10 * times.MINUTE

# The worst status comes first.
WORST_FIRST = ("FAILED", "SKIPPED", "STOPPED", "SUCCEEDED")


@dataclass(frozen=True, slots=True)
class GoingRun:
    """A run that was begun: going through its steps runs it; then it is to be closed."""

    ending: EndingRun
    steps: Iterator[None]


def ingest(name: str, context: Context) -> dict[str, Json]:
    """Run a sync now, and answer how it went.

    Raises only what forbids a run to begin at all: ``Refusal``, ``UnknownStream``, ``SyncBusy``.
    """
    run_cost = RunCost(context.clock)
    sync = open_sync(context, name, new_run_id(context.clock.now()), is_run=True)
    run, stored = begin(context, sync, run_cost), sync.state.stored
    for _ in run.steps:
        pass
    _close(context, stored, [run.ending])
    tables_changed = run.ending.tables_changed or _shapes_are_new(stored, [sync.state.name])
    _after_runs(context, stored, tables_changed=tables_changed)
    return answer(run.ending.log)


def ingest_all(context: Context, *, scheduled: bool = True) -> dict[str, Json]:
    """Run every enabled sync, side by side in one process under one governor.

    Without those ``scheduled`` on their own where those run by themselves.
    """
    stored = read_stored_state(context.database, context.clock.now())
    names = [
        sync.name
        for sync in stored.syncs.values()
        if sync.enabled and (scheduled or task_schedules.runs_with_app(sync))
    ]
    side_by_side = _SideBySide(context)
    side_by_side.begin(stored, names)
    while side_by_side.going:
        side_by_side.step()
    _after_runs(context, stored, tables_changed=side_by_side.tables_changed)
    return _together({name: side_by_side.answers[name] for name in names})


def ingest_fresh(context: Context) -> dict[str, Json]:
    """Run the syncs with ``fresh_within`` whose promise asks for it, side by side.

    While one of them takes long, those that are due meanwhile are run as well, until the task of
    all of them is to end; a run ends before that in any case.
    """
    database, clock = context.database, context.clock
    side_by_side = _SideBySide(context)
    stored: StoredState | None = None
    ends_at, look_at = None, clock.now()
    while True:
        now = clock.now()
        if now >= look_at and (ends_at is None or now < ends_at):
            look_at = now + times.MINUTE
            try:
                stored = read_stored_state(database, now)
                promised = fresh_syncs([*stored.syncs.values()], stored.app)
                due = promised.due(Runs(database).recent(now - RECENT), now)
                if due and ends_at is None:
                    ends_at = now + round(promised.longest_deadline * times.MINUTE)
                busy_names = {*side_by_side.going}
                side_by_side.begin(
                    stored, [name for name in due if name not in busy_names], ends_at
                )
            except Exception as error:
                if not side_by_side.going and not side_by_side.answers:
                    raise
                # no run that was begun is left for it; the next look is in a minute
                reportable_error(database, error, now)
        if not side_by_side.going:
            break
        side_by_side.step()
    if stored is None or not side_by_side.answers:
        return {"response_code": "OK", "message": "no sync is due", "runs": []}
    _after_runs(context, stored, tables_changed=side_by_side.tables_changed)
    return _together(side_by_side.answers)


class _SideBySide:
    """Runs that take turns in one process, and the answers of those that ended."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._run_cost = RunCost(context.clock)
        self._ended: list[EndingRun] = []
        self._renewed_at = 0
        self._stored: StoredState | None = None
        self.answers: dict[str, dict[str, Json]] = {}
        self.going: dict[str, GoingRun] = {}
        self.tables_changed = False

    def begin(self, stored: StoredState, names: Sequence[str], ends_at: int | None = None) -> None:
        """Begin runs of some syncs, which end before an instant (epoch ms) if there is one.

        ``stored`` was just read.
        """
        if not names:
            return
        context, self._stored = self._context, stored
        self.tables_changed |= _shapes_are_new(stored, names)
        opened = open_syncs(context, stored, names, lambda: new_run_id(context.clock.now()))
        patient = len(names) == 1 and ends_at is None
        for name, sync in opened.items():
            if isinstance(sync, IngestError):
                self.answers[name] = sync.as_answer
            else:
                self.going[name] = begin(
                    context,
                    sync,
                    self._run_cost,
                    patient=patient,
                    ends_at=ends_at,
                    renew_others=self.renew,
                )

    def renew(self) -> None:
        """Keep the leases of all runs, those that ended and are to be closed among them."""
        now = self._context.clock.now()
        if 0 <= now - self._renewed_at < PROGRESS_EVERY:
            return
        self._renewed_at = now
        for ending in [*self._ended, *(run.ending for run in self.going.values())]:
            # a lease that is lost shows when the run writes next, or is closed
            with suppress(IngestError):
                ending.writer.renew()

    def step(self) -> None:
        """Let each run take its turn, and close together those that ended."""
        for name, run in list(self.going.items()):
            if next(run.steps, True) is not None:
                self._ended.append(self.going.pop(name).ending)
        if not self._ended:
            return
        self.renew()
        waited = self._context.clock.now() - min(run.ended_at for run in self._ended)
        if not self.going or waited >= CLOSED_AFTER:
            _close(self._context, self._stored, self._ended)
            self.tables_changed |= any(run.tables_changed for run in self._ended)
            self.answers |= {run.log.sync: answer(run.log) for run in self._ended}
            self._ended = []


def _after_runs(context: Context, stored: StoredState, *, tables_changed: bool) -> None:
    if stored.app.notifications is not None:
        alerts.after_runs(context)
    now = context.clock.now()
    if stored.has_earlier_days(now):
        retention.prune(context.database, stored, now)
    if tables_changed:
        shape_views.after_changes(context, stored)


def _shapes_are_new(stored: StoredState, names: Sequence[str]) -> bool:
    """Whether views in another shape were asked for since the run before began of some syncs.

    That run did not know of them, so they may lack what it brought; so they may where a call was
    killed before it made them. ``stored`` is as before the runs of now.
    """
    made_at = stored.shapes_made_at
    if stored.shapes_outdated_at is not None:
        return True
    return made_at is not None and any(
        (stored.syncs[name].began_at or 0) <= made_at + SHAPES_TAKE
        for name in names
        if name in stored.syncs
    )


def begin(
    context: Context,
    sync: OpenedSync,
    run_cost: RunCost,
    *,
    patient: bool = True,
    ends_at: int | None = None,
    renew_others: Callable[[], None] = lambda: None,
) -> GoingRun:
    """Begin the run of a sync that was opened.

    ``patient`` steps wait for HubSpot, others come back soon so that other runs get their turn;
    those share the cost, and call ``renew_others`` where they wait all the same. The run stops at
    ``ends_at`` (epoch ms), where its deadline is later.
    """
    state, now = sync.state, context.clock.now()
    if ends_at is not None:
        state = _ending(state, now, ends_at)
    name, settings = state.name, state.settings
    log = RunLog(sync.lease.run_id, name, settings.stream, now)
    # a run that was killed before this one may have added columns that no view shows yet
    follows_killed = state.stored.syncs[name].lease_until is not None
    ending = EndingRun(log, sync.lease, tables_changed=follows_killed)

    def steps() -> Iterator[None]:
        try:
            run_cost.begin(log.run_id)
            log.warehouse_seconds = partial(run_cost.seconds, log.run_id)
            telemetry.info("run began", sync=name, stream=settings.stream, run_id=log.run_id)
            try:
                yield from Run(
                    state, context, ending, patient=patient, renew_others=renew_others
                ).steps()
            except GrantMissing as error:
                raise privileges.with_grants(context.database, state.table, error) from error
        except Exception as error:
            ending.fail(context.database, error, context.clock.now())
        finally:
            log.warehouse_seconds = partial(float, run_cost.seconds(log.run_id))
            run_cost.end(log.run_id)
            ending.ended_at = context.clock.now()

    return GoingRun(ending, steps())


def _ending(state: SyncState, now: int, ends_at: int) -> SyncState:
    """A sync of which a run ends before ``ends_at``, and early enough to keep its promise.

    Sweeps of a run that is to keep one stop after half of its time: they keep their place.
    """
    settings = state.settings
    minutes = min(settings.deadline_minutes, max(ends_at - now, 1) / times.MINUTE)
    if state.settled_through is not None and settings.fresh_minutes is not None:
        minutes = min(minutes, settings.fresh_minutes / 2)
    return replace(state, settings=settings.model_copy(update={"deadline_minutes": minutes}))


def _close(context: Context, stored: StoredState | None, runs: Sequence[EndingRun]) -> None:
    if stored is not None and any(run.tables_changed for run in runs):
        shape_views.expire_shapes(context, stored)
    close_runs(context, runs)
    for run in runs:
        _report_end(run.log)


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
    state = read_sync(context, name, remember=True)
    name = state.name
    if state.stored.syncs[name].is_held(context.clock.now()):
        raise SyncBusy(f"a run of {name} is going on already; see the view RUNS")
    task = task_schedules.start(context.database, name, state.settings)
    return {
        "response_code": "OK",
        "message": f"{name} runs in the background; the view RUNS tells how far it is",
        "task": task,
    }


def stop(name: str, context: Context) -> dict[str, Json]:
    """Ask what goes on with a sync to stop: a run, a comparison, a replay.

    Raises ``UnknownSync``, and ``Refusal`` (``NOTHING_RUNS``).
    """
    sync = existing_sync(Syncs(context.database), name)
    return stopping.ask(context, Changed.SYNC, sync.name, sync.run_id, sync.lease_until)


def answer(run: RunLog) -> dict[str, Json]:
    """What ``INGEST_HUBSPOT`` returns of a run."""
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
        "since": times.iso_or_none(run.since),
        "until": times.iso_or_none(run.until),
        "settled_through": times.iso_or_none(run.settled_through),
    }


def _together(answers: dict[str, dict[str, Json]]) -> dict[str, Json]:
    """One answer for many: the code of the worst, and all of them."""
    bad = {name: run for name, run in answers.items() if run["response_code"] != "OK"}
    worst = min(
        bad.values(),
        key=lambda run: WORST_FIRST.index(str(run.get("status", "FAILED"))),
        default={"response_code": "OK"},
    )
    message = f"{len(answers) - len(bad)} of {len(answers)} syncs ran well"
    if bad:
        message += f"; not so {', '.join(bad)}: {worst['message']}"
    return {
        "response_code": worst["response_code"],
        "message": message if answers else "no sync is enabled; configure one first",
        "runs": [{"sync": name, **run_answer} for name, run_answer in answers.items()],
    }
