"""DOCTOR's checks of pushes: their health, sources and tasks, and what their credentials may do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from hubspot_ingest import times
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.source_access import readable_columns
from hubspot_ingest.database.state import health
from hubspot_ingest.database.state.connections import Connections
from hubspot_ingest.database.state.push_store import Push
from hubspot_ingest.diagnose import findings
from hubspot_ingest.diagnose.findings import Finding, Severity
from hubspot_ingest.errors import Refusal, ScopeMissing
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.operations.context import Context
from hubspot_ingest.outbound import opening
from hubspot_ingest.outbound.push_settings import PushSettings
from hubspot_ingest.settings import SyncSettings

PushesWithSettings = Sequence[tuple[Push, PushSettings]]

# A person waits for the answer: no longer than this.
PATIENCE = times.MINUTE
# Objects that have scopes of their own for writing; notes have that of contacts.
WRITABLE = ("contacts", "companies", "deals", "tickets", "products", "line_items", "quotes")
_HEALTH = {
    "FAILED": (Severity.ERROR, "the message says what to do; then run it again"),
    "SKIPPED": (Severity.ERROR, "add the scope that the message names in HubSpot"),
    "HELD": (
        Severity.WARNING,
        "look at PUSH_PLAN_ROWS; if it is right, CALL push_to_hubspot('{}', '<plan_hash>')",
    ),
    "DELAYED": (Severity.WARNING, "see whether its task is suspended, or fails to start"),
    "INCOMPLETE": (
        Severity.NOTICE,
        "SELECT * FROM CORE.PUSH_ROWS WHERE PUSH = '{}' AND CODE IS NOT NULL has the reasons",
    ),
    "PENDING": (Severity.NOTICE, "see what it would do: CALL plan_push('{}')"),
}


def push_health(database: Database, now: int) -> Iterator[Finding]:
    """A finding for each enabled push: how its last run went, and whether it was killed."""
    for row in health.push_health(database, now):
        severity, cure = _HEALTH.get(row.health, (Severity.OK, ""))
        text = f"the push {row.name} is {row.health}"
        if row.refused or row.unsure:
            text += f": {row.refused} rows were refused, {row.unsure} are unknown"
        elif severity is not Severity.OK and row.message:
            text += f": {row.message}"
        yield Finding("PUSH", severity, text, cure.format(row.name))
        if row.is_killed:
            yield Finding(
                "LEASE",
                Severity.WARNING,
                f"a run of the push {row.name} was killed and nothing followed it",
                f"CALL push_to_hubspot('{row.name}'): it first finds out what HubSpot wrote",
            )


def contested(pushes: PushesWithSettings) -> Iterator[Finding]:
    """A finding for each property that two pushes write: they would overwrite each other."""
    for (push, _), (other, _) in combinations(pushes, 2):
        if push.object_type != other.object_type:
            continue
        for prop in sorted({*push.properties} & {*other.properties}):
            yield Finding(
                "PUSH",
                Severity.WARNING,
                f"the pushes {push.name} and {other.name} both write {prop} of {push.object_type}",
                f"take {prop} out of the properties of one of them",
            )


def sources(database: Database, pushes: PushesWithSettings) -> Iterator[Finding]:
    """A finding for each source: whether the application may read it, with the grants it lacks."""

    def of_push(push_with_settings: tuple[Push, PushSettings]) -> Iterator[Finding]:
        push, settings = push_with_settings
        source = settings.source
        try:
            readable_columns(database, opening.source_table(source), opening.source_kind(source))
        except Refusal as refusal:
            text, _, grants = refusal.message.partition("; ")
            yield Finding("SOURCE", Severity.ERROR, f"{push.name}: {text}", grants)
        else:
            yield Finding("SOURCE", Severity.OK, f"{push.name}: {source} can be read")

    yield from findings.of_each("SOURCE", pushes, of_push)


def push_tasks(database: Database, pushes: PushesWithSettings) -> Iterator[Finding]:
    """A finding for the task of each push with a schedule."""
    states = health.tasks(database)
    for push, settings in pushes:
        if settings.schedule is None:
            continue
        state = states.get(push.name.upper())
        if state == "started":
            yield Finding("TASK", Severity.OK, f"the task of {push.name} runs by its schedule")
            continue
        text = f"{push.name} has a schedule, but its task is {state or 'not there'}"
        cure = f"CALL enable_push('{push.name}')" if state else "configure the push again"
        yield Finding("TASK", Severity.ERROR, text, cure)


def scopes(
    context: Context,
    syncs: Sequence[tuple[str, SyncSettings]],
    pushes: PushesWithSettings,
) -> Iterator[Finding]:
    """Whether each connection's credential may write what pushes write, and nothing else.

    HubSpot is asked by updates of nothing.
    """
    settings_of = {settings.connection: settings for _, settings in syncs}
    settings_of |= {settings.connection: settings.as_sync() for _, settings in pushes}
    stored = Connections(context.database).all()

    def of_connection(connection: str) -> Iterator[Finding]:
        writers: dict[str, list[str]] = {}
        for push, push_settings in pushes:
            if push_settings.connection == connection:
                writers.setdefault(push.object_type, []).append(push.name)
        writes = connection in stored and stored[connection].writes
        deadline = context.clock.now() + PATIENCE
        with context.client(settings_of[connection], deadline) as client:
            yield from _scopes(client, connection, writers, writes=writes)

    yield from findings.of_each("SCOPES", settings_of, of_connection)


def _scopes(
    client: Client, connection: str, writers: dict[str, list[str]], *, writes: bool
) -> Iterator[Finding]:
    needless: list[str] = []
    needed = {*writers, *(["contacts"] if "notes" in writers else [])}
    for object_type in dict.fromkeys((*writers, *WRITABLE)):
        try:
            opening.check_write_scope(client, object_type)
        except ScopeMissing as missing:
            for name in writers.get(object_type, ()):
                scope_names = " or ".join(missing.scopes) or f"the write scope of {object_type}"
                yield Finding(
                    "SCOPES",
                    Severity.ERROR,
                    f"the credential of {connection} may not write {object_type}, which the push "
                    f"{name} does",
                    f"add {scope_names} to its service key in HubSpot",
                )
        else:
            if object_type not in needed:
                needless.append(object_type)
    if needless:
        use = "no push of it needs that" if writes else "it is there to read only"
        yield Finding(
            "SCOPES",
            Severity.NOTICE,
            f"the credential of {connection} may write {', '.join(needless)}, and {use}",
            "take these write scopes away from its service key in HubSpot",
        )
    else:
        yield Finding("SCOPES", Severity.OK, f"the credential of {connection} may write no more")
