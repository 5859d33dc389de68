"""Fivetran's views of pipelines, people and properties. No logic."""

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
    instant_of,
    landed,
    raw,
    renamed,
    sql,
)
from hubspot_ingest.inbound.load.shapes.view_spec import Source, ViewSpec

_LIVE = 't."_DELETE_KIND" IS NULL'


def _of(object_type: str) -> str:
    return f"t.\"OBJECT_TYPE\" = '{object_type}'"


_PIPELINE = (
    *renamed(TEXT, PIPELINE_ID="ID"),
    *landed(TEXT, "LABEL"),
    *sql(BOOLEAN, ACTIVE=_LIVE),
    *landed(NUMBER, "DISPLAY_ORDER"),
    *CREATED_AND_UPDATED,
    DELETED,
    SYNCED,
)
_STAGE = (
    *landed(TEXT, "PIPELINE_ID"),
    *renamed(TEXT, STAGE_ID="ID"),
    *landed(TEXT, "LABEL"),
    *sql(BOOLEAN, ACTIVE=_LIVE),
    *landed(NUMBER, "DISPLAY_ORDER"),
    *CREATED_AND_UPDATED,
    DELETED,
    SYNCED,
)

_PIPELINES = (
    ViewSpec(
        "DEAL_PIPELINE", ("PIPELINE_ID",), (Source("pipelines", where=_of("deals")),), _PIPELINE
    ),
    ViewSpec(
        "TICKET_PIPELINE",
        ("PIPELINE_ID",),
        (Source("pipelines", where=_of("tickets")),),
        (*_PIPELINE, *sql(TEXT, OBJECT_TYPE_ID="'0-5'")),
    ),
    ViewSpec(
        "DEAL_PIPELINE_STAGE",
        ("PIPELINE_ID", "STAGE_ID"),
        (Source("pipeline_stages", where=_of("deals")),),
        (
            *_STAGE,
            *landed(BOOLEAN, "IS_CLOSED"),
            # its old name, which is still read
            *renamed(BOOLEAN, CLOSED_WON="IS_CLOSED"),
            *landed(FLOAT, "PROBABILITY"),
        ),
    ),
    ViewSpec(
        "TICKET_PIPELINE_STAGE",
        ("PIPELINE_ID", "STAGE_ID"),
        (Source("pipeline_stages", where=_of("tickets")),),
        (
            *_STAGE,
            *landed(TEXT, "TICKET_STATE"),
            *sql(BOOLEAN, IS_CLOSED="t.\"TICKET_STATE\" = 'CLOSED'"),
        ),
    ),
)

_PEOPLE = (
    ViewSpec(
        "OWNER",
        ("OWNER_ID",),
        (Source("owners"),),
        (
            *renamed(NUMBER, OWNER_ID="ID", ACTIVE_USER_ID="USER_ID"),
            *landed(TEXT, "EMAIL", "FIRST_NAME", "LAST_NAME", "TYPE"),
            *sql(BOOLEAN, IS_ACTIVE=_LIVE),
            PORTAL,
            *CREATED_AND_UPDATED,
            SYNCED,
        ),
    ),
    ViewSpec(
        "OWNER_TEAM",
        ("OWNER_ID", "TEAM_ID"),
        (Source("owners", join=', LATERAL FLATTEN(INPUT => t."TEAMS") f'),),
        (
            *renamed(NUMBER, OWNER_ID="ID"),
            *sql(NUMBER, TEAM_ID="TRY_TO_NUMBER(f.VALUE:id::VARCHAR)"),
            *sql(BOOLEAN, IS_TEAM_PRIMARY="TRY_TO_BOOLEAN(f.VALUE:primary::VARCHAR)"),
            DELETED,
            SYNCED,
        ),
    ),
    ViewSpec("TEAM", ("ID",), (Source("teams"),), (ID, *landed(TEXT, "NAME"), DELETED, SYNCED)),
    ViewSpec(
        "TEAM_USER",
        ("TEAM_ID", "USER_ID", "IS_SECONDARY_USER"),
        tuple(
            Source(
                "teams",
                join=f', LATERAL FLATTEN(INPUT => t."{users}") f',
                values={"IS_SECONDARY_USER": value.value},
            )
            for users, [value] in (
                ("USER_IDS", sql(BOOLEAN, IS_SECONDARY_USER="FALSE")),
                ("SECONDARY_USER_IDS", sql(BOOLEAN, IS_SECONDARY_USER="TRUE")),
            )
        ),
        (
            *renamed(NUMBER, TEAM_ID="ID"),
            *sql(NUMBER, USER_ID="TRY_TO_NUMBER(f.VALUE::VARCHAR)"),
            *landed(BOOLEAN, "IS_SECONDARY_USER"),
            DELETED,
            SYNCED,
        ),
    ),
    ViewSpec(
        "ROLE",
        ("ID",),
        (Source("roles"),),
        (ID, *landed(TEXT, "NAME"), *landed(BOOLEAN, "REQUIRES_BILLING_WRITE"), DELETED, SYNCED),
    ),
    ViewSpec(
        "USERS",
        ("ID",),
        (Source("provisioned_users"),),
        (
            ID,
            *landed(TEXT, "EMAIL", "FIRST_NAME", "LAST_NAME"),
            *landed(NUMBER, "ROLE_ID", "PRIMARY_TEAM_ID"),
            DELETED,
            SYNCED,
        ),
    ),
)

# contact, company, line_item: HubSpot's plural less its ending
_TYPE = 't."OBJECT_TYPE"'
_OBJECT = sql(
    TEXT,
    HUBSPOT_OBJECT=f"CASE WHEN {_TYPE} LIKE '%ies' THEN REGEXP_REPLACE({_TYPE}, 'ies$', 'y') "
    f"WHEN {_TYPE} LIKE '%xes' THEN REGEXP_REPLACE({_TYPE}, 'es$', '') "
    f"WHEN {_TYPE} LIKE '2-%' THEN {_TYPE} ELSE REGEXP_REPLACE({_TYPE}, 's$', '') END",
)

_PROPERTIES = (
    ViewSpec(
        "PROPERTY",
        ("HUBSPOT_OBJECT", "NAME"),
        (Source("properties", where=_LIVE),),
        (
            *_OBJECT,
            *landed(TEXT, "NAME"),
            *sql(TEXT, _FIVETRAN_ID=f"{_TYPE} || ':' || t.\"NAME\""),
            *landed(TEXT, "LABEL", "DESCRIPTION", "TYPE", "FIELD_TYPE", "GROUP_NAME"),
            *landed(BOOLEAN, "CALCULATED", "HUBSPOT_DEFINED"),
            *raw(BOOLEAN, SHOW_CURRENCY_SYMBOL="showCurrencySymbol"),
            *CREATED_AND_UPDATED,
            SYNCED,
        ),
    ),
    ViewSpec(
        "PROPERTY_OPTION",
        ("HUBSPOT_OBJECT", "NAME", "VALUE"),
        (Source("property_options", where=_LIVE),),
        (
            *_OBJECT,
            *renamed(TEXT, NAME="PROPERTY"),
            *landed(TEXT, "VALUE", "LABEL"),
            *sql(TEXT, PROPERTY_ID=f"{_TYPE} || ':' || t.\"PROPERTY\""),
            *landed(NUMBER, "DISPLAY_ORDER"),
            *landed(BOOLEAN, "HIDDEN"),
            SYNCED,
        ),
    ),
)

# a change has a time of its own, or the event that caused it, or that of the entry it stands in
_CHANGED = (
    "COALESCE(TRY_TO_NUMBER(f.VALUE:timestamp::VARCHAR), "
    "DATE_PART('epoch_millisecond', t.\"CHANGED_AT\"), "
    "TRY_TO_NUMBER(f.VALUE:causedByEvent.created::VARCHAR))"
)
_SUBSCRIPTIONS = (
    ViewSpec(
        "EMAIL_SUBSCRIPTION",
        ("ID",),
        (Source("subscription_definitions"),),
        (
            ID,
            *landed(TEXT, "NAME", "DESCRIPTION"),
            *renamed(BOOLEAN, ACTIVE="IS_ACTIVE"),
            PORTAL,
            DELETED,
            SYNCED,
        ),
    ),
    ViewSpec(
        "EMAIL_SUBSCRIPTION_CHANGE",
        ("_FIVETRAN_ID",),
        (Source("subscription_changes", join=', LATERAL FLATTEN(INPUT => t."CHANGES") f'),),
        (
            *sql(TEXT, _FIVETRAN_ID="t.\"ID\" || ':' || f.INDEX::VARCHAR"),
            *landed(TEXT, "RECIPIENT"),
            *sql(
                TEXT,
                CHANGE="f.VALUE:change::VARCHAR",
                CHANGE_TYPE="f.VALUE:changeType::VARCHAR",
                SOURCE="f.VALUE:source::VARCHAR",
                CAUSED_BY_EVENT_ID="f.VALUE:causedByEvent.id::VARCHAR",
            ),
            *sql(NUMBER, EMAIL_SUBSCRIPTION_ID="TRY_TO_NUMBER(f.VALUE:subscriptionId::VARCHAR)"),
            PORTAL,
            *sql(INSTANT, TIMESTAMP=instant_of(_CHANGED)),
            SYNCED,
        ),
    ),
)

DEFINITION_VIEWS: tuple[ViewSpec, ...] = (*_PIPELINES, *_PEOPLE, *_PROPERTIES, *_SUBSCRIPTIONS)
