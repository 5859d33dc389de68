"""RECONCILE: compares a sync's table with HubSpot on request."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager

from hubspot_ingest import times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.stream import RecordStream
from hubspot_ingest.database import cleanup
from hubspot_ingest.database.state.budgets import Budgets
from hubspot_ingest.database.state.certificates import Certificate
from hubspot_ingest.database.state.page_archive import PageArchive
from hubspot_ingest.database.state.progress import StateWriter
from hubspot_ingest.database.state.runs import RunLog, Runs, new_run_id
from hubspot_ingest.errors import IngestError, Refusal, SyncBusy, finishing
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.hubspot.fetch import ResigningFetch
from hubspot_ingest.inbound.deletions import left_links
from hubspot_ingest.inbound.extract.portal_calendar import portal_calendar
from hubspot_ingest.inbound.load.loader import Loader
from hubspot_ingest.inbound.load.page_recorder import PageRecorder
from hubspot_ingest.inbound.load.shapes import shape_views
from hubspot_ingest.inbound.load.table_loader import TableLoader
from hubspot_ingest.inbound.opening.opening import open_sync, read_sync
from hubspot_ingest.inbound.opening.portal_check import checked_portal
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.inbound.plan import due
from hubspot_ingest.inbound.reconcile.certificate import compare_and_certify, comparison_message
from hubspot_ingest.inbound.reconcile.comparison import Comparison
from hubspot_ingest.inbound.reconcile.repairs import Repairs
from hubspot_ingest.model import Json
from hubspot_ingest.operations import alerts, portals, task_schedules
from hubspot_ingest.operations.context import Context
from hubspot_ingest.operations.internal_errors import reportable_error
from hubspot_ingest.operations.portals import count_requests
from hubspot_ingest.stopwatch import RunCost

TICK = 1.0
STRATEGY = "RECONCILE"


def start(context: Context, name: str) -> dict[str, Json]:
    """Begin a comparison in the background, through a task of its own.

    Raises ``SyncBusy`` while a run or a comparison goes on, and what forbids one to begin.
    """
    state = read_sync(context, name)
    _check_loaded(state)
    if state.stored.syncs[state.name].is_held(context.clock.now()):
        raise SyncBusy(f"a run of {state.name} is going on already; see the view RUNS")
    task = task_schedules.start_comparison(context.database, state.name, state.settings)
    return {
        "response_code": "OK",
        "message": f"the table of {state.name} is compared in the background; the view "
        "COMPLETENESS tells what was found, the view ERRORS what kept it from being done",
        "task": task,
    }


def in_background(context: Context, name: str) -> dict[str, Json]:
    """As ``reconcile``, for a task: whoever began it has no answer, so ERRORS has the reason."""
    try:
        return reconcile(context, name)
    except IngestError as error:
        # of an unforeseen one the trace is there already
        if error.response_code != IngestError.code:
            now = context.clock.now()
            Runs(context.database).log_error(None, name, error.response_code, error.message, now)
        raise
    except Exception as error:
        now = context.clock.now()
        raise reportable_error(context.database, error, now, sync=name) from error


def reconcile(context: Context, name: str) -> dict[str, Json]:
    """Compare a sync's table with HubSpot, repair it, and certify what was found.

    Raises ``UnknownSync``, ``Refusal`` for what cannot be compared, ``SyncBusy``, and what keeps
    HubSpot from being read at all; nothing was changed then.
    """
    began = context.clock.now()
    run_id = new_run_id(began)
    sync = open_sync(context, name, run_id)
    state, lease = sync.state, sync.lease
    log = RunLog(run_id, state.name, state.settings.stream, began, strategy=STRATEGY)
    run_cost = RunCost(context.clock)
    run_cost.begin(run_id)
    log.warehouse_seconds = lambda: run_cost.seconds(run_id)
    log.destination, log.settled_through = str(state.table), state.settled_through
    changes: list[str] = []

    def expire_shapes() -> None:
        if changes:
            shape_views.expire_shapes(context, state.stored)

    def update_shapes() -> None:
        if changes:
            shape_views.after_changes(context, state.stored)

    with finishing(update_shapes), lease, finishing(expire_shapes):
        _check_loaded(state)
        deadline = began + round(state.settings.deadline_minutes * times.MINUTE)
        with _open_client(context, state, deadline) as (client, refresh):
            log.watch = client.watch
            lease.on_stop = client.stop
            with (
                closing(
                    _comparison(
                        context,
                        client,
                        state,
                        lease,
                        refresh,
                        log,
                        on_changed=lambda: changes.append(str(state.table)),
                    )
                ) as comparison,
                finishing(comparison.repairs.loader.tables.close),
                _in_runs(context, log, client),
            ):
                steps = compare_and_certify(comparison, lease, lambda: client.tally.requests)
                certificate = _run_to_end(steps)
                stopped = comparison.repairs.result.stopped
                log.message = comparison_message(certificate, comparison.repairs.result)
                log.status = "SUCCEEDED" if stopped is None else stopped.status
                log.response_code = "OK" if stopped is None else stopped.response_code
        ended = certificate.result != "INCOMPLETE"
        sweeps = due.state_after_comparison(state.sweeps, began, ended=ended)
        untold = comparison.repairs.loader.unread_links
        lease.keep_sweeps(left_links.with_few_unlinked(sweeps, untold))
    cleanup.clear(context.database)
    alerts.after_runs(context)
    return _answer(certificate, log)


@contextmanager
def _in_runs(context: Context, log: RunLog, client: Client) -> Iterator[None]:
    """Add a row to RUNS once the comparison has ended, with what its requests cost."""

    def add_row() -> None:
        count_requests(log, client)
        Runs(context.database).add([log])

    with finishing(add_row):
        try:
            yield
            log.finished_at = context.clock.now()
        except Exception as raised:
            now = context.clock.now()
            ids = {"run_id": log.run_id, "sync": log.sync}
            error = reportable_error(context.database, raised, now, **ids)
            # whoever called has the answer
            log.fail(error, now)
            if error is raised:
                raise
            raise error from raised


def _check_loaded(state: SyncState) -> None:
    """Raises ``Refusal`` where there is nothing that could be compared."""
    if state.settled_through is None:
        reason = state.forgotten or "no run has come to its end yet"
        raise Refusal(
            f"{state.name} has not been loaded whole: {reason}; "
            f"run CALL ingest_hubspot('{state.name}') first",
            code="NOT_LOADED",
        )


def _run_to_end(steps: Generator[None, None, Certificate]) -> Certificate:
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            certificate: Certificate = ended.value
            return certificate


@contextmanager
def _open_client(
    context: Context, state: SyncState, deadline: int
) -> Iterator[tuple[Client, Callable[[], None]]]:
    with context.client(state.settings, deadline) as client:
        share = portals.QuotaShare(context, client, state.settings, state.stored)
        share.begin()
        with finishing(lambda: Budgets(context.database).add(share.end())):
            yield client, share.refresh


def _comparison(
    context: Context,
    client: Client,
    state: SyncState,
    lease: StateWriter,
    refresh: Callable[[], None],
    log: RunLog,
    on_changed: Callable[[], None],
) -> Comparison:
    stream = lookup.find(state.settings.stream, client.fetch)
    if not isinstance(stream, RecordStream):
        raise Refusal(
            f"{stream.name} is read whole, or has nothing that could be counted: its runs are its "
            "comparison",
            code="NOT_COMPARABLE",
        )
    if not state.existing_table.types:
        raise Refusal(
            f"{state.table} does not exist: {state.name} has found no record yet", code="NOT_LOADED"
        )
    with checked_portal(context, state, client) as portal:
        portal_id = portal()
    lease.earned_on = state.earned_from(portal_id, lease.version)
    settled_through = int(state.settled_through or 0)
    now = context.clock.now()
    calendar = portal_calendar(client.fetch, state.settings, now)
    run_plan = state.plan_of_table(stream, state.properties, now, calendar)
    if not run_plan.stream.updated:
        raise Refusal(
            f"{stream.name} of this portal have no time of change to count by: every run reads "
            "them whole, and is their comparison",
            code="NOT_COMPARABLE",
        )

    def heartbeat() -> None:
        refresh()
        client.access.settle()
        lease.renew()

    recorder: PageRecorder | None = None
    if days := state.app.keep_pages_days:
        archive, manifest = PageArchive(context.database), state.manifest(run_plan, portal_id)
        recorder = PageRecorder(archive, state.name, lease.run_id, days, manifest)
    tables = TableLoader(
        context.database,
        lease.run_id,
        context.clock,
        heartbeat,
        TICK,
        state.existing_table,
        recorder=recorder,
        beside=state.tables.beside,
        granted=state.granted_tables,
        on_changed=on_changed,
    )
    # one request that is never answered is not to keep the sync until the deadline
    fetch = ResigningFetch(client.fetch)
    loader = Loader(tables, fetch, run_plan, portal_id, run_plan.association_columns)
    repairs = Repairs(loader, settled_through, lambda result: result.count_in(log))
    return Comparison(repairs, thorough=True)


def _answer(certificate: Certificate, log: RunLog) -> dict[str, Json]:
    differences: list[Json] = [{"id": id, "kind": kind} for id, kind in certificate.differences]
    return {
        "response_code": log.response_code,
        "message": log.message,
        "sync": certificate.sync,
        "run_id": certificate.run_id,
        "result": certificate.result,
        "hubspot_records": certificate.hubspot_records,
        "table_records": certificate.table_records,
        "missing": certificate.missing,
        "extra": certificate.extra,
        "stale": certificate.stale,
        "changed_meanwhile": certificate.changed_meanwhile,
        "repaired": certificate.repaired,
        "requests": certificate.requests,
        "one_by_one_since": times.iso_or_none(certificate.one_by_one_since),
        "differences": differences,
    }
