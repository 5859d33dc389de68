"""A lost create is made again only where no record can be it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from hubspot_ingest.database.state.push_ledger import UnknownCreate
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.outbound.keyless_creates import settle_keyless
from hubspot_ingest.outbound.outcomes import RowOutcome
from hubspot_ingest.outbound.waves import WaveEngine
from tests.builders import FakeClock
from tests.unit.push_builders import DEFINITIONS, a_mapping


class Ledger:
    """One row of unknown outcome; the record 1 is that of another row."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    def unknown_creates(self, *_: int) -> list[UnknownCreate]:
        return [UnknownCreate("7", "hash", {"firstname": "anna"}, 0, 1)]

    def owners(self, _: list[str]) -> dict[str, list[str]]:
        return {}

    def recorded(self, ids: list[str]) -> set[str]:
        return {"1"} & {*ids}

    def forget_unknown(self, keys: list[str]) -> int:
        self.forgotten += keys
        return len(keys)


@pytest.mark.parametrize(
    ("sources", "is_sent_again"),
    [
        ({}, True),
        ({"1": "ours"}, True),
        # stored as HubSpot likes it, perhaps
        ({"1": "ours", "2": "ours"}, False),
        ({"1": "ours", "2": "theirs"}, True),
        ({"2": "unknown"}, False),
    ],
)
def test_a_lost_create_is_sent_again_only_where_each_record_of_ours_has_a_row(
    sources: dict[str, str], is_sent_again: bool
) -> None:
    def fetch(request: Request, parse: Any) -> Any:
        [group] = cast("dict[str, Any]", request.body)["filterGroups"]
        names = [part["propertyName"] for part in group["filters"]]
        shown = sources.items() if "firstname" not in names else ()
        return parse(
            {"results": [{"id": i, "properties": {"hs_object_source_id": s}} for i, s in shown]}
        )

    ledger = Ledger()
    stored: list[RowOutcome] = []
    engine = SimpleNamespace(
        ledger=ledger,
        clock=FakeClock(),
        mapping=a_mapping(),
        definitions={**DEFINITIONS, "createdate": DEFINITIONS["score"]},
        sender=SimpleNamespace(fetch=fetch, run_id="run"),
        store=lambda settled, **_: stored.extend(settled),
    )
    count = settle_keyless(cast("WaveEngine", engine))
    assert (ledger.forgotten, count, stored) == (["7"] * is_sent_again, is_sent_again, [])
