"""``python -m benchmarks [NAME …]``: measure, and print one table."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.text import Text

from benchmarks import backfill, cost, limits, profile, push, width
from benchmarks.figures import Figure, Measured, show, together

Benchmark = Callable[[int | None, bool], list[Figure]]
BENCHMARKS: dict[str, Benchmark] = {
    "backfill": backfill.measure,
    "limits": limits.measure,
    "width": width.measure,
    "profile": profile.measure,
    "cost": cost.measure,
    "push": push.measure,
}

# Of a table that goes into a file.
WIDTH = 120


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure rows per second, memory and requests."
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)} (default: all)"
    )
    parser.add_argument("--records", type=int, help="instead of each benchmark's own number")
    parser.add_argument("--runs", type=int, default=1, help="how often; the median is shown")
    parser.add_argument(
        "--large",
        action="store_true",
        help="also what takes long: memory of 500,000 records, a push of 100,000",
    )
    return parser


def main(argv: Sequence[str]) -> int:
    """Status 0 when every benchmark ran, whatever the figures are; 2 for a usage error."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    unknown = [name for name in arguments.names if name not in BENCHMARKS]
    if unknown or arguments.runs < 1:
        parser.error(f"no benchmark {unknown[0]}" if unknown else "--runs must be 1 or more")
    # what is measured starts again and again, and has been compiled before, as on anybody's machine
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    measured: dict[str, list[Measured]] = {}
    loads: list[float] = []
    for name in arguments.names or BENCHMARKS:
        runs = []
        for n in range(arguments.runs):
            loads.append(os.getloadavg()[0])
            with console.status(f"{name}, run {n + 1} of {arguments.runs}"):
                runs.append(BENCHMARKS[name](arguments.records, arguments.large))
        measured[name] = together(runs)
    show(measured, console)
    spread = f"{min(loads):.1f} – {max(loads):.1f}"
    console.print(
        Text(f"{os.cpu_count()} cores; load of the machine before each run: {spread}", style="dim")
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
