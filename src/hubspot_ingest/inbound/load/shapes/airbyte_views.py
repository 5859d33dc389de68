"""Every view of Airbyte's shape, as far as it is plain: the records and their owners. No logic.

Streams, columns and older names are those of Airbyte's source for HubSpot (manifest.yaml,
components.py: NewtoLegacyFieldTransformation), in upper case as its Snowflake destination has them
(toSnowflakeCompatibleName). Airbyte asks for live records alone: rows stay there as they were last.
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
from hubspot_ingest.inbound.load.shapes.view_spec import OlderName, PropertyNames, Source, ViewSpec

_OWN = (
    *sql(TEXT, _AIRBYTE_RAW_ID='t."_RUN_ID" || \':\' || t."ID"'),
    *renamed(INSTANT, _AIRBYTE_EXTRACTED_AT="_SYNCED_AT"),
    *sql(VARIANT, _AIRBYTE_META="PARSE_JSON('{\"changes\": []}')"),
    *sql(NUMBER, _AIRBYTE_GENERATION_ID="CAST(0 AS NUMBER(38,0))"),
)
_COMMON = (
    *landed(TEXT, "ID"),
    *renamed(INSTANT, CREATEDAT="CREATED_AT", UPDATEDAT="UPDATED_AT"),
    *sql(BOOLEAN, ARCHIVED='t."_DELETE_KIND" IS NOT NULL'),
)

_RECORDS = (
    ("CONTACTS", "contacts", ("CONTACTS", "COMPANIES")),
    ("COMPANIES", "companies", ("CONTACTS",)),
    ("DEALS", "deals", ("CONTACTS", "COMPANIES", "LINE_ITEMS")),
    ("TICKETS", "tickets", ("CONTACTS", "COMPANIES", "DEALS")),
    ("LINE_ITEMS", "line_items", ()),
    ("PRODUCTS", "products", ()),
    ("GOALS", "goals", ()),
    ("LEADS", "leads", ("CONTACTS", "COMPANIES")),
    *(
        (f"ENGAGEMENTS_{stream.upper()}", stream, ("CONTACTS", "COMPANIES", "DEALS", "TICKETS"))
        for stream in ("calls", "emails", "meetings", "notes", "tasks")
    ),
)

_EXITED_AND_TIME = (
    OlderName("hs_v2_date_exited_", "hs_date_exited_"),
    OlderName("hs_v2_latest_time_in_", "hs_time_in_"),
)
_OLDER_NAMES = {
    "CONTACTS": (
        OlderName("hs_v2_date_entered_", "hs_lifecyclestage_", "_date"),
        *_EXITED_AND_TIME,
    ),
    "DEALS": (OlderName("hs_v2_date_entered_", "hs_date_entered_"), *_EXITED_AND_TIME),
}

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
            older_names=_OLDER_NAMES.get(name, ()),
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
