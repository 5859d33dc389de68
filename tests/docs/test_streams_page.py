"""The page of streams is what the catalog says."""

from __future__ import annotations

import pytest

from hubspot_ingest.catalog.registry import BY_NAME, ITEM_STREAMS, STREAMS
from hubspot_ingest.catalog.stream import ItemStream, RecordStream, Stream, ViewStream
from scripts import streams_page
from tests.docs.pages import table


def test_the_page_is_current() -> None:
    assert streams_page.PAGE.read_text() == streams_page.render(), "run make streams"


def test_every_stream_has_its_row_and_no_other() -> None:
    rows = {one.strip("`") for one in table(streams_page.PAGE, "stream")}

    assert rows == {*BY_NAME}


@pytest.mark.parametrize("stream", ITEM_STREAMS.values(), ids=lambda stream: stream.name)
def test_every_column_says_what_it_is(stream: ItemStream) -> None:
    assert [column.name for column in stream.columns if not column.comment] == []
    assert {*stream.key} <= {column.name for column in stream.columns}


@pytest.mark.parametrize(
    "stream",
    [stream for stream in STREAMS if not isinstance(stream, ViewStream)],
    ids=lambda stream: stream.name,
)
def test_a_column_refers_to_a_stream_of_the_catalog(stream: RecordStream | ItemStream) -> None:
    own = {column.name for column in stream.columns} if isinstance(stream, ItemStream) else set()
    for column, other in stream.references:
        assert other in BY_NAME
        assert column in own or isinstance(stream, RecordStream)


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_a_stream_says_what_a_credential_needs(stream: Stream) -> None:
    assert stream.scopes or isinstance(stream, ViewStream)
