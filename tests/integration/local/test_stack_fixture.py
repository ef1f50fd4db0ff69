"""The fixture `local_stack`: one stack per session, shared by all workers, gone however the session ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from spark_dao.local.processes import ProcessIdentity

TESTS = """
import os, pathlib, signal
import pytest
from spark_dao.local.processes import ProcessIdentity

@pytest.mark.parametrize("number", range(6))
def test_the_stack_is_up(local_stack, number, worker_id):
    pids = [server.pid for server in local_stack.status()]
    assert all(server.state == "up" for server in local_stack.status())
    seen = pathlib.Path(os.environ["SEEN"])
    (seen / f"{worker_id}-{number}").write_text(f"{local_stack.folder} " + " ".join(map(str, pids)))
    if os.environ.get("CRASH") == str(number) and not (seen / "crashed").exists():
        (seen / "crashed").touch()
        os._exit(1)
    if os.environ.get("HANG"):
        signal.pause()
"""


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    path = tmp_path / "seen"
    path.mkdir()
    (tmp_path / "test_inner.py").write_text(TESTS)
    return path


def start(seen: Path, *options: str, **variables: str) -> subprocess.Popen[str]:
    outer = {"PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_ADDOPTS"}
    environment = {name: value for name, value in os.environ.items() if name not in outer}
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "test_inner.py"],
        cwd=seen.parent,
        env={**environment, "SEEN": str(seen), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def stacks(seen: Path) -> set[str]:
    return {path.read_text() for path in seen.glob("*-*")}


def assert_gone(folder: str, processes: list[ProcessIdentity | None]) -> None:
    assert wait_until(lambda: not any(process and process.is_running() for process in processes))
    assert wait_until(lambda: not Path(folder).exists())


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_all_workers_share_one_stack_also_when_one_crashes_and_it_is_gone_afterwards(seen: Path) -> None:
    with start(seen, "-n", "2", CRASH="2") as session:
        output, _ = session.communicate(timeout=120)
    assert "5 passed" in output, output
    assert "1 failed" in output, output
    assert len({path.name.partition("-")[0] for path in seen.glob("*-*")}) > 1
    (only,) = stacks(seen)
    folder, *pids = only.split()
    assert_gone(folder, [ProcessIdentity.of(int(pid)) for pid in pids])


def test_the_stack_is_gone_when_pytest_is_killed(seen: Path) -> None:
    with start(seen, "-n", "1", HANG="1") as session:
        assert wait_until(lambda: any(text.strip() for text in stacks(seen)))
        (only,) = stacks(seen)
        folder, *pids = only.split()
        processes = [ProcessIdentity.of(int(pid)) for pid in pids]
        assert all(processes)
        session.send_signal(signal.SIGKILL)
    assert_gone(folder, processes)
