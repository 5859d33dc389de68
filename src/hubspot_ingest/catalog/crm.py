"""The CRM objects, as rows. No logic: a new object type is a line here."""

from __future__ import annotations

from hubspot_ingest.catalog.stream import RecordStream

_CONTACTS = ("crm.objects.contacts.read",)
_COMPANIES = ("crm.objects.companies.read",)
_DEALS = ("crm.objects.deals.read",)
_QUOTES = ("crm.objects.quotes.read", "e-commerce")
_LINES = ("crm.objects.line_items.read", "e-commerce")
_PRODUCTS = ("crm.objects.products.read", "e-commerce")
_PARTIES = ("contacts", "companies")
_WORK = ("contacts", "companies", "deals", "tickets")

CRM: tuple[RecordStream, ...] = (
    RecordStream(
        "contacts",
        "contacts",
        type_id="0-1",
        updated="lastmodifieddate",
        associations=("companies",),
        references=(("PROPERTIES_HUBSPOT_OWNER_ID", "owners"),),
        scopes=_CONTACTS,
    ),
    RecordStream(
        "companies",
        "companies",
        type_id="0-2",
        associations=("contacts",),
        references=(("PROPERTIES_HUBSPOT_OWNER_ID", "owners"),),
        scopes=_COMPANIES,
    ),
    RecordStream(
        "deals",
        "deals",
        type_id="0-3",
        associations=("contacts", "companies", "line_items"),
        references=(
            ("PROPERTIES_HUBSPOT_OWNER_ID", "owners"),
            ("PROPERTIES_PIPELINE", "pipelines"),
            ("PROPERTIES_DEALSTAGE", "pipeline_stages"),
        ),
        scopes=_DEALS,
    ),
    RecordStream(
        "tickets",
        "tickets",
        type_id="0-5",
        associations=(*_PARTIES, "deals"),
        references=(
            ("PROPERTIES_HUBSPOT_OWNER_ID", "owners"),
            ("PROPERTIES_HS_PIPELINE", "pipelines"),
            ("PROPERTIES_HS_PIPELINE_STAGE", "pipeline_stages"),
        ),
        scopes=("tickets",),
    ),
    RecordStream("products", "products", type_id="0-7", scopes=_PRODUCTS),
    RecordStream("line_items", "line_items", type_id="0-8", scopes=_LINES),
    RecordStream("quotes", "quotes", type_id="0-14", associations=("deals",), scopes=_QUOTES),
    RecordStream(
        "leads",
        "leads",
        type_id="0-136",
        associations=_PARTIES,
        scopes=("crm.objects.leads.read",),
        tier="Sales Hub Professional",
    ),
    RecordStream(
        "goals",
        "goal_targets",
        type_id="0-74",
        scopes=("crm.objects.goals.read",),
        tier="Sales Hub Starter",
    ),
    RecordStream("deal_splits", "deal_splits", associations=("deals",), scopes=_DEALS),
    RecordStream("calls", "calls", type_id="0-48", associations=_WORK, scopes=_CONTACTS),
    RecordStream(
        "emails", "emails", type_id="0-49", associations=_WORK, scopes=("sales-email-read",)
    ),
    RecordStream("meetings", "meetings", type_id="0-47", associations=_WORK, scopes=_CONTACTS),
    RecordStream("notes", "notes", type_id="0-46", associations=_WORK, scopes=_CONTACTS),
    RecordStream("tasks", "tasks", type_id="0-27", associations=_WORK, scopes=_CONTACTS),
    RecordStream(
        "communications", "communications", type_id="0-18", associations=_WORK[:3], scopes=_CONTACTS
    ),
    RecordStream(
        "postal_mail", "postal_mail", type_id="0-116", associations=_WORK[:3], scopes=_CONTACTS
    ),
    RecordStream(
        "feedback_submissions",
        "feedback_submissions",
        type_id="0-19",
        associations=("contacts", "tickets"),
        scopes=("crm.objects.feedback_submissions.read",),
        tier="Service Hub Professional",
    ),
    RecordStream("users", "users", type_id="0-115", scopes=("crm.objects.users.read",)),
    RecordStream(
        "orders",
        "orders",
        type_id="0-123",
        associations=(*_PARTIES, "line_items"),
        scopes=("crm.objects.orders.read",),
    ),
    RecordStream(
        "carts",
        "carts",
        type_id="0-142",
        associations=(*_PARTIES, "line_items"),
        scopes=("crm.objects.carts.read",),
    ),
    RecordStream(
        "invoices",
        "invoices",
        type_id="0-53",
        associations=(*_PARTIES, "deals", "line_items"),
        scopes=("crm.objects.invoices.read",),
    ),
    RecordStream(
        "commerce_payments",
        "commerce_payments",
        type_id="0-101",
        associations=("contacts", "invoices"),
        scopes=("crm.objects.commercepayments.read",),
    ),
    RecordStream(
        "subscriptions",
        "subscriptions",
        type_id="0-69",
        associations=_WORK[:3],
        scopes=("crm.objects.subscriptions.read",),
    ),
    RecordStream("discounts", "discounts", type_id="0-84", scopes=_LINES),
    RecordStream("fees", "fees", type_id="0-85", scopes=_LINES),
    RecordStream("taxes", "taxes", type_id="0-86", scopes=("crm.objects.line_items.read",)),
    RecordStream(
        "services",
        "services",
        type_id="0-162",
        associations=_WORK,
        scopes=("crm.objects.services.read",),
    ),
    RecordStream(
        "appointments",
        "appointments",
        type_id="0-421",
        associations=_WORK[:3],
        scopes=("crm.objects.appointments.read",),
    ),
    RecordStream(
        "courses",
        "courses",
        type_id="0-410",
        associations=("contacts",),
        scopes=("crm.objects.courses.read",),
    ),
    RecordStream(
        "listings",
        "listings",
        type_id="0-420",
        associations=_WORK[:3],
        scopes=("crm.objects.listings.read",),
    ),
    RecordStream(
        "projects",
        "projects",
        type_id="0-970",
        associations=_WORK[:3],
        scopes=("crm.objects.projects.read",),
    ),
)
