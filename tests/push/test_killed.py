"""A push that is killed at any statement leaves a state from which the next ends as it should."""

from __future__ import annotations

import httpx
import pytest

from hubspot_ingest.database.state.push_store import Pushes
from tests.lives import BY_NIGHT
from tests.push import truth
from tests.push.push_world import PushWorld
from tests.runs.dying import Dying, Killed
from tests.runs.world import MINUTE


def killed(world: PushWorld, dies_at: int, *, after: bool) -> bool:
    """Push until the statement; whether the push got that far."""
    alive = world.database
    world.database = Dying(world, dies_at, after=after)
    try:
        world.push()
    except Killed:
        return True
    finally:
        world.database = alive
    return False


@pytest.mark.long
@pytest.mark.parametrize(
    ("first", "after"),
    [
        (1, False),
        (5, True),
        pytest.param(4, False, marks=BY_NIGHT),
        pytest.param(2, True, marks=BY_NIGHT),
    ],
)
def test_killed_at_a_statement_each_row_is_there_once(
    push_world: PushWorld, first: int, after: bool
) -> None:
    """By day before every sixth statement and after others, by night after and before more.

    The lives kill at the rest.
    """
    push_world.configure_push()
    push_world.pushed()
    dies_at, key = first, 10
    while True:
        key += 1
        push_world.insert(
            {
                "CUSTOMER_ID": key,
                "EMAIL": f"c{key}@example.com",
                "FIRST_NAME": f"Name {key}",
                "SCORE": key,
            }
        )
        push_world.update(1, SCORE=key)
        died = killed(push_world, dies_at, after=after)
        push_world.clock.advance(16 * MINUTE)
        push_world.pushed()
        truth.check(push_world)
        if not died:
            break
        dies_at += 6
    assert dies_at > 20


def test_a_stage_that_a_killed_run_emptied_is_set_and_nothing_else_though_the_next_is_held(
    push_world: PushWorld,
) -> None:
    there = {"email": "c1@example.com", "lifecyclestage": "customer"}
    record_id = push_world.portal.create("contacts", there)
    push_world.update(1, STAGE="lead")
    push_world.configure_push(
        properties={"lifecyclestage": "STAGE", "firstname": "FIRST_NAME"},
        lifecycle_backward="clear_first",
    )
    updates: list[httpx.Request] = []

    def die(request: httpx.Request, _answer: httpx.Response) -> None:
        """Once the stage is cleared: the second of three updates."""
        if request.url.path.endswith("contacts/batch/update"):
            updates.append(request)
            if len(updates) == 2:
                raise Killed

    push_world.instead = die
    with pytest.raises(Killed):
        push_world.push()
    push_world.instead = None
    assert not push_world.record_of("c1@example.com")["lifecyclestage"]
    killed_id = push_world.runs()[-1]["RUN_ID"]
    push_world.portal.update("contacts", record_id, {"firstname": "Hand"})
    Pushes(push_world.database).hold("customers_out", "a person wants to look")
    push_world.clock.advance(16 * MINUTE)
    held = push_world.push()
    assert held["status"] == "HELD"
    record = push_world.record_of("c1@example.com")
    assert (record["lifecyclestage"], record["firstname"]) == ("lead", "Hand")
    outcomes = push_world.push_rows("PUSH_OUTCOMES")
    assert "UPDATED" in {row["OUTCOME"] for row in outcomes if row["RUN_ID"] == killed_id}
    assert push_world.push(plan_hash=held["plan_hash"])["status"] == "SUCCEEDED"
    record = push_world.record_of("c1@example.com")
    assert (record["lifecyclestage"], record["firstname"]) == ("lead", "Name 1")
    assert push_world.pushed()["rows_changed"] == 0
