"""The command ``hubspot-ingest sandbox``: serves a local HubSpot until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from hubspot_sandbox.faults import Faults
from hubspot_sandbox.limits import Limits
from hubspot_sandbox.portal import Portal
from hubspot_sandbox.records.table import UnknownRecord
from hubspot_sandbox.sandbox import Sandbox


def _records(text: str) -> tuple[str, int]:
    name, _, count = text.partition("=")
    if not count.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not TYPE=COUNT, such as contacts=5000")
    return name, int(count)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hubspot-ingest sandbox",
        description="Serve a local HubSpot on 127.0.0.1 until Ctrl-C.",
    )
    parser.add_argument(
        "--records", type=_records, action="append", metavar="TYPE=COUNT",
        help="seed this many records of an object type; may be repeated (default: a mixed portal)",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="seed of the data (default 1)")
    parser.add_argument("--port", type=int, default=0, help="port (default: a free one)")
    parser.add_argument("--latency-ms", type=int, default=0, help="time every answer takes")
    parser.add_argument("--search-lag-ms", type=int, default=0, help="search is behind by this")
    parser.add_argument(
        "--burst", type=int, metavar="N",
        help="HubSpot's limits, with N requests per 10 seconds (default: no limits)",
    )  # fmt: skip
    parser.add_argument(
        "--faults", type=float, default=0.0, metavar="SHARE", help="share of requests that fail"
    )
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit status: 0, 1 (the port is taken) or 2 (usage)."""
    parser = _parser()
    try:
        options = parser.parse_args(argv)
        portal = (
            Portal(options.seed, records=dict(options.records))
            if options.records
            else Portal.demo(options.seed)
        )
    except UnknownRecord as unknown:
        print(f"hubspot-ingest sandbox: {unknown}", file=sys.stderr)
        return 2
    except SystemExit as stop:
        return 0 if stop.code in (0, None) else 2
    limits = Limits.unlimited() if options.burst is None else Limits(burst=options.burst)
    faults = Faults(options.faults, options.seed) if options.faults else None
    sandbox = Sandbox(portal, limits, options.search_lag_ms, options.latency_ms, faults)
    with ExitStack() as stack:
        try:
            server = stack.enter_context(sandbox.serve(options.port))
        except (OSError, OverflowError) as error:
            print(
                f"hubspot-ingest sandbox: port {options.port} cannot be used ({error}); choose "
                "another with --port",
                file=sys.stderr,
            )
            return 1
        print(f"HUBSPOT_BASE_URL={server.url}")
        print(f"HUBSPOT_TOKEN={portal.token}", flush=True)
        try:
            server.wait()
        except KeyboardInterrupt:
            print()
    return 0
