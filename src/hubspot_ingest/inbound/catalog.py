"""Every stream as a row. No logic: a new stream is a line here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of HubSpot data that can be read.

    ``object_type`` is what stands in the path; ``updated`` the property that moves with every
    change and is searched by; ``associations`` are the streams whose ids are read by default.
    """

    name: str
    object_type: str
    updated: str = "hs_lastmodifieddate"
    associations: tuple[str, ...] = ()


STREAMS: tuple[Stream, ...] = (
    Stream("contacts", "contacts", "lastmodifieddate", ("companies",)),
    Stream("companies", "companies", associations=("contacts",)),
    Stream("deals", "deals", associations=("contacts", "companies", "line_items")),
    Stream("tickets", "tickets", associations=("contacts", "companies", "deals")),
    Stream("products", "products"),
    Stream("line_items", "line_items"),
    Stream("quotes", "quotes", associations=("deals",)),
    Stream("leads", "leads", associations=("contacts", "companies")),
    Stream("goals", "goal_targets"),
    Stream("deal_splits", "deal_splits", associations=("deals",)),
    Stream("calls", "calls", associations=("contacts", "companies", "deals", "tickets")),
    Stream("emails", "emails", associations=("contacts", "companies", "deals", "tickets")),
    Stream("meetings", "meetings", associations=("contacts", "companies", "deals", "tickets")),
    Stream("notes", "notes", associations=("contacts", "companies", "deals", "tickets")),
    Stream("tasks", "tasks", associations=("contacts", "companies", "deals", "tickets")),
    Stream("communications", "communications", associations=("contacts", "companies", "deals")),
    Stream("postal_mail", "postal_mail", associations=("contacts", "companies", "deals")),
    Stream("feedback_submissions", "feedback_submissions", associations=("contacts", "tickets")),
    Stream("users", "users"),
    Stream("orders", "orders", associations=("contacts", "companies", "line_items")),
    Stream("carts", "carts", associations=("contacts", "companies", "line_items")),
    Stream("invoices", "invoices", associations=("contacts", "companies", "deals", "line_items")),
    Stream("commerce_payments", "commerce_payments", associations=("contacts", "invoices")),
    Stream("subscriptions", "subscriptions", associations=("contacts", "companies", "deals")),
    Stream("discounts", "discounts"),
    Stream("fees", "fees"),
    Stream("taxes", "taxes"),
    Stream("services", "services", associations=("contacts", "companies", "deals", "tickets")),
    Stream("appointments", "appointments", associations=("contacts", "companies", "deals")),
    Stream("courses", "courses", associations=("contacts",)),
    Stream("listings", "listings", associations=("contacts", "companies", "deals")),
    Stream("projects", "projects", associations=("contacts", "companies", "deals")),
)

BY_NAME = {stream.name: stream for stream in STREAMS}
