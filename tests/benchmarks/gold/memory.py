"""What the driver holds while it works: its Python process, the resolver, and the JVM."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from tests.benchmarks.report import Figure
from tests.benchmarks.sessions import ask

MOST_MEGABYTES = 200
#: With all of the heap touched at the start, what the JVM's resident size grows by lies outside of the heap.
HEAP_CONF = {"spark.driver.memory": "2g", "spark.driver.extraJavaOptions": "-Xms2g -XX:+AlwaysPreTouch"}
_SECONDS_BETWEEN = 1.0


class DriverMemory:
    """Measures against what was held when this was made, the driver being idle.

    Of the heap, what counts is what survives a collection, so every look collects first; nothing is timed meanwhile.

    Args:
        session: The driver's session, whose local executor is in the same JVM and counts as well.
    """

    def __init__(self, session: SparkSession) -> None:
        java: Any = session._jvm
        self._runtime = java.java.lang.Runtime.getRuntime()
        pids = {
            "Python": os.getpid(),
            "resolver": ask(session, "hello")["pid"],
            "JVM": java.java.lang.ProcessHandle.current().pid(),
        }
        self._statuses = {name: Path(f"/proc/{pid}/status") for name, pid in pids.items()}
        self._idle = self._look()

    def growth(self, name: str, work: Callable[[], object]) -> Figure:
        """Do some work and say by how much each part grew meanwhile, at most."""
        peaks = dict(self._idle)
        done = threading.Event()
        failures: list[BaseException] = []

        def watch() -> None:
            try:
                while not done.wait(_SECONDS_BETWEEN):
                    for part, size in self._look().items():
                        peaks[part] = max(peaks[part], size)
            except BaseException as error:
                failures.append(error)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            work()
        finally:
            done.set()
            watcher.join()
        if failures:
            raise failures[0]
        return self._figure(name, {part: peak - self._idle[part] for part, peak in peaks.items()})

    def _figure(self, name: str, grown: dict[str, float]) -> Figure:
        total = sum(grown.values())
        parts = ", ".join(f"{part} {size:.0f}" for part, size in grown.items())
        idle = ", ".join(f"{part} {size:.0f}" for part, size in self._idle.items() if part != "JVM")
        return Figure(
            "Gold: the driver's memory above idle",
            name,
            f"{total:.0f} MB ({parts})",
            f"≤ {MOST_MEGABYTES} MB",
            total <= MOST_MEGABYTES,
            f"idle: {idle} MB",
        )

    def _look(self) -> dict[str, float]:
        self._runtime.gc()
        heap = (self._runtime.totalMemory() - self._runtime.freeMemory()) / 1024**2
        return {"heap after collection": heap, **{name: _resident(path) for name, path in self._statuses.items()}}


def _resident(status: Path) -> float:
    lines: Sequence[str] = status.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024
