"""Traces ``CALL ingest_hubspot('contacts')`` with nothing new: ``python -m scripts.call_trace``.

Prints the product's modules in the order in which they are first called, how often a call crosses a
border between two of them, and which are entered again from below while they wait for a call of
theirs: a reader who follows the call meets those twice.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, ModuleType, SimpleNamespace
from typing import cast

from hubspot_ingest import procedures, times
from hubspot_ingest.times import SystemClock
from hubspot_sandbox import Portal, Sandbox
from snowflake_sandbox import Engine

ROOT = Path(__file__).parents[1]
PACKAGE = str(ROOT / "src" / "hubspot_ingest") + os.sep


@dataclass
class Trace:
    """What was called: ``modules`` in order, ``borders`` crossed, ``again`` from below."""

    modules: dict[str, int] = field(default_factory=dict)
    borders: int = 0
    again: dict[tuple[str, str], int] = field(default_factory=dict)

    def see(self, frame: FrameType, event: str, _: object) -> None:
        """Note a call of a function of the product; a profile function."""
        if event != "call" or (module := _module(frame)) is None:
            return
        self.modules[module] = self.modules.get(module, 0) + 1
        callers = [name for name in _callers(frame) if name is not None]
        if callers and callers[0] != module:
            self.borders += 1
            if module in callers:
                pair = (callers[0], module)
                self.again[pair] = self.again.get(pair, 0) + 1


def _callers(frame: FrameType) -> list[str | None]:
    callers, above = [], frame.f_back
    while above is not None:
        callers.append(_module(above))
        above = above.f_back
    return callers


def _module(frame: FrameType) -> str | None:
    """The product's module of a frame; None for others, and for a module that is being imported."""
    code = frame.f_code
    if not code.co_filename.startswith(PACKAGE) or code.co_name == "<module>":
        return None
    return code.co_filename.removeprefix(PACKAGE).removesuffix(".py").replace(os.sep, ".")


def traced(work: Callable[[], object]) -> Trace:
    """Do ``work`` in a thread of its own, and tell what it called, in other threads too."""
    trace = Trace()

    def watched() -> None:
        sys.setprofile(trace.see)
        try:
            work()
        finally:
            sys.setprofile(None)

    threading.setprofile(trace.see)
    try:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(watched).result()
    finally:
        threading.setprofile(None)
    return trace


def idle_call() -> Trace:
    """The trace of a call that finds nothing new, after one that read everything."""
    # records that changed just now are read again, until HubSpot's index has settled
    ago = [times.DAY]
    portal = Portal(1, lambda: SystemClock().now() - ago[0], {"contacts": 12})
    ago[0] = 0
    sandbox = Sandbox(portal)
    with Engine(None) as engine, sandbox.serve() as server:
        engine.install(ROOT / "app")
        # there is such a module inside procedures only
        sys.modules["_snowflake"] = cast(
            ModuleType, SimpleNamespace(get_generic_secret_string=lambda _: "")
        )
        os.environ |= {"HUBSPOT_BASE_URL": server.url, "HUBSPOT_TOKEN": sandbox.portal.token}

        def call() -> None:
            with engine.session("HUBSPOT_INGEST", "CORE") as session:
                answer = procedures.ingest_hubspot(session, "contacts")
            if answer.get("status") != "SUCCEEDED":
                raise RuntimeError(str(answer))

        call()
        # what the first call of a day does besides is no part of an idle one
        call()
        return traced(call)


def main() -> None:
    """Print the trace of an idle call."""
    trace = idle_call()
    for module, calls in trace.modules.items():
        print(f"{calls:6}  {module}")
    print(f"{len(trace.modules)} modules, {trace.borders} borders crossed, entered again:")
    for (below, module), count in trace.again.items():
        print(f"{count:6}  {module} from {below}")


if __name__ == "__main__":
    main()
