"""Runs statements in an open session on the local engine, in a process of its own.

``python -m benchmarks.open_session`` executes statements from its input until that ends.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from benchmarks.programs import Conversation, Failed
from benchmarks.stages import Stages
from hubspot_ingest.laptop import home, printing, statements


class OpenSession(Conversation):
    """One process that keeps its session open over many statements."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """``environment`` names the home and HubSpot."""
        super().__init__("benchmarks.open_session", environment=environment)

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """The rows of a statement. Raises ``Failed``."""
        rows: list[dict[str, Any]] = self.ask(statement=statement)["rows"]
        return rows

    def call(self, statement: str, **how: object) -> tuple[float, dict[str, Any], dict[str, Any]]:
        """A CALL: its seconds, what the procedure answered, and the whole reply.

        Raises ``Failed`` when the procedure did not answer OK.
        """
        reply = self.ask(statement=statement, **how)
        (cell,) = reply["rows"][0].values()
        if cell["response_code"] != "OK":
            raise Failed(f"{statement}: {cell}")
        return reply["seconds"], cell, reply


def _work(question: dict[str, Any], connection: Any) -> dict[str, Any]:
    os.environ.update(question.get("environment", {}))
    stages = Stages.of_a_run() if question.get("profile") else Stages()
    processor, started = time.process_time(), time.perf_counter()
    with stages:
        result = statements.execute(connection, question["statement"])
    return {
        "seconds": time.perf_counter() - started,
        "processor_seconds": time.process_time() - processor,
        "stages": stages.spent(),
        "rows": json.loads(printing.as_json(result)),
    }


def main() -> int:
    """Answer statements on the standard input until it ends."""
    with home.connecting() as connect, closing(connect()) as connection:
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            print(json.dumps(_work(json.loads(line), connection)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
