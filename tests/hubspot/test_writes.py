"""Writes: what is never sent twice, and what an answer to a batch says of each record."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from hubspot_ingest.errors import AnswerLost, HubSpotRefused
from hubspot_ingest.hubspot import link_requests, write_requests, write_responses
from hubspot_ingest.hubspot.link_requests import Pair
from hubspot_ingest.hubspot.write_requests import RecordInput
from hubspot_ingest.hubspot.write_responses import BatchAnswer
from tests.hubspot.replies import HubSpot, Reply, no, ok

CREATE = write_requests.batch_create("contacts", [RecordInput("run-1", {"email": "a@b.c"})])
ARCHIVE = write_requests.batch_archive("contacts", ["1"])
WRITTEN = {
    "status": "COMPLETE",
    "results": [{"id": "7", "properties": {"email": "a@b.c"}, "updatedAt": "2026-01-01T00:00:00Z"}],
}


LABEL = link_requests.link("contacts", "companies", [Pair("1", "2")])


@pytest.mark.parametrize(
    "reply",
    [
        httpx.ReadTimeout("silence"),
        httpx.RemoteProtocolError("dropped"),
        httpx.Response(502, text="<html>"),
        no(500),
        httpx.Response(200, text="<html>"),
    ],
)
def test_a_create_whose_answer_is_lost_is_not_sent_again(reply: Reply) -> None:
    hubspot = HubSpot(reply, ok(WRITTEN))
    with pytest.raises(AnswerLost) as lost:
        hubspot.client().fetch(CREATE, write_responses.batch_answer)
    assert lost.value.response_code == "OUTCOME_UNKNOWN"
    assert len(hubspot.seen) == 1


@pytest.mark.parametrize("reply", [httpx.ConnectError("no way"), no(423), no(429), no(477)])
def test_a_create_that_was_not_begun_is_sent_again(reply: Reply) -> None:
    hubspot = HubSpot(reply, ok(WRITTEN))
    answer = hubspot.client().fetch(CREATE, write_responses.batch_answer)
    assert [record.id for record in answer.records] == ["7"]


def test_an_update_whose_answer_is_lost_is_sent_again() -> None:
    update = write_requests.batch_update("contacts", [RecordInput("run-1", {"city": "Bern"}, "7")])
    hubspot = HubSpot(no(502), ok(WRITTEN))
    assert hubspot.client().fetch(update, write_responses.batch_answer).records


def test_an_archive_has_no_answer() -> None:
    hubspot = HubSpot(httpx.Response(204))
    hubspot.client().fetch(ARCHIVE, write_responses.nothing)
    assert len(hubspot.seen) == 1


def test_a_refused_batch_is_told_with_hubspots_category_and_the_id_that_exists() -> None:
    hubspot = HubSpot(
        no(
            409,
            category="CONFLICT",
            message="Contact already exists. Existing ID: 501",
            correlationId="c-1",
        )
    )
    with pytest.raises(HubSpotRefused) as refused:
        hubspot.client().fetch(CREATE, write_responses.batch_answer)
    refusal = write_responses.whole_batch(refused.value)
    assert (refusal.status, refusal.category, refusal.existing_id) == (409, "CONFLICT", "501")
    assert refusal.correlation_id == "c-1"


def test_refusals_stand_beside_results_whatever_the_status() -> None:
    answer = {
        **WRITTEN,
        "numErrors": 1,
        "errors": [
            {
                "status": "error",
                "category": "VALIDATION_ERROR",
                "message": "Property values were not valid",
                "context": {"objectWriteTraceId": ["run-2"], "propertyName": ["score"]},
            }
        ],
    }
    parsed = write_responses.batch_answer(answer)
    assert isinstance(parsed, BatchAnswer)
    assert parsed.records[0].properties == {"email": "a@b.c"}
    [refusal] = parsed.refusals
    assert (refusal.trace_ids, refusal.property) == (("run-2",), "score")
    assert (refusal.category, refusal.existing_id) == ("VALIDATION_ERROR", None)


@pytest.mark.parametrize("reply", [no(401), no(423), no(429), no(502)])
def test_labels_are_never_sent_again_as_they_were(reply: Reply) -> None:
    """They take the place of those there are, which somebody may have changed meanwhile."""
    hubspot = HubSpot(reply, ok({"status": "COMPLETE", "results": []}))
    with pytest.raises(AnswerLost):
        hubspot.client().fetch(LABEL, link_requests.parse_links)
    assert len(hubspot.seen) == 1


def test_what_is_put_off_again_and_again_waits_longer_each_time() -> None:
    hubspot = HubSpot(ok(WRITTEN), no(423))
    client = hubspot.client()
    client.fetch(CREATE, write_responses.batch_answer)
    waits = []
    for tries in range(6):
        began = hubspot.clock.now()
        with pytest.raises(AnswerLost):
            client.fetch(replace(LABEL, earlier_tries=tries), link_requests.parse_links)
        waits.append(hubspot.clock.now() - began)
    assert sum(waits) > 10_000
    assert waits[5] > 4 * waits[1]


def test_labels_are_not_sent_that_waited_long_for_a_limit() -> None:
    """What they were decided from was read before HubSpot put another request off."""
    hubspot = HubSpot(no(429, {"retry-after": "60"}), ok({"status": "COMPLETE", "results": []}))
    client = hubspot.client()
    with pytest.raises(AnswerLost):
        client.fetch(LABEL, link_requests.parse_links)
    with pytest.raises(AnswerLost):
        client.fetch(LABEL, link_requests.parse_links)
    assert len(hubspot.seen) == 1
    hubspot.clock.advance(60_000)
    client.fetch(LABEL, link_requests.parse_links)
    assert len(hubspot.seen) == 2
