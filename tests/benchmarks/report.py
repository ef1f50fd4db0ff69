"""The figures as rows of a table, each with its limit and whether it holds."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.pairs import Interval


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes:
        group: Heading that it stands under.
        name: What was measured.
        shown: The figure and its spread, in words.
        limit: What it must keep, in words; empty where it is told for information.
        holds: Whether it does.
        note: What else was seen.
    """

    group: str
    name: str
    shown: str
    limit: str = ""
    holds: bool = True
    note: str = ""


def ratio_figure(group: str, name: str, measured: Interval, limit: float, base: float, note: str = "") -> Figure:
    """A ratio of wall times; its interval must not lie wholly above the limit."""
    shown = f"{measured.median:.3f} [{measured.low:.3f}, {measured.high:.3f}] of {base:.2f} s"
    return Figure(group, name, shown, f"≤ {limit}", measured.low <= limit, note)


def most_figure(group: str, name: str, measured: Interval, limit: float, unit: str, note: str = "") -> Figure:
    """A median that must not exceed a limit."""
    shown = f"{measured.median:.3g} {unit} [{measured.low:.3g}, {measured.high:.3g}]"
    return Figure(group, name, shown, f"≤ {limit:g} {unit}", measured.median <= limit, note)


def information_figure(group: str, name: str, measured: Interval, unit: str, note: str = "") -> Figure:
    """A median that has no limit."""
    return Figure(group, name, f"{measured.median:.3g} {unit} [{measured.low:.3g}, {measured.high:.3g}]", note=note)


def times_figure(
    group: str, name: str, others: Sequence[float], own: Sequence[float], least: float | None, rows: int, note: str
) -> Figure:
    """How many times as many rows a second dao moved; the median must reach the limit.

    Args:
        group: Heading that it stands under.
        name: What was measured.
        others: Seconds of each round of the other way, for as many rows.
        own: Seconds of each round of dao's.
        least: The limit, None for none.
        rows: How many rows were moved.
        note: What else was seen.
    """
    measured = Interval.of([other / each for other, each in zip(others, own, strict=True)])
    speeds = [f"{rows / Interval.of(seconds).median:,.0f}" for seconds in (own, others)]
    shown = f"{measured.median:.2f}× [{measured.low:.2f}, {measured.high:.2f}], {speeds[0]} rows/s to {speeds[1]}"
    if least is None:
        return Figure(group, name, shown, note=note)
    return Figure(group, name, shown, f"≥ {least:g}×", measured.median >= least, note)


def from_json(entries: Sequence[dict[str, Any]]) -> list[Figure]:
    """Read figures that another process printed."""
    return [Figure(**entry) for entry in entries]


def to_json(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """Spell figures for another process."""
    return [asdict(figure) for figure in figures]


def as_markdown(figures: Sequence[Figure], command: str, seconds: float) -> str:
    """Write the page."""
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    lines = [
        "# Measured",
        "",
        f"`{command}`, {today}, in {seconds / 60:.0f} minutes. {_machine()}.",
        "",
        "Ways that are compared ran in turn in one session. A figure is the median over all rounds, in brackets its",
        "95 % interval by order statistics; a ratio is that of each round's wall times, lookup and planning included,",
        "to the direct call's, and holds where its interval does not lie wholly above the limit. `plan =` says that",
        "the optimized and the physical plan were compared, expression ids and the table's name apart, and are equal.",
        "Under Gold, `n×` says how many times as many rows a second dao moved as the other way, on the same rows and",
        "the same local warehouse; there the median itself must keep the limit.",
    ]
    for group in dict.fromkeys(figure.group for figure in figures):
        lines += ["", f"## {group}", "", "| what | measured | limit | holds | |", "|---|---|---|---|---|"]
        for figure in figures:
            if figure.group == group:
                holds = ("yes" if figure.holds else "**no**") if figure.limit else ""
                lines.append(f"| {figure.name} | {figure.shown} | {figure.limit} | {holds} | {figure.note} |")
    return "\n".join(lines) + "\n"


def _machine() -> str:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("pyspark", "delta-spark", "pyarrow"))
    python = platform.python_version()
    return f"{os.cpu_count()} cores, {_memory_gigabytes()} GB memory, {platform.system()}, Python {python}, {versions}"


def _memory_gigabytes() -> int:
    found = re.search(r"MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    return round(int(found[1]) / 1024**2) if found else 0
