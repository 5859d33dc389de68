"""Telling people what went wrong: once, and again when it is over or its reason changed."""

from __future__ import annotations

from collections.abc import Sequence

from hubspot_ingest import telemetry
from hubspot_ingest.app_settings import Notifications
from hubspot_ingest.database import notifications
from hubspot_ingest.database.state.alerts import Alert, Alerts
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.runs import Runs
from hubspot_ingest.errors import IngestError, NotificationFailed, Refusal
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context


def after_runs(context: Context) -> None:
    """Tell what changed by the runs that ended; no run is worse for what goes wrong in this."""
    try:
        announce(context)
    except IngestError as error:
        telemetry.error("alerts were not sent", response_code=error.response_code)


def announce(context: Context) -> dict[str, Json]:
    """Tell people of what is wrong that they were not told of, and of what is over.

    Raises ``NotificationFailed`` when nothing could be sent; it is tried again next time.
    """
    to = AppState(context.database).settings().notifications
    if to is None:
        return _answer(0, 0, "no notifications are configured; see CONFIGURE_APP")
    now = context.clock.now()
    alerts = Alerts(context.database)
    standings = {one.sync: one for one in alerts.statuses(now)}
    found = [*(one.alert for one in standings.values() if one.alert), *alerts.incomplete()]
    wrong = {(one.sync, one.kind): one for one in found if one.kind in to.on}
    before = {(one.sync, one.kind): one for one in alerts.sent()}
    new = [one for key, one in wrong.items() if key not in before or before[key].code != one.code]
    over = [
        one
        for key, one in before.items()
        if key not in wrong and not (one.sync in standings and standings[one.sync].running)
    ]
    # noted first: of two processes that see the same, one tells
    new = [one for one in new if alerts.save(one, now)]
    over = [one for one in over if alerts.delete(one)]
    ended = [one for one in over if one.sync in standings and one.kind in to.on]
    if not new and not ended:
        return _answer(0, 0, "nothing has changed since people were told last")
    try:
        _send(context, to, new, ended)
    except NotificationFailed as error:
        for one in new:
            earlier = before.get((one.sync, one.kind))
            alerts.delete(one)
            over += [earlier] if earlier else []
        for one in over:
            alerts.save(one, now)
        Runs(context.database).log_error(None, "", error.response_code, error.message, now)
        raise
    return _answer(len(new), len(ended), "people were told")


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
    lines = [alert_line(one, application) for one in new]
    lines += [f"{one.sync} is no longer {one.kind}." for one in ended]
    notifications.send(context.database, to, subject(new, ended, application), lines)


def subject(new: Sequence[Alert], ended: Sequence[Alert], application: str) -> str:
    """What people read first."""
    said = [f"{one.sync} {one.kind}" for one in new] + [f"{one.sync} recovered" for one in ended]
    more = f" and {len(said) - 3} more" if len(said) > 3 else ""
    return f"{application}: {', '.join(said[:3])}{more}"


def alert_line(alert: Alert, application: str) -> str:
    """One line about an alert, which quotes nothing that came from HubSpot."""
    if alert.kind == "DELAYED":
        return (
            f"{alert.sync} is DELAYED: it did not run for twice as long as its schedule says. "
            f"Look at SELECT * FROM {application}.CORE.SYNCS, and whether its task is suspended."
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
