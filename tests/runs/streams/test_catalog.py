"""What holds for every stream of the catalog: a new row is tested by standing there.

By day one stream of some kinds is read, among the long tests one of each, by night all of them.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import pytest

from hubspot_ingest.catalog.registry import BY_NAME, STREAMS
from hubspot_ingest.catalog.stream import Every, ItemStream, RecordStream, Stream, ViewStream
from hubspot_ingest.database.columns import KEY
from hubspot_ingest.inbound.items.rows import table_columns
from tests.nights import first_of_each
from tests.runs.streams.changes import CHANGES, CONSTANT
from tests.runs.streams.conftest import POWERLESS
from tests.runs.world import HOUR, Answer, World

# What a record of a CRM object always has; its properties are the tests of `runs`.
RECORD = ("ID", "CREATED_AT", "UPDATED_AT", "ARCHIVED", "PROPERTIES", "_PORTAL_ID", "_RUN_ID")
READ = [stream for stream in STREAMS if not isinstance(stream, ViewStream)]
KINDS_BY_DAY = 6


def _kind(stream: Stream) -> Hashable:
    """How a stream is asked for, and what becomes of rows that are not sent any more."""
    if isinstance(stream, RecordStream):
        return stream.updated
    assert isinstance(stream, ItemStream)
    source = stream.parents and stream.parents.source
    parents = source if isinstance(source, Every) else source is not None
    sent = (stream.reader, type(stream.paging), type(stream.body), parents)
    return (*sent, stream.dated, stream.missing_kind)


@dataclass(frozen=True)
class Story:
    """What came of a stream's first run, the next one, and one after something was added."""

    stream: Stream
    first: Answer
    again: Answer
    after: Answer
    rows: list[dict[str, Any]]


@pytest.fixture(scope="module")
def stories(busy: World) -> dict[str, Story]:
    """The stories of this portal so far: a worker may come back to a stream, in any order."""
    assert busy.syncs.names() == []
    return {}


@pytest.fixture(
    scope="module",
    params=first_of_each(READ, _kind, KINDS_BY_DAY),
    ids=lambda stream: stream.name,
)
def story(busy: World, stories: dict[str, Story], request: pytest.FixtureRequest) -> Story:
    stream: Stream = request.param
    if stream.name not in stories:
        stories[stream.name] = _tell(busy, stream)
    return stories[stream.name]


def _tell(world: World, stream: Stream) -> Story:
    if isinstance(stream, RecordStream):
        slim: Answer = {"properties": ["hs_object_id"], "associations": []}
        slim["include_archived"] = False
        world.syncs.save(stream.name, stream.name, slim, world.clock.now())
    first = world.ingest(stream.name)
    world.clock.advance(HOUR)
    again = world.ingest(stream.name)
    world.clock.advance(HOUR)
    if stream.name in CHANGES:
        CHANGES[stream.name](world.portal)
    world.clock.advance(HOUR)
    after = world.ingest(stream.name)
    rows = world.rows(f"SELECT * FROM {first['destination']}") if first["rows_inserted"] else []
    return Story(stream, first, again, after, rows)


def test_a_run_lands_what_there_is(story: Story) -> None:
    assert story.first["status"] == "SUCCEEDED", story.first
    assert story.first["rows_inserted"] > 0
    assert story.first["rows_updated"] == 0


def test_every_fixed_column_is_filled_by_some_row(story: Story) -> None:
    columns: tuple[str, ...] = RECORD
    if isinstance(story.stream, ItemStream):
        columns = tuple(column.name for column in table_columns(story.stream))
    marks = {"_DELETED_AT", "_DELETE_KIND"}
    empty = [
        column
        for column in columns
        if column not in marks and all(row[column] is None for row in story.rows)
    ]

    assert empty == []


def test_a_second_run_changes_nothing(story: Story) -> None:
    assert story.again["status"] == "SUCCEEDED", story.again
    changed = (story.again[f"rows_{change}"] for change in ("inserted", "updated", "deleted"))
    assert [*changed] == [0, 0, 0]


def test_a_later_run_takes_only_what_is_new(story: Story) -> None:
    assert story.after["status"] == "SUCCEEDED", story.after
    taken = story.after["rows_inserted"] + story.after["rows_updated"]
    if story.stream.name in CONSTANT:
        assert taken == 0
    else:
        assert 1 <= taken <= 2, "make one of it in changes.py"
    assert story.after["rows_deleted"] == 0


def test_the_key_is_unique_in_the_table(story: Story) -> None:
    key = story.stream.key if isinstance(story.stream, ItemStream) else (KEY,)
    keys = [tuple(row[name] for name in key) for row in story.rows]

    assert keys
    assert len(set(keys)) == len(keys)
    assert [key for key in keys if None in key] == []


@pytest.mark.parametrize(
    "stream",
    # any credential that HubSpot accepts may read the account's details
    first_of_each(
        [stream for stream in READ if stream.name != "account_details"], _kind, KINDS_BY_DAY
    ),
    ids=lambda stream: stream.name,
)
def test_a_credential_without_scopes_skips_the_stream_and_says_which(
    busy: World, stream: Stream
) -> None:
    token, busy.token = busy.token, POWERLESS
    try:
        name = f"{stream.name}_refused"
        busy.syncs.save(name, stream.name, {"stream": stream.name}, busy.clock.now())
        answer = busy.ingest(name)
    finally:
        busy.token = token

    assert answer["status"] == "SKIPPED", answer
    assert answer["response_code"] == "SCOPE_MISSING"
    assert (
        any(scope in answer["message"] for scope in stream.scopes) or "scope" in answer["message"]
    )
    if stream.tier:
        assert stream.tier in answer["message"] or isinstance(stream, RecordStream)


def test_every_stream_that_can_change_is_changed_here() -> None:
    names = {*CHANGES, *CONSTANT}
    assert sorted(stream.name for stream in READ if stream.name not in names) == []
    assert sorted(names - {*BY_NAME}) == []
