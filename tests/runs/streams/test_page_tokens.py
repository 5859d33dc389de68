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


def test_an_empty_second_page_marks_nothing(forms: World) -> None:
    forms.run("forms")
    count = len(kinds(forms))
    forms.clock.advance(HOUR)
    emptied = []

    def empty_second_page(request: httpx.Request, answer: httpx.Response) -> httpx.Response | None:
        if request.url.path != requests.FORMS or "after" not in request.url.params:
            return None
        emptied.append(len(answer.json()["results"]))
        return httpx.Response(200, json={"results": []})

    forms.instead = empty_second_page
    assert forms.run("forms")["rows_deleted"] == 0
    assert max(emptied) >= 30
    assert kinds(forms) == [None] * count
