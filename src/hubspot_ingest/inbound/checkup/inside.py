"""What Snowflake and the state tell DOCTOR: syncs, tables, tasks, grants, what was left behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hubspot_ingest.database import columns, privileges, standing
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.connections import cure
from hubspot_ingest.database.metadata import Metadata
from hubspot_ingest.database.store import Store
from hubspot_ingest.inbound import destination, freshness
from hubspot_ingest.inbound.checkup import findings
from hubspot_ingest.inbound.checkup.findings import Finding, Severity
from hubspot_ingest.settings import SyncSettings

Syncs = Sequence[tuple[str, SyncSettings]]

_HEALTH = {
    "FAILED": (Severity.ERROR, "the message says what to do; then run it again"),
    "SKIPPED": (Severity.ERROR, "add the scope that the message names in HubSpot"),
    "DELAYED": (Severity.WARNING, "see whether its task is suspended, or fails to start"),
    "INCOMPLETE": (Severity.NOTICE, "nothing: the next run carries on"),
    "PENDING": (Severity.NOTICE, "run it: CALL ingest_hubspot('{}')"),
}


def credentials(database: Database, now: int) -> Iterator[Finding]:
    """Of the credentials that are stored."""
    for connection, (kind, created_at) in standing.credentials(database).items():
        yield findings.of_age(connection, kind, created_at, now, cure(connection))


def health(database: Database) -> Iterator[Finding]:
    """Of how the enabled syncs went."""
    for one in standing.health(database):
        severity, what = _HEALTH.get(one.health, (Severity.OK, ""))
        said = f"{one.sync} is {one.health}"
        if severity is not Severity.OK and one.message:
            said += f": {one.message}"
        yield Finding("SYNC", severity, said, what.format(one.sync))


def views(database: Database, syncs: Syncs) -> Iterator[Finding]:
    """Of the views beside destinations."""
    for sync, settings in syncs:
        for view in freshness.missing(database, sync, settings):
            yield Finding(
                "VIEW",
                Severity.NOTICE,
                f"the view {view} is not there, or something else has its name",
                f"rename what has its name, configure {sync} again as it is, and run it",
            )


def leases(database: Database, now: int) -> Iterator[Finding]:
    """Of runs that were killed."""
    for sync in standing.dead_leases(database, now):
        yield Finding(
            "LEASE",
            Severity.WARNING,
            f"a run of {sync} was killed and nothing followed it",
            f"CALL ingest_hubspot('{sync}'): it carries on from the rows that are there",
        )


def left_over(database: Database, now: int) -> Iterator[Finding]:
    """Of staging tables that nobody needs any more."""
    tables = standing.left_over(database, now)
    if tables:
        yield Finding(
            "STAGING",
            Severity.NOTICE,
            f"{len(tables)} staging tables of runs that were killed are left, such as {tables[0]}",
            "run the syncs concerned: each clears what its killed run left",
        )


def tasks(database: Database, syncs: Syncs) -> Iterator[Finding]:
    """Of the tasks of syncs that have a schedule."""
    there = standing.tasks(database)
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


def tables(database: Database, syncs: Syncs) -> Iterator[Finding]:
    """Of destinations: may they be written, and are their columns as they were made."""
    store, metadata = Store(database), Metadata(database)
    for sync, settings in syncs:
        table = destination.table_of(settings)
        place = privileges.look(database, table)
        if place.database_seen and place.grants:
            said = f"the app may not write to {table}, where {sync} lands"
            yield Finding("GRANTS", Severity.ERROR, said, "; ".join(place.grants))
        stored = store.sync(sync)
        if stored is None or stored.settled_through is None:
            continue
        types = destination.existing(database, table).types
        found = [
            (column, columns.TYPES.get(one.type, columns.Type.TEXT))
            for one, column in metadata.properties(sync)
            if column is not None
        ]
        if found and not types:
            again = f"CALL reset_sync('{sync}'), then run it: that makes the table anew"
            said = f"{table}, where {sync} landed, is not there any more"
            yield Finding("TABLE", Severity.WARNING, said, again)
            continue
        own = [(one.name, one.type) for one in (*columns.RECORD, *columns.BOOKKEEPING)]
        expected = [*own, *found] if found else []
        missing = [column for column, _ in expected if column not in types]
        retyped = [
            column
            for column, wanted in expected
            if column in types and not columns.same_type(wanted, types[column])
        ]
        if missing or retyped:
            said = f"{table} was altered by hand:"
            said += f" without {', '.join(missing)}" if missing else ""
            said += f" of another type {', '.join(retyped)}" if retyped else ""
            again = f"drop the table, CALL reset_sync('{sync}') and run it; or undo the change"
            yield Finding("TABLE", Severity.WARNING, said, again)
        else:
            yield Finding("TABLE", Severity.OK, f"{table} is as it was made")
