"""The doors: one handler for each procedure of ``app/sql/procedures/``.

A handler gets its session first and the procedure's arguments after it, and always answers an
object with ``response_code`` and ``message``: Snowflake hides the text of a raised error from the
consumer of an app.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from hubspot_ingest.database.connection import Database
from hubspot_ingest.diagnose.doctor import examine
from hubspot_ingest.diagnose.explain_row import row_explanation
from hubspot_ingest.diagnose.explain_run import run_explanation
from hubspot_ingest.errors import IngestError, SyncBusy
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.inbound import configure, discovery
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.preview import preview
from hubspot_ingest.inbound.reconcile import reconciliation
from hubspot_ingest.inbound.replay import rollback, table_replay
from hubspot_ingest.inbound.run import runner
from hubspot_ingest.model import Json
from hubspot_ingest.operations import alerts, app_settings, connections, quota_share
from hubspot_ingest.operations.context import Outside, Portals
from hubspot_ingest.operations.internal_errors import internal_error
from hubspot_ingest.settings import SyncSettings
from hubspot_ingest.times import SystemClock

if TYPE_CHECKING:
    from snowflake.snowpark import Session

HUBSPOT = "https://api.hubapi.com"

Arguments = ParamSpec("Arguments")
Answer = dict[str, Json]
Work = Callable[Concatenate[Outside, Arguments], Answer]
Handler = Callable[Concatenate["Session", Arguments], Answer]


def _outside(session: Session) -> Outside:
    clock = SystemClock()
    # Nobody can set an environment variable inside Snowflake: this is for the laptop alone.
    base_url = os.environ.get("HUBSPOT_BASE_URL", "").rstrip("/") or HUBSPOT
    database = Database(session)
    portals = Portals(database, clock)

    def client(settings: SyncSettings, deadline: int) -> Client:
        access = portals.access(settings.connection)
        governor = portals.governor(settings.connection)
        governor.reserve(settings.reserve_percent)
        weight = quota_share.WEIGHTS[settings.priority]
        return Client(base_url, access, governor, clock, deadline=deadline, weight=weight)

    return Outside(database, clock, client, base_url)


def _answering(work: Work[Arguments]) -> Handler[Arguments]:
    """A handler that turns every error into an answer."""

    @wraps(work)
    def handler(session: Session, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        outside: Outside | None = None
        try:
            outside = _outside(session)
            return work(outside, *args, **kwargs)
        except IngestError as error:
            return {"response_code": error.response_code, "message": error.message}
        except Exception as error:
            database = None if outside is None else outside.database
            failure = internal_error(database, error, SystemClock().now())
            return {"response_code": failure.response_code, "message": failure.message}

    return handler


@_answering
def ingest_hubspot(outside: Outside, sync: str) -> Answer:
    """Run one sync now."""
    return runner.ingest(sync, outside)


def ingest_hubspot_task(session: Session, sync: str) -> Answer:
    """Run one sync as its task does: a run that failed makes the task fail."""
    return _failing(ingest_hubspot(session, sync))


def _failing(answer: Answer) -> Answer:
    """The answer of what a task calls; raises for one that Snowflake is to show as failed."""
    told = answer.get("runs")
    runs = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else [answer]
    wrong = [one for one in runs if not _fine(one)]
    if wrong:
        raise RuntimeError(f"{wrong[0]['response_code']}: {answer['message']}")
    return answer


def _fine(run: Answer) -> bool:
    """Whether a run did well, or goes on next time, or goes on elsewhere."""
    return run["response_code"] in ("OK", SyncBusy.code) or run.get("status") == "STOPPED"


@_answering
def ingest_all(outside: Outside) -> Answer:
    """Run every enabled sync, side by side under one governor."""
    return runner.ingest_all(outside)


@_answering
def _ingest_unscheduled(outside: Outside) -> Answer:
    return runner.ingest_all(outside, scheduled=False)


def ingest_all_task(session: Session) -> Answer:
    """Run the syncs without a schedule of their own; the task fails when one of them did."""
    return _failing(_ingest_unscheduled(session))


@_answering
def start_sync(outside: Outside, name: str) -> Answer:
    """Begin a run of one sync in the background, and answer at once."""
    return runner.start(name, outside)


@_answering
def configure_app(outside: Outside, settings: Json) -> Answer:
    """Store settings of the whole app, after all of them were checked."""
    return app_settings.configure(outside, settings)


@_answering
def send_alerts(outside: Outside) -> Answer:
    """Tell people of what is wrong that they were not told of, and of what is over."""
    return alerts.announce(outside)


@_answering
def send_test_notification(outside: Outside) -> Answer:
    """Send a notification that says it is a test."""
    return alerts.test(outside)


@_answering
def plan_ingest(outside: Outside, sync: str, settings: Json = None) -> Answer:
    """Tell what a run of a sync would do, perhaps with other settings; nothing is written."""
    return preview.plan_ingest(outside, sync, settings)


@_answering
def plan_ingest_all(outside: Outside) -> Answer:
    """Tell what a run of every enabled sync would do."""
    return preview.plan_ingest_all(outside)


@_answering
def count_records(outside: Outside, stream: str, settings: Json) -> Answer:
    """Count the records that match settings which are not stored."""
    return preview.count_records(outside, stream, settings)


@_answering
def configure_sync(outside: Outside, name: str, settings: Json) -> Answer:
    """Store the settings of a sync, after all of them were checked."""
    return configure.configure(outside, name, settings)


@_answering
def check_destination(outside: Outside, given: Json) -> Answer:
    """Say whether the application may write to a destination, and which grants it lacks."""
    return destination.check_destination(outside.database, given)


@_answering
def drop_sync(outside: Outside, name: str) -> Answer:
    """Forget a sync; its table stays."""
    return configure.drop(outside, name)


@_answering
def enable_sync(outside: Outside, name: str) -> Answer:
    """Let a sync run on its schedule and with INGEST_ALL."""
    return configure.enable(outside, name, enabled=True)


@_answering
def disable_sync(outside: Outside, name: str) -> Answer:
    """Keep a sync from running by itself; it can still be called."""
    return configure.enable(outside, name, enabled=False)


@_answering
def reset_sync(outside: Outside, name: str) -> Answer:
    """Forget the cursor: the next run is a backfill; the table stays."""
    return configure.reset(outside, name)


@_answering
def doctor(outside: Outside) -> Answer:
    """Say what is wrong, or will be, and its cure."""
    return examine(outside)


@_answering
def explain_row(outside: Outside, sync: str, id: str) -> Answer:
    """Say why a record's row is as it is, or absent."""
    return row_explanation(outside, sync, id)


@_answering
def explain_run(outside: Outside, run_id: str) -> Answer:
    """Say where a run's time and requests went."""
    return run_explanation(outside, run_id)


@_answering
def set_token(outside: Outside, token: str) -> Answer:
    """Store a service key or private app token for the first connection."""
    return connections.set_token(outside, token)


@_answering
def set_oauth(outside: Outside, client_id: str, client_secret: str, refresh_token: str) -> Answer:
    """Store an OAuth grant for the first connection."""
    return connections.set_oauth(outside, client_id, client_secret, refresh_token)


@_answering
def configure_connection(outside: Outside, name: str, credential: Json) -> Answer:
    """Store the credential of a connection to a portal."""
    return connections.configure(outside, name, credential)


@_answering
def drop_connection(outside: Outside, name: str) -> Answer:
    """Forget a connection and its credential; refused while a sync uses it."""
    return connections.drop(outside, name)


@_answering
def test_connection(outside: Outside, connection: str) -> Answer:
    """Say which streams the credential can read, and which scope the others need."""
    return discovery.test_connection(outside, connection)


@_answering
def reconcile(outside: Outside, sync: str) -> Answer:
    """Compare a sync's table with HubSpot, repair it, and certify what was found."""
    return reconciliation.reconcile(outside, sync)


@_answering
def _reconcile_in_background(outside: Outside, sync: str) -> Answer:
    return reconciliation.in_background(outside, sync)


def reconcile_task(session: Session, sync: str) -> Answer:
    """Compare as a task does, which fails when that could not be done."""
    return _failing(_reconcile_in_background(session, sync))


@_answering
def start_reconcile(outside: Outside, sync: str) -> Answer:
    """Begin a comparison in the background, and answer at once."""
    return reconciliation.start(outside, sync)


@_answering
def replay(outside: Outside, sync: str, since: str | None) -> Answer:
    """Make a sync's table again from kept pages, without a request to HubSpot."""
    return table_replay.replay(outside, sync, since)


@_answering
def rollback_run(outside: Outside, run_id: str) -> Answer:
    """Undo what one run did to its tables."""
    return rollback.rollback(outside, run_id)


@_answering
def discover(outside: Outside) -> Answer:
    """Look up the streams, custom objects and properties of the portal."""
    return discovery.discover(outside)
