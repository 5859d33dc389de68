"""Why a record's row is as it is, or absent: one reason, and a sentence that says it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hubspot_ingest import times


class Reason(StrEnum):
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


class Standing(StrEnum):
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
class Known:
    """What the destination, HubSpot and the state tell of one record. Instants are epoch ms.

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
    standing: Standing
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


def judge(known: Known) -> tuple[Reason, str]:
    """The reason, and a sentence that says it."""
    match known.standing:
        case Standing.LIVE:
            return _live(known)
        case Standing.ARCHIVED:
            at = "" if known.archived_at is None else f" since {times.iso(known.archived_at)}"
            said = f"{known.what} lies in HubSpot's recycle bin{at}; {_marked(known, 'ARCHIVED')}"
            return Reason.ARCHIVED, said
        case Standing.MERGED:
            said = f"{known.what} was merged into {known.survivor}; {_marked(known, 'MERGED')}"
            return Reason.MERGED, said
        case Standing.GONE:
            return _gone(known)


def _gone(known: Known) -> tuple[Reason, str]:
    row = known.row
    if row is None:
        return (
            Reason.NEVER_EXISTED,
            f"HubSpot knows no {known.what}, and {known.table} never had it: it never existed, or "
            "was deleted for good before this sync could read it",
        )
    if row.kind == Reason.MERGED:
        return (
            Reason.MERGED,
            f"{known.what} was merged into {row.merged_into}, which HubSpot does not have any more",
        )
    said = f"{known.what} was deleted from HubSpot for good; {_marked(known, 'PURGED')}"
    return Reason.PURGED, said


def _live(known: Known) -> tuple[Reason, str]:
    what, table, row, settled = known.what, known.table, known.row, known.settled_through
    changed = known.windowed_at or known.updated_at or 0
    if known.earliest is not None and changed < known.earliest:
        return (
            Reason.FILTERED_OUT,
            f"{what} was last changed at {times.iso(changed)}, before updated_after of the sync, "
            f"{times.iso(known.earliest)}",
        )
    if known.filtered and known.indexed:
        said = f"{what} does not match the sync's filter; {_marked(known, 'FILTERED_OUT')}"
        return Reason.FILTERED_OUT, said
    if known.filtered:
        return (
            Reason.NOT_SETTLED,
            f"{what} was changed at {times.iso(changed)}, and HubSpot's search, which applies the "
            "filter, does not know of it yet",
        )
    if row is not None and row.kind is None and (row.updated_at or 0) >= (known.updated_at or 0):
        if row.misfits:
            names = ", ".join(row.misfits)
            return (
                Reason.MISFIT,
                f"{what} is in {table} as HubSpot has it, but what it holds in {names} is not of "
                "the column's type: NULL there, whole in the column PROPERTIES",
            )
        return Reason.PRESENT, f"{what} is in {table} as HubSpot has it"
    if settled is None:
        begun = "no run of the sync has come to its end yet; the next one reads everything"
        if row is None:
            return Reason.NOT_LOADED, f"{what} is not in {table}: {begun}"
        return Reason.NOT_SETTLED, f"{what} is in {table} in an older version: {begun}"
    if changed >= settled:
        return (
            Reason.NOT_SETTLED,
            f"{what} was changed at {times.iso(changed)}, and {table} is settled through "
            f"{times.iso(settled)}; a run after that brings it in",
        )
    if row is None:
        return (
            Reason.NOT_LOADED,
            f"{what} was last changed at {times.iso(changed)} and is not in {table}, which is "
            f"settled through {times.iso(settled)}; {_found_by(known, 'ROTATION')}",
        )
    if row.kind is not None:
        return (
            Reason.STALE,
            f"{what} is marked {row.kind} in {table}, but HubSpot has it; "
            f"{_found_by(known, row.kind)}",
        )
    return (
        Reason.STALE,
        f"{what} was last changed at {times.iso(changed)} and is in {table} in an older version, "
        f"though that is settled through {times.iso(settled)}; {_found_by(known, 'ROTATION')}",
    )


def _marked(known: Known, kind: str) -> str:
    if known.row is None:
        return f"{known.table} never had it"
    if known.row.kind == kind:
        return f"its row is marked {kind}"
    told = "not marked" if known.row.kind is None else f"marked {known.row.kind}"
    return f"its row is {told} so far; {_found_by(known, kind)}"


def _found_by(known: Known, kind: str) -> str:
    """Which sweep follows it up, and when that is due."""
    due = known.due or {}
    at = due.get(kind, due.get("ROTATION"))
    if at is None:
        return "the next run follows it up"
    return f"a run after {times.iso(at)} follows it up"
