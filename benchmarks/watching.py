"""Memory and processor time of other processes, read from Linux's ``/proc``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

PROC = Path("/proc")
EVERY = 0.05
MEGABYTE = 1_000_000


def family(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield pid
    for children in PROC.glob(f"{pid}/task/*/children"):
        with suppress(OSError):
            for child in children.read_text().split():
                yield from family(int(child))


def resident(pid: int) -> float:
    """Resident memory of one process in MB (of a million bytes); 0 when it is gone."""
    with suppress(OSError):
        pages = int((PROC / str(pid) / "statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE
    return 0.0


def processor_seconds(pid: int) -> float:
    """Processor time one process has used, in all its threads; 0 when it is gone."""
    with suppress(OSError):
        # the name before the last bracket may itself hold spaces and brackets
        numbers = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


class Watch:
    """Samples memory and processor time of a process and its descendants while the block runs."""

    def __init__(self, pid: int) -> None:
        """``peak_mb`` is the largest sum seen so far, shared pages counted in each process.

        ``processor_seconds`` is what was used since the block began: unlike the time on the wall
        it hardly depends on what else the machine does.
        """
        self.pid = pid
        self.peak_mb = 0.0
        self.processor_seconds = 0.0
        self._before = processor_seconds(pid)
        self._ended = Event()
        self._thread = Thread(target=self._sample, name="watch", daemon=True)

    def __enter__(self) -> Self:
        """Begin to sample."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End sampling."""
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._ended.wait(EVERY):
            pids = list(family(self.pid))
            self.peak_mb = max(self.peak_mb, sum(map(resident, pids)))
            used = sum(map(processor_seconds, pids)) - self._before
            self.processor_seconds = max(self.processor_seconds, used)
