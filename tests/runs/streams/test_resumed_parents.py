"""Parents that were refused, or that came and went, between a stop and the run that goes on."""

from __future__ import annotations

import httpx
import pytest

from hubspot_ingest.hubspot import requests
from tests.runs.conftest import MakeWorld
from tests.runs.world import HOUR, MINUTE, World

SUBMISSIONS = "HUBSPOT_DATA.CRM.FORM_SUBMISSIONS"
STATUSES = "HUBSPOT_DATA.CRM.SUBSCRIPTION_STATUSES"


def _stopped_once(world: World, sync: str, slow: str, seconds: int) -> None:
    """Run a sync that stops at its deadline, as an endpoint takes so long to answer."""

    def tarry(request: httpx.Request, _answer: httpx.Response) -> None:
        if request.url.path.startswith(slow):
            world.clock.advance(seconds * 1000)

    world.instead = tarry
    assert world.ingest(sync)["status"] == "STOPPED"
    world.instead = None
    world.clock.advance(MINUTE)


def _with_forms(make: MakeWorld) -> tuple[World, list[str]]:
    """Forty forms with a submission each; a run of these stops after a minute."""
    world = make()
    forms = sorted(world.portal.forms.add(f"Form {n}") for n in range(40))
    for form_id in forms:
        world.portal.forms.submit(form_id, {"email": "first@example.com"})
    world.clock.advance(HOUR)
    world.configure("form_submissions", {"deadline_minutes": 1})
    return world, forms


def _addresses(world: World) -> set[str]:
    return {row["EMAIL"] for row in world.rows(f"SELECT DISTINCT EMAIL FROM {STATUSES}")}


@pytest.mark.long
def test_what_was_refused_before_a_stop_is_read_once_it_can_be(make: MakeWorld) -> None:
    world, forms = _with_forms(make)
    world.run("form_submissions")
    for form_id in forms:
        world.portal.forms.submit(form_id, {"email": "second@example.com"})
    world.clock.advance(HOUR)
    world.closed = (f"{requests.SUBMISSIONS}/{forms[0]}",)
    _stopped_once(world, "form_submissions", requests.SUBMISSIONS, 3)
    assert "1 of 40 were not read" in world.run("form_submissions")["message"]
    world.closed = ()
    world.clock.advance(HOUR)

    world.run("form_submissions")

    assert world.rows(f"SELECT COUNT(*) AS N FROM {SUBMISSIONS}")[0]["N"] == 2 * len(forms)


def test_a_refused_parent_left_after_a_stop_does_not_fail_the_run(make: MakeWorld) -> None:
    world, forms = _with_forms(make)
    _stopped_once(world, "form_submissions", requests.SUBMISSIONS, 3)
    landed = {row["FORM_ID"] for row in world.rows(f"SELECT FORM_ID FROM {SUBMISSIONS}")}
    left = [form_id for form_id in forms if form_id not in landed]
    world.closed = [f"{requests.SUBMISSIONS}/{form_id}" for form_id in left]

    answer = world.run("form_submissions")

    assert landed
    assert f"{len(left)} of 40 were not read" in answer["message"]


@pytest.mark.long
@pytest.mark.parametrize("change", ["new", "gone"])
def test_a_batch_of_parents_is_read_whoever_came_or_went_before_it(
    make: MakeWorld, change: str
) -> None:
    world = make()
    contacts = [
        world.portal.create("contacts", {"email": f"p{n:04}@example.com"}) for n in range(1_600)
    ]
    world.configure("subscription_statuses", {"deadline_minutes": 1})
    world.clock.advance(HOUR)
    _stopped_once(world, "subscription_statuses", requests.SUBSCRIPTIONS, 7)
    if change == "new":
        world.portal.create("contacts", {"email": "a@example.com"})
    else:
        world.portal.archive("contacts", contacts[0])
    assert 0 < len(_addresses(world)) < 1_500

    world.run("subscription_statuses")

    assert _addresses(world) >= {f"p{n:04}@example.com" for n in range(1_600)}
