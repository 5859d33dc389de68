"""Each kind of object that HubSpot lets an app write is made, changed and archived by a push."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.push.conftest import MakePushWorld

# By object: the properties that are written, and the columns they come from. Contacts, companies
# and notes are what the other tests push to; the last one is the local HubSpot's custom object.
TARGETS: Mapping[str, Mapping[str, str]] = {
    "deals": {"dealname": "FIRST_NAME", "dealstage": "STAGE", "pipeline": "EMAIL"},
    "tickets": {"subject": "FIRST_NAME", "hs_pipeline_stage": "STAGE", "hs_pipeline": "EMAIL"},
    "products": {"name": "FIRST_NAME"},
    "line_items": {"name": "FIRST_NAME"},
    "quotes": {"hs_title": "FIRST_NAME", "hs_expiration_date": "SINCE"},
    "2-3456789": {"model": "FIRST_NAME"},
}
PIPELINES = {"deals": ("default", "closedwon"), "tickets": ("0", "1")}


@pytest.mark.parametrize("target", TARGETS)
def test_records_of_each_kind_are_made_changed_and_archived(
    make_push: MakePushWorld, target: str
) -> None:
    world, properties = make_push(), TARGETS[target]
    pipeline, stage = PIPELINES.get(target, (None, None))
    for key in (1, 2):
        world.insert(
            {
                "CUSTOMER_ID": key,
                "FIRST_NAME": f"Name {key}",
                "EMAIL": pipeline,
                "STAGE": stage,
                "SINCE": "2027-01-31",
            }
        )
    world.create_external_id(target)
    world.configure_push(object=target, match=..., properties=properties, removed_rows="archive")
    assert world.pushed()["rows_created"] == 2
    world.update(1, FIRST_NAME="Another")
    world.delete(2)
    answer = world.pushed()
    assert (answer["rows_updated"], answer["rows_archived"]) == (1, 1)
    [title] = [name for name, column in properties.items() if column == "FIRST_NAME"]
    [record] = world.portal.records(target)
    assert (record.properties["snowflake_key"], record.properties[title]) == ("1", "Another")
