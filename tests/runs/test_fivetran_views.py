"""Views in Fivetran's shape hold what landed, after two runs with changes in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from hubspot_ingest.diagnose import doctor
from hubspot_ingest.inbound.load.shapes.fivetran_views import FIVETRAN_VIEWS
from hubspot_sandbox import Portal
from snowflake_sandbox import Engine
from tests.runs.conftest import as_installed
from tests.runs.world import HOUR, NOW, HandClock, World, on_an_empty_stack

FIVETRAN = "HUBSPOT_DATA.HUBSPOT"
SETTINGS: dict[str, dict[str, Any]] = {
    "contacts": {
        "properties": ["email", "firstname", "hs_*merged*", "hs_calc*form*", "lucky*"],
        "associations": ["companies"],
        "include_archived": True,
    },
    "deals": {
        "properties": ["dealname", "amount", "closedate", "dealstage", "pipeline", "hubspot_o*"],
        "associations": ["contacts"],
        "history": ["dealstage"],
        "include_archived": True,
    },
    "calls": {"properties": ["hs_timestamp", "hubspot_owner_id"], "associations": ["deals"]},
    "forms": {},
    "form_submissions": {},
    "email_events": {},
    "marketing_events": {},
}


@dataclass
class Story:
    """What happened in the portal between the two runs of each sync, by the ids it happened to."""

    world: World
    ids: dict[str, str] = field(default_factory=dict)
    answers: list[dict[str, Any]] = field(default_factory=list)
    first_views: set[str] = field(default_factory=set)

    def rows(self, query: str, *binds: object) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self.world.rows(query, binds)]

    def lines(self, answer: dict[str, Any]) -> dict[str, dict[str, str]]:
        return {line["view"]: line for line in answer["views"]}


@pytest.fixture(scope="module")
def story(installed: Engine) -> Iterator[Story]:
    """Landed, viewed, changed and landed again."""
    clock = HandClock()
    portal = Portal(1, clock.now, {"contacts": 6, "companies": 3, "deals": 4, "calls": 2})
    with World(as_installed(installed), clock=clock, portal=portal) as world:
        story = Story(world)
        _begin(story)
        for sync, settings in SETTINGS.items():
            world.syncs.save(sync, sync, settings, clock.now())
        world.run("contacts")
        story.answers.append(world.call("CALL make_fivetran_views()"))
        # the app would make a view of that name once there are e-mails
        world.rows(f"CREATE VIEW {FIVETRAN}.EMAIL_EVENT_PRINT AS SELECT 'mine' AS ID")
        for sync in [*SETTINGS][1:]:
            world.run(sync)
        views = f"SHOW VIEWS IN SCHEMA {FIVETRAN}"
        story.first_views = {str(row["name"]) for row in world.rows(views)}
        world.rows("CREATE ROLE IF NOT EXISTS FINANCE")
        world.rows(f"GRANT SELECT ON VIEW {FIVETRAN}.CONTACT TO ROLE FINANCE")
        clock.advance(5 * HOUR)
        _change(story)
        clock.advance(5 * HOUR)
        for sync in ("contacts", "deals", "calls", "form_submissions", "email_events"):
            world.run(sync)
        story.answers.append(world.call("CALL make_fivetran_views()"))
        yield story


def _begin(story: Story) -> None:
    portal, ids = story.world.portal, story.ids
    names = ("first", "second", "archived", "live", "linked", "unlinked")
    ids |= dict(zip(names, (record.id for record in portal.records("contacts")), strict=True))
    company = ids["company"] = next(portal.records("companies")).id
    deals = [record.id for record in portal.records("deals")]
    ids |= {"deal": deals[0], "other_deal": deals[1]}
    portal.update("deals", deals[0], {"dealstage": "appointmentscheduled", "amount": "10.5"})
    calls = [record.id for record in portal.records("calls")]
    ids |= {"call": calls[0], "deleted_call": calls[1]}
    for call in calls:
        portal.associate("calls", call, "deals", deals[0])
    portal.associate("contacts", ids["linked"], "companies", company, label="Adviser")
    portal.associate("contacts", ids["unlinked"], "companies", company)
    portal.update("contacts", ids["live"], {"email": "ada@example.com"})
    ids["form"] = portal.forms.add("Contact us")


def _change(story: Story) -> None:
    portal, ids = story.world.portal, story.ids
    ids["merged"] = portal.merge("contacts", ids["first"], ids["second"])
    portal.archive("contacts", ids["archived"])
    portal.disassociate("contacts", ids["unlinked"], "companies", ids["company"])
    portal.update("contacts", ids["unlinked"], {"firstname": "Grace"})
    portal.add_property("contacts", "luckyNumber2", "number")
    portal.update("contacts", ids["live"], {"luckyNumber2": "7"})
    portal.add_property("contacts", "hs_calculated_form_submissions", "string")
    counted = {"hs_calculated_form_submissions": f"{ids['form']}::counted::{NOW}"}
    portal.update("contacts", ids["linked"], counted)
    portal.update("deals", ids["deal"], {"dealstage": "closedwon"})
    portal.archive("calls", ids["deleted_call"])
    ids["submission"] = portal.forms.submit(ids["form"], {"email": "Ada@Example.com"})
    email = portal.mail.add("News", state="PUBLISHED")
    sent = portal.mail.event("SENT", email, "ada@example.com")
    for kind in ("DELIVERED", "OPEN", "OPEN", "CLICK"):
        by = {"id": sent, "created": story.world.clock.now()}
        portal.mail.event(kind, email, "ada@example.com", sentBy=by)
    ids["sent"] = sent


# -- which views there are ------------------------------------------------------------------------


def test_a_view_says_what_would_bring_it_and_comes_with_the_run_that_does(story: Story) -> None:
    first, second = (story.lines(answer) for answer in story.answers)

    assert first["CONTACT"]["status"] == "MADE"
    assert first["DEAL"] == {
        "view": "DEAL",
        "status": "NOT_MADE",
        "why": "the sync deals has not run to its end yet",
        "statement": "CALL ingest_hubspot('deals')",
    }
    assert '"history": ["*"]' in first["TICKET_PROPERTY_HISTORY"]["statement"]
    # runs made them, that of a stream that held nothing too
    assert {"DEAL", "DEAL_STAGE", "MARKETING_EVENT"} <= story.first_views
    assert {line["status"] for line in second.values()} == {"UNCHANGED", "NOT_MADE"}
    history = second["CONTACT_PROPERTY_HISTORY"]
    assert history["status"] == "NOT_MADE"
    assert history["statement"].startswith("CALL configure_sync('contacts', PARSE_JSON('{")
    assert '"associations": ["companies"]' in history["statement"]


@pytest.mark.long
def test_a_stream_that_held_nothing_has_an_empty_view_with_types(story: Story) -> None:
    columns = story.world.columns(f"{FIVETRAN}.MARKETING_EVENT")

    assert story.rows(f"SELECT * FROM {FIVETRAN}.MARKETING_EVENT") == []
    assert columns["ID"][0] == "NUMBER"
    assert columns["START_DATE_TIME"][0] == "TIMESTAMP_TZ"


@pytest.mark.long
def test_a_gap_is_null_and_says_so(story: Story) -> None:
    columns = story.world.columns(f"{FIVETRAN}.FORM")

    assert columns["FOLLOW_UP_ID"][1].startswith("Always NULL: ")
    assert story.rows(f"SELECT COUNT(FOLLOW_UP_ID) FROM {FIVETRAN}.FORM") == [(0,)]


@pytest.mark.long
def test_a_new_property_came_with_its_run_and_took_no_grant_away(story: Story) -> None:
    live = story.ids["live"]
    lucky = f"SELECT PROPERTY_LUCKY_NUMBER_2 FROM {FIVETRAN}.CONTACT WHERE ID = ?"
    grants = story.world.rows(f"SHOW GRANTS ON VIEW {FIVETRAN}.CONTACT")

    assert story.rows(lucky, live) == [(7.0,)]
    assert "FINANCE" in {row["grantee_name"] for row in grants}


@pytest.mark.long
def test_what_is_the_users_own_stays_and_doctor_names_it(story: Story) -> None:
    world = story.world
    line = story.lines(story.answers[1])["EMAIL_EVENT_PRINT"]
    report = on_an_empty_stack(lambda: dict(doctor.doctor_report(world.context)))

    assert line["status"] == "NOT_MADE"
    assert "something else has that name" in line["why"]
    assert story.rows(f"SELECT ID FROM {FIVETRAN}.EMAIL_EVENT_PRINT") == [("mine",)]
    assert any(
        "EMAIL_EVENT_PRINT is not as it should be" in row["finding"] for row in report["findings"]
    )


# -- what is in them ------------------------------------------------------------------------------


@pytest.mark.long
def test_survivors_are_live_and_what_was_merged_or_archived_is_deleted(story: Story) -> None:
    ids = story.ids
    deleted = dict(story.rows(f"SELECT ID::VARCHAR, _FIVETRAN_DELETED FROM {FIVETRAN}.CONTACT"))

    assert {name for name in ("first", "second", "archived") if deleted[ids[name]]} == {
        "first",
        "second",
        "archived",
    }
    assert not deleted[ids["merged"]]
    assert not deleted[ids["live"]]
    audit = f"SELECT VID_TO_MERGE FROM {FIVETRAN}.CONTACT_MERGE_AUDIT WHERE CANONICAL_VID = ?"
    assert {str(vid) for (vid,) in story.rows(audit, ids["merged"])} == {
        ids["first"],
        ids["second"],
    }


@pytest.mark.long
def test_a_deal_has_one_active_stage_and_no_gap_between_stages(story: Story) -> None:
    deal = story.ids["deal"]
    stages = story.rows(
        "SELECT VALUE, _FIVETRAN_ACTIVE, DATEDIFF('millisecond', _FIVETRAN_END, "
        "LEAD(_FIVETRAN_START) OVER (ORDER BY DATE_ENTERED)) AS GAP "
        f"FROM {FIVETRAN}.DEAL_STAGE WHERE DEAL_ID = ? ORDER BY DATE_ENTERED",
        deal,
    )
    current = (
        f"SELECT DEAL_PIPELINE_STAGE_ID, PROPERTY_AMOUNT FROM {FIVETRAN}.DEAL WHERE DEAL_ID = ?"
    )

    assert [stage for stage, active, _ in stages if active] == ["closedwon"]
    assert [stage for stage, _, _ in stages][-2:] == ["appointmentscheduled", "closedwon"]
    assert {gap for _, _, gap in stages[:-1]} == {1}
    assert story.rows(current, deal) == [("closedwon", 10.5)]


@pytest.mark.long
def test_links_that_were_removed_are_gone_and_a_label_is_a_link_of_its_own(story: Story) -> None:
    ids = story.ids
    links = story.rows(
        f"SELECT CONTACT_ID::VARCHAR, CATEGORY FROM {FIVETRAN}.CONTACT_COMPANY "
        "WHERE COMPANY_ID = ?",
        ids["company"],
    )

    assert ids["unlinked"] not in {contact for contact, _ in links}
    assert "USER_DEFINED" in {category for contact, category in links if contact == ids["linked"]}


@pytest.mark.long
def test_a_call_is_linked_to_its_deal_once_and_a_deleted_one_not_at_all(story: Story) -> None:
    ids = story.ids
    linked = story.rows(
        f"SELECT ENGAGEMENT_ID::VARCHAR, ENGAGEMENT_TYPE FROM {FIVETRAN}.ENGAGEMENT_DEAL "
        "WHERE DEAL_ID = ?",
        ids["deal"],
    )
    deleted = dict(story.rows(f"SELECT ID::VARCHAR, _FIVETRAN_DELETED FROM {FIVETRAN}.ENGAGEMENT"))

    assert linked.count((ids["call"], "CALL")) == 1
    assert ids["deleted_call"] not in {call for call, _ in linked}
    assert deleted == {ids["call"]: False, ids["deleted_call"]: True}


@pytest.mark.long
def test_what_follows_a_sending_leads_to_its_own_event(story: Story) -> None:
    counts = story.rows(
        f"SELECT e.TYPE, COUNT(*) FROM {FIVETRAN}.EMAIL_EVENT e "
        f"JOIN {FIVETRAN}.EMAIL_EVENT_SENT s ON s.ID = e.SENT_BY_ID "
        "WHERE s.ID = ? GROUP BY e.TYPE",
        story.ids["sent"],
    )

    assert dict(counts) == {"SENT": 1, "DELIVERED": 1, "OPEN": 2, "CLICK": 1}
    assert story.rows(f"SELECT COUNT(*) FROM {FIVETRAN}.EMAIL_EVENT_OPEN") == [(2,)]


@pytest.mark.long
def test_a_submission_is_that_of_whom_hubspot_counts_it_to_or_of_the_address(story: Story) -> None:
    ids = story.ids
    rows = story.rows(
        "SELECT CONTACT_ID::VARCHAR, CONVERSION_ID, TITLE, FORM_ID, "
        f"DATE_PART(EPOCH_MILLISECOND, TIMESTAMP) FROM {FIVETRAN}.CONTACT_FORM_SUBMISSION"
    )

    assert {row[:4] for row in rows} == {
        (ids["live"], ids["submission"], "Contact us", ids["form"]),
        (ids["linked"], "counted", "Contact us", ids["form"]),
    }
    assert NOW in {at for *_, at in rows}


@pytest.mark.long
def test_instants_are_those_that_landed_whatever_the_sessions_time_zone(story: Story) -> None:
    [(landed, viewed, synced)] = story.rows(
        "SELECT DATE_PART(EPOCH_MILLISECOND, l.CREATED_AT), "
        "DATE_PART(EPOCH_MILLISECOND, o.CREATED_AT), "
        "DATE_PART(EPOCH_MILLISECOND, o._FIVETRAN_SYNCED) FROM HUBSPOT_DATA.CRM.FORMS l "
        f"JOIN {FIVETRAN}.FORM o ON o.GUID = l.ID"
    )

    assert landed == viewed
    assert synced == NOW


@pytest.mark.long
def test_no_key_stands_twice_and_no_row_lacks_its_time(story: Story) -> None:
    made = {line["view"] for line in story.answers[1]["views"] if line["status"] != "NOT_MADE"}
    checks = [
        f"SELECT '{spec.name}' AS V, COUNT(*) - COUNT(DISTINCT {', '.join(spec.key)}) AS TWICE, "
        f"COUNT(*) - COUNT(_FIVETRAN_SYNCED) AS UNDATED FROM {FIVETRAN}.{spec.name}"
        for spec in FIVETRAN_VIEWS
        if spec.name in made
    ]

    assert len(checks) > 25
    for check in checks:
        [(view, twice, undated)] = story.rows(check)
        assert (twice, undated) == (0, 0), view


def test_a_schema_with_the_same_rows_agrees_and_a_planted_difference_is_named(story: Story) -> None:
    world, live = story.world, story.ids["live"]
    world.rows("CREATE DATABASE FIVETRAN")
    world.rows("CREATE SCHEMA FIVETRAN.OLD")
    for view in ("CONTACT", "DEAL_STAGE", "FORM"):
        world.rows(f"CREATE TABLE FIVETRAN.OLD.{view} AS SELECT * FROM {FIVETRAN}.{view}")
    # Fivetran had no types of links once: a pair is one row; and a table that is in no list
    world.rows(
        "CREATE TABLE FIVETRAN.OLD.CONTACT_COMPANY AS SELECT DISTINCT CONTACT_ID, COMPANY_ID "
        f"FROM {FIVETRAN}.CONTACT_COMPANY"
    )
    world.rows("CREATE TABLE FIVETRAN.OLD.EMAIL_EVENT AS SELECT 'click' AS TYPE")
    world.rows("CREATE TABLE FIVETRAN.OLD.CALENDAR_EVENT AS SELECT 1 AS ID")
    world.rows("CREATE TABLE FIVETRAN.OLD.MARKETING_EVENT AS SELECT 1e300::FLOAT AS ID")
    compare = "CALL HUBSPOT_INGEST.CORE.COMPARE_FIVETRAN('FIVETRAN', 'OLD')"
    refused = world.call(compare)
    assert refused["response_code"] == "GRANT_MISSING"
    for grant in refused["message"].partition("if they are there: ")[2].split("; "):
        world.rows(grant)

    answer = world.call(compare)
    lines = {line["table"]: line for line in answer["tables"]}
    assert answer["message"] == (
        "4 tables compared, 4 of them agree; "
        "not compared: EMAIL_EVENT, MARKETING_EVENT; not here: CALENDAR_EVENT"
    )
    assert answer["tables_missing_here"] == ["CALENDAR_EVENT"]
    assert lines["MARKETING_EVENT"]["error"].startswith("a statement failed: ")
    assert lines["EMAIL_EVENT"]["why"].startswith("not compared: theirs has no ID,")
    assert "FOLLOW_UP_ID" in lines["FORM"]["columns_missing_here"]

    # views in two schemas: it has to be said which
    world.rows(
        "INSERT INTO HUBSPOT_INGEST.STATE.SHAPES (SHAPE, DATABASE_NAME, SCHEMA_NAME, SETTINGS, "
        "MADE_AT) SELECT SHAPE, DATABASE_NAME, 'SECOND', SETTINGS, MADE_AT FROM "
        "HUBSPOT_INGEST.STATE.SHAPES"
    )
    assert "name one" in world.call(compare)["message"]
    compare = compare.replace("'OLD'", """'OLD', PARSE_JSON('{"schema": "hubspot"}')""")

    world.rows("UPDATE FIVETRAN.OLD.CONTACT SET PROPERTY_EMAIL = 'a@b.c' WHERE ID = ?", (live,))
    answer = world.call(compare)
    [contact] = [line for line in answer["tables"] if line["table"] == "CONTACT"]
    world.rows("DELETE FROM HUBSPOT_INGEST.STATE.SHAPES WHERE SCHEMA_NAME = 'SECOND'")

    assert "look at CONTACT;" in answer["message"]
    assert contact["different"] == 1
    assert contact["columns"] == {"PROPERTY_EMAIL": 1}
    assert contact["examples"] == {"different": [live]}


@pytest.mark.long
def test_airbytes_shape_is_made_of_the_same_tables_and_dropped(story: Story) -> None:
    world, ids = story.world, story.ids

    made = story.lines(world.call("CALL HUBSPOT_INGEST.CORE.MAKE_AIRBYTE_VIEWS()"))
    rows = story.rows(
        "SELECT ID, ARCHIVED, PROPERTIES_EMAIL, PROPERTIES:email::VARCHAR, _AIRBYTE_GENERATION_ID "
        "FROM HUBSPOT_DATA.AIRBYTE.CONTACTS WHERE ID IN (?, ?)",
        ids["live"],
        ids["archived"],
    )
    columns = world.columns("HUBSPOT_DATA.AIRBYTE.CONTACTS")
    dropped = world.call("CALL HUBSPOT_INGEST.CORE.DROP_AIRBYTE_VIEWS()")["views"]

    assert {view for view, line in made.items() if line["status"] == "MADE"} == {*dropped}
    assert {"CONTACTS", "DEALS", "ENGAGEMENTS_CALLS"} == {*dropped}
    assert {row[:2] for row in rows} == {(ids["live"], False), (ids["archived"], True)}
    assert (ids["live"], False, "ada@example.com", "ada@example.com", 0) in rows
    assert columns["_AIRBYTE_GENERATION_ID"][0] == "NUMBER"
    there = "SELECT TABLE_NAME FROM HUBSPOT_DATA.INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = ?"
    assert story.rows(there, "AIRBYTE") == []
