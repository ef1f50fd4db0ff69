"""Child processes for long work: each is a resolver of its own that answers one request at a time."""

from __future__ import annotations

import subprocess
import sys
import threading

from spark_dao.errors import InterfaceError
from spark_dao.spark.resolver.protocol import Request

WORKER_FLAG = "--worker"
_KEPT_IDLE = 1
_ATTEMPTS = 2


class Workers:
    """Hands requests to child processes, one each, and keeps one idle child for the next."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[subprocess.Popen[bytes]] = []

    def ask(self, request: Request) -> bytes:
        """Have a child answer a request.

        A request whose child dies is given to another child once more: what children do can be done twice.

        Args:
            request: The request; must be called in a thread that lives as long as the process, since a child ends
                with the thread that started it.

        Returns:
            The answer as a line.

        Raises:
            InterfaceError: The second child died too.
        """
        code = 0
        for _ in range(_ATTEMPTS):
            worker = self._take()
            answer = _exchange(worker, request.line())
            if answer.endswith(b"\n"):
                self._give_back(worker)
                return answer
            worker.kill()
            code = worker.wait()
        raise InterfaceError(
            f"the process for `{request.op}` ended twice before it was done (exit code {code}); look for a reason in "
            "the driver's stderr and in the system's log (memory?)",
            data_object=str(request.fields.get("name")),
        )

    def _take(self) -> subprocess.Popen[bytes]:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.poll() is None:
                    return worker
        return subprocess.Popen(
            [sys.executable, "-m", "spark_dao.spark.resolver", WORKER_FLAG],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def _give_back(self, worker: subprocess.Popen[bytes]) -> None:
        with self._lock:
            if len(self._idle) < _KEPT_IDLE:
                self._idle.append(worker)
                return
        worker.kill()
        worker.wait()


def _exchange(worker: subprocess.Popen[bytes], line: bytes) -> bytes:
    assert worker.stdin is not None
    assert worker.stdout is not None
    try:
        worker.stdin.write(line)
        worker.stdin.flush()
    except BrokenPipeError:
        return b""
    return worker.stdout.readline()
