"""Which properties a fresh portal has, per object type."""

from __future__ import annotations

from hubspot_sandbox.schema.catalog import commerce, contacts, engagements, sales
from hubspot_sandbox.schema.catalog.shared import common
from hubspot_sandbox.schema.object_types import ObjectType
from hubspot_sandbox.schema.properties import Definition

_ROWS: dict[str, tuple[Definition, ...]] = {
    "contacts": contacts.ROWS,
    "companies": sales.COMPANIES,
    "deals": sales.DEALS,
    "tickets": sales.TICKETS,
    "leads": sales.LEADS,
    "goal_targets": sales.GOAL_TARGETS,
    "deal_splits": sales.DEAL_SPLITS,
    "calls": engagements.CALLS,
    "emails": engagements.EMAILS,
    "meetings": engagements.MEETINGS,
    "notes": engagements.NOTES,
    "tasks": engagements.TASKS,
    "communications": engagements.COMMUNICATIONS,
    "postal_mail": engagements.POSTAL_MAIL,
    "products": commerce.PRODUCTS,
    "line_items": commerce.LINE_ITEMS,
    "quotes": commerce.QUOTES,
    "users": commerce.USERS,
    "marketing_events": commerce.MARKETING_EVENTS,
}

_SHOWN_BY_DEFAULT: dict[str, tuple[str, ...]] = {
    "contacts": ("email", "firstname", "lastname"),
    "companies": ("name", "domain"),
    "deals": ("dealname", "amount", "closedate", "dealstage", "pipeline"),
    "tickets": ("subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority"),
    "products": ("name", "description", "price"),
    "line_items": ("name", "quantity", "price", "amount"),
}


def definitions(object_type: ObjectType) -> tuple[Definition, ...]:
    """Every property of an object type in a fresh portal, HubSpot's bookkeeping included."""
    if object_type.custom:
        own = commerce.MACHINES
    else:
        own = _ROWS.get(object_type.name) or commerce.smaller(object_type.singular)
    return common(object_type.created_property, object_type.modified_property) + own


def shown_by_default(object_type: ObjectType) -> tuple[str, ...]:
    """Properties an answer carries when none were asked for, besides the three constant ones."""
    return _SHOWN_BY_DEFAULT.get(object_type.name, ())
