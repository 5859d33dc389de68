"""A list whose page tokens are no ids, or which has another order, is followed like any other."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable

import httpx
import pytest

from hubspot_ingest.inbound.reconcile.reconciliation import reconcile
from tests.runs.conftest import MakeWorld
from tests.runs.world import CONTACTS, HOUR, World, on_an_empty_stack

LIST = "/crm/objects/2026-09/contacts"
# how a server tells where a page begins → the id that it begins with
TOKENS: dict[str, tuple[Callable[[int], str], Callable[[str], int]]] = {
    # of the examples in HubSpot's reference: base64
    "text": (
        lambda first: b64encode(str(first).encode()).decode(),
        lambda token: int(b64decode(token)),
    ),
    # of PyPI's backlot 0.1.0: the last id of the page before
    "last id": (lambda first: str(first - 1), lambda token: int(token) + 1),
}


@pytest.fixture(params=[*TOKENS])
def world(make: MakeWorld, request: pytest.FixtureRequest) -> World:
    """250 contacts, loaded from a list that takes the tokens alone which it gave out."""
    token_of, first_id = TOKENS[request.param]
    world = make({"contacts": 250}).slim()
    given: set[str] = set()

    def answer(asked: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if asked.method != "GET" or asked.url.path != LIST:
            return None
        token = asked.url.params.get("after")
        if token is not None and token not in given:
            return httpx.Response(400, json={"status": "error", "message": "Invalid after"})
        if token is not None:
            url = asked.url.copy_set_param("after", str(first_id(token)))
            response = world.sandbox.respond(httpx.Request("GET", url, headers=asked.headers))
        page = response.json()
        if "paging" in page:
            following = token_of(int(page["paging"]["next"]["after"]))
            page["paging"]["next"]["after"] = following
            given.add(following)
        return httpx.Response(response.status_code, json=page)

    world.instead = answer
    world.clock.advance(HOUR)
    world.run()
    return world


def test_it_is_certified_complete(world: World) -> None:
    certificate = on_an_empty_stack(lambda: dict(reconcile(world.context, "contacts")))

    assert (certificate["result"], certificate["hubspot_records"]) == ("COMPLETE", 250)


@pytest.mark.long
def test_missing_rows_are_brought_back(world: World) -> None:
    world.rows(f"DELETE FROM {CONTACTS} WHERE ID = '{world.ids()[120]}'")

    certificate = on_an_empty_stack(lambda: dict(reconcile(world.context, "contacts")))

    assert (certificate["result"], certificate["missing"]) == ("REPAIRED", 1)
    assert world.landed() == world.truth()


@pytest.mark.long
def test_the_daily_reading_brings_calculated_values_and_finds_what_was_purged(
    world: World,
) -> None:
    purged, recalculated, *_ = world.ids()[140:]
    world.portal.recalculate("contacts", recalculated, {"double_points": "4242"})
    world.portal.purge("contacts", purged)
    world.clock.advance(24 * HOUR)

    assert world.run()["status"] == "SUCCEEDED"

    assert world.ids(where="_DELETE_KIND = 'PURGED'") == [purged]
    assert world.ids(where="PROPERTIES_DOUBLE_POINTS = 4242") == [recalculated]


@pytest.mark.long
def test_a_list_in_another_order_is_read_whole_and_certified(make: MakeWorld) -> None:
    world = make({"contacts": 250}).slim()

    def answer(asked: httpx.Request, _: httpx.Response) -> httpx.Response | None:
        if asked.method != "GET" or asked.url.path != LIST:
            return None
        records: list[dict[str, object]] = []
        following: str | None = "0"
        while following is not None:
            url = asked.url.copy_set_param("after", following)
            page = world.sandbox.respond(httpx.Request("GET", url, headers=asked.headers)).json()
            records += page["results"]
            following = page["paging"]["next"]["after"] if "paging" in page else None
        # as texts are ordered that end with the digits that ids begin with
        records.sort(key=lambda record: str(record["id"])[::-1])
        start, limit = (int(asked.url.params.get(name, 0)) for name in ("after", "limit"))
        shown: dict[str, object] = {"results": records[start : start + limit]}
        if start + limit < len(records):
            shown["paging"] = {"next": {"after": str(start + limit)}}
        return httpx.Response(200, json=shown)

    world.instead = answer
    world.clock.advance(HOUR)
    world.run()

    certificate = on_an_empty_stack(lambda: dict(reconcile(world.context, "contacts")))

    assert world.landed() == world.truth()
    assert (certificate["result"], certificate["hubspot_records"]) == ("COMPLETE", 250)
