"""Measured figures, their medians over several runs, and the table that shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value, and the goal it has, if any."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def goal(self) -> str:
        """The goal in words; empty when there is none."""
        if self.at_least is not None:
            return f"≥ {number(self.at_least)}"
        return "" if self.at_most is None else f"≤ {number(self.at_most)}"

    def meets(self, value: float) -> bool:
        """Whether ``value`` would meet the goal."""
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure over several runs: its median is what counts."""

    figure: Figure
    values: tuple[float, ...]

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.values)

    @property
    def verdict(self) -> str:
        """``met`` or ``missed``; empty without a goal."""
        if not self.figure.goal:
            return ""
        return "met" if self.figure.meets(self.middle) else "missed"


def together(runs: Iterable[Sequence[Figure]]) -> list[Measured]:
    """The figures of all runs by name, in the order of their first appearance."""
    by_name: dict[str, list[Figure]] = {}
    for run in runs:
        for figure in run:
            by_name.setdefault(figure.name, []).append(figure)
    return [Measured(of[0], tuple(figure.value for figure in of)) for of in by_name.values()]


def number(value: float) -> str:
    """Three digits that mean something, thousands apart."""
    size = abs(value)
    if size == round(size) or size >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def show(measured: Mapping[str, Sequence[Measured]], console: Console) -> None:
    """Print the table of all benchmarks by name."""
    several = any(
        len(measurement.values) > 1
        for measurements in measured.values()
        for measurement in measurements
    )
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    table.add_column("benchmark")
    table.add_column("figure")
    table.add_column("median" if several else "value", justify="right")
    if several:
        table.add_column("min – max", justify="right")
    table.add_column("unit")
    table.add_column("goal", justify="right")
    table.add_column("")
    for name, measurements in measured.items():
        table.add_section()
        for position, measurement in enumerate(measurements):
            spread = f"{number(min(measurement.values))} – {number(max(measurement.values))}"
            table.add_row(
                "" if position else name,
                measurement.figure.name,
                number(measurement.middle),
                *([spread] if several else []),
                measurement.figure.unit,
                measurement.figure.goal,
                measurement.verdict,
                style="bold red" if measurement.verdict == "missed" else None,
            )
    console.print(table)
