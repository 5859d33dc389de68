"""Every stream as a row. No logic: a new stream is a row of one of the lists joined here."""

from __future__ import annotations

from collections.abc import Mapping

from hubspot_ingest.catalog.crm import CRM
from hubspot_ingest.catalog.email import EMAIL_STREAMS
from hubspot_ingest.catalog.events import EVENT_STREAMS
from hubspot_ingest.catalog.marketing import MARKETING
from hubspot_ingest.catalog.metadata import METADATA
from hubspot_ingest.catalog.stream import ItemStream, RecordStream, Stream
from hubspot_ingest.catalog.views import VIEWS

__all__ = ["BY_NAME", "CRM", "ITEM_STREAMS", "RECORD_STREAMS", "STREAMS"]

STREAMS: tuple[Stream, ...] = (*CRM, *METADATA, *MARKETING, *EMAIL_STREAMS, *EVENT_STREAMS, *VIEWS)

BY_NAME: Mapping[str, Stream] = {stream.name: stream for stream in STREAMS}
RECORD_STREAMS: Mapping[str, RecordStream] = {stream.name: stream for stream in CRM}
ITEM_STREAMS: Mapping[str, ItemStream] = {
    stream.name: stream for stream in (*METADATA, *MARKETING, *EMAIL_STREAMS, *EVENT_STREAMS)
}
