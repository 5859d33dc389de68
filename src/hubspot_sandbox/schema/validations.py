"""Format rules of property values, as the property validations endpoint shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from hubspot_sandbox.times import DAY_MS, parse_moment

EMAIL = re.compile(r"[^@\s;,<>]+@[^@\s.;,<>]+(\.[^@\s.;,<>]+)+")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
_URL = re.compile(r"https?://([^\s/:?#]+)\S*", re.IGNORECASE)
_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
_UNITS_MS = (365 * DAY_MS, 30 * DAY_MS, 7 * DAY_MS, DAY_MS, DAY_MS // 24, DAY_MS // 1440)
_ALPHANUMERIC: Mapping[str, Callable[[str], bool]] = {
    "ALPHANUMERIC": str.isalnum, "ALPHA_ONLY": str.isalpha, "NUMERIC_ONLY": str.isdigit,
}  # fmt: skip
_CASES: Mapping[str, Callable[[str], str]] = {
    "UPPER": str.upper, "LOWER": str.lower, "CAPITALIZATION": str.title,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Validation:
    """One rule: its type, its arguments, and whether HubSpot brings values into form first."""

    rule_type: str
    arguments: tuple[str, ...] = ()
    normalise: bool = False

    def as_json(self) -> dict[str, object]:
        """The shape of the property validations endpoint."""
        return {
            "ruleType": self.rule_type,
            "ruleArguments": list(self.arguments),
            "shouldApplyNormalization": self.normalise,
        }

    def allows(self, text: str, now: int) -> bool:
        """Whether a value keeps the rule at a moment, in epoch milliseconds.

        Raises:
            KeyError: HubSpot has no rule of this type.
        """
        return _TESTS[self.rule_type](Check(text, self.arguments, now))


@dataclass(frozen=True, slots=True)
class Check:
    """A value held against a rule's arguments at a moment."""

    text: str
    arguments: tuple[str, ...]
    now: int

    @property
    def argument(self) -> str:
        """The first argument."""
        return self.arguments[0]

    @property
    def period(self) -> int:
        """The first argument as a length of time in milliseconds."""
        match = _PERIOD.fullmatch(self.argument)
        if match is None:
            raise ValueError(f"{self.argument!r} is not an ISO 8601 period")
        return sum(int(n or 0) * unit for n, unit in zip(match.groups(), _UNITS_MS, strict=True))

    @property
    def moment(self) -> int:
        """The value as a moment: only dates reach a rule for dates."""
        moment = parse_moment(self.text)
        if moment is None:
            raise ValueError(f"{self.text!r} is no moment")
        return moment

    @property
    def domain(self) -> str:
        """The domain of an address or of a URL."""
        url = _URL.fullmatch(self.text)
        return (url.group(1) if url else self.text.rpartition("@")[2]).lower()


Test = Callable[[Check], bool]


def _weekday(check: Check) -> str:
    return f"{datetime.fromtimestamp(check.moment / 1000, UTC):%A}".upper()


def _keeps_whitespace_rule(check: Check) -> bool:
    if "TRIM" in check.arguments:
        return check.text == check.text.strip()
    return not any(character.isspace() for character in check.text)


_TESTS: Mapping[str, Test] = {
    "ALPHANUMERIC": lambda check: _ALPHANUMERIC[check.argument](check.text),
    "REGEX": lambda check: re.fullmatch(check.argument, check.text) is not None,
    "MIN_LENGTH": lambda check: len(check.text) >= int(check.argument),
    "MAX_LENGTH": lambda check: len(check.text) <= int(check.argument),
    "MIN_NUMBER": lambda check: float(check.text) >= float(check.argument),
    "MAX_NUMBER": lambda check: float(check.text) <= float(check.argument),
    "DECIMAL": lambda check: len(check.text.partition(".")[2]) <= int(check.argument),
    "EMAIL": lambda check: EMAIL.fullmatch(check.text) is not None,
    "EMAIL_ALLOWED_DOMAINS": lambda check: check.domain in check.arguments,
    "EMAIL_BLOCKED_DOMAINS": lambda check: check.domain not in check.arguments,
    "URL": lambda check: _URL.fullmatch(check.text) is not None,
    "URL_ALLOWED_DOMAINS": lambda check: check.domain in check.arguments,
    "URL_BLOCKED_DOMAINS": lambda check: check.domain not in check.arguments,
    "DOMAIN": lambda check: _DOMAIN.fullmatch(check.text) is not None,
    "FORMAT": lambda check: check.text == _CASES[check.argument](check.text),
    "WHITESPACE": lambda check: _keeps_whitespace_rule(check),
    "SPECIAL_CHARACTERS": lambda check: all(
        character.isalnum() or character.isspace() for character in check.text
    ),
    "PHONE_NUMBER_WITH_EXPLICIT_COUNTRY_CODE": lambda check: (
        re.fullmatch(r"\+[\d\s().-]{6,}", check.text) is not None
    ),
    "START_DATE": lambda check: check.moment >= int(check.argument),
    "END_DATE": lambda check: check.moment <= int(check.argument),
    "START_DATETIME": lambda check: check.moment >= int(check.argument),
    "END_DATETIME": lambda check: check.moment <= int(check.argument),
    "BEFORE_DURATION": lambda check: check.moment <= check.now - check.period,
    "AFTER_DURATION": lambda check: check.moment >= check.now + check.period,
    "BEFORE_DATETIME_DURATION": lambda check: check.moment <= check.now - check.period,
    "AFTER_DATETIME_DURATION": lambda check: check.moment >= check.now + check.period,
    "DAYS_OF_WEEK": lambda check: _weekday(check) in check.arguments,
}
RULE_TYPES = tuple(sorted(_TESTS))
"""The 27 rule types of HubSpot's reference."""
