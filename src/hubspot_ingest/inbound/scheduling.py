"""A sync's own task: made, changed and taken away with its settings."""

from __future__ import annotations

from contextlib import suppress

from hubspot_ingest.database import tasks
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import name
from hubspot_ingest.errors import DatabaseError, GrantMissing, Refusal
from hubspot_ingest.settings import SyncSettings


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
    try:
        _put(database, sync, settings, enabled=enabled)
    except DatabaseError as error:
        # what made the change fail may keep the task from being resumed as well
        with suppress(DatabaseError):
            if before is None:
                database.rows(tasks.unschedule(database.application, sync))
            else:
                _put(database, sync, before, enabled=enabled)
        if isinstance(error, GrantMissing):
            raise GrantMissing(
                "the application may not run tasks; let an administrator run: GRANT EXECUTE TASK, "
                f"EXECUTE MANAGED TASK ON ACCOUNT TO APPLICATION {name(database.application)}; "
                "then configure the sync again: nothing was changed"
            ) from error
        raise Refusal(
            f"Snowflake refuses the schedule {settings.schedule!r}: {error.message}"
        ) from error


def _put(database: Database, sync: str, settings: SyncSettings, *, enabled: bool) -> None:
    application = database.application
    statements = [tasks.unschedule(application, sync)]
    if settings.schedule is not None:
        statements = tasks.schedule(
            application, sync, settings.schedule, settings.deadline_minutes, enabled=enabled
        )
    for statement in statements:
        database.rows(statement)
