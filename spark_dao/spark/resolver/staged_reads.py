"""Reads that were staged and not yet released, to be released when the application ends in an orderly way."""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from spark_dao.errors import SparkDaoError
from spark_dao.spark.resolver.protocol import Request


class Asked(Protocol):
    """Whoever carries requests out."""

    def ask(self, request: Request) -> bytes:
        """Answer a request."""


class StagedReads:
    """Remembers, by token and folder, what would have to be released."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, tuple[Request, set[str | None]]] = {}

    def note(self, request: Request, answer: bytes) -> None:
        """Take notice of an answered request.

        Args:
            request: Any long work.
            answer: The line it was answered with.
        """
        if request.op not in {"stage_read", "release_read"} or b'"ok"' not in answer[:64]:
            return
        key = json.dumps([request.catalog, request.fields.get("name"), request.fields.get("token")], sort_keys=True)
        with self._lock:
            if request.op == "stage_read":
                self._open.setdefault(key, (request, set()))[1].add(json.loads(answer)["ok"].get("folder"))
                return
            released = request.fields.get("folder")
            left = self._open.get(key, (request, set()))[1]
            left.discard(released)
            if released is None or not left:
                self._open.pop(key, None)

    def release_all(self, workers: Asked) -> None:
        """Release what is left; failures are told in one line on stderr, since nobody waits for an answer any more."""
        with self._lock:
            left = [self._release(request) for request, _ in self._open.values()]
            self._open.clear()
        with ThreadPoolExecutor(max(1, min(4, len(left)))) as threads:
            answers = list(threads.map(lambda request: _answered(workers, request), left))
        failures = [answer for answer in answers if b'"error"' in answer[:64]]
        if failures:
            sys.stderr.write(
                f"spark_dao: {len(failures)} staged reads were left behind, `spark-dao sweep` removes them: "
                f"{failures[0].decode()}"
            )

    def _release(self, request: Request) -> Request:
        fields = {name: request.fields[name] for name in ("name", "token")}
        return dataclasses.replace(request, op="release_read", fields=fields)


def _answered(workers: Asked, request: Request) -> bytes:
    try:
        return workers.ask(request)
    except SparkDaoError as error:
        return f'{{"error": {json.dumps(str(error))}}}\n'.encode()
