"""What a process of the resolver does with its streams, and with the end of the process that started it."""

from __future__ import annotations

import ctypes
import io
import os
import signal
import sys
from typing import BinaryIO

_PR_SET_PDEATHSIG = 1


def capture_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take stdin and stdout for the protocol, so that nothing else reads or writes them.

    Afterwards stdin is empty and stdout is stderr, for Python code, for C code and for child processes alike.

    Returns:
        Where requests come from, and where answers go to.
    """
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    return requests, answers


def end_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends (Linux, `prctl(2)`).

    The end of stdin says the same everywhere, but is heard only when Python gets to run.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole process group; the driver decides.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
