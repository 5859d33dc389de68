"""Statements that put a sync on a schedule: one serverless task each. Pure.

Sources: Snowflake, "CREATE TASK", "ALTER TASK", "Serverless tasks". A task begins suspended, and
changing one needs it suspended.
"""

from __future__ import annotations

from hubspot_ingest import times
from hubspot_ingest.database.sql import name, text

# Between a run's own deadline, after which it stops cleanly, and the end Snowflake makes of it.
GRACE = 10 * times.MINUTE
# A task that failed so often in a row is suspended; ENABLE_SYNC resumes it.
FAILURES = 10


def task(application: str, sync: str) -> str:
    """The quoted name of a sync's task."""
    return f"{name(application)}.TASKS.{name(sync.upper())}"


def schedule(
    application: str, sync: str, when: str, deadline_minutes: float, *, enabled: bool
) -> list[str]:
    """Make or change the task so that it runs ``when`` the settings say."""
    own = task(application, sync)
    limit = round(deadline_minutes * times.MINUTE) + GRACE
    call = f"CALL {name(application)}.CORE.INGEST_HUBSPOT_TASK({text(sync)})"
    return [
        f"CREATE TASK IF NOT EXISTS {own} SCHEDULE = {text(when)} "
        "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE = 'XSMALL' "
        f"USER_TASK_TIMEOUT_MS = {limit} SUSPEND_TASK_AFTER_NUM_FAILURES = {FAILURES} "
        f"AS {call}",
        f"ALTER TASK {own} SUSPEND",
        f"ALTER TASK {own} SET SCHEDULE = {text(when)} USER_TASK_TIMEOUT_MS = {limit}",
        *([f"ALTER TASK {own} RESUME"] if enabled else []),
        f"GRANT MONITOR, OPERATE ON TASK {own} TO APPLICATION ROLE APP_ADMIN",
    ]


def switch(application: str, sync: str, *, enabled: bool) -> str:
    """Let a sync's task run, or not, if there is one."""
    return f"ALTER TASK IF EXISTS {task(application, sync)} {'RESUME' if enabled else 'SUSPEND'}"


def unschedule(application: str, sync: str) -> str:
    """Take a sync off its schedule."""
    return f"DROP TASK IF EXISTS {task(application, sync)}"
