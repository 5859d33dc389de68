"""No range of ids is left unread, and none is taken for read."""

from __future__ import annotations

import threading

import pytest

from hubspot_ingest.errors import IngestError
from hubspot_ingest.inbound.extract import page_readers
from hubspot_ingest.inbound.extract.cuts import Cutter
from hubspot_ingest.inbound.extract.id_ranges import Ranges
from tests.builders import Shelf
from tests.readings import LIST, ids_of

SHELF = Shelf(range(1, 1_001))


def ranges() -> Ranges:
    """Ranges of a list whose search tells nothing."""
    read = page_readers.page_reader(SHELF.fetch, LIST)
    return Ranges(read, Cutter(lambda *_: None, 100, 9_900, 1), lambda: 0)


def test_a_range_that_is_held_is_read_though_meanwhile_the_search_tells_nothing() -> None:
    own, before = ranges(), {*threading.enumerate()}
    with own.reading(1, 10, own.add(0, None, 1_000, taken=True)) as batches:
        [reader] = {*threading.enumerate()} - before
        # it has all the time to look for cuts until it gives up
        reader.join(0.2)
        own.release()
        assert ids_of(batches) == SHELF.ids


def test_a_range_that_nobody_read_is_not_taken_for_read() -> None:
    own = ranges()
    own.add(0, 500, 500)
    own.add(500, None, 500, taken=True)
    batches = own.side_by_side(1, 0)
    with pytest.raises(IngestError, match="left unread"):
        list(batches)
