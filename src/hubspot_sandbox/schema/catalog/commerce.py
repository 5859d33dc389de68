"""The properties of products, line items, quotes, users, custom objects and the smaller types."""

from __future__ import annotations

from hubspot_sandbox.schema.catalog.shared import CURRENCIES, SENTENCES
from hubspot_sandbox.schema.properties import Definition, define, options
from hubspot_sandbox.seeds import NASTY_TEXT, ODD_DATES, ODD_DATETIMES, ODD_NUMBERS

PRODUCTS: tuple[Definition, ...] = (
    define("name", source="subject"),
    define("description", pool=SENTENCES, field_type="textarea"),
    define("price", "number", source="amount"),
    define("hs_cost_of_goods_sold", "number", ("1.5", "20", ""), filled=0.4),
    define("hs_sku", source="sku", label="SKU", unique=True),
    define("hs_recurring_billing_period", pool=("P12M", "P1M"), filled=0.4),
    define("hs_product_type", "enumeration", choices=options("inventory", "service")),
    define("hs_url", source="url", filled=0.3),
)

LINE_ITEMS: tuple[Definition, ...] = (
    define("name", source="subject"),
    define("quantity", "number", ("1", "2", "0.5", "1000")),
    define("price", "number", source="amount"),
    define("amount", "number", source="amount", calculated=True),
    define("discount", "number", ("0", "5.25"), filled=0.2),
    define("hs_discount_percentage", "number", ("10", "12.5"), filled=0.2),
    define("hs_line_item_currency_code", "enumeration", choices=options(*CURRENCIES)),
    define("hs_external_id", unique=True),
    define("hs_product_id", "number", ("18446744073",), referenced_object_type="PRODUCT"),
    define("hs_sku", source="sku"),
)

QUOTES: tuple[Definition, ...] = (
    define("hs_title", source="subject"),
    define("hs_expiration_date", "date", source="day"),
    define("hs_status", "enumeration", choices=options("DRAFT", "APPROVED", "REJECTED")),
    define("hs_quote_amount", "number", source="amount", calculated=True),
    define("hs_currency", "enumeration", choices=options(*CURRENCIES)),
    define("hs_terms", pool=SENTENCES, filled=0.5),
    define("hs_quote_link", source="url", filled=0.5),
)

USERS: tuple[Definition, ...] = (
    define("hs_email", source="email"),
    define("hs_given_name", source="first_name"),
    define("hs_family_name", source="last_name"),
    define("hs_internal_user_id", "number", source="index"),
    define("hs_job_title", pool=("Sales rep", "Support agent", ""), filled=0.7),
    define("hs_standard_time_zone", pool=("America/New_York", "Europe/Dublin"), filled=0.7),
    define("hs_deactivated", "bool", ("true", "false"), filled=0.9),
)

MARKETING_EVENTS: tuple[Definition, ...] = (
    define("hs_event_name", source="subject"),
    define("hs_event_organizer", source="company_name"),
    define("hs_event_type", pool=("WEBINAR", "CONFERENCE", "WORKSHOP")),
    define("hs_event_description", pool=SENTENCES, filled=0.8),
    define("hs_event_url", source="url", filled=0.9),
    define("hs_event_cancelled", "bool", ("false", "true", "false")),
    define("hs_event_completed", "bool", ("true", "false")),
    define("hs_event_status", "enumeration", choices=options("UPCOMING", "PAST", "CANCELLED")),
    define("hs_start_datetime", "datetime", source="moment"),
    define("hs_end_datetime", "datetime", source="moment", filled=0.9),
)

MACHINES: tuple[Definition, ...] = (
    define("serial_number", source="sku", unique=True, hubspot_defined=False),
    define("model", pool=("M-1", "M-2", "Ω-3"), hubspot_defined=False),
    define("installed_on", "date", ODD_DATES, hubspot_defined=False),
    define("last_seen_at", "datetime", ODD_DATETIMES, hubspot_defined=False),
    define("running_hours", "number", ODD_NUMBERS, hubspot_defined=False),
    define("service_notes", pool=NASTY_TEXT, hubspot_defined=False, field_type="textarea"),
    define("under_warranty", "bool", ("true", "false", ""), hubspot_defined=False),
    define(
        "condition", "enumeration", choices=options("new", "used", "broken"), hubspot_defined=False
    ),
)
"""The custom object of the sandbox: machines standing at customers."""


def smaller(singular: str) -> tuple[Definition, ...]:
    """What the less used object types carry: a name, an amount, a status, a date."""
    return (
        define(f"hs_{singular}_name", source="subject"),
        define(f"hs_{singular}_amount", "number", source="amount", filled=0.8),
        define(f"hs_{singular}_status", "enumeration", choices=options("open", "paid", "void")),
        define(f"hs_{singular}_date", "datetime", source="moment", filled=0.8),
        define("hs_external_object_id", source="long_id", filled=0.5),
    )
