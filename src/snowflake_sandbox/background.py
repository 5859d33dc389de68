"""Runs tasks in background threads, one run at a time for each task."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from snowflake_sandbox.errors import SqlError
from snowflake_sandbox.names import Name
from snowflake_sandbox.storage.catalog import Catalog
from snowflake_sandbox.storage.history import History, TaskRun, now
from snowflake_sandbox.storage.records import Task


class Background:
    """The runs of tasks that are in progress or waiting.

    A task that is started while it runs is run once more afterwards; started again before that,
    it is still run once. Threads do not keep the process alive: whoever closes the engine waits.

    Args:
        history: where the runs are recorded.
        catalog: where a task's last run is noted.
        execute: runs the statement of a task, by the task's name.
    """

    def __init__(
        self, history: History, catalog: Catalog, execute: Callable[[Name, str], None]
    ) -> None:
        self._history = history
        self._catalog = catalog
        self._execute = execute
        self._lock = threading.Lock()
        self._threads: dict[Name, threading.Thread] = {}
        self._waiting: dict[Name, TaskRun] = {}

    def start(self, task: Task) -> None:
        """Start a run of a task and return at once."""
        run = TaskRun(task.name, task.definition)
        with self._lock:
            if task.name in self._threads:
                if task.name not in self._waiting:
                    self._waiting[task.name] = run
                    self._history.put_run(run)
                return
            self._history.put_run(run)
            thread = threading.Thread(
                target=self._work, args=(run,), name=f"task {task.name}", daemon=True
            )
            self._threads[task.name] = thread
            thread.start()

    @property
    def running(self) -> list[Name]:
        """The tasks that run now."""
        with self._lock:
            return sorted(self._threads)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until no task runs, or until some seconds are over; False when tasks still run.

        Ctrl-C ends the wait, and not the tasks.
        """
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            with self._lock:
                threads = list(self._threads.values())
            if not threads or (until is not None and time.monotonic() >= until):
                return not threads
            threads[0].join(0.2 if until is None else max(0.0, min(0.2, until - time.monotonic())))

    def _work(self, run: TaskRun) -> None:
        following: TaskRun | None = run
        while following is not None:
            try:
                self._run(following)
            finally:
                with self._lock:
                    following = self._waiting.pop(run.name, None)
                    if following is None:
                        del self._threads[run.name]

    def _run(self, run: TaskRun) -> None:
        run = replace(run, state="EXECUTING", started_at=now())
        self._history.put_run(run)
        try:
            self._execute(run.name, run.definition)
            run = replace(run, state="SUCCEEDED")
        except SqlError as error:
            run = replace(run, state="FAILED", error_code=error.errno, error=error.message)
        self._history.put_run(replace(run, finished_at=now()))
        self._catalog.record_run(run.name, run.started_at, run.error)
