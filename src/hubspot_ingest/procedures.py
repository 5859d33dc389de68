"""The entry points: one handler for each procedure of ``app/sql/procedures/``.

A handler gets its session first and the procedure's arguments after it, and always answers an
object with ``response_code`` and ``message``: Snowflake hides the text of a raised error from the
consumer of an app.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from hubspot_ingest.database.connection import database_of_procedure
from hubspot_ingest.database.state.audit_log import AuditLog
from hubspot_ingest.database.state.push_images import PushImages
from hubspot_ingest.database.state.push_store import Pushes
from hubspot_ingest.diagnose.doctor import doctor_report
from hubspot_ingest.diagnose.explain_row import row_explanation
from hubspot_ingest.diagnose.explain_run import run_explanation
from hubspot_ingest.errors import SyncBusy
from hubspot_ingest.inbound import configure, discovery
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.load.shapes import fivetran_comparison, shape_views
from hubspot_ingest.inbound.preview import preview
from hubspot_ingest.inbound.reconcile import reconciliation
from hubspot_ingest.inbound.replay import rollback, table_replay
from hubspot_ingest.inbound.run import runner
from hubspot_ingest.model import Json
from hubspot_ingest.operations import alerts, app_settings, connections, pausing
from hubspot_ingest.operations.context import Context
from hubspot_ingest.operations.internal_errors import reportable_error
from hubspot_ingest.operations.portals import Portals
from hubspot_ingest.outbound import push_rollback
from hubspot_ingest.outbound.push_explanation import explain_push_row
from hubspot_ingest.times import SystemClock

if TYPE_CHECKING:
    from snowflake.snowpark import Session

HUBSPOT = "https://api.hubapi.com"

Arguments = ParamSpec("Arguments")
Answer = dict[str, Json]
Work = Callable[Concatenate[Context, Arguments], Answer]
Handler = Callable[Concatenate["Session", Arguments], Answer]


def _context(session: Session) -> Context:
    clock = SystemClock()
    # Nobody can set an environment variable inside Snowflake: this is for the laptop alone.
    base_url = os.environ.get("HUBSPOT_BASE_URL", "").rstrip("/") or HUBSPOT
    database = database_of_procedure(session)
    return Context(database, clock, Portals(database, clock, base_url).client, base_url)


def _none_for_null(argument: object) -> object:
    """An argument as the work takes it: None for NULL.

    Snowflake hands over None for NULL of every type but VARIANT, whose NULL is an object with the
    attribute ``is_sql_null`` ("Designing Python UDFs", NULL values).
    """
    return None if hasattr(argument, "is_sql_null") else argument


def answering(work: Work[Arguments]) -> Handler[Arguments]:
    """A handler that turns NULLs into None and every error into an answer.

    What the work noted as changed is added to AUDIT_LOG, whatever came after it.
    """
    untyped_work: Callable[..., Answer] = work

    @wraps(work)
    def handler(session: Session, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        context: Context | None = None
        try:
            context = _context(session)
            values = [_none_for_null(argument) for argument in args]
            named_values = {name: _none_for_null(value) for name, value in kwargs.items()}
            answer = untyped_work(context, *values, **named_values)
        except Exception as error:
            database = None if context is None else context.database
            answer = reportable_error(database, error, SystemClock().now()).as_answer
        if context is not None and context.changes:
            return _audited(context, work.__name__.upper(), answer)
        return answer

    return handler


def _audited(context: Context, procedure: str, answer: Answer) -> Answer:
    """The answer, once what the call changed is in AUDIT_LOG, or with why it is not."""
    try:
        AuditLog(context.database).add(procedure, context.changes, context.clock.now())
    except Exception as error:
        failure = reportable_error(context.database, error, context.clock.now())
        message = f"{answer['message']}; AUDIT_LOG does not tell of it: {failure.message}"
        return {**answer, "message": message}
    return answer


@answering
def ingest_hubspot(context: Context, sync: str) -> Answer:
    """Run one sync now."""
    return runner.ingest(sync, context)


def ingest_hubspot_task(session: Session, sync: str) -> Answer:
    """Run one sync as its task does: a run that failed makes the task fail."""
    return raising_on_failure(ingest_hubspot(session, sync))


def raising_on_failure(answer: Answer) -> Answer:
    """The answer to a task; raises ``RuntimeError`` for one that Snowflake is to show as failed."""
    listed = answer.get("runs")
    runs = (
        [run for run in listed if isinstance(run, dict)] if isinstance(listed, list) else [answer]
    )
    failed_runs = [run for run in runs if not _is_fine(run)]
    if failed_runs:
        raise RuntimeError(f"{failed_runs[0]['response_code']}: {answer['message']}")
    return answer


def _is_fine(run: Answer) -> bool:
    """Whether a run succeeded, stopped to be carried on, or goes on in another process."""
    return run["response_code"] in ("OK", SyncBusy.code) or run.get("status") == "STOPPED"


@answering
def ingest_all(context: Context) -> Answer:
    """Run every enabled sync, side by side under one governor."""
    return runner.ingest_all(context)


@answering
def _ingest_unscheduled(context: Context) -> Answer:
    return runner.ingest_all(context, scheduled=False)


def ingest_all_task(session: Session) -> Answer:
    """Run the syncs without a schedule of their own; the task fails when one of them did."""
    return raising_on_failure(_ingest_unscheduled(session))


@answering
def _ingest_fresh(context: Context) -> Answer:
    return runner.ingest_fresh(context)


def ingest_fresh_task(session: Session) -> Answer:
    """Run the syncs whose promise of freshness asks for it; fails when one of them did."""
    return raising_on_failure(_ingest_fresh(session))


@answering
def start_sync(context: Context, name: str) -> Answer:
    """Begin a run of one sync in the background, and answer at once."""
    return runner.start(name, context)


@answering
def stop_sync(context: Context, name: str) -> Answer:
    """Ask the run of a sync that goes on to stop, and answer at once."""
    return runner.stop(name, context)


@answering
def configure_app(context: Context, settings: Json) -> Answer:
    """Store settings of the whole app, after all of them were checked."""
    return app_settings.configure(context, settings)


@answering
def configure_all(context: Context, settings: Json, apply: bool) -> Answer:
    """Check the settings of the app and of several syncs whole, and store all of them or none."""
    return configure.configure_all(context, settings, apply=apply)


@answering
def send_alerts(context: Context) -> Answer:
    """Send notifications of new alerts and of those that are over."""
    return alerts.announce(context)


@answering
def send_test_notification(context: Context) -> Answer:
    """Send a notification that says it is a test."""
    return alerts.send_test(context)


@answering
def plan_ingest(context: Context, sync: str, settings: Json = None) -> Answer:
    """Tell what a run of a sync would do, perhaps with other settings; nothing is written."""
    return preview.plan_ingest(context, sync, settings)


@answering
def plan_ingest_all(context: Context) -> Answer:
    """Tell what a run of every enabled sync would do."""
    return preview.plan_ingest_all(context)


@answering
def count_records(context: Context, stream: str, settings: Json) -> Answer:
    """Count the records that match settings which are not stored."""
    return preview.count_records(context, stream, settings)


@answering
def configure_sync(context: Context, name: str, settings: Json) -> Answer:
    """Store the settings of a sync, after all of them were checked."""
    return configure.configure(context, name, settings)


@answering
def check_destination(context: Context, settings: Json) -> Answer:
    """Say whether the application may write to a destination, and which grants it lacks."""
    return destination.check_destination(context.database, settings)


@answering
def drop_sync(context: Context, name: str) -> Answer:
    """Forget a sync; its table stays."""
    return configure.drop(context, name)


@answering
def enable_sync(context: Context, name: str) -> Answer:
    """Let a sync run on its schedule and with INGEST_ALL."""
    return configure.enable(context, name, enabled=True)


@answering
def disable_sync(context: Context, name: str) -> Answer:
    """Keep a sync from running by itself; it can still be called."""
    return configure.enable(context, name, enabled=False)


@answering
def disable_all_syncs(context: Context) -> Answer:
    """Keep every sync from running by itself, until ENABLE_ALL_SYNCS."""
    disable = partial(configure.enable, context, enabled=False, with_all=True)
    return pausing.pause_all(context.database, pausing.SYNCS, disable)


@answering
def enable_all_syncs(context: Context, everything: bool | None = None) -> Answer:
    """Let the syncs run again that DISABLE_ALL_SYNCS paused, or every one."""
    enable = partial(configure.enable, context, enabled=True)
    return pausing.resume_all(context.database, pausing.SYNCS, enable, everything=bool(everything))


@answering
def reset_sync(context: Context, name: str) -> Answer:
    """Forget the cursor: the next run is a backfill; the table stays."""
    return configure.reset(context, name)


@answering
def doctor(context: Context) -> Answer:
    """Say what is wrong, or will be, and its cure."""
    return doctor_report(context)


@answering
def explain_row(context: Context, sync: str, id: str) -> Answer:
    """Say why a record's row is as it is, or absent; or how a row of a push is in HubSpot."""
    push = Pushes(context.database).find((sync or "").strip().lower())
    if push is not None:
        return explain_push_row(context, push, id)
    return row_explanation(context, sync, id)


@answering
def explain_run(context: Context, run_id: str) -> Answer:
    """Say where a run's time and requests went."""
    return run_explanation(context, run_id)


@answering
def set_token(context: Context, token: str) -> Answer:
    """Store a service key or private app token for the first connection."""
    return connections.set_token(context, token)


@answering
def set_oauth(context: Context, client_id: str, client_secret: str, refresh_token: str) -> Answer:
    """Store an OAuth grant for the first connection."""
    return connections.set_oauth(context, client_id, client_secret, refresh_token)


@answering
def configure_connection(context: Context, name: str, credential: Json) -> Answer:
    """Store the credential of a connection to a portal."""
    return connections.configure(context, name, credential)


@answering
def drop_connection(context: Context, name: str) -> Answer:
    """Forget a connection and its credential; refused while a sync uses it."""
    return connections.drop(context, name)


@answering
def test_connection(context: Context, connection: str) -> Answer:
    """Say which streams the credential can read, and which scope the others need."""
    return discovery.test_connection(context, connection)


@answering
def reconcile(context: Context, sync: str) -> Answer:
    """Compare a sync's table with HubSpot, repair it, and certify what was found."""
    return reconciliation.reconcile(context, sync)


@answering
def _reconcile_in_background(context: Context, sync: str) -> Answer:
    return reconciliation.in_background(context, sync)


def reconcile_task(session: Session, sync: str) -> Answer:
    """Compare as a task does, which fails when that could not be done."""
    return raising_on_failure(_reconcile_in_background(session, sync))


@answering
def start_reconcile(context: Context, sync: str) -> Answer:
    """Begin a comparison in the background, and answer at once."""
    return reconciliation.start(context, sync)


@answering
def replay(context: Context, sync: str, since: str | None) -> Answer:
    """Make a sync's table again from kept pages, without a request to HubSpot."""
    return table_replay.replay(context, sync, since)


@answering
def rollback_run(context: Context, run_id: str) -> Answer:
    """Undo what one run did: to its tables, or in HubSpot where it was that of a push."""
    push = PushImages(context.database).push_of(run_id)
    if push is not None:
        return push_rollback.rollback_push(context, push, run_id)
    return rollback.rollback(context, run_id)


@answering
def discover(context: Context) -> Answer:
    """Look up the streams, custom objects and properties of the portal."""
    return discovery.discover(context)


@answering
def make_fivetran_views(context: Context, settings: Json = None) -> Answer:
    """Make views of what landed in the shape that Fivetran gives HubSpot, and keep them so."""
    return shape_views.make(context, shape_views.FIVETRAN, settings)


@answering
def drop_fivetran_views(context: Context, settings: Json = None) -> Answer:
    """Drop the views that MAKE_FIVETRAN_VIEWS made."""
    return shape_views.drop(context, shape_views.FIVETRAN, settings)


@answering
def make_airbyte_views(context: Context, settings: Json = None) -> Answer:
    """Make views of what landed in the shape that Airbyte gives HubSpot, and keep them so."""
    return shape_views.make(context, shape_views.AIRBYTE, settings)


@answering
def drop_airbyte_views(context: Context, settings: Json = None) -> Answer:
    """Drop the views that MAKE_AIRBYTE_VIEWS made."""
    return shape_views.drop(context, shape_views.AIRBYTE, settings)


@answering
def compare_fivetran(context: Context, database: str, schema: str, settings: Json = None) -> Answer:
    """Compare a schema that Fivetran filled with our views, table by table."""
    return fivetran_comparison.compare(context, database, schema, settings)
