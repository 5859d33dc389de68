"""Portals for the fault suite: few records, a handful of properties of every type, odd values."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hubspot_sandbox import Portal

PREFIX = "f_"
TIER, SCORE, ACTIVE, NOTE, RANK = "f_tier", "f_score", "f_active", "f_note", "f_rank"

TIERS = ("gold", "silver", "bronze")
VALUES: Mapping[str, tuple[str, tuple[str | None, ...]]] = {
    "f_text": (
        "string",
        (None, "", "plain", 'it\'s "quoted" \\ back', "two\nlines", "💶 ünï", "null", "$$", " "),
    ),
    NOTE: ("string", (None, "first", "second", "third", "x" * 300)),
    TIER: ("enumeration", (*TIERS, None)),
    SCORE: (
        "number",
        ("0", "-3.5", "42", "99", "100", "123456789012345678", "0.000000001", "1e3", "", None, "?"),
    ),
    RANK: ("number", ("1", "2", "3.25", None)),
    ACTIVE: ("bool", ("true", "false", "", None, "maybe")),
    "f_day": ("date", ("2026-02-28", "1969-12-31", "1767225600000", "", None, "someday")),
    "f_moment": (
        "datetime",
        ("2026-01-31T10:20:30.456Z", "2026-01-31T10:20:30Z", "1790000000123", "0", None, "never"),
    ),
}
"""Type of each property, and the values its records take turns in. RANK is a calculated one."""

# Eight names of this length make a list's URL longer than HubSpot lets pass.
LENGTHENED = "_" + "l" * 1_900


def make_portal(
    seed: int,
    clock: Callable[[], int],
    records: Mapping[str, int],
    *,
    wide: bool = False,
    together: int = 1,
) -> Portal:
    """A portal whose object types all have the properties of ``VALUES``.

    ``wide`` lengthens their names, ``together`` records share one modification time.
    """
    portal = Portal(seed, clock, records, records_per_millisecond=together)
    for object_type in records:
        for name, (kind, pool) in VALUES.items():
            portal.add_property(
                object_type,
                name + LENGTHENED if wide else name,
                kind,
                label=name,
                options=TIERS if kind == "enumeration" else (),
                calculated=name == RANK,
                pool=pool,
            )
    return portal
