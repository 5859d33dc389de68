"""HubSpot's own client against the endpoints of what is no CRM record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hubspot
import pytest

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
    assert [user.super_admin for user in users] == [True] + 9 * [False]
    teams = client.settings.users.teams_api.get_all().results
    assert {member for team in teams for member in team.user_ids} == {user.id for user in users}


def test_it_reads_stages_archived_ones_included(client: Any) -> None:
    stages = client.crm.pipelines.pipeline_stages_api.get_all("deals", "75e28846-ad0d").results
    assert [stage.archived for stage in stages] == [False, False, True]
    assert stages[2].archived_at is not None


def test_it_reads_property_groups(client: Any) -> None:
    groups = client.crm.properties.groups_api.get_all("contacts").results
    assert [group.name for group in groups] == ["information", "our_own_fields"]
