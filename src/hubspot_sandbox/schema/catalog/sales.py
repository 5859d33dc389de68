"""The properties of companies, deals, tickets, leads, goals and deal splits."""

from __future__ import annotations

from hubspot_sandbox.schema.catalog.shared import (
    CITIES,
    COUNTRIES,
    CURRENCIES,
    OWNERS,
    SENTENCES,
    SOURCES,
)
from hubspot_sandbox.schema.properties import Definition, define, options
from hubspot_sandbox.seeds import NASTY_TEXT, ODD_DATES, ODD_NUMBERS, SPLIT_NUMBERS

_COUNTS = tuple(str(n) for n in range(0, 20))
_STAGES = ("appointmentscheduled", "qualifiedtobuy", "contractsent", "closedwon", "closedlost")
_PRIORITY = options("low", "medium", "high")

COMPANIES: tuple[Definition, ...] = (
    define("name", source="company_name", label="Company name"),
    define("domain", source="domain", label="Company Domain Name"),
    define("website", source="website", filled=0.7),
    define("phone", source="phone", filled=0.6, field_type="phonenumber"),
    define("address", pool=("1 Main St", "Bahnhofstraße 3"), filled=0.5),
    define("city", pool=CITIES, filled=0.6),
    define("country", pool=COUNTRIES, filled=0.6),
    define("zip", pool=("02139", "00501"), filled=0.5),
    define("description", pool=SENTENCES, filled=0.4, field_type="textarea"),
    define("about_us", pool=NASTY_TEXT, field_type="textarea"),
    define("industry", "enumeration", choices=options("COMPUTER_SOFTWARE", "FOOD", "MINING")),
    define("type", "enumeration", choices=options("PROSPECT", "PARTNER", "RESELLER", "VENDOR")),
    define("lifecyclestage", "enumeration", choices=options("lead", "customer"), filled=0.9),
    define("annualrevenue", "number", ("1000000", "2500000.5", "1.0E9", ""), filled=0.4),
    define("numberofemployees", "number", ("1", "25", "10000"), filled=0.5),
    define("founded_year", pool=("1999", "2015"), filled=0.3),
    define("is_public", "bool", ("true", "false"), filled=0.3),
    define("timezone", pool=("America/New_York", "Europe/Dublin"), filled=0.3),
    define("hs_analytics_source", "enumeration", choices=SOURCES, filled=0.9, read_only=True),
    define("hs_num_child_companies", "number", ("0", "2"), calculated=True),
    define("hs_parent_company_id", "number", filled=0.0, referenced_object_type="COMPANY"),
    define("num_associated_contacts", "number", _COUNTS, calculated=True, filled=0.8),
    define("num_associated_deals", "number", _COUNTS, calculated=True, filled=0.5),
    define("recent_deal_close_date", "datetime", source="moment", filled=0.3),
    define("total_revenue", "number", source="amount", filled=0.3, calculated=True),
    define("total_money_raised", pool=("$2M", ""), filled=0.1),
    define("hs_hd_ticket_ids", "number", SPLIT_NUMBERS, filled=0.2),
    define("erp_code", source="sku", unique=True, hubspot_defined=False),
    define("credit_limit", "number", ODD_NUMBERS, hubspot_defined=False),
    define("contract_signed", "date", ODD_DATES, hubspot_defined=False),
)

DEALS: tuple[Definition, ...] = (
    define("dealname", source="subject", label="Deal Name"),
    define("amount", "number", source="amount", filled=0.9, currency_property="deal_currency_code"),
    define("amount_in_home_currency", "number", source="amount", calculated=True, filled=0.9),
    define("deal_currency_code", "enumeration", CURRENCIES, choices=options(*CURRENCIES)),
    define("dealstage", "enumeration", choices=options(*_STAGES), field_type="radio"),
    define("pipeline", "enumeration", choices=options("default", "75e28846-ad0d"), filled=1.0),
    define("dealtype", "enumeration", choices=options("newbusiness", "existingbusiness")),
    define("closedate", "datetime", source="moment", filled=0.9),
    define("description", pool=SENTENCES, filled=0.4, field_type="textarea"),
    define("hs_deal_stage_probability", "number", ("0.2", "0.4", "1"), calculated=True),
    define("hs_forecast_amount", "number", source="amount", filled=0.9, calculated=True),
    define("hs_is_closed", "bool", ("true", "false"), calculated=True),
    define("hs_is_closed_won", "bool", ("true", "false"), calculated=True),
    define("hs_priority", "enumeration", choices=_PRIORITY, filled=0.5),
    define("days_to_close", "number", source="days_open", calculated=True),
    define("closed_lost_reason", pool=NASTY_TEXT, filled=0.3, field_type="textarea"),
    define("num_associated_contacts", "number", _COUNTS, calculated=True),
    define("num_notes", "number", _COUNTS, filled=0.5),
    define("hs_v2_date_entered_appointmentscheduled", "datetime", source="moment"),
    define("hs_v2_date_entered_75e28846-ad0d_123456", "datetime", source="moment", filled=0.2),
    define("hs_date_entered_closedwon", "datetime", source="moment", filled=0.2),
    define("hs_tcv", "number", source="amount", filled=0.4, calculated=True),
    define("contract_number", source="long_id", hubspot_defined=False),
)

TICKETS: tuple[Definition, ...] = (
    define("subject", source="subject", label="Ticket name"),
    define("content", pool=NASTY_TEXT, field_type="textarea", label="Ticket description"),
    define("hs_pipeline", "enumeration", choices=options("0"), label="Pipeline"),
    define("hs_pipeline_stage", "enumeration", choices=options("1", "2", "3", "4")),
    define("hs_ticket_priority", "enumeration", choices=options("LOW", "MEDIUM", "HIGH", "URGENT")),
    define("hs_ticket_category", "enumeration", choices=options("BILLING_ISSUE", "PRODUCT_ISSUE")),
    define("source_type", "enumeration", choices=options("EMAIL", "CHAT", "FORM", "PHONE")),
    define("closed_date", "datetime", source="moment", filled=0.5),
    define("first_agent_reply_date", "datetime", source="moment", filled=0.7),
    define("time_to_close", "number", ("86400000", "1.5E9"), filled=0.5, calculated=True),
    define("hs_num_times_contacted", "number", _COUNTS, filled=0.5),
    define("hs_resolution", pool=SENTENCES, filled=0.3),
    define("hs_external_object_ids", unique=True),
    define("order_reference", source="sku", hubspot_defined=False),
)

LEADS: tuple[Definition, ...] = (
    define("hs_lead_name", source="full_name"),
    define("hs_lead_type", "enumeration", choices=options("NEW_BUSINESS", "UPSELL")),
    define("hs_lead_label", "enumeration", choices=options("WARM", "HOT", "COLD")),
    define("hs_pipeline", "enumeration", choices=options("lead-pipeline-id")),
    define("hs_pipeline_stage", "enumeration", choices=options("new-stage-id", "connected-id")),
    define("hs_lead_source_drill_down_1", pool=("google", "event"), filled=0.4),
)

GOAL_TARGETS: tuple[Definition, ...] = (
    define("hs_goal_name", source="subject"),
    define("hs_target_amount", "number", source="amount"),
    define("hs_start_datetime", "datetime", source="created_iso"),
    define("hs_end_datetime", "datetime", source="moment"),
    define("hs_assignee_user_id", "number", OWNERS),
    define("hs_kpi_value", "number", source="score", calculated=True),
    define("hs_outcome", "enumeration", choices=options("in_progress", "achieved", "missed")),
)

DEAL_SPLITS: tuple[Definition, ...] = (
    define("hs_deal_split_percentage", "number", ("0.5", "0.25", "1")),
    define("hs_deal_split_amount", "number", source="amount"),
    define(
        "hs_deal_split_owner_id",
        "enumeration",
        OWNERS,
        referenced_object_type="OWNER",
        external_options=True,
    ),
)
