"""What a record may be named by when EXPLAIN_ROW is asked."""

from __future__ import annotations

import pytest

from hubspot_ingest.errors import Refusal
from tests.runs.conftest import MakeWorld
from tests.runs.explain.test_rows import explain
from tests.runs.world import HOUR, World


def test_an_address_is_as_good_as_the_id_in_it(world: World) -> None:
    world.slim()
    world.run()
    id_, portal = world.ids()[0], world.portal.id
    for address in (
        f"https://app.hubspot.com/contacts/{portal}/record/0-1/{id_}",
        f"https://app-eu1.hubspot.com/contacts/{portal}/record/0-1/{id_}/view/1?eschref=%2Fx",
        f"app.hubspot.com/contacts/{portal}/contact/{id_}/",
        f"00{id_}",
    ):
        answer = explain(world, address)
        assert (answer["id"], answer["reason"]) == (id_, "PRESENT")


def test_an_address_of_another_kind_of_record_is_refused_with_its_type(world: World) -> None:
    world.slim()
    world.run()
    with pytest.raises(Refusal, match=r"of a record of deals, and this sync reads contacts"):
        explain(world, f"https://app.hubspot.com/contacts/{world.portal.id}/record/0-3/101")


def test_an_address_of_a_kind_that_is_no_stream_is_refused_with_its_number(world: World) -> None:
    world.slim()
    world.run()
    with pytest.raises(Refusal, match=r"of a record of the type 2-17, and this sync reads"):
        explain(world, f"https://app.hubspot.com/contacts/{world.portal.id}/record/2-17/101")


def test_an_address_of_another_portal_is_refused(world: World) -> None:
    world.slim()
    world.run()
    with pytest.raises(Refusal, match="of portal 999, and this sync reads portal"):
        explain(world, "https://app.hubspot.com/contacts/999/record/0-1/101")


def test_an_address_of_no_record_is_refused_with_what_one_looks_like(world: World) -> None:
    world.slim()
    world.run()
    with pytest.raises(Refusal, match="ends like /record/0-1/101"):
        explain(world, "https://app.hubspot.com/contacts/1/objects/0-1/views/all/list")


def test_a_contact_is_found_by_its_email_whether_its_row_is_there_or_not(world: World) -> None:
    world.slim()
    world.run()
    world.clock.advance(HOUR)
    id_ = world.portal.create("contacts", {"email": "ada+x@example.com"})

    answer = explain(world, " ada+x@example.com ")

    assert (answer["id"], answer["reason"]) == (id_, "NOT_SETTLED")


def test_a_contact_that_is_gone_is_found_by_the_email_of_its_row(world: World) -> None:
    id_ = world.portal.create("contacts", {"email": "gone@example.com"})
    world.slim(include_archived=True, properties=["email"])
    world.run()
    world.portal.archive("contacts", id_)

    answer = explain(world, "Gone@example.com")

    assert (answer["id"], answer["reason"]) == (id_, "ARCHIVED")


def test_an_email_that_nobody_has_is_refused(world: World) -> None:
    world.slim()
    world.run()
    with pytest.raises(Refusal, match="no contact with this e-mail, and no row has it") as refused:
        explain(world, "nobody@example.com")
    assert refused.value.response_code == "UNKNOWN_RECORD"


def test_an_email_names_no_deal(make: MakeWorld) -> None:
    world = make({"deals": 2})
    world.configure("deals", {"properties": ["dealname"], "associations": []})
    world.run("deals")
    with pytest.raises(Refusal, match="an e-mail names a contact; records of deals have an id"):
        explain(world, "ada@example.com", "deals")
