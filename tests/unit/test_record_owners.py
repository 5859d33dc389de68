"""A record is that of one row, whichever rows lead to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pytest

from hubspot_ingest.database.state.push_ledger import Ledger
from hubspot_ingest.hubspot.write_responses import WrittenRecord
from hubspot_ingest.outbound.record_owners import RecordOwners
from hubspot_ingest.outbound.rows import SourceRow
from tests.unit.push_builders import a_found_record, a_row

SURVIVOR = a_found_record("9", hs_merged_object_ids="7;8")


class FakeLedger:
    def __init__(self, owners: Mapping[str, list[str]]) -> None:
        self._owners = owners

    def owners(self, ids: list[str]) -> dict[str, list[str]]:
        return {id: self._owners[id] for id in ids if id in self._owners}


def others(
    rows: list[SourceRow],
    records: Mapping[int, WrittenRecord],
    owners: Mapping[str, list[str]],
    gone: frozenset[str] = frozenset(),
) -> dict[int, str]:
    ledger = cast("Ledger", FakeLedger(owners))
    values = {row.n: f"value {row.values}" for row in rows if not row.is_gone}
    return RecordOwners(ledger, lambda keys: set(gone) & set(keys)).others(rows, records, values)


@pytest.mark.parametrize(
    ("owners", "owner"),
    [
        ({"9": ["2"]}, {1: "2"}),  # the survivor is another row's
        ({"7": ["1"], "8": ["2"]}, {}),  # both were merged: one of them has it
        ({"8": ["2"]}, {1: "2"}),  # the other row has not changed since, and has it all the same
        ({"7": ["1"]}, {}),
        ({}, {}),
    ],
)
def test_the_survivor_of_a_merge_is_that_of_one_row(
    owners: dict[str, list[str]], owner: dict[int, str]
) -> None:
    assert others([a_row(1)], {1: SURVIVOR}, owners) == owner


def test_a_row_that_is_gone_leaves_a_record_to_the_row_that_has_it() -> None:
    row = a_row(1, is_gone=True)
    assert others([row], {1: SURVIVOR}, {"9": ["1"], "8": ["2"]}) == {1: "2"}
    assert others([row], {1: SURVIVOR}, {"9": ["1"], "8": ["2"]}, frozenset({"2"})) == {}


def test_of_two_rows_that_are_gone_one_treats_their_record() -> None:
    rows = [a_row(1, is_gone=True), a_row(2, is_gone=True)]
    records = {1: SURVIVOR, 2: SURVIVOR}
    owners = {"7": ["1"], "8": ["2"]}
    assert others(rows, records, owners, frozenset({"1", "2"})) == {2: "1"}


def test_two_new_rows_with_one_value_make_one_record() -> None:
    rows = [a_row(1, values=("12",)), a_row(2, values=("12",)), a_row(3, values=("13",))]
    assert others(rows, {}, {}) == {2: "1"}
