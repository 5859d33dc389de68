"""Asks HubSpot which day it is in a portal, for filters that count from today."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from hubspot_ingest import times
from hubspot_ingest.errors import UnexpectedAnswer
from hubspot_ingest.hubspot import requests
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.plan import relative_days
from hubspot_ingest.inbound.plan.relative_days import Calendar
from hubspot_ingest.settings import SyncSettings


def portal_calendar(fetch: Fetch, settings: SyncSettings, now: int) -> Calendar | None:
    """The day in the portal at ``now`` (epoch ms), by one request; None where none is needed.

    Asked each time: an administrator may give the account another zone. Raises
    ``UnexpectedAnswer`` where HubSpot does not tell the zone.
    """
    if not relative_days.any_relative(settings.filter_groups):
        return None
    zone = fetch(requests.account(), portal_zone)
    moment = times.EPOCH + timedelta(milliseconds=now)
    return Calendar(moment.astimezone(zone).date(), zone)


def portal_zone(answer: Any) -> tzinfo:
    """The portal's time zone; its present offset from UTC where Python does not know the name.

    Raises ``UnexpectedAnswer`` where HubSpot tells neither.
    """
    name = answer.get("timeZone") if isinstance(answer, dict) else None
    with suppress(KeyError, ValueError, OSError):
        return ZoneInfo(str(name or ""))
    try:
        return timezone(timedelta(milliseconds=int(answer["utcOffsetMilliseconds"])))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UnexpectedAnswer(
            f"HubSpot names no time zone that is known ({name!r}), so that nobody can tell which "
            "day it is there; use dates instead of days counted from today"
        ) from error
