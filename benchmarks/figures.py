"""Figures, how runs of the same benchmark are brought together, and the table they are shown in."""

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
    found: dict[str, list[Figure]] = {}
    for run in runs:
        for figure in run:
            found.setdefault(figure.name, []).append(figure)
    return [Measured(of[0], tuple(one.value for one in of)) for of in found.values()]


def number(value: float) -> str:
    """Three digits that mean something, thousands apart."""
    size = abs(value)
    if size == round(size) or size >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def show(measured: Mapping[str, Sequence[Measured]], console: Console) -> None:
    """Print the table of all benchmarks by name."""
    several = any(len(one.values) > 1 for found in measured.values() for one in found)
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    table.add_column("benchmark")
    table.add_column("figure")
    table.add_column("median" if several else "value", justify="right")
    if several:
        table.add_column("min – max", justify="right")
    table.add_column("unit")
    table.add_column("goal", justify="right")
    table.add_column("")
    for name, found in measured.items():
        table.add_section()
        for position, one in enumerate(found):
            spread = f"{number(min(one.values))} – {number(max(one.values))}"
            table.add_row(
                "" if position else name,
                one.figure.name,
                number(one.middle),
                *([spread] if several else []),
                one.figure.unit,
                one.figure.goal,
                one.verdict,
                style="bold red" if one.verdict == "missed" else None,
            )
    console.print(table)
