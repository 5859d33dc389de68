"""Properties that every object type has, and values that several object types share."""

from __future__ import annotations

from hubspot_sandbox.schema.properties import Definition, define, options

OWNERS = tuple(str(81_000_000 + 17 * n) for n in range(12))
"""Ids of the portal's owners, the last two archived."""

SENTENCES = (
    "Asked for a quote for the second quarter.",
    "Spoke with the buyer; decision due by Friday.",
    "Wants the annual plan, 20% off.",
    "Left voicemail, will try again tomorrow.",
    "Renewal is at risk: their champion has left.",
    "Demo went well, sending the security questionnaire.",
    'Prefers to be called "Sam".',
    "First line.\nSecond line, after a bare line feed.",
    "Budget approved 🎉",
    "",
)

CITIES = ("Boston", "Dublin", "København", "São Paulo", "東京", "Zürich", "Québec", "Kraków", "")
COUNTRIES = ("United States", "Ireland", "Denmark", "Brazil", "Japan", "Switzerland", "Canada")
CURRENCIES = ("USD", "EUR", "GBP", "JPY")
SOURCES = options("ORGANIC_SEARCH", "PAID_SEARCH", "EMAIL_MARKETING", "REFERRALS", "OFFLINE")


def common(created: str, modified: str) -> tuple[Definition, ...]:
    """The properties HubSpot itself keeps on every record of every object type."""
    created_rows = tuple(
        define(name, "datetime", source="created_iso", read_only=True, label="Create date")
        for name in dict.fromkeys((created, "hs_createdate"))
    )
    return (
        *created_rows,
        define(modified, "datetime", source="moment", read_only=True, label="Last modified"),
        define("hs_object_id", "number", source="index", read_only=True, label="Record ID"),
        define("hs_merged_object_ids", "enumeration", read_only=True, field_type="checkbox"),
        define("hs_created_by_user_id", "number", OWNERS, filled=0.7, read_only=True),
        define("hs_updated_by_user_id", "number", OWNERS, filled=0.9, read_only=True),
        define("hs_object_source_label", choices=(), pool=("IMPORT", "CRM_UI", "FORM"), filled=0.9),
        define("hs_object_source", filled=0.0, read_only=True),
        define("hs_object_source_id", filled=0.0, read_only=True),
        define("hs_unique_creation_key", filled=0.0, read_only=True, unique=True),
        define("hs_read_only", "bool", ("false",), filled=0.1, read_only=True),
        define(
            "hubspot_owner_id",
            "enumeration",
            OWNERS,
            filled=0.8,
            referenced_object_type="OWNER",
            external_options=True,
            label="Owner",
            description="The owner of this record: the id of an owner, not of a user.",
        ),
        define("hubspot_owner_assigneddate", "datetime", source="moment", filled=0.8),
        define("hubspot_team_id", "enumeration", ("9001", "9002"), filled=0.4),
    )
