"""Sends alerts: once, and again when one is over or its reason changed."""

from __future__ import annotations

from collections.abc import Sequence

from hubspot_ingest import telemetry
from hubspot_ingest.app_settings import Notifications
from hubspot_ingest.database import notifications
from hubspot_ingest.database.state.alerts import NEW_PROPERTIES, ROWS_REFUSED, Alert, Alerts
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.runs import Runs
from hubspot_ingest.errors import NotificationFailed, Refusal
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context
from hubspot_ingest.operations.internal_errors import reportable_error

# How many new properties are named in a message.
SHOWN = 10


def after_runs(context: Context) -> None:
    """Send what changed by the runs that ended; a failure here fails no run."""
    try:
        announce(context)
    except Exception as raised:
        error = reportable_error(context.database, raised, context.clock.now())
        telemetry.error("alerts were not sent", response_code=error.response_code)


def announce(context: Context) -> dict[str, Json]:
    """Send the alerts that were not sent, and word of those that are over.

    Raises ``NotificationFailed`` when nothing could be sent; it is tried again next time.
    """
    to = AppState(context.database).settings().notifications
    if to is None:
        return _answer(0, 0, "no notifications are configured; see CONFIGURE_APP")
    now = context.clock.now()
    alerts = Alerts(context.database)
    statuses = {status.sync: status for status in alerts.statuses(now)}
    reasons = [
        *(status.alert for status in statuses.values() if status.alert),
        *alerts.others(now),
    ]
    current = {(alert.sync, alert.kind): alert for alert in reasons if alert.kind in to.on}
    sent = {(alert.sync, alert.kind): alert for alert in alerts.sent()}
    new = [
        alert for key, alert in current.items() if key not in sent or _is_other(alert, sent[key])
    ]
    over = [
        alert
        for key, alert in sent.items()
        if key not in current and not (alert.sync in statuses and statuses[alert.sync].running)
    ]
    # noted first: of two processes that see the same alert, one sends it
    new = [alert for alert in new if alerts.save(alert, now)]
    over = [alert for alert in over if alerts.delete(alert)]
    ended = [
        alert
        for alert in over
        if alert.sync in statuses and alert.kind in to.on and alert.kind != NEW_PROPERTIES
    ]
    if not new and not ended:
        return _answer(0, 0, "nothing has changed since people were told last")
    try:
        _send(context, to, new, ended)
    except NotificationFailed as error:
        for alert in new:
            earlier = sent.get((alert.sync, alert.kind))
            alerts.delete(alert)
            over += [earlier] if earlier else []
        for alert in over:
            alerts.save(alert, now)
        Runs(context.database).log_error(None, "", error.response_code, error.message, now)
        raise
    return _answer(len(new), len(ended), "people were told")


def _is_other(alert: Alert, earlier: Alert) -> bool:
    """Whether people have to be told again: of another reason, of further properties."""
    if alert.kind == NEW_PROPERTIES:
        return not {*alert.code.split(", ")} <= {*earlier.code.split(", ")}
    return alert.code != earlier.code


def send_test(context: Context) -> dict[str, Json]:
    """Send a notification that says it is a test. Raises ``Refusal``, ``NotificationFailed``."""
    to = AppState(context.database).settings().notifications
    if to is None:
        raise Refusal(
            "no notifications are configured; name an integration with CALL configure_app("
            'PARSE_JSON(\'{"notifications": {"integration": "…", "recipients": ["…"]}}\'))'
        )
    application = context.database.application
    notifications.check(context.database, to)
    notifications.send(
        context.database,
        to,
        f"{application}: test",
        [f"This is a test of {application}. You will be told of: {', '.join(to.on)}."],
    )
    return {
        "response_code": "OK",
        "message": f"a test was handed to the integration {to.integration}; see whether it arrives",
    }


def _send(
    context: Context, to: Notifications, new: Sequence[Alert], ended: Sequence[Alert]
) -> None:
    application = context.database.application
    lines = [alert_line(alert, application) for alert in new]
    lines += [f"{alert.sync} is no longer {alert.kind}." for alert in ended]
    notifications.send(context.database, to, subject(new, ended, application), lines)


def subject(new: Sequence[Alert], ended: Sequence[Alert], application: str) -> str:
    """The subject line of a message."""
    parts = [f"{alert.sync} {alert.kind}" for alert in new] + [
        f"{alert.sync} recovered" for alert in ended
    ]
    more = f" and {len(parts) - 3} more" if len(parts) > 3 else ""
    return f"{application}: {', '.join(parts[:3])}{more}"


def alert_line(alert: Alert, application: str) -> str:
    """One line about an alert; of what came from HubSpot it quotes names of properties alone."""
    if alert.kind == "DELAYED":
        return (
            f"{alert.sync} is DELAYED: it did not run for twice as long as its schedule says, or "
            "for longer than its fresh_within. "
            f"Look at SELECT * FROM {application}.CORE.{alert.view}, "
            "and whether its task is suspended."
        )
    if alert.kind == NEW_PROPERTIES:
        names = alert.code.split(", ")
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        return (
            f"{alert.sync} has NEW_PROPERTIES: {', '.join(names[:SHOWN])}{more}. "
            f"Look at SELECT * FROM {application}.CORE.PROPERTIES WHERE SYNC = '{alert.sync}' "
            "AND APPEARED_AT IS NOT NULL."
        )
    if alert.code == ROWS_REFUSED:
        return (
            f"{alert.sync} is INCOMPLETE: rows of it were refused, or it is not known whether they "
            f"were written. Look at SELECT * FROM {application}.CORE.PUSH_ROWS WHERE PUSH = "
            f"'{alert.sync}' AND CODE IS NOT NULL."
        )
    if alert.kind == "INCOMPLETE":
        return (
            f"{alert.sync} is INCOMPLETE: its comparison with HubSpot did not come to its end. "
            f"Look at SELECT * FROM {application}.CORE.COMPLETENESS WHERE SYNC = '{alert.sync}'."
        )
    return (
        f"{alert.sync} FAILED: {alert.code}. "
        f"Look at SELECT MESSAGE FROM {application}.CORE.RUNS WHERE RUN_ID = '{alert.run_id}'."
    )


def _answer(alerts: int, recovered: int, message: str) -> dict[str, Json]:
    return {"response_code": "OK", "message": message, "alerts": alerts, "recovered": recovered}
