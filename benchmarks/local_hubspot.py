"""Runs the local HubSpot in a process of its own and counts its requests.

``python -m benchmarks.local_hubspot OPTIONS`` serves a portal until its input ends.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.heavy_records import make_heavy
from benchmarks.programs import Conversation
from benchmarks.watching import processor_seconds, resident
from hubspot_sandbox import Limits, Portal, Sandbox
from hubspot_sandbox.write_rules import WriteRules

WIDE_NAME = 100
VALUES = {
    "string": [f"a text of ordinary length, number {n}" for n in range(50)],
    "number": [f"{n * 1.25:.2f}" for n in range(50)],
    "datetime": [f"2025-03-{1 + n % 28:02d}T10:{n:02d}:00.500Z" for n in range(50)],
}


class LocalHubSpot(Conversation):
    """A local HubSpot; ``properties`` are the names of all properties of a contact."""

    def __init__(self, contacts: int, **options: int) -> None:
        """``options`` are those of the command below, with underscores."""
        arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        super().__init__("benchmarks.local_hubspot", f"--contacts={contacts}", *arguments)
        self.environment = {
            "HUBSPOT_BASE_URL": self.hello["url"],
            "HUBSPOT_TOKEN": self.hello["token"],
        }
        self.properties: list[str] = self.hello["properties"]

    @property
    def memory_mb(self) -> float:
        """What its own process holds."""
        return resident(self.pid)

    @property
    def processor_seconds(self) -> float:
        """What its own process has used so far."""
        return processor_seconds(self.pid)


def most_within(instants: Iterable[int], window: int) -> int:
    """The most instants (ms, ascending) that any ``window`` (ms) holds."""
    inside: deque[int] = deque()
    most = 0
    for instant in instants:
        inside.append(instant)
        while inside[0] <= instant - window:
            inside.popleft()
        most = max(most, len(inside))
    return most


def _counted(sandbox: Sandbox) -> dict[str, Any]:
    """What was asked since the last time, and how much of it within any window."""
    with sandbox.portal.lock:
        seen = list(sandbox.requests)
        sandbox.requests.clear()
    searches = [request.at_ms for request in seen if request.endpoint.endswith("/search")]
    links = [request.at_ms for request in seen if "/associations/" in request.endpoint]
    others = [
        request.at_ms
        for request in seen
        if not request.endpoint.endswith("/search") and "/associations/" not in request.endpoint
    ]
    return {
        "requests": len(seen),
        "endpoints": Counter(request.endpoint for request in seen),
        "refused": sum(request.status == 429 for request in seen),
        "locked": sum(request.status == 423 for request in seen),
        "most_in_10_s": most_within(others, 10_000),
        "most_searches_in_1_s": most_within(searches, 1_000),
        "most_association_reads_in_10_s": most_within(links, 10_000),
    }


def _widen(portal: Portal, count: int) -> None:
    kinds = ["string"] * 7 + ["number"] * 2 + ["datetime"]
    for n in range(count):
        kind = kinds[n % len(kinds)]
        name = f"wide_{n:04d}_{kind}_".ljust(WIDE_NAME, "x")
        portal.add_property("contacts", name, kind, pool=VALUES[kind])


def _names(portal: Portal) -> list[str]:
    """The properties of contacts that HubSpot shows to everybody."""
    properties = (column.property for column in portal.table("contacts").columns.values())
    return sorted(
        property_.name
        for property_ in properties
        if property_.archived_at is None and property_.sensitivity == "non_sensitive"
    )


def _answer(sandbox: Sandbox, question: dict[str, Any]) -> dict[str, Any]:
    portal = sandbox.portal
    ids = portal.table("contacts").ids
    match question["do"]:
        case "count":
            return _counted(sandbox)
        case "change":
            for id_ in ids[: question["records"]]:
                portal.update("contacts", str(id_), {"jobtitle": "changed"})
            return {}
        case "rest":
            # until every window of the limits is empty
            time.sleep(10)
            return {}
        case "keys":
            key = question["property"]
            values = (record.properties[key] for record in portal.records(question["object"]))
            return {"keys": [value for value in values if value]}
        case "values":
            names = question["names"]
            records = (record.properties for record in portal.records("contacts"))
            return {"values": sum(bool(values[name]) for values in records for name in names)}
    raise ValueError(question["do"])


def main(argv: Sequence[str]) -> int:
    """Serve, and answer questions on the standard input until it ends."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.local_hubspot")
    parser.add_argument("--contacts", type=int, required=True)
    parser.add_argument("--companies", type=int, default=0, help="with contacts of theirs")
    parser.add_argument("--wide", type=int, default=0, help="so many properties more")
    parser.add_argument("--light", type=int, default=0, help="1: records without long texts")
    parser.add_argument("--burst", type=int, default=0, help="per 10 s; 0: no limits at all")
    parser.add_argument("--searches", type=int, default=5, help="per second, where limited")
    parser.add_argument("--others", type=int, default=0, help="of the burst, taken by others")
    parser.add_argument("--writes", type=int, default=0, help="per second, else 423; 0: any")
    parser.add_argument("--latency-ms", type=int, default=0)
    arguments = parser.parse_args(argv)
    records = {"contacts": arguments.contacts, "companies": arguments.companies}
    portal = Portal(seed=1, records=records)
    if not arguments.light:
        make_heavy(portal)
    _widen(portal, arguments.wide)
    limits = (
        Limits(burst=arguments.burst, searches=arguments.searches, taken_by_others=arguments.others)
        if arguments.burst
        else Limits.unlimited()
    )
    sandbox = Sandbox(portal, limits, latency_ms=arguments.latency_ms)
    sandbox.writes = WriteRules(writes_per_second=arguments.writes or None)
    with sandbox.serve() as server:
        hello = {
            "url": server.url,
            "token": portal.token,
            "properties": _names(portal),
        }
        print(json.dumps(hello), flush=True)
        for line in sys.stdin:
            print(json.dumps(_answer(sandbox, json.loads(line))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
