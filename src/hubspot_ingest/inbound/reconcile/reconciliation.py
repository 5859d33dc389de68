"""RECONCILE: compares a sync's table with HubSpot on request."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager

from hubspot_ingest import times
from hubspot_ingest.app_settings import AppSettings
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.stream import RecordStream
from hubspot_ingest.database import sql
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.certificates import Certificate
from hubspot_ingest.database.state.leases import Leases
from hubspot_ingest.database.state.properties import PortalSchema
from hubspot_ingest.database.state.runs import Runs
from hubspot_ingest.database.state.syncs import Sync, Syncs
from hubspot_ingest.errors import IngestError, Refusal, SyncBusy, UnknownSync
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.inbound.load import destination, page_recorder, run_manifest
from hubspot_ingest.inbound.load.loader import Loader
from hubspot_ingest.inbound.load.page_recorder import PageRecorder
from hubspot_ingest.inbound.plan import due, plan
from hubspot_ingest.inbound.reconcile.certificate import compare_and_certify, comparison_message
from hubspot_ingest.inbound.reconcile.comparison import Comparison, ComparisonResult
from hubspot_ingest.model import Json
from hubspot_ingest.operations import alerts, quota_share, task_schedules
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import SyncSettings, parse_settings, sync_name

LEASE_RENEWED_EVERY = times.MINUTE
TICK = 1.0


def start(context: Context, name: str) -> dict[str, Json]:
    """Begin a comparison in the background, through a task of its own.

    Raises ``SyncBusy`` while a run or a comparison goes on, and what forbids one to begin.
    """
    sync, settings, _ = _loaded_sync(context, name)
    if Leases(context.database).held(sync.name, context.clock.now()):
        raise SyncBusy(f"a run of {sync.name} is going on already; see the view RUNS")
    task = task_schedules.start_comparison(context.database, sync.name, settings)
    return {
        "response_code": "OK",
        "message": f"the table of {sync.name} is compared in the background; the view COMPLETENESS "
        "tells what was found, the view ERRORS what kept it from being done",
        "task": task,
    }


def in_background(context: Context, name: str) -> dict[str, Json]:
    """As ``reconcile``, for a task: whoever began it has no answer, so ERRORS has the reason."""
    try:
        return reconcile(context, name)
    except IngestError as error:
        now = context.clock.now()
        Runs(context.database).log_error(None, name, error.response_code, error.message, now)
        raise


def reconcile(context: Context, name: str) -> dict[str, Json]:
    """Compare a sync's table with HubSpot, repair it, and certify what was found.

    Raises ``UnknownSync``, ``Refusal`` for what cannot be compared, ``SyncBusy``, and what keeps
    HubSpot from being read at all; nothing was changed then.
    """
    syncs, leases = Syncs(context.database), Leases(context.database)
    sync, settings, app = _loaded_sync(context, name)
    name = sync.name
    began = context.clock.now()
    run_id = f"{times.iso(began)[:10]}-{uuid.uuid4().hex[:12]}"
    weight = quota_share.WEIGHTS[settings.priority]
    leases.take(name, run_id, began, process=context.process, weight=weight)
    try:
        # read anew under the lease: a run may have moved it since
        sync = syncs.find(name) or sync
        deadline = began + round(settings.deadline_minutes * times.MINUTE)
        with _open_client(context, settings, deadline) as (client, look):
            recorder = page_recorder.page_recorder(
                context.database, app.keep_pages_days, name, run_id
            )
            with closing(
                _comparison(context, client, sync, settings, run_id, look, recorder)
            ) as comparison:
                steps = compare_and_certify(comparison, name, lambda: client.tally.requests)
                certificate = _run_to_end(steps)
            spent = client.tally
        ended = certificate.result != "INCOMPLETE"
        syncs.save_sweeps(name, due.state_after_comparison(sync.sweeps, began, ended=ended))
    finally:
        leases.release(name, run_id)
    Runs(context.database).save_requests(
        run_id,
        [
            (endpoint, {field: getattr(usage, field) for field in usage.__dataclass_fields__})
            for endpoint, usage in spent.endpoints.items()
        ],
    )
    alerts.after_runs(context)
    return _answer(certificate, comparison.result)


def _loaded_sync(context: Context, name: str) -> tuple[Sync, SyncSettings, AppSettings]:
    name = sync_name(name)
    sync = Syncs(context.database).find(name)
    if sync is None:
        raise UnknownSync(f"there is no sync {name!r}; the view SYNCS tells which there are")
    app = AppState(context.database).settings()
    settings = parse_settings(name, sync.settings, app.for_syncs)
    if sync.settled_through is None:
        raise Refusal(
            f"{name} has not been loaded whole yet; run CALL ingest_hubspot('{name}') first",
            code="NOT_LOADED",
        )
    return sync, settings, app


def _run_to_end(steps: Generator[None, None, Certificate]) -> Certificate:
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            certificate: Certificate = ended.value
            return certificate


@contextmanager
def _open_client(
    context: Context, settings: SyncSettings, deadline: int
) -> Iterator[tuple[Client, Callable[[], None]]]:
    with context.client(settings, deadline) as client:
        share = quota_share.QuotaShare(context, client, settings)
        share.begin()
        try:
            yield client, share.refresh
        finally:
            share.end()


def _comparison(
    context: Context,
    client: Client,
    sync: Sync,
    settings: SyncSettings,
    run_id: str,
    look: Callable[[], None],
    recorder: PageRecorder | None,
) -> Comparison:
    stream = lookup.find(settings.stream, client.fetch)
    if not isinstance(stream, RecordStream):
        raise Refusal(
            f"{stream.name} is read whole, or has nothing that could be counted: its runs are its "
            "comparison",
            code="NOT_COMPARABLE",
        )
    database, leases = context.database, Leases(context.database)
    metadata = PortalSchema(database)
    remembered = metadata.properties(sync.name)
    table = destination.destination_table(settings)
    existing_table = destination.read_table(database, table)
    if not existing_table.types:
        raise Refusal(
            f"{table} does not exist: {sync.name} has found no record yet", code="NOT_LOADED"
        )
    run_plan = plan.make_plan(
        sync.name,
        settings,
        stream,
        tuple(prop for prop, _ in remembered),
        settled_through=None,
        now=context.clock.now(),
        table=table,
        known_columns={prop.name: column for prop, column in remembered if column},
        existing=existing_table.types,
    )
    renewed = context.clock.now()

    def heartbeat() -> None:
        nonlocal renewed
        look()
        client.access.settle()
        now = context.clock.now()
        if now - renewed >= LEASE_RENEWED_EVERY:
            leases.renew(sync.name, run_id, now)
            renewed = now

    portal_id = str(database.rows(sql.portal_of(table))[0]["PORTAL_ID"] or "")
    if recorder is not None:
        recorder.manifest = run_manifest.records_manifest(
            run_plan, [*existing_table.types], sync.settled_through, sync.sweeps, portal_id
        )
    loader = Loader(
        database=database,
        fetch=client.fetch,
        plan=run_plan,
        existing_table=existing_table,
        run_id=run_id,
        portal_id=portal_id,
        clock=context.clock,
        heartbeat=heartbeat,
        with_links=run_plan.association_columns,
        tick=TICK,
        recorder=recorder,
    )
    return Comparison(loader, int(sync.settled_through or 0), lambda _: None)


def _answer(certificate: Certificate, result: ComparisonResult) -> dict[str, Json]:
    message = comparison_message(certificate, result)
    code = "OK" if result.stopped is None else result.stopped.response_code
    differences: list[Json] = [{"id": id, "kind": kind} for id, kind in certificate.differences]
    return {
        "response_code": code,
        "message": message,
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
        "differences": differences,
    }
