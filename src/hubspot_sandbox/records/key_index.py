"""Finds the records of one object type by the value of a unique property."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from hubspot_sandbox.records.columns import Column, State

_FURTHER = {"email": "hs_additional_emails"}
"""Properties that hold further values of a unique one, set apart by ``;`` (BEHAVIOR H187)."""


class KeyIndex:
    """Ids by value, made for a property when it is first asked for, and kept up with writes."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        """``columns`` are those of the table, by name."""
        self._case_counts = False
        self._columns = columns
        self._ids: dict[str, dict[str, set[int]]] = {}

    def ids(self, name: str, text: str, states: Callable[[], Iterable[State]]) -> list[int]:
        """The ids of records with a value, ascending; ``states`` returns every present record."""
        if name not in self._ids:
            self._ids[name] = {}
            for state in states():
                self._add(name, state)
        return sorted(self._ids[name].get(self.folded(name, text), ()))

    def folded(self, name: str, text: str) -> str:
        """What two spellings of one value share: letter case counts on request (BEHAVIOR H187)."""
        return text.lower() if not self._case_counts or name in _FURTHER else text

    def heed_case(self) -> None:
        """Let letter case count from now on."""
        self._case_counts = True
        self._ids.clear()

    def replace(self, before: State | None, after: State) -> None:
        """Follow a write: ``before`` is the version it took the place of."""
        for name, ids in self._ids.items():
            if before is not None and not before.removed:
                for value in self._values(name, before):
                    ids.get(value, set()).discard(before.id)
            if not after.removed:
                self._add(name, after)

    def forget(self, name: str) -> None:
        """Drop what is known of a property: its definition has changed."""
        self._ids.pop(name, None)

    def _add(self, name: str, state: State) -> None:
        for value in self._values(name, state):
            self._ids[name].setdefault(value, set()).add(state.id)

    def _values(self, name: str, state: State) -> set[str]:
        text = self._columns[name].value(state)
        values = {self.folded(name, text)} if text else set()
        further = self._columns.get(_FURTHER.get(name, ""))
        if further is not None:
            values |= {part.lower() for part in (further.value(state) or "").split(";") if part}
        return values
