"""Pauses all syncs or pushes at once, and resumes those that were paused so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hubspot_ingest.database.connection import Database
from hubspot_ingest.errors import IngestError
from hubspot_ingest.model import Json

Answer = dict[str, Json]
Switch = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Pausable:
    """Syncs or pushes: their table in STATE, which rows of it count, and the words for them."""

    table: str
    which: str
    singular: str
    plural: str

    def counted(self, count: int) -> str:
        """``1 sync is``, ``3 syncs are``."""
        return f"1 {self.singular} is" if count == 1 else f"{count} {self.plural} are"


SYNCS = Pausable("SYNCS", "DROPPED_AT IS NULL", "sync", "syncs")
PUSHES = Pausable("PUSHES", "TRUE", "push", "pushes")


def pause_all(database: Database, kind: Pausable, disable: Switch) -> Answer:
    """Disable each that is enabled; says how many, and how many were paused before."""
    switches = _switches(database, kind)
    enabled = [name for name, is_enabled, _ in switches if is_enabled]
    done, faults = _each(enabled, disable)
    before = len(switches) - len(enabled)
    rest = f"; {kind.counted(before)} paused already" if before else ""
    return _answer(f"{kind.counted(len(done))} paused{rest}", done, faults)


def resume_all(database: Database, kind: Pausable, enable: Switch, *, everything: bool) -> Answer:
    """Enable those that ``pause_all`` disabled, or ``everything``; says how many stay paused."""
    paused = [
        (name, with_all)
        for name, is_enabled, with_all in _switches(database, kind)
        if not is_enabled
    ]
    chosen = [name for name, with_all in paused if everything or with_all]
    done, faults = _each(chosen, enable)
    left = len(paused) - len(chosen)
    rest = f"; {kind.counted(left)} paused by hand and stays so" if left == 1 else ""
    if left > 1:
        rest = f"; {kind.counted(left)} paused by hand and stay so"
    return _answer(f"{kind.counted(len(done))} resumed{rest}", done, faults)


def paused_together(database: Database, kind: Pausable) -> set[str]:
    """Those that ``pause_all`` disabled and nobody switched since."""
    switches = _switches(database, kind)
    return {name for name, is_enabled, with_all in switches if with_all and not is_enabled}


def _switches(database: Database, kind: Pausable) -> list[tuple[str, bool, bool]]:
    """Each by name: whether it is enabled, and whether it was paused with all."""
    rows = database.rows(
        "SELECT NAME, ENABLED, IFNULL(PAUSED_WITH_ALL, FALSE) AS WITH_ALL FROM "
        f"{database.in_application(f'STATE.{kind.table}')} WHERE {kind.which} ORDER BY NAME"
    )
    return [(str(row["NAME"]), bool(row["ENABLED"]), bool(row["WITH_ALL"])) for row in rows]


def _each(names: Sequence[str], switch: Switch) -> tuple[list[str], dict[str, IngestError]]:
    """Those that were switched, and why others were not."""
    done, faults = list[str](), dict[str, IngestError]()
    for name in names:
        try:
            switch(name)
        except IngestError as error:
            faults[name] = error
        else:
            done.append(name)
    return done, faults


def _answer(message: str, done: Sequence[str], faults: dict[str, IngestError]) -> Answer:
    names: Json = [*done]
    if not faults:
        return {"response_code": "OK", "message": message, "names": names}
    name, first = next(iter(faults.items()))
    failed = f"; {len(faults)} not: {', '.join(faults)}; of {name}: {first.message}"
    return {"response_code": first.code, "message": message + failed, "names": names}
