"""Processes are known by pid and start time, and only the very process is ever signalled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from spark_dao.local.processes import ProcessIdentity

STUBBORN = (
    "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); signal.pause()"
)


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def identity_of(process: subprocess.Popen[str]) -> ProcessIdentity:
    identity = ProcessIdentity.of(process.pid)
    assert identity is not None
    return identity


def test_a_process_with_the_same_pid_but_another_start_is_never_signalled(child: subprocess.Popen[str]) -> None:
    earlier = ProcessIdentity(child.pid, "an earlier start")
    assert not earlier.is_running()
    assert earlier.stop([(signal.SIGTERM, 1.0)])
    earlier.send(signal.SIGKILL)
    assert identity_of(child).is_running()


def test_a_process_that_ignores_sigterm_is_killed(child: subprocess.Popen[str]) -> None:
    identity = identity_of(child)
    assert identity.stop([(signal.SIGTERM, 0.1)])
    assert not identity.is_running()


def test_an_ended_process_that_nobody_collected_does_not_run(child: subprocess.Popen[str]) -> None:
    identity = identity_of(child)
    os.kill(child.pid, signal.SIGKILL)
    assert identity.wait(5)


def test_a_pid_that_nobody_has_gives_no_identity(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.wait()
    assert ProcessIdentity.of(child.pid) is None


def test_waiting_gives_up_in_time(child: subprocess.Popen[str]) -> None:
    assert not identity_of(child).wait(0.05)
