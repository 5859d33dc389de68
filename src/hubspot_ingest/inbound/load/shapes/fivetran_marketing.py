"""Fivetran's views of lists, forms, e-mails and marketing events. No logic."""

from __future__ import annotations

from hubspot_ingest.inbound.load.shapes.fivetran_columns import (
    BOOLEAN,
    CREATED_AND_UPDATED,
    DELETED,
    FLOAT,
    ID,
    INSTANT,
    NUMBER,
    PORTAL,
    SYNCED,
    TEXT,
    VARIANT,
    gaps,
    instant_of,
    landed,
    raw,
    renamed,
    sql,
)
from hubspot_ingest.inbound.load.shapes.view_spec import Landed, Source, Sql, ViewColumn, ViewSpec

_NOT_IN_V3 = "HubSpot's forms API of today has no such field"

_LISTS = tuple(
    view
    for object_, type_id in (("CONTACT", "0-1"), ("COMPANY", "0-2"))
    for view in (
        ViewSpec(
            f"{object_}_LIST",
            ("ID",),
            (Source("lists", where=f"t.\"OBJECT_TYPE_ID\" = '{type_id}'"),),
            (
                ID,
                *landed(TEXT, "NAME", "OBJECT_TYPE_ID", "PROCESSING_TYPE", "PROCESSING_STATUS"),
                *landed(NUMBER, "LIST_VERSION", "CREATED_BY_ID"),
                *CREATED_AND_UPDATED,
                *landed(INSTANT, "FILTERS_UPDATED_AT"),
                *sql(BOOLEAN, DYNAMIC="t.\"PROCESSING_TYPE\" = 'DYNAMIC'"),
                *renamed(NUMBER, METADATA_SIZE="SIZE"),
                PORTAL,
                DELETED,
                SYNCED,
            ),
        ),
        ViewSpec(
            f"{object_}_LIST_MEMBER",
            (f"{object_}_LIST_ID", f"{object_}_ID"),
            (Source("list_memberships", where=f"t.\"OBJECT_TYPE_ID\" = '{type_id}'"),),
            (
                ViewColumn(f"{object_}_LIST_ID", NUMBER, Landed("LIST_ID")),
                ViewColumn(f"{object_}_ID", NUMBER, Landed("RECORD_ID")),
                *renamed(INSTANT, ADDED_AT="JOINED_AT"),
                DELETED,
                SYNCED,
            ),
        ),
    )
)

# -- forms ---------------------------------------------------------------------------------------

_GIVEN_EMAIL = (
    'LEFT JOIN (SELECT s."FORM_ID" AS FORM, s."ID" AS SUBMISSION, '
    "MAX(LOWER(TRIM(v.VALUE:value::VARCHAR))) AS EMAIL FROM {form_submissions} s, "
    "LATERAL FLATTEN(INPUT => s.\"VALUES_GIVEN\") v WHERE v.VALUE:name::VARCHAR = 'email' "
    'GROUP BY s."FORM_ID", s."ID") e ON e.FORM = t."FORM_ID" AND e.SUBMISSION = t."ID"'
)
_LIVE_CONTACT = (
    'JOIN (SELECT LOWER({property:contacts:email}) AS EMAIL, MIN(TRY_TO_NUMBER("ID")) AS ID '
    'FROM {contacts} WHERE "_DELETE_KIND" IS NULL GROUP BY LOWER({property:contacts:email})) c '
    "ON c.EMAIL = e.EMAIL"
)
_FORM_OF = 'LEFT JOIN {forms} o ON o."ID" = '
# form::conversion::milliseconds, of every submission that HubSpot counts to the contact; Snowflake
# takes no FLATTEN on the left of a join
_COUNTED = (
    'JOIN (SELECT c."ID" AS RECORD, v.VALUE::VARCHAR AS SUBMITTED FROM {contacts} c, LATERAL '
    "FLATTEN(INPUT => SPLIT({property:contacts:hs_calculated_form_submissions}, ';')) v) f "
    'ON f.RECORD = t."ID"'
)
# a submission that HubSpot counts to somebody is not looked up by the address given
_COUNTED_ELSEWHERE = (
    "LEFT JOIN (SELECT DISTINCT SPLIT_PART(v.VALUE::VARCHAR, '::', 2) AS CONVERSION "
    "FROM {contacts} c, LATERAL "
    "FLATTEN(INPUT => SPLIT({property:contacts:hs_calculated_form_submissions}, ';')) v "
    'WHERE c."_DELETE_KIND" IS DISTINCT FROM \'MERGED\') k ON k.CONVERSION = t."ID"'
)
_PART = "SPLIT_PART(f.SUBMITTED, '::', {n})"
_FORM, _CONVERSION, _AT = (_PART.replace("{n}", str(n)) for n in (1, 2, 3))

_FORMS = (
    ViewSpec(
        "FORM",
        ("GUID",),
        (Source("forms"),),
        (
            *renamed(TEXT, GUID="ID"),
            *landed(TEXT, "NAME", "FORM_TYPE"),
            *raw(
                TEXT,
                CSS_CLASS="displayOptions.cssClass",
                SUBMIT_TEXT="displayOptions.submitButtonText",
                NOTIFY_RECIPIENTS="configuration.notifyRecipients",
            ),
            *sql(
                TEXT,
                REDIRECT='IFF(t."RAW":configuration.postSubmitAction.type::VARCHAR = '
                "'redirect_url', t.\"RAW\":configuration.postSubmitAction.value::VARCHAR, NULL)",
            ),
            *gaps(
                TEXT,
                _NOT_IN_V3,
                *("ACTION", "METHOD", "FOLLOW_UP_ID", "LEAD_NURTURING_CAMPAIGN_ID"),
            ),
            PORTAL,
            *CREATED_AND_UPDATED,
            DELETED,
            SYNCED,
        ),
    ),
    ViewSpec(
        "CONTACT_FORM_SUBMISSION",
        ("CONTACT_ID", "CONVERSION_ID"),
        (
            Source(
                "contacts",
                join=f"{_COUNTED} LEFT JOIN {{form_submissions}} s "
                f'ON s."FORM_ID" = {_FORM} AND s."ID" = {_CONVERSION} {_FORM_OF}{_FORM}',
                where=f"t.\"_DELETE_KIND\" IS NULL AND {_CONVERSION} <> ''",
                values={
                    "CONTACT_ID": Landed("ID"),
                    "CONVERSION_ID": Sql(_CONVERSION),
                    "FORM_ID": Sql(_FORM),
                    "TIMESTAMP": Sql(instant_of(f"TRY_TO_NUMBER({_AT})")),
                    "PAGE_URL": Sql('s."PAGE_URL"'),
                },
            ),
            Source(
                "form_submissions",
                join=f'{_GIVEN_EMAIL} {_LIVE_CONTACT} {_COUNTED_ELSEWHERE} {_FORM_OF}t."FORM_ID"',
                where="k.CONVERSION IS NULL",
                values={
                    "CONTACT_ID": Sql("c.ID"),
                    "CONVERSION_ID": Landed("ID"),
                    "TIMESTAMP": Landed("SUBMITTED_AT"),
                },
            ),
        ),
        (
            *landed(NUMBER, "CONTACT_ID"),
            *landed(TEXT, "CONVERSION_ID", "FORM_ID"),
            *landed(INSTANT, "TIMESTAMP"),
            *landed(TEXT, "PAGE_URL"),
            *sql(TEXT, TITLE='o."NAME"'),
            PORTAL,
            *gaps(TEXT, "HubSpot does not tell it of a submission", "PAGE_ID"),
            SYNCED,
        ),
        unique=True,
    ),
    ViewSpec(
        "SUBMISSION_RESPONSE",
        ("CONVERSION_ID", "FORM_ID", "FIELD_NAME", "FIELD_VALUE"),
        (Source("form_submissions", join=', LATERAL FLATTEN(INPUT => t."VALUES_GIVEN") f'),),
        (
            *renamed(TEXT, CONVERSION_ID="ID"),
            *landed(TEXT, "FORM_ID"),
            *sql(
                TEXT,
                FIELD_NAME="f.VALUE:name::VARCHAR",
                FIELD_VALUE="f.VALUE:value::VARCHAR",
                OBJECT_TYPE_ID="f.VALUE:objectTypeId::VARCHAR",
            ),
            *sql(NUMBER, SUBMITTED_AT="DATE_PART('epoch_millisecond', t.\"SUBMITTED_AT\")"),
            *landed(TEXT, "PAGE_URL"),
            SYNCED,
        ),
    ),
)

# -- e-mail --------------------------------------------------------------------------------------

_CREATED = "DATE_PART('epoch_millisecond', t.\"CREATED_AT\")"
_SENT_AT = "DATE_PART('epoch_millisecond', t.\"SENT_BY_CREATED_AT\")"
_BROWSER = (
    *raw(VARIANT, BROWSER="browser", LOCATION="location"),
    *raw(TEXT, IP_ADDRESS="ipAddress", USER_AGENT="userAgent"),
)
_MESSAGE = (
    *raw(TEXT, FROM="from", SUBJECT="subject"),
    *raw(VARIANT, REPLY_TO="replyTo", CC="cc", BCC="bcc"),
)
# what an event of a type has beside its id; HubSpot's name of the type is without the underscores
_EVENTS = {
    "BOUNCE": raw(TEXT, CATEGORY="category", RESPONSE="response", STATUS="status"),
    "CLICK": (*_BROWSER, *raw(TEXT, URL="url", REFERER="referer")),
    "DEFERRED": (*raw(NUMBER, ATTEMPT="attempt"), *raw(TEXT, RESPONSE="response")),
    "DELIVERED": raw(TEXT, RESPONSE="response", SMTP_ID="smtpId"),
    "DROPPED": (*_MESSAGE, *raw(TEXT, DROP_REASON="dropReason", DROP_MESSAGE="dropMessage")),
    "FORWARD": _BROWSER,
    "OPEN": (*_BROWSER, *raw(NUMBER, DURATION="duration")),
    "PRINT": _BROWSER,
    "SENT": _MESSAGE,
    "SPAM_REPORT": raw(TEXT, IP_ADDRESS="ipAddress", USER_AGENT="userAgent"),
    "STATUS_CHANGE": (
        *raw(
            TEXT,
            PORTAL_SUBSCRIPTION_STATUS="portalSubscriptionStatus",
            REQUESTED_BY="requestedBy",
            SOURCE="source",
        ),
        *raw(BOOLEAN, BOUNCED="bounced"),
        *raw(VARIANT, SUBSCRIPTIONS="subscriptions"),
    ),
    "SUPPRESSED": (*_MESSAGE, *landed(NUMBER, "EMAIL_CAMPAIGN_GROUP_ID")),
}

_EMAILS = (
    ViewSpec(
        "EMAIL_CAMPAIGN",
        ("ID",),
        (Source("email_campaigns"),),
        (
            ID,
            *landed(NUMBER, "APP_ID", "CONTENT_ID", "NUM_INCLUDED", "NUM_QUEUED"),
            *landed(TEXT, "APP_NAME", "NAME", "SUBJECT", "TYPE"),
            *raw(TEXT, SUB_TYPE="subType"),
            PORTAL,
            SYNCED,
        ),
    ),
    ViewSpec(
        "EMAIL_EVENT",
        ("ID",),
        (Source("email_events"),),
        (
            *landed(TEXT, "ID", "TYPE", "RECIPIENT"),
            # 0 as HubSpot sends it, of an event without a sending
            *raw(NUMBER, APP_ID="appId", EMAIL_CAMPAIGN_ID="emailCampaignId"),
            PORTAL,
            *raw(BOOLEAN, FILTERED_EVENT="filteredEvent"),
            *renamed(INSTANT, CREATED="CREATED_AT"),
            # what follows a sending is found by the id of its SENT event, which names itself here
            *sql(TEXT, SENT_BY_ID='IFF(t."TYPE" = \'SENT\', t."ID", t."SENT_BY_ID")'),
            *sql(
                INSTANT,
                SENT_BY_CREATED=instant_of(f"IFF(t.\"TYPE\" = 'SENT', {_CREATED}, {_SENT_AT})"),
            ),
            *raw(TEXT, CAUSED_BY_ID="causedBy.id", OBSOLETED_BY_ID="obsoletedBy.id"),
            *raw(
                INSTANT,
                CAUSED_BY_CREATED="causedBy.created",
                OBSOLETED_BY_CREATED="obsoletedBy.created",
            ),
            SYNCED,
        ),
        unique=True,
    ),
    *(
        ViewSpec(
            f"EMAIL_EVENT_{type_}",
            ("ID",),
            (Source("email_events", where=f"t.\"TYPE\" = '{type_.replace('_', '')}'"),),
            (*landed(TEXT, "ID"), *columns, SYNCED),
            unique=True,
        )
        for type_, columns in _EVENTS.items()
    ),
)

# -- marketing events ----------------------------------------------------------------------------

_MARKETING_EVENTS = (
    ViewSpec(
        "MARKETING_EVENT",
        ("ID",),
        (Source("marketing_events"),),
        (
            ID,
            *raw(NUMBER, APP_ID="appInfo.id"),
            *raw(TEXT, APP_NAME="appInfo.name"),
            *landed(TEXT, "EXTERNAL_EVENT_ID"),
            *renamed(
                TEXT,
                EVENT_NAME="NAME",
                EVENT_TYPE="TYPE",
                EVENT_STATUS="STATUS",
                EVENT_ORGANIZER="ORGANIZER",
                EVENT_URL="URL",
                EVENT_DESCRIPTION="DESCRIPTION",
            ),
            *renamed(BOOLEAN, EVENT_CANCELLED="CANCELLED", EVENT_COMPLETED="COMPLETED"),
            *renamed(INSTANT, START_DATE_TIME="START_AT", END_DATE_TIME="END_AT"),
            *landed(NUMBER, "REGISTRANTS", "ATTENDEES", "CANCELLATIONS", "NO_SHOWS"),
            *CREATED_AND_UPDATED,
            DELETED,
            SYNCED,
        ),
    ),
    ViewSpec(
        "MARKETING_EVENT_PARTICIPANT",
        ("ID",),
        (Source("marketing_event_participations"),),
        (
            ID,
            *landed(NUMBER, "MARKETING_EVENT_ID", "CONTACT_ID"),
            *landed(INSTANT, "CREATED_AT"),
            *renamed(INSTANT, PROPERTIES_OCCURRED_AT="OCCURRED_AT"),
            *raw(FLOAT, PROPERTIES_ATTENDANCE_PERCENTAGE="properties.attendancePercentage"),
            *renamed(TEXT, PROPERTIES_ATTENDANCE_STATE="STATE"),
            *renamed(NUMBER, PROPERTIES_ATTENDANCE_DURATION_SECONDS="SECONDS_ATTENDED"),
            DELETED,
            SYNCED,
        ),
    ),
    ViewSpec(
        "MARKETING_EVENT_CUSTOM_PROPERTY",
        ("MARKETING_EVENT_ID", "NAME"),
        (
            Source(
                "marketing_events",
                join=', LATERAL FLATTEN(INPUT => t."RAW":customProperties) f',
            ),
        ),
        (
            *renamed(NUMBER, MARKETING_EVENT_ID="ID"),
            *sql(TEXT, NAME="f.VALUE:name::VARCHAR", VALUE="f.VALUE:value::VARCHAR"),
            DELETED,
            SYNCED,
        ),
    ),
)

MARKETING_VIEWS: tuple[ViewSpec, ...] = (*_LISTS, *_FORMS, *_EMAILS, *_MARKETING_EVENTS)
