"""CONFIGURE_SYNC and its like: checks the settings of syncs, stores them, and switches syncs."""

from __future__ import annotations

from collections.abc import Mapping

from hubspot_ingest import schedules, times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.stream import RecordStream
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.properties import PortalSchema
from hubspot_ingest.database.state.push_store import Pushes
from hubspot_ingest.database.state.runs import Runs
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.database.state.tables import TableRegister
from hubspot_ingest.database.statements import tasks
from hubspot_ingest.errors import IngestError, Refusal
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.inbound.load import table_views
from hubspot_ingest.inbound.opening import table_claims
from hubspot_ingest.inbound.opening.opening import existing_sync
from hubspot_ingest.inbound.plan import filters, plan
from hubspot_ingest.model import Json, Property
from hubspot_ingest.operations import connections, freshness, task_schedules
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import (
    Effect,
    SyncSettings,
    change_effect,
    parse_settings,
    sync_name,
)

Answer = dict[str, Json]

# A person waits for the answer: no longer than this.
PATIENCE = times.MINUTE


def configure(context: Context, name: str, new_settings: Json) -> Answer:
    """Check the settings whole, against the portal where they speak of it, and store them.

    Raises ``Refusal`` naming what is wrong; then nothing was stored.
    """
    name = sync_name(name)
    app = AppState(context.database).settings()
    settings = checked_settings(context, name, new_settings, app.for_syncs)
    if Pushes(context.database).find(name) is not None:
        raise Refusal(
            f"there is a push {name!r} already; names are unique over syncs and pushes",
            code="INVALID_NAME",
        )
    syncs = Syncs(context.database)
    sync = syncs.find(name)
    before, effect = None, Effect.NONE
    if sync is not None:
        before = parse_settings(name, sync.settings, app.for_syncs)
        effect = change_effect(before, settings)
    forget = effect >= Effect.BACKFILL
    # first what may be refused, then what is remembered
    enabled = sync is None or sync.enabled
    task_schedules.change(context.database, name, settings, before, enabled=enabled)
    try:
        table_claims.claim_names(context.database, name, settings, is_new=before is None)
    except IngestError:
        if before is None:
            _drop_tasks(context, name)
        else:
            task_schedules.change(context.database, name, before, settings, enabled=enabled)
        raise
    if before is not None and before.column_prefix != settings.column_prefix:
        # properties get columns of the new name; those of the old one stay as they are
        PortalSchema(context.database).forget_columns(name)
    syncs.save(
        name,
        settings.stream,
        new_settings or {},
        context.clock.now(),
        forget=forget,
        every_minutes=schedules.longest_gap(settings.schedule),
    )
    if before is not None:
        other_rows = effect is Effect.TAKES_OTHER_ROWS
        table_views.expire_views(context.database, name, settings, unsettle=other_rows)
    if app.schedule is not None:
        # the time limit of the task of all syncs may have become too short
        task_schedules.change_all(context.database, app, app)
    again = "; it reads other records than before, so the next run is a backfill" if forget else ""
    return {
        "response_code": "OK",
        "message": f"sync {name} is configured{again}; run it with CALL ingest_hubspot('{name}')",
        "settings": settings.dump(),
    }


def checked_settings(
    context: Context, name: str, new_settings: Json, defaults: Mapping[str, Json]
) -> SyncSettings:
    """The settings, checked whole and against the portal where they speak of it.

    Raises ``Refusal`` naming what is wrong.
    """
    settings = parse_settings(name, new_settings, defaults)
    connections.check_known(context.database, settings.connection)
    table_claims.check_names(context.database, name, settings)
    stream = lookup.standard(settings.stream)
    if stream is not None:
        lookup.check_settings(stream, settings)
    for associated in settings.associations or ():
        lookup.check_associated(associated)
    if (
        stream is None
        or settings.filter_groups
        or settings.properties != ("*",)
        or settings.history
    ):
        with context.client(settings, context.clock.now() + PATIENCE) as client:
            stream = stream or lookup.find(settings.stream, client.fetch)
            lookup.check_settings(stream, settings)
            portal: tuple[Property, ...] = ()
            if isinstance(stream, RecordStream):
                portal = client.fetch(requests.properties(stream.object_type), responses.properties)
        object_type = stream.object_type if isinstance(stream, RecordStream) else ""
        filters.checked_filters(settings.filter_groups, portal, object_type)
        plan.check_names(settings.properties, portal)
        plan.check_names(settings.history, portal, setting="history")
    return settings


def drop(context: Context, name: str) -> Answer:
    """Forget a sync, its settings and its cursor. Raises ``UnknownSync``."""
    syncs = Syncs(context.database)
    sync = existing_sync(syncs, name)
    _drop_tasks(context, sync.name)
    now = context.clock.now()
    for each in (sync, *syncs.dropped()):
        if each.lease_until is not None and not each.is_held(now):
            # nobody else would end a killed run
            Runs(context.database).interrupt_sync(each, now)
    syncs.drop(sync.name, now)
    TableRegister(context.database).release(sync.name)
    if freshness.is_promised(sync):
        task_schedules.change_fresh(context.database)
    return {
        "response_code": "OK",
        "message": f"sync {sync.name} is forgotten; its table and its runs stay",
    }


def _drop_tasks(context: Context, name: str) -> None:
    for title in (name, tasks.reconcile_title(name)):
        context.database.rows(tasks.drop(context.database.application, title))


def enable(context: Context, name: str, *, enabled: bool) -> Answer:
    """Switch a sync on or off. Raises ``UnknownSync``."""
    syncs = Syncs(context.database)
    sync = existing_sync(syncs, name)
    syncs.enable(sync.name, enabled, context.clock.now())
    if not enabled or task_schedules.may_resume(sync):
        switched = tasks.switch(context.database.application, sync.name, enabled=enabled)
        context.database.rows(switched)
    if freshness.is_promised(sync):
        task_schedules.change_fresh(context.database)
    outcome = "is enabled" if enabled else "is disabled; it still runs when called"
    return {"response_code": "OK", "message": f"sync {sync.name} {outcome}"}


def reset(context: Context, name: str) -> Answer:
    """Forget a sync's cursor. Raises ``UnknownSync``."""
    syncs = Syncs(context.database)
    sync = existing_sync(syncs, name)
    syncs.reset(sync.name, context.clock.now())
    return {
        "response_code": "OK",
        "message": f"sync {sync.name} starts over: its next run is a backfill; the table stays",
    }
