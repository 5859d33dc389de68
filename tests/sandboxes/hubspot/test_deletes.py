from __future__ import annotations

import pytest

from hubspot_sandbox import UnknownRecord
from tests.sandboxes.hubspot.asking import CONTACTS, DAY, NOW, App, app_with, where


def everywhere(app: App) -> set[str]:
    """Ids in the list, the archived list and search."""
    return {
        *app.get(CONTACTS, limit=100).ids,
        *app.get(CONTACTS, limit=100, archived="true").ids,
        *app.search().ids,
    }


def test_archiving_leaves_the_modification_time() -> None:
    """H55."""
    app = app_with(contacts=1)
    first = app.seeded()[0]
    before = app.portal.record("contacts", first).updated_at
    app.portal.archive("contacts", first)
    after = app.portal.record("contacts", first)
    assert (after.updated_at, after.archived_at) == (before, NOW)


def test_an_archived_record_moves_to_the_archived_list() -> None:
    """H55."""
    app = app_with(contacts=2)
    first, second = app.seeded()
    app.portal.archive("contacts", first)
    assert app.get(CONTACTS).ids == [second]
    assert app.get(CONTACTS, archived="true").ids == [first]
    assert app.search().ids == [second]


def test_a_restored_record_is_back_without_having_been_modified() -> None:
    """H56."""
    app = app_with(contacts=1)
    first = app.seeded()[0]
    before = app.portal.record("contacts", first)
    app.portal.archive("contacts", first)
    app.portal.restore("contacts", first)
    assert app.portal.record("contacts", first) == before
    assert app.get(CONTACTS).ids == [first]
    assert app.search(where("lastmodifieddate", "GTE", NOW - DAY)).ids == []


def test_a_merge_makes_a_new_record_and_both_old_ids_vanish() -> None:
    """H57."""
    app = app_with(contacts=3)
    first, second, third = app.seeded()
    survivor = app.portal.merge("contacts", first, second)
    assert everywhere(app) == {third, survivor}
    assert int(survivor) > int(third)


def test_the_survivor_of_a_merge_names_the_merged_and_is_newly_modified() -> None:
    """H57."""
    app = app_with(contacts=3)
    first, second, third = app.seeded()
    survivor = app.portal.merge("contacts", first, second)
    again = app.portal.merge("contacts", survivor, third)
    record = app.portal.record("contacts", again)
    assert record.properties["hs_merged_object_ids"] == f"{first};{second};{survivor};{third}"
    assert record.updated_at == NOW
    assert record.properties["hs_calculated_merged_vids"] == f"{survivor}:{NOW};{third}:{NOW}"


def test_the_survivor_of_a_merge_may_name_the_last_two_alone() -> None:
    """H57."""
    app = app_with(companies=3)
    app.portal.lists_chained_merges = False
    first, second, third = app.seeded("companies")
    survivor = app.portal.merge("companies", first, second)
    again = app.portal.merge("companies", survivor, third)
    record = app.portal.record("companies", again)
    assert record.properties["hs_merged_object_ids"] == f"{survivor};{third}"
    assert app.get(f"/crm/objects/2026-09/companies/{first}").json["id"] == again


def test_the_survivor_of_a_merge_has_the_associations_of_both() -> None:
    """H57."""
    app = app_with(contacts=2, companies=4)
    first, second = app.seeded()
    companies = app.seeded("companies")
    app.portal.associate("contacts", first, "companies", companies[0])
    app.portal.associate("contacts", second, "companies", companies[1])
    survivor = app.portal.merge("contacts", first, second)
    reply = app.get(f"{CONTACTS}/{survivor}/associations/companies")
    assert {companies[0], companies[1]} <= {link["toObjectId"] for link in reply.json["results"]}


def test_old_ids_of_a_merge_are_missing_in_a_batch_read() -> None:
    """H57."""
    app = app_with(contacts=2)
    first, second = app.seeded()
    app.portal.merge("contacts", first, second)
    assert app.post(f"{CONTACTS}/batch/read", {"inputs": [{"id": first}]}).ids == []


@pytest.mark.parametrize("way", ["purge", "gdpr_delete"])
def test_a_purged_record_is_nowhere(way: str) -> None:
    """H58."""
    app = app_with(contacts=2)
    first, second = app.seeded()
    getattr(app.portal, way)("contacts", first)
    assert everywhere(app) == {second}
    with pytest.raises(UnknownRecord):
        app.portal.record("contacts", first)


def test_an_archived_record_can_be_purged() -> None:
    """H58."""
    app = app_with(contacts=2)
    first, second = app.seeded()
    app.portal.archive("contacts", first)
    app.portal.purge("contacts", first)
    assert everywhere(app) == {second}
