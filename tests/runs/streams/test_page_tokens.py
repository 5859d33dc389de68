"""Lists whose page tokens are base64 of an offset, as those of forms are (BEHAVIOR H162, H163)."""

from __future__ import annotations

import httpx
import pytest

from hubspot_ingest.hubspot import requests
from tests.runs.conftest import MakeWorld
from tests.runs.world import HOUR, World


@pytest.fixture
def forms(make: MakeWorld) -> World:
    """So many forms that they come on two pages; a token that is encoded twice shows none."""
    world = make({"forms": 130})
    world.sandbox.empty_for_encoded_twice = True
    return world


def kinds(world: World) -> list[str | None]:
    return [
        row["KIND"] for row in world.rows("SELECT _DELETE_KIND AS KIND FROM HUBSPOT_DATA.CRM.FORMS")
    ]


def test_forms_on_two_pages_are_all_there(forms: World) -> None:
    forms.run("forms")
    forms.clock.advance(HOUR)
    forms.run("forms")
    assert len(kinds(forms)) >= 130
    assert not any(kinds(forms))


def _empty_later_pages(world: World, path: str) -> None:
    """Answer page tokens of a list as if there was nothing more."""

    def emptied(request: httpx.Request, _answer: httpx.Response) -> httpx.Response | None:
        if request.url.path != path or "after" not in request.url.params:
            return None
        return httpx.Response(200, json={"results": []})

    world.instead = emptied


def test_an_empty_second_page_marks_nothing_and_is_no_success(forms: World) -> None:
    forms.run("forms")
    count = len(kinds(forms))
    forms.clock.advance(HOUR)
    _empty_later_pages(forms, requests.FORMS)

    answer = forms.ingest("forms")

    assert (answer["status"], answer["response_code"]) == ("FAILED", "HUBSPOT_ANSWER_UNEXPECTED")
    assert kinds(forms) == [None] * count


def test_what_is_read_for_each_of_a_list_is_read_for_all_of_it_or_fails(forms: World) -> None:
    forms.run("form_submissions")
    cursor = forms.sync("form_submissions")["SETTLED_THROUGH"]
    for form in forms.portal.forms.kept.all():
        forms.portal.forms.submit(form.id, {"email": "later@example.com"})
    forms.clock.advance(HOUR)
    _empty_later_pages(forms, requests.FORMS)

    assert forms.ingest("form_submissions")["status"] == "FAILED"
    assert forms.sync("form_submissions")["SETTLED_THROUGH"] == cursor


def test_who_took_part_in_what_a_list_does_not_show_stays(make: MakeWorld) -> None:
    world = make({"marketing_events": 130, "contacts": 5, "participations": 300})
    assert world.run("marketing_event_participations")["rows_inserted"] > 0
    world.clock.advance(HOUR)
    _empty_later_pages(world, requests.MARKETING_EVENTS)

    world.ingest("marketing_event_participations")

    marked = "SELECT COUNT(*) AS N FROM HUBSPOT_DATA.CRM.MARKETING_EVENT_PARTICIPATIONS WHERE "
    assert world.rows(f"{marked}_DELETE_KIND IS NOT NULL")[0]["N"] == 0
