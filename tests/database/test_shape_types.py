"""Each view in another product's shape has the types that were promised, without a row too."""

from __future__ import annotations

import pytest

from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.inbound.load.shapes.airbyte_views import AIRBYTE_VIEWS
from hubspot_ingest.inbound.load.shapes.fivetran_views import FIVETRAN_VIEWS
from hubspot_ingest.inbound.load.shapes.landed import nothing_landed
from hubspot_ingest.inbound.load.shapes.rendering import ExistingView, rendered
from hubspot_ingest.inbound.load.shapes.view_spec import Sql, ViewSpec, ViewType

REPORTED = {
    ViewType.NUMBER: "NUMBER",
    ViewType.FLOAT: "FLOAT",
    ViewType.TEXT: "TEXT",
    ViewType.BOOLEAN: "BOOLEAN",
    ViewType.INSTANT: "TIMESTAMP_TZ",
    ViewType.DATE: "DATE",
}
OTHERS = {(stream, ""): nothing_landed(stream, "") for stream in ("contacts", "forms")}
OTHERS |= {("form_submissions", ""): nothing_landed("form_submissions", "")}


@pytest.mark.parametrize("views", [FIVETRAN_VIEWS, AIRBYTE_VIEWS], ids=["Fivetran", "Airbyte"])
def test_a_view_over_tables_that_have_no_row_yet_has_the_types_of_its_columns(
    bare: Database, views: tuple[ViewSpec, ...]
) -> None:
    for spec in views:
        tables = {
            (source.stream, source.part): nothing_landed(source.stream, source.part)
            for source in spec.sources
        }
        view = rendered(spec, tables, OTHERS, ExistingView())
        bare.rows(view.create(Table("D", "S", spec.name), "Nothing"))

    rows = bare.rows(
        "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE FROM D.INFORMATION_SCHEMA.COLUMNS "
        "WHERE TABLE_SCHEMA = 'S'"
    )
    types = {(row["TABLE_NAME"], row["COLUMN_NAME"]): row["DATA_TYPE"] for row in rows}
    for spec in views:
        for column in spec.columns:
            place = (spec.name, column.name)
            if column.type is ViewType.VARIANT:
                assert types[place] in {"VARIANT", "ARRAY"}, place
            else:
                assert types[place] == REPORTED[column.type], place


@pytest.mark.parametrize("spec", FIVETRAN_VIEWS, ids=[spec.name for spec in FIVETRAN_VIEWS])
def test_every_view_says_when_a_row_was_synced(spec: ViewSpec) -> None:
    [synced] = [column for column in spec.columns if column.name == "_FIVETRAN_SYNCED"]

    assert synced.type is ViewType.INSTANT


def test_an_object_is_called_by_its_singular(bare: Database) -> None:
    objects = {
        "contacts": "contact",
        "companies": "company",
        "line_items": "line_item",
        "taxes": "tax",
        "courses": "course",
        "postal_mail": "postal_mail",
        "2-1234": "2-1234",
    }
    [spec] = [spec for spec in FIVETRAN_VIEWS if spec.name == "PROPERTY"]
    [value] = [column.value for column in spec.columns if column.name == "HUBSPOT_OBJECT"]
    assert isinstance(value, Sql)
    listed = " UNION ALL ".join(f"SELECT '{name}' AS OBJECT_TYPE" for name in objects)

    rows = bare.rows(f"SELECT OBJECT_TYPE, {value.text} AS OBJECT FROM ({listed}) t")

    assert {row["OBJECT_TYPE"]: row["OBJECT"] for row in rows} == objects
