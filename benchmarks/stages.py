"""Times functions of the product from outside, by thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import Any, Self

from hubspot_ingest.database.connection import Database
from hubspot_ingest.hubspot import client, rate_limits, record_pages
from hubspot_ingest.inbound.load import batches, rows

Name = Callable[..., str]


class Stages:
    """Seconds and processor seconds by kind of thread and stage, while the block runs."""

    def __init__(self) -> None:
        """Nothing is timed yet."""
        self._spent: dict[tuple[str, str], list[float]] = {}
        self._lock = threading.Lock()
        self._timed_functions: list[tuple[Any, str, Name]] = []
        self._replaced: list[tuple[Any, str, Any]] = []

    @classmethod
    def of_a_run(cls) -> Stages:
        """The stages of a run, from the first request to the state."""
        stages = cls()
        stages._timed_functions = [
            (rate_limits.Governor, "admit", _named("wait for the governor")),
            (client.Client, "_exchange", _named("request until the answer is there")),
            (record_pages, "decode", _named("decode JSON")),
            (record_pages, "page", _named("records of a page")),
            (rows, "staged_records", _named("type the columns")),
            (batches, "parquet", _named("write Parquet")),
            (Database, "put", _named("put on the stage")),
            (Database, "rows", _statement),
        ]
        return stages

    def __enter__(self) -> Self:
        """Put the clocks on."""
        for owner, name, stage in self._timed_functions:
            original = getattr(owner, name)
            self._replaced.append((owner, name, original))
            setattr(owner, name, self._timed(original, stage))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the clocks off."""
        while self._replaced:
            owner, name, original = self._replaced.pop()
            setattr(owner, name, original)

    def spent(self) -> list[dict[str, Any]]:
        """One object per kind of thread and stage: calls, seconds, processor seconds."""
        return [
            {"thread": thread, "stage": stage, "calls": calls, "seconds": wall, "processor": cpu}
            for (thread, stage), (calls, wall, cpu) in self._spent.items()
        ]

    def _timed(self, original: Callable[..., Any], stage: Name) -> Callable[..., Any]:
        @wraps(original)
        def timed(*args: Any, **kwargs: Any) -> Any:
            started, processor = time.perf_counter(), time.thread_time()
            try:
                return original(*args, **kwargs)
            finally:
                spent = (1, time.perf_counter() - started, time.thread_time() - processor)
                with self._lock:
                    sums = self._spent.setdefault((_thread(), stage(*args)), [0, 0.0, 0.0])
                    sums[:] = [have + more for have, more in zip(sums, spent, strict=True)]

        return timed


def _named(stage: str) -> Name:
    return lambda *_: stage


def _statement(_database: Database, statement: str, *_: object) -> str:
    """COPY and the MERGE into the destination by name, all else by what it is about."""
    first = statement.split(maxsplit=1)[0].upper()
    if first == "COPY":
        return "COPY into the staging table"
    if first == "MERGE" and "STATE" not in statement.split("USING", 1)[0]:
        return "MERGE into the destination"
    if first in ("CREATE", "ALTER", "TRUNCATE", "DROP", "COMMENT"):
        return "tables made and emptied"
    return "state read and written"


def _thread() -> str:
    name = threading.current_thread().name
    if name.startswith("reader"):
        return "readers"
    return "typing" if name.startswith("ahead") else "loading"
