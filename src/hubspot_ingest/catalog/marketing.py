"""Lists, forms, campaigns, workflows, marketing events. No logic."""

from __future__ import annotations

from hubspot_ingest.catalog.columns import (
    ARCHIVED,
    ARRAY,
    BOOLEAN,
    CREATED_AT,
    DATE,
    DATES,
    ID,
    NAME,
    NUMBER,
    TEXT,
    TIMESTAMP,
    VARIANT,
)
from hubspot_ingest.catalog.stream import (
    WITH_ARCHIVED,
    AfterPaging,
    BodyValues,
    ItemStream,
    OffsetPaging,
    PerParent,
)
from hubspot_ingest.database.columns import Column
from hubspot_ingest.hubspot.requests import (
    CAMPAIGNS,
    FORMS,
    LISTS,
    MARKETING_EVENTS,
    SUBMISSIONS,
    WORKFLOWS,
)

_LISTS = ItemStream(
    "lists",
    scopes=("crm.lists.read",),
    path=f"{LISTS}/search",
    # the specification of 2026-09 marks listIds and processingTypes as required; without a sort
    # pages shift while lists change
    body=BodyValues(
        (
            (
                "additionalProperties",
                [
                    *("hs_list_size", "hs_list_reference_count", "hs_lastmodifieddate"),
                    *("hs_list_size_week_delta", "hs_last_record_added_at"),
                ],
            ),
            ("listIds", []),
            ("processingTypes", ["MANUAL", "DYNAMIC", "SNAPSHOT"]),
            ("sort", "HS_LIST_ID"),
        ),
    ),
    paging=OffsetPaging(500, size_name="count"),
    items="lists",
    deleted="deletedAt",
    deleted_at="deletedAt",
    missing_kind="PURGED",
    columns=(
        Column("ID", TEXT, "listId", "HubSpot's id of the list"),
        NAME,
        Column("OBJECT_TYPE_ID", TEXT, "objectTypeId", "What it is a list of, 0-1 for contacts"),
        Column("PROCESSING_TYPE", TEXT, "processingType", "MANUAL, DYNAMIC or SNAPSHOT"),
        Column("PROCESSING_STATUS", TEXT, "processingStatus", "Whether HubSpot is done filling it"),
        Column("SIZE", NUMBER, "additionalProperties.hs_list_size", "How many records are in it"),
        Column("LIST_VERSION", NUMBER, "listVersion", "How often its definition was changed"),
        Column("CREATED_BY_ID", TEXT, "createdById", "The user who made it"),
        Column("UPDATED_BY_ID", TEXT, "updatedById", "The user who changed it last"),
        Column(
            "FILTERS_UPDATED_AT", TIMESTAMP, "filtersUpdatedAt", "When its filters changed, UTC"
        ),
        *DATES,
    ),
)

_FORMS = ItemStream(
    "forms",
    scopes=("forms",),
    path=FORMS,
    query=(("formTypes", "all"),),
    paging=AfterPaging(100),
    variants=WITH_ARCHIVED,
    deleted="archived",
    deleted_at="archivedAt",
    missing_kind="PURGED",
    columns=(
        ID,
        NAME,
        Column("FORM_TYPE", TEXT, "formType", "hubspot, captured, flow or blog_comment"),
        Column("FIELD_GROUPS", ARRAY, "fieldGroups", "The form's fields"),
        Column("CONFIGURATION", VARIANT, "configuration", "What happens after a submission"),
        Column("DISPLAY_OPTIONS", VARIANT, "displayOptions", "How it looks"),
        Column("LEGAL_CONSENT_OPTIONS", VARIANT, "legalConsentOptions", "What it asks consent for"),
        ARCHIVED,
        *DATES,
    ),
)

_MARKETING_EVENTS = ItemStream(
    "marketing_events",
    scopes=("crm.objects.marketing_events.read",),
    path=MARKETING_EVENTS,
    paging=AfterPaging(100),
    missing_kind="PURGED",
    columns=(
        Column("ID", TEXT, "objectId", "HubSpot's id"),
        Column("EXTERNAL_EVENT_ID", TEXT, "externalEventId", "Id in the app it came from"),
        Column("NAME", TEXT, "eventName", "Its name"),
        Column("TYPE", TEXT, "eventType", "Webinar, conference, …"),
        Column("STATUS", TEXT, "eventStatus", "UPCOMING, ONGOING, PAST, CANCELLED"),
        Column("ORGANIZER", TEXT, "eventOrganizer", "Who holds it"),
        Column("DESCRIPTION", TEXT, "eventDescription", "What it is"),
        Column("URL", TEXT, "eventUrl", "Its page"),
        Column("START_AT", TIMESTAMP, "startDateTime", "When it begins, UTC"),
        Column("END_AT", TIMESTAMP, "endDateTime", "When it ends, UTC"),
        Column("CANCELLED", BOOLEAN, "eventCancelled", "Whether it was called off"),
        Column("COMPLETED", BOOLEAN, "eventCompleted", "Whether it is over"),
        *(
            Column(name.upper(), NUMBER, counter, f"Count of {name.replace('_', ' ')}")
            for name, counter in (
                ("registrants", "registrants"),
                ("attendees", "attendees"),
                ("cancellations", "cancellations"),
                ("no_shows", "noShows"),
            )
        ),
        *DATES,
    ),
)

# HubSpot's id, or a fingerprint of all that HubSpot sends of a submission without one
_SUBMISSION = "conversionId|#submittedAt values pageUrl"

MARKETING: tuple[ItemStream, ...] = (
    _LISTS,
    ItemStream(
        "list_memberships",
        references=(
            ("LIST_ID", "lists"),
            ("RECORD_ID", "contacts"),
        ),
        scopes=("crm.lists.read",),
        parents=PerParent(_LISTS, key="listId"),
        path=f"{LISTS}/{{listId}}/memberships/join-order",
        paging=AfterPaging(250),
        newest_by="membershipTimestamp",
        key=("LIST_ID", "RECORD_ID"),
        missing_kind="REMOVED",
        columns=(
            Column("LIST_ID", TEXT, "@listId", "The list"),
            Column("RECORD_ID", TEXT, "recordId", "The record in it"),
            Column("OBJECT_TYPE_ID", TEXT, "@objectTypeId", "What kind of record that is"),
            Column(
                "JOINED_AT", TIMESTAMP, "membershipTimestamp", "When it came into the list, UTC"
            ),
        ),
    ),
    _FORMS,
    ItemStream(
        "form_submissions",
        references=(("FORM_ID", "forms"),),
        scopes=("forms",),
        parents=PerParent(_FORMS, excluded=(("formType", "blog_comment"),)),
        path=f"{SUBMISSIONS}/{{id}}",
        paging=AfterPaging(50),
        newest_by="submittedAt",
        key=("FORM_ID", "ID"),
        columns=(
            Column("FORM_ID", TEXT, "@id", "The form"),
            Column("ID", TEXT, _SUBMISSION, "HubSpot's id, or a fingerprint where it has none"),
            Column("SUBMITTED_AT", TIMESTAMP, "submittedAt", "When it was sent, UTC"),
            Column("PAGE_URL", TEXT, "pageUrl", "The page the form stood on"),
            Column(
                "VALUES_GIVEN", ARRAY, "values", "What was filled in: name, value, objectTypeId"
            ),
        ),
    ),
    ItemStream(
        "campaigns",
        references=(("OWNER_ID", "owners"),),
        label="Marketing campaigns",
        scopes=("marketing.campaigns.read",),
        tier="Marketing Hub Professional",
        path=CAMPAIGNS,
        # HubSpot refuses any property but these
        query=(
            (
                "properties",
                "hs_name,hs_start_date,hs_end_date,hs_color_hex,hs_notes,hs_audience,hs_goal,"
                "hs_owner,hs_currency_code,hs_created_by_user_id,hs_campaign_status,hs_object_id,"
                "hs_utm,hs_budget_items_sum_amount,hs_spend_items_sum_amount",
            ),
            ("sort", "-updatedAt"),
        ),
        newest_by="updatedAt",
        paging=AfterPaging(100),
        missing_kind="PURGED",
        columns=(
            ID,
            Column("NAME", TEXT, "properties.hs_name", "Its name"),
            Column("STATUS", TEXT, "properties.hs_campaign_status", "planned, in_progress, …"),
            Column("START_DATE", DATE, "properties.hs_start_date", "When it begins"),
            Column("END_DATE", DATE, "properties.hs_end_date", "When it ends"),
            Column("GOAL", TEXT, "properties.hs_goal", "What it is for"),
            Column("AUDIENCE", TEXT, "properties.hs_audience", "Whom it is for"),
            Column("NOTES", TEXT, "properties.hs_notes", "Notes"),
            Column("UTM", TEXT, "properties.hs_utm", "The utm_campaign value of its links"),
            Column("OWNER_ID", TEXT, "properties.hs_owner", "The owner"),
            Column("CURRENCY_CODE", TEXT, "properties.hs_currency_code", "Of budget and spend"),
            Column(
                "BUDGET", NUMBER, "properties.hs_budget_items_sum_amount", "Sum of budget items"
            ),
            Column("SPEND", NUMBER, "properties.hs_spend_items_sum_amount", "Sum of spend items"),
            *DATES,
        ),
    ),
    ItemStream(
        "workflows",
        scopes=("automation",),
        tier="Professional",
        path=WORKFLOWS,
        paging=AfterPaging(100),
        missing_kind="PURGED",
        columns=(
            ID,
            NAME,
            Column("IS_ENABLED", BOOLEAN, "isEnabled", "Whether it is on"),
            Column("FLOW_TYPE", TEXT, "flowType", "WORKFLOW or another"),
            Column("OBJECT_TYPE_ID", TEXT, "objectTypeId", "What it enrols, 0-1 for contacts"),
            Column("REVISION_ID", TEXT, "revisionId", "Its revision"),
            *DATES,
        ),
    ),
    _MARKETING_EVENTS,
    ItemStream(
        "marketing_event_participations",
        references=(
            ("MARKETING_EVENT_ID", "marketing_events"),
            ("CONTACT_ID", "contacts"),
        ),
        scopes=("crm.objects.marketing_events.read",),
        parents=PerParent(_MARKETING_EVENTS, key="objectId"),
        path=f"{MARKETING_EVENTS}/participations/{{objectId}}/breakdown",
        paging=AfterPaging(100),
        missing_kind="PURGED",
        key=("MARKETING_EVENT_ID", "ID"),
        columns=(
            Column("MARKETING_EVENT_ID", TEXT, "@objectId", "The marketing event"),
            ID,
            Column("CONTACT_ID", TEXT, "associations.contact.contactId", "Who took part"),
            Column("EMAIL", TEXT, "associations.contact.email", "That contact's address"),
            Column(
                "STATE",
                TEXT,
                "properties.attendanceState",
                "REGISTERED, ATTENDED, CANCELLED, NO_SHOW, …",
            ),
            Column("OCCURRED_AT", TIMESTAMP, "properties.occurredAt", "When that was, UTC"),
            Column(
                "SECONDS_ATTENDED",
                NUMBER,
                "properties.attendanceDurationSeconds",
                "How long the contact was there",
            ),
            CREATED_AT,
        ),
    ),
)
