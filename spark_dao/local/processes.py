"""Processes that outlive the object, and often the program, that started them.

A pid alone says little: the system gives it to another process once its owner has ended. A process is therefore known
by its pid and the moment it started, and only a process that matches both is ever signalled.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

POLL_SECONDS = 0.05


class ProcessIdentity(NamedTuple):
    """A process, told apart from a later one with the same pid.

    Attributes:
        pid: The system's number for the process.
        started: When it started, in the system's own form; only good for comparing.
    """

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity | None:
        """The identity of a process that runs now, None when there is none.

        Args:
            pid: The system's number for the process.

        Example:
            >>> me = ProcessIdentity.of(os.getpid())
            >>> me is not None and me.is_running()
            True
        """
        started = _start_of(pid)
        return None if started is None else cls(pid, started)

    def is_running(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        _reap(self.pid)
        return _start_of(self.pid) == self.started

    def send(self, signal_number: int) -> None:
        """Send a signal, unless the process has ended.

        Args:
            signal_number: For instance `signal.SIGTERM`.
        """
        if self.is_running():
            try:
                os.kill(self.pid, signal_number)
            except ProcessLookupError:
                return

    def wait(self, seconds: float) -> bool:
        """Wait for the end of the process.

        Args:
            seconds: The longest time to wait.

        Returns:
            True when the process has ended.
        """
        deadline = time.monotonic() + seconds
        while self.is_running():
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def stop(self, steps: Sequence[tuple[int, float]]) -> bool:
        """End the process, politely first, and wait until it is gone.

        Args:
            steps: Signals to send and the seconds to wait after each; SIGKILL follows by itself.

        Returns:
            True when the process is gone.
        """
        for signal_number, seconds in (*steps, (signal.SIGKILL, 10.0)):
            self.send(signal_number)
            if self.wait(seconds):
                return True
        return False


def _reap(pid: int) -> None:
    """Collect the process if it is an ended child of ours, which would else stay a zombie."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _start_of(pid: int) -> str | None:
    if Path("/proc/self/stat").exists():
        return _start_by_proc(pid)
    return _start_by_ps(pid)


def _start_by_proc(pid: int) -> str | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command's name is in parentheses and may hold anything, so count from the last one (proc_pid_stat(5)).
    fields = text.rpartition(")")[2].split()
    state, threads, start_ticks = fields[0], int(fields[17]), fields[19]
    # A killed process counts as ended when its last thread has: until then it keeps files and ports open.
    if state in "ZX" and threads <= 1:
        return None
    # Ticks count from boot: without the boot's id, a process after a restart could pass for one before it.
    boot = Path("/proc/sys/kernel/random/boot_id")
    return f"{boot.read_text().strip() if boot.exists() else 'boot'}/{start_ticks}"


def _start_by_ps(pid: int) -> str | None:
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    ).stdout.strip()
    if not answer or answer.startswith("Z"):
        return None
    return answer.partition(" ")[2].strip()
