"""A driver's end of the protocol, for tests."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import Future
from pathlib import Path

ANSWER_SECONDS = 60


class Refused(Exception):
    def __init__(self, error):
        super().__init__(error["message"])
        self.kind, self.message = error["kind"], error["message"]


class Client:
    """Asks a resolver process; `conf` declares the catalog."""

    def __init__(self, catalog=None, *, python_path=(), cwd=None, environment=None):
        self.conf = {} if catalog is None else {"spark.sql.catalog.dao.config": str(catalog)}
        root = Path(__file__).resolve().parents[4]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "spark_dao.spark.resolver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={
                **os.environ,
                **(environment or {}),
                "PYTHONPATH": os.pathsep.join([*map(str, python_path), str(root), os.environ.get("PYTHONPATH", "")]),
            },
        )
        self._waiting = {}
        self._last = 0
        self.strays = []
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, op, **fields):
        self._last += 1
        future = self._waiting[self._last] = Future()
        request = {"id": self._last, "op": op, "catalog": "dao", "conf": self.conf, **fields}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        return future

    def ask(self, op, **fields):
        return self.send(op, **fields).result(ANSWER_SECONDS)

    def raw(self, line):
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def stderr(self):
        """End the process and return what it wrote to stderr."""
        self.process.stdin.close()
        text = self.process.stderr.read().decode()
        self.process.wait()
        return text

    def end(self):
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    def _read(self):
        for line in self.process.stdout:
            answer = json.loads(line)
            future = self._waiting.pop(answer["id"], None)
            if future is None:
                self.strays.append(answer)
            elif "ok" in answer:
                future.set_result(answer["ok"])
            else:
                future.set_exception(Refused(answer["error"]))
        for future in self._waiting.values():
            future.cancel()
