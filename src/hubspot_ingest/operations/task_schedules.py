"""The tasks of syncs and of the app: made, changed and dropped as settings say."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from hubspot_ingest.app_settings import AppSettings
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import name
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.syncs import Sync, Syncs
from hubspot_ingest.database.statements import tasks
from hubspot_ingest.errors import DatabaseError, GrantMissing, Refusal
from hubspot_ingest.operations.freshness import FreshSyncs, fresh_syncs
from hubspot_ingest.settings import SyncSettings, inherited, parse_settings


def change(
    database: Database,
    sync: str,
    settings: SyncSettings,
    before: SyncSettings | None,
    *,
    enabled: bool,
) -> None:
    """Put a sync on the schedule of its settings, or take it off.

    Args:
        before: the settings that held until now; None for a new sync.
        enabled: whether the sync runs by itself.

    Raises:
        Refusal: Snowflake refuses the schedule; the task is as it was before.
        GrantMissing: the application may not run tasks; likewise.
    """
    application = database.application
    promised_before, promised = FreshSyncs({}), FreshSyncs({})
    if settings.fresh_within or (before is not None and before.fresh_within):
        promised_before = _promised(database)
        others = {name: stored for name, stored in promised_before.settings.items() if name != sync}
        promises = enabled and settings.fresh_within is not None
        promised = FreshSyncs({**others, sync: settings} if promises else others)
    changes = promised != promised_before
    try:
        _run(database, _sync_task(application, sync, settings, enabled=enabled))
        if changes:
            _run(database, _fresh_task(application, promised))
    except DatabaseError as error:
        # what made the change fail may keep the task from being resumed as well
        with suppress(DatabaseError):
            dropped = [tasks.drop(application, sync)]
            restored = _sync_task(application, sync, before, enabled=enabled) if before else dropped
            _run(database, restored)
            if changes:
                _run(database, _fresh_task(application, promised_before))
        raise _refused(application, settings.schedule, error) from error


def change_fresh(database: Database) -> None:
    """Let the task of the syncs with ``fresh_within`` come as often as they need it now."""
    _run(database, _fresh_task(database.application, _promised(database)))


def change_all(database: Database, app: AppSettings, before: AppSettings) -> None:
    """Put the syncs without a schedule of their own on the app's, or take them off.

    Raises as ``change`` does; then all tasks are as they were.
    """
    application = database.application
    syncs = Syncs(database).all()
    alerts_changed = (app.notifications is None) != (before.notifications is None)
    try:
        _run(database, _app_task(application, app, syncs))
        if alerts_changed:
            _run(database, _alert_task(application, app))
    except DatabaseError as error:
        with suppress(DatabaseError):
            _run(
                database,
                [*_app_task(application, before, syncs), *_alert_task(application, before)],
            )
        raise _refused(application, app.schedule, error) from error
    if app.deadline_minutes != before.deadline_minutes:
        for sync in syncs:
            settings = parse_settings(sync.name, sync.settings, inherited(app))
            _run(database, _sync_task(application, sync.name, settings, enabled=sync.enabled))
        promised = fresh_syncs(syncs, app)
        if promised.settings:
            _run(database, _fresh_task(application, promised))


def start(database: Database, sync: str, settings: SyncSettings) -> str:
    """Begin a run of a sync's task; returns the task's full name. Raises ``GrantMissing``."""
    application = database.application
    statements = tasks.start(application, sync, settings.deadline_minutes)
    return _begin(database, statements, settings.schedule, sync)


def start_comparison(database: Database, sync: str, settings: SyncSettings) -> str:
    """Begin a comparison by a task of its own; returns and raises as ``start`` does."""
    statements = tasks.start_reconcile(database.application, sync, settings.deadline_minutes)
    return _begin(database, statements, settings.schedule, tasks.reconcile_title(sync))


def _begin(database: Database, statements: Sequence[str], schedule: str | None, title: str) -> str:
    try:
        _run(database, statements)
    except GrantMissing as error:
        raise _refused(database.application, schedule, error) from error
    return tasks.task(database.application, title).replace('"', "")


def change_push(
    database: Database,
    push: str,
    schedule: str | None,
    deadline_minutes: float,
    *,
    enabled: bool,
) -> None:
    """Put a push on a schedule, or take it off. Raises as ``change`` does."""
    application = database.application
    statements = [tasks.drop(application, push)]
    if schedule is not None:
        statements = tasks.schedule_push(
            application, push, schedule, deadline_minutes, enabled=enabled
        )
    try:
        _run(database, statements)
    except DatabaseError as error:
        raise _refused(application, schedule, error) from error


def start_push(
    database: Database, push: str, deadline_minutes: float, plan_hash: str | None = None
) -> str:
    """Begin a run of a push's task, or by another one that of a plan alone.

    Returns the task's full name. Raises ``GrantMissing``.
    """
    application, title = database.application, push
    statements = tasks.start_push(application, push, deadline_minutes)
    if plan_hash is not None:
        title = tasks.plan_title(push)
        statements = tasks.start_plan(application, push, plan_hash, deadline_minutes)
    return _begin(database, statements, None, title)


def may_resume(sync: Sync) -> bool:
    """Whether a sync has a schedule of its own: a task without one cannot be resumed."""
    return parse_settings(sync.name, sync.settings).schedule is not None


def runs_with_app(sync: Sync) -> bool:
    """Whether a sync runs on the app's schedule: it has none of its own, and no promise."""
    settings = parse_settings(sync.name, sync.settings)
    return settings.schedule is None and settings.fresh_within is None


def _sync_task(application: str, sync: str, settings: SyncSettings, *, enabled: bool) -> list[str]:
    if settings.schedule is None:
        return [tasks.drop(application, sync)]
    return tasks.schedule(
        application, sync, settings.schedule, settings.deadline_minutes, enabled=enabled
    )


def _app_task(application: str, app: AppSettings, syncs: Sequence[Sync]) -> list[str]:
    if app.schedule is None:
        return [tasks.drop(application, tasks.ALL_SYNCS)]
    all_settings = (parse_settings(sync.name, sync.settings, inherited(app)) for sync in syncs)
    # they run side by side: the longest of them is as long as all
    longest = max([app.deadline_minutes, *(settings.deadline_minutes for settings in all_settings)])
    return tasks.schedule_all(application, app.schedule, longest)


def _promised(database: Database) -> FreshSyncs:
    return fresh_syncs(Syncs(database).all(), AppState(database).settings())


def _fresh_task(application: str, promised: FreshSyncs) -> list[str]:
    if not promised.settings:
        return [tasks.drop(application, tasks.FRESH_SYNCS)]
    return tasks.schedule_fresh(
        application, promised.minutes_between_looks, promised.longest_deadline
    )


def _alert_task(application: str, app: AppSettings) -> list[str]:
    if app.notifications is None:
        return [tasks.drop(application, tasks.SEND_ALERTS)]
    return tasks.schedule_alerts(application)


def _run(database: Database, statements: Sequence[str]) -> None:
    for statement in statements:
        database.rows(statement)


def _refused(
    application: str, schedule: str | None, error: DatabaseError
) -> DatabaseError | Refusal:
    if isinstance(error, GrantMissing):
        return GrantMissing(
            "the application may not run tasks; let an administrator run: GRANT EXECUTE TASK, "
            f"EXECUTE MANAGED TASK ON ACCOUNT TO APPLICATION {name(application)}; "
            "then call this again: nothing was changed"
        )
    return Refusal(f"Snowflake refuses the schedule {schedule!r}: {error.message}")
