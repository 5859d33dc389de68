"""Files of records: how far they tell that reading has come, and what is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_ingest.errors import DeadlineReached
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound.extract.id_ranges import RecordBatch
from hubspot_ingest.inbound.load.batches import FEWEST_ROWS, RecordFile, RecordFiles
from tests.builders import FakeClock, a_plan, a_property, a_record

# so long a name that a file has the fewest rows there may be
HEAVY = a_property("p" * 400_000)
LINKS = ["companies", "deals"]
BATCHES = st.lists(
    st.tuples(st.sampled_from([0, 1]), st.integers(0, FEWEST_ROWS)), min_size=1, max_size=9
)


def _read(batches: list[tuple[int, int]]) -> Iterator[RecordBatch]:
    """Batches of (range, how many records), whose ids count from 1; a deadline ends them."""
    last = 0
    for key, count in batches:
        ids = range(last + 1, last + count + 1)
        last += count
        yield RecordBatch(tuple(a_record(str(id)) for id in ids), key, last)
    raise DeadlineReached("the deadline")


def _answers(count: int, error: Exception) -> Callable[[Request, Callable[[Any], Any]], Any]:
    """A HubSpot that answers so many requests for links and histories, that there are none."""
    left = iter(range(count))

    def fetch(_: Request, parse: Callable[[Any], Any], /) -> Any:
        if next(left, None) is None:
            raise error
        return parse({"results": []})

    return fetch


@given(
    BATCHES,
    st.integers(0, 12),
    st.sampled_from([DeadlineReached("the deadline"), KeyError("unforeseen")]),
    st.sampled_from([[], LINKS]),
    st.sampled_from([[], ["email"]]),
)
@settings(max_examples=150, deadline=None)
def test_no_file_tells_that_reading_has_come_past_rows_that_are_in_none(
    batches: list[tuple[int, int]],
    answers: int,
    error: Exception,
    links: list[str],
    history: list[str],
) -> None:
    plan = a_plan(
        {"properties": [HEAVY.name], "associations": links, "history": history},
        [HEAVY, a_property("email")],
    )
    files = RecordFiles(
        _answers(answers, error), plan, FakeClock(), plan.association_columns
    ).files(_read(batches))
    made: list[RecordFile] = []
    # what the loader has by then is what it merges
    with suppress(DeadlineReached, KeyError):
        made.extend(files)

    in_files: set[str] = set()
    for file in made:
        in_files |= {*file.ids}
        assert _ids_up_to(batches, file) <= in_files


def _ids_up_to(batches: list[tuple[int, int]], file: RecordFile) -> set[str]:
    """The ids of the records that reading has come past, by what a file tells."""
    ids: set[str] = set()
    last = 0
    for key, count in batches:
        begins, last = last, last + count
        if key in file.read_to and last <= int(file.read_to[key] or 0):
            ids |= {str(id) for id in range(begins + 1, last + 1)}
    return ids


@pytest.mark.parametrize(("slow_ms", "rows"), [(14_999, [600]), (15_000, [500, 100])])
def test_what_was_read_for_long_makes_a_file_however_little_it_is(
    slow_ms: int, rows: list[int]
) -> None:
    plan, clock = a_plan({"associations": LINKS}), FakeClock()

    def batches() -> Iterator[RecordBatch]:
        for ids, waited in ((range(1, 501), slow_ms), (range(501, 601), 0)):
            clock.advance(waited)
            yield RecordBatch(tuple(a_record(str(id)) for id in ids), 0, ids[-1])

    answers = _answers(100, KeyError("no more"))
    files = RecordFiles(answers, plan, clock, plan.association_columns, longest_wait=15_000)
    assert [file.rows for file in files.files(batches())] == rows


@pytest.mark.parametrize(("seconds", "expected"), [(0, [1_600]), (3, [1_000, 300, 300])])
def test_the_last_file_of_a_reading_that_takes_its_time_is_small(
    seconds: int, expected: list[int]
) -> None:
    clock = FakeClock()

    def batches() -> Iterator[RecordBatch]:
        for start in range(1, 1_601, 100):
            records = tuple(a_record(str(id)) for id in range(start, start + 100))
            clock.sleep(seconds if start == 1 else 0)
            yield RecordBatch(records, 0, start + 99, nearly_last=start > 1_200)

    files = RecordFiles(_answers(0, KeyError()), a_plan(), clock, {}).files(batches())
    assert [(file.rows, file.nearly_last) for file in files] == [
        (rows, number == len(expected) - 2) for number, rows in enumerate(expected)
    ]


def test_few_rows_make_one_file_however_long_their_reading_takes() -> None:
    clock = FakeClock()

    def batches() -> Iterator[RecordBatch]:
        for start in range(1, 901, 100):
            clock.sleep(3)
            records = tuple(a_record(str(id)) for id in range(start, start + 100))
            yield RecordBatch(records, 0, start + 99, nearly_last=True)

    files = RecordFiles(_answers(0, KeyError()), a_plan(), clock, {}).files(batches())
    assert [file.rows for file in files] == [900]
