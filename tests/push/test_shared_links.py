"""An association that several rows or pushes ask for is there until the last of them lets it go."""

from __future__ import annotations

import pytest

from tests.push.conftest import MakePushWorld
from tests.push.test_link_labels import LINKS, configure, customer, label, linked, record_ids


def test_two_rows_that_ask_for_each_other_keep_the_link_until_both_are_done(
    make_push: MakePushWorld,
) -> None:
    world = make_push()
    label(world, "Friend")
    world.insert(customer(1, {"c2@example.com": "Friend"}))
    world.insert(customer(2, {"c1@example.com": "Friend"}))
    configure(world)
    world.pushed()
    ids = record_ids(world)
    assert linked(world, ids[1], "contacts") == {ids[2]: ["Friend"]}
    world.update(1, **{LINKS: {}})
    world.pushed()
    assert linked(world, ids[2], "contacts") == {ids[1]: ["Friend"]}
    world.update(2, **{LINKS: {}})
    world.pushed()
    assert linked(world, ids[2], "contacts") == {}


@pytest.mark.parametrize("text", [None, "Friend"])
@pytest.mark.parametrize(("maker", "heir"), [(1, 2), (2, 1)])
def test_a_link_that_passes_to_the_other_row_goes_with_that_row(
    make_push: MakePushWorld, maker: int, heir: int, text: str | None
) -> None:
    world = make_push()
    label(world, "Friend")
    [to_heir, to_maker] = [{f"c{other}@example.com": text} for other in (heir, maker)]
    world.insert(customer(maker, to_heir))
    world.insert(customer(heir, {}))
    configure(world)
    world.pushed()
    world.update(maker, **{LINKS: {}})
    world.update(heir, **{LINKS: to_maker})
    world.pushed()
    ids = record_ids(world)
    assert linked(world, ids[heir], "contacts") == {ids[maker]: [text] if text else []}
    world.update(heir, **{LINKS: {}})
    world.pushed()
    assert linked(world, ids[heir], "contacts") == {}
