"""`python -m tests.benchmarks`: measures everything and writes RESULTS.md; exits with 1 where a limit is not kept."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import first_use, large_catalog, planning, reads, tables, writes
from tests.benchmarks.pairs import Interval
from tests.benchmarks.report import Figure, as_markdown, from_json, most_figure
from tests.benchmarks.sessions import start_session, write_catalog

RESULTS = Path(__file__).with_name("RESULTS.md")
PARTS = ("first", "planning", "reads", "writes", "catalog", "pip", "gold")


def main(words: Sequence[str] | None = None) -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rows and rounds, to try it out; RESULTS.md stays")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of each comparison, 7 or more")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part, may be repeated; RESULTS.md stays")
    parser.add_argument("--data", type=Path, help="where the tables are made, and kept for the next run")
    said = parser.parse_args(words)
    if said.quick:
        said.rounds = 2
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="spark-dao-bench-") as temporary:
        folder = (said.data or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        figures = _measure(folder, said.rounds, said.quick, said.only or PARTS)
    page = as_markdown(figures, "make bench", time.monotonic() - started)
    print(page)
    if not said.quick and not said.only:
        RESULTS.write_text(page)
    return 0 if all(figure.holds for figure in figures) else 1


def _measure(folder: Path, rounds: int, quick: bool, parts: Sequence[str]) -> list[Figure]:
    figures = _measure_files(folder, rounds, quick, parts) if set(parts) != {"gold"} else []
    if "gold" in parts:
        figures += from_json(json.loads(_child("tests.benchmarks.gold", str(folder), "quick" if quick else "full")))
        _told("gold")
    return figures


def _measure_files(folder: Path, rounds: int, quick: bool, parts: Sequence[str]) -> list[Figure]:
    many = 20 if quick else 200
    rows, days = (200_000, 20) if quick else (20_000_000, 365)
    objects = {**reads.declared(), **writes.declared(), **planning.declared()}
    catalog = write_catalog(folder / "catalog.json", folder, objects)
    session = start_session(catalog, delta=True)
    tables.make_tables(session, folder, rows, days)
    _told("tables made")
    figures: list[Figure] = []
    for part, measure in {
        "reads": lambda: reads.measure(session, folder, rounds),
        "writes": lambda: writes.measure(session, folder, catalog, rows // 10, rounds),
        "planning": lambda: planning.measure(session, folder, many),
        "catalog": lambda: large_catalog.measure(session, folder, max(7, rounds), many),
    }.items():
        if part in parts:
            figures += measure()
            _told(part)
    session.stop()
    if "first" in parts:
        seconds = [float(_child(first_use.__name__, str(catalog))) for _ in range(2 if quick else 7)]
        limit = first_use.MOST_SECONDS
        name = "first use of a driver, from starting the resolver to its first answer"
        figures.append(most_figure("Planning", name, Interval.of(seconds), limit, "s"))
        _told("first")
    if "pip" in parts:
        figures += from_json(json.loads(_child("tests.benchmarks.pip_only", str(catalog), str(folder), str(rounds))))
        _told("pip")
    return figures


def _child(module: str, *words: str) -> str:
    """Run a module in a process, and so a JVM, of its own; its last line is its answer."""
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[-1]


def _told(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
