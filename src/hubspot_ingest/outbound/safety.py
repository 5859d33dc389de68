"""Whether a plan may be carried out without being confirmed. Pure."""

from __future__ import annotations

from hubspot_ingest.errors import Held, PlanChanged, SourceEmpty
from hubspot_ingest.outbound.planning import PlanSummary
from hubspot_ingest.outbound.push_settings import PushSettings
from hubspot_ingest.outbound.rows import Action

# A share of fewer rows says nothing: of three rows one is a third.
SHARES_FROM = 100


def safety_verdict(settings: PushSettings, summary: PlanSummary) -> Held | None:
    """Why a plan is held; None where it may be carried out."""
    if summary.rows_source == 0:
        return SourceEmpty(f"{settings.source} is empty")
    archived = summary.actions[Action.ARCHIVE]
    if archived > settings.max_archive_rows:
        return Held(
            f"{archived} records would be archived, more than max_archive_rows "
            f"({settings.max_archive_rows})",
        )
    if summary.sent_rows < SHARES_FROM:
        return None
    for rows, most, what, setting in (
        (archived, settings.max_archive_percent, "archived", "max_archive_percent"),
        (summary.changed_sent_rows, settings.max_change_percent, "changed", "max_change_percent"),
    ):
        if rows * 100 > most * summary.sent_rows:
            return Held(
                f"{rows} of {summary.sent_rows} rows sent before would be {what}, more than "
                f"{setting} ({most:g})",
            )
    return None


def check_plan(
    name: str,
    settings: PushSettings,
    summary: PlanSummary,
    hold: str | None,
    plan_hash: str | None,
    *,
    whole: bool = True,
) -> None:
    """Raises ``Held`` or ``PlanChanged`` where a plan must not be carried out.

    One of chosen rows, not the ``whole``, cannot be confirmed: the next run plans all of them.
    """
    if plan_hash is not None:
        check_hash(plan_hash, summary.hash)
        return
    verdict = safety_verdict(settings, summary) or (Held(hold) if hold else None)
    if verdict is not None:
        confirm = f"call push_to_hubspot('{name}', '{summary.hash}')"
        if not whole:
            confirm = f"confirm the whole push first: call plan_push('{name}')"
        look = "look at PUSH_PLAN_ROWS, and if it is right " if whole else ""
        raise type(verdict)(f"{verdict.message}; nothing was written; {look}{confirm}")


def check_hash(confirmed: str, newest: str) -> None:
    """Raises ``PlanChanged`` where the newest plan is not the one that was confirmed."""
    if confirmed != newest:
        raise PlanChanged(
            f"the plan {confirmed} does not hold any more: source or HubSpot changed "
            f"since; nothing was written; the new one is {newest}, in PUSH_PLAN_ROWS"
        )
