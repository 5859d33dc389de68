"""Runs a push: recovers what a killed run left, plans, checks the plan, carries it out in waves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from hubspot_ingest import telemetry, times
from hubspot_ingest.database.state import retention
from hubspot_ingest.database.state.budgets import Budgets
from hubspot_ingest.database.state.link_leases import LinkLeases
from hubspot_ingest.database.state.push_deferrals import Deferrals
from hubspot_ingest.database.state.push_ledger import Ledger
from hubspot_ingest.database.state.push_plan_rows import PlanRows
from hubspot_ingest.database.state.push_store import Push, Pushes
from hubspot_ingest.database.state.runs import RunLog, Runs, new_run_id
from hubspot_ingest.database.state.stored_state import StoredState, read_stored_state
from hubspot_ingest.errors import DailyLimitReached, IngestError, finishing
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.model import Json
from hubspot_ingest.operations import alerts
from hubspot_ingest.operations.context import Context
from hubspot_ingest.operations.internal_errors import fail_run
from hubspot_ingest.operations.portals import QuotaShare, count_requests
from hubspot_ingest.outbound import opening, recovery, safety
from hubspot_ingest.outbound.link_engine import LinkEngine
from hubspot_ingest.outbound.link_run import GROUPS_AT_ONCE, LinkRun
from hubspot_ingest.outbound.link_turns import LinkTurns
from hubspot_ingest.outbound.lookups import READS_IN_FLIGHT
from hubspot_ingest.outbound.opening import OpenPush
from hubspot_ingest.outbound.planning import SENT_ACTIONS, PushPlanner, Scope
from hubspot_ingest.outbound.push_progress import Progress
from hubspot_ingest.outbound.push_settings import PushSettings
from hubspot_ingest.outbound.rows import Action
from hubspot_ingest.outbound.sending import Sender
from hubspot_ingest.outbound.waves import WaveEngine
from hubspot_ingest.stopwatch import RunCost
from hubspot_ingest.times import MINUTE

Answer = dict[str, Json]

EVERYTHING = Scope()


@dataclass
class PushRun:
    """One run, or one plan, of a push, while its lease is held."""

    context: Context
    push: Push
    settings: PushSettings
    client: Client
    run_id: str
    deadline: int
    pool: ThreadPoolExecutor
    asking: ThreadPoolExecutor
    opened: OpenPush
    share: QuotaShare
    stored: StoredState

    def heartbeat(self) -> None:
        """Say that the run is alive, and adapt to others that use the same portal."""
        now = self.context.clock.now()
        Pushes(self.context.database).renew_lease(self.push.name, self.run_id, now)
        self.share.refresh()

    @property
    def planner(self) -> PushPlanner:
        """Plans this push."""
        return PushPlanner(
            self.opened,
            self.context.database,
            self.client.fetch,
            self.pool,
            heartbeat=self.heartbeat,
        )

    @property
    def engine(self) -> WaveEngine:
        """Carries out this push's plan."""
        definitions = {prop.name: prop for prop in self.opened.properties}
        mapping = self.opened.mapping
        return WaveEngine(
            self.context.database,
            self.context.clock,
            self.push.name,
            mapping,
            definitions,
            Sender(
                self.client.fetch,
                mapping,
                definitions,
                self.run_id,
                self.settings.lifecycle_backward == "clear_first",
            ),
            self.pool,
            self.heartbeat,
            lambda: sum(usage.retries for usage in list(self.client.tally.endpoints.values())),
        )

    @property
    def links(self) -> LinkEngine:
        """Makes this push's associations."""
        database, clock = self.context.database, self.context.clock
        pools = (self.pool, self.asking)
        return LinkEngine(database, clock, self.opened, self.client.fetch, *pools, self.run_id)

    @property
    def turns(self) -> LinkTurns:
        """This run's turn to write associations."""
        leases = LinkLeases(self.context.database, self.opened.portal_id, self.run_id)
        return LinkTurns(leases, self.context.clock, self.deadline)


@contextmanager
def leased(
    context: Context, name: str | None, run_id: str, *, asks_hubspot: bool = True
) -> Iterator[Push]:
    """Be the only run of a push, and see it as it is then.

    One that ``asks_hubspot`` has its push's weight among others. Raises ``UnknownPush`` and
    ``SyncBusy``.
    """
    pushes = Pushes(context.database)
    push = opening.existing_push(pushes, name)
    weight = opening.stored_settings(push).as_sync().weight if asks_hubspot else None
    now = context.clock.now()
    pushes.take_lease(push.name, run_id, now, process=context.process, weight=weight)
    with finishing(lambda: pushes.release_lease(push.name, run_id)):
        # what was configured, or held, up to now counts
        yield opening.existing_push(pushes, push.name)


@contextmanager
def opened_run(
    context: Context,
    push: Push,
    settings: PushSettings,
    client: Client,
    run_id: str,
    deadline: int,
) -> Iterator[PushRun]:
    """The push, checked against its source and portal as they are now."""
    opening.check_may_write(context.database, settings.connection)
    with ThreadPoolExecutor(READS_IN_FLIGHT) as pool, ThreadPoolExecutor(GROUPS_AT_ONCE) as asking:
        # of no sync, but what all share
        stored = read_stored_state(context.database, context.clock.now(), "")
        share = QuotaShare(context, client, settings.as_sync(), stored)
        share.begin()
        try:
            opened = opening.open_settings(context, client, push.name, settings)
            opening.check_portal(push, settings.connection, opened.portal_id)
            if set(opened.mapping.claimed) - set(push.properties):
                # the columns, or the properties, that "*" stands for are others than then
                opening.check_contested(Pushes(context.database), opened)
            yield PushRun(
                context,
                push,
                settings,
                client,
                run_id,
                deadline,
                pool,
                asking,
                opened,
                share,
                stored,
            )
        except DailyLimitReached as error:
            raise share.with_reset_time(error) from error
        finally:
            with suppress(IngestError):
                Budgets(context.database).add(share.end())


@contextmanager
def opened_alone(
    context: Context, name: str | None, new_settings: PushSettings | None = None
) -> Iterator[PushRun]:
    """A push opened under its lease for what is no run: to plan, to adopt, to roll back.

    ``new_settings`` count instead of those that are stored. Raises ``UnknownPush``, ``SyncBusy``,
    and what ``opened_run`` raises.
    """
    now = context.clock.now()
    run_id = new_run_id(now)
    with leased(context, name, run_id) as push:
        settings = new_settings or opening.stored_settings(push)
        deadline = now + round(settings.deadline_minutes * MINUTE)
        with (
            context.client(settings.as_sync(), deadline) as client,
            opened_run(context, push, settings, client, run_id, deadline) as run,
        ):
            yield run


def push_to_hubspot(
    context: Context,
    name: str | None,
    plan_hash: str | None = None,
    scope: Scope = EVERYTHING,
) -> Answer:
    """Run a push now, and answer how it went.

    ``plan_hash`` confirms that plan, and no other is carried out. Raises only what forbids a run to
    begin at all: ``UnknownPush``, ``SyncBusy``, ``Refusal`` for settings.
    """
    now = context.clock.now()
    run_id = new_run_id(now)
    runs, cost = Runs(context.database), RunCost(context.clock)
    progress = Progress()
    with leased(context, name, run_id) as push:
        settings = opening.stored_settings(push)
        log = RunLog(
            run_id, push.name, push.object_type, now, direction="OUT", strategy=settings.strategy
        )
        cost.begin(run_id)
        log.warehouse_seconds = lambda: cost.seconds(run_id)
        runs.add([log])
        try:
            _run(context, push, settings, log, progress, plan_hash, scope)
            _finish(log, progress, context.clock.now())
            runs.save(log)
        except Exception as raised:
            _count(log, progress)
            fail_run(context.database, log, raised, context.clock.now())
        telemetry.event("push", run_id=run_id, status=log.status, requests=log.requests)
    alerts.after_runs(context)
    return answer(log, progress)


def _run(
    context: Context,
    push: Push,
    settings: PushSettings,
    log: RunLog,
    progress: Progress,
    plan_hash: str | None,
    scope: Scope,
) -> None:
    deadline = log.started_at + round(settings.deadline_minutes * MINUTE)
    database, pushes = context.database, Pushes(context.database)
    with context.client(settings.as_sync(), deadline) as client:
        log.watch = client.watch
        try:
            with opened_run(context, push, settings, client, log.run_id, deadline) as run:
                log.destination = f"HubSpot {run.opened.stream.object_type}"
                if run.opened.mapping.claimed != push.properties:
                    pushes.claim(push.name, run.opened.mapping.claimed)
                engine = run.engine
                recovery.recover(engine)
                engine.progress = progress
                daily = retry_due(push, log.started_at)
                scope = Scope(scope.keys, scope.retry_all or daily)
                summary = run.planner.plan(scope, log.started_at, forgets=scope.keys is None)
                log.plan_hash, log.rows_read = summary.hash, summary.rows_source
                log.rows_expected = summary.rows_changed
                whole = scope.keys is None
                safety.check_plan(push.name, settings, summary, push.hold, plan_hash, whole=whole)
                if push.hold is not None:
                    pushes.hold(push.name, None)
                _carry_out(run, engine, summary.hash)
                if daily and whole:
                    pushes.mark_retried(push.name, log.started_at)
                kept_from = log.started_at - settings.keep_images_days * times.DAY
                Ledger(database, push.name).prune_images(kept_from)
                retention.prune(context.database, run.stored, context.clock.now())
        finally:
            count_requests(log, client)


def _carry_out(run: PushRun, engine: WaveEngine, plan_hash: str) -> None:
    """Write the plan's records and their associations; what is left where that ends is said."""
    progress = engine.progress
    try:
        if run.opened.mapping.links:
            links, turns = run.links, run.turns
            plan_rows = PlanRows(run.context.database, run.push.name)
            link_run = LinkRun(run.opened, plan_rows, links, turns, run.heartbeat)
            try:
                with finishing(turns.give_back), finishing(link_run.end_groups):
                    engine.run(plan_hash, link_run.go_on)
                    link_run.finish(plan_hash)
            finally:
                counts = links.counts
                progress.links_added, progress.links_removed = counts.added, counts.removed
        else:
            engine.run(plan_hash)
    except IngestError:
        with suppress(IngestError):
            deferrals = Deferrals(run.context.database, run.push.name)
            now = run.context.clock.now()
            progress.outcomes["DEFERRED"] = deferrals.add(
                run.run_id, plan_hash, (*SENT_ACTIONS, Action.LINK), now
            )
        raise


def retry_due(push: Push, now: int) -> bool:
    """Whether rows that were refused are all tried again, once a day."""
    return push.retried_at is None or now - push.retried_at >= times.DAY


def _count(log: RunLog, progress: Progress) -> None:
    counts = progress.outcomes
    log.rows_inserted = progress.created
    log.rows_updated = progress.updated + counts["CLEARED"]
    log.rows_deleted = counts["ARCHIVED"]
    log.values_misfit = counts["INVALID"] + counts["REJECTED"]


def _finish(log: RunLog, progress: Progress, now: int) -> None:
    _count(log, progress)
    log.status, log.finished_at = "SUCCEEDED", now
    counts = Counter(progress.outcomes)
    counts["CREATED"] = progress.created
    parts = [
        f"{counts[outcome]} {outcome.lower()}"
        for outcome in (
            *("CREATED", "UPDATED", "CLEARED", "ARCHIVED", "LINKED", "ALTERED", "IGNORED", "KEPT"),
            *("SKIPPED", "WAITING", "INVALID", "REJECTED", "UNKNOWN"),
        )
        if counts[outcome]
    ]
    parts += [
        f"{links} {'link' if links == 1 else 'links'} {done}"
        for links, done in ((progress.links_added, "made"), (progress.links_removed, "removed"))
        if links
    ]
    refused = counts["INVALID"] + counts["REJECTED"] + counts["UNKNOWN"]
    reasons = "; PUSH_OUTCOMES has the reasons" if refused else ""
    log.message = f"{', '.join(parts) or 'nothing to send'}{reasons}"


def answer(log: RunLog, progress: Progress) -> Answer:
    """What ``PUSH_TO_HUBSPOT`` returns of a run."""
    counts = progress.outcomes
    return {
        "response_code": log.response_code,
        "message": log.message,
        "run_id": log.run_id,
        "status": log.status,
        "plan_hash": log.plan_hash,
        "rows_source": log.rows_read,
        "rows_changed": log.rows_expected or 0,
        "rows_created": progress.created,
        "rows_updated": progress.updated,
        "rows_cleared": counts["CLEARED"],
        "rows_archived": counts["ARCHIVED"],
        "rows_invalid": counts["INVALID"],
        "rows_rejected": counts["REJECTED"],
        "rows_unknown": counts["UNKNOWN"],
        "rows_kept": counts["KEPT"],
        "links_added": progress.links_added,
        "links_removed": progress.links_removed,
        "requests": log.requests,
        "duration_seconds": ((log.finished_at or log.started_at) - log.started_at) / 1000,
    }
