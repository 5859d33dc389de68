"""A portal that is changed between two runs, and queries over the views in Fivetran's shape."""

from __future__ import annotations

from typing import Any

from hubspot_ingest.inbound.run.runner import ingest_all
from tests.runs.world import World, on_an_empty_stack

FIVETRAN = "HUBSPOT_DATA.HUBSPOT"
FOLLOWED = {"include_archived": True}
PARTNERS = ["companies", "deals", "tickets"]
SETTINGS: dict[str, dict[str, Any]] = {
    "contacts": {"properties": ["email", "firstname", "hs_calculated_form*"], "associations": []},
    "companies": {
        "properties": ["name", "annualrevenue", "address2", "score*", "tier", "createdate"],
        "associations": [],
        "history": ["name"],
        **FOLLOWED,
    },
    "deals": {
        "properties": ["dealname", "amount", "closedate", "dealstage", "pipeline", "hubspot_o*"],
        "associations": [],
        "history": ["dealstage"],
        **FOLLOWED,
    },
    "tickets": {
        "properties": ["subject", "createdate", "closed_date", "hs_pipeline*", "hubspot_own*"],
        "associations": ["companies"],
        "history": ["hs_pipeline_stage"],
    },
    "notes": {"properties": ["hs_note_body", "hs_timestamp"], "associations": PARTNERS},
    **{
        stream: {}
        for stream in (
            *("owners", "teams", "roles", "provisioned_users", "pipelines", "pipeline_stages"),
            *("lists", "list_memberships", "forms", "form_submissions"),
            *("email_campaigns", "email_events", "subscription_changes"),
        )
    },
}


class Story:
    """A portal, what happened in it, by the ids it happened to, and queries over the views."""

    def __init__(self, world: World) -> None:
        self.world, self.portal, self.ids = world, world.portal, dict[str, str]()

    def rows(self, query: str, *binds: object) -> list[tuple[Any, ...]]:
        return [
            tuple(row.values()) for row in self.world.rows(query.format(v=FIVETRAN), list(binds))
        ]

    def run(self) -> None:
        answer = on_an_empty_stack(lambda: dict(ingest_all(self.world.context)))
        assert answer["response_code"] == "OK", answer


def begin(story: Story) -> None:
    """What there is before the first run."""
    portal, ids = story.portal, story.ids
    for object_type, names in {
        "contacts": ("contact", "other_contact"),
        "companies": ("company", "other_company", "gone_company"),
        "deals": ("first_deal", "second_deal", "gone_deal", "deal"),
        "tickets": ("ticket", "closed_ticket"),
        "notes": ("note", "gone_note"),
    }.items():
        listed = [record.id for record in portal.records(object_type)]
        ids |= dict(zip(names, listed, strict=False))
    portal.update("contacts", ids["contact"], {"email": "Ada@example.com"})
    portal.add_property("companies", "score__c", "number")
    portal.add_property("companies", "tier", "number")
    portal.update("companies", ids["company"], {"score__c": "1", "tier": "3", "name": "Before"})
    portal.update("tickets", ids["ticket"], {"hs_pipeline_stage": "1"})
    portal.associate("tickets", ids["ticket"], "companies", ids["company"])
    portal.associate("tickets", ids["ticket"], "companies", ids["other_company"])
    for note in ("note", "gone_note"):
        for partner, name in (("companies", "company"), ("deals", "deal"), ("tickets", "ticket")):
            portal.associate("notes", ids[note], partner, ids[name])
    ids["list"] = portal.lists.add("Buyers")
    ids["company_list"] = portal.lists.add("Partners", "companies")
    for name in ("contact", "other_contact"):
        portal.lists.join(ids["list"], ids[name])
    portal.lists.join(ids["company_list"], ids["company"])
    ids["gone_list"] = portal.lists.add("Old")
    portal.lists.join(ids["gone_list"], ids["contact"])
    ids["form"] = portal.forms.add("Contact us")


def change(story: Story) -> None:
    """Whatever can happen to what there is."""
    portal, ids, now = story.portal, story.ids, story.world.clock.now()
    ids["merged_deal"] = portal.merge("deals", ids["first_deal"], ids["second_deal"])
    portal.archive("deals", ids["gone_deal"])
    portal.archive("companies", ids["gone_company"])
    portal.gdpr_delete("notes", ids["gone_note"])
    portal.add_property("companies", "score_c", "number")
    portal.add_property("companies", "tier", "string")
    changed = {"score_c": "2", "score__c": "1.5", "tier": "gold", "name": "After", "address2": "4b"}
    portal.update("companies", ids["company"], changed)
    portal.disassociate("tickets", ids["ticket"], "companies", ids["other_company"])
    portal.update("tickets", ids["ticket"], {"hs_pipeline_stage": "2"})
    portal.pipelines.change("tickets", "0", "2", label="Waiting on us")
    portal.pipelines.archive("deals", "default", "qualifiedtobuy")
    ids["owner"] = owner = portal.owners.all()[1].id
    portal.update("deals", ids["deal"], {"dealstage": "closedwon", "hubspot_owner_id": owner})
    portal.owners.change(owner, {"firstName": "Grace"})
    portal.lists.leave(ids["list"], ids["other_contact"])
    portal.lists.rename(ids["company_list"], "Resellers")
    portal.lists.delete(ids["gone_list"])
    # HubSpot counts it to another contact than the one who has the address now
    ids["conversion"] = portal.forms.submit(ids["form"], {"email": "ada@EXAMPLE.com"}, at=now)
    portal.add_property("contacts", "hs_calculated_form_submissions", "string")
    counted = f"{ids['form']}::{ids['conversion']}::{now}"
    portal.update("contacts", ids["other_contact"], {"hs_calculated_form_submissions": counted})
    ids["email"] = email = portal.mail.add("News", state="PUBLISHED")
    ids["sent"] = portal.mail.event("SENT", email, "ada@example.com")
    by = {"id": ids["sent"], "created": now}
    for kind in ("DELIVERED", "OPEN", "OPEN", "CLICK", "STATUSCHANGE", "BOUNCE", "SPAMREPORT"):
        portal.mail.event(kind, email, "ada@example.com", sentBy=by)
    definition = portal.subscriptions.definitions.all()[0].id
    portal.subscriptions.change("ada@example.com", definition, "UNSUBSCRIBED")
