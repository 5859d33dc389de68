"""The page binds no None: in an account it runs as an owner's procedure does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import pytest

from page.calls import Calls


@dataclass
class Heard:
    """A session that notes what it is sent and answers nothing."""

    sent: list[tuple[str, Sequence[object]]] = field(default_factory=list)

    def sql(self, statement: str, params: Sequence[object]) -> Self:
        self.sent.append((statement, params))
        return self

    def collect(self) -> list[Any]:
        return []


@pytest.mark.parametrize(
    ("send", "statement", "binds"),
    [
        (lambda calls: calls.replay("contacts"), "CALL CORE.REPLAY(?, NULL)", ["contacts"]),
        (
            lambda calls: calls.skip_push_rows("people", ["17"], None),
            "CALL CORE.SKIP_PUSH_ROWS(?, PARSE_JSON(?)::ARRAY, NULL)",
            ["people", '["17"]'],
        ),
        (
            lambda calls: calls.resolve_push_row("people", "17", None),
            "CALL CORE.RESOLVE_PUSH_ROW(?, ?, NULL)",
            ["people", "17"],
        ),
    ],
)
def test_none_is_written_into_a_call(
    send: Callable[[Calls], object], statement: str, binds: list[object]
) -> None:
    heard = Heard()
    with pytest.raises(IndexError):
        # no row answers the CALL
        send(Calls(heard, {}))
    assert heard.sent == [(statement, binds)]


def test_none_is_written_into_a_query_and_question_marks_in_texts_stay() -> None:
    heard = Heard()
    calls = Calls(heard, {})
    calls.rows(
        "SELECT 'why?' AS \"A?\" FROM T WHERE A = ? AND EQUAL_NULL(B, ?) AND C = ?", (1, None, 2)
    )
    assert heard.sent == [
        ("SELECT 'why?' AS \"A?\" FROM T WHERE A = ? AND EQUAL_NULL(B, NULL) AND C = ?", [1, 2])
    ]
