"""The benchmarks of gold, at a size at which their figures say nothing and all of their parts run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.full
def test_every_comparison_of_gold_runs_and_checks_what_it_moved(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.gold", str(tmp_path), "tiny"]
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    figures = json.loads(ran.stdout.splitlines()[-1])
    measured = {(figure["group"].removeprefix("Gold: "), figure["name"].split(", against ")[-1]) for figure in figures}
    assert measured == {
        ("writing, appended to a table", "executemany"),
        ("writing, appended to a table", "Spark JDBC"),
        ("writing, appended to a table", "Spark JDBC past the proxy"),
        ("writing, appended to a table", "awswrangler"),
        ("reading", "Spark JDBC"),
        ("reading", "Spark JDBC, fetchsize 10000"),
        ("reading", "awswrangler"),
        ("reading", "bytes staged for one column of twelve and a filter of 1 %"),
        ("upserting", "50 rows into 5,000, one MERGE"),
        ("the driver's memory above idle", "writing 2,000 rows"),
        ("the driver's memory above idle", "reading 2,000 rows"),
        ("the driver's memory above idle", "writing 5,000 rows"),
        ("the driver's memory above idle", "upserting 50 rows into 5,000"),
    }
    assert list(tmp_path.glob("stack/*")) == []
