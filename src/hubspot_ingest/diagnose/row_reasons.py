"""Why a record's row is as it is, or absent: one reason, and a sentence that says it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hubspot_ingest import times


class RowReason(StrEnum):
    """Why a row is as it is, or absent.

    PRESENT: as HubSpot has it. MISFIT: so too, but for values that are not of their column's type.
    NOT_SETTLED: HubSpot changed it after what is settled, or its search does not know of it yet.
    STALE and NOT_LOADED: an older version, or no row, where the present one should be.
    """

    PRESENT = "PRESENT"
    STALE = "STALE"
    ARCHIVED = "ARCHIVED"
    MERGED = "MERGED"
    PURGED = "PURGED"
    FILTERED_OUT = "FILTERED_OUT"
    NOT_SETTLED = "NOT_SETTLED"
    NEVER_EXISTED = "NEVER_EXISTED"
    MISFIT = "MISFIT"
    NOT_LOADED = "NOT_LOADED"
    REMOVED = "REMOVED"


class RecordState(StrEnum):
    """What HubSpot says of a record: an id that was merged away leads to the survivor."""

    LIVE = "LIVE"
    ARCHIVED = "ARCHIVED"
    MERGED = "MERGED"
    GONE = "GONE"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the destination; ``misfits`` are properties that are not of their column's type."""

    updated_at: int | None
    kind: str | None = None
    merged_into: str | None = None
    misfits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """What the destination, HubSpot and the state say of one record. Instants are epoch ms.

    Attributes:
        row: None where there is none.
        updated_at: when HubSpot says that the record was changed.
        windowed_at: the same, by the property that runs search by.
        filtered: whether the sync has a filter that does not take the record.
        indexed: whether HubSpot's search knows the record as it is.
        earliest: the setting ``updated_after``.
        settled_through: None where no run came to its end.
        due: when the sweep that follows each kind of deletion comes next.
    """

    what: str
    table: str
    state: RecordState
    row: Row | None
    updated_at: int | None = None
    windowed_at: int | None = None
    archived_at: int | None = None
    survivor: str | None = None
    filtered: bool = False
    indexed: bool = True
    earliest: int | None = None
    settled_through: int | None = None
    due: Mapping[str, int] | None = None


def row_reason(facts: RecordFacts) -> tuple[RowReason, str]:
    """The reason why a record's row is as it is, and a sentence that says it."""
    match facts.state:
        case RecordState.LIVE:
            return _live(facts)
        case RecordState.ARCHIVED:
            at = "" if facts.archived_at is None else f" since {times.iso(facts.archived_at)}"
            sentence = (
                f"{facts.what} lies in HubSpot's recycle bin{at}; {_marked(facts, 'ARCHIVED')}"
            )
            return RowReason.ARCHIVED, sentence
        case RecordState.MERGED:
            sentence = f"{facts.what} was merged into {facts.survivor}; {_marked(facts, 'MERGED')}"
            return RowReason.MERGED, sentence
        case RecordState.GONE:
            return _gone(facts)


def _gone(facts: RecordFacts) -> tuple[RowReason, str]:
    row = facts.row
    if row is None:
        return (
            RowReason.NEVER_EXISTED,
            f"HubSpot knows no {facts.what}, and {facts.table} never had it: it never existed, or "
            "was deleted for good before this sync could read it",
        )
    if row.kind == RowReason.MERGED:
        return (
            RowReason.MERGED,
            f"{facts.what} was merged into {row.merged_into}, which HubSpot does not have any more",
        )
    sentence = f"{facts.what} was deleted from HubSpot for good; {_marked(facts, 'PURGED')}"
    return RowReason.PURGED, sentence


def _live(facts: RecordFacts) -> tuple[RowReason, str]:
    what, table, row, settled = facts.what, facts.table, facts.row, facts.settled_through
    changed = facts.windowed_at or facts.updated_at or 0
    if facts.earliest is not None and changed < facts.earliest:
        return (
            RowReason.FILTERED_OUT,
            f"{what} was last changed at {times.iso(changed)}, before updated_after of the sync, "
            f"{times.iso(facts.earliest)}",
        )
    if facts.filtered and facts.indexed:
        sentence = f"{what} does not match the sync's filter; {_marked(facts, 'FILTERED_OUT')}"
        return RowReason.FILTERED_OUT, sentence
    if facts.filtered:
        return (
            RowReason.NOT_SETTLED,
            f"{what} was changed at {times.iso(changed)}, and HubSpot's search, which applies the "
            "filter, does not know of it yet",
        )
    if row is not None and row.kind is None and (row.updated_at or 0) >= (facts.updated_at or 0):
        if row.misfits:
            names = ", ".join(row.misfits)
            return (
                RowReason.MISFIT,
                f"{what} is in {table} as HubSpot has it, but what it holds in {names} is not of "
                "the column's type: NULL there, whole in the column PROPERTIES",
            )
        return RowReason.PRESENT, f"{what} is in {table} as HubSpot has it"
    if settled is None:
        begun = "no run of the sync has come to its end yet; the next one reads everything"
        if row is None:
            return RowReason.NOT_LOADED, f"{what} is not in {table}: {begun}"
        return RowReason.NOT_SETTLED, f"{what} is in {table} in an older version: {begun}"
    if changed >= settled:
        return (
            RowReason.NOT_SETTLED,
            f"{what} was changed at {times.iso(changed)}, and {table} is settled through "
            f"{times.iso(settled)}; a run after that brings it in",
        )
    if row is None:
        return (
            RowReason.NOT_LOADED,
            f"{what} was last changed at {times.iso(changed)} and is not in {table}, which is "
            f"settled through {times.iso(settled)}; {_follow_up(facts, 'ROTATION')}",
        )
    if row.kind is not None:
        return (
            RowReason.STALE,
            f"{what} is marked {row.kind} in {table}, but HubSpot has it; "
            f"{_follow_up(facts, row.kind)}",
        )
    return (
        RowReason.STALE,
        f"{what} was last changed at {times.iso(changed)} and is in {table} in an older version, "
        f"though that is settled through {times.iso(settled)}; {_follow_up(facts, 'ROTATION')}",
    )


def _marked(facts: RecordFacts, kind: str) -> str:
    if facts.row is None:
        return f"{facts.table} never had it"
    if facts.row.kind == kind:
        return f"its row is marked {kind}"
    marking = "not marked" if facts.row.kind is None else f"marked {facts.row.kind}"
    return f"its row is {marking} so far; {_follow_up(facts, kind)}"


def _follow_up(facts: RecordFacts, kind: str) -> str:
    """Which sweep follows it up, and when that is due."""
    due = facts.due or {}
    at = due.get(kind, due.get("ROTATION"))
    if at is None:
        return "the next run follows it up"
    return f"a run after {times.iso(at)} follows it up"
