"""CONFIGURE_PUSH and its like: checks the settings of pushes, stores them, and switches pushes."""

from __future__ import annotations

from pydantic import ValidationError

from hubspot_ingest import schedules, times
from hubspot_ingest.database.source_access import readable_columns
from hubspot_ingest.database.state.audit_log import Changed
from hubspot_ingest.database.state.push_ledger import Ledger
from hubspot_ingest.database.state.push_store import Push, Pushes
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.database.statements import tasks
from hubspot_ingest.errors import Refusal, SyncBusy
from hubspot_ingest.model import Json
from hubspot_ingest.operations import task_schedules
from hubspot_ingest.operations.context import Context
from hubspot_ingest.outbound import mapping_resolution, opening
from hubspot_ingest.outbound.hashed_sources import check_not_hashed
from hubspot_ingest.outbound.opening import OpenPush
from hubspot_ingest.outbound.push_settings import PushSettings, PushSource, parse_push_settings
from hubspot_ingest.settings import sync_name

Answer = dict[str, Json]

# A person waits for the answer: no longer than this.
PATIENCE = times.MINUTE


def configure(context: Context, name: str, new_settings: Json) -> Answer:
    """Check the settings whole, against source and portal, and store them.

    Raises ``Refusal`` naming what is wrong; then nothing was stored.
    """
    name = sync_name(name)
    settings = parse_push_settings(name, new_settings)
    pushes = Pushes(context.database)
    if Syncs(context.database).find(name) is not None:
        raise Refusal(
            f"there is a sync {name!r} already; names are unique over syncs and pushes",
            code="INVALID_NAME",
        )
    stored = pushes.find(name)
    if (
        stored is not None
        and "external_id" not in settings.model_fields_set
        and Ledger(context.database, name).has_records()
    ):
        kept_id = opening.stored_settings(stored).external_id
        settings = settings.model_copy(update={"external_id": kept_id})
    opened = check(context, name, settings)
    if stored is not None:
        opening.check_portal(stored, settings.connection, opened.portal_id)
        if stored.object_type != opened.stream.object_type:
            raise Refusal(
                f"{name} sends {stored.object_type}; records of another object need another push"
            )
        _check_identity(Ledger(context.database, name), stored, opened)
    # first what Snowflake may refuse, then what it remembers
    task_schedules.change_push(
        context.database,
        name,
        settings.schedule,
        settings.deadline_minutes,
        enabled=stored is None or stored.enabled,
    )
    pushes.save(
        name,
        opened.stream.object_type,
        _with_external_id(new_settings, opened.mapping.external_id),
        opened.mapping.claimed,
        opened.portal_id,
        context.clock.now(),
        every_minutes=schedules.longest_gap(settings.schedule),
    )
    context.note_change(
        Changed.PUSH,
        name,
        None if stored is None else stored.settings,
        _with_external_id(new_settings, opened.mapping.external_id),
    )
    return {
        "response_code": "OK",
        "message": f"push {name} is configured; see what it would do with CALL plan_push('{name}')",
        "settings": settings.dump(),
    }


def _with_external_id(settings: Json, name: str | None) -> Json:
    """Settings that name the property of the rows' keys: the default may be another one later."""
    if not isinstance(settings, dict):
        return settings
    return {**settings, "external_id": name}


def _check_identity(ledger: Ledger, stored: Push, opened: OpenPush) -> None:
    """Raises ``Refusal`` where rows that were sent would be taken for new ones, and made again."""
    before, after = (
        mapping_resolution.identity(
            settings, opened.stream.object_type, opened.source_types, opened.properties
        )
        for settings in (opening.stored_settings(stored), opened.settings)
    )
    for setting, value in before.items():
        if value != after[setting] and ledger.has_records():
            raise Refusal(
                f"setting {setting!r}: {stored.name} has sent rows told apart by {value}; by "
                f"{after[setting]} it would take them for new ones and make their records again; "
                f"make another push, or forget what was sent with CALL reset_push('{stored.name}', "
                "'forget') and look at CALL plan_push before the next run"
            )


def check(context: Context, name: str, settings: PushSettings) -> OpenPush:
    """The push that some settings describe. Raises ``Refusal`` with the code of what is wrong."""
    opening.check_may_write(context.database, settings.connection)
    deadline = context.clock.now() + PATIENCE
    with context.client(settings.as_sync(), deadline) as client:
        opened = opening.open_settings(context, client, name, settings)
        opening.check_contested(Pushes(context.database), opened)
        check_not_hashed(context.database, opening.source_table(settings.source), opened.mapping)
        opening.check_write_scope(client, opened.stream.object_type)
    return opened


def drop(context: Context, name: str | None) -> Answer:
    """Forget a push and its ledger. Raises ``UnknownPush``, and ``SyncBusy`` while it runs."""
    pushes = Pushes(context.database)
    push = opening.existing_push(pushes, name)
    if pushes.is_held(push.name, context.clock.now()):
        raise SyncBusy(f"a run of {push.name} is going on; drop it when that has ended")
    for title in (push.name, tasks.plan_title(push.name)):
        context.database.rows(tasks.drop(context.database.application, title))
    pushes.drop(push.name)
    context.note_change(Changed.PUSH, push.name, push.settings, None)
    return {
        "response_code": "OK",
        "message": f"push {push.name} and its ledger are forgotten; HubSpot's records stay",
    }


def enable(context: Context, name: str | None, *, enabled: bool, with_all: bool = False) -> Answer:
    """Switch a push on or off, by itself or ``with_all``. Raises ``UnknownPush``."""
    pushes = Pushes(context.database)
    push = opening.existing_push(pushes, name)
    # the task first: where that fails, the push is not taken for switched, and is next time
    if not enabled or opening.stored_settings(push).schedule is not None:
        switched = tasks.switch(context.database.application, push.name, enabled=enabled)
        context.database.rows(switched)
    pushes.enable(push.name, enabled, context.clock.now(), with_all=with_all)
    before: Json = {"enabled": push.enabled}
    context.note_change(Changed.PUSH, push.name, before, {"enabled": enabled})
    outcome = "is enabled" if enabled else "is disabled; it still runs when called"
    return {"response_code": "OK", "message": f"push {push.name} {outcome}"}


def check_source(context: Context, source: Json) -> Answer:
    """Say whether the application may read a table or view, and which columns it has.

    Raises ``Refusal`` (``SOURCE_UNREADABLE``), which names the grants.
    """
    parsed = parse_source(source)
    columns = readable_columns(
        context.database, opening.source_table(parsed), opening.source_kind(parsed)
    )
    return {
        "response_code": "OK",
        "message": f"{parsed} can be read",
        "columns": dict(columns),
    }


def parse_source(source: Json) -> PushSource:
    """A source as a person gives it. Raises ``Refusal``."""
    try:
        return PushSource.model_validate(source)
    except ValidationError:
        raise Refusal(
            'a source is an object, for example PARSE_JSON(\'{"database": "MARTS", "schema": '
            '"CRM", "view": "CUSTOMERS"}\')'
        ) from None
