"""The types of the catalog's rows: what can be said of a stream, and nothing about any stream.

A stream is one kind of HubSpot data that can be read: the records of a CRM object
(``RecordStream``), the items of an endpoint of their own (``ItemStream``), or a view over the
tables of other streams (``ViewStream``).
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
from typing import ClassVar

from hubspot_ingest.database.columns import Column
from hubspot_ingest.model import Json


class Reader(StrEnum):
    """How a stream is read, as plans, runs and the view STREAMS show it.

    RECORDS are CRM objects: list, search and batch read. SINGLE is one answer with everything in
    it, PAGES page after page, NEWEST the same but newest first, so that a run may stop at what
    earlier runs have read. WINDOWS are spans of time. CHILDREN are read for each parent apart: the
    stages of a pipeline, the submissions of a form. VIEW is read from other streams' tables, not
    from HubSpot.
    """

    RECORDS = "RECORDS"
    SINGLE = "SINGLE"
    PAGES = "PAGES"
    NEWEST = "NEWEST"
    WINDOWS = "WINDOWS"
    CHILDREN = "CHILDREN"
    VIEW = "VIEW"


@dataclass(frozen=True, slots=True)
class StreamBase:
    """What every stream has.

    Any one of ``scopes`` lets a credential read it; ``tier`` is the HubSpot subscription that has
    it, empty where all do.
    """

    name: str
    _: KW_ONLY
    label: str = ""
    scopes: tuple[str, ...] = ()
    tier: str = ""


# -- records -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecordStream(StreamBase):
    """The records of a CRM object.

    ``object_type`` is HubSpot's name of it in paths, ``type_id`` its number, by which HubSpot
    counts records (empty where it does not). ``updated`` is the property that moves with every
    change and is searched by (empty where the portal has none); ``associations`` are the streams
    whose ids are read by default; ``references`` are columns that hold the key of another
    stream's rows.
    """

    reader: ClassVar[Reader] = Reader.RECORDS

    object_type: str
    _: KW_ONLY
    type_id: str = ""
    updated: str = "hs_lastmodifieddate"
    associations: tuple[str, ...] = ()
    references: tuple[tuple[str, str], ...] = ()


# -- items ---------------------------------------------------------------------------------------

Query = tuple[tuple[str, str], ...]
# a list that shows either the archived or the others is read once for each
WITH_ARCHIVED: tuple[Query, ...] = ((("archived", "false"),), (("archived", "true"),))


@dataclass(frozen=True, slots=True)
class AfterPaging:
    """The next page is asked for by ``paging.next.after``, as of most endpoints."""

    size_name: ClassVar[str] = "limit"

    size: int


@dataclass(frozen=True, slots=True)
class OffsetPaging:
    """The next page is asked for by ``offset`` while ``hasMore``, of a POST in the body."""

    size: int
    size_name: str = "limit"


Paging = AfterPaging | OffsetPaging


@dataclass(frozen=True, slots=True)
class BodyValues:
    """The request is a POST that reads, with these names and values in its body."""

    values: tuple[tuple[str, Json], ...]


@dataclass(frozen=True, slots=True)
class Only:
    """Items are kept whose value at ``path`` is one of ``values``, in capitals or not.

    It stands where HubSpot has no query for what is wanted.
    """

    path: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ParentKeys:
    """The request is a POST that reads, with the keys of up to ``limit`` parents in its body."""

    name: str
    limit: int


class Every(StrEnum):
    """Parents that no endpoint lists as such.

    OBJECT_TYPES are the CRM streams and the portal's custom objects, OBJECT_TYPE_PAIRS those of
    them that the catalog associates, each way round. EVENT_TYPES are those of the setting
    ``event_types``, or all that the portal knows.
    """

    OBJECT_TYPES = "OBJECT_TYPES"
    OBJECT_TYPE_PAIRS = "OBJECT_TYPE_PAIRS"
    EVENT_TYPES = "EVENT_TYPES"


@dataclass(frozen=True, slots=True)
class PerParent:
    """The stream is read for each parent apart.

    ``key`` is the path of a parent's key; a parent that has the value at the path of one of
    ``excluded`` is left out. ``updated`` is the path of the time when a parent was changed, where
    its children do not change without it. Where ``source`` does not tell that time, ``recent``
    lists the parents that changed lately, with it: the others did not.
    """

    source: ItemStream | Every
    key: str = "id"
    excluded: tuple[tuple[str, str], ...] = ()
    updated: str = ""
    recent: ItemStream | None = None


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """The stream is read in spans of time.

    ``begin`` and ``end`` are the names of the query's bounds, ``iso`` says whether they are ISO
    times (else epoch milliseconds), ``days`` how long a span is (0: one span for all). What
    happened in the last ``late_days`` is read again once a day: it may be told of late.
    """

    begin: str
    end: str
    iso: bool = False
    days: int = 0
    late_days: int = 0


@dataclass(frozen=True, slots=True)
class ItemStream(StreamBase):
    """The items of an endpoint, in a table of the catalog's columns.

    ``path`` and the values of ``query`` may hold ``{names}`` of the parent's. ``items`` is where
    the items lie in an answer: ``results``, ``results.stages`` for lists in a list, empty for the
    answer itself. ``variants`` are queries with which the same is read again, in this order; an
    item that one of them brought is left out of the later ones.

    A column's ``property`` is the path of its value in an item, with dots between names; ``@``
    before it looks one level out, at what the item lies in (a pipeline of a stage) and then at its
    parent; ``|`` separates alternatives; of a path that ends in ``~`` a 0 is no value, where
    HubSpot so says that there is no other thing. ``#`` is a fingerprint, where HubSpot gives an
    item no id: of what stands at the paths that follow, separated by spaces, so that a field that
    HubSpot adds later makes no other row. The other paths here are written alike.
    """

    _: KW_ONLY
    path: str
    query: Query = ()
    variants: tuple[Query, ...] = ((),)
    body: BodyValues | ParentKeys | None = None
    # None: the answer is the only page
    paging: Paging | None = None
    window: TimeWindow | None = None
    parents: PerParent | None = None
    items: str = "results"
    only: Only | None = None
    columns: tuple[Column, ...] = ()
    key: tuple[str, ...] = ("ID",)
    # columns that hold the key of another stream's rows
    references: tuple[tuple[str, str], ...] = ()
    # columns that tell whether a row changed, where RAW differs every time it is asked for
    compared: tuple[str, ...] = ()
    # columns that keep what they hold where HubSpot leaves the value out
    lasting: tuple[str, ...] = ()
    # the path of when an item came, where items come newest first
    newest_by: str = ""
    # the paths of whether an item was deleted (true, or when), and of when that was
    deleted: str = ""
    deleted_at: str = ""
    # the _DELETE_KIND of rows that HubSpot does not send any more; empty: they are not marked
    missing_kind: str = ""
    # the path of the object whose every key becomes a column, as it turns up
    flattened: str = ""
    # of a stream named after an event type: that one
    event_types: tuple[str, ...] = ()

    @property
    def reader(self) -> Reader:
        """How the stream is read."""
        if self.window is not None:
            return Reader.WINDOWS
        if self.parents is not None:
            return Reader.CHILDREN
        if self.newest_by:
            return Reader.NEWEST
        return Reader.SINGLE if self.paging is None else Reader.PAGES

    @property
    def dated(self) -> bool:
        """Whether a run can ask for what is new since some time; else it reads everything."""
        return bool(self.newest_by or self.window or (self.parents and self.parents.updated))


# -- views ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MarkedRows:
    """All columns of those rows of a stream's table that have this ``_DELETE_KIND``."""

    stream: str
    delete_kind: str


@dataclass(frozen=True, slots=True)
class EngagementRows:
    """The rows of a stream's table in the shape of HubSpot's old engagements API.

    ``type`` is the engagement's. ``metadata`` are the names of its metadata with the properties
    that hold them now, ``associations`` the names of its associations with the columns of ids.
    """

    stream: str
    type: str
    metadata: tuple[tuple[str, str], ...]
    associations: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ViewStream(StreamBase):
    """A view over the tables of other streams: nothing of it is asked of HubSpot.

    It shows the rows of all ``sources``, each of which selects the same columns.
    """

    reader: ClassVar[Reader] = Reader.VIEW

    _: KW_ONLY
    sources: tuple[MarkedRows | EngagementRows, ...]


Stream = RecordStream | ItemStream | ViewStream
