"""Format rules of a portal's admins are read from HubSpot's answer and held against values."""

from __future__ import annotations

import pytest

from hubspot_ingest import times
from hubspot_ingest.hubspot import responses
from hubspot_ingest.model import Property, ValueRule
from hubspot_ingest.outbound.value_rules import RULE_TYPES, broken_rule, rule_words

NOW = times.milliseconds("2026-09-21T12:00:00Z") or 0
DAY = "1640995200000"  # 2022-01-01
CASES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "ALPHANUMERIC": (("NUMERIC_ONLY",), "12345", "D02"),
    "REGEX": (("^[A-Z]+$", "Must be uppercase"), "ABC", "abc"),
    "MIN_LENGTH": (("5",), "abcde", "abcd"),
    "MAX_LENGTH": (("5",), "abcde", "abcdef"),
    "MIN_NUMBER": (("-10.5",), "-10.5", "-10.51"),
    "MAX_NUMBER": (("99.99",), "99.99", "100"),
    "DECIMAL": (("2",), "1.25", "1.255"),
    "EMAIL": ((), "a@b.org", "a@b"),
    "EMAIL_ALLOWED_DOMAINS": (("Company.com",), "a@company.com", "a@other.com"),
    "EMAIL_BLOCKED_DOMAINS": (("competitor.com",), "a@other.com", "a@competitor.com"),
    "URL": ((), "https://b.org/d", "b c"),
    "URL_ALLOWED_DOMAINS": (("b.org",), "https://www.b.org/d", "https://d.org"),
    "URL_BLOCKED_DOMAINS": (("b.org",), "https://d.org", "https://b.org/d"),
    "DOMAIN": ((), "b.org", "https://b.org"),
    "FORMAT": (("UPPER",), "ABC", "Abc"),
    "WHITESPACE": (("TRIM",), "a b", " a"),
    "SPECIAL_CHARACTERS": (("NOT_ALLOWED",), "a b", "a&b"),
    "PHONE_NUMBER_WITH_EXPLICIT_COUNTRY_CODE": ((), "+353 1 555 0100", "01 555 0100"),
    "START_DATE": ((DAY,), "2022-01-01", "2021-12-31"),
    "END_DATE": ((DAY,), "2022-01-01", "2022-01-02"),
    "START_DATETIME": ((DAY,), "2022-01-01T00:00:00.000Z", "2021-12-31T23:59:59.000Z"),
    "END_DATETIME": ((DAY,), "2022-01-01T00:00:00.000Z", "2022-01-01T00:00:01.000Z"),
    "BEFORE_DURATION": (("P30D",), "2026-08-22", "2026-08-24"),
    "AFTER_DURATION": (("P7D",), "2026-09-28", "2026-09-26"),
    "BEFORE_DATETIME_DURATION": (("P1M",), "2026-08-21T12:00:00Z", "2026-08-22T12:00:01Z"),
    "AFTER_DATETIME_DURATION": (("P1Y",), "2027-09-21T12:00:00Z", "2027-09-20T11:59:59Z"),
    "DAYS_OF_WEEK": (("MONDAY", "FRIDAY"), "2026-09-21", "2026-09-22"),
}


def broken(value: str, *rules: ValueRule) -> str | None:
    rule = broken_rule(Property("zip", "string", rules=rules), value, NOW)
    return None if rule is None else rule.type


@pytest.mark.parametrize("rule_type", sorted(RULE_TYPES))
def test_each_rule_lets_good_values_pass_and_names_itself_for_bad_ones(rule_type: str) -> None:
    arguments, good, bad = CASES[rule_type]
    rule = ValueRule(rule_type, arguments)
    assert (broken(good, rule), broken(bad, rule)) == (None, rule_type)


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        (ValueRule("FORMAT", ("UPPER",), normalises=True), "abc"),  # HubSpot mends it itself
        (ValueRule("REGEX", (r"\p{L}+",)), "1"),  # RE2's, which Python cannot read
        (ValueRule("REGEX", ("^(a+)+$",)), "a" * 40 + "!"),  # would run for ages
        (ValueRule("MAX_LENGTH", ("many",)), "abc"),
        (ValueRule("MAX_LENGTH"), "abc"),
        (ValueRule("BEFORE_DURATION", ("P9999Y",)), "2026-01-01"),
        (ValueRule("SOMETHING_NEW", ("1",)), "abc"),
        (ValueRule("MIN_LENGTH", ("5",)), ""),  # clears the property
    ],
)  # fmt: skip
def test_what_is_not_surely_broken_is_left_to_hubspot(rule: ValueRule, value: str) -> None:
    assert broken(value, rule) is None


def test_rules_are_read_as_hubspot_answers_them() -> None:
    answer = {
        "results": [
            {
                "propertyName": "zip",
                "propertyValidationRules": [
                    {"ruleType": "ALPHANUMERIC", "ruleArguments": ["NUMERIC_ONLY"]},
                    {
                        "ruleType": "REGEX",
                        "ruleArguments": ["^[0-9]$", "One digit, please"],
                        "shouldApplyNormalization": True,
                    },
                ],
            }
        ]
    }
    rules = responses.property_rules(answer)["zip"]
    assert rules[1].normalises
    assert [rule_words(rule) for rule in rules] == [
        "ALPHANUMERIC (NUMERIC_ONLY)",
        "One digit, please",
    ]
