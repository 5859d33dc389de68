"""Marketing e-mails, their sendings, and who wants to get them. No logic."""

from __future__ import annotations

from hubspot_ingest.catalog.stream import Paging, Reader, Stream
from hubspot_ingest.database.columns import Column, Type
from hubspot_ingest.hubspot.requests import EMAIL, MARKETING_EMAILS, OBJECTS, SUBSCRIPTIONS

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

_COUNTERS = (
    *("sent", "delivered", "open", "click", "bounce", "dropped"),
    *("unsubscribed", "spamreport", "suppressed"),
)

MAIL: tuple[Stream, ...] = (
    Stream(
        "marketing_emails",
        refers=(
            ("CAMPAIGN_ID", "campaigns"),
            ("EMAIL_CAMPAIGN_ID", "email_campaigns"),
        ),
        reader=Reader.PAGES,
        scopes=("content",),
        tier="Marketing Hub Starter",
        path=MARKETING_EMAILS,
        paging=Paging.AFTER,
        page_size=100,
        # with statistics HubSpot leaves e-mails out: those are read without
        variants=(
            (("includeStats", "true"), ("archived", "false")),
            (("includeStats", "false"), ("archived", "false")),
            (("includeStats", "false"), ("archived", "true")),
        ),
        deleted="archived",
        deleted_at="deletedAt|updatedAt",
        gone="PURGED",
        columns=(
            _ID,
            _NAME,
            Column("SUBJECT", _T, "subject", "Its subject line"),
            Column("STATE", _T, "state", "DRAFT, PUBLISHED, SCHEDULED, …"),
            Column("TYPE", _T, "type", "BATCH_EMAIL, AUTOMATED_EMAIL, …"),
            Column("SUBCATEGORY", _T, "subcategory", "What kind of its type"),
            Column("LANGUAGE", _T, "language", "Its language"),
            Column("CAMPAIGN_ID", _T, "campaign", "The campaign it belongs to"),
            Column(
                "EMAIL_CAMPAIGN_ID",
                _T,
                "primaryEmailCampaignId",
                "Its sending: where email_events and email_campaigns tell more",
            ),
            Column("FROM_NAME", _T, "from.fromName", "The sender people see"),
            Column("REPLY_TO", _T, "from.replyTo", "Where answers go"),
            Column("CREATED_BY_ID", _T, "createdById", "The user who made it"),
            Column("UPDATED_BY_ID", _T, "updatedById", "The user who changed it last"),
            Column("PUBLISHED_AT", _AT, "publishDate|publishedAt", "When it was published, UTC"),
            *(
                Column(f"STATISTICS_{one.upper()}", _N, f"stats.counters.{one}", f"Count of {one}")
                for one in _COUNTERS
            ),
            Column("STATISTICS", _V, "stats", "All statistics, NULL where HubSpot gives none"),
            _ARCHIVED,
            _CREATED,
            _UPDATED,
        ),
    ),
    Stream(
        "email_campaigns",
        refers=(("CONTENT_ID", "marketing_emails"),),
        reader=Reader.CHILDREN,
        label="E-mail campaigns (one for each sending of an e-mail)",
        scopes=("content",),
        tier="Marketing Hub Starter",
        parents=Stream(
            "email_campaign_ids",
            reader=Reader.PAGES,
            path=f"{EMAIL}/campaigns",
            paging=Paging.OFFSET,
            page_size=500,
            items="campaigns",
        ),
        parent_updated="lastUpdatedTime",
        path=f"{EMAIL}/campaigns/{{id}}",
        query=(("appId", "{appId}"),),
        items="",
        columns=(
            _ID,
            Column("APP_ID", _T, "appId", "The part of HubSpot that sent it"),
            Column("APP_NAME", _T, "appName", "That part's name"),
            Column("NAME", _T, "name", "Its name"),
            Column("SUBJECT", _T, "subject", "The subject line sent"),
            Column("TYPE", _T, "type", "BATCH_EMAIL, AUTOMATED_EMAIL, …"),
            Column("CONTENT_ID", _T, "contentId", "The marketing e-mail"),
            Column("PROCESSING_STATE", _T, "processingState", "How far the sending has come"),
            Column("NUM_INCLUDED", _N, "numIncluded", "How many it went to"),
            Column("NUM_QUEUED", _N, "numQueued", "How many are waiting"),
            *(
                Column(f"COUNTERS_{one.upper()}", _N, f"counters.{one}", f"Count of {one}")
                for one in ("sent", "delivered", "open", "click", "bounce", "dropped")
            ),
            Column("COUNTERS", _V, "counters", "All counters"),
            Column(
                "LAST_PROCESSING_FINISHED_AT",
                _AT,
                "lastProcessingFinishedAt",
                "When sending ended, UTC",
            ),
            Column("UPDATED_AT", _AT, "@lastUpdatedTime", "When it was last changed, UTC"),
        ),
    ),
    Stream(
        "subscription_definitions",
        reader=Reader.SINGLE,
        label="Subscription types",
        scopes=("communication_preferences.read",),
        path=f"{SUBSCRIPTIONS}/definitions",
        items="results|subscriptionDefinitions",
        gone="PURGED",
        columns=(
            _ID,
            _NAME,
            Column("DESCRIPTION", _T, "description", "What subscribers are told"),
            Column("PURPOSE", _T, "purpose", "Why it is sent: Marketing, Sales, …"),
            Column("COMMUNICATION_METHOD", _T, "communicationMethod", "Email, Call, …"),
            Column("BUSINESS_UNIT_ID", _T, "businessUnitId", "The business unit"),
            Column("IS_ACTIVE", _B, "isActive", "Whether it is in use"),
            Column("IS_DEFAULT", _B, "isDefault", "Whether HubSpot made it"),
            Column("IS_INTERNAL", _B, "isInternal", "Whether subscribers do not see it"),
            _CREATED,
            _UPDATED,
        ),
    ),
    Stream(
        "subscription_statuses",
        refers=(("SUBSCRIPTION_ID", "subscription_definitions"),),
        reader=Reader.CHILDREN,
        label="Subscription statuses of contacts",
        scopes=("communication_preferences.statuses.batch.read",),
        tier="Marketing Hub Enterprise",
        parents=Stream(
            "contact_addresses",
            reader=Reader.PAGES,
            path=f"{OBJECTS}/contacts",
            query=(("properties", "email"),),
            paging=Paging.AFTER,
            page_size=100,
        ),
        parent_key="properties.email",
        batch=100,
        path=f"{SUBSCRIPTIONS}/statuses/batch/read",
        query=(("channel", "EMAIL"),),
        asks_name="inputs",
        items="results.statuses",
        key=("EMAIL", "SUBSCRIPTION_ID"),
        # of who never chose, HubSpot says that it was set just now
        compared=("STATUS", "SOURCE", "LEGAL_BASIS"),
        columns=(
            Column("EMAIL", _T, "@subscriberIdString|subscriberIdString", "The contact's address"),
            Column("SUBSCRIPTION_ID", _T, "subscriptionId", "The subscription type"),
            Column("SUBSCRIPTION_NAME", _T, "subscriptionName", "That type's name"),
            Column("STATUS", _T, "status", "SUBSCRIBED, UNSUBSCRIBED or NOT_SPECIFIED"),
            Column("SOURCE", _T, "source", "What set it"),
            Column("LEGAL_BASIS", _T, "legalBasis", "Why it may be sent"),
            Column("SET_AT", _AT, "timestamp", "When it was set, UTC"),
        ),
    ),
)
