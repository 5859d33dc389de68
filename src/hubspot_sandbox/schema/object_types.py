"""The CRM object types of HubSpot; a new object type is a row here."""

from __future__ import annotations

from dataclasses import dataclass

_ANY = "crm.objects."
_SHOP = ("e-commerce",)


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One CRM object type.

    ``read_scopes`` and ``write_scopes`` are alternatives: one of them is enough. ``inline_key`` is
    the key under which a list answer carries associations to this object type.
    """

    name: str
    singular: str
    id: str
    label: str
    plural_label: str
    read_scopes: tuple[str, ...]
    write_scopes: tuple[str, ...]
    modified_property: str = "hs_lastmodifieddate"
    created_property: str = "hs_createdate"
    fully_qualified_name: str | None = None

    @property
    def custom(self) -> bool:
        """Whether the portal defined this object type itself (``2-<n>``)."""
        return self.id.startswith("2-")

    @property
    def schema_write_scopes(self) -> tuple[str, ...]:
        """The scopes of which one is needed to add a property (BEHAVIOR H197)."""
        if self.name in ("products", "line_items"):
            return _SHOP
        return tuple(scope.replace(".objects.", ".schemas.") for scope in self.write_scopes)

    @property
    def inline_key(self) -> str:
        """The key of inline associations: the plural in words, so ``line items`` (BEHAVIOR H26)."""
        if self.name == "commerce_payments":
            return "payments"
        return self.fully_qualified_name or self.name.replace("_", " ")

    @property
    def history_depth(self) -> int:
        """How many revisions of a property HubSpot keeps (BEHAVIOR H53)."""
        return 45 if self.name == "contacts" else 20


def _row(
    name: str,
    singular: str,
    number: int,
    scope: str,
    also: tuple[str, ...] = (),
    created: str = "hs_createdate",
    modified: str = "hs_lastmodifieddate",
) -> ObjectType:
    label = singular.replace("_", " ").capitalize()
    plural = name.replace("_", " ").capitalize()
    return ObjectType(
        name=name,
        singular=singular,
        id=f"0-{number}",
        label=label,
        plural_label=plural,
        read_scopes=(f"{_ANY}{scope}.read", *also) if scope else also,
        write_scopes=(f"{_ANY}{scope}.write", *also) if scope else also,
        created_property=created,
        modified_property=modified,
    )


STANDARD: tuple[ObjectType, ...] = (
    _row("contacts", "contact", 1, "contacts", (), "createdate", "lastmodifieddate"),
    _row("companies", "company", 2, "companies", (), "createdate"),
    _row("deals", "deal", 3, "deals", (), "createdate"),
    _row("tickets", "ticket", 5, "", ("tickets",), "createdate"),
    _row("products", "product", 7, "products", _SHOP, "createdate"),
    _row("line_items", "line_item", 8, "line_items", _SHOP, "createdate"),
    _row("quotes", "quote", 14, "quotes", _SHOP),
    _row("communications", "communication", 18, "contacts"),
    _row("feedback_submissions", "feedback_submission", 19, "feedback_submissions"),
    _row("tasks", "task", 27, "contacts"),
    _row("notes", "note", 46, "contacts"),
    _row("meetings", "meeting", 47, "contacts"),
    _row("calls", "call", 48, "contacts"),
    _row("emails", "email", 49, "contacts"),
    _row("invoices", "invoice", 53, "invoices"),
    _row("marketing_events", "marketing_event", 54, "marketing_events"),
    _row("subscriptions", "subscription", 69, "subscriptions"),
    _row("deal_splits", "deal_split", 72, "deals"),
    _row("goal_targets", "goal_target", 74, "goals"),
    _row("discounts", "discount", 84, "line_items", _SHOP),
    _row("fees", "fee", 85, "line_items", _SHOP),
    _row("taxes", "tax", 86, "line_items", _SHOP),
    _row("commerce_payments", "commerce_payment", 101, "commercepayments"),
    _row("users", "user", 115, "users"),
    _row("postal_mail", "postal_mail", 116, "contacts"),
    _row("orders", "order", 123, "orders"),
    _row("leads", "lead", 136, "leads"),
    _row("carts", "cart", 142, "carts"),
    _row("services", "service", 162, "services"),
    _row("courses", "course", 410, "courses"),
    _row("listings", "listing", 420, "listings"),
    _row("appointments", "appointment", 421, "appointments"),
    _row("projects", "project", 970, "projects"),
)


def custom_object_type(
    name: str, number: int, portal_id: int, label: str, plural: str
) -> ObjectType:
    """An object type the portal defined itself: ``2-<number>``, ``p<portal>_<name>``."""
    return ObjectType(
        name=name,
        singular=name,
        id=f"2-{number}",
        label=label,
        plural_label=plural,
        read_scopes=("crm.objects.custom.read",),
        write_scopes=("crm.objects.custom.write",),
        fully_qualified_name=f"p{portal_id}_{name}",
    )


_PLURAL_ONLY = frozenset({"appointments", "courses", "listings"})
"""Object types whose singular is refused in a path (BEHAVIOR H3)."""


def names_of(object_type: ObjectType) -> tuple[str, ...]:
    """Every spelling HubSpot accepts in a path; a custom object's bare name is not one (H3)."""
    if object_type.fully_qualified_name is not None:
        return (object_type.id, object_type.fully_qualified_name)
    names: tuple[str, ...] = (object_type.id, object_type.name)
    if object_type.name == "goal_targets":
        names += ("goals",)
    return names if object_type.name in _PLURAL_ONLY else (*names, object_type.singular)
