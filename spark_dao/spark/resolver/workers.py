"""Child processes for long work: each is a resolver of its own that answers one request at a time."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from spark_dao.errors import CommitError, InterfaceError
from spark_dao.spark.resolver.protocol import Request

WORKER_FLAG = "--worker"
# As `python -m spark_dao.spark.resolver`, but with the working directory at the end of the path instead of its head,
# since a job does not find its modules there first either. ResolverPython.java starts the resolver the same way.
_LAUNCH = (
    "import runpy, sys; '' in sys.path[:1] and sys.path.append(sys.path.pop(0)); "
    "runpy.run_module('spark_dao.spark.resolver', run_name='__main__', alter_sys=True)"
)
_KEPT_IDLE = 1
_ATTEMPTS = 2


class Cancelled(CommitError):
    """The child was killed because nobody wants the answer any more."""


class Worker:
    """One child process."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", _LAUNCH, WORKER_FLAG]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.is_cancelled = False

    def exchange(self, line: bytes) -> bytes:
        """Send a request and wait for the answer; a line without end where the child died."""
        requests, answers = self._pipes()
        try:
            requests.write(line)
            requests.flush()
        except BrokenPipeError:
            return b""
        return answers.readline()

    def end(self) -> int:
        """Kill the child and return its exit code."""
        self.process.kill()
        with self.process:
            return self.process.wait()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        requests, answers = self.process.stdin, self.process.stdout
        if requests is None or answers is None:
            raise InterfaceError("the child process has no pipes")
        return requests, answers


class Workers:
    """Hands requests to child processes, one each, and keeps one idle child for the next."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._busy: dict[str, Worker] = {}

    def ask(self, request: Request) -> bytes:
        """Have a child answer a request.

        A request whose child dies is given to another child once more: what children do can be done twice.

        Args:
            request: The request; must be called in a thread that lives as long as the process, since a child ends
                with the thread that started it.

        Returns:
            The answer as a line.

        Raises:
            Cancelled: Somebody has cancelled it by the request's `cancellation`.
            InterfaceError: The second child died too.
        """
        code = 0
        for _ in range(_ATTEMPTS):
            worker = self._take()
            with self._cancellable(request, worker):
                answer = worker.exchange(request.line())
            if answer.endswith(b"\n"):
                self._give_back(worker)
                return answer
            code = worker.end()
        raise InterfaceError(
            f"the process for `{request.op}` ended twice before it was done (exit code {code}); look for a reason in "
            "the driver's stderr and in the system's log (memory?)",
            data_object=str(request.fields.get("name")),
        )

    def cancel(self, cancellation: str) -> None:
        """Kill the child that carries a request out; one that is answered already stays answered.

        Args:
            cancellation: The request's field of that name.
        """
        with self._lock:
            worker = self._busy.get(cancellation)
            if worker is not None:
                worker.is_cancelled = True
                worker.process.kill()

    @contextmanager
    def _cancellable(self, request: Request, worker: Worker) -> Iterator[None]:
        cancellation = request.fields.get("cancellation")
        if cancellation is None:
            yield
            return
        with self._lock:
            self._busy[cancellation] = worker
        try:
            yield
        finally:
            with self._lock:
                del self._busy[cancellation]
        if worker.is_cancelled:
            worker.end()
            raise Cancelled(
                "cancelled while the store worked; nothing is changed, unless its COMMIT was on the way already: then "
                "the whole batch is in",
                data_object=str(request.fields.get("name")),
            )

    def _take(self) -> Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.process.poll() is None:
                    return worker
        return Worker()

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            if len(self._idle) < _KEPT_IDLE:
                self._idle.append(worker)
                return
        worker.end()
