"""What Snowflake and the state tell DOCTOR: syncs, tasks, privileges, what was left behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hubspot_ingest import times
from hubspot_ingest.database import cleanup, privileges
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import name
from hubspot_ingest.database.state import health
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.connections import cure
from hubspot_ingest.database.statements.tasks import ALL_SYNCS, SEND_ALERTS
from hubspot_ingest.diagnose import findings
from hubspot_ingest.diagnose.findings import Finding, Severity
from hubspot_ingest.errors import DatabaseError
from hubspot_ingest.inbound.load import table_views
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
    """Of the credentials that are stored."""
    for connection, (kind, created_at) in health.credentials(database).items():
        yield findings.of_age(connection, kind, created_at, now, cure(connection))


def sync_health(database: Database) -> Iterator[Finding]:
    """Of how the enabled syncs went."""
    for one in health.health(database):
        severity, what = _HEALTH.get(one.health, (Severity.OK, ""))
        said = f"{one.sync} is {one.health}"
        if severity is not Severity.OK and one.message:
            said += f": {one.message}"
        yield Finding("SYNC", severity, said, what.format(one.sync))


def views(database: Database, syncs: SyncsWithSettings) -> Iterator[Finding]:
    """Of the views beside destinations."""
    for sync, settings in syncs:
        for view in table_views.missing_views(database, sync, settings):
            yield Finding(
                "VIEW",
                Severity.NOTICE,
                f"the view {view} is not there, or something else has its name",
                f"rename what has its name, configure {sync} again as it is, and run it",
            )


def leases(database: Database, now: int) -> Iterator[Finding]:
    """Of runs that were killed."""
    for sync in health.dead_leases(database, now):
        yield Finding(
            "LEASE",
            Severity.WARNING,
            f"a run of {sync} was killed and nothing followed it",
            f"CALL ingest_hubspot('{sync}'): it carries on from the rows that are there",
        )


def left_over(database: Database, now: int) -> Iterator[Finding]:
    """Of staging tables and files that nobody needs any more."""
    tables, files = cleanup.tables(database, now), cleanup.files(database, now)
    cure = "nothing: the next run after a killed one, and every RECONCILE, clear them away"
    if tables:
        said = f"{len(tables)} staging tables of runs that were killed are left, such as "
        yield Finding("STAGING", Severity.NOTICE, said + tables[0], cure)
    if files:
        said = f"{files.total()} files of {len(files)} runs that are over are left on the stage"
        yield Finding("STAGING", Severity.NOTICE, f"{said}, such as of {min(files)}", cure)
    if not (tables or files):
        yield Finding("STAGING", Severity.OK, "no run left anything behind")


def approval(database: Database) -> Iterator[Finding]:
    """Of what an administrator is asked to approve: without it no request leaves the account."""
    try:
        asked = health.specifications(database)
    except DatabaseError:
        # where Snowflake does not tell, whether HubSpot answers does
        return
    for specification, status, number in asked:
        said = f"the connection {specification} to api.hubapi.com is {status}"
        if status == "APPROVED":
            yield Finding("EGRESS", Severity.OK, said)
            continue
        application = name(database.application)
        approve = f"APPROVE SPECIFICATION {name(specification)} SEQUENCE_NUMBER = {number}"
        yield Finding(
            "EGRESS",
            Severity.ERROR,
            f"{said}: the app cannot ask HubSpot anything",
            "approve it on the app's page under Settings » Connections, or as an administrator: "
            f"ALTER APPLICATION {application} {approve}",
        )


def certificates(database: Database) -> Iterator[Finding]:
    """Of the last comparison of each sync with HubSpot."""
    for sync, (result, at) in health.certificates(database).items():
        said = f"{sync} was compared with HubSpot at {times.iso(at)}: {result}"
        if result == "INCOMPLETE":
            again = f"nothing: the next run compares again; or CALL reconcile('{sync}')"
            yield Finding("COMPLETENESS", Severity.NOTICE, said, again)
        else:
            yield Finding("COMPLETENESS", Severity.OK, said)


def account(database: Database, syncs: SyncsWithSettings) -> Iterator[Finding]:
    """Of what the app may do in the account: without these no schedule runs."""
    app = AppState(database).settings()
    scheduled = [sync for sync, settings in syncs if settings.schedule is not None]
    lacks = sorted(ON_SCHEDULE - privileges.on_account(database))
    wanted = bool(scheduled or app.schedule or app.notifications)
    if not lacks:
        yield Finding("PRIVILEGES", Severity.OK, "the app may run tasks")
        return
    severity = Severity.ERROR if wanted else Severity.NOTICE
    yield Finding(
        "PRIVILEGES",
        severity,
        f"the app lacks {', '.join(lacks)} on the account: nothing runs on a schedule",
        f"GRANT {', '.join(lacks)} ON ACCOUNT TO APPLICATION {name(database.application)}",
    )


def tasks(database: Database, syncs: SyncsWithSettings) -> Iterator[Finding]:
    """Of the tasks of syncs that have a schedule, and of the app's own."""
    there = health.tasks(database)
    app = AppState(database).settings()
    of_app = [
        (ALL_SYNCS, "schedule", app.schedule),
        (SEND_ALERTS, "notifications", app.notifications),
    ]
    for title, setting, chosen in of_app:
        state = there.get(title)
        if chosen is not None and state != "started":
            said = f"the app has {setting}, but its task {title} is {state or 'not there'}"
            change = f"CALL configure_app with the same {setting} again"
            yield Finding("TASK", Severity.ERROR, said, change)
    for sync, settings in syncs:
        if settings.schedule is None:
            continue
        state = there.get(sync.upper())
        if state == "started":
            yield Finding("TASK", Severity.OK, f"the task of {sync} runs by its schedule")
            continue
        said = f"{sync} has a schedule, but its task is {state or 'not there'}"
        change = f"CALL enable_sync('{sync}')" if state else "configure the sync again"
        yield Finding("TASK", Severity.ERROR, said, change)
