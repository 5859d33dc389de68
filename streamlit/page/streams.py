"""How streams are grouped, labelled and linked to HubSpot. Pure."""

from __future__ import annotations

from page import words
from page.calls import Row, variant

RECOMMENDED = (
    *("contacts", "companies", "deals", "tickets", "products", "line_items"),
    *("owners", "pipelines", "pipeline_stages"),
)
MAIN = ("contacts", "companies", "deals", "tickets")
"""What nearly every portal keeps: a key that cannot read one of them was made in haste."""

OPEN = ("Records", "Custom objects")
"""The groups that are unfolded at first."""

_GROUPS = {
    "Records": (
        *("contacts", "companies", "deals", "tickets", "leads", "products", "line_items"),
        *("quotes", "goals", "deal_splits", "feedback_submissions", "users", "services"),
        *("appointments", "courses", "listings", "projects", "deals_archived"),
    ),
    "Activities": (
        *("calls", "emails", "meetings", "notes", "tasks", "communications", "postal_mail"),
        "engagements",
    ),
    "Commerce": (
        *("orders", "carts", "invoices", "commerce_payments", "subscriptions", "discounts"),
        *("fees", "taxes"),
    ),
    "Marketing": (
        *("marketing_emails", "campaigns", "email_campaigns", "email_events", "forms"),
        *("form_submissions", "lists", "list_memberships", "marketing_events", "workflows"),
        *("subscription_changes", "subscription_definitions", "subscription_statuses"),
    ),
}
_GROUP_OF = {name: group for group, names in _GROUPS.items() for name in names}
_ORDER = (
    *("Records", "Custom objects", "Activities", "Commerce", "Marketing"),
    *("Account and definitions", "Events"),
)
_IDS = {
    **{"contacts": "0-1", "companies": "0-2", "deals": "0-3", "tickets": "0-5"},
    **{"products": "0-7", "line_items": "0-8", "quotes": "0-14", "communications": "0-18"},
    **{"feedback_submissions": "0-19", "tasks": "0-27", "notes": "0-46", "meetings": "0-47"},
    **{"calls": "0-48", "emails": "0-49", "invoices": "0-53", "subscriptions": "0-69"},
    **{"goal_targets": "0-74", "discounts": "0-84", "fees": "0-85", "taxes": "0-86"},
    **{"commerce_payments": "0-101", "users": "0-115", "postal_mail": "0-116"},
    **{"orders": "0-123", "leads": "0-136", "carts": "0-142", "services": "0-162"},
    **{"courses": "0-410", "listings": "0-420", "appointments": "0-421", "projects": "0-970"},
}
"""HubSpot's ids of its own object types ("Using object APIs")."""


def group(stream: Row) -> str:
    """The heading of a stream's group."""
    name = str(stream["STREAM"])
    if str(stream["OBJECT_TYPE"] or "").startswith("2-"):
        return "Custom objects"
    if name.endswith("_web_analytics") or name in ("events", "event_types", "event_definitions"):
        return "Events"
    return _GROUP_OF.get(name, "Account and definitions")


def grouped(streams: list[Row]) -> dict[str, list[Row]]:
    """The streams by heading, both in the order they are shown."""
    by_group: dict[str, list[Row]] = {name: [] for name in _ORDER}
    for stream in streams:
        by_group[group(stream)].append(stream)
    for name, members in _GROUPS.items():
        by_group[name].sort(key=lambda stream: members.index(str(stream["STREAM"])))
    return {name: members for name, members in by_group.items() if members}


def stream_label(stream: Row) -> str:
    """What HubSpot calls the stream."""
    return str(stream["LABEL"] or words.title(str(stream["STREAM"])))


def search_text(stream: Row) -> str:
    """The text that a search looks through, in lower case: label, name, object type."""
    return f"{stream_label(stream)} {stream['STREAM']} {stream['OBJECT_TYPE'] or ''}".lower()


def scopes_of(stream: Row) -> list[str]:
    """Scopes any one of which lets the credential read a stream."""
    return [str(scope) for scope in variant(stream["SCOPES"]) or []]


def first_scopes(members: list[Row]) -> list[str]:
    """For each stream the scope to add first, each once."""
    return [*dict.fromkeys(scopes_of(stream)[0] for stream in members if scopes_of(stream))]


def record_url(portal: object, object_type: object, record: object) -> str | None:
    """The address of a record's page in HubSpot; None when it has no page."""
    kind = _IDS.get(str(object_type), str(object_type))
    if not portal or kind[:2] not in ("0-", "2-"):
        return None
    return f"https://app.hubspot.com/contacts/{portal}/record/{kind}/{record}"
