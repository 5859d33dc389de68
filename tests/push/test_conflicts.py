"""What others wrote is overwritten, kept or refused as the settings say; rows that go leave."""

from __future__ import annotations

from typing import Any

import pytest

from tests.push.push_world import PushWorld


def edited(world: PushWorld, **values: str) -> None:
    record = world.record_of("c1@example.com")
    world.portal.update("contacts", str(record["hs_object_id"]), dict(values))


@pytest.mark.parametrize(
    ("conflicts", "name", "points"),
    [("overwrite", "New", "11"), ("keep", "Theirs", "11"), ("reject", "Theirs", "10")],
)
def test_a_value_that_somebody_changed(
    push_world: PushWorld, conflicts: str, name: str, points: str
) -> None:
    push_world.configure_push(conflicts=conflicts)
    push_world.pushed()
    edited(push_world, firstname="Theirs")
    push_world.update(1, FIRST_NAME="New", SCORE=11)
    answer = push_world.pushed()
    record = push_world.record_of("c1@example.com")
    assert (record["firstname"], record["loyalty_points"]) == (name, points)
    assert answer["rows_kept"] == (conflicts == "reject")
    assert push_world.pushed()["rows_changed"] == 0


@pytest.mark.parametrize(
    ("nulls", "theirs", "ours"),
    [("clear_ours", "Theirs", None), ("keep", "Theirs", "Name 2"), ("clear", None, None)],
)
def test_an_empty_value_clears_what_it_may(
    push_world: PushWorld, nulls: str, theirs: str | None, ours: str | None
) -> None:
    push_world.configure_push(nulls=nulls)
    push_world.pushed()
    edited(push_world, firstname="Theirs")
    push_world.update(1, FIRST_NAME=None)
    push_world.update(2, FIRST_NAME=None)
    push_world.pushed()
    names = [push_world.record_of(f"c{key}@example.com")["firstname"] or None for key in (1, 2)]
    assert names == [theirs, ours]


def test_a_value_is_written_only_where_there_is_none(push_world: PushWorld) -> None:
    push_world.portal.create("contacts", {"email": "c1@example.com", "firstname": "Anna"})
    push_world.configure_push(
        properties={"firstname": {"column": "FIRST_NAME", "write": "set_if_empty"}}
    )
    push_world.pushed()
    names = [push_world.record_of(f"c{key}@example.com")["firstname"] for key in (1, 2)]
    assert names == ["Anna", "Name 2"]


@pytest.mark.parametrize(
    ("removed", "values"),
    [
        ("nothing", ("Name 3", "30")),
        ("clear", (None, None)),
        ("archive", None),
        ({"set": {"firstname": "Gone"}}, ("Gone", "30")),
    ],
)
def test_a_row_that_is_gone(
    push_world: PushWorld, removed: Any, values: tuple[str | None, str | None] | None
) -> None:
    push_world.configure_push(removed_rows=removed)
    push_world.pushed()
    push_world.delete(3)
    push_world.pushed()
    records = [r for r in push_world.truth().values() if r["email"] == "c3@example.com"]
    left = [(r["firstname"] or None, r["loyalty_points"] or None) for r in records]
    assert left == ([] if values is None else [values])
    assert push_world.pushed()["rows_changed"] == 0
    push_world.insert(
        {"CUSTOMER_ID": 3, "EMAIL": "c3@example.com", "FIRST_NAME": "Back", "SCORE": 3}
    )
    push_world.pushed()
    assert push_world.record_of("c3@example.com")["firstname"] == "Back"


def test_listed_rows_are_archived_by_that_strategy(push_world: PushWorld) -> None:
    push_world.portal.create("contacts", {"email": "c1@example.com"})
    push_world.portal.create("contacts", {"email": "other@example.com"})
    push_world.configure_push(strategy="archive", properties=...)
    answer = push_world.pushed()
    assert answer["rows_archived"] == 1
    assert [r["email"] for r in push_world.truth().values()] == ["other@example.com"]
    assert push_world.pushed()["rows_changed"] == 0
