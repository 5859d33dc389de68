"""What a check of DOCTOR finds, and how bad it is. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from hubspot_ingest import times
from hubspot_ingest.errors import IngestError
from hubspot_ingest.hubspot import api_versions
from hubspot_ingest.model import Json, Usage

Checked = TypeVar("Checked")

# HubSpot advises to make a new key every half year ("Service keys").
OLD_CREDENTIAL = 180
SOON, COMING = 60, 200
# How far (ms) the clocks of HubSpot and Snowflake may differ: settle_minutes covers it.
SKEW = times.MINUTE


class Severity(StrEnum):
    """How bad it is, worst first."""

    ERROR = "ERROR"
    WARNING = "WARNING"
    NOTICE = "NOTICE"
    OK = "OK"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, and what to do; the cure is empty where there is nothing to do."""

    check: str
    severity: Severity
    finding: str
    cure: str = ""

    def as_json(self) -> Json:
        """As DOCTOR answers it."""
        return {
            "check": self.check,
            "severity": str(self.severity),
            "finding": self.finding,
            "cure": self.cure,
        }


def of_each(
    check: str, things: Iterable[Checked], find: Callable[[Checked], Iterable[Finding]]
) -> Iterator[Finding]:
    """The findings about each of some things: one that cannot be looked at hides no other."""
    for thing in things:
        try:
            yield from find(thing)
        except IngestError as error:
            text = f"this could not be checked: {error.message}"
            yield Finding(check, Severity.WARNING, text, "the message says what to do")


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """In order of severity, otherwise in the order given."""
    order = list(Severity)
    return sorted(findings, key=lambda finding: order.index(finding.severity))


def age_finding(connection: str, kind: str, created_at: int | None, now: int, cure: str) -> Finding:
    """The finding about a credential's kind and age."""
    what = f"the connection {connection} has a credential of the kind {kind}"
    if created_at is None:
        return Finding("CREDENTIAL", Severity.OK, f"{what}; when it was stored is not known")
    days = (now - created_at) // times.DAY
    text = f"{what}, stored {days} days ago"
    if days > OLD_CREDENTIAL and kind == "TOKEN":
        change = f"make a new key in HubSpot, store it with {cure}, and delete the old one there"
        return Finding("CREDENTIAL", Severity.NOTICE, text, change)
    return Finding("CREDENTIAL", Severity.OK, text)


def version_findings(now: int) -> list[Finding]:
    """A finding for each version of HubSpot's API that is asked for."""
    today = date.fromisoformat(times.iso(now)[:10])
    findings = []
    for version, families in api_versions.versions_in_use().items():
        ends = date.fromisoformat(api_versions.SUPPORTED_UNTIL[version])
        days = (ends - today).days
        named = families[0] if len(families) == 1 else f"{len(families)} families of endpoints"
        text = f"HubSpot supports the version {version} of {named} until {ends}, {days} days more"
        severity, cure = Severity.OK, ""
        if days < 0:
            severity = Severity.ERROR
            text = f"HubSpot ended its support of the version {version} of {named} on {ends}"
        elif days < COMING:
            severity = Severity.WARNING if days < SOON else Severity.NOTICE
        if severity is not Severity.OK:
            cure = "upgrade the application: a coming version asks for a newer one"
        findings.append(Finding("API_VERSION", severity, text, cure))
    return findings


def usage_finding(usage: Usage | None, reserve_percent: float) -> Finding:
    """The finding about the day's requests."""
    if usage is None:
        return Finding("LIMITS", Severity.OK, "HubSpot tells no daily limit for this credential")
    reserved = usage.limit * reserve_percent / 100
    left = usage.limit - usage.used
    resets = "" if usage.resets_at is None else f"; the day ends at {times.iso(usage.resets_at)}"
    text = f"{usage.used} of HubSpot's {usage.limit} requests of today are used{resets}"
    if left <= reserved:
        cure = (
            "wait for the day to end, lower reserve_percent, or look in HubSpot which app uses it"
        )
        return Finding("LIMITS", Severity.WARNING, f"{text}; what is left is the reserve", cure)
    if usage.used > 0.8 * usage.limit:
        return Finding("LIMITS", Severity.NOTICE, text, "give less urgent syncs a rarer schedule")
    return Finding("LIMITS", Severity.OK, text)


def clock_finding(skew: int | None) -> Finding:
    """The finding about HubSpot's clock less ours, in ms; positive: ours is behind."""
    if skew is None:
        return Finding("CLOCK", Severity.OK, "HubSpot did not tell its time")
    if abs(skew) < SKEW:
        return Finding("CLOCK", Severity.OK, "HubSpot's clock and Snowflake's agree")
    return Finding(
        "CLOCK",
        Severity.WARNING,
        f"HubSpot's clock differs from Snowflake's by {abs(skew) // 1000} seconds",
        "set settle_minutes of the syncs to more than that",
    )
