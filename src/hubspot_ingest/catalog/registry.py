"""Every stream as a row. No logic: a new stream is a row of one of the lists joined here."""

from __future__ import annotations

from hubspot_ingest.catalog.crm import CRM
from hubspot_ingest.catalog.email import MAIL
from hubspot_ingest.catalog.events import EVENTS
from hubspot_ingest.catalog.marketing import MARKETING
from hubspot_ingest.catalog.metadata import METADATA
from hubspot_ingest.catalog.stream import Reader, Stream

__all__ = ["BY_NAME", "CRM", "STREAMS", "Reader", "Stream"]

STREAMS: tuple[Stream, ...] = (*CRM, *METADATA, *MARKETING, *MAIL, *EVENTS)

BY_NAME = {stream.name: stream for stream in STREAMS}
