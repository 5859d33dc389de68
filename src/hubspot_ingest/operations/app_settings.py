"""The settings of the whole app: checked whole, then stored."""

from __future__ import annotations

from hubspot_ingest import times
from hubspot_ingest.app_settings import merge_settings, parse_app_settings
from hubspot_ingest.database import notifications
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.audit_log import Changed
from hubspot_ingest.database.state.page_archive import PageArchive
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.errors import Refusal
from hubspot_ingest.model import Json
from hubspot_ingest.operations import task_schedules
from hubspot_ingest.operations.context import Context

HASH_SALT = "hash_salt"
LONGEST_SALT = 200


def check(context: Context, changes: Json) -> None:
    """Check what ``configure`` would store. Raises as it does."""
    changes, _ = _without_salt(context, changes)
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
    changes, salt = _without_salt(context, changes)
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
        context.note_change(Changed.APP, "", {**stored}, {**new_settings})
    if salt is not None:
        state.save_hash_salt(salt)
        # that it changed, never what it is
        was: Json = {HASH_SALT: "another"}
        context.note_change(Changed.APP, "", was, {HASH_SALT: "stored anew"})
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
        "message": message if new_settings != stored or salt is not None else "nothing was changed",
        "settings": settings.dump(),
    }


def _without_salt(context: Context, changes: Json) -> tuple[Json, str | None]:
    """Some changes without the salt of hashes, and the salt where it is another than before.

    It is stored apart, where no view shows it. Raises ``Refusal`` for what cannot be a salt, and
    where a sync has made hashes with the one before: nobody could compare them with new ones.
    """
    if not isinstance(changes, dict) or HASH_SALT not in changes:
        return changes, None
    rest = {name: value for name, value in changes.items() if name != HASH_SALT}
    salt = changes[HASH_SALT]
    if salt is None or salt == AppState(context.database).hash_salt():
        return rest, None
    if not isinstance(salt, str) or len(salt) > LONGEST_SALT:
        raise Refusal(f"setting {HASH_SALT!r}: must be a text of at most {LONGEST_SALT} characters")
    hashing = [
        sync.name
        for sync in Syncs(context.database).all()
        if isinstance(sync.settings, dict) and sync.settings.get("hash")
    ]
    if hashing:
        raise Refusal(
            f"setting {HASH_SALT!r}: {', '.join(hashing)} made hashes with the one before; take "
            "hash out of their settings and run them, then change it"
        )
    return rest, salt
