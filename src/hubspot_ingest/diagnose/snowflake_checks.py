"""DOCTOR's checks that ask Snowflake alone: syncs, tasks, privileges, leases, leftovers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hubspot_ingest import times
from hubspot_ingest.database import cleanup, privileges
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import name
from hubspot_ingest.database.state import health
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.connections import cure
from hubspot_ingest.database.state.shapes import Shapes, StoredShape
from hubspot_ingest.database.state.stored_state import read_stored_state
from hubspot_ingest.database.statements.tasks import ALL_SYNCS, FRESH_SYNCS, SEND_ALERTS
from hubspot_ingest.diagnose import findings
from hubspot_ingest.diagnose.findings import Finding, Severity
from hubspot_ingest.errors import DatabaseError
from hubspot_ingest.inbound.load import table_views
from hubspot_ingest.inbound.load.shapes import shape_views
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import SyncSettings

SyncsWithSettings = Sequence[tuple[str, SyncSettings]]

ON_SCHEDULE = {"EXECUTE TASK", "EXECUTE MANAGED TASK"}

_HEALTH = {
    "FAILED": (Severity.ERROR, "the message says what to do; then run it again"),
    "SKIPPED": (Severity.ERROR, "add the scope that the message names in HubSpot"),
    "DELAYED": (Severity.WARNING, "see whether its task is suspended, or fails to start"),
    "INCOMPLETE": (Severity.NOTICE, "nothing: the next run carries on"),
    "PENDING": (Severity.NOTICE, "run it: CALL ingest_hubspot('{}')"),
}


def credentials(database: Database, now: int) -> Iterator[Finding]:
    """A finding for each credential that is stored."""
    for connection, (kind, created_at) in health.credentials(database).items():
        yield findings.age_finding(connection, kind, created_at, now, cure(connection))


def sync_health(database: Database) -> Iterator[Finding]:
    """A finding for each enabled sync: how its last run went."""
    for row in health.health(database):
        severity, cure = _HEALTH.get(row.health, (Severity.OK, ""))
        text = f"{row.sync} is {row.health}"
        if severity is not Severity.OK and row.message:
            text += f": {row.message}"
        yield Finding("SYNC", severity, text, cure.format(row.sync))


def views(database: Database, syncs: SyncsWithSettings) -> Iterator[Finding]:
    """A finding for each view beside a destination that is missing."""

    def of_sync(sync_with_settings: tuple[str, SyncSettings]) -> Iterator[Finding]:
        sync, settings = sync_with_settings
        for view in table_views.missing_views(database, sync, settings):
            yield Finding(
                "VIEW",
                Severity.NOTICE,
                f"the view {view} is not there, or something else has its name",
                f"rename what has its name, configure {sync} again as it is, and run it",
            )

    yield from findings.of_each("VIEW", syncs, of_sync)


def shapes(context: Context) -> Iterator[Finding]:
    """A finding for each view in another product's shape that is not as it should be."""
    stored = read_stored_state(context.database, context.clock.now())

    def of_schema(stored_shape: StoredShape) -> Iterator[Finding]:
        shape = shape_views.SHAPES[stored_shape.shape]
        for plan in shape_views.outdated_views(context.database, stored, stored_shape):
            why = plan.why or "it is not there, out of date, or something else has its name"
            text = f"the view {plan.view} is not as it should be: {why}"
            yield Finding("VIEW", Severity.WARNING, text, f"CALL {shape.procedure}() as before")

    yield from findings.of_each("VIEW", Shapes(context.database).all(), of_schema)


def leases(database: Database, now: int) -> Iterator[Finding]:
    """A finding for each killed run that nothing followed."""
    for sync in health.dead_leases(database, now):
        yield Finding(
            "LEASE",
            Severity.WARNING,
            f"a run of {sync} was killed and nothing followed it",
            f"CALL ingest_hubspot('{sync}'): it carries on from the rows that are there",
        )


def left_over(database: Database) -> Iterator[Finding]:
    """Findings about staging tables and files that nobody needs any more."""
    tables, files = cleanup.left_over(database)
    cure = (
        "nothing: the next run after a killed one, the first of each day and every RECONCILE "
        "clear them away"
    )
    if tables:
        text = f"{len(tables)} staging tables of runs that were killed are left, such as "
        yield Finding("STAGING", Severity.NOTICE, text + tables[0], cure)
    if files:
        text = f"{files.total()} files of {len(files)} runs that are over are left on the stage"
        yield Finding("STAGING", Severity.NOTICE, f"{text}, such as of {min(files)}", cure)
    if not (tables or files):
        yield Finding("STAGING", Severity.OK, "no run left anything behind")


def approval(database: Database) -> Iterator[Finding]:
    """A finding for each specification to approve: without it no request leaves the account."""
    try:
        specifications = health.specifications(database)
    except DatabaseError:
        # where Snowflake does not tell, whether HubSpot answers does
        return
    for specification, status, number in specifications:
        text = f"the connection {specification} to api.hubapi.com is {status}"
        if status == "APPROVED":
            yield Finding("EGRESS", Severity.OK, text)
            continue
        application = name(database.application)
        approve = f"APPROVE SPECIFICATION {name(specification)} SEQUENCE_NUMBER = {number}"
        yield Finding(
            "EGRESS",
            Severity.ERROR,
            f"{text}: the app cannot ask HubSpot anything",
            "approve it on the app's page under Settings » Connections, or as an administrator: "
            f"ALTER APPLICATION {application} {approve}",
        )


def certificates(database: Database) -> Iterator[Finding]:
    """A finding for the last comparison of each sync with HubSpot."""
    for certificate in health.certificates(database):
        sync, at = certificate.sync, times.iso(certificate.checked_at)
        text = f"{sync} was compared with HubSpot at {at}: {certificate.result}"
        again = f"nothing: the next run compares again; or CALL reconcile('{sync}')"
        if certificate.outdated_by is not None:
            text += f"; {certificate.outdated_by} came after it: it says nothing of the table now"
            yield Finding("COMPLETENESS", Severity.NOTICE, text, again)
        elif certificate.result == "INCOMPLETE":
            yield Finding("COMPLETENESS", Severity.NOTICE, text, again)
        else:
            yield Finding("COMPLETENESS", Severity.OK, text)


def account(database: Database, syncs: SyncsWithSettings) -> Iterator[Finding]:
    """The finding about the privileges without which no schedule runs."""
    app = AppState(database).settings()
    scheduled = [sync for sync, settings in syncs if settings.schedule or settings.fresh_within]
    missing = privileges.missing_on_account(database, ON_SCHEDULE)
    needed = bool(scheduled or app.schedule or app.notifications)
    if not missing:
        yield Finding("PRIVILEGES", Severity.OK, "the app may run tasks")
        return
    severity = Severity.ERROR if needed else Severity.NOTICE
    yield Finding(
        "PRIVILEGES",
        severity,
        f"the app lacks {', '.join(missing)} on the account: nothing runs on a schedule",
        f"GRANT {', '.join(missing)} ON ACCOUNT TO APPLICATION {name(database.application)}",
    )


def tasks(database: Database, syncs: SyncsWithSettings) -> Iterator[Finding]:
    """A finding for each task: those of syncs with a schedule, and the app's own."""
    states = health.tasks(database)
    app = AppState(database).settings()
    of_app = [
        (ALL_SYNCS, "schedule", app.schedule),
        (SEND_ALERTS, "notifications", app.notifications),
    ]
    for title, setting, chosen in of_app:
        state = states.get(title)
        if chosen is not None and state != "started":
            text = f"the app has {setting}, but its task {title} is {state or 'not there'}"
            change = f"CALL configure_app with the same {setting} again"
            yield Finding("TASK", Severity.ERROR, text, change)
    promised = [sync for sync, settings in syncs if settings.fresh_within is not None]
    if promised and states.get(FRESH_SYNCS) != "started":
        text = (
            f"{', '.join(promised)} have fresh_within, but the task {FRESH_SYNCS} is "
            f"{states.get(FRESH_SYNCS) or 'not there'}"
        )
        yield Finding("TASK", Severity.ERROR, text, f"CALL enable_sync('{promised[0]}')")
    for sync, settings in syncs:
        if settings.schedule is None:
            continue
        state = states.get(sync.upper())
        if state == "started":
            yield Finding("TASK", Severity.OK, f"the task of {sync} runs by its schedule")
            continue
        text = f"{sync} has a schedule, but its task is {state or 'not there'}"
        change = f"CALL enable_sync('{sync}')" if state else "configure the sync again"
        yield Finding("TASK", Severity.ERROR, text, change)
