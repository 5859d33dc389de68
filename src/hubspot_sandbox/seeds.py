"""Seeded values: reproducible numbers and ids, functions of a record, and pools to draw from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from uuid import UUID

from hubspot_sandbox.times import DAY_MS, iso, iso_day

_MASK = (1 << 64) - 1
ANCHOR_MS = 1_767_225_600_000
"""2026-01-01: nothing seeded is younger, so that data do not depend on the day of the test."""


def mix(seed: int, number: int) -> int:
    """A well spread 64-bit number, the same for the same arguments on every machine."""
    value = (number * 0x9E3779B97F4A7C15 + seed * 0xD1B54A32D192ED03 + 0x632BE59BD9B4E019) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    return value ^ (value >> 31)


def guid(seed: int, number: int) -> str:
    """An id as HubSpot gives forms, campaigns and submissions: the same for the same numbers."""
    return str(UUID(int=(mix(seed, number) << 64) | mix(seed + 1, number), version=4))


@dataclass(slots=True)
class Seeded:
    """What a value function knows of a seeded record. Times are epoch milliseconds."""

    id: int
    index: int
    created: int
    updated: int


FIRST_NAMES = (
    "Ada", "Bjørn", "Chloé", "Dmitri", "Elena", "Fatima", "Grace", "Hiroshi", "Inês", "João",
    "Katarzyna", "Liam", "Mei", "Nia", "Oluwaseun", "Priya", "Quentin", "Rosa", "Søren", "Tomás",
    "Uma", "Víctor", "Wei", "Ximena", "Yusuf", "Zoë", "陽子", "Анна", "محمد", "D'Arcy",
)  # fmt: skip
LAST_NAMES = (
    "Lovelace", "Hansen", "Dubois", "Ivanov", "García", "Al-Farsi", "Hopper", "Tanaka", "Silva",
    "O'Neill", "Kowalska", "Murphy", "Chen", "Okafor", "Adeyemi", "Sharma", "Lefèvre", "Martín",
    "Kierkegaard", "van der Berg", "Müller", "Núñez", "Zhang", "López", "Demir", "Smith-Jones",
    "山田", "Петрова", "حسن", "de la Cruz",
)  # fmt: skip
_COMPANY_WORDS = (
    "Aurora", "Bluebird", "Copper", "Delta", "Ember", "Foxglove", "Granite", "Harbor", "Indigo",
    "Juniper", "Kestrel", "Lumen", "Meridian", "Northwind", "Orchard", "Pioneer", "Quartz",
    "Riverbend", "Summit", "Tidewater",
)  # fmt: skip
_COMPANY_KINDS = ("Analytics", "Foods", "Logistics", "Systems", "Health", "Works", "& Sons", "GmbH")


def company_name(index: int) -> str:
    """The name of the n-th seeded company."""
    word = _COMPANY_WORDS[index % len(_COMPANY_WORDS)]
    kind = _COMPANY_KINDS[(index // len(_COMPANY_WORDS)) % len(_COMPANY_KINDS)]
    generation = index // (len(_COMPANY_WORDS) * len(_COMPANY_KINDS))
    return f"{word} {kind}" if generation == 0 else f"{word} {kind} {generation + 1}"


RECORD_SOURCES: dict[str, Callable[[Seeded], str]] = {
    "email": lambda record: f"person{record.index}@example{record.index % 97}.com",
    "email_domain": lambda record: f"example{record.index % 97}.com",
    "company_name": lambda record: company_name(record.index),
    "domain": lambda record: f"company{record.index}.example.com",
    "website": lambda record: f"https://company{record.index}.example.com/?ref=a&b=%20",
    "index": lambda record: str(record.index),
    "sku": lambda record: f"SKU-{record.index:06d}",
    "long_id": lambda record: str(100_000_000_000_000_000 + mix(13, record.index) % 10**17),
    "created_iso": lambda record: iso(record.created),
    "days_open": lambda record: str((record.updated - record.created) // DAY_MS),
    "subject": lambda record: f"Re: order {record.index} – what happens next?",
}
"""Values that are a function of the record."""


def _moment(random: Random) -> int:
    return ANCHOR_MS - random.randrange(2 * DAY_MS, 900 * DAY_MS)


POOL_SOURCES: dict[str, Callable[[Random], str]] = {
    "first_name": lambda random: random.choice(FIRST_NAMES),
    "last_name": lambda random: random.choice(LAST_NAMES),
    "full_name": lambda random: f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}",
    "phone": lambda random: f"0{random.randrange(10**10):010d}",
    "amount": lambda random: f"{random.randrange(10**7) / 100:.2f}",
    "moment": lambda random: iso(_moment(random)),
    "moment_ms": lambda random: str(_moment(random)),
    "day": lambda random: iso_day(_moment(random)),
    "url": lambda random: f"https://www.example.com/p/{random.getrandbits(64):016x}",
    "score": lambda random: str(random.randrange(101)),
}
"""Values drawn once into a pool, from which records take turns."""

NASTY_TEXT: tuple[str | None, ...] = (
    "",
    None,
    "He said \"no\", then 'yes'",
    "two\nlines and a\r\nthird\ttab",
    "price $$ and $1, ${x} and $$BODY$$",
    "literal \\u0041 \\n \\\\ and \\u0000",
    "emoji 🚀👩‍👩‍👧 and ünïcödé",
    "; DROP TABLE contacts; --",
    "comma, semicolon; tab\t",
    "<b>html</b>&amp;&nbsp;",
    "NULL",
    "  leading and trailing  ",
    "عربى and עברית",
    '{"json": [1, null]}',
    "😀" * 40,
    "long " * 400,
    "back`tick` and %s and ?",
    "\u200bzero width\u00a0nbsp\u2028line separator",
    "\u0001 control \u001f characters",
)
"""Text that breaks careless quoting, escaping and parsing (BEHAVIOR H17)."""

ODD_NUMBERS: tuple[str | None, ...] = (
    "", None, "0", "-1", "12.5", "1.5E7", "2.5e-3", "123456789012345678", "-987654321098765432",
    "0.1", "99999999.99", "3", "007", "1000000", "4.0",
)  # fmt: skip
"""Numbers as HubSpot sends them: whole, decimal, scientific, 18 digits, empty."""

SPLIT_NUMBERS: tuple[str | None, ...] = ("1234;5678;9098", "42", None, "17;18", "")
"""A property declared number that holds several numbers."""

ODD_DATES: tuple[str | None, ...] = (
    "2024-02-29", "1709164800000", "", None, "0001-01-01", "-62135596800000", "9999-12-31",
    "1969-07-20", "-14182940000", "2023-10-01T00:00:00Z", "253402300799999", "22026-01-05",
)  # fmt: skip
"""A date property in which ISO dates, epoch milliseconds and absurd years meet."""

ODD_DATETIMES: tuple[str | None, ...] = (
    "2024-03-10T02:30:00.123Z", "1710037800123", "2024-03-10T02:30:00Z", "", None, "-1",
    "2021-02-10 21:38:58", "2021-02-10T21:38:58.459000+00:00", "20240-01-01T00:00:00Z",
)  # fmt: skip
"""A datetime property in several spellings, some of them out of range."""
