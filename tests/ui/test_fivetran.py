"""Settings: the way over from Fivetran, from the syncs that it takes to the comparison."""

from __future__ import annotations

import pytest

from page import fivetran_steps
from tests.ui.conftest import Open


def test_a_sync_there_is_keeps_its_settings_and_gets_what_fivetrans_tables_need() -> None:
    syncs = {"people": {"stream": "contacts", "schedule": "60 MINUTES", "history": ["email"]}}

    proposals = fivetran_steps.proposals(syncs, ["contacts", "deals", "owners"])

    assert [(each.name, each.change) for each in proposals] == [
        ("people", "set associations, include_archived"),
        ("deals", "a new sync"),
        ("owners", "a new sync"),
    ]
    assert proposals[0].settings == {
        **syncs["people"],
        "associations": ["companies"],
        "include_archived": True,
    }
    configured = {each.name: each.settings for each in proposals}
    assert fivetran_steps.proposals(configured, ["contacts", "deals", "owners"]) == []


def test_the_page_proposes_syncs_makes_the_views_and_says_what_is_lacking(
    open_page: Open,
) -> None:
    view, world = open_page({"contacts": 3})
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL configure_sync('contacts', PARSE_JSON('{\"properties\": [\"email\"]}'))")
    world.call("CALL ingest_hubspot('contacts')")

    view.draw().press("Settings")
    assert "contacts set history, associations, include_archived" in view.text

    view.press("Make the views")

    assert "DEAL_STAGE" in view.text
    assert "Change deals as step 1 says" in view.text
    assert world.rows("SELECT COUNT(PROPERTY_EMAIL) AS N FROM HUBSPOT_DATA.HUBSPOT.CONTACT")[0]["N"]


@pytest.mark.long
def test_views_in_several_schemas_are_compared_once_it_is_said_which(open_page: Open) -> None:
    view, world = open_page({"contacts": 3})
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL configure_sync('contacts', PARSE_JSON('{\"properties\": [\"email\"]}'))")
    world.call("CALL ingest_hubspot('contacts')")
    for schema in ("HUBSPOT", "SECOND"):
        world.call(f'CALL make_fivetran_views(PARSE_JSON(\'{{"schema": "{schema}"}}\'))')
    world.rows("CREATE DATABASE FIVETRAN")
    world.rows("CREATE SCHEMA FIVETRAN.OLD")
    world.rows("CREATE TABLE FIVETRAN.OLD.CONTACT AS SELECT * FROM HUBSPOT_DATA.SECOND.CONTACT")
    for grant in ("USAGE ON DATABASE FIVETRAN", "USAGE ON SCHEMA FIVETRAN.OLD"):
        world.rows(f"GRANT {grant} TO APPLICATION HUBSPOT_INGEST")
    world.rows("GRANT SELECT ON ALL TABLES IN SCHEMA FIVETRAN.OLD TO APPLICATION HUBSPOT_INGEST")

    # what was made last is the session's current schema
    world.rows("USE SCHEMA HUBSPOT_INGEST.CORE")

    view.draw().press("Settings")
    view.fill("Fivetran's database", "FIVETRAN").fill("Fivetran's schema", "OLD").press("Compare")
    assert "name one" in view.text

    view.fill("Schema of the views", "HUBSPOT_DATA.second").press("Compare")

    assert "CONTACT 3 0" in view.text


def test_a_table_that_could_not_be_compared_says_why_and_hides_no_other() -> None:
    kinds = ("missing_here", "missing_there", "deleted_there", "deleted", "earlier", "later")
    counts = dict.fromkeys((*kinds, "rounding"), 1)
    line = {"table": "DEAL", "equal": 1000, "different": 0, "deleted_here": 2, "columns": {}}
    answer = {"tables": [{"table": "FORM", "error": "no such column"}, {**line, **counts}]}

    assert fivetran_steps.unlike(answer) == [
        ("FORM", "", "", "", "", "no such column"),
        ("DEAL", "1,000", "0", "5", "4", ""),
    ]
