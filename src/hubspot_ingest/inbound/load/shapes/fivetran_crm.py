"""Fivetran's views of CRM records, their past, their links, and of engagements. No logic.

Names, columns and types are those which Fivetran's public dbt package for HubSpot (1.7 to 1.9)
reads.
"""

from __future__ import annotations

from hubspot_ingest.inbound.load.batches import HISTORY
from hubspot_ingest.inbound.load.shapes.fivetran_columns import (
    BOOLEAN,
    DELETED,
    FLOAT,
    ID,
    INSTANT,
    IS_DELETED,
    NUMBER,
    PORTAL,
    SYNCED,
    TEXT,
    gaps,
    instant_of,
    landed,
    properties,
    renamed,
    sql,
)
from hubspot_ingest.inbound.load.shapes.view_spec import (
    Landed,
    PropertyNames,
    Source,
    Sql,
    ViewColumn,
    ViewSpec,
)

_NOT_SENT = "HubSpot's API does not send it"

_RECORDS = (
    ViewSpec(
        "CONTACT",
        ("ID",),
        (Source("contacts"),),
        (
            ID,
            DELETED,
            PORTAL,
            *properties(
                TEXT,
                PROPERTY_EMAIL="email",
                PROPERTY_FIRSTNAME="firstname",
                PROPERTY_LASTNAME="lastname",
                PROPERTY_COMPANY="company",
                PROPERTY_JOBTITLE="jobtitle",
                PROPERTY_HS_MERGED_OBJECT_IDS="hs_merged_object_ids",
                PROPERTY_ANNUALREVENUE="annualrevenue",
            ),
            *properties(INSTANT, PROPERTY_CREATEDATE="createdate"),
            SYNCED,
        ),
        properties=PropertyNames.FIVETRAN,
    ),
    ViewSpec(
        "COMPANY",
        ("ID",),
        (Source("companies"),),
        (
            ID,
            IS_DELETED,
            DELETED,
            PORTAL,
            *properties(
                TEXT,
                PROPERTY_NAME="name",
                PROPERTY_DESCRIPTION="description",
                PROPERTY_INDUSTRY="industry",
                PROPERTY_ADDRESS="address",
                PROPERTY_ADDRESS_2="address2",
                PROPERTY_CITY="city",
                PROPERTY_STATE="state",
                PROPERTY_COUNTRY="country",
            ),
            *properties(INSTANT, PROPERTY_CREATEDATE="createdate"),
            *properties(FLOAT, PROPERTY_ANNUALREVENUE="annualrevenue"),
            SYNCED,
        ),
        properties=PropertyNames.FIVETRAN,
    ),
    ViewSpec(
        "DEAL",
        ("DEAL_ID",),
        (Source("deals"),),
        (
            *renamed(NUMBER, DEAL_ID="ID"),
            IS_DELETED,
            DELETED,
            PORTAL,
            *properties(NUMBER, OWNER_ID="hubspot_owner_id"),
            *properties(TEXT, DEAL_PIPELINE_ID="pipeline", DEAL_PIPELINE_STAGE_ID="dealstage"),
            *properties(TEXT, PROPERTY_DEALNAME="dealname", PROPERTY_DESCRIPTION="description"),
            *properties(FLOAT, PROPERTY_AMOUNT="amount"),
            *properties(INSTANT, PROPERTY_CLOSEDATE="closedate", PROPERTY_CREATEDATE="createdate"),
            SYNCED,
        ),
        properties=PropertyNames.FIVETRAN,
        hidden=("hubspot_owner_id", "pipeline", "dealstage"),
    ),
    ViewSpec(
        "TICKET",
        ("ID",),
        (Source("tickets"),),
        (
            ID,
            IS_DELETED,
            DELETED,
            PORTAL,
            *properties(
                INSTANT,
                PROPERTY_CREATEDATE="createdate",
                PROPERTY_CLOSED_DATE="closed_date",
                PROPERTY_FIRST_AGENT_REPLY_DATE="first_agent_reply_date",
            ),
            *properties(
                TEXT,
                PROPERTY_HS_PIPELINE="hs_pipeline",
                PROPERTY_HS_PIPELINE_STAGE="hs_pipeline_stage",
                PROPERTY_HS_TICKET_CATEGORY="hs_ticket_category",
                PROPERTY_HS_TICKET_PRIORITY="hs_ticket_priority",
                PROPERTY_SUBJECT="subject",
                PROPERTY_CONTENT="content",
            ),
            *properties(NUMBER, PROPERTY_HUBSPOT_OWNER_ID="hubspot_owner_id"),
            SYNCED,
        ),
        properties=PropertyNames.FIVETRAN,
    ),
    ViewSpec(
        "LINE_ITEM",
        ("ID",),
        (Source("line_items"),),
        (
            ID,
            *properties(NUMBER, PRODUCT_ID="hs_product_id"),
            IS_DELETED,
            DELETED,
            PORTAL,
            SYNCED,
        ),
        properties=PropertyNames.FIVETRAN,
    ),
    *(
        ViewSpec(
            name,
            ("ID",),
            (Source(stream),),
            (ID, IS_DELETED, DELETED, PORTAL, SYNCED),
            properties=PropertyNames.FIVETRAN,
        )
        for name, stream in (
            ("PRODUCT", "products"),
            ("QUOTE", "quotes"),
            ("INVOICE", "invoices"),
            ("PAYMENT", "commerce_payments"),
        )
    ),
)

# each value of hs_calculated_merged_vids is <merged id>:<epoch ms>
_VID, _AT = "SPLIT_PART(f.VALUE::VARCHAR, ':', 1)", "SPLIT_PART(f.VALUE::VARCHAR, ':', 2)"


def _each(prop: str) -> str:
    """The values of a property that lists several, joined to their record as ``f``."""
    return f", LATERAL FLATTEN(INPUT => SPLIT({prop}, ';')) f"


_MERGES = (
    ViewSpec(
        "MERGED_DEAL",
        ("DEAL_ID", "MERGED_DEAL_ID"),
        (
            Source(
                "deals",
                where='t."_DELETE_KIND" = \'MERGED\' AND t."_MERGED_INTO" <> t."ID"',
                values={"DEAL_ID": Landed("_MERGED_INTO"), "MERGED_DEAL_ID": Landed("ID")},
            ),
            Source(
                "deals",
                join=_each("{property:hs_merged_object_ids}"),
                where='TRY_TO_NUMBER(f.VALUE::VARCHAR) <> TRY_TO_NUMBER(t."ID") '
                "AND t.\"_DELETE_KIND\" IS DISTINCT FROM 'MERGED'",
                values={
                    "DEAL_ID": Landed("ID"),
                    "MERGED_DEAL_ID": Sql("TRY_TO_NUMBER(f.VALUE::VARCHAR)"),
                },
            ),
        ),
        (*landed(NUMBER, "DEAL_ID", "MERGED_DEAL_ID"), SYNCED),
        unique=True,
    ),
    ViewSpec(
        "CONTACT_MERGE_AUDIT",
        ("CANONICAL_VID", "VID_TO_MERGE"),
        (
            Source(
                "contacts",
                join=_each("{property:hs_calculated_merged_vids}"),
                where=f'TRY_TO_NUMBER({_VID}) <> TRY_TO_NUMBER(t."ID") '
                "AND t.\"_DELETE_KIND\" IS DISTINCT FROM 'MERGED'",
            ),
        ),
        (
            *renamed(NUMBER, CANONICAL_VID="ID"),
            *sql(NUMBER, VID_TO_MERGE=f"TRY_TO_NUMBER({_VID})"),
            *renamed(NUMBER, CONTACT_ID="ID"),
            *sql(INSTANT, TIMESTAMP=instant_of(f"TRY_TO_NUMBER({_AT})")),
            *gaps(NUMBER, _NOT_SENT, "ENTITY_ID", "USER_ID", "NUM_PROPERTIES_MOVED"),
            *gaps(TEXT, _NOT_SENT, "FIRST_NAME", "LAST_NAME"),
            SYNCED,
        ),
        unique=True,
    ),
)

# -- history -------------------------------------------------------------------------------------

# partitioned by the columns that queries filter by, so that such a filter reaches the table
_NEXT = 'LEAD(t."CHANGED_AT") OVER (PARTITION BY t."ID", t."PROPERTY" ORDER BY t."CHANGED_AT")'
# Fivetran's history mode ends an active span at the greatest timestamp; its package for HubSpot has
# 9999-12-31 23:59:59 for tickets. The fraction .999 is INFERRED.
_FOREVER = "253402300799999"
_SPAN = (
    ViewColumn("_FIVETRAN_START", INSTANT, Landed("CHANGED_AT")),
    *sql(
        INSTANT,
        _FIVETRAN_END="COALESCE("
        + instant_of(f"DATE_PART('epoch_millisecond', {_NEXT}) - 1")
        + f", {instant_of(_FOREVER)})",
    ),
    *sql(BOOLEAN, _FIVETRAN_ACTIVE=f"{_NEXT} IS NULL"),
)
_CHANGE = (
    ViewColumn("VALUE", TEXT, Landed("VALUE")),
    ViewColumn("SOURCE", TEXT, Landed("SOURCE_TYPE")),
    ViewColumn("SOURCE_ID", TEXT, Landed("SOURCE_ID")),
    *_SPAN,
    # rows that were landed before it was stored have no other instant
    ViewColumn("_FIVETRAN_SYNCED", INSTANT, Landed("_SYNCED_AT|CHANGED_AT")),
)

_PAST = (
    *(
        ViewSpec(
            f"{object_}_PROPERTY_HISTORY",
            (f"{object_}_ID", "NAME", instant),
            (Source(stream, HISTORY),),
            (
                ViewColumn(f"{object_}_ID", NUMBER, Landed("ID")),
                ViewColumn("NAME", TEXT, Landed("PROPERTY")),
                ViewColumn(instant, INSTANT, Landed("CHANGED_AT")),
                *_CHANGE,
            ),
        )
        for object_, stream, instant in (
            ("CONTACT", "contacts", "TIMESTAMP"),
            ("COMPANY", "companies", "TIMESTAMP"),
            ("DEAL", "deals", "TIMESTAMP"),
            ("TICKET", "tickets", "TIMESTAMP_INSTANT"),
        )
    ),
    ViewSpec(
        "DEAL_STAGE",
        ("DEAL_ID", "DATE_ENTERED"),
        (
            Source(
                *("deals", HISTORY),
                where="t.\"PROPERTY\" = 'dealstage'",
                history_of="dealstage",
            ),
        ),
        (*renamed(NUMBER, DEAL_ID="ID"), *renamed(INSTANT, DATE_ENTERED="CHANGED_AT"), *_CHANGE),
    ),
)

# -- links ---------------------------------------------------------------------------------------

_LINKED = 't."_REMOVED_AT" IS NULL'
_LINK_SYNCED = ViewColumn("_FIVETRAN_SYNCED", INSTANT, Landed("_SYNCED_AT|_LAST_SEEN_AT"))
_LINK_TYPE = (*landed(NUMBER, "TYPE_ID"), *landed(TEXT, "CATEGORY"))


def _links(name: str, from_id: str, to_id: str, *sources: Source) -> ViewSpec:
    columns = (
        ViewColumn(from_id, NUMBER, Landed("FROM_ID")),
        ViewColumn(to_id, NUMBER, Landed("TO_ID")),
        *_LINK_TYPE,
    )
    if len(sources) > 1 and name != "TICKET_ENGAGEMENT":
        columns += landed(TEXT, "ENGAGEMENT_TYPE")
    return ViewSpec(
        name, (from_id, to_id, "TYPE_ID", "CATEGORY"), sources, (*columns, _LINK_SYNCED)
    )


_ENGAGEMENTS = (
    ("CALL", "calls"),
    ("EMAIL", "emails"),
    ("MEETING", "meetings"),
    ("NOTE", "notes"),
    ("TASK", "tasks"),
    ("COMMUNICATION", "communications"),
)

_LINKS = (
    *(
        _links(f"{one}_{other}", f"{one}_ID", f"{other}_ID", Source(stream, part, where=_LINKED))
        for one, other, stream, part in (
            ("DEAL", "COMPANY", "deals", "companies"),
            ("DEAL", "CONTACT", "deals", "contacts"),
            ("CONTACT", "COMPANY", "contacts", "companies"),
            ("TICKET", "COMPANY", "tickets", "companies"),
            ("TICKET", "CONTACT", "tickets", "contacts"),
            ("TICKET", "DEAL", "tickets", "deals"),
            ("QUOTE", "DEAL", "quotes", "deals"),
        )
    ),
    _links(
        "LINE_ITEM_DEAL", "DEAL_ID", "LINE_ITEM_ID", Source("deals", "line_items", where=_LINKED)
    ),
    *(
        _links(
            f"ENGAGEMENT_{other}",
            "ENGAGEMENT_ID",
            f"{other}_ID",
            *(
                Source(
                    stream, part, where=_LINKED, values={"ENGAGEMENT_TYPE": Sql(f"'{engagement}'")}
                )
                for engagement, stream in _ENGAGEMENTS
            ),
        )
        for other, part in (("CONTACT", "contacts"), ("COMPANY", "companies"), ("DEAL", "deals"))
    ),
    _links(
        "TICKET_ENGAGEMENT",
        "ENGAGEMENT_ID",
        "TICKET_ID",
        *(Source(stream, "tickets", where=_LINKED) for _, stream in _ENGAGEMENTS),
    ),
)

# -- engagements ---------------------------------------------------------------------------------

_OF_ENGAGEMENTS = (
    ViewSpec(
        "ENGAGEMENT",
        ("ID",),
        tuple(
            Source(stream, values={"TYPE": Sql(f"'{engagement}'")})
            for engagement, stream in _ENGAGEMENTS
        ),
        (ID, *landed(TEXT, "TYPE"), PORTAL, DELETED, SYNCED),
    ),
    *(
        ViewSpec(
            f"ENGAGEMENT_{engagement}",
            ("ENGAGEMENT_ID",),
            (Source(stream),),
            (
                *renamed(NUMBER, ENGAGEMENT_ID="ID"),
                *sql(TEXT, TYPE=f"'{engagement}'"),
                *(properties(TEXT, BODY="hs_note_body") if engagement == "NOTE" else ()),
                PORTAL,
                DELETED,
                *properties(
                    INSTANT,
                    PROPERTY_HS_CREATEDATE="hs_createdate",
                    PROPERTY_HS_TIMESTAMP="hs_timestamp",
                ),
                *properties(
                    NUMBER,
                    PROPERTY_HUBSPOT_OWNER_ID="hubspot_owner_id",
                    PROPERTY_HUBSPOT_TEAM_ID="hubspot_team_id",
                ),
                SYNCED,
            ),
            properties=PropertyNames.FIVETRAN,
        )
        for engagement, stream in _ENGAGEMENTS
    ),
)

CRM_VIEWS: tuple[ViewSpec, ...] = (*_RECORDS, *_MERGES, *_PAST, *_LINKS, *_OF_ENGAGEMENTS)
