"""The keys in a column of associations lead to the records that have them, and to no others."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest.errors import UnexpectedAnswer
from hubspot_ingest.outbound.link_targets import TargetLookup
from hubspot_ingest.outbound.rows import LinkWish
from tests.unit.push_builders import Answers, a_pool, an_open_push

KEYS = ("7", "12", "acme")


def lookup(body: dict[str, Any], match: str) -> tuple[dict[str, str], TargetLookup]:
    """The ids that are found for the keys, and who found them."""
    opened = an_open_push(associations={"LINKS": {"to": "companies", "match": match}})
    with a_pool() as pool:
        targets = TargetLookup(opened, Answers(lambda *_: body), pool)
        ids = targets.record_ids([LinkWish("LINKS", key, None) for key in KEYS])
    return {key: id for (_, key), id in ids.items()}, targets


def company(id: str, **properties: str) -> dict[str, Any]:
    return {"id": id, "properties": properties}


@pytest.mark.parametrize(
    ("match", "companies", "ids"),
    [
        # a key that is the id of another record
        ("erp_code", [company("7", erp_code="12")], {"12": "7"}),
        ("erp_code", [company("1", erp_code="7"), company("7", erp_code="8")], {"7": "1"}),
        # one value in another spelling, but first as it is spelled
        ("erp_code", [company("1", erp_code="ACME")], {"acme": "1"}),
        ("erp_code", [company("1", erp_code="ACME"), company("2", erp_code="acme")], {"acme": "2"}),
        ("erp_code", [company("1", erp_code="12.0")], {"12": "1"}),
        # a value with a semicolon is one value
        ("erp_code", [company("1", erp_code="acme;12")], {}),
        ("email", [company("1", email="x", hs_additional_emails="y;acme")], {"acme": "1"}),
        ("hs_object_id", [company("9", hs_merged_object_ids="7;8")], {"7": "9"}),
    ],
)
def test_a_key_leads_to_the_record_that_has_it(
    match: str, companies: list[dict[str, Any]], ids: dict[str, str]
) -> None:
    assert lookup({"results": companies}, match)[0] == ids


def test_what_is_no_id_of_a_record_is_not_asked_for() -> None:
    opened = an_open_push(associations={"LINKS": {"to": "companies", "match": "hs_object_id"}})
    answers = Answers(lambda *_: {"results": []})
    with a_pool() as pool:
        keys = ("7", "0", "12.5", "-7", "1" * 30, "\u0667")
        wishes = [LinkWish("LINKS", key, None) for key in keys]
        TargetLookup(opened, answers, pool).record_ids(wishes)
    # twice, as HubSpot says nothing of it, then alone, as it may have been merged away
    assert answers.sent == [*[("read", [{"id": "7"}])] * 2, ("7", [])]


def test_a_key_of_several_records_leads_to_none_and_names_them() -> None:
    companies = [company("2", erp_code="ACME"), company("1", erp_code="Acme")]
    ids, targets = lookup({"results": companies}, "erp_code")
    assert (ids, targets.ambiguous) == ({}, {("LINKS", "acme"): ["1", "2"]})


def test_what_hubspot_does_not_say_is_no_missing_record() -> None:
    error = {"category": "VALIDATION_ERROR", "message": "no", "context": {"ids": ["7"]}}
    with pytest.raises(UnexpectedAnswer):
        lookup({"results": [], "errors": [error]}, "erp_code")
    lookup({"results": [], "errors": [{**error, "category": "OBJECT_NOT_FOUND"}]}, "erp_code")
