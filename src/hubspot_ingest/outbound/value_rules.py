"""Checks values against the format rules that a portal's admins set for properties. Pure.

HubSpot enforces these rules itself. A row is refused here only where the rule is broken however it
is read: what HubSpot brings into form first, and what its documentation leaves open, it decides.
Source: "Property validations" (27 rule types and their arguments).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from hubspot_ingest import times
from hubspot_ingest.model import Property, ValueRule

_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
_URL = re.compile(r"(?:https?://)?([^\s/:?#@]+\.[^\s/:?#@]+)(?:[/:?#]\S*)?", re.IGNORECASE)
_DOMAIN = re.compile(r"[^\s/:?#@]+\.[^\s/:?#@.]{2,}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@.]+")
# A repeated group that repeats something: RE2 reads it in linear time, Python's ``re`` may not.
_NESTED_REPEAT = re.compile(r"[+*}][^()]*\)[+*{]")
# HubSpot's idea of today and of now is the portal's time zone: a day to either side.
_TIME_ZONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Check:
    """A value held against a rule's arguments at a moment."""

    text: str
    arguments: tuple[str, ...]
    now: datetime

    @property
    def argument(self) -> str:
        return self.arguments[0]

    @property
    def number(self) -> Decimal:
        return Decimal(self.text)

    @property
    def moment(self) -> datetime:
        instant = times.milliseconds(self.text)
        if instant is None:
            raise ValueError(self.text)
        return _moment(instant)

    @property
    def limit(self) -> datetime:
        """The first argument, a moment in epoch milliseconds."""
        return _moment(int(self.argument))

    @property
    def email_domain(self) -> str:
        return self.text.rpartition("@")[2].lower()

    @property
    def url_domain(self) -> str:
        url = _URL.fullmatch(self.text)
        if url is None:
            raise ValueError(self.text)
        return url[1].lower()

    def shifted(self, direction: int) -> datetime:
        """The moment that lies the first argument, an ISO 8601 period, before or after now."""
        period = _PERIOD.fullmatch(self.argument)
        if period is None:
            raise ValueError(self.argument)
        years, months, weeks, days, hours, minutes = (int(part or 0) for part in period.groups())
        month_count = self.now.year * 12 + self.now.month - 1 + direction * (12 * years + months)
        year, month = divmod(month_count, 12)
        day = min(self.now.day, calendar.monthrange(year, month + 1)[1])
        length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
        return self.now.replace(year=year, month=month + 1, day=day) + direction * length


def _moment(instant: int) -> datetime:
    return datetime.fromtimestamp(instant / 1000, UTC)


def _of_kind(check: _Check) -> bool:
    kinds: Mapping[str, Callable[[str], bool]] = {
        "ALPHANUMERIC": str.isalnum,
        "ALPHA_ONLY": str.isalpha,
        "NUMERIC_ONLY": str.isdigit,
    }
    # whether blanks count is not documented
    return kinds[check.argument]("".join(check.text.split()))


def _in_case(check: _Check) -> bool:
    match check.argument:
        case "UPPER":
            return check.text == check.text.upper()
        case "LOWER":
            return check.text == check.text.lower()
    # of capitals it is not documented which letters are meant: the first must be one
    return check.text[:1] == check.text[:1].upper()


def _matches(check: _Check) -> bool:
    if _NESTED_REPEAT.search(check.argument):
        return True
    return re.search(check.argument, check.text) is not None


def _is_trimmed(check: _Check) -> bool:
    if "TRIM" in check.arguments:
        return check.text == check.text.strip()
    return not any(character.isspace() for character in check.text)


def _has_country_code(check: _Check) -> bool:
    digits = sum(character.isdigit() for character in check.text)
    return digits >= 4 and (bool(check.arguments) or check.text.lstrip().startswith("+"))


def _on_a_day(check: _Check) -> bool:
    is_date = len(check.text) == len("2026-09-21")
    shifts = (0,) if is_date else (-1, 0, 1)
    days = (f"{check.moment + shift * _TIME_ZONE:%A}".upper() for shift in shifts)
    return any(day in check.arguments for day in days)


_KEEPS: Mapping[str, Callable[[_Check], bool]] = {
    "ALPHANUMERIC": _of_kind,
    "REGEX": _matches,
    "MIN_LENGTH": lambda check: len(check.text) >= int(check.argument),
    "MAX_LENGTH": lambda check: len(check.text) <= int(check.argument),
    "MIN_NUMBER": lambda check: check.number >= Decimal(check.argument),
    "MAX_NUMBER": lambda check: check.number <= Decimal(check.argument),
    "DECIMAL": lambda check: len(check.text.partition(".")[2]) <= int(check.argument),
    "EMAIL": lambda check: _EMAIL.fullmatch(check.text) is not None,
    "EMAIL_ALLOWED_DOMAINS": lambda check: check.email_domain in _lower(check.arguments),
    "EMAIL_BLOCKED_DOMAINS": lambda check: check.email_domain not in _lower(check.arguments),
    "URL": lambda check: _URL.fullmatch(check.text) is not None,
    "URL_ALLOWED_DOMAINS": lambda check: check.url_domain.endswith(_lower(check.arguments)),
    "URL_BLOCKED_DOMAINS": lambda check: check.url_domain not in _lower(check.arguments),
    "DOMAIN": lambda check: _DOMAIN.fullmatch(check.text) is not None,
    "FORMAT": _in_case,
    "WHITESPACE": _is_trimmed,
    "SPECIAL_CHARACTERS": lambda check: all(
        character.isalnum() or character.isspace() for character in check.text
    ),
    "PHONE_NUMBER_WITH_EXPLICIT_COUNTRY_CODE": _has_country_code,
    "START_DATE": lambda check: check.moment >= check.limit,
    "END_DATE": lambda check: check.moment <= check.limit,
    "START_DATETIME": lambda check: check.moment >= check.limit,
    "END_DATETIME": lambda check: check.moment <= check.limit,
    "BEFORE_DURATION": lambda check: check.moment <= check.shifted(-1) + _TIME_ZONE,
    "AFTER_DURATION": lambda check: check.moment >= check.shifted(1) - _TIME_ZONE,
    "BEFORE_DATETIME_DURATION": lambda check: check.moment <= check.shifted(-1) + _TIME_ZONE,
    "AFTER_DATETIME_DURATION": lambda check: check.moment >= check.shifted(1) - _TIME_ZONE,
    "DAYS_OF_WEEK": _on_a_day,
}
RULE_TYPES = frozenset(_KEEPS)
"""The rule types that HubSpot documents."""
# What "normalize input before validation" may mend ("Property validations").
_MENDED = frozenset({"FORMAT", "WHITESPACE", "PHONE_NUMBER_WITH_EXPLICIT_COUNTRY_CODE"})


def _lower(arguments: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(argument.lower() for argument in arguments)


def broken_rule(definition: Property | None, value: str, now: int) -> ValueRule | None:
    """The first rule of a property that a value breaks at ``now`` (epoch ms), None if it has none.

    The value is as it is sent. An empty one breaks no rule, and a rule that cannot be read none.
    """
    if definition is None or not value:
        return None
    return next((rule for rule in definition.rules if not _keeps(rule, value, now)), None)


def _keeps(rule: ValueRule, value: str, now: int) -> bool:
    keeps = _KEEPS.get(rule.type)
    if keeps is None or (rule.normalises and rule.type in _MENDED):
        return True
    try:
        return keeps(_Check(value, rule.arguments, _moment(now)))
    except (ValueError, LookupError, InvalidOperation, OverflowError, re.error):
        return True


def rule_words(rule: ValueRule) -> str:
    """What a rule asks for: the admin's own words where there are some."""
    if rule.type == "REGEX" and len(rule.arguments) > 1:
        return rule.arguments[1]
    arguments = f" ({', '.join(rule.arguments)})" if rule.arguments else ""
    return f"{rule.type}{arguments}"
