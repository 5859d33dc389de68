"""What is written many rows at a time fits into binds."""

from __future__ import annotations

import json

from hubspot_ingest.database.state.push_json import MOST_CHARACTERS, json_binds, text_binds

LONG = "x" * (MOST_CHARACTERS // 3)


def test_more_texts_than_fit_into_a_bind_go_in_several() -> None:
    binds = [*text_binds([LONG] * 7)]
    assert [len(json.loads(bind)) for bind in binds] == [2, 2, 2, 1]


def test_no_rows_and_no_texts_take_no_bind() -> None:
    assert [*json_binds([])] == [*text_binds([])] == []


def test_a_value_that_is_none_is_left_out() -> None:
    """JSON's null in a VARIANT is no NULL."""
    assert [*json_binds([{"a": None, "b": 1}])] == ['[{"b":1}]']
