"""DOCTOR: runs every check; one that cannot be made does not keep the others from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.push_store import Push, Pushes
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.diagnose import (
    findings,
    hubspot_checks,
    push_checks,
    snowflake_checks,
    table_checks,
)
from hubspot_ingest.diagnose.findings import Finding, Severity
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context
from hubspot_ingest.outbound import opening
from hubspot_ingest.outbound.push_settings import PushSettings
from hubspot_ingest.settings import DEFAULT_CONNECTION, SyncSettings, inherited, parse_settings

Check = Callable[[], Iterator[Finding]]


def doctor_report(context: Context) -> dict[str, Json]:
    """The findings of every check, the worst first; changes nothing."""
    database, now = context.database, context.clock.now()
    syncs, pushes = _syncs(context), _pushes(context)
    as_syncs = [(push.name, settings.as_sync()) for push, settings in pushes]
    checks: list[tuple[str, Check]] = [
        ("CREDENTIAL", lambda: snowflake_checks.credentials(database, now)),
        ("EGRESS", lambda: snowflake_checks.approval(database)),
        *(("HUBSPOT", check) for check in _portal_checks(context, syncs, as_syncs)),
        ("SCOPES", lambda: push_checks.scopes(context, syncs, pushes)),
        ("API_VERSION", lambda: iter(findings.version_findings(now))),
        ("SYNC", lambda: snowflake_checks.sync_health(database)),
        ("PUSH", lambda: push_checks.push_health(database, now)),
        ("PUSH", lambda: push_checks.contested(pushes)),
        ("SOURCE", lambda: push_checks.sources(database, pushes)),
        ("PRIVILEGES", lambda: snowflake_checks.account(database, [*syncs, *as_syncs])),
        ("TASK", lambda: snowflake_checks.tasks(database, syncs)),
        ("TASK", lambda: push_checks.push_tasks(database, pushes)),
        ("TABLE", lambda: table_checks.tables(context, syncs)),
        ("VIEW", lambda: snowflake_checks.views(database, syncs)),
        ("VIEW", lambda: snowflake_checks.shapes(context)),
        ("COMPLETENESS", lambda: snowflake_checks.certificates(database)),
        ("LEASE", lambda: snowflake_checks.leases(database, now)),
        ("STAGING", lambda: snowflake_checks.left_over(database)),
    ]
    sorted_findings = findings.worst_first(
        finding for check in checks for finding in _findings_of(*check)
    )
    problems = [finding for finding in sorted_findings if finding.severity is not Severity.OK]
    counts = [
        f"{sum(finding.severity is severity for finding in problems)} {severity}"
        for severity in Severity
        if any(finding.severity is severity for finding in problems)
    ]
    message = (
        f"{', '.join(counts)}; the worst: {problems[0].finding}" if problems else "nothing is wrong"
    )
    return {
        "response_code": "OK",
        "message": message,
        "findings": [finding.as_json() for finding in sorted_findings],
    }


def _syncs(context: Context) -> list[tuple[str, SyncSettings]]:
    defaults = inherited(AppState(context.database).settings())
    return [
        (sync.name, parse_settings(sync.name, sync.settings, defaults))
        for sync in Syncs(context.database).all()
        if sync.enabled
    ]


def _pushes(context: Context) -> list[tuple[Push, PushSettings]]:
    return [
        (push, opening.stored_settings(push))
        for push in Pushes(context.database).all()
        if push.enabled
    ]


def _portal_checks(
    context: Context,
    syncs: list[tuple[str, SyncSettings]],
    pushes: list[tuple[str, SyncSettings]],
) -> Iterator[Check]:
    """A check of the portal of each connection that is used, else of the default one."""
    by_connection: dict[str, list[tuple[str, SyncSettings]]] = {}
    for sync in [*syncs, *pushes]:
        by_connection.setdefault(sync[1].connection, []).append(sync)
    if not by_connection:
        by_connection[DEFAULT_CONNECTION] = [("contacts", parse_settings("contacts", {}))]
    for syncs_of_connection in by_connection.values():
        yield partial(hubspot_checks.check_portal, context, syncs_of_connection)


def _findings_of(check: str, find: Check) -> Iterator[Finding]:
    yield from findings.of_each(check, [find], lambda find: find())
