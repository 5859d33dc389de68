"""Data: what has landed, with HubSpot's own names."""

from __future__ import annotations

from typing import Any

import pytest

from page import diagram, queries
from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.viewing import View


def landed(open_page: Open) -> tuple[View, World]:
    """The tables of a HubSpot with contacts and companies."""
    view, world = open_page({"contacts": 12, "companies": 3})
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL discover()")
    for sync in ("contacts", "companies"):
        world.call(f"CALL ingest_hubspot('{sync}')")
    view.draw().press("Data")
    return view, world


def test_before_anything_landed_the_page_says_when_it_will(open_page: Open) -> None:
    view, _ = open_page()

    view.draw().press("Data")

    assert "Nothing has landed yet" in view.text


def test_the_preview_shows_rows_and_leads_to_the_record(open_page: Open) -> None:
    view, world = landed(open_page)

    view.select("Table", "contacts")

    [table] = view.test.dataframe
    assert len(table.value) == 12
    id_ = world.ids()[0]
    urls = dict(zip(table.value["ID"], table.value["In HubSpot"], strict=True))
    assert urls[id_] == f"https://app.hubspot.com/contacts/{world.portal.id}/record/0-1/{id_}"


@pytest.mark.long
def test_rows_that_are_gone_are_told_apart_and_shown_where_their_marks_are(
    open_page: Open,
) -> None:
    view, world = landed(open_page)
    world.rows(
        "UPDATE HUBSPOT_DATA.CRM.CONTACTS SET _DELETED_AT = UPDATED_AT, "
        f"_DELETE_KIND = 'FILTERED_OUT' WHERE ID <> '{world.ids()[0]}'"
    )

    view = View(world).draw().press("Data").select("Table", "contacts")

    assert "HUBSPOT_DATA.CRM.CONTACTS 1 row, and 11 deleted or filtered out" in view.text
    [table] = view.test.dataframe
    assert list(table.value["ID"]) == world.ids()[:1]
    [columns] = [box for box in view.test.multiselect if box.label == "Columns"]
    columns.set_value(["ID", "_DELETE_KIND"])
    [table] = view.draw().test.dataframe
    assert len(table.value) == 12


@pytest.mark.long
def test_a_run_that_failed_hides_no_table(open_page: Open) -> None:
    view, world = landed(open_page)
    world.portal.expire(world.portal.token)
    world.call("CALL ingest_hubspot('contacts')")

    view.press("Syncs").press("Data").select("Table", "contacts")

    [table] = view.test.dataframe
    assert len(table.value) == 12


def test_columns_tell_labels_types_and_fill(open_page: Open) -> None:
    view, _ = landed(open_page)

    view.choose("data-part", "Columns").select("Table", "contacts")

    [table] = view.test.dataframe
    email = table.value.set_index("Column").loc["PROPERTIES_EMAIL"]
    assert (email["HubSpot label"], email["Property"]) == ("Email", "email")
    assert 0 < email["Filled"] <= 1


def explained(view: View, id_: str) -> View:
    """The answer to why a contact's row is as it is."""
    view.choose("data-part", "Explain a row").select("Table", "contacts")
    return view.fill("Address, id or e-mail", id_).press("Explain")


def test_a_row_is_explained_by_a_sentence_and_what_it_rests_on(open_page: Open) -> None:
    view, world = landed(open_page)
    id_ = world.ids()[0]

    explained(view, id_)

    assert f"{id_} As in HubSpot Open it in HubSpot" in view.text
    assert "as HubSpot has it." in view.text
    assert "Is There There" in view.text


@pytest.mark.long
def test_a_record_is_explained_where_the_filter_let_nothing_land(open_page: Open) -> None:
    view, world = landed(open_page)
    nobody = {"filters": [{"propertyName": "firstname", "operator": "EQ", "value": "Nobody"}]}
    world.configure("nobody", {"stream": "contacts", "filter_groups": [nobody]})
    world.call("CALL ingest_hubspot('nobody')")

    view = View(world).draw().press("Data").select("Table", "nobody")
    assert "No row has landed yet" in view.text
    view.choose("data-part", "Explain a row")
    view.fill("Address, id or e-mail", world.ids()[0]).press("Explain")

    assert "Not taken by the filter" in view.text


@pytest.mark.long
def test_a_missing_row_leads_to_the_comparison_that_brings_it_back(open_page: Open) -> None:
    view, world = landed(open_page)
    world.rows("UPDATE STATE.PROGRESS SET SETTLED_THROUGH = DATEADD(HOUR, 1, SYSDATE())")
    gone = world.ids()[0]
    world.rows(f"DELETE FROM HUBSPOT_DATA.CRM.CONTACTS WHERE ID = '{gone}'")

    explained(view, gone)

    assert "Not in the table" in view.text
    view.press("Compare the table with HubSpot")
    assert "Contacts, compared" in view.text


@pytest.mark.long
def test_a_deletion_that_is_not_marked_yet_is_told_with_when_it_will_be(open_page: Open) -> None:
    view, world = landed(open_page)
    id_ = world.ids()[0]
    world.portal.archive("contacts", id_)

    explained(view, id_)

    assert "In HubSpot's recycle bin" in view.text
    assert "Is There In the recycle bin" in view.text
    assert "follows it up" in view.text


@pytest.mark.long
def test_a_pasted_address_is_explained_by_its_id(open_page: Open) -> None:
    view, world = landed(open_page)
    id_ = world.ids()[0]

    explained(view, f"https://app-eu1.hubspot.com/contacts/{world.portal.id}/record/0-1/{id_}/view")

    assert f"{id_} As in HubSpot Open it in HubSpot" in view.text


@pytest.mark.long
def test_an_id_that_was_not_given_is_asked_for(open_page: Open) -> None:
    view, _ = landed(open_page)

    explained(view, " ")

    assert "Give its address, id or e-mail first" in view.text
    assert not [statement for statement, _ in view.session.sent if "EXPLAIN_ROW" in statement]


@pytest.mark.long
def test_the_sample_queries_run_as_they_stand(open_page: Open) -> None:
    view, world = landed(open_page)

    view.choose("data-part", "Queries").select("Table", "contacts")

    queries = [block.value for block in view.test.code]
    assert len(queries) >= 5
    assert any("CONTACTS_CURRENT" in query and "__LABEL" in query for query in queries)
    for query in queries:
        world.rows(query.rstrip(";"))


def test_the_diagram_draws_the_columns_of_ids(open_page: Open) -> None:
    view, _ = landed(open_page)

    view.choose("data-part", "Diagram")

    [chart] = view.test.get("graphviz_chart")
    proto: Any = chart.proto
    drawn = proto.spec
    arrow = '"HUBSPOT_DATA.CRM.CONTACTS":"COMPANIES_IDS" -> "HUBSPOT_DATA.CRM.COMPANIES"'
    assert arrow in drawn
    assert "12 rows" in drawn


@pytest.mark.long
def test_the_diagram_is_a_list_too(open_page: Open) -> None:
    view, _ = landed(open_page)

    view.choose("data-part", "Diagram")

    assert "CONTACTS COMPANIES_IDS COMPANIES" in " ".join(view.text.split())


def test_of_many_tables_the_diagram_draws_those_around_one() -> None:
    tables = {f"D.S.{name}": name.lower() for name in ("CONTACTS", "COMPANIES", "DEALS", "NOTES")}
    links = diagram.arrows(tables, {"D.S.CONTACTS": ["COMPANIES_IDS"], "D.S.DEALS": ["NOTES_IDS"]})

    shown, arrows = diagram.around("D.S.COMPANIES", tables, links)

    assert sorted(shown) == ["D.S.COMPANIES", "D.S.CONTACTS"]
    assert arrows == [("D.S.CONTACTS", "COMPANIES_IDS", "COMPANIES")]


@pytest.mark.long
def test_values_are_shown_by_hubspots_labels_unless_they_are_wanted_as_stored(
    open_page: Open,
) -> None:
    view, world = landed(open_page)
    [stored] = world.rows(
        "SELECT MIN(PROPERTIES_LIFECYCLESTAGE) AS STAGE FROM HUBSPOT_DATA.CRM.CONTACTS "
        "WHERE PROPERTIES_LIFECYCLESTAGE LIKE '%qualified%'"
    )

    view.select("Table", "contacts")
    labels = set(view.test.dataframe[0].value["PROPERTIES_LIFECYCLESTAGE"])
    view.switch("Values by HubSpot's labels", on=False)
    values = set(view.test.dataframe[0].value["PROPERTIES_LIFECYCLESTAGE"])

    assert stored["STAGE"] in values
    assert stored["STAGE"] not in labels


def test_queries_read_the_view_of_living_records_where_there_is_one() -> None:
    columns = {"ID": "TEXT", "UPDATED_AT": "TIMESTAMP_NTZ", "STAGE": "TEXT", "_DELETED_AT": "X"}
    labels = {"STAGE": {"TYPE": "enumeration", "LABEL": "Stage"}}

    def statements(current: set[str]) -> str:
        return "\n".join(
            query for _, query in queries.samples("D.S.T", columns, labels, (), current)
        )

    assert "FROM D.S.T\nWHERE _DELETED_AT IS NULL" in statements(set())
    assert "SELECT ID, STAGE, UPDATED_AT\nFROM D.S.T_CURRENT\nORDER" in statements({*columns})
    assert "GROUP BY STAGE__LABEL" in statements({*columns, "STAGE__LABEL"})
