from __future__ import annotations

from itertools import pairwise

import pytest

from hubspot_sandbox import Portal, Record, Sandbox, UnknownRecord
from tests.sandboxes.hubspot.asking import CONTACTS, DAY, NOW, App, SetClock, app_with


def test_the_same_seed_makes_the_same_records() -> None:
    def contacts(seed: int) -> list[Record]:
        return list(Portal(seed, SetClock(), {"contacts": 50}).records("contacts"))

    assert contacts(3) == contacts(3) != contacts(4)


@pytest.mark.parametrize("now", [NOW, 1_000_000_000_000])
def test_seeded_records_are_older_than_a_day_and_ascend(now: int) -> None:
    portal = Portal(clock=SetClock(now), records={"contacts": 500})
    records = list(portal.records("contacts"))
    assert all(record.created_at <= record.updated_at < now - DAY for record in records)
    assert [int(record.id) for record in records] == sorted(int(r.id) for r in records)
    assert [r.created_at for r in records] == sorted(r.created_at for r in records)


def test_seeded_records_sharing_a_millisecond_are_not_modified_before_they_were_created() -> None:
    portal = Portal(clock=SetClock(), records={"contacts": 95}, records_per_millisecond=10)
    records = list(portal.records("contacts"))
    assert all(record.created_at <= record.updated_at for record in records)
    assert len({record.updated_at for record in records}) == 10


def test_a_new_record_has_a_higher_id_unless_one_is_given() -> None:
    portal = Portal(clock=SetClock(), records={"contacts": 5})
    seeded = [int(record.id) for record in portal.records("contacts")]
    assert int(portal.create("contacts", {})) > seeded[-1]
    assert portal.create("contacts", {}, id=str(seeded[0] + 1)) == str(seeded[0] + 1)


def test_time_comes_from_the_clock_unless_given() -> None:
    portal = Portal(clock=SetClock())
    first = portal.create("contacts", {})
    portal.update("contacts", first, {"city": "x"}, at=NOW + 5)
    record = portal.record("contacts", first)
    assert (record.created_at, record.updated_at) == (NOW, NOW + 5)


def test_an_unknown_record_is_an_error() -> None:
    portal = Portal(clock=SetClock())
    with pytest.raises(UnknownRecord):
        portal.update("contacts", "1", {})
    with pytest.raises(UnknownRecord):
        portal.record("elephants", "1")


def test_every_request_can_be_preceded_by_a_change() -> None:
    app = app_with()
    numbers: list[int] = []

    def create(portal: Portal, number: int) -> None:
        numbers.append(number)
        portal.create("contacts", {})

    app.sandbox.before_each = create
    assert [len(app.get(CONTACTS).ids) for _ in range(3)] == [1, 2, 3]
    assert numbers == [1, 2, 3]


def test_ids_are_short_at_first_and_in_clumps_later() -> None:
    """H160."""
    ids = [int(id_) for id_ in app_with(contacts=2_000).seeded()]
    short = [id_ for id_ in ids if id_ < 1_000_000]
    long = ids[len(short) :]
    assert len(short) == 400
    assert min(short) < 100 < 10_000 < max(short)
    assert min(long) > 10**10
    gaps = sorted(after - before for before, after in pairwise(long))
    assert (gaps[0], gaps[-1] > 50_000) == (1, True)


def test_the_same_seed_gives_the_same_ids() -> None:
    """H160."""
    assert app_with(deals=500).seeded("deals") == app_with(deals=500).seeded("deals")


def test_a_portal_can_have_ids_without_a_gap() -> None:
    """H160."""
    portal = Portal(7, SetClock(), {"contacts": 50}, dense_ids=True)
    ids = [int(record.id) for record in portal.records("contacts")]
    assert ids == list(range(ids[0], ids[0] + 50))


def test_a_wide_object_can_be_made_with_values() -> None:
    app = app_with(contacts=50)
    names = [f"wide_{n:04d}" for n in range(30)]
    for name in names:
        app.portal.add_property("contacts", name, "string", pool=["a", "b", None])
    page = app.get(CONTACTS, limit=50, properties=",".join(names)).json["results"]
    values = {value for r in page for name, value in r["properties"].items() if name in names}
    assert values == {"a", "b", None}


def test_the_demo_portal_has_some_of_everything() -> None:
    app = App(Sandbox(Portal.demo(2, SetClock())))
    for kind in app.portal.object_types:
        assert app.get(f"/crm/objects/2026-03/{kind.id}").ids
    assert app.get(CONTACTS, archived="true").ids
