"""Views in Fivetran's shape show a portal as it is after it was changed between two runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from hubspot_ingest.inbound.load.shapes import shape_views
from hubspot_sandbox import Portal
from snowflake_sandbox import Engine
from tests.runs.conftest import as_installed
from tests.runs.fivetran_story import FIVETRAN, SETTINGS, Story, begin, change
from tests.runs.world import HOUR, NOW, HandClock, World, on_an_empty_stack


@pytest.fixture(scope="module")
def story(installed: Engine) -> Iterator[Story]:
    """Landed, viewed, changed and landed again."""
    clock = HandClock()
    records = {"contacts": 3, "companies": 3, "deals": 4, "tickets": 2, "notes": 2}
    portal = Portal(1, clock.now, records)
    with World(as_installed(installed), clock=clock, portal=portal) as world:
        story = Story(world)
        begin(story)
        for sync, settings in SETTINGS.items():
            world.syncs.save(sync, sync, settings, clock.now())
        story.run()
        on_an_empty_stack(lambda: shape_views.make(world.context, shape_views.FIVETRAN, None))
        clock.advance(HOUR)
        change(story)
        clock.advance(25 * HOUR)
        story.run()
        yield story


# -- records --------------------------------------------------------------------------------------


def test_records_are_as_the_portal_has_them(story: Story) -> None:
    views = {
        "companies": ("COMPANY", "ID", {"name": "NAME", "address2": "ADDRESS_2", "tier": "TIER"}),
        "deals": ("DEAL", "DEAL_ID", {"dealname": "DEALNAME", "amount": "AMOUNT"}),
        "tickets": ("TICKET", "ID", {"subject": "SUBJECT", "closed_date": "CLOSED_DATE"}),
        "notes": ("ENGAGEMENT_NOTE", "ENGAGEMENT_ID", {"hs_note_body": "HS_NOTE_BODY"}),
    }
    for object_type, (view, key, columns) in views.items():
        listed = ", ".join(f"PROPERTY_{column}" for column in columns.values())
        live = f"SELECT {key}::VARCHAR, {listed} FROM {{v}}.{view} WHERE NOT _FIVETRAN_DELETED"
        expected = {
            record.id: tuple(record.properties.get(name) or None for name in columns)
            for record in story.portal.records(object_type)
        }

        viewed = {id: tuple(map(_as_hubspot, values)) for id, *values in story.rows(live)}

        assert viewed == {
            id: tuple(_as_hubspot(_number(value)) for value in values)
            for id, values in expected.items()
        }


def _number(text: str | None) -> object:
    try:
        return float(text or "")
    except ValueError:
        return text


def _as_hubspot(value: object) -> object:
    if isinstance(value, datetime):
        return (
            value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.")
            + f"{value.microsecond // 1000:03}Z"
        )
    return value


@pytest.mark.long
def test_tombstones_stay_and_say_so_in_every_view_of_records(story: Story) -> None:
    ids = story.ids
    deleted = {
        name
        for view, key in (("DEAL", "DEAL_ID"), ("COMPANY", "ID"), ("ENGAGEMENT", "ID"))
        for (name,) in story.rows(
            f"SELECT {key}::VARCHAR FROM {{v}}.{view} WHERE _FIVETRAN_DELETED"
        )
    }
    both = story.rows(
        "SELECT IS_DELETED = _FIVETRAN_DELETED FROM {v}.DEAL UNION "
        "SELECT IS_DELETED = _FIVETRAN_DELETED FROM {v}.COMPANY UNION "
        "SELECT IS_DELETED = _FIVETRAN_DELETED FROM {v}.TICKET"
    )

    gone = ("first_deal", "second_deal", "gone_deal", "gone_company", "gone_note")
    assert deleted == {ids[name] for name in gone}
    assert both == [(True,)]


@pytest.mark.long
def test_a_merged_deal_names_both_of_which_it_came_and_not_itself(story: Story) -> None:
    ids = story.ids
    merged = story.rows("SELECT DEAL_ID::VARCHAR, MERGED_DEAL_ID::VARCHAR FROM {v}.MERGED_DEAL")

    assert sorted(merged) == sorted(
        (ids["merged_deal"], ids[name]) for name in ("first_deal", "second_deal")
    )


@pytest.mark.long
def test_two_properties_that_spell_alike_keep_their_own_values(story: Story) -> None:
    columns = story.world.columns(f"{FIVETRAN}.COMPANY")
    by_property = {about.partition(": ")[0]: name for name, (_, about) in columns.items()}
    names = [by_property[prop] for prop in ("score__c", "score_c")]

    # the first had the name when the second came
    assert names[0] == "PROPERTY_SCORE_C"
    assert names[1].startswith("PROPERTY_SCORE_C_")
    listed = ", ".join(names)
    assert story.rows(f"SELECT {listed} FROM {{v}}.COMPANY WHERE ID = ?", story.ids["company"]) == [
        (1.5, 2.0)
    ]


# -- history and stages ---------------------------------------------------------------------------


def test_every_past_value_is_there_and_each_property_has_one_that_is_active(story: Story) -> None:
    ids = story.ids
    for view, key, id, name, values in (
        ("COMPANY_PROPERTY_HISTORY", "COMPANY_ID", "company", "name", ("Before", "After")),
        ("TICKET_PROPERTY_HISTORY", "TICKET_ID", "ticket", "hs_pipeline_stage", ("1", "2")),
    ):
        spans = story.rows(
            f"SELECT VALUE, _FIVETRAN_ACTIVE FROM {{v}}.{view} WHERE {key} = ? AND NAME = ? "
            "ORDER BY _FIVETRAN_START",
            *(ids[id], name),
        )
        assert tuple(value for value, _ in spans)[-2:] == values
        assert [value for value, active in spans if active] == [values[-1]]


@pytest.mark.long
def test_a_stage_leads_to_its_label_as_it_is_now_and_a_deleted_one_says_so(story: Story) -> None:
    won = story.rows(
        "SELECT s.LABEL, p.LABEL AS PIPELINE, s.IS_CLOSED, s.CLOSED_WON, s.PROBABILITY "
        "FROM {v}.DEAL d JOIN {v}.DEAL_PIPELINE_STAGE s "
        "ON s.STAGE_ID = d.DEAL_PIPELINE_STAGE_ID AND s.PIPELINE_ID = d.DEAL_PIPELINE_ID "
        "JOIN {v}.DEAL_PIPELINE p ON p.PIPELINE_ID = s.PIPELINE_ID WHERE d.DEAL_ID = ?",
        story.ids["deal"],
    )
    waiting = story.rows(
        "SELECT s.LABEL, s.IS_CLOSED FROM {v}.TICKET t JOIN {v}.TICKET_PIPELINE_STAGE s "
        "ON s.STAGE_ID = t.PROPERTY_HS_PIPELINE_STAGE AND s.PIPELINE_ID = t.PROPERTY_HS_PIPELINE "
        "WHERE t.ID = ?",
        story.ids["ticket"],
    )
    deleted = story.rows(
        "SELECT ACTIVE, _FIVETRAN_DELETED FROM {v}.DEAL_PIPELINE_STAGE WHERE STAGE_ID = "
        "'qualifiedtobuy'"
    )

    assert won == [("Closed won 🎉", "Sales Pipeline", True, True, 1.0)]
    assert waiting == [("Waiting on us", False)]
    assert deleted == [(False, True)]


# -- links and people -----------------------------------------------------------------------------


@pytest.mark.long
def test_a_note_is_counted_once_on_each_of_its_partners_and_a_deleted_one_never(
    story: Story,
) -> None:
    ids = story.ids
    for view, partner in (
        ("ENGAGEMENT_COMPANY", "COMPANY"),
        ("ENGAGEMENT_DEAL", "DEAL"),
        ("TICKET_ENGAGEMENT", "TICKET"),
    ):
        linked = story.rows(
            f"SELECT ENGAGEMENT_ID::VARCHAR FROM {{v}}.{view} WHERE {partner}_ID = ?",
            ids[partner.lower()],
        )
        assert linked == [(ids["note"],)], view


@pytest.mark.long
def test_an_association_that_was_removed_is_gone(story: Story) -> None:
    ids = story.ids
    linked = story.rows(
        "SELECT COMPANY_ID::VARCHAR FROM {v}.TICKET_COMPANY WHERE TICKET_ID = ?", ids["ticket"]
    )

    assert {company for (company,) in linked} == {ids["company"]}


@pytest.mark.long
def test_a_deal_leads_to_its_owner_the_owners_team_role_and_user(story: Story) -> None:
    names = story.rows(
        "SELECT o.FIRST_NAME, t.NAME AS TEAM, ot.IS_TEAM_PRIMARY, u.EMAIL, r.NAME, "
        "tu.IS_SECONDARY_USER "
        "FROM {v}.DEAL d JOIN {v}.OWNER o ON o.OWNER_ID = d.OWNER_ID "
        "JOIN {v}.OWNER_TEAM ot ON ot.OWNER_ID = o.OWNER_ID JOIN {v}.TEAM t ON t.ID = ot.TEAM_ID "
        "JOIN {v}.USERS u ON u.ID = o.ACTIVE_USER_ID JOIN {v}.ROLE r ON r.ID = u.ROLE_ID "
        "JOIN {v}.TEAM_USER tu ON tu.USER_ID = u.ID AND tu.TEAM_ID = u.PRIMARY_TEAM_ID "
        "WHERE d.DEAL_ID = ?",
        story.ids["deal"],
    )

    assert names == [("Grace", "Sales", True, "owner1@example.com", "Reporting only", False)]


# -- marketing ------------------------------------------------------------------------------------


@pytest.mark.long
def test_lists_of_companies_are_not_those_of_contacts_and_who_left_is_deleted(
    story: Story,
) -> None:
    ids = story.ids
    members = story.rows(
        "SELECT CONTACT_LIST_ID::VARCHAR, CONTACT_ID::VARCHAR, _FIVETRAN_DELETED "
        "FROM {v}.CONTACT_LIST_MEMBER"
    )
    lists = story.rows("SELECT NAME, _FIVETRAN_DELETED FROM {v}.CONTACT_LIST")

    assert {row[:2]: row[2] for row in members} == {
        (ids["list"], ids["contact"]): False,
        (ids["list"], ids["other_contact"]): True,
        (ids["gone_list"], ids["contact"]): True,
    }
    assert dict(lists) == {"Buyers": False, "Old": True}
    assert story.rows("SELECT NAME FROM {v}.COMPANY_LIST") == [("Resellers",)]
    partners = "SELECT COMPANY_LIST_ID::VARCHAR, COMPANY_ID::VARCHAR FROM {v}.COMPANY_LIST_MEMBER"
    assert story.rows(partners) == [(ids["company_list"], ids["company"])]


@pytest.mark.long
def test_a_sending_has_its_events_on_the_contact_and_on_the_campaign_too(story: Story) -> None:
    expected = {"SENT": 1, "DELIVERED": 1, "OPEN": 2, "CLICK": 1, "STATUSCHANGE": 1}
    by_contact = story.rows(
        "SELECT e.TYPE, COUNT(*) FROM {v}.EMAIL_EVENT e JOIN {v}.CONTACT c "
        "ON LOWER(c.PROPERTY_EMAIL) = LOWER(e.RECIPIENT) WHERE c.ID = ? AND e.SENT_BY_ID = ? "
        "GROUP BY e.TYPE",
        *(story.ids["contact"], story.ids["sent"]),
    )
    by_campaign = story.rows(
        "SELECT e.TYPE, COUNT(*) FROM {v}.EMAIL_EVENT e JOIN {v}.EMAIL_CAMPAIGN c "
        "ON c.ID = e.EMAIL_CAMPAIGN_ID WHERE c.CONTENT_ID = ? GROUP BY e.TYPE",
        story.ids["email"],
    )

    assert dict(by_contact) == dict(by_campaign) == expected | {"BOUNCE": 1, "SPAMREPORT": 1}


@pytest.mark.long
def test_events_of_each_type_stand_in_its_view_alone(story: Story) -> None:
    counts = {
        view: story.rows(f"SELECT COUNT(*) FROM {{v}}.EMAIL_EVENT_{view}")[0][0]
        for view in (
            *("SENT", "DELIVERED", "OPEN", "CLICK", "STATUS_CHANGE", "BOUNCE", "SPAM_REPORT"),
            *("DROPPED", "DEFERRED", "FORWARD", "PRINT", "SUPPRESSED"),
        )
    }
    bounced = story.rows(
        "SELECT BOUNCED, SUBSCRIPTIONS IS NOT NULL FROM {v}.EMAIL_EVENT_STATUS_CHANGE"
    )
    changes = story.rows("SELECT RECIPIENT, CHANGE FROM {v}.EMAIL_SUBSCRIPTION_CHANGE")

    assert {view for view, count in counts.items() if count} == {
        *("SENT", "DELIVERED", "OPEN", "CLICK", "STATUS_CHANGE", "BOUNCE", "SPAM_REPORT")
    }
    assert counts["OPEN"] == 2
    assert bounced == [(False, True)]
    assert [recipient for recipient, _ in changes] == ["ada@example.com"]


@pytest.mark.long
def test_a_submission_stands_once_with_the_contact_that_hubspot_counts_it_to(story: Story) -> None:
    rows = story.rows("SELECT CONVERSION_ID, CONTACT_ID::VARCHAR FROM {v}.CONTACT_FORM_SUBMISSION")

    assert rows == [(story.ids["conversion"], story.ids["other_contact"])]


# -- time -----------------------------------------------------------------------------------------


@pytest.mark.long
def test_instants_are_the_same_at_utc_whatever_the_time_zone_of_the_session(story: Story) -> None:
    queries = (
        "SELECT DATE_PART(EPOCH_MILLISECOND, PROPERTY_CREATEDATE) FROM {v}.TICKET ORDER BY ID",
        "SELECT DATE_PART(EPOCH_MILLISECOND, _FIVETRAN_END) FROM {v}.DEAL_STAGE "
        "ORDER BY DEAL_ID, DATE_ENTERED",
        "SELECT DATE_PART(EPOCH_MILLISECOND, SENT_BY_CREATED) FROM {v}.EMAIL_EVENT ORDER BY ID",
        "SELECT HOUR(PROPERTY_CREATEDATE) FROM {v}.TICKET ORDER BY ID",
    )
    at_utc = [story.rows(query) for query in queries]
    try:
        for zone in ("Asia/Tokyo", "America/Los_Angeles"):
            story.world.rows(f"ALTER SESSION SET TIMEZONE = '{zone}'")
            assert [story.rows(query) for query in queries] == at_utc
    finally:
        story.world.rows("ALTER SESSION UNSET TIMEZONE")

    assert at_utc[3] == [(at // HOUR % 24,) for (at,) in at_utc[0]]
    assert (NOW + HOUR,) in at_utc[2]
