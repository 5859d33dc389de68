"""Statements about tasks: a serverless one for each sync with a schedule, one for all others. Pure.

Sources: Snowflake, "CREATE TASK", "ALTER TASK", "Serverless tasks". A task begins suspended, and
changing one needs it suspended.
"""

from __future__ import annotations

from hubspot_ingest import times
from hubspot_ingest.database.sql import name, text

# Between a run's own deadline, after which it stops cleanly, and the end Snowflake makes of it.
GRACE = 10 * times.MINUTE
# A sync's task that failed so often in a row is suspended; ENABLE_SYNC resumes it.
FAILURES = 10
# No sync can have such names.
ALL_SYNCS = "ALL SYNCS"
SEND_ALERTS = "SEND ALERTS"
# What went wrong in no run is noticed within this time.
ALERTS_EVERY = "60 MINUTES"
ALERTS_MINUTES = 5


def task(application: str, title: str) -> str:
    """The quoted name of the task of a sync, or of another by its title."""
    return f"{name(application)}.TASKS.{name(title.upper())}"


def schedule(
    application: str, sync: str, when: str, deadline_minutes: float, *, enabled: bool
) -> list[str]:
    """Make or change a sync's task so that it runs ``when`` the settings say."""
    own = task(application, sync)
    call = f"INGEST_HUBSPOT_TASK({text(sync)})"
    return _put(application, own, call, when, deadline_minutes, FAILURES, resumed=enabled)


def schedule_all(application: str, when: str, deadline_minutes: float) -> list[str]:
    """Make or change the task of all syncs that have none of their own.

    However often it fails it goes on: one sync that fails must not keep the others.
    """
    own = task(application, ALL_SYNCS)
    return _put(application, own, "INGEST_ALL_TASK()", when, deadline_minutes, 0, resumed=True)


def schedule_alerts(application: str) -> list[str]:
    """Make the task that looks whether people have to be told of something."""
    own = task(application, SEND_ALERTS)
    return _put(application, own, "SEND_ALERTS()", ALERTS_EVERY, ALERTS_MINUTES, 0, resumed=True)


def reconcile_title(sync: str) -> str:
    """The title of the task that compares a sync's table with HubSpot."""
    return f"RECONCILE {sync}"


def start(application: str, sync: str, deadline_minutes: float) -> list[str]:
    """Begin one run of a sync's task; one without a schedule is made where there is none."""
    call = f"INGEST_HUBSPOT_TASK({text(sync)})"
    return _begin(application, task(application, sync), call, deadline_minutes)


def start_reconcile(application: str, sync: str, deadline_minutes: float) -> list[str]:
    """Begin one comparison of a sync's table by a task that never runs by itself."""
    own = task(application, reconcile_title(sync))
    return _begin(application, own, f"RECONCILE_TASK({text(sync)})", deadline_minutes)


def _begin(application: str, own: str, call: str, deadline_minutes: float) -> list[str]:
    return [
        _create(application, own, call, "", deadline_minutes, FAILURES),
        f"GRANT MONITOR, OPERATE ON TASK {own} TO APPLICATION ROLE APP_ADMIN",
        f"EXECUTE TASK {own}",
    ]


def _put(
    application: str,
    own: str,
    call: str,
    when: str,
    deadline_minutes: float,
    failures: int,
    *,
    resumed: bool,
) -> list[str]:
    limit = _limit(deadline_minutes)
    scheduled = f"SCHEDULE = {text(when)} "
    return [
        _create(application, own, call, scheduled, deadline_minutes, failures),
        f"ALTER TASK {own} SUSPEND",
        f"ALTER TASK {own} SET {scheduled}USER_TASK_TIMEOUT_MS = {limit}",
        *([f"ALTER TASK {own} RESUME"] if resumed else []),
        f"GRANT MONITOR, OPERATE ON TASK {own} TO APPLICATION ROLE APP_ADMIN",
    ]


def _create(
    application: str, own: str, call: str, scheduled: str, deadline_minutes: float, failures: int
) -> str:
    return (
        f"CREATE TASK IF NOT EXISTS {own} {scheduled}"
        "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE = 'XSMALL' "
        f"USER_TASK_TIMEOUT_MS = {_limit(deadline_minutes)} "
        f"SUSPEND_TASK_AFTER_NUM_FAILURES = {failures} "
        f"AS CALL {name(application)}.CORE.{call}"
    )


def _limit(deadline_minutes: float) -> int:
    return round(deadline_minutes * times.MINUTE) + GRACE


def switch(application: str, sync: str, *, enabled: bool) -> str:
    """Let a sync's task run, or not, if there is one."""
    return f"ALTER TASK IF EXISTS {task(application, sync)} {'RESUME' if enabled else 'SUSPEND'}"


def drop(application: str, title: str) -> str:
    """Take a sync off its schedule, or away another task by its title."""
    return f"DROP TASK IF EXISTS {task(application, title)}"
