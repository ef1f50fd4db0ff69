"""`make demo`: shows every layer, and a second run continues on what the first left."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.integration.jobs.medallion import ROOT

pytestmark = pytest.mark.full


@pytest.fixture
def demo(tmp_path):
    """The demo in a folder of its own, so that it has a stack of its own."""
    for folder in ("jobs", "conf"):
        shutil.copytree(ROOT / folder, tmp_path / folder)

    def run(**environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(tmp_path / "jobs" / "demo.py")],
            cwd="/",
            env={**os.environ, "COLUMNS": "140", **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=500,
            check=False,
        )

    return run


def gold_tables(output: str) -> str:
    return output[output.index("gold.users_agg") : output.index("silver.users_rejected")]


@pytest.mark.timeout(1100)
def test_a_second_demo_uploads_nothing_and_shows_the_same_gold_tables(demo):
    first, second = demo(), demo()
    for done in (first, second):
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stderr == ""
    assert "4 files delivered, 4 uploaded, 0 unchanged" in first.stdout
    assert "4 files delivered, 0 uploaded, 4 unchanged" in second.stdout
    assert gold_tables(first.stdout) == gold_tables(second.stdout)
    assert "gold.users_agg: 13 rows" in first.stdout


def test_a_job_that_fails_ends_the_demo_with_what_it_said(demo, tmp_path):
    (tmp_path / "jobs" / "sample_data" / "2025-02-30").mkdir()
    done = demo()
    assert done.returncode == 1
    expected = "error: jobs/01_ingest_bronze.py ended with exit code 2: 2025-02-30: there is no such day"
    assert done.stderr.startswith(expected)
    assert len(done.stderr.splitlines()) == 1
    assert "Local stack stopped" in done.stdout


def test_a_missing_java_is_said_before_anything_starts(demo, tmp_path):
    done = demo(JAVA_HOME=str(tmp_path / "nowhere"))
    assert done.returncode == 1
    assert re.fullmatch(r"error: no Java found .*JAVA_HOME\n", done.stderr)
    assert not (tmp_path / ".spark-dao").exists()
