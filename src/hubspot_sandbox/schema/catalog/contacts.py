"""The properties of contacts: HubSpot's own and those this portal added."""

from __future__ import annotations

from typing import Any

from hubspot_sandbox.schema.catalog.shared import CITIES, COUNTRIES, SENTENCES, SOURCES
from hubspot_sandbox.schema.properties import Definition, define, options
from hubspot_sandbox.seeds import (
    NASTY_TEXT,
    ODD_DATES,
    ODD_DATETIMES,
    ODD_NUMBERS,
    SPLIT_NUMBERS,
)

LIFECYCLE = options(
    "subscriber",
    "lead",
    ("marketingqualifiedlead", "Marketing qualified lead"),
    ("salesqualifiedlead", "Sales qualified lead"),
    "opportunity",
    "customer",
    "evangelist",
    "other",
)
_STATUS = options("NEW", "OPEN", "IN_PROGRESS", "OPEN_DEAL", "UNQUALIFIED", "CONNECTED")
_INTERESTS = options("reporting", "sales", "service", "cms", ("ops;x", "Ops; and more"))
_COUNTS = tuple(str(n) for n in range(0, 40, 3))
_TITLES = ("CTO", "Head of Sales", "Buyer", "VP, Operations", "R&D lead", "Founder & CEO", "")
_STREETS = (
    "1 Main St",
    "Rua Augusta 1200\nApto 5",
    "Bahnhofstraße 3",
    "25 First Street, 2nd floor",
)

STANDARD: tuple[Definition, ...] = (
    define("email", source="email", unique=True, description="A contact's email address"),
    define(
        "hs_additional_emails",
        "enumeration",
        label="Additional email addresses",
        field_type="checkbox",
    ),
    define("firstname", source="first_name", label="First Name"),
    define("lastname", source="last_name", label="Last Name"),
    define("phone", source="phone", filled=0.8, field_type="phonenumber"),
    define("mobilephone", source="phone", filled=0.3, field_type="phonenumber"),
    define("jobtitle", pool=_TITLES, filled=0.7, label="Job Title"),
    define("company", source="company_name", filled=0.8, label="Company Name"),
    define("website", source="website", filled=0.5),
    define("address", pool=_STREETS, filled=0.5, label="Street Address"),
    define("city", pool=CITIES, filled=0.6),
    define("state", pool=("MA", "NY", "Leinster", "SP"), filled=0.5),
    define("zip", pool=("02139", "00501", "D02 X285", "01310-200"), filled=0.5),
    define("country", pool=COUNTRIES, filled=0.6),
    define("lifecyclestage", "enumeration", choices=LIFECYCLE, field_type="radio", filled=0.95),
    define("hs_lead_status", "enumeration", choices=_STATUS, field_type="radio", filled=0.6),
    define("annualrevenue", pool=("1000000", "2.5M", "unknown"), filled=0.2),
    define("numemployees", "enumeration", choices=options("1-5", "5-25", "25-50"), filled=0.3),
    define("industry", pool=("Software", "Food & drink", "Mining"), filled=0.4),
    define("salutation", pool=("Dr.", "Ms", "Mr", "Mx"), filled=0.2),
    define("date_of_birth", pool=("1980-05-01", "May 1980", "01/02/1979"), filled=0.1),
    define("message", pool=SENTENCES, filled=0.3, field_type="textarea"),
    define(
        "associatedcompanyid",
        "number",
        pool=("7000001", "7000007", "7000014"),
        filled=0.6,
        referenced_object_type="COMPANY",
        label="Primary Associated Company ID",
    ),
    define("hs_email_domain", source="email_domain", calculated=True),
    define("hs_email_optout", "bool", ("true", "false", ""), filled=0.5, label="Unsubscribed"),
    define("hs_email_bounce", "number", ("0", "1", "2"), filled=0.2),
    define("hs_email_open", "number", _COUNTS, filled=0.5, read_only=True),
    define("hs_email_click", "number", _COUNTS, filled=0.4, read_only=True),
    define("hs_email_delivered", "number", _COUNTS, filled=0.6, read_only=True),
    define("hs_email_last_open_date", "datetime", source="moment", filled=0.4),
    define("hs_email_last_send_date", "datetime", source="moment", filled=0.5),
    define("hs_analytics_source", "enumeration", choices=SOURCES, filled=0.95, read_only=True),
    define("hs_analytics_source_data_1", pool=("IMPORT", "google", "newsletter"), filled=0.9),
    define("hs_analytics_num_page_views", "number", _COUNTS, filled=0.9, read_only=True),
    define("hs_analytics_num_visits", "number", _COUNTS, filled=0.9, read_only=True),
    define("hs_analytics_first_timestamp", "datetime", source="created_iso", read_only=True),
    define("hs_analytics_last_timestamp", "datetime", source="moment", filled=0.4),
    define("hs_analytics_revenue", "number", ("0.0", "1250.5", "88000.0"), read_only=True),
    define("hs_analytics_last_url", source="url", filled=0.4),
    define("hs_latest_source", "enumeration", choices=SOURCES, filled=0.9, read_only=True),
    define("hs_latest_source_timestamp", "datetime", source="moment", filled=0.9),
    define(
        "hs_latest_sequence_enrolled",
        "number",
        pool=("987654321012345678",),
        filled=0.1,
        referenced_object_type="SEQUENCE",
    ),
    define("hs_calculated_merged_vids", read_only=True, calculated=True),
    define("hs_is_contact", "bool", ("true",), read_only=True),
    define("hs_is_unworked", "bool", ("true", "false"), calculated=True),
    define("hs_marketable_status", "enumeration", choices=options("true", "false"), filled=0.9),
    define("hs_predictivecontactscore_v2", "number", ("2.05", "0.13", "61.4"), calculated=True),
    define("hs_time_in_lead", "number", ("86400000", "1.2345678E10"), filled=0.4, calculated=True),
    define("hs_timezone", pool=("us_slash_eastern", "europe_slash_dublin"), filled=0.3),
    define("hs_language", "enumeration", choices=options("en", "pt-br", "ja"), filled=0.4),
    define("hs_persona", "enumeration", choices=options("persona_1", "persona_2"), filled=0.3),
    define("hs_linkedin_url", source="url", filled=0.2),
    define("hs_searchable_calculated_phone_number", "phone_number", source="phone", filled=0.8),
    define("hs_sequences_is_enrolled", "bool", ("true", "false"), filled=0.3),
    define("hs_v2_date_entered_lead", "datetime", source="moment", filled=0.5),
    define("hs_v2_date_entered_customer", "datetime", source="moment", filled=0.2),
    define("hs_hd_ticket_ids", "number", SPLIT_NUMBERS, filled=0.2),
    define("num_associated_deals", "number", ("1", "2", "3"), filled=0.4, calculated=True),
    define("num_notes", "number", _COUNTS, filled=0.6, read_only=True),
    define("notes_last_contacted", "datetime", source="moment", filled=0.5),
    define("notes_last_updated", "datetime", source="moment", filled=0.6),
    define("recent_deal_amount", "number", source="amount", filled=0.3, calculated=True),
    define("total_revenue", "number", source="amount", filled=0.3, calculated=True),
    define("closedate", "datetime", source="moment", filled=0.2),
    define("hs_membership_has_accessed_private_content", "number", ("0", "1"), filled=0.1),
)

_OURS: dict[str, Any] = {"hubspot_defined": False, "group": "our_own_fields"}

CUSTOM: tuple[Definition, ...] = (
    define("customer_number", source="long_id", unique=True, **_OURS),
    define("free_text", pool=NASTY_TEXT, field_type="textarea", **_OURS),
    define("odd_number", "number", ODD_NUMBERS, **_OURS),
    define("odd_date", "date", ODD_DATES, **_OURS),
    define("odd_datetime", "datetime", ODD_DATETIMES, **_OURS),
    define("signed_up_on", "date", source="day", filled=0.7, **_OURS),
    define("signed_up_at_ms", "datetime", source="moment_ms", filled=0.7, **_OURS),
    define("vip", "bool", ("true", "false", "Yes", "No", ""), filled=0.6, **_OURS),
    define(
        "interests",
        "enumeration",
        pool=("reporting", "sales;service", "cms;reporting;sales", ""),
        choices=_INTERESTS,
        field_type="checkbox",
        filled=0.5,
        **_OURS,
    ),
    define("loyalty_points", "number", source="score", filled=0.8, **_OURS),
    define("support_phone", "phone_number", source="phone", filled=0.3, **_OURS),
    define("location", "object_coordinates", ("53.34,-6.26",), filled=0.1, **_OURS),
    define("preferences", "json", ('{"a": [1, 2]}', "{}"), filled=0.1, **_OURS),
    define("double_points", "number", ("2", "4.0"), calculated=True, formula="loyalty_points * 2",
           field_type="calculation_equation", **_OURS),
    define("2nd_choice-old", pool=("legacy", ""), filled=0.1, **_OURS),
    define("passport_number", pool=("X1234567",), filled=0.2, sensitivity="sensitive",
           value_scope="crm.objects.contacts.sensitive.read", **_OURS),
    define("bank_account", pool=("DE02120300000000202051",), filled=0.2,
           sensitivity="highly_sensitive",
           value_scope="crm.objects.contacts.highly_sensitive.read", **_OURS),
)  # fmt: skip

ROWS: tuple[Definition, ...] = STANDARD + CUSTOM
