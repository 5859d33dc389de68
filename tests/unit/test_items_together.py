"""Items of several parents, which HubSpot is asked for at once. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from hubspot_ingest.catalog.registry import ITEM_STREAMS
from hubspot_ingest.errors import HubSpotRefused
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound.items.extraction import ItemExtraction
from hubspot_ingest.inbound.items.item_requests import Partition

Answer = TypeVar("Answer")


def test_what_a_batch_read_leaves_out_is_told() -> None:
    stream = ITEM_STREAMS["subscription_statuses"]
    statuses = [{"subscriberIdString": "a@b.c", "subscriptionId": 1, "status": "SUBSCRIBED"}]
    answer = {
        "results": [{"subscriberIdString": "a@b.c", "statuses": statuses}],
        "numErrors": 1,
        "errors": [{"category": "VALIDATION_ERROR", "message": "no address"}],
    }
    parents = ({"properties": {"email": "a@b.c"}}, {"properties": {"email": "odd"}})

    def fetch(_request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        return parse(answer)

    extraction = ItemExtraction(fetch, stream, [Partition("a@b.c", parents)])

    assert len([item for batch in extraction.batches() for item in batch.items]) == 1
    assert "did not read 1 of subscription_statuses: no address" in str(extraction.refused)


@pytest.mark.parametrize("odd", [1, 2, 100])
def test_one_parent_that_hubspot_minds_costs_no_other_its_items(odd: int) -> None:
    stream = ITEM_STREAMS["subscription_statuses"]
    addresses = [f"{n:02}{'' if n < odd else '@b.c'}" for n in range(100)]
    asked = 0

    def fetch(request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        nonlocal asked
        asked += 1
        assert isinstance(request.body, dict)
        inputs: Any = request.body["inputs"]
        if not all("@" in address for address in inputs):
            raise HubSpotRefused("no address", 400)
        statuses = [[{"subscriberIdString": address, "subscriptionId": 1}] for address in inputs]
        return parse({"results": [{"statuses": each} for each in statuses]})

    parents = tuple({"properties": {"email": address}} for address in addresses)
    extraction = ItemExtraction(fetch, stream, [Partition(addresses[0], parents)])

    if odd == len(addresses):
        with pytest.raises(HubSpotRefused):
            [*extraction.batches()]
    else:
        items = [item for batch in extraction.batches() for item in batch.items]
        assert len(items) == len(addresses) - odd
        assert f"did not read {odd} of 100: no address" in str(extraction.refused)
    assert asked <= 20


@pytest.mark.parametrize("answer", [None, {"results": None}])
def test_parents_that_are_answered_with_nothing_are_not_read(answer: Any) -> None:
    stream = ITEM_STREAMS["subscription_statuses"]
    parents = tuple({"properties": {"email": f"{n}@b.c"}} for n in range(2))

    def fetch(_request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        return parse(answer)

    extraction = ItemExtraction(fetch, stream, [Partition("0@b.c", parents)])
    assert [item for batch in extraction.batches() for item in batch.items] == []
    assert (extraction.whole, extraction.unread) == (set(), {"0@b.c"})
