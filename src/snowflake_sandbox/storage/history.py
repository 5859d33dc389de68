"""Records the runs of tasks and the notifications that would have been sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any
from uuid import uuid4

from snowflake_sandbox.names import Name

# Snowflake forgets after 7 and 14 days; a laptop after this many.
_LONGEST = 200
UNFINISHED = ("SCHEDULED", "EXECUTING")


def now() -> str:
    """The time in UTC, with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class TaskRun:
    """One run of a task; ``state`` is SCHEDULED, EXECUTING, SUCCEEDED, FAILED or CANCELLED."""

    name: Name
    definition: str
    state: str = "SCHEDULED"
    scheduled_at: str = field(default_factory=now)
    started_at: str | None = None
    finished_at: str | None = None
    error_code: int | None = None
    error: str | None = None
    query_id: str = field(default_factory=lambda: str(uuid4()))


@dataclass(frozen=True)
class Notification:
    """A message that would have been sent through a notification integration.

    Attributes:
        kind: the integration's type, ``EMAIL`` or ``WEBHOOK``.
        content: the texts by content type, e.g. ``text/plain``.
        options: the other settings of the message: ``subject``, ``toAddress`` …
    """

    integration: str
    kind: str
    content: dict[str, str]
    options: dict[str, Any]
    sent_at: str = field(default_factory=now)


@dataclass(frozen=True)
class Event:
    """What a handler added to its telemetry span: an event, or an attribute (without a name)."""

    procedure: str
    name: str
    attributes: dict[str, Any]


class History:
    """The last runs and notifications; every change is written to ``file`` when there is one."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._lock = RLock()
        self._runs: dict[str, TaskRun] = {}
        self._notifications: list[Notification] = []
        self.events: list[Event] = []
        if file is not None and file.exists():
            self._load(json.loads(file.read_text(encoding="utf-8")))

    @property
    def task_runs(self) -> list[TaskRun]:
        """The runs of tasks, oldest first."""
        with self._lock:
            return list(self._runs.values())

    @property
    def notifications(self) -> list[Notification]:
        """The messages that would have been sent, oldest first."""
        with self._lock:
            return list(self._notifications)

    def put_run(self, run: TaskRun) -> None:
        """Record or change a run of a task."""

        def change() -> None:
            self._runs[run.query_id] = run
            for old in list(self._runs)[:-_LONGEST]:
                del self._runs[old]

        self._change(change)

    def add_event(self, event: Event) -> None:
        """Keep an event of a handler's span, as long as the engine is open."""
        with self._lock:
            self.events = [*self.events[-_LONGEST + 1 :], event]

    def add_notification(self, notification: Notification) -> None:
        """Record a notification."""

        def change() -> None:
            self._notifications = [*self._notifications[-_LONGEST + 1 :], notification]

        self._change(change)

    def _change(self, change: Callable[[], None]) -> None:
        with self._lock:
            change()
            if self._file is None:
                return
            state = {
                "task_runs": [asdict(run) for run in self._runs.values()],
                "notifications": [asdict(notification) for notification in self._notifications],
            }
            draft = self._file.with_suffix(".new")
            draft.write_text(json.dumps(state), encoding="utf-8")
            draft.replace(self._file)

    def _load(self, state: dict[str, Any]) -> None:
        for raw in state["task_runs"]:
            run = TaskRun(**{**raw, "name": Name(*raw["name"])})
            if run.state in UNFINISHED:
                # the process ended before the run did
                run = replace(run, state="CANCELLED", finished_at=run.started_at)
            self._runs[run.query_id] = run
        self._notifications = [Notification(**raw) for raw in state["notifications"]]
