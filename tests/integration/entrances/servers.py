"""Spark's servers as children of a test: started on a free port, awaited, and ended with the test."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.integration.entrances.conftest import Installed

SECONDS_TO_START = 120


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(
    installed: Installed, words: Sequence[str | Path], port: int, folder: Path, **variables: str
) -> Iterator[Path]:
    """Run a server until the block ends; gives the file of what it prints."""
    printed = folder / "server.log"
    with (
        printed.open("w") as log,
        subprocess.Popen(
            [str(word) for word in words],
            cwd=folder,
            env=installed.spark_environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as server,
    ):
        try:
            deadline = time.monotonic() + SECONDS_TO_START
            while not _listens(port):
                assert server.poll() is None, printed.read_text()[-5000:]
                assert time.monotonic() < deadline, printed.read_text()[-5000:]
                time.sleep(0.1)
            yield printed
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
