"""The page of streams is what the catalog says."""

from __future__ import annotations

import pytest

from hubspot_ingest.catalog.registry import BY_NAME, STREAMS, Reader, Stream
from scripts import streams_page
from tests.docs.pages import table

FIXED = [one for one in STREAMS if one.reader not in (Reader.RECORDS, Reader.VIEW)]


def test_the_page_is_current() -> None:
    assert streams_page.PAGE.read_text() == streams_page.render(), "run make streams"


def test_every_stream_has_its_row_and_no_other() -> None:
    rows = {one.strip("`") for one in table(streams_page.PAGE, "stream")}

    assert rows == {*BY_NAME}


@pytest.mark.parametrize("stream", FIXED, ids=lambda stream: stream.name)
def test_every_column_says_what_it_is(stream: Stream) -> None:
    assert [one.name for one in stream.columns if not one.comment] == []
    assert {*stream.key} <= {one.name for one in stream.columns}


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_a_column_refers_to_a_stream_of_the_catalog(stream: Stream) -> None:
    own = {one.name for one in stream.columns}
    for column, other in stream.refers:
        assert other in BY_NAME
        assert column in own or stream.reader is Reader.RECORDS


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_a_stream_says_what_a_credential_needs(stream: Stream) -> None:
    assert stream.scopes or stream.reader is Reader.VIEW
