"""The loop: reads requests, answers each when it is ready, ends with the driver."""

from __future__ import annotations

import dataclasses
import os
import platform
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

from spark_dao import __version__
from spark_dao.core.planner import Planner
from spark_dao.errors import PlanError, SparkDaoError, near_miss
from spark_dao.spark.resolver import operations
from spark_dao.spark.resolver.catalogs import Catalogs
from spark_dao.spark.resolver.protocol import LongWork, Request, Requests, answer_line, error_line
from spark_dao.spark.resolver.staged_reads import StagedReads
from spark_dao.spark.resolver.workers import Cancelled, Workers

_THREADS = 64
_Operation = Callable[[Planner, Request], dict[str, Any]]


class Server:
    """Answers requests in threads, so that a store that does not answer holds up nobody else's question.

    Interfaces may therefore be asked for plans by several threads at once, as they are by `DataAccessObject`.

    Args:
        answers: Where answers go.
        is_worker: Whether this process is a child for long work, which it then does itself.
    """

    def __init__(self, answers: BinaryIO, *, is_worker: bool = False) -> None:
        self._answers = answers
        self._is_worker = is_worker
        self._writing = threading.Lock()
        self._requests = Requests()
        self._catalogs = Catalogs()
        self._workers = Workers()
        self._staged = StagedReads()
        # Threads of a pool live as long as the process, which `Workers` relies on.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="request")

    def serve(self, lines: Iterable[bytes]) -> None:
        """Answer until the requests end; then end the process at once, whatever still runs.

        Args:
            lines: The requests.
        """
        for line in lines:
            try:
                request = self._requests.parse(line)
            except SparkDaoError as error:
                self._write(error_line(None, error))
                continue
            self._threads.submit(self._answer, request)
        os._exit(0)

    def _answer(self, request: Request) -> None:
        try:
            line = self._perform(request)
        except SparkDaoError as error:
            line = error_line(request.id, error)
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            line = error_line(request.id, error)
        self._write(line)

    def _perform(self, request: Request) -> bytes:
        if request.op == "hello":
            return answer_line(
                request.id, {"version": __version__, "python": platform.python_version(), "pid": os.getpid()}
            )
        if request.op == "close":
            self._staged.release_all(self._workers)
            return answer_line(request.id, {})
        if request.op == "cancel":
            self._workers.cancel(request.text("cancellation"))
            return answer_line(request.id, {})
        if self._is_worker:
            return answer_line(request.id, self._call(_long_work(), request))
        if request.op in operations.OPERATIONS:
            try:
                return answer_line(request.id, self._call(operations.OPERATIONS, request))
            except LongWork:
                return self._workers.ask(request)
        if request.op in _long_work():
            try:
                line = self._workers.ask(request)
            except Cancelled:
                if request.op == "commit_write":
                    fields = {name: request.fields[name] for name in ("name", "token")}
                    self._workers.ask(dataclasses.replace(request, op="abort_write", fields=fields))
                raise
            self._staged.note(request, line)
            return line
        return answer_line(request.id, self._call(_at_once(), request))

    def _call(self, known: Mapping[str, _Operation], request: Request) -> dict[str, Any]:
        operation = known.get(request.op)
        if operation is None:
            raise PlanError(f"the resolver knows no `{request.op}`{near_miss(request.op, known)}")
        return operation(self._catalogs.planner(request.catalog, request.conf, request.conf_id), request)

    def _write(self, line: bytes) -> None:
        with self._writing:
            try:
                view = memoryview(line)
                while view:
                    view = view[self._answers.write(view) :]
            except BrokenPipeError:
                os._exit(0)


# Imported when first asked for: the first answer to a query does not wait for what only writes need.
def _at_once() -> Mapping[str, _Operation]:
    from spark_dao.spark.resolver import publishing, purging

    return {**operations.OPERATIONS, **publishing.OPERATIONS, **purging.OPERATIONS}


def _long_work() -> Mapping[str, _Operation]:
    from spark_dao.spark.resolver import long_work

    return {**long_work.OPERATIONS, "plan_read": operations.plan_read_by_looking}
