"""The settings of the whole app: checked whole, then stored."""

from __future__ import annotations

from hubspot_ingest import times
from hubspot_ingest.app_settings import merge_settings, parse_app_settings
from hubspot_ingest.database import notifications
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.page_archive import PageArchive
from hubspot_ingest.model import Json
from hubspot_ingest.operations import task_schedules
from hubspot_ingest.operations.context import Context


def check(context: Context, changes: Json) -> None:
    """Check what ``configure`` would store. Raises as it does."""
    stored = AppState(context.database).stored()
    settings = parse_app_settings(merge_settings(stored, changes))
    before = parse_app_settings(stored)
    if settings.notifications is not None and settings.notifications != before.notifications:
        notifications.check(context.database, settings.notifications)


def configure(context: Context, changes: Json) -> dict[str, Json]:
    """Store some settings of the app upon those stored before.

    Raises ``Refusal`` naming what is wrong, or ``GrantMissing``; then nothing was changed.
    """
    state = AppState(context.database)
    stored = state.stored()
    new_settings = merge_settings(stored, changes)
    before, settings = parse_app_settings(stored), parse_app_settings(new_settings)
    message = "the app is configured"
    if settings.notifications is not None and settings.notifications != before.notifications:
        notifications.check(context.database, settings.notifications)
        message += "; see whether notifications arrive with CALL send_test_notification()"
    if new_settings != stored:
        task_schedules.change_all(context.database, settings, before)
        state.save(new_settings, context.clock.now())
    if settings.keep_pages_days < before.keep_pages_days:
        days = settings.keep_pages_days
        PageArchive(context.database).delete_before(
            context.clock.now() - days * times.DAY + (not days)
        )
        message += (
            f"; what runs kept is deleted, but for {days} days"
            if days
            else ("; what runs kept is deleted")
        )
    return {
        "response_code": "OK",
        "message": message if new_settings != stored else "nothing was changed",
        "settings": settings.dump(),
    }
