"""The entry points of pushes: a handler for each procedure of ``procedures/pushes.sql``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hubspot_ingest.model import Json
from hubspot_ingest.operations import pausing
from hubspot_ingest.operations.context import Context
from hubspot_ingest.outbound import (
    all_pushes,
    external_ids,
    push_configuration,
    push_plan,
    push_runner,
    row_control,
    suggestion,
)
from hubspot_ingest.procedures import Answer, answering, raising_on_failure

if TYPE_CHECKING:
    from snowflake.snowpark import Session


@answering
def configure_push(context: Context, name: str, settings: Json) -> Answer:
    """Store the settings of a push, after all of them were checked against source and portal."""
    return push_configuration.configure(context, name, settings)


@answering
def drop_push(context: Context, name: str) -> Answer:
    """Forget a push and its ledger; HubSpot's records stay."""
    return push_configuration.drop(context, name)


@answering
def enable_push(context: Context, name: str) -> Answer:
    """Let a push run on its schedule and with PUSH_ALL."""
    return push_configuration.enable(context, name, enabled=True)


@answering
def disable_push(context: Context, name: str) -> Answer:
    """Keep a push from running by itself; it can still be called."""
    return push_configuration.enable(context, name, enabled=False)


@answering
def disable_all_pushes(context: Context) -> Answer:
    """Keep every push from running by itself, until ENABLE_ALL_PUSHES."""
    disable = partial(push_configuration.enable, context, enabled=False, with_all=True)
    return pausing.pause_all(context.database, pausing.PUSHES, disable)


@answering
def enable_all_pushes(context: Context, everything: bool | None = None) -> Answer:
    """Let the pushes run again that DISABLE_ALL_PUSHES paused, or every one."""
    enable = partial(push_configuration.enable, context, enabled=True)
    return pausing.resume_all(context.database, pausing.PUSHES, enable, everything=bool(everything))


@answering
def check_source(context: Context, source: Json) -> Answer:
    """Say whether the application may read a table or view, and which grants it lacks."""
    return push_configuration.check_source(context, source)


@answering
def suggest_push(
    context: Context, source: Json, object: str, connection: str | None = None
) -> Answer:
    """Say which columns of a source could fill which properties of an object."""
    return suggestion.suggest_push(context, source, object, connection)


@answering
def create_external_id(
    context: Context, object: str, property: str | None = None, connection: str | None = None
) -> Answer:
    """Make the unique property of HubSpot that holds the keys of rows."""
    return external_ids.create_external_id(context, object, property, connection)


@answering
def plan_push(context: Context, name: str, settings: Json = None) -> Answer:
    """Say what a run of a push would do, row by row; nothing is written to HubSpot."""
    return push_plan.plan_push(context, name, settings)


@answering
def push_to_hubspot(context: Context, name: str, plan_hash: str | None = None) -> Answer:
    """Run a push now; with the hash of a plan, only if that plan still holds."""
    return push_runner.push_to_hubspot(context, name, plan_hash)


@answering
def try_push(context: Context, name: str, keys: Json) -> Answer:
    """Run a push for these rows alone; nothing is removed."""
    return row_control.try_push(context, name, keys)


@answering
def retry_push(context: Context, name: str, keys: Json = None) -> Answer:
    """Send refused rows again."""
    return row_control.retry_push(context, name, keys)


@answering
def skip_push_rows(context: Context, name: str, keys: Json, until: str | None) -> Answer:
    """Leave rows of a push alone until a time, or for good."""
    return row_control.skip_rows(context, name, keys, until)


@answering
def reset_push(context: Context, name: str, mode: str) -> Answer:
    """Forget what a push sent, or take over what HubSpot holds; nothing is sent."""
    return row_control.reset_push(context, name, mode)


@answering
def resolve_push_row(context: Context, name: str, key: str, record_id: str | None) -> Answer:
    """Settle a row of which nobody knows whether HubSpot wrote it."""
    return row_control.resolve_row(context, name, key, record_id)


def push_to_hubspot_task(session: Session, name: str, plan_hash: str | None = None) -> Answer:
    """Run a push as its tasks do: a run that failed makes the task fail."""
    return raising_on_failure(push_to_hubspot(session, name, plan_hash))


@answering
def push_all(context: Context) -> Answer:
    """Run every enabled push, one after the other."""
    return all_pushes.push_all(context)


@answering
def start_push(context: Context, name: str, plan_hash: str | None = None) -> Answer:
    """Begin a run of one push in the background, perhaps of a plan alone, and answer at once."""
    return all_pushes.start(context, name, plan_hash)


@answering
def stop_push(context: Context, name: str) -> Answer:
    """Ask the run of a push that goes on to stop, and answer at once."""
    return all_pushes.stop(context, name)
