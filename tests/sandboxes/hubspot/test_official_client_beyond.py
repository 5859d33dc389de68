"""HubSpot's own client against the endpoints of what is no CRM record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hubspot
import pytest
from hubspot.crm.lists import ListSearchRequest

from hubspot_sandbox import Portal, Sandbox
from tests.sandboxes.hubspot.asking import SetClock


@pytest.fixture(scope="module")
def portal() -> Portal:
    return Portal.demo(clock=SetClock())


@pytest.fixture(scope="module")
def client(portal: Portal) -> Iterator[Any]:
    with Sandbox(portal).serve() as server:
        api = hubspot.Client.create(access_token=portal.token)
        api.config["host"] = server.url
        yield api


def test_it_reads_users_and_teams(client: Any) -> None:
    users = client.settings.users.users_api.get_page(limit=100).results
    assert [user.super_admin for user in users] == [True] + 8 * [False]
    teams = client.settings.users.teams_api.get_all().results
    assert {member for team in teams for member in team.user_ids} == {
        user.id for user in users if user.primary_team_id
    }


def test_it_reads_stages_archived_ones_included(client: Any) -> None:
    stages = client.crm.pipelines.pipeline_stages_api.get_all("deals", "75e28846-ad0d").results
    assert [stage.archived for stage in stages] == [False, False, True]
    assert stages[2].archived_at is not None


def test_it_reads_property_groups(client: Any) -> None:
    groups = client.crm.properties.groups_api.get_all("contacts").results
    assert [group.name for group in groups] == ["information", "our_own_fields"]


def test_it_finds_lists_and_their_members(client: Any) -> None:
    request = ListSearchRequest(
        count=500, offset=0, additional_properties=["hs_list_size"], sort="HS_LIST_ID"
    )
    found = client.crm.lists.lists_api.do_search(request)
    assert (found.total, found.has_more, len(found.lists)) == (7, False, 7)
    size = int(found.lists[0].additional_properties["hs_list_size"])
    page = client.crm.lists.memberships_api.get_page("1", limit=250)
    assert len(page.results) == size == client.crm.lists.lists_api.get_by_id("1").list.size
    latest = client.crm.lists.memberships_api.get_page_ordered_by_added_to_list_date("1")
    times = [row.membership_timestamp for row in latest.results]
    assert times == sorted(times, reverse=True)
    lists = client.crm.lists.memberships_api.get_lists("0-1", page.results[0].record_id)
    assert "1" in [row.list_id for row in lists.results]


def test_it_reads_forms(client: Any) -> None:
    page = client.marketing.forms.forms_api.get_page(limit=500, form_types=["all"])
    assert len(page.results) == 6
    form = client.marketing.forms.forms_api.get_by_id(page.results[0].id)
    assert form.field_groups[0].fields[0].name == "email"


def test_it_reads_marketing_emails_with_their_statistics(client: Any, portal: Portal) -> None:
    api = client.marketing.emails.marketing_emails_api
    page = api.get_page(limit=300)
    assert [email.id for email in page.results] == [email.id for email in portal.mail.emails.all()]
    with_statistics = api.get_page(limit=300, include_stats=True)
    assert 0 < with_statistics.total < page.total
    assert with_statistics.results[0].stats.counters["sent"] > 0
    window = {"start_timestamp": "2020-01-01T00:00:00Z", "end_timestamp": "2027-01-01T00:00:00Z"}
    statistics = client.marketing.emails.statistics_api
    assert len(statistics.get_emails_list(**window).emails) == with_statistics.total
    assert statistics.get_histogram(**window, interval="DAY").total > 20


def test_it_reads_subscriptions(client: Any) -> None:
    api = client.communication_preferences
    found = api.definition_api.get_page().subscription_definitions
    assert [row.is_active for row in found] == [True, True, True, False]
    statuses = api.status_api.get_email_status("person1@example1.com")
    assert len(statuses.subscription_statuses) == 4


def test_it_reads_marketing_events_and_who_came(client: Any, portal: Portal) -> None:
    api = client.marketing.events
    page = api.basic_api.get_all(limit=100)
    ids = [record.id for record in portal.records("marketing_events")]
    assert [event.object_id for event in page.results] == ids
    one = api.basic_api.get_by_object_id(ids[0])
    participants = api.retrieve_participant_state_api
    counts = participants.get_participations_counters_by_marketing_event_id(ids[0])
    assert counts.registered == one.registrants
    found = participants.get_participations_breakdown_by_marketing_event_id(ids[0], limit=100)
    assert found.total == counts.registered + counts.attended + counts.cancelled + counts.no_shows


def test_it_reads_events(client: Any) -> None:
    types = client.events.events_api.get_types().event_types
    page = client.events.events_api.get_page(event_type=types[0], limit=1000)
    assert len(page.results) == 300
    assert page.results[0].properties["hs_url"].startswith("https://")
