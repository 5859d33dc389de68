"""DOCTOR: every check, each on its own, so that one that cannot be made keeps no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.diagnose import findings, hubspot_checks, snowflake_checks, table_checks
from hubspot_ingest.diagnose.findings import Finding, Severity
from hubspot_ingest.errors import IngestError
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import DEFAULT_CONNECTION, SyncSettings, parse_settings

Check = Callable[[], Iterator[Finding]]


def doctor_report(given: Context) -> dict[str, Json]:
    """Look at everything that can be wrong; changes nothing."""
    database, now = given.database, given.clock.now()
    syncs = _syncs(given)
    checks: list[tuple[str, Check]] = [
        ("CREDENTIAL", lambda: snowflake_checks.credentials(database, now)),
        ("EGRESS", lambda: snowflake_checks.approval(database)),
        *(("HUBSPOT", check) for check in _portals(given, syncs)),
        ("API_VERSION", lambda: iter(findings.of_versions(now))),
        ("SYNC", lambda: snowflake_checks.sync_health(database)),
        ("PRIVILEGES", lambda: snowflake_checks.account(database, syncs)),
        ("TASK", lambda: snowflake_checks.tasks(database, syncs)),
        ("TABLE", lambda: table_checks.tables(database, syncs)),
        ("VIEW", lambda: snowflake_checks.views(database, syncs)),
        ("COMPLETENESS", lambda: snowflake_checks.certificates(database)),
        ("LEASE", lambda: snowflake_checks.leases(database, now)),
        ("STAGING", lambda: snowflake_checks.left_over(database, now)),
    ]
    found = findings.worst_first(one for check in checks for one in _made(*check))
    bad = [one for one in found if one.severity is not Severity.OK]
    counted = [
        f"{sum(one.severity is severity for one in bad)} {severity}"
        for severity in Severity
        if any(one.severity is severity for one in bad)
    ]
    said = f"{', '.join(counted)}; the worst: {bad[0].finding}" if bad else "nothing is wrong"
    return {
        "response_code": "OK",
        "message": said,
        "findings": [one.told() for one in found],
    }


def _syncs(given: Context) -> list[tuple[str, SyncSettings]]:
    defaults = AppState(given.database).settings().for_syncs
    return [
        (one.name, parse_settings(one.name, one.settings, defaults))
        for one in Syncs(given.database).all()
        if one.enabled
    ]


def _portals(given: Context, syncs: list[tuple[str, SyncSettings]]) -> Iterator[Check]:
    """A look at the portal of each connection that a sync uses, or of the first one."""
    used: dict[str, list[tuple[str, SyncSettings]]] = {}
    for one in syncs:
        used.setdefault(one[1].connection, []).append(one)
    if not used:
        used[DEFAULT_CONNECTION] = [("contacts", parse_settings("contacts", {}))]
    for those in used.values():
        yield partial(hubspot_checks.check_portal, given, those)


def _made(check: str, make: Check) -> Iterator[Finding]:
    try:
        yield from make()
    except IngestError as error:
        said = f"this could not be checked: {error.message}"
        yield Finding(check, Severity.WARNING, said, "the message says what to do")
