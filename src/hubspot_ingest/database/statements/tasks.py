"""Statements on tasks: a serverless task for each scheduled sync, and those of the app. Pure.

Sources: Snowflake, "CREATE TASK", "ALTER TASK", "Serverless tasks". A new task is suspended, and a
task must be suspended to be changed. What a task calls is named without the application's name,
which an administrator may change: a task runs in the database it is in.
"""

from __future__ import annotations

from hubspot_ingest import times
from hubspot_ingest.database.sql import name, text

# Milliseconds between a run's own deadline, when it stops cleanly, and the task's timeout.
GRACE = 10 * times.MINUTE
# A sync's task is suspended after this many failures in a row; ENABLE_SYNC resumes it.
FAILURES = 10
# Snowflake would let a task grow to XXLARGE when a run takes longer than its interval, as every
# first run does. A run mostly waits for HubSpot, and a larger size waits at a higher price.
LARGEST_SIZE = "SERVERLESS_TASK_MAX_STATEMENT_SIZE = 'XSMALL'"
# A limit of the account or user on the rows of a result would cut our queries short in silence.
ALL_ROWS = "ROWS_PER_RESULTSET = 0"
# Titles of tasks; no sync can have such a name.
ALL_SYNCS = "ALL SYNCS"
FRESH_SYNCS = "FRESH SYNCS"
SEND_ALERTS = "SEND ALERTS"
# What goes wrong outside a run is noticed within this time.
ALERTS_EVERY = "60 MINUTES"
ALERTS_MINUTES = 5


def task(application: str, title: str) -> str:
    """The quoted name of the task with a title; a sync's task has the sync's name as title."""
    return f"{name(application)}.TASKS.{name(title.upper())}"


def schedule(
    application: str, sync: str, when: str, deadline_minutes: float, *, enabled: bool
) -> list[str]:
    """Create or change a sync's task so that it runs on the schedule ``when``."""
    own = task(application, sync)
    call = f"INGEST_HUBSPOT_TASK({text(sync)})"
    return _create_or_alter(own, call, when, deadline_minutes, FAILURES, resumed=enabled)


def schedule_push(
    application: str, push: str, when: str, deadline_minutes: float, *, enabled: bool
) -> list[str]:
    """Create or change a push's task; its title is the push's name, which no sync has."""
    own = task(application, push)
    call = f"PUSH_TO_HUBSPOT_TASK({text(push)})"
    return _create_or_alter(own, call, when, deadline_minutes, FAILURES, resumed=enabled)


def start_push(application: str, push: str, deadline_minutes: float) -> list[str]:
    """Run a push's task once; it is created, without a schedule, if it does not exist."""
    call = f"PUSH_TO_HUBSPOT_TASK({text(push)})"
    return _execute(task(application, push), call, deadline_minutes)


def plan_title(push: str) -> str:
    """The title of the task that carries out a plan of a push; SEND ALERTS is no push's."""
    return f"SEND PLAN {push}"


def start_plan(application: str, push: str, plan_hash: str, deadline_minutes: float) -> list[str]:
    """Carry out the plan of that hash once, by a task of its own without a schedule.

    The push's own task has no part in it: what it runs on a schedule was confirmed by nobody.
    """
    own = task(application, plan_title(push))
    call = f"PUSH_TO_HUBSPOT_TASK({text(push)}, {text(plan_hash)})"
    create, *rest = _execute(own, call, deadline_minutes)
    limit = f"USER_TASK_TIMEOUT_MS = {_timeout(deadline_minutes)}"
    # it is there since an earlier plan, and never resumed
    changed = [f"ALTER TASK {own} SET {limit}", f"ALTER TASK {own} MODIFY AS CALL CORE.{call}"]
    return [create, *changed, *rest]


def schedule_all(application: str, when: str, deadline_minutes: float) -> list[str]:
    """Create or change the task of all syncs that have none of their own.

    Failures never suspend it: one failing sync must not stop the others.
    """
    own = task(application, ALL_SYNCS)
    return _create_or_alter(own, "INGEST_ALL_TASK()", when, deadline_minutes, 0, resumed=True)


def schedule_fresh(application: str, minutes: int, deadline_minutes: float) -> list[str]:
    """Create or change the task of the syncs with ``fresh_within``, which comes every ``minutes``.

    Failures never suspend it: one failing sync must not stop the others.
    """
    own = task(application, FRESH_SYNCS)
    when = f"{minutes} MINUTES"
    return _create_or_alter(own, "INGEST_FRESH_TASK()", when, deadline_minutes, 0, resumed=True)


def schedule_alerts(application: str) -> list[str]:
    """Create the task that sends alerts."""
    own = task(application, SEND_ALERTS)
    return _create_or_alter(own, "SEND_ALERTS()", ALERTS_EVERY, ALERTS_MINUTES, 0, resumed=True)


def reconcile_title(sync: str) -> str:
    """The title of the task that compares a sync's table with HubSpot."""
    return f"RECONCILE {sync}"


def start(application: str, sync: str, deadline_minutes: float) -> list[str]:
    """Run a sync's task once; it is created, without a schedule, if it does not exist."""
    call = f"INGEST_HUBSPOT_TASK({text(sync)})"
    return _execute(task(application, sync), call, deadline_minutes)


def start_reconcile(application: str, sync: str, deadline_minutes: float) -> list[str]:
    """Compare a sync's table with HubSpot once, by a task without a schedule."""
    own = task(application, reconcile_title(sync))
    return _execute(own, f"RECONCILE_TASK({text(sync)})", deadline_minutes)


def _execute(own: str, call: str, deadline_minutes: float) -> list[str]:
    return [
        _create(own, call, "", deadline_minutes, FAILURES),
        f"GRANT MONITOR, OPERATE ON TASK {own} TO APPLICATION ROLE APP_ADMIN",
        f"EXECUTE TASK {own}",
    ]


def _create_or_alter(
    own: str,
    call: str,
    when: str,
    deadline_minutes: float,
    failures: int,
    *,
    resumed: bool,
) -> list[str]:
    limit = _timeout(deadline_minutes)
    scheduled = f"SCHEDULE = {text(when)} "
    return [
        _create(own, call, scheduled, deadline_minutes, failures),
        f"ALTER TASK {own} SUSPEND",
        f"ALTER TASK {own} SET {scheduled}{ALL_ROWS} USER_TASK_TIMEOUT_MS = {limit} {LARGEST_SIZE}",
        f"ALTER TASK {own} MODIFY AS CALL CORE.{call}",
        *([f"ALTER TASK {own} RESUME"] if resumed else []),
        f"GRANT MONITOR, OPERATE ON TASK {own} TO APPLICATION ROLE APP_ADMIN",
    ]


def _create(own: str, call: str, scheduled: str, deadline_minutes: float, failures: int) -> str:
    return (
        f"CREATE TASK IF NOT EXISTS {own} {scheduled}"
        "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE = 'XSMALL' "
        f"{ALL_ROWS} USER_TASK_TIMEOUT_MS = {_timeout(deadline_minutes)} "
        f"SUSPEND_TASK_AFTER_NUM_FAILURES = {failures} {LARGEST_SIZE} "
        f"AS CALL CORE.{call}"
    )


def _timeout(deadline_minutes: float) -> int:
    return round(deadline_minutes * times.MINUTE) + GRACE


def switch(application: str, sync: str, *, enabled: bool) -> str:
    """Resume or suspend a sync's task, if there is one."""
    return f"ALTER TASK IF EXISTS {task(application, sync)} {'RESUME' if enabled else 'SUSPEND'}"


def drop(application: str, title: str) -> str:
    """Drop the task with this title, if there is one."""
    return f"DROP TASK IF EXISTS {task(application, title)}"
