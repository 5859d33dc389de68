"""CONFIGURE_SYNC, CONFIGURE_ALL and their like: check settings, store them, and switch syncs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from hubspot_ingest import schedules, times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.stream import RecordStream
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.audit_log import Changed
from hubspot_ingest.database.state.page_archive import PageArchive
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
from hubspot_ingest.inbound.plan.pushed_columns import hashed_column
from hubspot_ingest.model import Json, Property
from hubspot_ingest.operations import app_settings, connections, freshness, pausing, task_schedules
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import (
    Effect,
    SyncSettings,
    change_effect,
    inherited,
    parse_settings,
    sync_name,
)

Answer = dict[str, Json]

# A person waits for the answer: no longer than this.
PATIENCE = times.MINUTE

_ENABLED = "enabled"
_ANEW = {
    Effect.BACKFILL: "its rows land otherwise",
    Effect.TAKES_OTHER_ROWS: "it reads other records",
}
_SHAPE = (
    'a configuration is an object with "syncs", an object of settings by sync, and perhaps '
    '"app", the settings of the app'
)


def configure(context: Context, name: str, new_settings: Json) -> Answer:
    """Check the settings whole, against the portal where they speak of it, and store them.

    Raises ``Refusal`` naming what is wrong; then nothing was stored.
    """
    name = sync_name(name)
    app = AppState(context.database).settings()
    settings = checked_settings(context, name, new_settings, inherited(app))
    if Pushes(context.database).find(name) is not None:
        raise Refusal(
            f"there is a push {name!r} already; names are unique over syncs and pushes",
            code="INVALID_NAME",
        )
    if settings.hash:
        _check_pushes(Pushes(context.database), settings)
    syncs = Syncs(context.database)
    sync = syncs.find(name)
    before, effect = None, Effect.NONE
    if sync is not None:
        before = parse_settings(name, sync.settings, inherited(app))
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
    if before is not None and (
        before.column_prefix != settings.column_prefix or before.hash != settings.hash
    ):
        # properties get columns of the new name or type; those of the old one stay as they are
        PortalSchema(context.database).forget_columns(name)
    if settings.hash:
        AppState(context.database).ensure_hash_salt()
    hashes_anew = before is not None and bool(settings.hash) and settings.hash != before.hash
    if hashes_anew:
        # they hold what can be read; a run that goes on keeps none that counts
        PageArchive(context.database).forget(name)
    if before is not None and (before.stream, before.connection) != (
        settings.stream,
        settings.connection,
    ):
        PortalSchema(context.database).forget(name)
    syncs.save(
        name,
        settings.stream,
        new_settings or {},
        context.clock.now(),
        forget=forget,
        every_minutes=schedules.longest_gap(settings.schedule),
    )
    context.note_change(
        Changed.SYNC, name, None if sync is None else sync.settings, new_settings or {}
    )
    if before is not None:
        other_rows = effect is Effect.TAKES_OTHER_ROWS
        table_views.expire_views(context.database, name, settings, unsettle=other_rows)
    if app.schedule is not None:
        # the time limit of the task of all syncs may have become too short
        task_schedules.change_all(context.database, app, app)
    again = f"; {_ANEW[effect]} than before, so the next run is a backfill" if forget else ""
    if hashes_anew:
        again += " and hashes what the tables hold by then"
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
        or settings.hash
    ):
        with context.client(settings, context.clock.now() + PATIENCE) as client:
            stream = stream or lookup.find(settings.stream, client.fetch)
            lookup.check_settings(stream, settings)
            portal: tuple[Property, ...] = ()
            if isinstance(stream, RecordStream):
                portal = client.fetch(requests.properties(stream.object_type), responses.properties)
        object_type = stream.object_type if isinstance(stream, RecordStream) else ""
        filters.checked_filters(settings.filter_groups, portal, object_type)
        filters.check_ranges(settings.filter_groups, portal)
        plan.check_names(settings.properties, portal)
        plan.check_names(settings.history, portal, setting="history")
        plan.check_names(settings.hash, portal, setting="hash")
    return settings


def _check_pushes(pushes: Pushes, settings: SyncSettings) -> None:
    """Raises ``Refusal`` where a push sends values that are to land as hashes."""
    for push in pushes.all():
        column = hashed_column(settings, push.settings)
        if column is not None:
            raise Refusal(
                f"setting 'hash': the push {push.name} sends {column} of this table to "
                "HubSpot, where a hash would overwrite the value; take it out of the push first"
            )


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
    context.note_change(Changed.SYNC, sync.name, sync.settings, None)
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


def enable(context: Context, name: str, *, enabled: bool, with_all: bool = False) -> Answer:
    """Switch a sync on or off, by itself or ``with_all``. Raises ``UnknownSync``."""
    syncs = Syncs(context.database)
    sync = existing_sync(syncs, name)
    # the task first: where that fails, the sync is not taken for switched, and is next time
    if not enabled or task_schedules.may_resume(sync):
        switched = tasks.switch(context.database.application, sync.name, enabled=enabled)
        context.database.rows(switched)
    syncs.enable(sync.name, enabled, context.clock.now(), with_all=with_all)
    context.note_change(Changed.SYNC, sync.name, {_ENABLED: sync.enabled}, {_ENABLED: enabled})
    if freshness.is_promised(sync):
        task_schedules.change_fresh(context.database)
    outcome = "is enabled" if enabled else "is disabled; it still runs when called"
    return {"response_code": "OK", "message": f"sync {sync.name} {outcome}"}


def reset(context: Context, name: str) -> Answer:
    """Forget a sync's cursor. Raises ``UnknownSync``."""
    syncs = Syncs(context.database)
    sync = existing_sync(syncs, name)
    syncs.reset(sync.name, context.clock.now())
    before: Json = {"settled_through": times.iso_or_none(sync.settled_through)}
    context.note_change(Changed.SYNC, sync.name, before, {"settled_through": None})
    return {
        "response_code": "OK",
        "message": f"sync {sync.name} starts over: its next run is a backfill; the table stays",
    }


@dataclass(frozen=True, slots=True)
class _Sync:
    """A sync as the configuration has it; ``enabled`` is None where it says nothing of that."""

    name: str
    settings: dict[str, Json]
    enabled: bool | None


def configure_all(context: Context, configuration: Json, *, apply: bool) -> Answer:
    """Check everything, and where ``apply`` says so store it; what is not named stays as it is.

    Raises ``Refusal`` that names everything that is wrong; then nothing is changed.
    """
    app, syncs = _parts(configuration)
    faults = _faults(context, app, syncs)
    if faults:
        raise Refusal(f"nothing was changed; {'; '.join(faults)}")
    if apply:
        _store(context, app, syncs)
    count = len(syncs) + bool(app)
    return {
        "response_code": "OK",
        "message": f"{count} configured" if apply else f"{count} checked, nothing was changed",
    }


def _parts(configuration: Json) -> tuple[dict[str, Json], list[_Sync]]:
    """The settings of the app and of the syncs in a configuration. Raises ``Refusal``."""
    if not isinstance(configuration, Mapping) or configuration.keys() - {"app", "syncs"}:
        raise Refusal(_SHAPE)
    app, by_name = configuration.get("app") or {}, configuration.get("syncs") or {}
    if not isinstance(app, Mapping) or not isinstance(by_name, Mapping):
        raise Refusal(_SHAPE)
    return dict(app), [_sync(name, settings) for name, settings in by_name.items()]


def _sync(name: str, settings: Json) -> _Sync:
    if settings is not None and not isinstance(settings, Mapping):
        raise Refusal(f"sync {name}: settings must be an object")
    plain = dict(settings or {})
    enabled = plain.pop(_ENABLED, None)
    if enabled is not None and not isinstance(enabled, bool):
        raise Refusal(f"sync {name}: {_ENABLED!r} must be true or false")
    return _Sync(sync_name(name), plain, enabled)


def _faults(context: Context, app: dict[str, Json], syncs: list[_Sync]) -> list[str]:
    """What is wrong with each part, in a line each."""
    defaults = inherited(AppState(context.database).settings())
    faults = _fault("the app", lambda: app_settings.check(context, app))
    owners: dict[object, str] = {}

    def check(sync: _Sync) -> None:
        settings = checked_settings(context, sync.name, sync.settings, defaults)
        for table in table_claims.names_of(settings).values():
            owner = owners.setdefault(table, sync.name)
            if owner != sync.name:
                raise Refusal(f"{table} is to be the table of {owner} too")

    for sync in syncs:
        faults += _fault(f"sync {sync.name}", partial(check, sync))
    return faults


def _fault(part: str, check: Callable[[], object]) -> list[str]:
    try:
        check()
    except IngestError as error:
        return [f"{part}: {error.message}"]
    return []


def _store(context: Context, app: dict[str, Json], syncs: list[_Sync]) -> None:
    """Store everything; where something fails, what was stored before it is put back."""
    state, app_state = Syncs(context.database), AppState(context.database)
    stored, undo = app_state.stored(), list[Callable[[], object]]()
    together = pausing.paused_together(context.database, pausing.SYNCS)
    try:
        if app_settings.HASH_SALT in app:
            # before a sync hashes with it; once one does, it would be refused
            undo.append(partial(app_state.save_hash_salt, app_state.hash_salt()))
            salt = app[app_settings.HASH_SALT]
            app_settings.configure(context, {app_settings.HASH_SALT: salt})
        for sync in syncs:
            with_all = sync.name in together
            undo.append(_undoing(context, state, sync.name, with_all=with_all))
            configure(context, sync.name, sync.settings)
            if sync.enabled is not None:
                # one that all were paused with, and stays so, is resumed with them
                enable(context, sync.name, enabled=sync.enabled, with_all=with_all)
        if app:
            undo.append(
                lambda: app_settings.configure(context, {name: stored.get(name) for name in app})
            )
            app_settings.configure(context, app)
    except IngestError as error:
        for put_back in reversed(undo):
            put_back()
        context.changes.clear()
        raise Refusal(
            f"everything is as it was before: {error.message}", code=error.code
        ) from error


def _undoing(context: Context, syncs: Syncs, name: str, *, with_all: bool) -> Callable[[], object]:
    """What puts a sync back as it is now, paused ``with_all`` or by itself."""
    sync = syncs.find(name)

    def put_back() -> None:
        if sync is not None:
            configure(context, name, sync.settings)
            enable(context, name, enabled=sync.enabled, with_all=with_all)
        elif syncs.find(name) is not None:
            drop(context, name)

    return put_back
