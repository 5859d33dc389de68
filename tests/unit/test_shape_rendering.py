"""Views in other products' shapes are rendered as plain SQL over the tables that landed."""

from __future__ import annotations

from dataclasses import replace

from hubspot_ingest.inbound.load.shapes.airbyte_views import AIRBYTE_VIEWS
from hubspot_ingest.inbound.load.shapes.fivetran_views import FIVETRAN_VIEWS
from hubspot_ingest.inbound.load.shapes.rendering import (
    FORMER,
    ExistingView,
    LandedTable,
    RenderedView,
    rendered,
)
from hubspot_ingest.inbound.load.shapes.view_spec import ViewSpec

TYPES = {
    "ID": "TEXT",
    "_SYNCED_AT": "TIMESTAMP_NTZ",
    "COMPANIES_IDS": "ARRAY",
    "PROPERTIES_EMAIL": "TEXT",
    "PROPERTIES_BIRTH": "DATE",
    "PROPERTIES_OWNER_ID": "NUMBER",
}
TABLE = LandedTable(
    '"D"."S"."CONTACTS"',
    TYPES,
    {
        "email": ("PROPERTIES_EMAIL", "E-mail"),
        "birthDay2": ("PROPERTIES_BIRTH", "Born"),
        "owner_id": ("PROPERTIES_OWNER_ID", ""),
    },
)


def spec(name: str, views: tuple[ViewSpec, ...] = FIVETRAN_VIEWS) -> ViewSpec:
    [found] = [view for view in views if view.name == name]
    return found


def contact(
    table: LandedTable = TABLE, existing: ExistingView | None = None, name: str = "CONTACT"
) -> RenderedView:
    return rendered(spec(name), {("contacts", ""): table}, {}, existing or ExistingView())


def types(view: RenderedView) -> dict[str, str]:
    return {column.name: str(column.type) for column in view.columns}


def test_every_view_has_one_name_and_a_key_of_its_own_columns() -> None:
    for views in (FIVETRAN_VIEWS, AIRBYTE_VIEWS):
        assert len({view.name for view in views}) == len(views)
        for view in views:
            assert {*view.key} <= {column.name for column in view.columns}, view.name


def test_a_property_has_a_column_of_the_views_type_and_names_itself() -> None:
    view = contact()

    assert types(view)["PROPERTY_BIRTH_DAY_2"] == "TIMESTAMP_TZ"
    assert types(view)["PROPERTY_OWNER_ID"] == "NUMBER(38,0)"
    assert view.comments["PROPERTY_BIRTH_DAY_2"] == "birthDay2: Born"


def test_a_column_that_has_to_be_there_is_null_of_its_type_without_a_property() -> None:
    assert 'CAST(NULL AS TIMESTAMP_TZ) AS "PROPERTY_CREATEDATE"' in contact().query


def test_no_column_leaves_a_view() -> None:
    existing = ExistingView({"ID": "NUMBER", "PROPERTY_OLD": "TIMESTAMP_TZ"}, {})

    view = contact(existing=existing)

    assert types(view)["PROPERTY_OLD"] == "TIMESTAMP_TZ"
    assert 'CAST(NULL AS TIMESTAMP_TZ) AS "PROPERTY_OLD"' in view.query


def test_a_property_that_is_not_read_any_more_keeps_its_column_and_its_values() -> None:
    landed = {
        **TYPES,
        "CITY": "TEXT",
        "CITY_TEXT": "TEXT",
        "LUCKYNUMBER": "TEXT",
        "LUCKYNUMBER_NUMBER": "NUMBER",
    }
    table = LandedTable('"D"."S"."CONTACTS"', landed, {"luckynumber": ("LUCKYNUMBER", FORMER)})
    comments = {
        "PROPERTY_CITY": "city: City",
        "PROPERTY_CITY_TEXT": "city_text: Another",
        "PROPERTY_LUCKY_NUMBER": "luckyNumber: Lucky",
        "PROPERTY_NEVER": "never: Landed",
    }

    view = contact(table, ExistingView(dict.fromkeys(comments, "TEXT"), comments))

    assert 't."CITY" AS "PROPERTY_CITY"' in view.query
    assert 't."CITY_TEXT" AS "PROPERTY_CITY_TEXT"' in view.query
    assert 'CAST(t."LUCKYNUMBER_NUMBER" AS FLOAT) AS "PROPERTY_LUCKY_NUMBER"' in view.query
    assert 'CAST(NULL AS VARCHAR) AS "PROPERTY_NEVER"' in view.query
    assert view.comments["PROPERTY_CITY"] == f"city: {FORMER}"


def test_the_fingerprint_changes_with_columns_and_labels_alone() -> None:
    renamed = {**TABLE.properties, "email": ("PROPERTIES_EMAIL", "Address")}

    assert contact().fingerprint == contact(replace(TABLE, types={**TYPES})).fingerprint
    assert contact().fingerprint != contact(replace(TABLE, properties=renamed)).fingerprint


def test_spans_of_history_are_one_window_that_a_filter_of_names_can_pass() -> None:
    history = LandedTable(
        '"D"."S"."CONTACTS_HISTORY"',
        {"ID": "TEXT", "PROPERTY": "TEXT", "CHANGED_AT": "TIMESTAMP_NTZ", "VALUE": "TEXT"},
    )
    view = rendered(
        spec("CONTACT_PROPERTY_HISTORY"), {("contacts", "HISTORY"): history}, {}, ExistingView()
    )

    windows = {part.partition(")")[0] for part in view.query.split(" OVER (")[1:]}
    assert windows == {'PARTITION BY t."ID", t."PROPERTY" ORDER BY t."CHANGED_AT"'}
    assert "QUALIFY" not in view.query
    assert "JOIN" not in view.query


def test_no_instant_is_read_by_the_formats_of_a_session() -> None:
    texts = [repr(view) for view in (*FIVETRAN_VIEWS, *AIRBYTE_VIEWS)]

    assert not [text for text in (contact().query, *texts) if "'::TIMESTAMP" in text]
    assert "TIMESTAMP_TZ_FROM_PARTS(1970, 1, 1, 0, 0, 0, 0, 'UTC')" in contact().query


def test_airbytes_shape_has_its_names_and_types() -> None:
    table = replace(
        TABLE,
        types={**TYPES, "PROPERTIES_ENTERED": "TIMESTAMP_NTZ"},
        properties={
            **TABLE.properties,
            "old-choice": ("PROPERTIES_EMAIL", ""),
            "hs_v2_date_entered_lead": ("PROPERTIES_ENTERED", ""),
            "hs_v2_date_exited_lead": ("PROPERTIES_ENTERED", ""),
            "hs_date_exited_lead": ("PROPERTIES_BIRTH", ""),
        },
    )
    contacts, deals = (
        rendered(spec(name, AIRBYTE_VIEWS), {(name.lower(), ""): table}, {}, ExistingView())
        for name in ("CONTACTS", "DEALS")
    )

    names = types(contacts)
    assert names["PROPERTIES_BIRTHDAY2"] == "DATE"
    assert names["PROPERTIES_OWNER_ID"] == "FLOAT"
    assert "PROPERTIES_OLD-CHOICE" in names
    assert names["COMPANIES"] == "VARIANT"
    assert names["_AIRBYTE_EXTRACTED_AT"] == "TIMESTAMP_TZ"
    # the older names that Airbyte adds, unless a property has the name
    assert names["PROPERTIES_HS_LIFECYCLESTAGE_LEAD_DATE"] == "TIMESTAMP_TZ"
    assert types(deals)["PROPERTIES_HS_DATE_ENTERED_LEAD"] == "TIMESTAMP_TZ"
    assert types(deals)["PROPERTIES_HS_DATE_EXITED_LEAD"] == "DATE"
