"""The watchdog of a local stack, as a process that is started and stopped like the stack's servers."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from spark_dao.local.processes import ProcessIdentity
from spark_dao.local.server import Server
from spark_dao.local.warehouse_server import python_path


class Watchdog(Server):
    """The process that waits for another's end and then stops a stack.

    Args:
        folder: Where its log is kept.
        stack_folder: The stack's folder.
        watched: The process to wait for.
        wipe: Whether to remove the stack's data as well.
    """

    title = "The local stack's watchdog"

    def __init__(self, folder: Path, *, stack_folder: Path, watched: ProcessIdentity, wipe: bool) -> None:
        super().__init__(folder)
        self._stack_folder = stack_folder
        self._watched = watched
        self._wipe = wipe

    def prepare(self) -> None:
        """Nothing to make."""

    def command(self) -> list[str]:
        """The module `spark_dao.local.watchdog`, run by the Python that runs us."""
        return [
            sys.executable,
            "-m",
            "spark_dao.local.watchdog",
            f"--folder={self._stack_folder}",
            f"--pid={self._watched.pid}",
            f"--started={self._watched.started}",
            *(["--wipe"] if self._wipe else []),
        ]

    def reason_not_ready(self) -> str | None:
        """It is ready as soon as it runs."""
        return None

    def environment_of_process(self) -> Mapping[str, str]:
        """As every server's, and where Python finds spark_dao."""
        return {**super().environment_of_process(), **python_path()}
