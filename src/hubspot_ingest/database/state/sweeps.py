"""What the sweeps and comparisons of a sync leave to its next run, as it is stored.

Sweeps look for what no window of time shows: deletions, restored records, new columns of old rows.
Instants are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter

from hubspot_ingest.model import Json


@dataclass(frozen=True, slots=True)
class ArchivedPlace:
    """How far a run has read the list of archived records: its token, and the highest id so far."""

    begun: int
    token: str | None = None
    after: int = 0


@dataclass(frozen=True, slots=True)
class FilteredPlace:
    """How far a run has looked for what left the filter ``since`` an instant."""

    begun: int
    since: int | None = None
    after: int = 0


@dataclass(frozen=True, slots=True)
class CountDifference:
    """HubSpot counted ``total`` records and the table ``live`` rows; compared up to an id."""

    total: int
    live: int
    at: int
    after: int = 0


@dataclass(frozen=True, slots=True)
class ColumnsToFill:
    """New columns, by property, which old rows up to the id ``after`` have filled."""

    properties: tuple[str, ...] = ()
    after: str = ""


@dataclass(frozen=True, slots=True)
class SweepsState:
    """Which sweeps were made when (``…_at``), and where those stand that came to no end.

    ``rotation`` is the id after which the rotation goes on, ``rotating`` whether one is under way.
    ``compare_from`` is from when on the table is to be compared whatever the schedule says.
    ``whole_at`` is when a stream of items was read whole last, ``behind`` are its parents that
    could not be read, and since when (None: never).
    """

    archived_at: int | None = None
    archived_place: ArchivedPlace | None = None
    archived_refused_at: int | None = None
    filtered_at: int | None = None
    filtered_place: FilteredPlace | None = None
    filtered_refused_at: int | None = None
    rotated_at: int | None = None
    rotation: int = 0
    rotating: bool = False
    rotation_refused_at: int | None = None
    count: CountDifference | None = None
    compared_at: int | None = None
    compare_from: int | None = None
    refill: ColumnsToFill | None = None
    whole_at: int | None = None
    behind: Mapping[str, int | None] = field(default_factory=dict)

    def dump(self) -> dict[str, Json]:
        """As it is stored: what is as at first is left out."""
        first = asdict(SweepsState())
        return {name: value for name, value in asdict(self).items() if value != first[name]}


_STORED = TypeAdapter(SweepsState)


def stored_sweeps(stored: Mapping[str, Any]) -> SweepsState:
    """The state as it is stored."""
    return _STORED.validate_python(
        {name: value for name, value in stored.items() if value is not None}
    )
