"""What a row of the catalog can say of a stream, and nothing about any stream."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hubspot_ingest.database.columns import Column


class Reader(StrEnum):
    """How a stream is read. Everything but RECORDS has fixed columns.

    RECORDS are CRM objects: list, search and batch read. SINGLE is one answer with everything in
    it, PAGES page after page, NEWEST so too but newest first, so that a run may stop at what it
    knows. WINDOWS are spans of time. CHILDREN are read for each parent apart: the stages of a
    pipeline, the submissions of a form. VIEW is read from other streams' tables, not from HubSpot.
    """

    RECORDS = "RECORDS"
    SINGLE = "SINGLE"
    PAGES = "PAGES"
    NEWEST = "NEWEST"
    WINDOWS = "WINDOWS"
    CHILDREN = "CHILDREN"
    VIEW = "VIEW"


class Paging(StrEnum):
    """How the next page is asked for.

    NONE: there is one page. AFTER: by ``paging.next.after``, as most endpoints do. OFFSET: by
    ``offset`` while ``hasMore``, in the query or, of a POST, in the body.
    """

    NONE = "NONE"
    AFTER = "AFTER"
    OFFSET = "OFFSET"


class Every(StrEnum):
    """Parents that no endpoint lists as such.

    OBJECT_TYPES are the CRM streams and the portal's custom objects, OBJECT_TYPE_PAIRS those of
    them that the catalog associates, each way round. EVENT_TYPES are those of the setting
    ``event_types``, or all that the portal knows.
    """

    OBJECT_TYPES = "OBJECT_TYPES"
    OBJECT_TYPE_PAIRS = "OBJECT_TYPE_PAIRS"
    EVENT_TYPES = "EVENT_TYPES"


Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of HubSpot data that can be read.

    Of CRM objects, ``object_type`` is what stands in the path; ``updated`` the property that moves
    with every change and is searched by; ``associations`` are the streams whose ids are read by
    default.

    Of the others, ``path`` may hold ``{names}`` of the parent's. A column's ``property`` says where
    its value stands in an item: a dotted path; ``@`` before it looks one level out, at what the
    item lies in (a pipeline of a stage) and then at its parent; ``|`` separates alternatives; ``#``
    is a fingerprint of the whole item, where HubSpot gives it no id.
    """

    name: str
    object_type: str = ""
    updated: str = "hs_lastmodifieddate"
    associations: tuple[str, ...] = ()
    # HubSpot's number of the object type, by which it counts records
    type_id: str = ""
    reader: Reader = Reader.RECORDS
    label: str = ""
    # any one of these lets a credential read it; which HubSpot subscription has it
    scopes: tuple[str, ...] = ()
    tier: str = ""

    path: str = ""
    query: Query = ()
    # a list of this name in the body makes it a POST that reads: what is asked for, or parents
    asks_name: str = ""
    asks: tuple[str, ...] = ()
    paging: Paging = Paging.NONE
    page_size: int = 0
    size_name: str = "limit"
    # where the items lie in an answer: ``results``, or ``results.stages`` for lists in a list
    items: str = "results"
    columns: tuple[Column, ...] = ()
    key: tuple[str, ...] = ("ID",)
    # columns that hold the key of another stream's rows
    refers: tuple[tuple[str, str], ...] = ()
    # columns that tell whether a row changed, where RAW differs every time it is asked for
    compared: tuple[str, ...] = ()

    # further readings of the same, in this order; what an earlier one told, a later one does not
    variants: tuple[Query, ...] = ((),)
    # where an item says that it was deleted (true, or when), and when that was
    deleted: str = ""
    deleted_at: str = ""
    # whether what is not there any more is marked, and as what
    gone: str = ""
    # NEWEST, and CHILDREN that come newest first: where an item says when it came
    newest: str = ""

    # WINDOWS: the names of begin and end, whether they are ISO times, and days in a window
    window: tuple[str, str] = ("", "")
    window_iso: bool = False
    window_days: int = 0

    # CHILDREN, and whatever else is read for each of something
    parents: Stream | Every | None = None
    parent_key: str = "id"
    # parents left out, by what stands there: (path, value)
    barren: tuple[tuple[str, str], ...] = ()
    # where a parent says when it was changed, where its children do not change without it
    parent_updated: str = ""
    # so many parents to one request, as a list in the body
    batch: int = 0

    # the object whose every key becomes a column, as it turns up
    flattened: str = ""
    # of a stream named after an event type: that one
    event_types: tuple[str, ...] = ()
    # VIEW: the streams it is made of, and the name of its shape
    sources: tuple[str, ...] = ()

    @property
    def dated(self) -> bool:
        """Whether the stream tells what is new since some time; of others everything is read."""
        return bool(self.newest or self.window[0] or self.parent_updated)
