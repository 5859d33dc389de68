"""Lists, forms, campaigns, workflows, marketing events. No logic."""

from __future__ import annotations

from hubspot_ingest.catalog.stream import Paging, Query, Reader, Stream
from hubspot_ingest.database.columns import Column, Type
from hubspot_ingest.hubspot.requests import (
    CAMPAIGNS,
    FORMS,
    LISTS,
    MARKETING_EVENTS,
    SUBMISSIONS,
    WORKFLOWS,
)

_T, _AT, _B, _N, _V, _A = (
    Type.TEXT,
    Type.TIMESTAMP,
    Type.BOOLEAN,
    Type.NUMBER,
    Type.VARIANT,
    Type.ARRAY,
)
_ID = Column("ID", _T, "id", "HubSpot's id")
_NAME = Column("NAME", _T, "name", "Its name")
_CREATED = Column("CREATED_AT", _AT, "createdAt", "When it was made in HubSpot, UTC")
_UPDATED = Column("UPDATED_AT", _AT, "updatedAt", "When it was last changed in HubSpot, UTC")
_ARCHIVED = Column("ARCHIVED", _B, "archived", "Whether it was archived in HubSpot")
_WITH_ARCHIVED: tuple[Query, ...] = ((("archived", "false"),), (("archived", "true"),))

_LISTS = Stream(
    "lists",
    reader=Reader.PAGES,
    scopes=("crm.lists.read",),
    path=f"{LISTS}/search",
    asks=(
        *("hs_list_size", "hs_list_reference_count", "hs_lastmodifieddate"),
        *("hs_list_size_week_delta", "hs_last_record_added_at"),
    ),
    asks_name="additionalProperties",
    paging=Paging.OFFSET,
    page_size=500,
    size_name="count",
    items="lists",
    deleted="deletedAt",
    deleted_at="deletedAt",
    gone="PURGED",
    columns=(
        Column("ID", _T, "listId", "HubSpot's id of the list"),
        _NAME,
        Column("OBJECT_TYPE_ID", _T, "objectTypeId", "What it is a list of, 0-1 for contacts"),
        Column("PROCESSING_TYPE", _T, "processingType", "MANUAL, DYNAMIC or SNAPSHOT"),
        Column("PROCESSING_STATUS", _T, "processingStatus", "Whether HubSpot is done filling it"),
        Column("SIZE", _N, "additionalProperties.hs_list_size", "How many records are in it"),
        Column("LIST_VERSION", _N, "listVersion", "How often its definition was changed"),
        Column("CREATED_BY_ID", _T, "createdById", "The user who made it"),
        Column("UPDATED_BY_ID", _T, "updatedById", "The user who changed it last"),
        Column("FILTERS_UPDATED_AT", _AT, "filtersUpdatedAt", "When its filters changed, UTC"),
        _CREATED,
        _UPDATED,
    ),
)

_FORMS = Stream(
    "forms",
    reader=Reader.PAGES,
    scopes=("forms",),
    path=FORMS,
    query=(("formTypes", "all"),),
    paging=Paging.AFTER,
    page_size=100,
    variants=_WITH_ARCHIVED,
    deleted="archived",
    deleted_at="archivedAt",
    gone="PURGED",
    columns=(
        _ID,
        _NAME,
        Column("FORM_TYPE", _T, "formType", "hubspot, captured, flow or blog_comment"),
        Column("FIELD_GROUPS", _A, "fieldGroups", "The form's fields"),
        Column("CONFIGURATION", _V, "configuration", "What happens after a submission"),
        Column("DISPLAY_OPTIONS", _V, "displayOptions", "How it looks"),
        Column("LEGAL_CONSENT_OPTIONS", _V, "legalConsentOptions", "What it asks consent for"),
        _ARCHIVED,
        _CREATED,
        _UPDATED,
    ),
)

_MARKETING_EVENTS = Stream(
    "marketing_events",
    reader=Reader.PAGES,
    scopes=("crm.objects.marketing_events.read",),
    path=MARKETING_EVENTS,
    paging=Paging.AFTER,
    page_size=100,
    gone="PURGED",
    columns=(
        Column("ID", _T, "objectId", "HubSpot's id"),
        Column("EXTERNAL_EVENT_ID", _T, "externalEventId", "Id in the app it came from"),
        Column("NAME", _T, "eventName", "Its name"),
        Column("TYPE", _T, "eventType", "Webinar, conference, …"),
        Column("STATUS", _T, "eventStatus", "UPCOMING, ONGOING, PAST, CANCELLED"),
        Column("ORGANIZER", _T, "eventOrganizer", "Who holds it"),
        Column("DESCRIPTION", _T, "eventDescription", "What it is"),
        Column("URL", _T, "eventUrl", "Its page"),
        Column("START_AT", _AT, "startDateTime", "When it begins, UTC"),
        Column("END_AT", _AT, "endDateTime", "When it ends, UTC"),
        Column("CANCELLED", _B, "eventCancelled", "Whether it was called off"),
        Column("COMPLETED", _B, "eventCompleted", "Whether it is over"),
        *(
            Column(name.upper(), _N, told, f"Count of {name.replace('_', ' ')}")
            for name, told in (
                ("registrants", "registrants"),
                ("attendees", "attendees"),
                ("cancellations", "cancellations"),
                ("no_shows", "noShows"),
            )
        ),
        _CREATED,
        _UPDATED,
    ),
)

MARKETING: tuple[Stream, ...] = (
    _LISTS,
    Stream(
        "list_memberships",
        refers=(
            ("LIST_ID", "lists"),
            ("RECORD_ID", "contacts"),
        ),
        reader=Reader.CHILDREN,
        scopes=("crm.lists.read",),
        parents=_LISTS,
        parent_key="listId",
        path=f"{LISTS}/{{listId}}/memberships/join-order",
        paging=Paging.AFTER,
        page_size=250,
        newest="membershipTimestamp",
        key=("LIST_ID", "RECORD_ID"),
        gone="REMOVED",
        columns=(
            Column("LIST_ID", _T, "@listId", "The list"),
            Column("RECORD_ID", _T, "recordId", "The record in it"),
            Column("OBJECT_TYPE_ID", _T, "@objectTypeId", "What kind of record that is"),
            Column("JOINED_AT", _AT, "membershipTimestamp", "When it came into the list, UTC"),
        ),
    ),
    _FORMS,
    Stream(
        "form_submissions",
        refers=(("FORM_ID", "forms"),),
        reader=Reader.CHILDREN,
        scopes=("forms",),
        parents=_FORMS,
        barren=(("formType", "blog_comment"),),
        path=f"{SUBMISSIONS}/{{id}}",
        paging=Paging.AFTER,
        page_size=50,
        newest="submittedAt",
        key=("FORM_ID", "ID"),
        columns=(
            Column("FORM_ID", _T, "@id", "The form"),
            Column("ID", _T, "conversionId|#", "HubSpot's id, or a fingerprint where it has none"),
            Column("SUBMITTED_AT", _AT, "submittedAt", "When it was sent, UTC"),
            Column("PAGE_URL", _T, "pageUrl", "The page the form stood on"),
            Column("VALUES_GIVEN", _A, "values", "What was filled in: name, value, objectTypeId"),
        ),
    ),
    Stream(
        "campaigns",
        refers=(("OWNER_ID", "owners"),),
        reader=Reader.NEWEST,
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
        newest="updatedAt",
        paging=Paging.AFTER,
        page_size=100,
        gone="PURGED",
        columns=(
            _ID,
            Column("NAME", _T, "properties.hs_name", "Its name"),
            Column("STATUS", _T, "properties.hs_campaign_status", "planned, in_progress, …"),
            Column("START_DATE", Type.DATE, "properties.hs_start_date", "When it begins"),
            Column("END_DATE", Type.DATE, "properties.hs_end_date", "When it ends"),
            Column("GOAL", _T, "properties.hs_goal", "What it is for"),
            Column("AUDIENCE", _T, "properties.hs_audience", "Whom it is for"),
            Column("NOTES", _T, "properties.hs_notes", "Notes"),
            Column("UTM", _T, "properties.hs_utm", "The utm_campaign value of its links"),
            Column("OWNER_ID", _T, "properties.hs_owner", "The owner"),
            Column("CURRENCY_CODE", _T, "properties.hs_currency_code", "Of budget and spend"),
            Column("BUDGET", _N, "properties.hs_budget_items_sum_amount", "Sum of budget items"),
            Column("SPEND", _N, "properties.hs_spend_items_sum_amount", "Sum of spend items"),
            _CREATED,
            _UPDATED,
        ),
    ),
    Stream(
        "workflows",
        reader=Reader.PAGES,
        scopes=("automation",),
        tier="Professional",
        path=WORKFLOWS,
        paging=Paging.AFTER,
        page_size=100,
        gone="PURGED",
        columns=(
            _ID,
            _NAME,
            Column("IS_ENABLED", _B, "isEnabled", "Whether it is on"),
            Column("FLOW_TYPE", _T, "flowType", "WORKFLOW or another"),
            Column("OBJECT_TYPE_ID", _T, "objectTypeId", "What it enrols, 0-1 for contacts"),
            Column("REVISION_ID", _T, "revisionId", "Its revision"),
            _CREATED,
            _UPDATED,
        ),
    ),
    _MARKETING_EVENTS,
    Stream(
        "marketing_event_participations",
        refers=(
            ("MARKETING_EVENT_ID", "marketing_events"),
            ("CONTACT_ID", "contacts"),
        ),
        reader=Reader.CHILDREN,
        scopes=("crm.objects.marketing_events.read",),
        parents=_MARKETING_EVENTS,
        parent_key="objectId",
        path=f"{MARKETING_EVENTS}/participations/{{objectId}}/breakdown",
        paging=Paging.AFTER,
        page_size=100,
        gone="PURGED",
        key=("MARKETING_EVENT_ID", "ID"),
        columns=(
            Column("MARKETING_EVENT_ID", _T, "@objectId", "The marketing event"),
            _ID,
            Column("CONTACT_ID", _T, "associations.contact.contactId", "Who took part"),
            Column("EMAIL", _T, "associations.contact.email", "That contact's address"),
            Column(
                "STATE",
                _T,
                "properties.attendanceState",
                "REGISTERED, ATTENDED, CANCELLED, NO_SHOW, …",
            ),
            Column("OCCURRED_AT", _AT, "properties.occurredAt", "When that was, UTC"),
            Column(
                "SECONDS_ATTENDED",
                _N,
                "properties.attendanceDurationSeconds",
                "How long the contact was there",
            ),
            _CREATED,
        ),
    ),
)
