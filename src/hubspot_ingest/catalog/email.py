"""Marketing e-mails, their sendings, and who wants to get them. No logic."""

from __future__ import annotations

from hubspot_ingest.catalog.columns import (
    ARCHIVED,
    BOOLEAN,
    DATES,
    ID,
    NAME,
    NUMBER,
    TEXT,
    TIMESTAMP,
    VARIANT,
)
from hubspot_ingest.catalog.stream import (
    AfterPaging,
    ItemStream,
    OffsetPaging,
    ParentKeys,
    PerParent,
)
from hubspot_ingest.database.columns import Column
from hubspot_ingest.hubspot.requests import EMAIL, MARKETING_EMAILS, OBJECTS, SUBSCRIPTIONS

_COUNTERS = (
    *("sent", "delivered", "open", "click", "bounce", "dropped"),
    *("unsubscribed", "spamreport", "suppressed"),
)

EMAIL_STREAMS: tuple[ItemStream, ...] = (
    ItemStream(
        "marketing_emails",
        references=(
            ("CAMPAIGN_ID", "campaigns"),
            ("EMAIL_CAMPAIGN_ID", "email_campaigns"),
        ),
        scopes=("content",),
        tier="Marketing Hub Starter",
        path=MARKETING_EMAILS,
        paging=AfterPaging(100),
        # with statistics HubSpot leaves e-mails out: those are read without
        variants=(
            (("includeStats", "true"), ("archived", "false")),
            (("includeStats", "false"), ("archived", "false")),
            (("includeStats", "true"), ("archived", "true")),
            (("includeStats", "false"), ("archived", "true")),
        ),
        # one that is left out this time has not lost them
        lasting=("STATISTICS", *(f"STATISTICS_{counter.upper()}" for counter in _COUNTERS)),
        deleted="archived",
        deleted_at="deletedAt|updatedAt",
        missing_kind="PURGED",
        columns=(
            ID,
            NAME,
            Column("SUBJECT", TEXT, "subject", "Its subject line"),
            Column("STATE", TEXT, "state", "DRAFT, PUBLISHED, SCHEDULED, …"),
            Column("TYPE", TEXT, "type", "BATCH_EMAIL, AUTOMATED_EMAIL, …"),
            Column("SUBCATEGORY", TEXT, "subcategory", "What kind of its type"),
            Column("LANGUAGE", TEXT, "language", "Its language"),
            Column("CAMPAIGN_ID", TEXT, "campaign", "The campaign it belongs to"),
            Column(
                "EMAIL_CAMPAIGN_ID",
                TEXT,
                "primaryEmailCampaignId",
                "Its sending: where email_events and email_campaigns tell more",
            ),
            Column("FROM_NAME", TEXT, "from.fromName", "The sender people see"),
            Column("REPLY_TO", TEXT, "from.replyTo", "Where answers go"),
            Column("CREATED_BY_ID", TEXT, "createdById", "The user who made it"),
            Column("UPDATED_BY_ID", TEXT, "updatedById", "The user who changed it last"),
            Column("PUBLISHED_AT", TIMESTAMP, "publishedAt", "When it was published, UTC"),
            Column(
                "PUBLISH_DATE",
                TIMESTAMP,
                "publishDate",
                "When it was, or a draft is, meant to be sent, UTC",
            ),
            *(
                Column(
                    f"STATISTICS_{counter.upper()}",
                    NUMBER,
                    f"stats.counters.{counter}",
                    f"Count of {counter}",
                )
                for counter in _COUNTERS
            ),
            Column("STATISTICS", VARIANT, "stats", "All statistics, NULL where HubSpot gives none"),
            ARCHIVED,
            *DATES,
        ),
    ),
    ItemStream(
        "email_campaigns",
        references=(("CONTENT_ID", "marketing_emails"),),
        label="E-mail campaigns (one for each sending of an e-mail)",
        scopes=("content",),
        tier="Marketing Hub Starter",
        parents=PerParent(
            # all of them, in no order, without the time of their last change
            ItemStream(
                "email_campaign_ids",
                path=f"{EMAIL}/campaigns/by-id",
                paging=OffsetPaging(500),
                items="campaigns",
            ),
            updated="lastUpdatedTime",
            # those with activity lately, with that time
            recent=ItemStream(
                "recent_email_campaigns",
                path=f"{EMAIL}/campaigns",
                paging=OffsetPaging(500),
                items="campaigns",
            ),
        ),
        path=f"{EMAIL}/campaigns/{{id}}",
        query=(("appId", "{appId}"),),
        items="",
        columns=(
            ID,
            Column("APP_ID", TEXT, "appId", "The part of HubSpot that sent it"),
            Column("APP_NAME", TEXT, "appName", "That part's name"),
            Column("NAME", TEXT, "name", "Its name"),
            Column("SUBJECT", TEXT, "subject", "The subject line sent"),
            Column("TYPE", TEXT, "type", "BATCH_EMAIL, AUTOMATED_EMAIL, …"),
            Column("CONTENT_ID", TEXT, "contentId", "The marketing e-mail"),
            Column("PROCESSING_STATE", TEXT, "processingState", "How far the sending has come"),
            Column("NUM_INCLUDED", NUMBER, "numIncluded", "How many it went to"),
            Column("NUM_QUEUED", NUMBER, "numQueued", "How many are waiting"),
            *(
                Column(
                    f"COUNTERS_{counter.upper()}",
                    NUMBER,
                    f"counters.{counter}",
                    f"Count of {counter}",
                )
                for counter in ("sent", "delivered", "open", "click", "bounce", "dropped")
            ),
            Column("COUNTERS", VARIANT, "counters", "All counters"),
            Column(
                "LAST_PROCESSING_FINISHED_AT",
                TIMESTAMP,
                "lastProcessingFinishedAt",
                "When sending ended, UTC",
            ),
            Column("UPDATED_AT", TIMESTAMP, "@lastUpdatedTime", "When it was last changed, UTC"),
        ),
    ),
    ItemStream(
        "subscription_definitions",
        label="Subscription types",
        scopes=("communication_preferences.read",),
        path=f"{SUBSCRIPTIONS}/definitions",
        items="results|subscriptionDefinitions",
        missing_kind="PURGED",
        columns=(
            ID,
            NAME,
            Column("DESCRIPTION", TEXT, "description", "What subscribers are told"),
            Column("PURPOSE", TEXT, "purpose", "Why it is sent: Marketing, Sales, …"),
            Column("COMMUNICATION_METHOD", TEXT, "communicationMethod", "Email, Call, …"),
            Column("BUSINESS_UNIT_ID", TEXT, "businessUnitId", "The business unit"),
            Column("IS_ACTIVE", BOOLEAN, "isActive", "Whether it is in use"),
            Column("IS_DEFAULT", BOOLEAN, "isDefault", "Whether HubSpot made it"),
            Column("IS_INTERNAL", BOOLEAN, "isInternal", "Whether subscribers do not see it"),
            *DATES,
        ),
    ),
    ItemStream(
        "subscription_statuses",
        references=(("SUBSCRIPTION_ID", "subscription_definitions"),),
        label="Subscription statuses of contacts",
        scopes=("communication_preferences.statuses.batch.read",),
        tier="Marketing Hub Enterprise",
        parents=PerParent(
            ItemStream(
                "contact_addresses",
                path=f"{OBJECTS}/contacts",
                query=(("properties", "email"),),
                paging=AfterPaging(100),
            ),
            key="properties.email",
        ),
        path=f"{SUBSCRIPTIONS}/statuses/batch/read",
        query=(("channel", "EMAIL"),),
        body=ParentKeys("inputs", 100),
        items="results.statuses",
        key=("EMAIL", "SUBSCRIPTION_ID"),
        # of who never chose, HubSpot says that it was set just now
        compared=("STATUS", "SOURCE", "LEGAL_BASIS"),
        columns=(
            Column(
                "EMAIL", TEXT, "@subscriberIdString|subscriberIdString", "The contact's address"
            ),
            Column("SUBSCRIPTION_ID", TEXT, "subscriptionId", "The subscription type"),
            Column("STATUS", TEXT, "status", "SUBSCRIBED, UNSUBSCRIBED or NOT_SPECIFIED"),
            Column("SOURCE", TEXT, "source", "What set it"),
            Column("LEGAL_BASIS", TEXT, "legalBasis", "Why it may be sent"),
            Column("SET_AT", TIMESTAMP, "timestamp", "When it was set, UTC"),
        ),
    ),
)
