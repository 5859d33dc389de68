"""The CRM objects, as rows. No logic: a new object type is a line here."""

from __future__ import annotations

from hubspot_ingest.catalog.stream import Stream

_CONTACTS = ("crm.objects.contacts.read",)
_COMPANIES = ("crm.objects.companies.read",)
_DEALS = ("crm.objects.deals.read",)
_QUOTES = ("crm.objects.quotes.read", "e-commerce")
_LINES = ("crm.objects.line_items.read", "e-commerce")
_PRODUCTS = ("crm.objects.products.read", "e-commerce")
_PARTIES = ("contacts", "companies")
_WORK = ("contacts", "companies", "deals", "tickets")

CRM: tuple[Stream, ...] = (
    Stream(
        "contacts",
        "contacts",
        "lastmodifieddate",
        ("companies",),
        type_id="0-1",
        refers=(("PROPERTIES_HUBSPOT_OWNER_ID", "owners"),),
        scopes=_CONTACTS,
    ),
    Stream(
        "companies",
        "companies",
        type_id="0-2",
        associations=("contacts",),
        refers=(("PROPERTIES_HUBSPOT_OWNER_ID", "owners"),),
        scopes=_COMPANIES,
    ),
    Stream(
        "deals",
        "deals",
        type_id="0-3",
        associations=("contacts", "companies", "line_items"),
        refers=(
            ("PROPERTIES_HUBSPOT_OWNER_ID", "owners"),
            ("PROPERTIES_PIPELINE", "pipelines"),
            ("PROPERTIES_DEALSTAGE", "pipeline_stages"),
        ),
        scopes=_DEALS,
    ),
    Stream(
        "tickets",
        "tickets",
        type_id="0-5",
        associations=(*_PARTIES, "deals"),
        refers=(
            ("PROPERTIES_HUBSPOT_OWNER_ID", "owners"),
            ("PROPERTIES_HS_PIPELINE", "pipelines"),
            ("PROPERTIES_HS_PIPELINE_STAGE", "pipeline_stages"),
        ),
        scopes=("tickets",),
    ),
    Stream("products", "products", type_id="0-7", scopes=_PRODUCTS),
    Stream("line_items", "line_items", type_id="0-8", scopes=_LINES),
    Stream("quotes", "quotes", type_id="0-14", associations=("deals",), scopes=_QUOTES),
    Stream(
        "leads",
        "leads",
        type_id="0-136",
        associations=_PARTIES,
        scopes=("crm.objects.leads.read",),
        tier="Sales Hub Professional",
    ),
    Stream(
        "goals",
        "goal_targets",
        type_id="0-74",
        scopes=("crm.objects.goals.read",),
        tier="Sales Hub Starter",
    ),
    Stream("deal_splits", "deal_splits", associations=("deals",), scopes=_DEALS),
    Stream("calls", "calls", type_id="0-48", associations=_WORK, scopes=_CONTACTS),
    Stream("emails", "emails", type_id="0-49", associations=_WORK, scopes=("sales-email-read",)),
    Stream("meetings", "meetings", type_id="0-47", associations=_WORK, scopes=_CONTACTS),
    Stream("notes", "notes", type_id="0-46", associations=_WORK, scopes=_CONTACTS),
    Stream("tasks", "tasks", type_id="0-27", associations=_WORK, scopes=_CONTACTS),
    Stream(
        "communications", "communications", type_id="0-18", associations=_WORK[:3], scopes=_CONTACTS
    ),
    Stream("postal_mail", "postal_mail", type_id="0-116", associations=_WORK[:3], scopes=_CONTACTS),
    Stream(
        "feedback_submissions",
        "feedback_submissions",
        type_id="0-19",
        associations=("contacts", "tickets"),
        scopes=("crm.objects.feedback_submissions.read",),
        tier="Service Hub Professional",
    ),
    Stream("users", "users", type_id="0-115", scopes=("crm.objects.users.read",)),
    Stream(
        "orders",
        "orders",
        type_id="0-123",
        associations=(*_PARTIES, "line_items"),
        scopes=("crm.objects.orders.read",),
    ),
    Stream(
        "carts",
        "carts",
        type_id="0-142",
        associations=(*_PARTIES, "line_items"),
        scopes=("crm.objects.carts.read",),
    ),
    Stream(
        "invoices",
        "invoices",
        type_id="0-53",
        associations=(*_PARTIES, "deals", "line_items"),
        scopes=("crm.objects.invoices.read",),
    ),
    Stream(
        "commerce_payments",
        "commerce_payments",
        type_id="0-101",
        associations=("contacts", "invoices"),
        scopes=("crm.objects.commercepayments.read",),
    ),
    Stream(
        "subscriptions",
        "subscriptions",
        type_id="0-69",
        associations=_WORK[:3],
        scopes=("crm.objects.subscriptions.read",),
    ),
    Stream("discounts", "discounts", type_id="0-84", scopes=_LINES),
    Stream("fees", "fees", type_id="0-85", scopes=_LINES),
    Stream("taxes", "taxes", type_id="0-86", scopes=("crm.objects.line_items.read",)),
    Stream(
        "services",
        "services",
        type_id="0-162",
        associations=_WORK,
        scopes=("crm.objects.services.read",),
    ),
    Stream(
        "appointments",
        "appointments",
        type_id="0-421",
        associations=_WORK[:3],
        scopes=("crm.objects.appointments.read",),
    ),
    Stream(
        "courses",
        "courses",
        type_id="0-410",
        associations=("contacts",),
        scopes=("crm.objects.courses.read",),
    ),
    Stream(
        "listings",
        "listings",
        type_id="0-420",
        associations=_WORK[:3],
        scopes=("crm.objects.listings.read",),
    ),
    Stream(
        "projects",
        "projects",
        type_id="0-970",
        associations=_WORK[:3],
        scopes=("crm.objects.projects.read",),
    ),
)
