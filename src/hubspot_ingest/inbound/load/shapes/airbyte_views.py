"""Every view of Airbyte's shape, as far as it is plain: the records and their owners. No logic.

Names are those of Airbyte's source for HubSpot in upper case, as its Snowflake destination has
them. Airbyte learns of no deletion but archiving: rows stay, as they do there.
"""

from __future__ import annotations

from hubspot_ingest.inbound.load.shapes.fivetran_columns import (
    BOOLEAN,
    INSTANT,
    NUMBER,
    TEXT,
    VARIANT,
    landed,
    renamed,
    sql,
)
from hubspot_ingest.inbound.load.shapes.view_spec import PropertyNames, Source, ViewSpec

_OWN = (
    *sql(TEXT, _AIRBYTE_RAW_ID='t."_RUN_ID" || \':\' || t."ID"'),
    *renamed(INSTANT, _AIRBYTE_EXTRACTED_AT="_SYNCED_AT"),
    *sql(VARIANT, _AIRBYTE_META="PARSE_JSON('{\"changes\": []}')"),
    *sql(NUMBER, _AIRBYTE_GENERATION_ID="0"),
)
_COMMON = (
    *landed(TEXT, "ID"),
    *renamed(INSTANT, CREATEDAT="CREATED_AT", UPDATEDAT="UPDATED_AT"),
    *sql(BOOLEAN, ARCHIVED='t."_DELETE_KIND" IS NOT NULL'),
)

_RECORDS = (
    ("CONTACTS", "contacts", ("COMPANIES",)),
    ("COMPANIES", "companies", ("CONTACTS",)),
    ("DEALS", "deals", ("CONTACTS", "COMPANIES", "LINE_ITEMS")),
    ("TICKETS", "tickets", ("CONTACTS", "COMPANIES", "DEALS")),
    ("LINE_ITEMS", "line_items", ()),
    ("PRODUCTS", "products", ()),
    ("GOALS", "goals", ()),
    ("LEADS", "leads", ("CONTACTS", "COMPANIES")),
    ("FEEDBACK_SUBMISSIONS", "feedback_submissions", ("CONTACTS",)),
    *(
        (f"ENGAGEMENTS_{stream.upper()}", stream, ("CONTACTS", "COMPANIES", "DEALS", "TICKETS"))
        for stream in ("calls", "emails", "meetings", "notes", "tasks")
    ),
)

AIRBYTE_VIEWS: tuple[ViewSpec, ...] = (
    *(
        ViewSpec(
            name,
            ("ID",),
            (Source(stream),),
            (
                *_COMMON,
                *landed(VARIANT, "PROPERTIES"),
                *renamed(VARIANT, **{linked: f"{linked}_IDS" for linked in links}),
                *_OWN,
            ),
            properties=PropertyNames.AIRBYTE,
        )
        for name, stream, links in _RECORDS
    ),
    ViewSpec(
        "OWNERS",
        ("ID",),
        (Source("owners"),),
        (
            *_COMMON,
            *landed(TEXT, "EMAIL", "TYPE"),
            *renamed(TEXT, FIRSTNAME="FIRST_NAME", LASTNAME="LAST_NAME"),
            *renamed(
                NUMBER, USERID="USER_ID", USERIDINCLUDINGINACTIVE="USER_ID_INCLUDING_INACTIVE"
            ),
            *landed(VARIANT, "TEAMS"),
            *_OWN,
        ),
    ),
)
