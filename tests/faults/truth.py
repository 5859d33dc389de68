"""The portal's truth held against the tables, column by column; nothing is taken from the engine.

``differences`` returns one line for everything that is not as it should be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

from hubspot_sandbox import Portal
from hubspot_sandbox.records.columns import State
from hubspot_sandbox.records.table import Table

EPOCH = datetime(1970, 1, 1)
Row = dict[str, Any]
Rows = Callable[[str], list[Row]]
Takes = Callable[[Mapping[str, str | None]], bool]


@dataclass(frozen=True)
class Promise:
    """What a sync promises of its table.

    ``columns`` maps the properties it has columns for to (column, HubSpot's type); ``links`` maps
    associated streams to their object types; ``takes`` is the sync's filter, None for none; records
    last changed before ``earliest`` (epoch ms) were not asked for.
    """

    object_type: str
    table: str
    columns: Mapping[str, tuple[str, str]]
    links: Mapping[str, str]
    takes: Takes | None
    archived: bool
    earliest: int
    history: tuple[str, ...] = ()


def differences(portal: Portal, promise: Promise, rows: Rows) -> list[str]:
    """Every difference between the portal and the tables of a sync."""
    return list(_Comparison(portal, promise, rows).all())


def number(text: str) -> Decimal | None:
    """A HubSpot number as NUMBER(38, 18)."""
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", text, re.ASCII):
        return None
    with localcontext(prec=60):
        value = Decimal(text).quantize(Decimal("1e-18"))
    return value if abs(value) < Decimal(10) ** 20 else None


def instant(text: str) -> datetime | None:
    """A HubSpot date-time as a timestamp without zone, in UTC."""
    if re.fullmatch(r"-?\d+", text, re.ASCII):
        return EPOCH + timedelta(milliseconds=int(text))
    try:
        return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    except ValueError:
        return None


def day(text: str) -> date | None:
    """A HubSpot date."""
    moment = instant(text)
    return None if moment is None else moment.date()


def boolean(text: str) -> bool | None:
    """A HubSpot boolean."""
    return {"true": True, "false": False}.get(text)


TYPED: Mapping[str, Callable[[str], Any]] = {
    "number": number,
    "datetime": instant,
    "date": day,
    "bool": boolean,
}


def typed(text: str | None, kind: str) -> Any:
    """What the column of a property has to hold for a value that HubSpot sent."""
    return None if not text else TYPED.get(kind, str)(text)


@dataclass
class _Comparison:
    portal: Portal
    promise: Promise
    rows: Rows

    def __post_init__(self) -> None:
        self._table: Table = self.portal.table(self.promise.object_type)
        found = self.rows(f"SELECT * FROM {self.promise.table}")
        self._landed: dict[str, Row] = {str(row["ID"]): row for row in found}
        self._twice = len(found) - len(self._landed)

    def all(self) -> Iterator[str]:
        if self._twice:
            yield f"{self._twice} ids have several rows"
        known = {*map(str, self._table.ids), *map(str, self._table.versions)}
        for extra in sorted(self._landed.keys() - known):
            yield f"{extra}: a row that no record ever had"
        for name, (column, _) in self.promise.columns.items():
            if self._landed and column not in next(iter(self._landed.values())):
                yield f"no column {column} for {name[:40]}"
                return
        for one in sorted(known, key=int):
            for said in self._record(one, self._landed.get(one)):
                yield f"{one}: {said}"
        for stream, to_type in self.promise.links.items():
            yield from self._links(stream, to_type)
        yield from self._history()

    # -- records -----------------------------------------------------------------------------

    def _record(self, one: str, row: Row | None) -> Iterator[str]:
        state = self._table.find(int(one))
        kind = None if row is None else row["_DELETE_KIND"]
        if state is None:
            yield from self._gone(one, row, kind)
        elif state.archived_at is not None:
            yield from self._archived(state, row, kind)
        elif not self._takes(state):
            unseen = kind == "ARCHIVED" and not self.promise.archived
            if row is not None and kind != "FILTERED_OUT" and not unseen:
                yield f"does not match the filter and is {kind}, not FILTERED_OUT"
        elif row is None:
            if state.updated >= self.promise.earliest:
                yield "is missing"
        elif state.updated < self.promise.earliest and state.id not in self._table.versions:
            yield "is older than was asked for and came in all the same"
        else:
            if kind is not None or row["_DELETED_AT"] is not None:
                yield f"lives and is marked {kind} at {row['_DELETED_AT']}"
            if row["_MERGED_INTO"] is not None:
                yield f"lives and is merged into {row['_MERGED_INTO']}"
            yield from self._values(state, row)

    def _archived(self, state: State, row: Row | None, kind: str | None) -> Iterator[str]:
        if row is None:
            if self.promise.archived and self.promise.takes is None and not self.promise.earliest:
                yield "is archived and missing"
            return
        if kind == "FILTERED_OUT" and not self.promise.archived and self._ever_untaken(state.id):
            return
        if kind != "ARCHIVED":
            yield f"is archived and marked {kind}"
            return
        assert state.archived_at is not None
        # where archived records are not followed, one that came back unseen keeps its first mark
        earlier = () if self.promise.archived else self._table.versions.get(state.id, ())
        ever = {one.archived_at for one in (state, *earlier) if one.archived_at}
        if row["_DELETED_AT"] not in {EPOCH + timedelta(milliseconds=one) for one in ever}:
            yield f"was archived at {state.archived_at}, not {row['_DELETED_AT']}"
        if self.promise.archived:
            yield from self._values(state, row)

    def _gone(self, one: str, row: Row | None, kind: str | None) -> Iterator[str]:
        if row is None:
            return
        if row["_DELETED_AT"] is None or kind is None:
            yield "is gone and lives here"
            return
        if kind == "FILTERED_OUT" and self._ever_untaken(int(one)):
            # it had left the sync's scope before it went
            return
        if kind == "ARCHIVED" and not self.promise.archived:
            # what becomes of an archived record is not looked at
            return
        survivors = self._survivors(int(one))
        if not survivors:
            if kind != "PURGED":
                yield f"was purged and is marked {kind}"
            return
        last = self._table.find(survivors[-1])
        known = last is not None and (last.archived_at is None or self.promise.archived)
        expected = [str(survivors[-1])] if known else list(map(str, survivors))
        if kind == "MERGED" and row["_MERGED_INTO"] in expected:
            return
        if kind == "PURGED" and not known:
            # the survivor went as well, before it could tell
            return
        yield f"was merged into {expected} and is marked {kind} into {row['_MERGED_INTO']}"

    def _survivors(self, one: int) -> list[int]:
        """What the record was merged into, and that into, to the last."""
        found = []
        while one in self._table.merged_into:
            one = self._table.merged_into[one]
            found.append(one)
        return found

    def _takes(self, state: State) -> bool:
        return self.promise.takes is None or self.promise.takes(self._properties(state))

    def _ever_untaken(self, one: int) -> bool:
        return any(not self._takes(state) for state in self._table.versions.get(one, ()))

    def _properties(self, state: State) -> dict[str, str | None]:
        return {name: column.value(state) for name, column in self._table.columns.items()}

    def _values(self, state: State, row: Row) -> Iterator[str]:
        for column, wanted in (("CREATED_AT", state.created), ("UPDATED_AT", state.updated)):
            if row[column] != EPOCH + timedelta(milliseconds=wanted):
                yield f"{column} is {row[column]}, not {wanted}"
        if row["ARCHIVED"] != (state.archived_at is not None):
            yield f"ARCHIVED is {row['ARCHIVED']}"
        for own in ("_PORTAL_ID", "_RUN_ID", "_SYNCED_AT"):
            if row[own] is None:
                yield f"{own} is NULL"
        told, sent = self._properties(state), json.loads(row["PROPERTIES"])
        for name, (column, kind) in self.promise.columns.items():
            value = told[name]
            if sent.get(name) != value:
                yield f"PROPERTIES:{name[:20]} is {sent.get(name)!r}, not {value!r}"
            if row[column] != typed(value, kind):
                yield f"{column[:40]} is {row[column]!r}, not {typed(value, kind)!r} ({value!r})"

    # -- associations and history ------------------------------------------------------------

    def _linked(self, one: int, to_type: str) -> dict[str, set[tuple[str, str, str | None]]]:
        """Ids of the living records a record is associated with, and the types of that."""
        kinds = (
            self.portal.object_type(self.promise.object_type),
            self.portal.object_type(to_type),
        )
        found = self.portal.associations.links(*kinds).get(one, {})
        return {
            str(other): {(link.category, str(link.type_id), link.label) for link in types}
            for other, types in found.items()
            if self.portal.table(to_type).find_live(other) is not None
        }

    def _links(self, stream: str, to_type: str) -> Iterator[str]:
        beside = f"{self.promise.table}_{stream.upper()}"
        present: dict[str, set[tuple[str, str, str, str | None]]] = {}
        for row in self.rows(f"SELECT * FROM {beside}"):
            for own in ("_FIRST_SEEN_AT", "_LAST_SEEN_AT", "_SYNCED_AT"):
                if row[own] is None:
                    yield f"a link of {row['FROM_ID']} has no {own}"
            told = (row["TO_ID"], row["CATEGORY"], row["TYPE_ID"], row["LABEL"])
            if row["_REMOVED_AT"] is None:
                links = present.setdefault(row["FROM_ID"], set())
                if told in links:
                    yield f"a link of {row['FROM_ID']} is there twice: {told}"
                links.add(told)
        for one, row in self._landed.items():
            state = self._table.find_live(int(one))
            if row["_DELETE_KIND"] == "FILTERED_OUT" or (state and not self._takes(state)):
                continue
            lives = state is not None
            wanted = self._linked(int(one), to_type) if lives else {}
            kinds = {(other, *kind) for other, types in wanted.items() for kind in types}
            if present.get(one, set()) != kinds:
                yield f"{one}: links to {stream} are {present.get(one)}, not {kinds}"
            ids = row[f"{stream.upper()}_IDS"]
            if lives and (ids is None or set(json.loads(ids)) != set(wanted)):
                yield f"{one}: {stream.upper()}_IDS is {ids}, not {sorted(wanted)}"

    def _history(self) -> Iterator[str]:
        if not self.promise.history:
            return
        told = {
            (row["ID"], row["PROPERTY"], row["VALUE"], row["CHANGED_AT"])
            for row in self.rows(f"SELECT * FROM {self.promise.table}_HISTORY")
        }
        for state in self._table.states():
            if not self._takes(state) or state.updated < self.promise.earliest:
                continue
            for name in self.promise.history:
                value = self._table.columns[name].value(state)
                if value and not any(
                    (one, what, held) == (str(state.id), name, value) for one, what, held, _ in told
                ):
                    yield f"{state.id}: the history of {name} lacks its present value {value!r}"
